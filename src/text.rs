//! Text without allocation: what messages and reports are written into.

// Some of this serves the C functions alone.
#![cfg_attr(any(test, not(feature = "capi")), allow(dead_code))]

use core::fmt;

/// One line in a fixed buffer. What does not fit is left out, the end of the line never is.
pub struct Line<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Line<N> {
    /// An empty line.
    pub const fn new() -> Self {
        Self { bytes: [0; N], len: 0 }
    }

    /// Ends the line and returns all of it, the line break included.
    pub fn end(&mut self) -> &[u8] {
        if let Some(last) = self.bytes.get_mut(self.len) {
            *last = b'\n';
        }
        self.bytes.get(..=self.len).unwrap_or(&self.bytes)
    }
}

impl<const N: usize> fmt::Write for Line<N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The last byte is kept for the line break.
        let room = N.saturating_sub(1).saturating_sub(self.len);
        let taken = copy(self.bytes.get_mut(self.len..).unwrap_or_default(), text.as_bytes(), room);
        self.len += taken;
        Ok(())
    }
}

/// Who takes pieces of text. A function is no closure: that would cost the object a table with long names.
pub enum Sink<'a> {
    Function(fn(&[u8])),
    Closure(&'a mut dyn FnMut(&[u8])),
}

/// Text of any length, handed on in pieces of at most `N` bytes.
pub struct Chunks<'a, const N: usize> {
    bytes: [u8; N],
    len: usize,
    sink: Sink<'a>,
}

impl<'a, const N: usize> Chunks<'a, N> {
    /// Text that goes to `sink`, piece by piece.
    pub const fn new(sink: Sink<'a>) -> Self {
        Self { bytes: [0; N], len: 0, sink }
    }

    /// Hands on what is left. Text that is never flushed is lost.
    pub fn flush(&mut self) {
        if let Some(piece) = self.bytes.get(..self.len).filter(|piece| !piece.is_empty()) {
            match &mut self.sink {
                Sink::Function(function) => function(piece),
                Sink::Closure(closure) => closure(piece),
            }
        }
        self.len = 0;
    }
}

impl<const N: usize> fmt::Write for Chunks<'_, N> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            if self.len >= N {
                self.flush();
            }
            let room = self.bytes.get_mut(self.len..).unwrap_or_default();
            let taken = copy(room, rest, usize::MAX);
            if taken == 0 {
                return Err(fmt::Error);
            }
            self.len += taken;
            rest = rest.get(taken..).unwrap_or_default();
        }
        Ok(())
    }
}

/// A caller's buffer, filled as snprintf fills one: as much as fits, always ended by a NUL, and the
/// length counted on.
pub struct Bounded<'a> {
    bytes: &'a mut [u8],
    needed: usize,
}

impl<'a> Bounded<'a> {
    /// Text into `bytes`, which may be empty.
    pub fn new(bytes: &'a mut [u8]) -> Self {
        if let Some(first) = bytes.first_mut() {
            *first = 0;
        }
        Self { bytes, needed: 0 }
    }

    /// The length of the whole text in bytes, without the NUL.
    pub fn needed(&self) -> usize {
        self.needed
    }
}

impl fmt::Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // The last byte is kept for the NUL.
        let room = self.bytes.len().saturating_sub(1).saturating_sub(self.needed);
        let free = self.bytes.get_mut(self.needed..).unwrap_or_default();
        let taken = copy(free, text.as_bytes(), room);
        if let Some(end) = free.get_mut(taken) {
            *end = 0;
        }
        self.needed += text.len();
        Ok(())
    }
}

/// Bytes from outside, fit to be shown: printable ASCII as it is, anything else as `?`, and no more
/// than the first 64.
pub struct Shown<'a>(pub &'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        const MOST: usize = 64;
        for &byte in self.0.iter().take(MOST) {
            let printable = byte == b' ' || byte.is_ascii_graphic();
            out.write_char(if printable { char::from(byte) } else { '?' })?;
        }
        if self.0.len() > MOST { out.write_str("...") } else { Ok(()) }
    }
}

/// ASCII text, in the width that the format asks for: to the right where it says so, else to the left. The library's own
/// way to show a `str` counts characters, in a code that is longer than all of this module.
pub struct Word<'a>(pub &'a str);

impl fmt::Display for Word<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;
        let room = out.width().unwrap_or(0).saturating_sub(self.0.len());
        let is_right = matches!(out.align(), Some(fmt::Alignment::Right));
        let (before, after) = if is_right { (room, 0) } else { (0, room) };
        (0..before).try_for_each(|_| out.write_char(' '))?;
        out.write_str(self.0)?;
        (0..after).try_for_each(|_| out.write_char(' '))
    }
}

/// Copies as much of `from` as fits into `to` and into `limit` bytes; returns how many that were.
fn copy(to: &mut [u8], from: &[u8], limit: usize) -> usize {
    let count = from.len().min(to.len()).min(limit);
    if let (Some(to), Some(from)) = (to.get_mut(..count), from.get(..count)) {
        to.copy_from_slice(from);
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::fmt::Write;
    use std::{string::ToString, vec::Vec};

    #[test]
    fn line_ends_even_when_full() {
        let mut line = Line::<8>::new();
        write!(line, "abc").unwrap();
        assert_eq!(line.end(), b"abc\n");
        write!(line, "defghij").unwrap();
        assert_eq!(line.end(), b"abcdefg\n");
        write!(line, "x").unwrap();
        assert_eq!(line.end(), b"abcdefg\n");
        assert_eq!(Line::<8>::new().end(), b"\n");
    }

    #[test]
    fn words_are_padded_as_strings_are() {
        for word in ["", "a", "abc", "abcdef"] {
            let (ours, theirs) = (Word(word), word);
            assert_eq!(std::format!("[{ours}]"), std::format!("[{theirs}]"));
            assert_eq!(std::format!("[{ours:4}]"), std::format!("[{theirs:4}]"));
            assert_eq!(std::format!("[{ours:<4}]"), std::format!("[{theirs:<4}]"));
            assert_eq!(std::format!("[{ours:>4}]"), std::format!("[{theirs:>4}]"));
        }
    }

    #[test]
    fn chunks_keep_order_and_size() {
        let mut all = Vec::new();
        let mut pieces = 0;
        let mut sink = |piece: &[u8]| {
            assert!(!piece.is_empty() && piece.len() <= 5);
            all.extend_from_slice(piece);
            pieces += 1;
        };
        let mut chunks = Chunks::<5>::new(Sink::Closure(&mut sink));
        write!(chunks, "ab").unwrap();
        write!(chunks, "cdefghijklmnop").unwrap();
        chunks.flush();
        chunks.flush();
        assert_eq!(all, b"abcdefghijklmnop");
        assert_eq!(pieces, 4);
    }

    #[test]
    fn bounded_is_snprintf() {
        for size in 0..12 {
            let mut buffer = [b'#'; 12];
            let mut text = Bounded::new(&mut buffer[..size]);
            write!(text, "one").unwrap();
            write!(text, "two").unwrap();
            assert_eq!(text.needed(), 6);
            let kept = size.saturating_sub(1).min(6);
            assert_eq!(buffer[..kept], b"onetwo"[..kept]);
            if size > 0 {
                assert_eq!(buffer[kept], 0);
            }
            assert!(buffer[size..].iter().all(|&byte| byte == b'#'));
        }
    }

    #[test]
    fn shown_is_printable_and_short() {
        assert_eq!(Shown(b"plain text").to_string(), "plain text");
        assert_eq!(Shown(b"\x1b[31m\n\xff").to_string(), "?[31m??");
        assert_eq!(Shown(&[b'x'; 65]).to_string().len(), 64 + 3);
    }
}
