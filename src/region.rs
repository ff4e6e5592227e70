//! The states of units: one word of each kind for a region of 32 units.
//!
//! Bit `i` speaks of unit `i` of the region. The words change under the lock of the arena; they are
//! atomic because some are looked at without it.

use crate::sync::{AtomicU32, AtomicUsize, Ordering};
use crate::units::REGION_UNITS;

/// A word of states. One store for each change, by who holds the arena's lock.
#[repr(transparent)]
pub(crate) struct Bits(AtomicU32);

impl Bits {
    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn replace(&self, bits: u32) {
        self.0.store(bits, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, mask: u32) {
        self.replace(self.get() | mask);
    }

    /// Returns what the word was.
    pub(crate) fn unset(&self, mask: u32) -> u32 {
        let before = self.get();
        self.replace(before & !mask);
        before
    }
}

/// A number that changes likewise. A fork in the middle of another thread's change may have left it wrong by that in
/// the child.
#[repr(transparent)]
pub(crate) struct Count(AtomicUsize);

impl Count {
    pub(crate) const fn new() -> Count {
        Count(AtomicUsize::new(0))
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn replace(&self, count: usize) {
        self.0.store(count, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, more: usize) {
        self.replace(self.get() + more);
    }

    pub(crate) fn sub(&self, less: usize) {
        self.replace(self.get().saturating_sub(less));
    }
}

/// 32 units.
#[repr(C)]
pub(crate) struct Region {
    pub(crate) used: Bits,
    /// Free, and not known to be zero.
    pub(crate) dirty: Bits,
    /// Used or free, may have many resident pages; free units that are dirty and not thick have a few.
    pub(crate) thick: Bits,
    /// Dirty since before the last tick of decay.
    pub(crate) aged: Bits,
    /// Used, and pages of the run that they are part of may not be resident.
    pub(crate) gaps: Bits,
    /// Dirty, and only the first quarters of the unit may be resident: the two bits of how many.
    ends: [Bits; 2],
    /// What the region is for: the arena's own business.
    pub(crate) kind: Bits,
}

impl Region {
    /// How many quarters of the free unit `bit` may be resident, no less than one; 0 if that is not known.
    pub(crate) fn end(&self, bit: usize) -> usize {
        let holds = |bits: &Bits| (bits.get() >> bit & 1) as usize;
        if holds(&self.dirty) == 0 { 1 } else { holds(&self.ends[1]) << 1 | holds(&self.ends[0]) }
    }

    /// Notes that for units that have become dirty; 4, all, is as good as not known.
    pub(crate) fn set_end(&self, units: u32, quarters: usize) {
        for (i, ends) in self.ends.iter().enumerate() {
            let bit = if quarters >> i & 1 == 1 { units } else { 0 };
            ends.replace(ends.get() & !units | bit);
        }
    }
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
            let free = !self.of(at).used.get() >> (at % REGION_UNITS);
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
            let used = self.of(at).used.get() >> (at % REGION_UNITS);
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
            region.used.set(mask);
        });
        assert_eq!(regions.next_used(0, 128), Some(30));
        assert_eq!(regions.next_used(0, 30), None);
        assert_eq!(regions.next_used(70, 128), None);
        assert_eq!(regions.next_free(30, 128), 70);
        assert_eq!(regions.next_free(30, 64), 64);
        assert_eq!(regions.next_free(3, 128), 3);
    }
}
