//! What a heap gives back to the system, and when.

use super::{Heap, roll};
use crate::lock::Guard;
use crate::slab::{self, Look, Slab};
use crate::sync::Cell;
use crate::{purge, size_class};

/// Slow paths between two looks at the clock.
const TICK_EVERY: u32 = 16;
/// Waste that is not worth a look when a slab is to be opened, or when blocks come back, which may be
/// the first ones of many: whole slabs go back more cheaply than pages.
pub(super) const WASTE_LEAST: isize = 4 << 20;
pub(super) const WASTE_LATER: isize = 16 << 20;
/// The same for a heap that was large and has shrunk to less than such a part of that, until it grows again.
const WASTE_SHRUNK: isize = 1 << 20;
const SHRUNK_PART: isize = 4;
const SHRUNK_FROM: isize = 64 << 20;
/// Waste of another heap that is worth holding its lock for, which a fork would take with it.
const WORTH_A_LOOK: isize = 256 << 10;
/// In a process of several threads: while blocks come back, pages wait until so little of the heap is left, and go only
/// where so many bytes go with one call.
const LEFT_PART: isize = 8;
const WORTH_A_CALL: usize = 16 << 10;
/// A magazine with so many bytes may be what keeps whole slabs from closing.
const WORTH_EMPTYING: usize = 60 << 10;
/// So many looks must have found a large magazine the same.
const REST: u16 = 2;
/// How many times [`WASTE_LEAST`] is doubled at most for what has been missed.
const PATIENCE_MOST: u32 = 5;
/// Patience wears off by one in so many ticks without a squeeze.
const CALM: u32 = 4;

/// What squeezes have given back and how much of it was needed again, in bytes, each squeeze counting half as much as
/// the one after it; and [`slab::missed`] at the last one.
#[derive(Clone, Copy)]
pub(super) struct Past {
    purged: isize,
    again: isize,
    missed: usize,
}

impl Heap {
    pub(crate) fn tick(&'static self) {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(TICK_EVERY) {
            self.look_at_clock(ticks);
        }
    }

    #[cold]
    #[inline(never)]
    fn look_at_clock(&'static self, ticks: u32) {
        purge::look_at_growth();
        let due = purge::due();
        // Before what is free goes back.
        if self.kept.is_idle(ticks) || self.kept.has_aged(purge::last_tick()) {
            self.let_go();
        }
        if let Some(all_old) = due {
            self.on_tick(all_old);
        }
    }

    fn on_tick(&'static self, all_old: bool) {
        self.send_all();
        // As many calls for this heap as for all others together, of which each leaves half to those after it.
        let mut left = roll::calls();
        self.age(all_old, 0, &mut { left });
        // Threads that sleep have no ticks, nor have heaps without a thread. Who is awake may have taken
        // blocks without any: only what has not been touched since the last look is old.
        let mut others = roll::in_turn(self);
        while left > 0
            && let Some(heap) = others.next()
        {
            let mut calls = left - left / 2;
            left -= calls;
            heap.age(false, WORTH_A_LOOK, &mut calls);
            left += calls;
            // What the heap of a dead thread keeps nobody else comes to.
            if heap.kept_bytes() > 0 && heap.owner.seems_gone() && heap.claim() {
                let given = heap.empty_kept();
                // SAFETY: we claimed it.
                unsafe { heap.owner.let_go() };
                purge::enforce(given);
            }
        }
        purge::tick(all_old);
        slab::forget_lost();
    }

    /// A tick for this heap: takes in what others have freed, and, if it wastes `least` bytes, gives back
    /// what has been free since the last one. Under no lock.
    fn age(&'static self, all_old: bool, least: isize, calls: &mut isize) {
        self.collect(false);
        let Some(guard) = self.lock() else { return };
        self.leave_idle_plot();
        if self.waste.get() < least {
            self.note_left(false, false);
        } else {
            self.calm.set(self.calm.get() + 1);
            if self.calm.get() >= CALM {
                self.calm.set(0);
                self.patience.set(self.patience.get().saturating_sub(1));
            }
            self.give_pages(all_old, 1, calls);
        }
        let fallow = self.gather_fallow();
        // Of others' heaps the lock is held briefly: a fork would take it with it.
        if least == 0 {
            self.spares.drop_all(size_of::<Slab>());
        }
        drop(guard);
        fallow.give_back();
    }

    /// Gives back what no live block pins; of another thread's heap all but its magazines and kept blocks. Returns
    /// the bytes of pages inside slabs.
    #[inline(never)]
    pub(crate) fn purge(&'static self) -> usize {
        self.collect(false);
        let Some(_guard) = self.lock() else { return 0 };
        self.leave_plot();
        let bytes = self.give_pages(true, 1, &mut { isize::MAX });
        self.gather_fallow().give_back();
        self.spares.drop_all(size_of::<Slab>());
        bytes
    }

    /// Holds down what a heap whose sizes change, or that has shrunk, keeps between its blocks:
    /// when that has grown by a quarter of what is in use, an eighth where that is far less than it
    /// was, pages of free blocks go back, before others are faulted in. Where most of what went back lately
    /// was soon needed again, it may grow by so much from now on. Under the lock.
    pub(super) fn squeeze(&'static self, least: isize) {
        self.most_used.set(self.most_used.get().max(self.used.get()));
        let (waste, has_shrunk) = (self.waste.get(), self.has_shrunk());
        if waste <= least && !has_shrunk {
            return;
        }
        let is_sparing = least == WASTE_LATER && roll::are_several();
        let left = if is_sparing { &self.spared } else { &self.waste_left };
        if waste <= left.get() + self.margin(has_shrunk)
            || is_sparing && waste / LEFT_PART < self.used.get()
        {
            return;
        }
        let worth = if is_sparing { WORTH_A_CALL } else { 1 };
        self.calm.set(0);
        self.empty_idle(false);
        let (past, now) = (self.past.get(), slab::missed());
        let missed = now.wrapping_sub(past.missed) as isize;
        let again = if past.purged > 0 { past.again + missed } else { 0 };
        let mut next = Past { purged: 0, again: 0, missed: now };
        if again > past.purged / 2 {
            while self.patience.get() < PATIENCE_MOST && self.learnt() < again {
                self.patience.set(self.patience.get() + 1);
            }
            self.note_left(true, is_sparing);
        } else {
            let mut calls = roll::calls();
            let purged = self.give_pages(false, worth, &mut calls);
            if calls <= 0 && purged > 0 {
                // It goes on at the next look: what earlier ones have left says no more what can go.
                self.spared.set(0);
                self.waste_left.set(0);
            }
            next.purged = past.purged / 2 + purged as isize;
            next.again = again / 2;
        }
        self.past.set(next);
    }

    /// What follows when blocks have come back to their slabs, the end of the lock included. For the heap's thread.
    #[inline(always)]
    pub(super) fn hold_down(&'static self, guard: Guard<'_>) {
        self.squeeze(WASTE_LATER);
        let has_closed = self.has_closed.replace(false);
        drop(guard);
        if has_closed {
            purge::enforce(purge::FLUSHED);
        }
    }

    /// Empties all magazines, or those that hold as many blocks as at the last squeeze: of sizes, it seems, that the program has
    /// done with. Under the lock, by the heap's thread; a central heap has no magazines.
    pub(super) fn empty_idle(&'static self, all: bool) {
        for (class, held) in self.held.iter().enumerate() {
            let count = self.front.count(class);
            if count > 0 && (all || count == usize::from(held.get())) {
                // SAFETY: only the heap's thread, or who has claimed the heap, squeezes or mixes one with magazines.
                unsafe { self.empty(class, count) };
            }
            held.set(self.front.count(class) as u16);
        }
    }

    /// Before a slab is opened: empties the magazines that have grown large and have not been seen to change since the
    /// last few slabs were, so that whole slabs may close. Under the lock, by the heap's thread.
    pub(super) fn empty_resting(&'static self) {
        for (i, word) in self.grown.iter().enumerate() {
            let mut left = word.get();
            while left != 0 {
                let class = i * 64 + left.trailing_zeros() as usize;
                left &= left - 1;
                let count = self.front.count(class);
                if count * size_class::size(class) >= WORTH_EMPTYING && self.is_resting(class) {
                    // SAFETY: the magazine is the calling thread's, and holds so many.
                    unsafe { self.empty(class, count) };
                }
            }
        }
    }

    /// Whether a magazine has looked the same the last few times. That is counted anew then.
    fn is_resting(&self, class: usize) -> bool {
        let rest = &self.rests[class];
        let ((seen, times), sight) = (rest.get(), self.front.sight(class));
        let times = if seen == sight { times + 1 } else { 0 };
        rest.set((sight, times % REST));
        times == REST
    }

    /// Whether much less is in use than there was, and nothing has taught that it will be needed again.
    fn has_shrunk(&self) -> bool {
        let most = self.most_used.get();
        most >= SHRUNK_FROM && self.used.get() < most / SHRUNK_PART && self.patience.get() == 0
    }

    /// By how much the waste may grow until the next look.
    fn margin(&self, has_shrunk: bool) -> isize {
        let (part, least) = if has_shrunk { (8, WASTE_SHRUNK) } else { (4, WASTE_LEAST) };
        (self.used.get() / part).max(least).max(self.learnt())
    }

    /// As far as patience goes, what comes and goes.
    fn learnt(&self) -> isize {
        let patience = self.patience.get();
        if patience > 0 { WASTE_LEAST << patience } else { 0 }
    }

    /// Closes empty slabs and gives back the pages of free blocks; unless `all`, slabs are spared
    /// that have handed out blocks since the last time. Under the lock. Returns the bytes of the
    /// pages.
    #[cold]
    #[inline(never)]
    fn give_pages(&'static self, all: bool, worth: usize, calls: &mut isize) -> usize {
        let mut bytes = 0;
        for shelf in &self.shelves {
            for slab in shelf.partial.iter() {
                let spared = *calls <= 0 || slab.was_active(Look::Purge) && !all;
                if slab.is_empty() && !(spared && shelf.partial.is_single()) {
                    shelf.partial.remove(slab);
                    // SAFETY: we hold the lock, and the lists name the slab no more.
                    unsafe { self.close(slab) };
                } else if !spared {
                    bytes += self.give_pages_of(slab, worth, calls);
                }
            }
        }
        for slab in self.mixed_slabs() {
            if *calls > 0 && (!slab.was_active(Look::Purge) || all) {
                bytes += self.give_pages_of(slab, worth, calls);
            }
        }
        // What the system refuses it will refuse at the next look, too.
        self.note_left(*calls > 0 || bytes == 0, worth > 1);
        bytes
    }

    /// Notes what a look has left, which is at an end or not. A sparing one does not speak for the others; but none has left
    /// more than there is.
    fn note_left(&self, is_done: bool, is_sparing: bool) {
        let waste = self.waste.get();
        let note = |left: &Cell<isize>, is_told: bool| {
            left.set(if is_told { waste } else { left.get().min(waste) });
        };
        note(&self.spared, is_done);
        note(&self.waste_left, is_done && !is_sparing);
    }

    fn give_pages_of(&self, slab: &'static Slab, worth: usize, calls: &mut isize) -> usize {
        let bytes = slab.purge(worth, calls);
        if bytes > 0 {
            self.waste.set(self.waste.get() - bytes as isize);
            self.tell_touched();
            // The marks of free blocks went with the pages. The slow path, which blocks of this
            // slab take from now on, asks the bitmap.
            slab.set_lost_marks(true);
            self.unnote(slab);
        }
        bytes
    }

    /// Empties magazines and outbox into the slabs, and gives kept blocks back.
    ///
    /// # Safety
    /// The heap is the calling thread's, or its thread is dead and the caller claimed it.
    #[inline(never)]
    pub(crate) unsafe fn put_away(&'static self) {
        for class in 0..size_class::COUNT {
            match self.front.count(class) {
                0 => {}
                count => self.flush(class, count),
            }
        }
        self.send_all();
        self.let_go();
    }
}
