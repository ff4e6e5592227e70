//! The frontier of an arena: what lies below is committed.
//!
//! Small heaps grow page by page. Huge pages spare most faults, and cost what is touched of none of
//! their 512 pages; so they come with evidence that memory is filled. Of the arena of slabs: once it is
//! large and nearly all of it has been handed out. Of those of large blocks: once blocks that were
//! freed have turned out to be full. What an arena grows by from then on is advised, in whole
//! regions, and the regions that are full already are collapsed, once. Blocks that span several
//! huge pages get them at once: they lose the rest of one at most.

use super::{Arena, BIG, Purpose, REFUSED};
use crate::units::{REGION, REGION_UNITS, UNIT_SHIFT};
use crate::{config, sys};
use core::sync::atomic::{AtomicIsize, AtomicUsize, Ordering};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// Bytes that slabs have handed out from which on they grow by huge pages.
const LARGE: usize = 4 << 20;
/// One of so many freed large blocks is looked at.
const SAMPLE: usize = 4;
/// How many pages of it, at its end.
const SAMPLE_PAGES: usize = 64;
/// The average of what was found, in 256ths, weighs the last look by one part in so many.
const WEIGHT: usize = 2;
/// From this average on large blocks are said to be filled.
const FILLED: usize = 200;

/// Bytes of slabs that may be resident.
static TOUCHED: AtomicIsize = AtomicIsize::new(0);
/// Large blocks freed, and the part of those looked at that was resident.
static FREED: AtomicUsize = AtomicUsize::new(0);
static FULLNESS: AtomicUsize = AtomicUsize::new(0);

/// Counts bytes of slabs that have come into use, or gone back.
pub(crate) fn note_touched(bytes: isize) {
    TOUCHED.fetch_add(bytes, Ordering::Relaxed);
}

/// Looks, now and then, at how much of a large block that is about to be freed has been used.
pub(crate) fn note_freed(start: usize, bytes: usize) {
    if bytes >= BIG || !FREED.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE) {
        return;
    }
    let pages = (bytes / sys::page_size()).min(SAMPLE_PAGES);
    let mut states = [0u8; SAMPLE_PAGES];
    let from = start + bytes - pages * sys::page_size();
    if pages == 0 || !sys::resident(from, &mut states[..pages]) {
        return;
    }
    let found = states.iter().filter(|&state| state & 1 == 1).count() * 256 / pages;
    // Looks of several threads at once may be lost.
    let average = FULLNESS.load(Ordering::Relaxed);
    FULLNESS.store(average - average / WEIGHT + found / WEIGHT, Ordering::Relaxed);
}

impl Arena {
    /// Commits the units below `end`, and a step more where the system allows it.
    pub(super) fn commit(&self, end: usize) -> bool {
        let frontier = self.frontier.get();
        if end <= frontier {
            return true;
        }
        let step = ((frontier - self.first.get()) / 8).clamp(STEP_LEAST, STEP_MOST);
        let mut generous = end.max(frontier + step);
        let huge = self.deserves_huge_pages();
        if huge != self.is_huge.replace(huge) {
            self.advise(huge);
        }
        if huge {
            generous = generous.next_multiple_of(REGION_UNITS);
        }
        for to in [generous.min(self.units.get()), end] {
            let (from, bytes) = (self.address(frontier), (to - frontier) << UNIT_SHIFT);
            // SAFETY: under the lock; the units lie in the reservation, past all committed ones.
            if unsafe { self.map_to(to - 1) && sys::commit(from, bytes) } {
                self.frontier.set(to);
                return true;
            }
        }
        REFUSED.store(1, Ordering::Relaxed);
        false
    }

    fn deserves_huge_pages(&self) -> bool {
        match config::huge() {
            config::Huge::Never => false,
            config::Huge::Always => true,
            config::Huge::Auto => match self.purpose.get() {
                Purpose::Slab => {
                    let used = self.used.load(Ordering::Relaxed) << UNIT_SHIFT;
                    let touched = TOUCHED.load(Ordering::Relaxed).max(0) as usize;
                    // Once on, a little emptiness does not turn it off.
                    let enough = if self.is_huge.get() { used / 2 } else { used - used / 4 };
                    touched >= LARGE && touched >= enough
                }
                Purpose::Large => FULLNESS.load(Ordering::Relaxed) >= FILLED,
                Purpose::Big => true,
            },
        }
    }

    /// Advises huge pages for the whole regions of the arena, or none any more.
    fn advise(&self, huge: bool) {
        let from = self.first.get().next_multiple_of(REGION_UNITS);
        let (frontier, end) = (self.frontier.get(), self.units.get());
        if from >= end {
            return;
        }
        // SAFETY: the units are this arena's.
        unsafe { sys::advise_huge(self.address(from), (end - from) << UNIT_SHIFT, huge) };
        if !huge || self.has_collapsed.replace(true) {
            return;
        }
        for unit in (from..frontier.saturating_sub(REGION_UNITS - 1)).step_by(REGION_UNITS) {
            let region = self.region(unit);
            let used = region.used.load(Ordering::Relaxed);
            if used | region.dirty.load(Ordering::Relaxed) == u32::MAX {
                // SAFETY: as above; the units are committed.
                unsafe { sys::collapse(self.address(unit), REGION) };
            }
        }
    }
}
