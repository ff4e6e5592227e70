//! The frontier of an arena: what lies below is committed.
//!
//! It moves by steps that grow with the arena, and to the end of a region where that is to be on huge pages.

use super::kind::Kind;
use super::purpose::Tenants;
use super::{Arena, REFUSED};
use crate::region::Region;
use crate::sync::{Ordering, compiler_fence};
use crate::units::{REGION_UNITS, UNIT_SHIFT, align_up};
use crate::{config, page_map, sys};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// Table entries (and region states) are committed for this many units at a time.
const TABLE_STEP: usize = 8192;

impl Arena {
    /// Commits the units below `end`, and a step more where the system allows it.
    pub(super) fn commit(&self, end: usize, kind: Kind) -> bool {
        let frontier = self.frontier.get();
        if end <= frontier {
            return true;
        }
        let step = ((frontier - self.first.get()) / 8).clamp(STEP_LEAST, STEP_MOST);
        let mut generous = end.max(frontier + step);
        let always = config::huge() == config::Huge::Always;
        if always && !self.is_huge.swap(true, Ordering::Relaxed) {
            self.advise_all();
        }
        if always || kind == Kind::Dense || self.tenants.get() == Tenants::BigBlocks {
            generous = generous.next_multiple_of(REGION_UNITS);
        }
        let grounds = [&self.ground, &self.table_ground, &self.regions_ground];
        let mut is_blocked = false;
        for to in [generous.min(self.units.get()), end] {
            let (from, bytes) = (self.address(frontier), (to - frontier) << UNIT_SHIFT);
            grounds.iter().for_each(|ground| ground.forget_block());
            // SAFETY: under the lock; the units are the arena's, past all committed ones.
            if unsafe { self.map_to(to - 1) && self.ground.commit(from, from + bytes) } {
                if !self.ground.is_reserved() {
                    self.renew_advice(frontier, to);
                    // The child of a fork may know of dirty units that its parent had given back.
                    self.forget_dirty(frontier, to);
                }
                compiler_fence(Ordering::Release);
                self.frontier.set(to);
                return true;
            }
            is_blocked = grounds.iter().any(|ground| ground.is_blocked());
        }
        if is_blocked {
            // There is memory, but the arena ends here.
            self.units.set(frontier);
        } else {
            REFUSED.store(1, Ordering::Relaxed);
        }
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
        let end = |units: usize| align_up(state(units + REGION_UNITS - 1), page);
        let lowest = if mapped == 0 { state(self.first.get()) & !(page - 1) } else { end(mapped) };
        let highest = end(wanted);
        // SAFETY: both ranges lie in the parts laid out for them, behind what was committed for `mapped` units.
        let done = unsafe {
            (to <= from || self.table_ground.commit(from, to))
                && (highest <= lowest || self.regions_ground.commit(lowest, highest))
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
