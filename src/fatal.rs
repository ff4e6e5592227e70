//! Messages on stderr, and the end of a process that has misused its memory.
//!
//! Nothing here allocates or takes a lock: each message is one line, put together on the stack and
//! written at once.

use crate::{
    sys,
    text::{Line, Word},
};
use core::fmt::{self, Write};

/// What a program did to a pointer that it should not have done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misuse {
    /// Freed a block that is free already.
    DoubleFree,
    /// Resized a block that is free already, or asked for its size.
    FreedBlock,
    /// Passed a pointer that is not the start of its block.
    InsideBlock,
    /// Passed a pointer that was never handed out.
    NotABlock,
}

impl Misuse {
    /// The words of the message.
    const fn text(self) -> &'static str {
        match self {
            Self::DoubleFree => "double free",
            Self::FreedBlock => "use of a freed block",
            Self::InsideBlock => "pointer inside a block",
            Self::NotABlock => "not an allocated block",
        }
    }
}

/// Room for the longest message: 64 bytes of a foreign text each for a name and a value, and words.
type Message = Line<256>;

/// Says what was done to which address, in `pigalloc: FUNCTION: PROBLEM: 0xADDRESS`, and aborts.
#[cold]
#[inline(never)]
pub fn misuse(function: &str, problem: Misuse, address: usize) -> ! {
    sys::write_stderr(misuse_message(function, problem, address).end());
    sys::abort()
}

/// Says which assumption of pigalloc's own turned out false, and aborts.
#[cold]
#[inline(never)]
pub fn bug(what: &str) -> ! {
    warn(format_args!("internal error: {}", Word(what)));
    sys::abort()
}

/// Says why the process cannot go on, and aborts.
#[cfg(feature = "shared")]
#[cold]
#[inline(never)]
pub fn end(why: &str) -> ! {
    warn(format_args!("{}", Word(why)));
    sys::abort()
}

/// Writes one line of its own, `pigalloc: TEXT`, and goes on.
#[cold]
#[inline(never)]
pub fn warn(text: fmt::Arguments<'_>) {
    sys::write_stderr(message(text).end());
}

/// The line that [`misuse`] writes.
fn misuse_message(function: &str, problem: Misuse, address: usize) -> Message {
    let (function, problem) = (Word(function), Word(problem.text()));
    message(format_args!("{function}: {problem}: {address:#x}"))
}

/// A line that says who speaks. Formatting into it cannot fail: text that does not fit is left out.
fn message(text: fmt::Arguments<'_>) -> Message {
    let mut line = Message::new();
    let _ = write!(line, "pigalloc: {text}");
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misuse_is_one_exact_line() {
        let cases = [
            ("free", Misuse::DoubleFree, 0x7f12_3456_7890, "free: double free: 0x7f1234567890"),
            ("realloc", Misuse::FreedBlock, 0x10, "realloc: use of a freed block: 0x10"),
            ("free", Misuse::InsideBlock, 0x1001, "free: pointer inside a block: 0x1001"),
            (
                "malloc_usable_size",
                Misuse::NotABlock,
                usize::MAX,
                "malloc_usable_size: not an allocated block: 0xffffffffffffffff",
            ),
        ];
        for (function, problem, address, expected) in cases {
            let mut line = misuse_message(function, problem, address);
            let line = core::str::from_utf8(line.end()).unwrap();
            assert_eq!(
                line.strip_prefix("pigalloc: "),
                Some(std::format!("{expected}\n").as_str())
            );
        }
    }
}
