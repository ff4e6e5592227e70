//! The frontier of an arena: what lies below is committed.
//!
//! It moves by steps that grow with the arena, and to the end of a region where that is to be on huge pages.

use super::kind::Kind;
use super::purpose::Tenants;
use super::{Arena, REFUSED};
use crate::region::Region;
use crate::sync::{Ordering, compiler_fence};
use crate::sys::{self, NoClaim};
use crate::units::{REGION_UNITS, UNIT_SHIFT, align_up};
use crate::{config, page_map};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// The most where they are to be on huge pages: while the system commits, threads that touch new pages wait.
const DENSE_STEP_MOST: usize = 512;
/// Table entries (and region states) are committed for this many units at a time.
const TABLE_STEP: usize = 8192;

impl Arena {
    /// Commits the units below `end`, and a step more where the system allows it.
    pub(super) fn commit(&self, end: usize, kind: Kind) -> bool {
        let frontier = self.frontier.get();
        if end <= frontier {
            return true;
        }
        if end > self.units.get() {
            return false;
        }
        let is_dense = self.is_on_huge(kind);
        let most = if is_dense { DENSE_STEP_MOST } else { STEP_MOST };
        let step = ((frontier - self.first.get()) / 8).clamp(STEP_LEAST, most);
        let mut generous = end.max(frontier + step);
        let always = config::huge() == config::Huge::Always;
        if always && !self.is_huge.swap(true, Ordering::Relaxed) {
            self.advise_all();
        }
        if always || kind == Kind::Dense || self.tenants.get() == Tenants::BigBlocks {
            generous = generous.next_multiple_of(REGION_UNITS);
        }
        let up_to = |to: usize| self.commit_to(frontier, to.min(self.units.get()));
        // Less where that is refused: a region that is to be a whole one, or what is needed.
        let whole =
            |why| if is_dense { up_to(end.next_multiple_of(REGION_UNITS)) } else { Err(why) };
        match up_to(generous).or_else(whole).or_else(|_| up_to(end)) {
            Ok(()) => {
                let first = frontier.next_multiple_of(REGION_UNITS);
                let end = self.frontier.get() & !(REGION_UNITS - 1);
                if is_dense && first < end {
                    self.advise_ahead(first, end);
                }
                return true;
            }
            // There is memory, but the arena ends here.
            Err(NoClaim::Taken) => self.end_at(frontier),
            Err(NoClaim::Refused) => REFUSED.store(1, Ordering::Relaxed),
        }
        false
    }

    /// Others are behind the frontier: what stands there is nothing that the page map should answer for.
    pub(super) fn end_at(&self, frontier: usize) {
        self.is_ended.store(true, Ordering::Relaxed);
        self.units.replace(frontier);
        if self.slot.get() != 0 {
            page_map::shorten(self.slot.get(), frontier);
        }
    }

    /// Commits the units from `frontier`, where it is, to `to`.
    fn commit_to(&self, frontier: usize, to: usize) -> Result<(), NoClaim> {
        // SAFETY: under the lock; the units are the arena's, past all committed ones.
        unsafe {
            self.map_to(to - 1)?;
            self.ground.commit(self.address(frontier), self.address(to))?;
        }
        if !self.ground.is_reserved() {
            self.renew_advice(frontier, to);
            // The child of a fork may know of dirty units that its parent had given back.
            self.forget_dirty(frontier, to);
        }
        compiler_fence(Ordering::Release);
        self.frontier.set(to);
        Ok(())
    }

    /// Commits table entries and region states for the units below `unit`, and some more.
    ///
    /// # Safety
    /// Under the lock, or before the arena is published.
    pub(super) unsafe fn map_to(&self, unit: usize) -> Result<(), NoClaim> {
        let (mapped, page) = (self.mapped.get(), sys::page_size());
        if unit < mapped {
            return Ok(());
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
        let end = |units: usize| align_up(state(units + REGION_UNITS - 1), page);
        let lowest = if mapped == 0 { state(self.first.get()) & !(page - 1) } else { end(mapped) };
        let highest = end(wanted);
        // SAFETY: both ranges lie in the parts laid out for them, behind what was committed for `mapped` units; entries below
        // `wanted` are committed then.
        unsafe {
            self.table_ground.commit(from, to)?;
            self.regions_ground.commit(lowest, highest)?;
            page_map::publish(0, base, table, wanted);
        }
        // The child of a fork in between does all this once more.
        compiler_fence(Ordering::Release);
        self.mapped.set(wanted);
        Ok(())
    }

    /// Advises huge pages for the whole regions of the arena.
    fn advise_all(&self) {
        let from = self.first.get().next_multiple_of(REGION_UNITS);
        let end = self.mapped_end();
        if from >= end {
            return;
        }
        // SAFETY: the units are this arena's.
        unsafe { sys::advise_huge(self.address(from), (end - from) << UNIT_SHIFT, true) };
    }
}

/// Tries to commit units of the first arena past its table, whose end `prepare` is told, and says what is known then:
/// units below the frontier, units with entries, and all.
#[cfg(all(test, not(loom)))]
pub(crate) fn commit_past_table(prepare: impl FnOnce(usize)) -> (bool, [usize; 3]) {
    let arena = &super::FIRST;
    let _guard = arena.lock.inherit(crate::lock::Rank::Arena);
    let mapped = arena.mapped.get();
    prepare(arena.base.get() + page_map::TABLE + mapped * size_of::<page_map::Entry>());
    let done = arena.commit(mapped + 100, Kind::Any);
    (done, [arena.frontier.get(), arena.mapped.get(), arena.units.get()])
}
