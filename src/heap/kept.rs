//! Large blocks that a thread has freed, kept as they are for the next ones of their length: with their place in the
//! page map, and without a look at the arena, whose lock other threads share.
//!
//! What is kept for one length is not to be had for another, so memory is kept only as far as the program has shown
//! that it asks again for lengths that it has freed: the lengths of blocks that went back are remembered for a while,
//! and each one that comes up again allows as much more. Where large blocks are rare among what the thread asks for,
//! they take no time worth any memory.
//!
//! They are in use as far as the arena knows. They go back at each tick of decay, when the thread has asked for other
//! blocks for a while, and when somebody purges. Guarded by the heap's lock.

use super::Heap;
use crate::arena::{self, Run};
use crate::span::Large;
use crate::units::UNIT_SHIFT;
use crate::{config, meta, purge};
use core::cell::Cell;

/// One more than the blocks that a heap keeps.
const PLACES: usize = 32;
/// How many lengths it remembers.
const LENGTHS: usize = 32;
/// The most units that may be kept in a process of few heaps.
const UNITS: usize = (2 << 20) >> UNIT_SHIFT;
/// What a length that nobody has freed lately takes from what may be kept, as a part of it.
const MISS: usize = 4;
/// After so many slow paths without a large block all is forgotten.
const RARE: u32 = 64;

pub(super) struct Kept {
    /// The oldest first; as many as `count` says.
    blocks: [Cell<Option<&'static Large>>; PLACES],
    /// Their lengths, in units.
    lengths: [Cell<u16>; PLACES],
    count: Cell<usize>,
    /// Units of all of them. Whose thread the heap is may look without the lock: others only take away.
    units: Cell<usize>,
    /// How many units may be kept just now, and at most. The heap's thread's alone, as is what follows.
    allowed: Cell<usize>,
    most: Cell<usize>,
    /// Lengths of blocks that went back, 0 where there is none, and where the next goes.
    gone: [Cell<u16>; LENGTHS],
    next: Cell<usize>,
    /// The heap's ticks when a large block was last taken or freed.
    last: Cell<u32>,
}

impl Kept {
    /// Lets the heap keep blocks, fewer the more heaps there are.
    pub(super) fn allow(&self, share: usize) {
        self.most.set(if arena::is_limited() { 0 } else { UNITS / share });
    }

    /// A large block is taken or freed, at a tick of the heap.
    fn note(&self, tick: u32) {
        if tick.wrapping_sub(self.last.replace(tick)) > RARE {
            self.allowed.set(0);
            self.gone.iter().for_each(|gone| gone.set(0));
        }
    }

    /// Whether blocks are kept and none has been asked for for a while.
    pub(super) fn is_idle(&self, tick: u32) -> bool {
        self.units.get() > 0 && tick.wrapping_sub(self.last.get()) > RARE
    }

    /// Takes out the block at a place.
    #[inline(never)]
    fn remove(&self, place: usize) -> Option<&'static Large> {
        let block = self.blocks[place].take();
        let count = self.count.get() - 1;
        self.units.set(self.units.get() - usize::from(self.lengths[place].get()));
        for i in place..count {
            self.lengths[i].set(self.lengths[i + 1].get());
            self.blocks[i].set(self.blocks[i + 1].take());
        }
        self.count.set(count);
        block
    }

    /// Remembers the length of a block that goes back.
    fn remember(&self, length: u16) {
        let next = self.next.get();
        self.gone[next].set(length);
        self.next.set((next + 1) % LENGTHS);
    }

    /// A block of a length is asked for that is not kept.
    fn miss(&self, length: u16) {
        let (allowed, units) = (self.allowed.get(), usize::from(length));
        match self.gone.iter().find(|gone| gone.get() == length) {
            Some(gone) => {
                gone.set(0);
                self.allowed.set((allowed + units).min(self.most.get()));
            }
            None => self.allowed.set(allowed.saturating_sub(units.div_ceil(MISS))),
        }
    }
}

/// Gives the run of a kept block back to its arena; how many units that is. Under no lock.
fn give_back(large: &'static Large) -> usize {
    // SAFETY: who freed the block has closed it, and a heap had it since. The piece came from `meta` with this size.
    unsafe {
        let (run, piece) = Run::of(large);
        meta::release(piece, size_of::<Large>());
        run.give_back()
    }
}

impl Heap {
    /// A closed block of so many units that was kept. For the heap's thread.
    #[inline]
    pub(crate) fn take_kept(&self, units: usize) -> Option<&'static Large> {
        let (kept, length) = (&self.kept, u16::try_from(units).ok()?);
        kept.note(self.ticks.get());
        if kept.units.get() >= units {
            let _guard = self.lock()?;
            let lengths = &kept.lengths[..kept.count.get()];
            if let Some(place) = lengths.iter().rposition(|kept| kept.get() == length) {
                return kept.remove(place);
            }
        }
        kept.miss(length);
        None
    }

    /// Keeps a block that was closed, if it may; others may have to go then: see [`excess`](Heap::excess). For the
    /// heap's thread.
    #[inline]
    pub(crate) fn keep(&self, large: &'static Large) -> bool {
        let (kept, units) = (&self.kept, large.span().units());
        let Ok(length) = u16::try_from(units) else { return false };
        kept.note(self.ticks.get());
        // Where the system has refused memory it is to be had for any block.
        let may_stay =
            units <= kept.allowed.get() && !arena::was_refused() && !config::keeps_less();
        let guard = if may_stay { self.lock() } else { None };
        if guard.is_none() {
            kept.remember(length);
            return false;
        }
        let count = kept.count.get();
        kept.lengths[count].set(length);
        kept.blocks[count].set(Some(large));
        kept.units.set(kept.units.get() + units);
        kept.count.set(count + 1);
        true
    }

    /// A block for which there is no room beside newer ones. For the heap's thread.
    pub(crate) fn excess(&self) -> Option<&'static Large> {
        let kept = &self.kept;
        if kept.units.get() <= kept.allowed.get() && kept.count.get() < PLACES {
            return None;
        }
        let _guard = self.lock()?;
        if kept.count.get() == 0 {
            // Others have taken all.
            return None;
        }
        let large = kept.remove(0)?;
        kept.remember(large.span().units() as u16);
        Some(large)
    }

    /// Gives all of them back; what the heap's thread keeps meanwhile may stay. Under no lock.
    pub(super) fn let_go(&self) {
        let mut given = 0;
        for _ in 0..PLACES {
            if self.kept.units.get() == 0 {
                break;
            }
            let Some(guard) = self.lock() else { break };
            let last = self.kept.count.get().checked_sub(1).and_then(|last| self.kept.remove(last));
            drop(guard);
            let Some(large) = last else { break };
            given += give_back(large);
        }
        if given > 0 {
            purge::enforce(given);
        }
    }

    /// Bytes that are kept, as far as can be seen from outside.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.units.get() << UNIT_SHIFT
    }
}
