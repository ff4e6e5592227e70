//! Huge pages anew for regions whose free units went back to the system while others were in use.
//!
//! What is left of such a region is on small pages, and stays so: a program that grows into it again
//! would have a fault for each page, which costs ten times what the huge page would. So when memory that
//! went back is needed again in quantity, the regions where that happens are put together.

use super::{Arena, REJOINED, RETAKEN};
use crate::sync::Ordering;
use crate::sync::lasting::AtomicUsize;
use crate::sys;
use crate::units::{REGION, REGION_UNITS};

/// Units that were needed again since the last tick, before it is growth.
const QUANTITY: usize = REGION_UNITS;
/// A region is worth the work while so many of its units are gone.
const GONE: u32 = REGION_UNITS as u32 / 2;
/// Pages that another process has, too, would be copied: of no more units than these.
const COPIED: u32 = 2;

/// After so many refusals in a row the system cannot, or has no huge page left; a tick begins anew. One does not
/// count: it says, too, that nothing in the region is resident.
const REFUSALS_MOST: usize = 8;
static REFUSALS: AtomicUsize = AtomicUsize::new(0);

/// A tick: what was refused may not be any more.
pub(super) fn hope() {
    REFUSALS.store(0, Ordering::Relaxed);
}

impl Arena {
    /// A run has been taken that went back before: puts the region where it begins on a huge page if that is
    /// worth it. Under the lock.
    pub(super) fn rejoin(&self, unit: usize, units: usize) {
        let region = self.region(unit);
        if !(self.is_advised(region) || self.is_withdrawn(region))
            || RETAKEN.load(Ordering::Relaxed) < QUANTITY
            || REFUSALS.load(Ordering::Relaxed) >= REFUSALS_MOST
        {
            return;
        }
        let first = unit & !(REGION_UNITS - 1);
        let is_aligned = self.address(first).is_multiple_of(REGION);
        if first < self.first.get() || first + REGION_UNITS > self.frontier.get() || !is_aligned {
            return;
        }
        let (used, dirty) = (region.used.get(), region.dirty.get());
        let run =
            u32::MAX >> (REGION_UNITS - units.min(REGION_UNITS - (unit - first))) << (unit - first);
        let gone = !(used | dirty);
        // Where nothing else is, the first fault brings the huge page.
        let others = (used | dirty) & !run;
        if others == 0 {
            self.restore(unit);
            return;
        }
        let is_costly = others.count_ones() > COPIED && !self.is_private(region);
        if gone.count_ones() < GONE || is_costly {
            return;
        }
        let was_withdrawn = self.restore(unit);
        if !self.join(unit) {
            // Where nothing was resident, nothing is broken up.
            if was_withdrawn {
                self.withdraw(unit);
            }
            return;
        }
        self.note_whole(region);
        // They are resident now, if zero, and not there to be taken again.
        REJOINED.fetch_add(self.note_resident(region, gone), Ordering::Relaxed);
    }

    /// Puts the region of a unit on a huge page, all of it committed, if the system can. Under the lock.
    #[inline(never)]
    pub(super) fn join(&self, unit: usize) -> bool {
        let refusals = REFUSALS.load(Ordering::Relaxed);
        // SAFETY: the callers' region is full, or below the frontier and not before the first unit: it is committed.
        let done = refusals < REFUSALS_MOST
            && unsafe { sys::collapse(self.address(unit & !(REGION_UNITS - 1)), REGION) };
        REFUSALS.store(if done { 0 } else { refusals + 1 }, Ordering::Relaxed);
        done
    }
}
