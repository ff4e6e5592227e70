//! The states of units: one word of each kind for a region of 32 units.
//!
//! Bit `i` speaks of unit `i` of the region. The words change under the lock of the arena; they are
//! atomic because some are looked at without it.

use crate::sync::{AtomicU32, Ordering};
use crate::units::REGION_UNITS;

/// 32 units.
#[repr(C)]
pub(crate) struct Region {
    pub(crate) used: AtomicU32,
    /// Free, and not known to be zero.
    pub(crate) dirty: AtomicU32,
    /// Dirty since before the last tick of decay.
    pub(crate) aged: AtomicU32,
    /// What the region is for: the arena's own business.
    pub(crate) kind: AtomicU32,
}

/// The regions of an arena, of which those of the units in use are committed.
#[derive(Clone, Copy)]
pub(crate) struct Regions(*const Region);

impl Regions {
    pub(crate) const fn none() -> Regions {
        Regions(core::ptr::null())
    }

    /// The regions whose states start at an address.
    pub(crate) const fn new(address: usize) -> Regions {
        Regions(address as *const Region)
    }

    pub(crate) fn address(self) -> usize {
        self.0 as usize
    }

    /// The region of a unit.
    pub(crate) fn of(self, unit: usize) -> &'static Region {
        // SAFETY: the arena asks only for units whose states are committed, and they stay so while
        // it is open.
        unsafe { &*self.0.add(unit / REGION_UNITS) }
    }

    /// The first unit of `at..end` that is free, or `end`.
    pub(crate) fn next_free(self, mut at: usize, end: usize) -> usize {
        while at < end {
            let free = !self.of(at).used.load(Ordering::Relaxed) >> (at % REGION_UNITS);
            if free != 0 {
                return at + free.trailing_zeros() as usize;
            }
            at = (at / REGION_UNITS + 1) * REGION_UNITS;
        }
        at.max(end)
    }

    /// The first used unit of `at..end`.
    pub(crate) fn next_used(self, mut at: usize, end: usize) -> Option<usize> {
        while at < end {
            let used = self.of(at).used.load(Ordering::Relaxed) >> (at % REGION_UNITS);
            if used != 0 {
                let unit = at + used.trailing_zeros() as usize;
                return (unit < end).then_some(unit);
            }
            at = (at / REGION_UNITS + 1) * REGION_UNITS;
        }
        None
    }

    /// Calls `f(region, mask)` for the pieces of a run.
    pub(crate) fn pieces(self, unit: usize, units: usize, mut f: impl FnMut(&Region, u32)) {
        let (mut at, end) = (unit, unit + units);
        while at < end {
            let offset = at % REGION_UNITS;
            let count = (REGION_UNITS - offset).min(end - at);
            f(self.of(at), u32::MAX >> (REGION_UNITS - count) << offset);
            at += count;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    #[test]
    fn runs_across_regions() {
        // SAFETY: zero is a valid region.
        let states: Vec<Region> = (0..4).map(|_| unsafe { core::mem::zeroed() }).collect();
        let regions = Regions::new(states.as_ptr() as usize);
        regions.pieces(30, 40, |region, mask| {
            region.used.fetch_or(mask, Ordering::Relaxed);
        });
        assert_eq!(regions.next_used(0, 128), Some(30));
        assert_eq!(regions.next_used(0, 30), None);
        assert_eq!(regions.next_used(70, 128), None);
        assert_eq!(regions.next_free(30, 128), 70);
        assert_eq!(regions.next_free(30, 64), 64);
        assert_eq!(regions.next_free(3, 128), 3);
    }
}
