//! How blocks come back to a slab: one by one, or by runs.

use super::Slab;
use crate::size_class;
use crate::units::UNIT;
use core::cell::Cell;

/// What is the same for all slabs of a class that have one unit.
pub(crate) struct Equal {
    /// See [`size_class::start32`].
    inverse: u64,
    bound: u32,
    /// All blocks but two.
    most: usize,
}

static EQUAL: [Equal; size_class::COUNT] = {
    let mut table = [const { Equal { inverse: 0, bound: 0, most: 0 } }; size_class::COUNT];
    let mut class = 0;
    while class < size_class::COUNT {
        if size_class::slab_units(class) == 1 {
            let start = size_class::start32(class);
            let most = size_class::slab_blocks(class) - 2;
            table[class] = Equal { inverse: start.inverse as u64, bound: start.bound, most };
        }
        class += 1;
    }
    table
};

impl Equal {
    /// None for a class whose slabs have several units.
    #[inline(always)]
    pub(crate) fn of(class: usize) -> Option<&'static Equal> {
        Some(&EQUAL[class]).filter(|equal| equal.most != 0)
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
        if usize::from(free).wrapping_sub(1) >= kind.most {
            return false;
        }
        // What is no start of a block was freed twice, and the memory has become another slab meanwhile.
        let product = (block % UNIT) as u64 * kind.inverse;
        let index = (product >> 32) as usize;
        if product as u32 >= kind.bound || !put_bit(self.bits.get(), index) {
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
        self.put_while(kind.most + 2, blocks, |offset| {
            let product = (offset as u64).wrapping_mul(kind.inverse);
            (offset < UNIT && (product as u32) < kind.bound).then_some((product >> 32) as usize)
        })
    }

    /// The same for a slab of equal blocks and any number of units.
    pub(crate) fn put_run(&self, blocks: &[Cell<usize>]) -> usize {
        let bytes = self.span.units() * UNIT;
        let (inverse, bound) = (self.inverse.get(), self.bound.get());
        self.put_while(self.capacity(), blocks, |offset| {
            let (index, fraction) = size_class::locate(offset, inverse);
            (offset < bytes && fraction < bound).then_some(index)
        })
    }

    #[inline(always)]
    fn put_while(
        &self,
        capacity: usize,
        blocks: &[Cell<usize>],
        index_of: impl Fn(usize) -> Option<usize>,
    ) -> usize {
        let (start, bits, free) = (self.span.start(), self.bits.get(), self.free.get() as usize);
        // All but one may come back.
        let room = if free == 0 { 0 } else { (capacity - 1).saturating_sub(free) };
        let (mut count, mut lowest) = (0, usize::MAX);
        for block in &blocks[..room.min(blocks.len())] {
            match index_of(block.get().wrapping_sub(start)) {
                Some(index) if put_bit(bits, index) => lowest = lowest.min(index),
                _ => break,
            }
            count += 1;
        }
        self.free.set((free + count) as u16);
        self.low.set((lowest / 64).min(self.low.get().into()) as u8);
        count
    }
}

/// Sets a bit of a slab's bitmap; false when it is set. The slab has such a block, and the caller the lock that
/// guards the bitmap.
#[inline(always)]
fn put_bit(bits: *mut u64, index: usize) -> bool {
    // SAFETY: the bitmap has a bit for each block; nobody else uses it.
    let word = unsafe { &mut *bits.add(index / 64) };
    let bit = 1 << (index % 64);
    if *word & bit != 0 {
        return false;
    }
    *word |= bit;
    true
}
