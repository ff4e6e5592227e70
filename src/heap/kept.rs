//! Runs of large blocks that a thread has freed, for the next ones of their length: without a look at the arena,
//! whose lock all threads share.
//!
//! They are in use as far as the arena knows, and in no block. They go back at each tick of decay, and when
//! somebody purges. Guarded by the heap's lock.

use super::Heap;
use crate::arena::{self, Run};
use crate::lock::Guard;
use crate::units::UNIT_SHIFT;
use core::cell::Cell;

/// How many runs a heap keeps, and how many units they have together in a process of few heaps.
const RUNS: usize = 4;
const UNITS: usize = (1 << 20) >> UNIT_SHIFT;
/// A run serves a block that needs up to this part less.
const SPARE_PART: usize = 8;

/// A place for a run; empty if it has no units.
struct Place {
    start: Cell<usize>,
    units: Cell<usize>,
    arena: Cell<usize>,
    huge: Cell<bool>,
}

pub(super) struct Kept {
    places: [Place; RUNS],
    /// Units of all of them. Whose thread the heap is may look without the lock: others only take away.
    units: Cell<usize>,
    /// The place that is emptied first when there is no room.
    oldest: Cell<usize>,
    most: Cell<usize>,
}

impl Kept {
    /// Lets the heap keep runs, fewer units the more heaps there are.
    pub(super) fn allow(&self, share: usize) {
        self.most.set(if arena::is_limited() { 0 } else { UNITS / share });
    }

    /// Empties a place.
    fn remove(&self, place: &Place) -> Run {
        let (start, units) = (place.start.get(), place.units.replace(0));
        self.units.set(self.units.get() - units);
        let arena = arena::at(place.arena.get());
        Run { arena, start, units, clean: false, huge: place.huge.get() }
    }
}

impl Heap {
    /// Takes a run that was kept for a block of so many units; it may have a little more. For the heap's thread.
    #[inline]
    pub(crate) fn take_run(&self, units: usize) -> Option<Run> {
        let kept = &self.kept;
        if kept.units.get() < units {
            return None;
        }
        let _guard = self.lock()?;
        let fits =
            |place: &&Place| (units..=units + units / SPARE_PART).contains(&place.units.get());
        let place = kept.places.iter().filter(fits).min_by_key(|place| place.units.get())?;
        Some(kept.remove(place))
    }

    /// Keeps the run of a freed block, which no map names any more; whether it does. For the heap's thread.
    #[inline]
    pub(crate) fn keep_run(&self, run: &Run) -> bool {
        let kept = &self.kept;
        if run.units > kept.most.get() {
            return false;
        }
        let Some(guard) = self.lock() else { return false };
        let empty = || kept.places.iter().find(|place| place.units.get() == 0);
        while kept.units.get() + run.units > kept.most.get() || empty().is_none() {
            let oldest = kept.oldest.get();
            kept.oldest.set((oldest + 1) % RUNS);
            self.let_go(&kept.places[oldest], &guard);
        }
        let Some(place) = empty() else { return false };
        place.start.set(run.start);
        place.arena.set(run.arena.slot());
        place.huge.set(run.huge);
        place.units.set(run.units);
        kept.units.set(kept.units.get() + run.units);
        true
    }

    /// Gives all of them back to their arenas.
    pub(super) fn let_go_all(&self, guard: &Guard<'_>) {
        self.kept.places.iter().for_each(|place| self.let_go(place, guard));
    }

    fn let_go(&self, place: &Place, _: &Guard<'_>) {
        if place.units.get() > 0 {
            self.kept.remove(place).give_back();
        }
    }

    /// Bytes that are kept, as far as can be seen from outside.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.units.get() << UNIT_SHIFT
    }
}
