//! The map of a mixed slab, one whose blocks differ in size.
//!
//! A slab of equal blocks that its program has left full of holes keeps pages resident for nothing
//! when the program has gone on to other sizes. Such a slab is made a mixed one: its holes serve
//! every class that fits. The map has two bits for each granule of sixteen bytes: whether it is free,
//! and whether it is the last one of a block.
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
/// Bytes of a map.
pub(crate) const BYTES: usize = size_of::<Map>();
/// How often a granule that seems neither free nor an end is looked at again.
const LOOKS: usize = 4;

/// The longest free runs.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Holes {
    /// How long the longest is, and where it starts; 0 and 0 without any.
    pub(crate) longest: usize,
    pub(crate) start: usize,
    /// No other is longer.
    pub(crate) second: usize,
}

/// The map. All zero bytes are one of a single block without an end, which is no valid map.
#[repr(C)]
pub(crate) struct Map {
    free: [AtomicU64; WORDS],
    ends: [AtomicU64; WORDS],
}

fn bit(words: &[AtomicU64; WORDS], granule: usize) -> bool {
    words[granule / 64].load(Ordering::Acquire) >> (granule % 64) & 1 == 1
}

/// Sets bits of a word. Words have one writer at a time, who holds the lock, so that no exchange is needed.
fn set(word: &AtomicU64, mask: u64) {
    word.store(word.load(Ordering::Relaxed) | mask, Ordering::Release);
}

fn unset(word: &AtomicU64, mask: u64) {
    word.store(word.load(Ordering::Relaxed) & !mask, Ordering::Release);
}

impl Map {
    /// Makes every granule free, and none an end.
    pub(crate) fn clear(&self) {
        for word in 0..WORDS {
            self.free[word].store(u64::MAX, Ordering::Relaxed);
            self.ends[word].store(0, Ordering::Relaxed);
        }
    }

    pub(crate) fn is_free(&self, granule: usize) -> bool {
        bit(&self.free, granule)
    }

    /// Whether a live block starts at a granule.
    pub(crate) fn is_block(&self, granule: usize) -> bool {
        if self.is_free(granule) {
            return false;
        }
        let Some(before) = granule.checked_sub(1) else { return true };
        (0..LOOKS).any(|_| bit(&self.ends, before) || bit(&self.free, before))
    }

    /// How many granules the live block at a granule has.
    pub(crate) fn length(&self, granule: usize) -> usize {
        let mut word = granule / 64;
        let mut bits = self.ends[word].load(Ordering::Acquire) >> (granule % 64) << (granule % 64);
        while bits == 0 && word + 1 < WORDS {
            word += 1;
            bits = self.ends[word].load(Ordering::Acquire);
        }
        debug_assert!(bits != 0, "a block without an end");
        word * 64 + bits.trailing_zeros() as usize + 1 - granule
    }

    /// Makes a free run a block. Under the lock.
    pub(crate) fn insert(&self, granule: usize, count: usize) {
        let last = granule + count - 1;
        set(&self.ends[last / 64], 1 << (last % 64));
        for (word, mask) in bitmap::pieces(granule, granule + count) {
            unset(&self.free[word], mask);
        }
    }

    /// Makes a block a free run; its length. Under the lock.
    pub(crate) fn remove(&self, granule: usize) -> usize {
        let count = self.length(granule);
        for (word, mask) in bitmap::pieces(granule, granule + count) {
            set(&self.free[word], mask);
        }
        let last = granule + count - 1;
        unset(&self.ends[last / 64], 1 << (last % 64));
        count
    }

    /// The first granule from `at` on that is free (or, with `free` false, in use).
    fn next(&self, at: usize, free: bool) -> usize {
        let flip = if free { 0 } else { u64::MAX };
        let mut word = at / 64;
        if word >= WORDS {
            return GRANULES;
        }
        let shift = at % 64;
        let mut bits = (self.free[word].load(Ordering::Relaxed) ^ flip) >> shift << shift;
        while bits == 0 {
            word += 1;
            if word == WORDS {
                return GRANULES;
            }
            bits = self.free[word].load(Ordering::Relaxed) ^ flip;
        }
        word * 64 + bits.trailing_zeros() as usize
    }

    /// The lowest free run of `count` granules from `at` on, or what the longest ones there are. Under the
    /// lock.
    pub(crate) fn find(&self, mut at: usize, count: usize) -> Result<usize, Holes> {
        let mut holes = Holes { longest: 0, start: 0, second: 0 };
        loop {
            at = self.next(at, true);
            if at == GRANULES {
                return Err(holes);
            }
            let used = self.next(at, false);
            let length = used - at;
            if length >= count {
                return Ok(at);
            }
            if length > holes.longest {
                holes = Holes { longest: length, start: at, second: holes.longest };
            } else {
                holes.second = holes.second.max(length);
            }
            at = used;
        }
    }

    /// Where the free run ends that is at a granule; there, if it is in use. Under the lock.
    pub(crate) fn end_of_hole(&self, granule: usize) -> usize {
        self.next(granule, false)
    }

    /// The start and the length of the free run that a free granule is in. Under the lock.
    pub(crate) fn hole(&self, granule: usize) -> (usize, usize) {
        let mut word = granule / 64;
        let mut used = !self.free[word].load(Ordering::Relaxed) << (63 - granule % 64);
        let mut from = granule + 1;
        while used == 0 && word > 0 {
            from = word * 64;
            word -= 1;
            used = !self.free[word].load(Ordering::Relaxed);
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

    fn empty() -> Box<Map> {
        let words = || [const { AtomicU64::new(0) }; WORDS];
        let map = Box::new(Map { free: words(), ends: words() });
        map.clear();
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
                    prop_assert_eq!(map.find(0, count).ok(), expected);
                    if let Some(at) = expected {
                        map.insert(at, count);
                        model.insert(at, count);
                    }
                } else if !model.is_empty() {
                    let at = *model.keys().nth(which % model.len()).unwrap();
                    prop_assert_eq!(Some(map.remove(at)), model.remove(&at));
                }
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
