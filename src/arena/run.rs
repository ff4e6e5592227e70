//! What an arena hands out, and takes back.

use super::supply::note_return;
use super::{Arena, RETAKEN, TAKEN_CLEAN, note_dense};
use crate::fatal::{self, Misuse};
use crate::lock::{Guard, Rank};
use crate::page_map;
use crate::span::{Large, note};
use crate::sync::Ordering;
use crate::units::{REGION_UNITS, UNIT_SHIFT};
use core::ptr::NonNull;

/// Memory for a run of up to so many units is missed in any case: the calls that give it back and the faults that
/// bring it again weigh more than the little that is used of it.
const MISSED: usize = (1 << 20) >> UNIT_SHIFT;

/// What of a run may be resident. A zero byte is the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residue {
    /// Nothing: it reads as zero.
    Nothing,
    /// Nothing of its own; all of it with the huge page of its region, as long as that is one.
    OfRegion,
    /// A few pages, beside what was resident before.
    Little,
    Much,
}

/// A run of units that was handed out.
pub(crate) struct Run {
    pub(crate) arena: &'static Arena,
    pub(crate) start: usize,
    pub(crate) units: usize,
    pub(crate) residue: Residue,
    /// How many quarters of its last unit may be resident, as far as that is known and 0 if it is not.
    pub(crate) end: usize,
    /// It begins on a huge page: all of that is resident as soon as anything beside it is touched.
    pub(crate) huge: bool,
    /// Little of it is likely to be used, and all of it is on small pages.
    pub(crate) thin: bool,
    /// Another thread was at work in the arena when it was taken.
    pub(crate) met: bool,
    /// How many of its units had gone back and count as needed again.
    pub(crate) again: usize,
}

impl Run {
    /// Takes a large block out of the page map: its run, and the memory of its descriptor, all zero.
    ///
    /// # Safety
    /// The block was closed, and is the caller's, or somebody's who has closed it at the same time: that ends the process.
    #[inline(never)]
    pub(crate) unsafe fn of(large: &'static Large) -> (Run, NonNull<u8>) {
        let (span, notes) = (large.span(), large.notes());
        if !large.retire() {
            fatal::misuse("free", Misuse::DoubleFree, span.start());
        }
        let thin = notes & note::THIN != 0;
        let run = Run {
            arena: super::at(span.arena()),
            start: span.start(),
            units: span.units(),
            residue: if thin { Residue::Little } else { Residue::Much },
            end: note::end(notes),
            huge: notes & note::DENSE != 0,
            thin,
            met: false,
            again: 0,
        };
        page_map::clear(run.start, run.units, true);
        // SAFETY: as the caller promises, and the map names the block no more.
        (run, unsafe { large.wipe() })
    }

    /// A part of a run, of whose last unit no more is known than of the others.
    pub(crate) fn part(
        arena: &'static Arena,
        start: usize,
        units: usize,
        residue: Residue,
        huge: bool,
    ) -> Run {
        Run { arena, start, units, residue, end: 0, huge, thin: false, met: false, again: 0 }
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.residue == Residue::Nothing
    }

    /// Gives back a run that the page map names no more. How many units it has.
    pub(crate) fn give_back(self) -> usize {
        if self.huge {
            note_dense(-(self.units as isize), -1);
        }
        self.arena.give(self.start, self.units, self.residue, self.end);
        self.units
    }
}

impl Arena {
    /// Marks a free run used; what of it went back is not missed if it is `idle` and long. What of it is resident, and how many
    /// of its units are missed.
    pub(super) fn claim(&self, unit: usize, units: usize, idle: bool) -> (Residue, usize) {
        let (mut dirty, mut thick) = (0, 0);
        self.pieces(unit, units, |region, mask| {
            debug_assert_eq!(region.used.get() & mask, 0);
            if region.used.get() | region.dirty.get() == 0 {
                self.note_new(region);
            }
            region.used.set(mask);
            let resident = region.dirty.unset(mask) & mask;
            // What is dirty is as it was when it was in use.
            region.gaps.set(mask & !resident);
            dirty += resident.count_ones();
            thick += (region.thick.get() & mask).count_ones();
            region.aged.unset(mask);
        });
        let (dirty, thick) = (dirty as usize, thick as usize);
        self.dirty.sub(dirty);
        self.thick.sub(thick);
        self.used.add(units);
        if units > dirty {
            TAKEN_CLEAN.fetch_add(units - dirty, Ordering::Relaxed);
        }
        self.lows().iter().for_each(|low| low.taken(unit, unit + units));
        let before = self.fresh.get().saturating_sub(unit).min(units);
        let again = if idle && units > MISSED { 0 } else { before.saturating_sub(dirty) };
        if again > 0 {
            RETAKEN.fetch_add(again, Ordering::Relaxed);
            self.rejoin(unit, units);
        }
        self.fresh.set(self.fresh.get().max(unit + units));
        let residue = match (dirty, thick) {
            (0, _) => Residue::Nothing,
            (_, 0) => Residue::Little,
            _ => Residue::Much,
        };
        (residue, again)
    }

    /// Takes back a run that the page map names no more, of whose last unit `end` quarters may be resident.
    pub(crate) fn give(&self, start: usize, units: usize, residue: Residue, end: usize) {
        let guard = self.lock.inherit(Rank::Arena);
        self.give_one(start, units, (residue, end), &guard);
    }

    /// The same for several runs at once, where much may be resident.
    pub(crate) fn give_all(&self, runs: impl Iterator<Item = (usize, usize)>) {
        let guard = self.lock.inherit(Rank::Arena);
        runs.for_each(|(start, units)| self.give_one(start, units, (Residue::Much, 0), &guard));
    }

    #[inline(never)]
    fn give_one(
        &self,
        start: usize,
        units: usize,
        (residue, end): (Residue, usize),
        _: &Guard<'_>,
    ) {
        let unit = (start - self.base.get()) >> UNIT_SHIFT;
        self.note_free(unit);
        let residue = match residue {
            Residue::OfRegion if self.is_advised(self.region(unit)) => Residue::Nothing,
            Residue::OfRegion => Residue::Much,
            other => other,
        };
        let (dirty, mut thick) = (residue != Residue::Nothing, 0);
        self.pieces(unit, units, |region, mask| {
            if !dirty {
                region.thick.unset(mask);
            } else if residue == Residue::Much || self.is_advised(region) {
                region.thick.set(mask);
            }
            thick += (region.thick.get() & mask).count_ones();
            if dirty {
                region.dirty.set(mask);
                region.set_end(mask, 0);
            }
            region.used.unset(mask);
        });
        let last = unit + units - 1;
        let region = self.region(last);
        if dirty && self.is_small(region) {
            region.set_end(1 << (last % REGION_UNITS), end);
        }
        note_return();
        self.thick.add(thick as usize);
        (unit..unit + units).step_by(REGION_UNITS).for_each(|unit| self.unsettle(unit));
        self.unsettle(last);
        self.used.sub(units);
        if dirty {
            self.dirty.add(units);
        }
    }
}
