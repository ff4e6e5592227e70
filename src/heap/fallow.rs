//! Runs of slabs that have closed, which lie fallow until the heap opens others.
//!
//! Who opens and closes slabs all the time would go to the arena for every one of them, and where several threads do, wait
//! for the others there and go on with memory that another one has just used. So a heap holds runs back, no more than what it
//! has had in use lately, opens its next slabs on these, and gives them all at once when they are too many, and at each
//! tick. They are in use as far as the arena knows.

use super::{Heap, roll};
use crate::arena::{self, Residue, Run};
use crate::sync::Cell;
use crate::units::{UNIT, UNIT_SHIFT};
use crate::{config, magazine};

/// The most units of one heap, and, as far as there are not more of them soon, of all together.
const MOST: usize = 32;
const MOST_OF_ALL: usize = 4 * MOST;

/// Runs of the first arena that may be resident all over; each has a unit at least. All zero bytes are none. Under the
/// heap's lock.
pub(super) struct Fallow {
    /// Where each starts, and how many units it has.
    runs: [Cell<usize>; MOST],
    count: Cell<usize>,
    units: Cell<usize>,
    /// Bytes that the heap had in use when a slab was closed, the most since the last tick.
    peak: Cell<isize>,
}

/// Those that a heap has held, which are nobody's.
pub(super) struct Gathered {
    runs: [usize; MOST],
    count: usize,
}

impl Gathered {
    /// Gives all of them back, by one look at the arena.
    pub(super) fn give_back(&self) {
        let runs = &self.runs[..self.count];
        if !runs.is_empty() {
            arena::at(0).give_all(runs.iter().map(|&run| (start(run), units(run))));
        }
    }
}

fn start(run: usize) -> usize {
    run & !(UNIT - 1)
}

fn units(run: usize) -> usize {
    run % UNIT
}

impl Fallow {
    /// The run of so many units that came last.
    #[inline(never)]
    pub(super) fn take(&self, wanted: usize) -> Option<Run> {
        let runs = &self.runs[..self.count.get()];
        let at = runs.iter().rposition(|run| units(run.get()) == wanted)?;
        let run = runs[at].replace(runs[runs.len() - 1].get());
        self.count.set(runs.len() - 1);
        self.units.set(self.units.get() - wanted);
        Some(Run::part(arena::at(0), start(run), wanted, Residue::Much, false))
    }
}

impl Heap {
    /// Holds the run of a closed slab, all of which may be resident, if that is worth it. Under the lock.
    pub(super) fn lay_fallow(&self, run: &Run) -> bool {
        let (fallow, units) = (&self.fallow, run.units);
        // A thread that is dead, or sleeps, would open none on it. Where memory is scarce it is to be had for anybody.
        if self.address() != magazine::mine().address()
            || run.arena.slot() != 0
            || config::keeps_less()
            || arena::is_limited()
            || arena::was_refused()
        {
            return false;
        }
        let peak = fallow.peak.get().max(self.used.get());
        fallow.peak.set(peak);
        let most = (peak as usize >> UNIT_SHIFT).min(MOST_OF_ALL / roll::count()).min(MOST);
        if fallow.units.get() + units > most {
            self.gather_fallow().give_back();
            fallow.peak.set(peak);
            self.has_closed.set(true);
        }
        let count = fallow.count.get();
        let Some(place) = fallow.runs.get(count).filter(|_| units <= most) else { return false };
        place.set(run.start | units);
        fallow.count.set(count + 1);
        fallow.units.set(fallow.units.get() + units);
        true
    }

    /// Takes all of them out, and counts the peak anew. Under the lock.
    #[inline(never)]
    pub(super) fn gather_fallow(&self) -> Gathered {
        let fallow = &self.fallow;
        let count = fallow.count.replace(0);
        fallow.units.set(0);
        fallow.peak.set(self.used.get());
        Gathered { runs: fallow.runs.each_ref().map(Cell::get), count }
    }

    /// Bytes of them.
    pub(crate) fn fallow_bytes(&self) -> usize {
        self.fallow.units.get() << UNIT_SHIFT
    }
}
