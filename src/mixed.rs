//! The map of a mixed slab, one whose blocks differ in size.
//!
//! A slab of equal blocks that its program has left full of holes keeps pages resident for nothing
//! when the program has gone on to other sizes. Such a slab is made a mixed one: its holes serve
//! every class that fits. The map has two bits for each granule of sixteen bytes: whether it is in
//! use, and whether it is the last one of a block.
//!
//! The map changes under the lock of the slab's heap. Without it, who holds a live block may ask for
//! its length, for none of the bits in question change while the block lives; and whether a
//! block starts at a granule. The granule before tells that: it ends a block or is free, and every
//! change of it goes through a moment at which it is both.

use crate::bitmap;
use crate::sync::{AtomicU64, Ordering};
use crate::units::{MIN_ALIGN, UNIT};

/// Granules in a slab of one unit.
pub(crate) const GRANULES: usize = UNIT / MIN_ALIGN;
const WORDS: usize = GRANULES / 64;
/// Codes of lengths are exact below this one.
const EXACT: usize = 64;
const _: () = assert!(EXACT + (GRANULES - EXACT) / EXACT < 128);
/// A one in each byte of a word, and the highest bit of each.
const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES << 7;
/// How often a granule that seems neither free nor an end is looked at again.
const LOOKS: usize = 4;

/// The bits of 64 granules. Both are asked for a block, so they stand together.
struct Word {
    used: AtomicU64,
    ends: AtomicU64,
}

/// The bits of a map. All zero bytes are those of one without blocks.
#[repr(transparent)]
pub(crate) struct Bits([Word; WORDS]);

/// A byte for each word of bits: no hole that starts in it has a longer [`code`]. So most words need no look.
pub(crate) type Codes = [AtomicU64; WORDS / 8];

/// The map.
#[derive(Clone, Copy)]
pub(crate) struct Map {
    pub(crate) bits: &'static Bits,
    pub(crate) longest: &'static Codes,
}

/// The length of a hole in seven bits: exact below [`EXACT`], and never more for a shorter hole.
fn code(length: usize) -> u64 {
    (if length < EXACT { length } else { EXACT + (length - EXACT) / EXACT }) as u64
}

/// The larger of each two bytes, none of which is above 127.
fn larger_bytes(a: u64, b: u64) -> u64 {
    let is_first = (((a | HIGHS) - b) & HIGHS) >> 7;
    let mask = is_first * 255;
    a & mask | b & !mask
}

/// The longest hole that has a code.
fn decode(code: u64) -> usize {
    let code = code as usize;
    if code < EXACT { code } else { EXACT + (code - EXACT) * EXACT + EXACT - 1 }
}

fn bit(word: &AtomicU64, granule: usize) -> bool {
    word.load(Ordering::Acquire) >> (granule % 64) & 1 == 1
}

/// Sets bits of a word. Words have one writer at a time, who holds the lock, so that no exchange is needed.
fn set(word: &AtomicU64, mask: u64) {
    word.store(word.load(Ordering::Relaxed) | mask, Ordering::Release);
}

fn unset(word: &AtomicU64, mask: u64) {
    word.store(word.load(Ordering::Relaxed) & !mask, Ordering::Release);
}

impl Map {
    fn used(&self, word: usize) -> &'static AtomicU64 {
        &self.bits.0[word].used
    }

    fn ends(&self, word: usize) -> &'static AtomicU64 {
        &self.bits.0[word].ends
    }

    /// Opens a map of zero bytes: every granule is free.
    pub(crate) fn open(&self) {
        // Nothing is known of the holes that are made next.
        self.longest.iter().for_each(|codes| codes.store(ONES * 127, Ordering::Relaxed));
    }

    pub(crate) fn is_free(&self, granule: usize) -> bool {
        !bit(self.used(granule / 64), granule)
    }

    /// Whether all granules of `from..to` are free. Under the lock.
    pub(crate) fn is_hole(&self, from: usize, to: usize) -> bool {
        from == to || self.is_free(from) && self.next(from, false) >= to
    }

    /// Whether beside a live block of `count` granules there is a hole of at least half its length, as far as a look at
    /// both ends tells. Without the lock what holds may change at once.
    pub(crate) fn is_beside_hole(&self, granule: usize, count: usize) -> bool {
        let (end, least) = (granule + count, count.div_ceil(2));
        let is_free = |granule: usize| granule < GRANULES && self.is_free(granule);
        granule >= least && is_free(granule - 1) && is_free(granule - least)
            || is_free(end) && is_free(end + least - 1)
    }

    /// Whether a live block starts at a granule.
    pub(crate) fn is_block(&self, granule: usize) -> bool {
        if self.is_free(granule) {
            return false;
        }
        let Some(before) = granule.checked_sub(1) else { return true };
        let is_end = || bit(self.ends(before / 64), before);
        (0..LOOKS).any(|_| is_end() || self.is_free(before))
    }

    /// How many granules the live block at a granule has.
    pub(crate) fn length(&self, granule: usize) -> usize {
        let mut word = granule / 64;
        let mut bits = self.ends(word).load(Ordering::Acquire) >> (granule % 64) << (granule % 64);
        while bits == 0 && word + 1 < WORDS {
            word += 1;
            bits = self.ends(word).load(Ordering::Acquire);
        }
        debug_assert!(bits != 0, "a block without an end");
        word * 64 + bits.trailing_zeros() as usize + 1 - granule
    }

    /// Makes a free run a block. Under the lock.
    pub(crate) fn insert(&self, granule: usize, count: usize) {
        let last = granule + count - 1;
        set(self.ends(last / 64), 1 << (last % 64));
        for (word, mask) in bitmap::pieces(granule, granule + count) {
            set(self.used(word), mask);
        }
    }

    /// Makes a block a free run; its length. Under the lock.
    pub(crate) fn remove(&self, granule: usize) -> usize {
        let count = self.length(granule);
        for (word, mask) in bitmap::pieces(granule, granule + count) {
            unset(self.used(word), mask);
        }
        let last = granule + count - 1;
        unset(self.ends(last / 64), 1 << (last % 64));
        count
    }

    /// The first granule from `at` on that is free (or, with `free` false, in use).
    fn next(&self, at: usize, free: bool) -> usize {
        let flip = if free { u64::MAX } else { 0 };
        let mut word = at / 64;
        if word >= WORDS {
            return GRANULES;
        }
        let shift = at % 64;
        let mut bits = (self.used(word).load(Ordering::Relaxed) ^ flip) >> shift << shift;
        while bits == 0 {
            word += 1;
            if word == WORDS {
                return GRANULES;
            }
            bits = self.used(word).load(Ordering::Relaxed) ^ flip;
        }
        word * 64 + bits.trailing_zeros() as usize
    }

    /// Notes a hole. Under the lock.
    pub(crate) fn note_hole(&self, start: usize, length: usize) {
        let (word, code) = (start / 64, code(length));
        if self.code(word) < code {
            self.set_code(word, code);
        }
    }

    fn code(&self, word: usize) -> u64 {
        self.longest[word / 8].load(Ordering::Relaxed) >> (word % 8 * 8) & 0xff
    }

    fn set_code(&self, word: usize, code: u64) {
        let (codes, shift) = (&self.longest[word / 8], word % 8 * 8);
        let others = codes.load(Ordering::Relaxed) & !(0xff << shift);
        codes.store(others | code << shift, Ordering::Relaxed);
    }

    /// No hole is longer. Under the lock.
    pub(crate) fn longest(&self) -> usize {
        loop {
            let codes = self.longest.iter().map(|codes| codes.load(Ordering::Relaxed));
            let codes = codes.reduce(larger_bytes).unwrap_or(0);
            let codes =
                [32, 16, 8].iter().fold(codes, |codes, by| larger_bytes(codes, codes >> by));
            let most = codes & 0xff;
            let Some(word) = self.next_word(0, most) else { return decode(most) };
            let longest = code(self.look(word, 0, usize::MAX).err().unwrap_or(0));
            self.set_code(word, longest);
            if longest == most {
                return decode(longest);
            }
        }
    }

    /// The lowest hole of at least `count` granules that starts in a word, from `at` on: where, and where it ends; or
    /// how long the longest one is.
    fn look(&self, word: usize, at: usize, count: usize) -> Result<(usize, usize), usize> {
        let (mut from, end) = (at.max(word * 64), (word + 1) * 64);
        // What begins before is another hole.
        if from > 0 && self.is_free(from - 1) {
            from = self.next(from, false);
        }
        let mut longest = 0;
        loop {
            let start = self.next(from, true);
            if start >= end {
                return Err(longest);
            }
            from = self.next(start, false);
            if from - start >= count {
                return Ok((start, from));
            }
            longest = longest.max(from - start);
        }
    }

    /// The first word from `word` on in which a hole with this code may start.
    fn next_word(&self, word: usize, code: u64) -> Option<usize> {
        let mut mask = u64::MAX << (word % 8 * 8);
        for i in word / 8..WORDS / 8 {
            // The highest bit of each byte that is not less, since none is above 127.
            let codes = self.longest[i].load(Ordering::Relaxed) + ONES * (128 - code);
            let found = codes & HIGHS & mask;
            if found != 0 {
                return Some(i * 8 + found.trailing_zeros() as usize / 8);
            }
            mask = u64::MAX;
        }
        None
    }

    /// The lowest hole of at least `count` granules that starts from `at` on: where, and where it ends. Under the
    /// lock.
    pub(crate) fn find(&self, at: usize, count: usize) -> Option<(usize, usize)> {
        let mut word = at / 64;
        loop {
            word = self.next_word(word, code(count))?;
            match self.look(word, at, count) {
                Ok(hole) => return Some(hole),
                // Of a word that was seen in part nothing new is known.
                Err(longest) if at <= word * 64 => self.set_code(word, code(longest)),
                Err(_) => {}
            }
            word += 1;
            if word == WORDS {
                return None;
            }
        }
    }

    /// Asserts that no hole is longer than is known. How long the longest is.
    #[cfg(any(test, debug_assertions))]
    pub(crate) fn check(&self) -> usize {
        let (mut at, mut longest) = (0, 0);
        while at < GRANULES {
            let end = self.next(at, false);
            assert!(code(end - at) <= self.code(at / 64), "a hole that nobody knows of");
            longest = longest.max(end - at);
            at = end + 1;
        }
        longest
    }

    /// The start and the length of the free run that a free granule is in. Under the lock.
    pub(crate) fn hole(&self, granule: usize) -> (usize, usize) {
        let mut word = granule / 64;
        let mut used = self.used(word).load(Ordering::Relaxed) << (63 - granule % 64);
        let mut from = granule + 1;
        while used == 0 && word > 0 {
            from = word * 64;
            word -= 1;
            used = self.used(word).load(Ordering::Relaxed);
        }
        let from = if used == 0 { 0 } else { from - used.leading_zeros() as usize };
        (from, self.next(granule, false) - from)
    }

    /// The lengths of all blocks. Under the lock.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = usize> {
        let mut at = 0;
        core::iter::from_fn(move || {
            at = self.next(at, false);
            if at == GRANULES {
                return None;
            }
            let count = self.length(at);
            at += count;
            Some(count)
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::boxed::Box;
    use std::collections::BTreeMap;
    use std::vec::Vec;

    fn empty() -> Map {
        let longest = [const { AtomicU64::new(0) }; WORDS / 8];
        let none = || Word { used: AtomicU64::new(0), ends: AtomicU64::new(0) };
        let bits = Box::leak(Box::new(Bits(std::array::from_fn(|_| none()))));
        let map = Map { bits, longest: Box::leak(Box::new(longest)) };
        map.open();
        map
    }

    proptest! {
        #[test]
        fn blocks_neither_overlap_nor_vanish(
            steps in proptest::collection::vec((0usize..3, 1usize..300, any::<usize>()), 1..400),
        ) {
            let (map, mut model) = (empty(), BTreeMap::<usize, usize>::new());
            for (what, count, which) in steps {
                if what > 0 {
                    let fits = |at: usize| {
                        at + count <= GRANULES
                            && model.range(..at + count).next_back().is_none_or(|(s, n)| s + n <= at)
                    };
                    let expected = (0..GRANULES).find(|&at| fits(at));
                    let found = map.find(0, count);
                    prop_assert_eq!(found.map(|(start, _)| start), expected);
                    if let Some((at, end)) = found {
                        map.insert(at, count);
                        if end > at + count {
                            map.note_hole(at + count, end - at - count);
                        }
                        model.insert(at, count);
                    }
                } else if !model.is_empty() {
                    let at = *model.keys().nth(which % model.len()).unwrap();
                    prop_assert_eq!(Some(map.remove(at)), model.remove(&at));
                    let (start, length) = map.hole(at);
                    map.note_hole(start, length);
                }
                map.check();
            }
            prop_assert_eq!(map.blocks().collect::<Vec<_>>(), model.values().copied().collect::<Vec<_>>());
            for granule in 0..GRANULES {
                prop_assert_eq!(map.is_block(granule), model.contains_key(&granule));
                let before = model.range(..=granule).next_back().map_or(0, |(s, n)| s + n);
                if before <= granule {
                    let behind = model.range(granule..).next().map_or(GRANULES, |(&s, _)| s);
                    prop_assert_eq!(map.hole(granule), (before, behind - before));
                }
                let held = model.range(..=granule).next_back().is_some_and(|(s, n)| granule < s + n);
                prop_assert_eq!(map.is_free(granule), !held);
                if let Some(&count) = model.get(&granule) {
                    prop_assert_eq!(map.length(granule), count);
                }
            }
        }
    }
}
