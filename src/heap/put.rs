//! How blocks come back to a heap: into a magazine, and from there, or from a crate, into their slabs.

use super::swing::SURE;
use super::{Heap, LOOK_AT, Shelf, put_directly, roll, slab_of};
use crate::fatal::{self, Misuse};
use crate::remote::Crate;
use crate::slab::{self, Equal, Slab};
use crate::sync::Cell;
use crate::units::UNIT;
use crate::{magazine, meta, page_map, size_class};
use core::ptr;

/// The part of a full magazine that stays in it; and of one for fewer blocks than these.
const KEPT_PART: usize = 4;
const KEPT_OF_SMALL: usize = 2;
const SMALL: usize = 32;
/// Magazines may grow by this part of what the heap has had in use, if that is more than they may at first.
const GROWTH_PART: usize = 64;

impl Heap {
    /// Puts a freed block of one of this heap's slabs away. Called by the heap's thread.
    #[inline(never)]
    pub(crate) fn give(&'static self, class: usize, block: usize) {
        // SAFETY: the front is this thread's and the block one of its class, given up.
        if unsafe { !self.front.push_class(class, block) } {
            self.tick();
            if !self.front.is_equipped(class) {
                // The thread may never have asked for this class: mixed slabs come from other heaps with what
                // is in them.
                _ = self.equip_anew(class);
            } else if self.grow(class).is_none() {
                let count = self.front.count(class);
                let part = if count < SMALL { KEPT_OF_SMALL } else { KEPT_PART };
                let oldest = count - count / part;
                self.swings[class].note_over(oldest);
                self.flush(class, oldest);
            }
            // SAFETY: as above.
            if unsafe { !self.front.push_class(class, block) } {
                // SAFETY: the block is given up, and has two words.
                unsafe { *slab::mark_of(block) = slab::MARK };
                put_directly(slab_of(block), block);
            }
        }
    }

    /// Makes the full magazine of a class larger, if that is worth it: the program takes and frees more blocks at a
    /// time than it holds. None if it stays as it is.
    pub(super) fn grow(&'static self, class: usize) -> Option<()> {
        let (capacity, size) = (self.front.capacity(class), size_class::size(class));
        let next = magazine::grown(capacity, size)?;
        let wanted = self.swings[class].wanted(next, roll::are_several())?;
        let growth = |to: usize| self.growth.get() + (to - capacity) * size;
        // Half of what all may have is for the first steps.
        let most = self.growth_most.get();
        let is_allowed = |&to: &usize| growth(to) <= if to <= SURE { most } else { most / 2 };
        let mut grown = Some(next).filter(is_allowed)?;
        while grown < wanted
            && let Some(more) = magazine::grown(grown, size).filter(is_allowed)
        {
            grown = more;
        }
        if grown < wanted && grown > SURE {
            // It would overflow all the same.
            grown = Some(SURE).filter(|&sure| sure >= next)?;
        }
        let slots = meta::allocate(magazine::slot_bytes(grown))?;
        self.growth.set(growth(grown));
        let word = &self.grown[class / 64];
        word.set(word.get() | 1 << (class % 64));
        // SAFETY: the memory is new, and the front is this thread's; nothing names the old slots any
        // more, and a glance from outside reads what it finds there as addresses alone.
        unsafe {
            if let Some(old) = self.front.equip(class, slots, grown) {
                meta::release(old, magazine::slot_bytes(capacity));
            }
        }
        Some(())
    }

    /// Gives the `count` oldest blocks of a magazine back to their slabs.
    #[inline(never)]
    pub(super) fn flush(&'static self, class: usize, count: usize) {
        let Some(guard) = self.lock() else { return };
        // SAFETY: the magazine is this thread's, or its thread is dead and we claimed the heap.
        unsafe { self.empty(class, count) };
        let part = self.used.get().max(0) as usize / GROWTH_PART;
        self.growth_most.set(self.growth_most.get().max(part));
        self.look_for_low(class);
        // The program has not done with this class.
        self.held[class].set(u16::MAX);
        self.hold_down(guard);
    }

    /// The same under the lock.
    ///
    /// # Safety
    /// The magazine is the calling thread's, or a dead one's whose heap it has claimed, and holds so many.
    pub(super) unsafe fn empty(&'static self, class: usize, count: usize) {
        let put = |block| self.put_back(slab_of(block), block);
        // SAFETY: as the caller promises.
        unsafe { self.front.drain(class, count, |blocks| self.put_all(class, blocks, put)) };
    }

    /// Brings the slab with the lowest address among the first few to the head of its list, so that
    /// the heap grows dense at its low end and empties at its high end.
    fn look_for_low(&self, class: usize) {
        let partial = &self.shelves[class].partial;
        let lowest = partial.iter().take(LOOK_AT).min_by_key(|slab| slab.span().start());
        if let (Some(lowest), Some(first)) = (lowest, partial.first())
            && !ptr::eq(lowest, first)
        {
            partial.remove(lowest);
            partial.push(lowest);
        }
    }

    /// Puts blocks of a class back into their slabs as far as these are this heap's and that is simple; the
    /// others are for `rest`. Under the lock.
    #[inline(always)]
    pub(super) fn put_all(
        &self,
        class: usize,
        blocks: &[Cell<usize>],
        mut rest: impl FnMut(usize),
    ) {
        let (mut at, mut others) = (0, 0);
        // A central heap has no map of its own.
        let has_map = self.front.mapped() > 0;
        if let Some(equal) = Equal::of(class).filter(|_| has_map) {
            let find = self.front.finder(class);
            while let Some(block) = blocks.get(at).map(Cell::get) {
                at += 1;
                match find(block) {
                    Some(slab) if slab.put_equal(&equal, block) => {
                        let is_beside = |next: &Cell<usize>| (next.get() ^ block) < UNIT;
                        if blocks.get(at).is_some_and(is_beside) {
                            at += slab.put_equals(&equal, &blocks[at..]);
                        }
                    }
                    _ => {
                        rest(block);
                        others += 1;
                    }
                }
            }
        } else {
            while let Some(block) = blocks.get(at).map(Cell::get) {
                let put = self.put_run(class, &blocks[at..]);
                if put == 0 {
                    rest(block);
                    others += 1;
                }
                at += put.max(1);
            }
        }
        self.account_back((blocks.len() - others) * size_class::size(class));
    }

    /// The same for what stands in an assorted crate.
    pub(super) fn put_assorted(&self, entries: &[Cell<usize>], mut rest: impl FnMut(usize)) {
        for entry in entries.iter().map(Cell::get) {
            let (class, block) = Crate::class_and_block(entry);
            if self.put_run(class, &[Cell::new(block)]) == 1 {
                self.account_back(size_class::size(class));
            } else {
                rest(block);
            }
        }
    }

    /// Puts the first of `blocks`, and those that follow in the same slab, back into it as far as that is
    /// simple, but for counting their bytes. Returns how many. Under the lock.
    fn put_run(&self, class: usize, blocks: &[Cell<usize>]) -> usize {
        let found = page_map::simple_slab(blocks[0].get());
        if found == 0 {
            return 0;
        }
        // SAFETY: what the page map has as simple is a slab in the first arena, at this offset.
        let slab = unsafe { Slab::at(page_map::origin(), found) };
        let is_ours = slab.heap() == self.address() && slab.class() == class;
        if is_ours { slab.put_run(blocks) } else { 0 }
    }

    /// Puts a block back into its slab, one of this heap's. Under the lock.
    pub(super) fn put_back(&'static self, slab: &'static Slab, block: usize) {
        match slab.put(block) {
            Some(bytes) => self.account_back(bytes),
            None => fatal::misuse("free", Misuse::DoubleFree, block),
        }
        if slab.is_mixed() {
            return self.after_put_mixed(slab, block);
        }
        let shelf = &self.shelves[slab.class()];
        if slab.free() == 1 {
            shelf.full.remove(slab);
            shelf.partial.push(slab);
        }
        if slab.is_empty() {
            self.close_one(shelf, slab);
        }
    }

    /// Closes one of the empty slabs of a shelf on which `slab` has just become empty. One stays if
    /// there is nothing else with room, so that a program at its edge does not open and close slabs
    /// all the time: the lowest, so that the heap can shrink.
    fn close_one(&self, shelf: &Shelf, slab: &'static Slab) {
        let start = |slab: &'static Slab| slab.span().start();
        let is_other_empty = |other: &&'static Slab| other.is_empty() && !ptr::eq(*other, slab);
        let other = shelf.partial.iter().take(LOOK_AT).find(is_other_empty);
        let closed = match other {
            Some(other) if start(other) > start(slab) => other,
            Some(_) => slab,
            None if shelf.partial.is_single() => return,
            None => slab,
        };
        shelf.partial.remove(closed);
        // SAFETY: we hold the lock, and the lists name the slab no more.
        unsafe { self.close(closed) };
    }
}
