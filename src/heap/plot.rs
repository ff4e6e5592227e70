//! The plot of a heap that grows beside others: what is left of a region, or of some units of one, of which it opens slab after
//! slab.
//!
//! Slabs take the lowest free units. Threads that grow at the same time would meet in one region: one of them has the
//! system make a huge page while all others wait for the arena, and each goes there again for every slab. So a heap to
//! which a region is little takes all of it where it is the first there.

use super::{Heap, roll};
use crate::arena::{self, Arena, Purpose, Residue, Run};
use crate::slab;
use crate::sync::Cell;
use crate::units::{REGION_UNITS, UNIT, UNIT_SHIFT};

/// A heap with so many bytes in use takes whole regions. Less in tests, whose programs are small.
const WORTH_A_REGION: isize = if cfg!(test) { 256 << 10 } else { 16 << 20 };

/// And one with so many takes some units at a time.
const WORTH_SOME: isize = WORTH_A_REGION / 4;

/// Units that a heap has taken and not used yet. All zero bytes are none. Under the heap's lock.
pub(super) struct Plot {
    arena: Cell<Option<&'static Arena>>,
    start: Cell<usize>,
    units: Cell<usize>,
    residue: Cell<Residue>,
    is_huge: Cell<bool>,
    /// How many of all that were taken at once had gone back, and count as needed again.
    again: Cell<usize>,
    /// Nothing has been taken of it since the last tick.
    is_idle: Cell<bool>,
}

impl Plot {
    /// The first units, as a run.
    fn cut(&self, units: usize) -> Option<Run> {
        let left = self.units.get().checked_sub(units)?;
        let (start, residue) = (self.start.get(), self.residue.get());
        let run = Run::part(self.arena.get()?, start, units, residue, self.is_huge.get());
        self.start.set(start + units * UNIT);
        self.units.set(left);
        self.is_idle.set(false);
        Some(run)
    }

    /// Keeps what a run has behind its first units. There is nothing else.
    fn keep(&self, run: &Run, units: usize) {
        self.arena.set(Some(run.arena));
        self.start.set(run.start + units * UNIT);
        self.units.set(run.units - units);
        self.residue.set(run.residue);
        self.is_huge.set(run.huge);
        self.again.set(run.again);
        self.is_idle.set(false);
    }
}

/// Notes that a slab is opened on a run of an arena: pages that went back before such memory was free are needed again.
fn found(run: Run) -> Run {
    if !run.is_clean() {
        slab::find(run.units * UNIT);
    }
    run
}

impl Heap {
    /// A run for a slab; a further one is of a class of which the heap has full ones. Under the lock.
    pub(super) fn take_run(&self, units: usize, is_further: bool) -> Option<Run> {
        let held = self.fallow.take(units);
        if held.is_some() {
            return held;
        }
        if is_further && let Some(run) = self.plot.cut(units) {
            return Some(found(run));
        }
        // The slabs of a central heap are those of many threads.
        let most = if !is_further || !roll::are_several() || self.is_central() {
            0
        } else if self.used.get() >= WORTH_A_REGION {
            REGION_UNITS
        } else if self.used.get() >= WORTH_SOME {
            arena::SOME
        } else {
            0
        };
        let purpose = Purpose::slab(is_further).with_more(most);
        let mut run = arena::take(units, 1, purpose)?;
        if run.units > units {
            self.leave_plot();
            self.plot.keep(&run, units);
            run.units = units;
        }
        Some(found(run))
    }

    /// Gives back what is left of the plot.
    pub(super) fn leave_plot(&self) {
        let left = self.plot.units.get();
        if left > 0
            && let Some(run) = self.plot.cut(left)
        {
            self.has_closed.set(true);
            arena::forget_retaken(self.plot.again.get().min(left));
            let is_of_region = run.is_clean() && run.huge;
            let residue = if is_of_region { Residue::OfRegion } else { run.residue };
            run.arena.give(run.start, left, residue, 0);
        }
    }

    /// The same if it has not been used since the last tick.
    pub(super) fn leave_idle_plot(&self) {
        if self.plot.is_idle.replace(true) {
            self.leave_plot();
        }
    }

    /// Bytes of it.
    pub(crate) fn plot_bytes(&self) -> usize {
        self.plot.units.get() << UNIT_SHIFT
    }
}
