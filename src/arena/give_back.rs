//! What an arena gives back to the system, and how.

use super::frontier::STEP_MOST;
use super::supply::{is_scarce, note_purge, note_return};
use super::{Arena, PURGED, STUCK};
use crate::lock::Rank;
use crate::region::Region;
use crate::sync::{Ordering, compiler_fence};
use crate::sys;
use crate::units::{REGION_UNITS, UNIT_SHIFT};

/// Which dirty units are to go back.
#[derive(Clone, Copy)]
enum Which {
    All,
    /// Those that the last tick had seen already.
    Aged,
    /// Those that are worth a call: see [`Region::thick`].
    Thick,
}

/// In which regions.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    /// Those that are free all over.
    Whole,
    /// Those on small pages.
    Small,
    /// Those on huge pages, which break then.
    Huge,
}

impl Arena {
    /// Gives dirty free units back to the system, from the top, until `keep` are left. With
    /// `aged`, only those that the last tick had seen already. Regions that are free all over go
    /// first: what is left of others cannot be on huge pages any more. Returns how many went back.
    pub(crate) fn purge(&self, keep: usize, aged: bool) -> usize {
        let which = if aged { Which::Aged } else { Which::All };
        let of = |place| self.purge_regions(place, keep, which);
        of(Place::Whole) + of(Place::Small) + of(Place::Huge)
    }

    /// The same for what the last tick had seen already in regions that are free all over.
    pub(crate) fn purge_idle(&self) -> usize {
        self.purge_regions(Place::Whole, 0, Which::Aged)
    }

    /// The same for thick units of some regions alone.
    pub(crate) fn purge_thick(&self, place: Place, keep: usize) -> usize {
        self.purge_regions(place, keep, Which::Thick)
    }

    #[inline(never)]
    fn purge_regions(&self, place: Place, keep: usize, which: Which) -> usize {
        let mut purged = 0;
        let mut region = self.frontier().div_ceil(REGION_UNITS);
        let first = self.first.get() / REGION_UNITS;
        while region > first && self.dirty() > keep {
            region -= 1;
            let states = self.region(region * REGION_UNITS);
            // A glance: who is on huge pages may change meanwhile.
            let is_there = match place {
                Place::Whole => states.used.get() == 0,
                Place::Small => !self.is_advised(states),
                Place::Huge => self.is_advised(states),
            };
            if is_there {
                purged += self.purge_region(region, which);
            }
        }
        PURGED.fetch_add(purged, Ordering::Relaxed);
        purged
    }

    /// What the frontier is now; other threads may move it.
    pub(super) fn frontier(&self) -> usize {
        let _guard = self.lock.inherit(Rank::Arena);
        self.frontier.get()
    }

    fn purge_region(&self, index: usize, which: Which) -> usize {
        let region = self.region(index * REGION_UNITS);
        let chosen = |region: &Region| {
            let seen = match which {
                Which::All => u32::MAX,
                Which::Aged => region.aged.get(),
                Which::Thick => region.thick.get(),
            };
            // Dirty units that are used are in the hands of another purge.
            region.dirty.get() & seen & !region.used.get()
        };
        if chosen(region) == 0 {
            return 0;
        }
        // The units are claimed while the system works on them, so that the lock is not held; unless memory is scarce:
        // then who looks for a run waits for them.
        let (mask, held) = {
            let guard = self.lock.inherit(Rank::Arena);
            if index * REGION_UNITS >= self.frontier.get() {
                return 0;
            }
            // In the child of a fork units past the frontier may still be called dirty.
            let mut mask = chosen(region) & self.committed(index);
            if mask == 0 {
                return 0;
            }
            if self.is_advised(region) {
                // What is free and clean may be resident, too: the huge page is.
                mask |= self.clean(index);
            }
            let is_held = is_scarce();
            if !is_held {
                note_purge(1);
            }
            region.used.set(mask);
            self.used.add(mask.count_ones() as usize);
            (mask, is_held.then_some(guard))
        };
        let (mut rest, mut clean) = (mask, 0u32);
        while rest != 0 {
            let from = rest.trailing_zeros();
            let count = (rest >> from).trailing_ones();
            let run = u32::MAX >> (32 - count) << from;
            let start = self.address(index * REGION_UNITS + from as usize);
            // SAFETY: the units are committed, free, and claimed by us.
            if unsafe { sys::discard(start, (count as usize) << UNIT_SHIFT) } {
                clean |= run;
            } else {
                let dirty = region.dirty.get() & run;
                STUCK.fetch_add(dirty.count_ones() as usize, Ordering::Relaxed);
            }
            rest &= !run;
        }
        let is_noted = held.is_none();
        let _guard = held.unwrap_or_else(|| self.lock.inherit(Rank::Arena));
        let gone = region.dirty.unset(clean) & clean;
        self.thick.sub((region.thick.unset(clean) & gone).count_ones() as usize);
        // What became resident meanwhile and did not go back was not known to be.
        region.thick.unset(mask & !region.dirty.get());
        region.aged.unset(mask);
        self.dirty.sub(gone.count_ones() as usize);
        self.note_free(index * REGION_UNITS + mask.trailing_zeros() as usize);
        let used = region.used.unset(mask) & !mask;
        if clean != 0 && used != 0 {
            self.withdraw(index * REGION_UNITS);
        }
        self.unsettle(index * REGION_UNITS);
        if clean == u32::MAX {
            self.note_whole(region);
        }
        note_return();
        if is_noted {
            note_purge(-1);
        }
        self.used.sub(mask.count_ones() as usize);
        gone.count_ones() as usize
    }

    /// The units of a region that are free, clean and committed. Under the lock.
    fn clean(&self, index: usize) -> u32 {
        let region = self.region(index * REGION_UNITS);
        let used = region.used.get();
        !(used | region.dirty.get()) & self.committed(index)
    }

    /// The units of a region that are the arena's, and committed. Under the lock.
    fn committed(&self, index: usize) -> u32 {
        let start = index * REGION_UNITS;
        let from = self.first.get().saturating_sub(start).min(REGION_UNITS) as u32;
        let to = self.frontier.get().saturating_sub(start).min(REGION_UNITS) as u32;
        let below =
            |unit: u32| if unit == 0 { 0 } else { u32::MAX >> (REGION_UNITS as u32 - unit) };
        below(to) & !below(from)
    }

    /// Pages inside a run that is in use have gone back to the system. Where they were on huge pages, all beside
    /// them may be resident, too.
    pub(crate) fn break_up(&self, start: usize, units: usize) {
        let _guard = self.lock.inherit(Rank::Arena);
        let unit = (start - self.base.get()) >> UNIT_SHIFT;
        // Those of slabs are open. Other runs, too, may stand in a region of slabs, which is put together where it has few.
        self.pieces(unit, units, |region, mask| region.gaps.set(mask));
        for unit in [unit, unit + units - 1] {
            let region = self.region(unit);
            if !self.is_advised(region) {
                self.note_gap(region);
                continue;
            }
            self.note_resident(region, self.clean(unit / REGION_UNITS));
            self.withdraw(unit);
        }
    }

    /// Free units that were clean are resident; how many. Under the lock.
    pub(super) fn note_resident(&self, region: &Region, units: u32) -> usize {
        let count = units.count_ones() as usize;
        region.dirty.set(units);
        region.set_end(units, 0);
        region.thick.set(units);
        self.dirty.add(count);
        self.thick.add(count);
        count
    }

    /// Pages of a slab are about to go back.
    pub(crate) fn open_gaps(&self, start: usize, units: usize) {
        let _guard = self.lock.inherit(Rank::Arena);
        let unit = (start - self.base.get()) >> UNIT_SHIFT;
        self.pieces(unit, units, |region, mask| region.gaps.set(mask));
    }

    /// All parts of a slab have blocks that were handed out; with `whole`, all of its pages are resident.
    pub(crate) fn mend(&self, start: usize, units: usize, whole: bool) {
        let _guard = self.lock.inherit(Rank::Arena);
        let unit = (start - self.base.get()) >> UNIT_SHIFT;
        if whole {
            self.close_gaps(unit, units);
        }
        self.restore_full(unit, units);
    }

    /// Whether a part of a run that is in use can go back to the system alone.
    pub(crate) fn can_part_with(&self, address: usize) -> bool {
        let unit = (address - self.base.get()) >> UNIT_SHIFT;
        // A glance, as for purges.
        !self.is_advised(self.region(unit))
    }

    /// Whether only what was touched is resident there, as far as is known: a huge page never was.
    pub(crate) fn is_small_at(&self, address: usize) -> bool {
        let unit = (address - self.base.get()) >> UNIT_SHIFT;
        self.is_small(self.region(unit))
    }

    /// Remembers which units are dirty now, for the next [`purge`](Arena::purge) of aged ones.
    pub(crate) fn age(&self) {
        super::rejoin::hope();
        let _guard = self.lock.inherit(Rank::Arena);
        let (first, end) = (self.first.get(), self.frontier.get());
        for unit in (first & !(REGION_UNITS - 1)..end).step_by(REGION_UNITS) {
            let region = self.region(unit);
            region.aged.replace(region.dirty.get());
        }
    }

    /// The arena's number.
    pub(crate) fn slot(&self) -> usize {
        self.slot.get()
    }

    /// Takes the commitment of free units at the frontier back: the program's own mappings may need
    /// what they count for. Unless `always`, only when there are many.
    #[inline(never)]
    pub(crate) fn retreat(&self, always: bool) {
        let _guard = self.lock.inherit(Rank::Arena);
        let (first, old) = (self.first.get(), self.frontier.get());
        let is_free =
            |&unit: &usize| self.region(unit).used.get() >> (unit % REGION_UNITS) & 1 == 0;
        let free = (first..old).rev().take_while(is_free).count();
        if free < if always { 1 } else { STEP_MOST } {
            return;
        }
        let (new, is_reserved) = (old - free, self.ground.is_reserved());
        // The frontier first: the child of a fork in between has memory behind it, and not the reverse.
        let from = self.address(new);
        let to = self.ground.begin_uncommit(from, self.address(old));
        self.frontier.set(new);
        // To such a child memory that was not reserved is in the way: it never takes it for clean.
        let mut dirty = if is_reserved { 0 } else { self.forget_dirty(new, old) };
        // SAFETY: the units are committed and free, and we hold the lock.
        if !unsafe { self.ground.uncommit(from, to) } {
            if !is_reserved {
                self.pieces(new, free, |region, mask| _ = self.note_resident(region, mask));
            }
            compiler_fence(Ordering::Release);
            self.frontier.set(old);
            compiler_fence(Ordering::Release);
            self.ground.open(is_reserved, to);
            return;
        }
        if is_reserved {
            self.renew_advice(new, old);
            dirty = self.forget_dirty(new, old);
        }
        self.forget(new.next_multiple_of(REGION_UNITS), old);
        if new == 0 && self.is_ended.load(Ordering::Relaxed) {
            // Nothing is left of it: it may open elsewhere.
            self.end_at(0);
        }
        PURGED.fetch_add(dirty, Ordering::Relaxed);
    }

    /// The memory of free units from `from` to `to` is new, or no more. Returns how many were dirty.
    pub(super) fn forget_dirty(&self, from: usize, to: usize) -> usize {
        let (mut dirty, mut thick) = (0, 0);
        self.pieces(from, to - from, |region, mask| {
            dirty += (region.dirty.unset(mask) & mask).count_ones();
            thick += (region.thick.unset(mask) & mask).count_ones();
            region.aged.unset(mask);
        });
        self.dirty.sub(dirty as usize);
        self.thick.sub(thick as usize);
        dirty as usize
    }
}
