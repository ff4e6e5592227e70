//! Settings: one table, read from the environment at start, some of them changeable later.
//!
//! A setting `NAME` is read from the variable `PIGALLOC_NAME`. Processes that run with more rights
//! than their user (AT_SECURE) read none. An unknown name and a bad value each get one line on
//! stderr and leave the default in force.

// Some of this serves the C functions alone.
#![cfg_attr(any(test, not(feature = "capi")), allow(dead_code))]

use crate::{
    fatal,
    sync::Ordering::Relaxed,
    sync::lasting::{AtomicBool, AtomicU32},
    sys,
    text::{Chunks, Shown, Sink, Word},
};
use core::fmt::{self, Write};

/// What every variable of ours starts with.
const PREFIX: &[u8] = b"PIGALLOC_";

/// The values that a setting can have.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A decimal number from the first to the second, both included.
    Number(u32, u32),
    /// One of these words; its value is its place in the list.
    Word(&'static [&'static str]),
}

/// One line of the table.
#[derive(Debug)]
struct Setting {
    /// The name, without [`PREFIX`].
    name: &'static str,
    kind: Kind,
    default: u32,
    /// Whether a running program may change it.
    changeable: bool,
    help: &'static str,
}

// Places in SETTINGS.
const STATS: usize = 0;
const HELP: usize = 1;
const DECAY_MS: usize = 2;
const DIRTY_MB: usize = 3;
const HUGE: usize = 4;
const SHARE: usize = 5;
const COUNT: usize = 6;

/// Every setting there is.
static SETTINGS: [Setting; COUNT] = [
    Setting {
        name: "STATS",
        kind: Kind::Number(0, 1),
        default: 0,
        changeable: true,
        help: "1: print where the memory is to stderr at exit",
    },
    Setting {
        name: "HELP",
        kind: Kind::Number(0, 1),
        default: 0,
        changeable: false,
        help: "1: print this table to stderr at start",
    },
    Setting {
        name: "DECAY_MS",
        kind: Kind::Number(0, 3_600_000),
        default: 500,
        changeable: true,
        help: "milliseconds that free memory stays idle before it goes back to the system",
    },
    Setting {
        name: "DIRTY_MB",
        kind: Kind::Number(0, 1 << 20),
        default: 32,
        changeable: true,
        help: "MiB of free memory kept resident; at most so many below 32",
    },
    Setting {
        name: "HUGE",
        kind: Kind::Word(&["auto", "never", "always"]),
        default: 0,
        changeable: false,
        help: "where to ask for huge pages; auto: where memory is filled",
    },
    Setting {
        name: "SHARE",
        kind: Kind::Number(0, 1_000_000),
        default: 256,
        changeable: true,
        help: "calls a thread makes before it gets a heap; more with many heaps",
    },
];

/// Nobody has said how much free memory to keep, or that none is to stay.
pub fn keeps_as_usual() -> bool {
    CURRENT.value(DIRTY_MB) == SETTINGS[DIRTY_MB].default && decay_ms() != 0
}

/// Somebody has asked for less free memory than usual: none is to be kept beyond what counts as such.
pub fn keeps_less() -> bool {
    CURRENT.value(DIRTY_MB) < SETTINGS[DIRTY_MB].default || decay_ms() == 0
}

/// When memory is backed by huge pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Huge {
    /// Where there is evidence that memory is filled, and inside large buffers.
    Auto,
    /// Nowhere that this takes an advice.
    Never,
    /// Under all memory for blocks.
    Always,
}

/// Why a setting was not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No setting has this name.
    Unknown,
    /// The value is out of range.
    BadValue,
    /// The setting is read at start only.
    Fixed,
}

/// Whether [`load`] has seen an environment: before libc has set it up there is none.
static LOADED: AtomicBool = AtomicBool::new(false);

/// Whether the settings have been read, and need not be read again.
pub fn is_loaded() -> bool {
    LOADED.load(Relaxed)
}

/// Reads all settings from the environment.
#[cold]
pub fn load() {
    if sys::is_secure() {
        return;
    }
    for entry in sys::environment() {
        LOADED.store(true, Relaxed);
        if let Err(complaint) = CURRENT.read(entry) {
            fatal::warn(format_args!("{complaint}"));
        }
    }
    if CURRENT.value(HELP) != 0 {
        let mut out = Chunks::<512>::new(Sink::Function(sys::write_stderr));
        // stderr takes what it takes: there is nowhere else to say that it failed.
        let _ = CURRENT.write_table(&mut out);
        out.flush();
    }
}

/// Whether the summary is printed at exit.
pub fn stats() -> bool {
    CURRENT.value(STATS) != 0
}

/// How long free memory stays idle before it goes back to the system, in milliseconds.
pub fn decay_ms() -> u32 {
    CURRENT.value(DECAY_MS)
}

/// How much free memory is kept resident at most, in bytes.
pub fn dirty_limit() -> usize {
    (CURRENT.value(DIRTY_MB) as usize) << 20
}

/// When memory is backed by huge pages.
pub fn huge() -> Huge {
    match CURRENT.value(HUGE) {
        1 => Huge::Never,
        2 => Huge::Always,
        _ => Huge::Auto,
    }
}

/// How many allocations a thread makes from the shared heap before it gets its own.
pub fn share() -> u32 {
    CURRENT.value(SHARE)
}

/// The value of the setting `name` (without the prefix, in any case). A word is its place in the
/// list of words.
pub fn get(name: &[u8]) -> Option<u32> {
    find(name).map(|index| CURRENT.value(index))
}

/// Changes the setting `name` (without the prefix, in any case) of the running program.
pub fn set(name: &[u8], value: i64) -> Result<(), Refusal> {
    CURRENT.set(name, value)
}

/// Keeps at most so many bytes of free memory resident, rounded up to what the setting counts in;
/// without a number, as many and for as long as the settings allow.
pub fn keep_free_bytes(bytes: Option<usize>) {
    CURRENT.keep_free_bytes(bytes);
}

/// The values in force.
struct Values([AtomicU32; COUNT]);

static CURRENT: Values = Values::new();

impl Values {
    const fn new() -> Self {
        let mut values = [const { AtomicU32::new(0) }; COUNT];
        let mut index = 0;
        while index < COUNT {
            values[index] = AtomicU32::new(SETTINGS[index].default);
            index += 1;
        }
        Self(values)
    }

    fn value(&self, index: usize) -> u32 {
        // Each setting stands for itself: there is no order to keep between them.
        self.0[index].load(Relaxed)
    }

    fn set(&self, name: &[u8], value: i64) -> Result<(), Refusal> {
        let index = find(name).ok_or(Refusal::Unknown)?;
        let setting = &SETTINGS[index];
        if !setting.changeable {
            return Err(Refusal::Fixed);
        }
        let value = u32::try_from(value).ok().filter(|&value| setting.kind.allows(value));
        self.0[index].store(value.ok_or(Refusal::BadValue)?, Relaxed);
        Ok(())
    }

    fn keep_free_bytes(&self, bytes: Option<usize>) {
        let most = SETTINGS[DIRTY_MB].kind.most();
        let wanted = bytes.and_then(|bytes| u32::try_from(bytes.div_ceil(1 << 20)).ok());
        self.0[DIRTY_MB].store(wanted.unwrap_or(most).min(most), Relaxed);
        if bytes.is_none() {
            self.0[DECAY_MS].store(SETTINGS[DECAY_MS].kind.most(), Relaxed);
        }
    }

    /// Takes one entry of the environment; entries that are not ours are passed over.
    fn read<'a>(&self, entry: &'a [u8]) -> Result<(), Complaint<'a>> {
        let Some(entry) = entry.strip_prefix(PREFIX) else { return Ok(()) };
        let end = entry.iter().position(|&byte| byte == b'=').unwrap_or(entry.len());
        let (name, value) = entry.split_at(end);
        let value = value.get(1..).unwrap_or_default();
        let same = |setting: &Setting| setting.name.as_bytes() == name;
        let index = SETTINGS.iter().position(same).ok_or(Complaint::Unknown(name))?;
        let setting = &SETTINGS[index];
        let parsed = setting.kind.parse(value);
        self.0[index].store(parsed.unwrap_or(setting.default), Relaxed);
        if parsed.is_some() { Ok(()) } else { Err(Complaint::BadValue(setting, value)) }
    }

    /// Writes the table of settings with the values in force.
    fn write_table(&self, out: &mut dyn Write) -> fmt::Result {
        out.write_str(concat!(
            "pigalloc ",
            env!("CARGO_PKG_VERSION"),
            ": settings, read at start\n",
            "variable             default       now  meaning (values)\n",
        ))?;
        for (setting, now) in SETTINGS.iter().zip(&self.0) {
            let Setting { name, kind, default, help, .. } = setting;
            let now = kind.show(now.load(Relaxed));
            let default = kind.show(*default);
            let (name, help) = (Word(name), Word(help));
            writeln!(out, "PIGALLOC_{name:<9} {default:>9} {now:>9}  {help} ({kind})")?;
        }
        Ok(())
    }
}

impl Kind {
    /// Whether `value` is one of the values.
    fn allows(&self, value: u32) -> bool {
        match *self {
            Self::Number(least, most) => (least..=most).contains(&value),
            Self::Word(_) => value <= self.most(),
        }
    }

    /// The largest value.
    fn most(&self) -> u32 {
        match *self {
            Self::Number(_, most) => most,
            Self::Word(words) => u32::try_from(words.len()).unwrap_or(0).saturating_sub(1),
        }
    }

    /// The value that a text of the environment stands for.
    fn parse(&self, text: &[u8]) -> Option<u32> {
        match *self {
            Self::Number(..) => number(text).filter(|&value| self.allows(value)),
            Self::Word(words) => {
                let place = words.iter().position(|word| word.as_bytes() == text)?;
                u32::try_from(place).ok()
            }
        }
    }

    /// A value as it is written in the environment.
    fn show(&self, value: u32) -> Value<'_> {
        Value(self, value)
    }
}

/// The values there are, in words.
impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Number(0, 1) => out.write_str("0 or 1"),
            Self::Number(least, most) => write!(out, "{least} to {most}"),
            Self::Word(words) => {
                for (place, word) in words.iter().enumerate() {
                    out.write_str(if place == 0 { "" } else { ", " })?;
                    out.write_str(word)?;
                }
                Ok(())
            }
        }
    }
}

/// A value of a kind, shown as it is written in the environment.
struct Value<'a>(&'a Kind, u32);

impl fmt::Display for Value<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self.0 {
            Kind::Number(..) => fmt::Display::fmt(&self.1, out),
            Kind::Word(words) => {
                Word(words.get(self.1 as usize).copied().unwrap_or_default()).fmt(out)
            }
        }
    }
}

/// What is wrong with an entry of the environment.
#[derive(Debug)]
enum Complaint<'a> {
    /// No setting has this name.
    Unknown(&'a [u8]),
    /// The setting cannot have this value.
    BadValue(&'static Setting, &'a [u8]),
}

impl fmt::Display for Complaint<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Unknown(name) => {
                write!(out, "PIGALLOC_{}: unknown setting, ignored", Shown(name))
            }
            Self::BadValue(setting, value) => {
                let Setting { name, kind, default, .. } = setting;
                let (name, default) = (Word(name), kind.show(*default));
                write!(out, "PIGALLOC_{name}: bad value '{}', using {default}", Shown(value))
            }
        }
    }
}

/// The place of the setting `name`, in any case, in the table.
fn find(name: &[u8]) -> Option<usize> {
    SETTINGS.iter().position(|setting| setting.name.as_bytes().eq_ignore_ascii_case(name))
}

/// A decimal number: digits and nothing else.
fn number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u32, |number, &byte| {
        let digit = byte.is_ascii_digit().then(|| u32::from(byte - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::{String, ToString};

    /// What [`Values::read`] says about one entry; empty if nothing.
    fn complaint(values: &Values, entry: &str) -> String {
        values.read(entry.as_bytes()).err().map(|it| it.to_string()).unwrap_or_default()
    }

    #[test]
    fn places_and_defaults_agree_with_the_table() {
        let places = [STATS, HELP, DECAY_MS, DIRTY_MB, HUGE, SHARE];
        let names = ["STATS", "HELP", "DECAY_MS", "DIRTY_MB", "HUGE", "SHARE"];
        let values = Values::new();
        for (place, name) in places.into_iter().zip(names) {
            assert_eq!(find(name.as_bytes()), Some(place));
            let Setting { kind, default, .. } = &SETTINGS[place];
            assert!(kind.allows(*default));
            assert_eq!(values.value(place), *default);
            let written = kind.show(*default).to_string();
            assert_eq!(kind.parse(written.as_bytes()), Some(*default));
        }
    }

    #[test]
    fn good_values_are_taken_silently() {
        let values = Values::new();
        for (entry, place, expected) in [
            ("PIGALLOC_STATS=1", STATS, 1),
            ("PIGALLOC_DECAY_MS=0", DECAY_MS, 0),
            ("PIGALLOC_DECAY_MS=3600000", DECAY_MS, 3_600_000),
            ("PIGALLOC_DIRTY_MB=007", DIRTY_MB, 7),
            ("PIGALLOC_HUGE=always", HUGE, 2),
            ("PIGALLOC_HUGE=auto", HUGE, 0),
            ("PIGALLOC_SHARE=1000000", SHARE, 1_000_000),
            ("PATH=/bin", SHARE, 1_000_000),
            ("pigalloc_SHARE=1", SHARE, 1_000_000),
            ("", SHARE, 1_000_000),
        ] {
            assert_eq!(complaint(&values, entry), "", "{entry}");
            assert_eq!(values.value(place), expected, "{entry}");
        }
    }

    #[test]
    fn bad_entries_are_named_and_change_nothing() {
        let values = Values::new();
        for (entry, expected) in [
            ("PIGALLOC_FOO=1", "PIGALLOC_FOO: unknown setting, ignored"),
            ("PIGALLOC_FOO", "PIGALLOC_FOO: unknown setting, ignored"),
            ("PIGALLOC_stats=1", "PIGALLOC_stats: unknown setting, ignored"),
            ("PIGALLOC_=1", "PIGALLOC_: unknown setting, ignored"),
            ("PIGALLOC_STATS=x", "PIGALLOC_STATS: bad value 'x', using 0"),
            ("PIGALLOC_STATS=2", "PIGALLOC_STATS: bad value '2', using 0"),
            ("PIGALLOC_STATS=", "PIGALLOC_STATS: bad value '', using 0"),
            ("PIGALLOC_STATS", "PIGALLOC_STATS: bad value '', using 0"),
            ("PIGALLOC_DECAY_MS=-1", "PIGALLOC_DECAY_MS: bad value '-1', using 500"),
            ("PIGALLOC_DECAY_MS=3600001", "PIGALLOC_DECAY_MS: bad value '3600001', using 500"),
            ("PIGALLOC_SHARE=4294967297", "PIGALLOC_SHARE: bad value '4294967297', using 256"),
            ("PIGALLOC_HUGE=Auto\x07", "PIGALLOC_HUGE: bad value 'Auto?', using auto"),
        ] {
            assert_eq!(complaint(&values, entry), expected);
        }
        for (place, setting) in SETTINGS.iter().enumerate() {
            assert_eq!(values.value(place), setting.default);
        }
    }

    #[test]
    fn a_running_program_changes_what_may_change() {
        let values = Values::new();
        assert_eq!(values.set(b"decay_ms", 9), Ok(()));
        assert_eq!(values.value(DECAY_MS), 9);
        assert_eq!(values.set(b"Decay_Ms", -1), Err(Refusal::BadValue));
        assert_eq!(values.set(b"DECAY_MS", 3_600_001), Err(Refusal::BadValue));
        assert_eq!(values.set(b"DECAY_MS", i64::from(u32::MAX) + 10), Err(Refusal::BadValue));
        assert_eq!(values.value(DECAY_MS), 9);
        assert_eq!(values.set(b"HUGE", 1), Err(Refusal::Fixed));
        assert_eq!(values.set(b"decay", 1), Err(Refusal::Unknown));
        assert_eq!(values.set(b"", 1), Err(Refusal::Unknown));
    }

    #[test]
    fn kept_bytes_are_rounded_and_bounded() {
        let values = Values::new();
        for (bytes, megabytes) in [
            (0, 0),
            (1, 1),
            (1 << 20, 1),
            ((1 << 20) + 1, 2),
            (64 << 20, 64),
            (usize::MAX, 1 << 20),
        ] {
            values.keep_free_bytes(Some(bytes));
            assert_eq!(values.value(DIRTY_MB), megabytes);
            assert_eq!(values.value(DECAY_MS), SETTINGS[DECAY_MS].default);
        }
        values.keep_free_bytes(None);
        assert_eq!((values.value(DIRTY_MB), values.value(DECAY_MS)), (1 << 20, 3_600_000));
    }

    #[test]
    fn help_shows_every_setting_in_aligned_columns() {
        let values = Values::new();
        values.read(b"PIGALLOC_HUGE=never").unwrap();
        let mut text = String::new();
        values.write_table(&mut text).unwrap();
        assert_eq!(text.lines().count(), 2 + COUNT);
        for (line, setting) in text.lines().skip(2).zip(&SETTINGS) {
            assert!(line.starts_with("PIGALLOC_"));
            assert!(line.len() <= 132 && line.is_ascii(), "{line}");
            let mut words = line.split_whitespace();
            assert_eq!(words.next().unwrap().strip_prefix("PIGALLOC_"), Some(setting.name));
            assert_eq!(words.next().unwrap(), setting.kind.show(setting.default).to_string());
            assert_eq!(line.as_bytes()[38..40], *b"  ");
        }
        assert!(text.contains("PIGALLOC_HUGE           auto     never  "));
    }
}
