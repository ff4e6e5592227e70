//! What a heap counts: bytes of blocks that are not in their slabs, and bytes of slabs that may be resident without being in
//! use; and what it tells of both to all. Under the heap's lock.

use super::{Heap, roll};
use crate::arena;
use crate::slab::Slab;

/// Changes of what may be resident are told to all by this part of it, within these bounds.
const TOLD_PART: isize = 8;
const TOLD_LEAST: isize = 64 << 10;
const TOLD_MOST: isize = 1 << 20;

impl Heap {
    /// Counts bytes that came into use, and bytes that became resident.
    pub(super) fn account(&self, used: usize, touched: usize) {
        self.unsettled.set(self.unsettled.get() - used as isize);
        self.used.set(self.used.get() + used as isize);
        self.waste.set(self.waste.get() + touched as isize - used as isize);
        if touched > 0 {
            self.tell_touched();
        }
    }

    /// Adds what may be resident to what all heaps tell of it, when that has changed by so much: all threads meet there.
    #[inline(never)]
    pub(super) fn tell_touched(&self) {
        let now = self.used.get() + self.waste.get();
        let news = now - self.told.get();
        let least =
            if roll::are_several() { (now / TOLD_PART).clamp(TOLD_LEAST, TOLD_MOST) } else { 1 };
        if news.abs() >= least {
            self.told.set(now);
            arena::note_touched(news);
        }
    }

    /// Counts bytes of blocks that have come back to their slabs.
    pub(super) fn account_back(&self, bytes: usize) {
        self.used.set(self.used.get() - bytes as isize);
        self.waste.set(self.waste.get() + bytes as isize);
    }

    /// Counts a slab that came to the heap (1) or left it (-1).
    #[inline(never)]
    pub(super) fn account_slab(&self, slab: &'static Slab, sign: isize) {
        self.used.set(self.used.get() + sign * slab.used_bytes() as isize);
        self.waste.set(self.waste.get() + sign * slab.waste());
        self.tell_touched();
    }
}
