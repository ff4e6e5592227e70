//! How blocks come back to a slab: one by one, or by runs.

use super::Slab;
use crate::size_class::Start;
use crate::units::UNIT;
use crate::{bitmap, size_class};
use core::cell::Cell;
use core::ops::Range;

/// So many blocks that stand one after the other are worth more than a look each; and so many others are put
/// back until the next look for such.
const STRETCH: usize = 8;
const OTHERS: usize = 32;

/// What is the same for all slabs of a class that have one unit.
#[derive(Clone, Copy)]
pub(crate) struct Equal {
    start: Start<u64>,
    size: u32,
    /// 0 for a class whose slabs have several units.
    blocks: u32,
}

static EQUAL: [Equal; size_class::COUNT] = {
    const NONE: Equal = Equal { start: Start { inverse: 0, bound: 0 }, size: 0, blocks: 0 };
    let mut table = [NONE; size_class::COUNT];
    let mut class = 0;
    while class < size_class::COUNT {
        if size_class::slab_units(class) == 1 {
            table[class] = Equal {
                start: size_class::start64(class),
                size: size_class::size_at(class) as u32,
                blocks: size_class::slab_blocks(class) as u32,
            };
        }
        class += 1;
    }
    table
};

impl Equal {
    /// None for a class whose slabs have several units.
    #[inline(always)]
    pub(crate) fn of(class: usize) -> Option<Equal> {
        Some(EQUAL[class]).filter(|equal| equal.blocks != 0)
    }

    /// The number of the block that starts at an offset in a slab, if one does.
    #[inline(always)]
    fn index(&self, offset: usize) -> Option<usize> {
        let (index, fraction) = size_class::locate(offset, self.start.inverse);
        (fraction < self.start.bound).then_some(index)
    }

    /// How many of `blocks`, which is not empty, stand one after the other, upwards or downwards.
    #[inline(always)]
    fn stretch(&self, blocks: &[Cell<usize>]) -> usize {
        let mut last = blocks[0].get();
        let Some(second) = blocks.get(1) else { return 1 };
        let step = second.get().wrapping_sub(last);
        let size = self.size as usize;
        if step != size && step != size.wrapping_neg() {
            return 1;
        }
        let follows = |block: &&Cell<usize>| {
            last = last.wrapping_add(step);
            block.get() == last
        };
        1 + blocks[1..].iter().take_while(follows).count()
    }

    /// The numbers of the first blocks of such a stretch of two or more, as far as they are in the slab at `start`: what
    /// follows may be of the slab beside it. None when the first one is not.
    #[inline(always)]
    fn range(&self, start: usize, stretch: &[Cell<usize>]) -> Option<Range<usize>> {
        let first = self.index(stretch[0].get().wrapping_sub(start))?;
        Some(if stretch[1].get() > stretch[0].get() {
            first..(first + stretch.len()).min(self.blocks as usize)
        } else {
            (first + 1).saturating_sub(stretch.len())..first + 1
        })
    }
}

impl Slab {
    /// Takes the block at `address` back; its bytes. None when no block starts there, or a free one.
    pub(crate) fn put(&self, address: usize) -> Option<usize> {
        if !self.is_taken(address) {
            return None;
        }
        let (word, count) = if self.is_mixed() {
            let granule = self.granule(address);
            (granule / 64, self.map().remove(granule))
        } else {
            let (index, _) = self.locate(address);
            self.words()[index / 64] |= 1 << (index % 64);
            (index / 64, 1)
        };
        self.free.set(self.free.get() + count as u16);
        self.low.set(self.low.get().min(word as u8));
        Some(count * self.size())
    }

    /// [`put`](Slab::put) of a block in a slab of one unit whose class the caller knows, while that changes
    /// nothing for the heap: the slab has other free blocks, and others that are not. Whether it did.
    #[inline(always)]
    pub(crate) fn put_equal(&self, kind: &Equal, block: usize) -> bool {
        let free = self.free.get();
        if u32::from(free).wrapping_sub(1) >= kind.blocks - 2 {
            return false;
        }
        // What is no start of a block was freed twice, and the memory has become another slab meanwhile.
        let Some(index) = kind.index(block % UNIT) else { return false };
        if !put_bit(self.bits.get(), index) {
            return false;
        }
        self.free.set(free + 1);
        if index / 64 < self.low.get().into() {
            self.low.set((index / 64) as u8);
        }
        true
    }

    /// The same for all of `blocks` that follow in the slab. Returns how many those were.
    #[inline(never)]
    pub(crate) fn put_equals(&self, kind: &Equal, blocks: &[Cell<usize>]) -> usize {
        let (start, bits, free) = (self.span.start(), self.bits.get(), self.free.get() as usize);
        let blocks = &blocks[..room(free, kind.blocks as usize).min(blocks.len())];
        let (mut count, mut lowest) = (0, usize::MAX);
        'all: while count < blocks.len() {
            let rest = &blocks[count..];
            let stretch = kind.stretch(rest);
            if stretch >= STRETCH {
                // Whole sizes apart, all of them are starts if the first is one.
                let Some(range) = kind.range(start, &rest[..stretch]) else { break };
                if !put_range(self.words(), range.start, range.end) {
                    break;
                }
                lowest = lowest.min(range.start);
                count += range.len();
                continue;
            }
            for block in &rest[..rest.len().min(OTHERS)] {
                match kind.index(block.get().wrapping_sub(start)) {
                    Some(index) if put_bit(bits, index) => lowest = lowest.min(index),
                    _ => break 'all,
                }
                count += 1;
            }
        }
        self.note_put(free + count, lowest);
        count
    }

    /// The same for the first of `blocks` and those that follow in the slab, which may have any number of units.
    pub(crate) fn put_run(&self, blocks: &[Cell<usize>]) -> usize {
        let (start, inverse, bound) = (self.span.start(), self.inverse.get(), self.bound.get());
        let (bits, free) = (self.bits.get(), self.free.get() as usize);
        let (mut count, mut lowest) = (0, usize::MAX);
        for block in blocks.iter().take(room(free, self.capacity())) {
            let offset = block.get().wrapping_sub(start);
            let (index, fraction) = size_class::locate(offset, inverse);
            if fraction >= bound || !put_bit(bits, index) {
                break;
            }
            lowest = lowest.min(index);
            count += 1;
        }
        self.note_put(free + count, lowest);
        count
    }

    /// Notes how many blocks are free now, and the lowest of those that have come back.
    fn note_put(&self, free: usize, lowest: usize) {
        self.free.set(free as u16);
        self.low.set((lowest / 64).min(self.low.get().into()) as u8);
    }
}

/// How many blocks may come back without a change for the heap: all but one, if there is a free one.
fn room(free: usize, capacity: usize) -> usize {
    if free == 0 { 0 } else { (capacity - 1).saturating_sub(free) }
}

/// Sets the bits `from..to`; false, and nothing is done, when one of them is set.
fn put_range(words: &mut [u64], from: usize, to: usize) -> bool {
    let is_new = bitmap::pieces(from, to).all(|(word, mask)| words[word] & mask == 0);
    if is_new {
        bitmap::set_range(words, from, to);
    }
    is_new
}

/// Sets a bit of a slab's bitmap; false when it is set. The slab has such a block, and the caller the lock that
/// guards the bitmap.
#[inline(always)]
fn put_bit(bits: *mut u64, index: usize) -> bool {
    // SAFETY: the bitmap has a bit for each block; nobody else uses it.
    let word = unsafe { &mut *bits.add(index / 64) };
    let new = *word | 1 << (index % 64);
    let is_new = new != *word;
    if is_new {
        *word = new;
    }
    is_new
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn a_stretch_ends_with_the_slab() {
        let class = size_class::of(64);
        let (equal, start, count) = (Equal::of(class).unwrap(), 5 * UNIT, UNIT / 64);
        let upward: Vec<_> = (count - 10..count + 20).map(|i| Cell::new(start + i * 64)).collect();
        assert_eq!(equal.stretch(&upward), 30);
        assert_eq!(equal.range(start, &upward), Some(count - 10..count));
        assert_eq!(equal.range(start + UNIT, &upward), None);
        assert_eq!(equal.range(start + UNIT, &upward[10..]), Some(0..20));
        let downward: Vec<_> =
            (UNIT / 64..UNIT / 64 + 12).rev().map(|i| Cell::new(start + i * 64)).collect();
        assert_eq!(equal.range(start + UNIT, &downward), Some(0..12));
        let beyond: Vec<_> = (0..30).map(|i| Cell::new(start + UNIT + 9 * 64 - i * 64)).collect();
        assert_eq!(equal.stretch(&beyond), 30);
        assert_eq!(equal.range(start + UNIT, &beyond), Some(0..10));
    }
}
