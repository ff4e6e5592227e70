//! Runs of large blocks that a thread has freed, for the next ones of their length: without a look at the arena,
//! whose lock all threads share. Where threads have been seen to meet there, that is: else what is kept is memory
//! that the lowest free run would have been.
//!
//! They are in use as far as the arena knows, and in no block. They go back at each tick of decay, and when
//! somebody purges. Guarded by the heap's lock.

use super::Heap;
use crate::arena::{self, Residue, Run};
use crate::config;
use crate::units::UNIT_SHIFT;
use core::cell::Cell;

/// How many runs a heap keeps, and how many units they have together in a process of few heaps.
const RUNS: usize = 4;
const UNITS: usize = (1 << 20) >> UNIT_SHIFT;
/// So many runs are kept when another thread was met.
const AFTER_MEETING: u32 = 64;

/// A place for a run; empty if it has no units.
struct Place {
    start: Cell<usize>,
    units: Cell<usize>,
    arena: Cell<usize>,
    huge: Cell<bool>,
    thin: Cell<bool>,
}

pub(super) struct Kept {
    places: [Place; RUNS],
    /// Units of all of them. Whose thread the heap is may look without the lock: others only take away.
    units: Cell<usize>,
    /// The place that is emptied first when there is no room.
    oldest: Cell<usize>,
    most: Cell<usize>,
    /// How many runs will still be kept. The heap's thread's alone.
    credit: Cell<u32>,
}

impl Kept {
    /// Lets the heap keep runs, fewer units the more heaps there are.
    pub(super) fn allow(&self, share: usize) {
        self.most.set(if arena::is_limited() { 0 } else { UNITS / share });
    }

    /// Whether a run is to be kept.
    fn wants(&self, run: &Run) -> bool {
        // Where the system has refused memory it is to be had for any block.
        if run.units > self.most.get() || arena::was_refused() || config::keeps_less() {
            return false;
        }
        let credit = if run.arena.is_busy() { AFTER_MEETING } else { self.credit.get() };
        self.credit.set(credit.saturating_sub(1));
        credit > 0
    }

    /// Empties a place.
    fn remove(&self, place: &Place) -> Run {
        let (start, units) = (place.start.get(), place.units.replace(0));
        self.units.set(self.units.get() - units);
        let arena = arena::at(place.arena.get());
        let (huge, thin) = (place.huge.get(), place.thin.get());
        let residue = if thin { Residue::Little } else { Residue::Much };
        Run { arena, start, units, residue, huge, thin }
    }
}

/// What was taken out of places under the lock, to be given back without it.
type Runs = [Option<Run>; RUNS];

/// Gives runs back to their arenas; how many units those are. Under no lock.
fn give_back(runs: Runs) -> usize {
    let all = runs.into_iter().flatten();
    all.map(|run| (run.units, run.give_back()).0).sum()
}

impl Heap {
    /// Takes a run that was kept for a block of so many units. For the heap's thread.
    #[inline]
    pub(crate) fn take_run(&self, units: usize) -> Option<Run> {
        let kept = &self.kept;
        if kept.units.get() < units {
            return None;
        }
        let _guard = self.lock()?;
        let place = kept.places.iter().find(|place| place.units.get() == units)?;
        // Little beside what was there before, which nobody knows any more.
        Some(Run { residue: Residue::Much, ..kept.remove(place) })
    }

    /// Keeps the run of a freed block, which no map names any more, and gives others back for it if need be.
    /// Returns how many units became free, its own if it is not kept. For the heap's thread.
    #[inline]
    pub(crate) fn keep_run(&self, run: Run) -> usize {
        let (kept, units) = (&self.kept, run.units);
        let guard = if kept.wants(&run) { self.lock() } else { None };
        let Some(guard) = guard else {
            run.give_back();
            return units;
        };
        let mut others: Runs = [const { None }; RUNS];
        let place = loop {
            let has_room = kept.units.get() + units <= kept.most.get();
            let empty = kept.places.iter().find(|place| has_room && place.units.get() == 0);
            if let Some(empty) = empty {
                break empty;
            }
            let oldest = kept.oldest.get();
            kept.oldest.set((oldest + 1) % RUNS);
            if kept.places[oldest].units.get() > 0 {
                others[oldest] = Some(kept.remove(&kept.places[oldest]));
            }
        };
        place.start.set(run.start);
        place.arena.set(run.arena.slot());
        place.huge.set(run.huge);
        place.thin.set(run.thin);
        place.units.set(units);
        kept.units.set(kept.units.get() + units);
        drop(guard);
        give_back(others)
    }

    /// Gives all of them back. Under no lock.
    pub(super) fn let_go(&self) {
        if self.kept.units.get() == 0 {
            return;
        }
        let Some(guard) = self.lock() else { return };
        let places = self.kept.places.each_ref();
        let runs = places.map(|place| (place.units.get() > 0).then(|| self.kept.remove(place)));
        drop(guard);
        give_back(runs);
    }

    /// Bytes that are kept, as far as can be seen from outside.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.units.get() << UNIT_SHIFT
    }
}
