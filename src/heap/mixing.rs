//! How a heap uses the holes that one size has left for others: see the mixed module.
//!
//! Mixed slabs are kept by the smallest class that has no room in them, as far as is known. A class
//! is served from the first list above its own that has a slab: from the smallest holes that may do.

use super::give_back::WASTE_LEAST;
use super::{Heap, slab_of};
use crate::fatal::{self, Misuse};
use crate::slab::{self, Look, MIXED, Slab};
use crate::units::UNIT;
use crate::{page_map, size_class};

/// Mixed slabs that are tried for a batch.
const LOOK_AT: usize = 16;
/// A slab becomes a mixed one when at least this part of it is resident and not in use.
const SPARSE: isize = (UNIT / 4) as isize;
/// Slabs are mixed when the heap wastes this part of what is in use.
const WASTE_PART: isize = 8;
/// A heap with mixed slabs has settled when it has handed out so many times what is in use since it last opened a slab
/// for want of holes.
const TURNS: isize = 2;

impl Heap {
    /// Takes up to `most` blocks of a class out of mixed slabs; whether there was any. Under the
    /// lock.
    pub(super) fn take_mixed(
        &'static self,
        class: usize,
        most: usize,
        each: &mut dyn FnMut(usize),
    ) -> bool {
        if !self.has_mixed.get() || size_class::slab_units(class) != 1 {
            return false;
        }
        let mut left = most;
        let mut tries = 0;
        for fit in class + 1..=MIXED {
            while left > 0
                && (tries < LOOK_AT || left == most)
                && let Some(slab) = self.mixed[fit].first()
            {
                tries += 1;
                let (taken, touched) = slab.take_mixed(class, left, each);
                self.account(taken * size_class::size(class), touched);
                left -= taken;
                if slab.fit() != fit {
                    self.mixed[fit].remove(slab);
                    self.mixed[slab.fit()].push(slab);
                }
            }
        }
        left < most
    }

    /// Makes sparse slabs mixed ones, where that is worth it and serves a class. Slabs are spared
    /// that have handed out blocks since the last time. False when there is none. Under the lock.
    pub(super) fn mix(&'static self, class: usize) -> bool {
        if size_class::slab_units(class) != 1 {
            return false;
        }
        let (used, waste) = (self.used.get(), self.waste.get());
        let next = waste + (used / (4 * WASTE_PART)).max(WASTE_LEAST / 4);
        if waste < self.mix_limit.get().max(WASTE_LEAST).max(used / WASTE_PART) {
            // After waste has become less, less than before calls for another look.
            self.mix_limit.set(self.mix_limit.get().min(next));
            return false;
        }
        // Where gaps are most of the heap, some blocks in magazines may be all that keeps slabs from closing.
        if waste > used {
            self.empty_idle(true);
            if self.waste.get() < waste / 2 {
                return false;
            }
        }
        self.mix_limit.set(next);
        let mut any = false;
        for (class, shelf) in self.shelves.iter().enumerate() {
            if size_class::slab_units(class) != 1 {
                break;
            }
            for slab in shelf.partial.iter() {
                let is_sparse = slab.waste() >= SPARSE && !slab.is_empty();
                if slab.was_active(Look::Mix) || !is_sparse || !slab.mix() {
                    continue;
                }
                shelf.partial.remove(slab);
                page_map::enter(slab.span(), false);
                self.unnote(slab);
                self.mixed[slab.fit()].push(slab);
                any = true;
            }
        }
        self.has_mixed.set(self.has_mixed.get() || any);
        any
    }

    /// A slab of `class` is being opened: where that is for want of holes that are long enough, holes are to grow
    /// together. Under the lock.
    pub(super) fn unsettle(&self, class: usize) {
        let (used, from_holes) = (self.used.get(), size_class::slab_units(class) == 1);
        if from_holes && self.has_mixed.get() && self.waste.get() > used / WASTE_PART {
            self.unsettled.set(TURNS * used);
        }
    }

    /// Frees a block of `class` in one of this heap's mixed slabs if it is better there than in a magazine: until the heap has
    /// settled, beside a hole. The magazine would hand the block out again as it is, and the hole stay as short as it is.
    /// Called by the heap's thread. False when the block is still the caller's.
    #[inline(never)]
    pub(crate) fn widen(&'static self, slab: &'static Slab, class: usize, block: usize) -> bool {
        if self.unsettled.get() <= 0 || !slab.is_beside_hole(block, class) {
            return false;
        }
        self.tick();
        let Some(guard) = self.lock() else { return false };
        // Another thread may have freed it, too, and its slab have been closed.
        let slab = slab_of(block);
        if slab.heap() != self.address() || !slab.is_taken(block) {
            fatal::misuse("free", Misuse::DoubleFree, block);
        }
        // SAFETY: the block is given up, and has two words.
        unsafe { *slab::mark_of(block) = slab::MARK };
        self.put_back(slab, block);
        self.hold_down(guard);
        true
    }

    /// What follows when the block at `address` has come back to a mixed slab. Under the lock.
    pub(super) fn after_put_mixed(&'static self, slab: &'static Slab, address: usize) {
        if slab.is_empty() {
            self.mixed[slab.fit()].remove(slab);
            // SAFETY: we hold the lock, and the lists name the slab no more.
            unsafe { self.close(slab) };
            return;
        }
        let fit = slab.fit();
        slab.note_hole(address);
        if slab.fit() != fit {
            self.mixed[fit].remove(slab);
            self.mixed[slab.fit()].push(slab);
        }
    }
}
