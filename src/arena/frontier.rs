//! The frontier of an arena: what lies below is committed.
//!
//! Small heaps grow page by page; dense regions, and arenas of blocks that are filled (see the evidence
//! module), by huge pages and as a whole. Before that, blocks that span several regions get them for all but
//! the first: many programs use a corner of a buffer.

use super::evidence::{BIG_BLOCKS, LARGE_BLOCKS};
use super::kind::Kind;
use super::{Arena, Purpose, REFUSED, Run};
use crate::region::Region;
use crate::sync::lasting::AtomicUsize;
use crate::sync::{Ordering, compiler_fence};
use crate::units::{REGION, REGION_UNITS, UNIT, UNIT_SHIFT, align_up};
use crate::{config, page_map, sys};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// Table entries (and region states) are committed for this many units at a time.
const TABLE_STEP: usize = 8192;
/// How often blocks get huge pages of their own: each time may cost the process two of its 65,000 mappings.
const INNER_MOST: usize = 1000;

/// How often they have got them.
static INNER: AtomicUsize = AtomicUsize::new(0);

impl Arena {
    /// Commits the units below `end`, and a step more where the system allows it.
    pub(super) fn commit(&self, end: usize, kind: Kind) -> bool {
        let frontier = self.frontier.get();
        if end <= frontier {
            return true;
        }
        let step = ((frontier - self.first.get()) / 8).clamp(STEP_LEAST, STEP_MOST);
        let mut generous = end.max(frontier + step);
        let huge = self.deserves_huge_pages();
        if huge != self.is_huge.swap(huge, Ordering::Relaxed) {
            self.advise(huge);
        }
        if huge || kind == Kind::Dense || self.purpose.get() == Purpose::Big {
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

    /// Commits table entries and region states for the units below `unit`, and some more.
    ///
    /// # Safety
    /// Under the lock, or before the arena is published.
    pub(super) unsafe fn map_to(&self, unit: usize) -> bool {
        let (mapped, page) = (self.mapped.get(), sys::page_size());
        if unit < mapped {
            return true;
        }
        let wanted = align_up(unit + 1, TABLE_STEP).min(self.units.get());
        let base = self.base.get();
        let table = base + page_map::TABLE;
        let entry = size_of::<page_map::Entry>();
        // The header page goes with the first part of the table. Regions below the first unit
        // are never looked at.
        let from = if mapped == 0 { base } else { align_up(table + mapped * entry, page) };
        let to = align_up(table + wanted * entry, page);
        let regions = self.regions.get().address();
        let state = |unit: usize| regions + unit / REGION_UNITS * size_of::<Region>();
        let lowest = state(mapped.max(self.first.get())) & !(page - 1);
        let highest = align_up(state(wanted + REGION_UNITS - 1), page);
        // SAFETY: both ranges lie inside the reservation, in the parts laid out for them.
        let done = unsafe {
            (to <= from || sys::commit(from, to - from)) && sys::commit(lowest, highest - lowest)
        };
        if done {
            // SAFETY: entries below `wanted` are committed now.
            unsafe { page_map::publish(0, base, table, wanted) };
            // The child of a fork in between does all this once more.
            compiler_fence(Ordering::Release);
            self.mapped.set(wanted);
        }
        done
    }

    pub(super) fn deserves_huge_pages(&self) -> bool {
        match config::huge() {
            config::Huge::Never => false,
            config::Huge::Always => true,
            config::Huge::Auto if super::is_limited() => false,
            config::Huge::Auto => match self.purpose.get() {
                // Regions of a kind have theirs.
                Purpose::Slab | Purpose::FurtherSlab => false,
                Purpose::Large => LARGE_BLOCKS.is_filled(),
                Purpose::Big => BIG_BLOCKS.is_filled(),
            },
        }
    }

    /// Advises huge pages for the regions of a big block that is new: those inside, and that of its end, which
    /// who uses a corner of it does not come to. Under the lock.
    pub(super) fn advise_inner(&self, run: &Run) {
        if !run.clean || self.is_huge.load(Ordering::Relaxed) || self.purpose.get() != Purpose::Big
        {
            return;
        }
        let end = run.start + run.units * UNIT;
        let last = end & !(REGION - 1);
        let behind = self.address(self.units.get());
        let end = if end - last >= REGION / 2 { (last + REGION).min(behind) } else { last };
        advise_big((run.start + 1).next_multiple_of(REGION), end);
    }

    /// Advises huge pages for the whole regions of the arena, or none any more.
    pub(super) fn advise(&self, huge: bool) {
        let from = self.first.get().next_multiple_of(REGION_UNITS);
        let end = self.units.get();
        if from >= end {
            return;
        }
        // SAFETY: the units are this arena's.
        unsafe { sys::advise_huge(self.address(from), (end - from) << UNIT_SHIFT, huge) };
        self.forget_withdrawn();
    }
}

/// Advises huge pages for whole regions of a big block. They may be another block's, too, in part.
fn advise_big(from: usize, end: usize) {
    let auto = config::huge() == config::Huge::Auto && !super::is_limited();
    if auto && from < end && INNER.fetch_add(1, Ordering::Relaxed) < INNER_MOST {
        // SAFETY: the regions are an arena's.
        unsafe { sys::advise_huge(from, end - from, true) };
    }
}

/// Advises huge pages for the region in which a new zeroed block begins, too: zeroed blocks of this size are tables,
/// of which no corner is used alone.
pub(crate) fn advise_table(start: usize, bytes: usize) {
    let region = start & !(REGION - 1);
    if Purpose::of_block(bytes) == Purpose::Big && region + REGION - start >= REGION / 2 {
        advise_big(region, region + REGION);
    }
}
