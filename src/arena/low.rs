//! Where an arena's free units begin, and where its longer free runs do.
//!
//! The lowest run that is long enough is found by a look from here upwards. Without knowing where longer runs
//! begin, each look would pass all the holes that are too short, of which there may be many thousands.

use crate::sync::{Cell, Ordering, compiler_fence};

/// Lengths of runs, in units, for which it is known where they begin: all short ones, then by quarters.
const LENGTHS: [usize; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32];

const NO_LENGTH: usize = usize::MAX;

/// Which of them is the longest that a run of so many units has.
const LONGEST: [u8; 33] = {
    let (mut table, mut units, mut at) = ([0; 33], 1, 0);
    while units < table.len() {
        if at + 1 < LENGTHS.len() && LENGTHS[at + 1] <= units {
            at += 1;
        }
        table[units] = at as u8;
        units += 1;
    }
    table
};

/// No free run of `LENGTHS[i]` units begins below `marks[i]`, but for those that have units from `freed` on; and no
/// unit of the arena's lies below `first`. Longer runs have higher marks. Guarded by the arena's lock.
pub(super) struct Low {
    first: Cell<usize>,
    /// The lowest unit that has become free since the marks were set.
    freed: Cell<usize>,
    /// The same for the length that was asked for last, if it is none of those.
    last_length: Cell<usize>,
    last_mark: Cell<usize>,
    marks: [Cell<usize>; LENGTHS.len()],
}

impl Low {
    pub(super) const fn new() -> Low {
        Low {
            first: Cell::new(0),
            freed: Cell::new(usize::MAX),
            last_length: Cell::new(NO_LENGTH),
            last_mark: Cell::new(0),
            marks: [const { Cell::new(0) }; LENGTHS.len()],
        }
    }

    pub(super) fn reset(&self, first: usize) {
        self.first.set(first);
        self.freed.set(usize::MAX);
        self.last_length.set(NO_LENGTH);
        self.marks.iter().for_each(|mark| mark.set(first));
    }

    /// Where to begin a look for a run of `units` units.
    pub(super) fn start(&self, units: usize) -> usize {
        self.settle();
        let mark = self.marks[longest(units)].get();
        if self.last_length.get() <= units { mark.max(self.last_mark.get()) } else { mark }
    }

    /// No free run of `units` units begins below `unit`, as a look has shown.
    #[inline(never)]
    pub(super) fn none_below(&self, units: usize, unit: usize) {
        self.settle();
        let shorter = LENGTHS[longest(units)] < units;
        for mark in &self.marks[longest(units) + shorter as usize..] {
            if mark.get() >= unit {
                break;
            }
            mark.set(unit);
        }
        if shorter {
            // The child of a fork in between knows of no such length.
            self.last_length.set(NO_LENGTH);
            compiler_fence(Ordering::Release);
            self.last_mark.set(unit);
            compiler_fence(Ordering::Release);
            self.last_length.set(units);
        }
    }

    /// Free units from `unit` on, and those behind them below `end`, have been taken.
    pub(super) fn taken(&self, unit: usize, end: usize) {
        if unit == self.marks[0].get() && self.freed.get() >= unit {
            self.none_below(1, end);
        }
    }

    /// Units from `unit` on become free.
    pub(super) fn freed(&self, unit: usize) {
        self.freed.set(self.freed.get().min(unit));
    }

    /// Lowers the marks for what has become free. A run with units from there on that was not long enough before
    /// began at most one unit less than its length below, and not below where shorter ones begin.
    fn settle(&self) {
        let unit = self.freed.get();
        if unit == usize::MAX {
            return;
        }
        let begin = |length: usize| (unit + 1).saturating_sub(length);
        if self.last_length.get() != NO_LENGTH {
            let begin = begin(self.last_length.get()).max(self.first.get());
            self.last_mark.set(self.last_mark.get().min(begin));
        }
        let mut least = self.first.get();
        for (mark, &length) in self.marks.iter().zip(&LENGTHS) {
            least = mark.get().min(begin(length).max(least));
            mark.set(least);
        }
        // Last: the child of a fork in between does it again.
        compiler_fence(Ordering::Release);
        self.freed.set(usize::MAX);
    }

    /// No free run begins below the mark of its length.
    #[cfg(any(test, debug_assertions))]
    #[allow(dead_code)]
    pub(super) fn check(&self, end: usize, is_free: impl Fn(usize) -> bool) {
        let mut run = 0;
        for unit in (self.first.get()..end).rev() {
            run = if is_free(unit) { run + 1 } else { 0 };
            assert!(
                run == 0 || unit >= self.start(run),
                "a free run of {run} units below its mark"
            );
        }
    }
}

/// The longest of [`LENGTHS`] that a run of `units` units has.
fn longest(units: usize) -> usize {
    LONGEST[units.min(LONGEST.len() - 1)] as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// A number that is not predictable by looking.
    fn next(random: &mut u64) -> usize {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        (*random >> 11) as usize
    }

    fn lowest(free: &[bool], units: usize, from: usize) -> Option<usize> {
        (from..free.len().saturating_sub(units - 1))
            .find(|&at| free[at..at + units].iter().all(|&f| f))
    }

    /// A look from the mark finds what a look from the beginning does, whatever was taken and freed.
    #[test]
    fn the_same_run_is_found() {
        const FIRST: usize = 37;
        let (mut free, mut runs) = (std::vec![true; 600], Vec::new());
        let (low, mut random) = (Low::new(), 88_172_645_463_325_252);
        low.reset(FIRST);
        for _ in 0..20_000 {
            let units =
                1 + next(&mut random) % if next(&mut random).is_multiple_of(8) { 50 } else { 9 };
            let found = lowest(&free, units, FIRST);
            assert_eq!(lowest(&free, units, low.start(units)), found);
            low.none_below(units, found.unwrap_or(free.len()));
            if let Some(unit) = found.filter(|_| !next(&mut random).is_multiple_of(5)) {
                free[unit..unit + units].fill(false);
                low.taken(unit, unit + units);
                runs.push((unit, units));
            } else if !runs.is_empty() {
                let (unit, units) = runs.swap_remove(next(&mut random) % runs.len());
                low.freed(unit);
                free[unit..unit + units].fill(true);
            }
            assert_eq!(free[FIRST..low.start(1)].iter().find(|&&f| f), None);
        }
    }
}
