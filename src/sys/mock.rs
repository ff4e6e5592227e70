//! Refusals on demand, for the tests that ask what happens when the system says no.
//!
//! A rule names kinds of calls and which of those are refused, as `KIND,…:HOW`. KIND is one of
//! [`KINDS`], `memory` (what asks for memory) or `all`; HOW is `N` (each N-th), `=N` (the N-th
//! alone), `>N` (all after the N-th) or `?N` (one in N, at random). A process takes the rule in its
//! environment variable [`VARIABLE`], from its first call on; [`set`] changes it.

use super::linux;
use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

const VARIABLE: &[u8] = b"PIG_TEST_REFUSE=";

/// A system call by what it is for.
#[derive(Clone, Copy)]
#[repr(u32)]
pub(super) enum Kind {
    Reserve = 1,
    Map = 2,
    Commit = 4,
    /// To grow or to move.
    Remap = 8,
    /// To shrink.
    Shrink = 16,
    Uncommit = 32,
    Discard = 64,
    Advise = 128,
    Wipe = 256,
    Unmap = 512,
    /// The question for the limit of address space.
    Limit = 1024,
}

const KINDS: [(&[u8], u32); 13] = [
    (b"reserve", Kind::Reserve as u32),
    (b"map", Kind::Map as u32),
    (b"commit", Kind::Commit as u32),
    (b"remap", Kind::Remap as u32),
    (b"shrink", Kind::Shrink as u32),
    (b"uncommit", Kind::Uncommit as u32),
    (b"discard", Kind::Discard as u32),
    (b"advise", Kind::Advise as u32),
    (b"wipe", Kind::Wipe as u32),
    (b"unmap", Kind::Unmap as u32),
    (b"limit", Kind::Limit as u32),
    (b"memory", MEMORY),
    (b"all", u32::MAX),
];
const MEMORY: u32 =
    Kind::Reserve as u32 | Kind::Map as u32 | Kind::Commit as u32 | Kind::Remap as u32;

/// The kinds that the rule is for, how (a sign, or 0 for each N-th), N, and what was counted.
static CHOSEN: AtomicU32 = AtomicU32::new(0);
static SIGN: AtomicU32 = AtomicU32::new(0);
static NUMBER: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);
/// Whether the environment has been read.
static READ: AtomicU32 = AtomicU32::new(0);

fn choose(kinds: u32, sign: u8, number: usize) {
    READ.store(1, Ordering::Relaxed);
    CHOSEN.store(0, Ordering::Relaxed);
    COUNT.store(0, Ordering::Relaxed);
    SIGN.store(u32::from(sign), Ordering::Relaxed);
    NUMBER.store(number, Ordering::Relaxed);
    CHOSEN.store(kinds, Ordering::Relaxed);
}

/// Refuses every `n`-th request for memory from now on; 0 refuses none.
#[cfg(test)]
pub(crate) fn refuse_every(n: usize) {
    choose(if n == 0 { 0 } else { MEMORY }, 0, n);
}

/// Sets the rule; an empty one refuses nothing. False when it is none.
pub(crate) fn set(rule: &[u8]) -> bool {
    let parsed = parse(rule);
    let (kinds, sign, number) = parsed.unwrap_or((0, 0, 0));
    choose(kinds, sign, number);
    parsed.is_some() || rule.is_empty()
}

fn parse(rule: &[u8]) -> Option<(u32, u8, usize)> {
    let colon = rule.iter().position(|&byte| byte == b':')?;
    let (names, how) = (&rule[..colon], &rule[colon + 1..]);
    let mut kinds = 0;
    for name in names.split(|&byte| byte == b',') {
        kinds |= KINDS.iter().find(|kind| kind.0 == name)?.1;
    }
    let sign = *how.first().filter(|sign| b"=>?".contains(sign)).unwrap_or(&0);
    let digits = if sign == 0 { how } else { &how[1..] };
    let number: usize = core::str::from_utf8(digits).ok()?.parse().ok()?;
    (number > 0 || sign == b'>').then_some((kinds, sign, number))
}

/// How many calls have been refused so far.
pub(crate) fn refused() -> usize {
    REFUSED.load(Ordering::Relaxed)
}

/// How many calls of the chosen kinds there have been since the rule was set.
pub(crate) fn counted() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// Takes the rule of the environment. libc has none yet when the loader allocates.
#[cold]
fn read_environment() {
    READ.store(1, Ordering::Relaxed);
    let mut text = [0u8; 16 << 10];
    let length = linux::read_file(c"/proc/self/environ", &mut text);
    for entry in text[..length].split(|&byte| byte == 0) {
        if let Some(rule) = entry.strip_prefix(VARIABLE)
            && !set(rule)
        {
            linux::write_stderr(b"PIG_TEST_REFUSE: no such rule\n");
            linux::abort();
        }
    }
}

/// Whether this call is refused.
pub(super) fn refuses(kind: Kind) -> bool {
    if cfg!(not(test)) && READ.load(Ordering::Relaxed) == 0 {
        read_environment();
    }
    if CHOSEN.load(Ordering::Relaxed) & kind as u32 == 0 {
        return false;
    }
    let (at, number) = (COUNT.fetch_add(1, Ordering::Relaxed) + 1, NUMBER.load(Ordering::Relaxed));
    let refuse = match SIGN.load(Ordering::Relaxed) as u8 {
        b'=' => at == number,
        b'>' => at > number,
        b'?' => {
            let draw = (at as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let draw = (draw ^ draw >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32;
            draw.is_multiple_of(number as u64)
        }
        _ => number != 0 && at.is_multiple_of(number),
    };
    REFUSED.fetch_add(refuse as usize, Ordering::Relaxed);
    refuse
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        assert_eq!(parse(b"map:3"), Some((Kind::Map as u32, 0, 3)));
        assert_eq!(
            parse(b"map,unmap:=12"),
            Some((Kind::Map as u32 | Kind::Unmap as u32, b'=', 12))
        );
        assert_eq!(parse(b"memory:>0"), Some((MEMORY, b'>', 0)));
        assert_eq!(parse(b"all:?5"), Some((u32::MAX, b'?', 5)));
        for wrong in [&b"map"[..], b"map:", b"map:0", b"mapp:3", b":3", b"map:x", b"map:=0", b""] {
            assert_eq!(parse(wrong), None);
        }
    }
}
