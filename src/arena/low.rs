//! Where an arena's free units begin, and where its longer free runs do.
//!
//! The lowest run that is long enough is found by a look from here upwards. Without knowing where longer runs
//! begin, each look would pass all the holes that are too short, of which there may be many thousands.

use crate::sync::{Cell, Ordering, compiler_fence};

/// Lengths of runs, in units, for which it is known where they begin: all short ones, then by quarters.
const LENGTHS: [usize; 16] = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32];

const NO_LENGTH: usize = usize::MAX;

/// No free run of `LENGTHS[i]` units begins below `marks[i]`, and no unit of the arena's lies below `first`.
/// Guarded by the arena's lock.
pub(super) struct Low {
    first: Cell<usize>,
    /// The same for the length that was asked for last, if it is none of those.
    last_length: Cell<usize>,
    last_mark: Cell<usize>,
    marks: [Cell<usize>; LENGTHS.len()],
}

impl Low {
    pub(super) const fn new() -> Low {
        Low {
            first: Cell::new(0),
            last_length: Cell::new(NO_LENGTH),
            last_mark: Cell::new(0),
            marks: [const { Cell::new(0) }; LENGTHS.len()],
        }
    }

    pub(super) fn reset(&self, first: usize) {
        self.first.set(first);
        self.last_length.set(NO_LENGTH);
        self.marks.iter().for_each(|mark| mark.set(first));
    }

    /// No unit below is free.
    pub(super) fn unit(&self) -> usize {
        self.marks[0].get()
    }

    /// Where to begin a look for a run of `units` units.
    pub(super) fn start(&self, units: usize) -> usize {
        let longest = LENGTHS.iter().rposition(|&length| length <= units);
        let mark = self.marks[longest.unwrap_or(0)].get();
        if self.last_length.get() <= units { mark.max(self.last_mark.get()) } else { mark }
    }

    /// No free run of `units` units begins below `unit`.
    #[inline(never)]
    pub(super) fn none_below(&self, units: usize, unit: usize) {
        for (mark, &length) in self.marks.iter().zip(&LENGTHS) {
            if length >= units && mark.get() < unit {
                mark.set(unit);
            }
        }
        if !LENGTHS.contains(&units) {
            // The child of a fork in between knows of no such length.
            self.last_length.set(NO_LENGTH);
            compiler_fence(Ordering::Release);
            self.last_mark.set(unit);
            compiler_fence(Ordering::Release);
            self.last_length.set(units);
        }
    }

    /// The lowest free unit has been taken, and those behind it below `end`.
    pub(super) fn taken(&self, unit: usize, end: usize) {
        if unit == self.unit() {
            self.none_below(1, end);
        }
    }

    /// Units from `unit` on become free. A run of which they are a part began at most one unit less than its
    /// length below, if it was not long enough before.
    #[inline(never)]
    pub(super) fn freed(&self, unit: usize) {
        let begin = |length: usize| unit.saturating_sub(length - 1).max(self.first.get());
        if self.last_length.get() != NO_LENGTH {
            self.last_mark.set(self.last_mark.get().min(begin(self.last_length.get())));
        }
        for (mark, &length) in self.marks.iter().zip(&LENGTHS) {
            mark.set(mark.get().min(begin(length)));
        }
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
            assert_eq!(free[FIRST..low.unit()].iter().find(|&&f| f), None);
        }
    }
}
