//! Kinds of regions: where slabs that will be filled stand, and where all others do.
//!
//! The first slab of a class in a heap may stay nearly empty for ever, and hundreds of threads have dozens
//! of classes each; a further one is opened when those before it are full. So the former stand together
//! on small pages, of which only those cost memory that are touched, and the latter together on huge
//! ones. A region becomes one of a kind when the first of its units is taken, and of none when all are
//! free again.

use super::Arena;
use super::low::Low;
use super::purpose::{BIG, has_kinds};
use crate::region::Region;
use crate::sync::Ordering;
use crate::sync::lasting::AtomicUsize;
use crate::sys;
use crate::units::{REGION_UNITS, UNIT_SHIFT, align_up};

/// What a run wants of its regions.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: the arena has one kind of memory, or nothing else is left.
    Any,
    /// Small pages.
    Sparse,
    /// Huge pages.
    Dense,
}

/// What a region's word of its kind is made of. Neither of the first two: of no kind yet.
const SPARSE: u32 = 1;
const DENSE: u32 = 2;
/// Huge pages have been advised, now or before it was free.
const ADVISED: u32 = 4;
/// They would be, but parts of the region went back while others were in use: the system must not fill it up again.
const WITHDRAWN: u32 = 8;

/// How many regions may be without the advice that those beside them have, and how many are: each may cost the
/// process two of its 65,000 mappings.
const WITHDRAWN_MOST: usize = 4000;
static WITHDRAWN_NOW: AtomicUsize = AtomicUsize::new(0);

/// Notes that a region is not withdrawn any more, if it was; whether it was.
fn count_withdrawn(kind: u32) -> bool {
    let was = kind & WITHDRAWN != 0;
    if was {
        WITHDRAWN_NOW.fetch_sub(1, Ordering::Relaxed);
    }
    was
}

fn forget(region: &Region, bits: u32) {
    count_withdrawn(region.kind.fetch_and(!bits, Ordering::Relaxed) & bits);
}

/// Forgets all that is known of a region: its memory is no more.
pub(super) fn forget_all(region: &Region) {
    forget(region, u32::MAX);
}

impl Kind {
    fn bit(self) -> u32 {
        match self {
            Kind::Any => 0,
            Kind::Sparse => SPARSE,
            Kind::Dense => DENSE,
        }
    }

    /// That of a region.
    pub(super) fn of(region: &Region) -> Kind {
        match region.kind.load(Ordering::Relaxed) & (SPARSE | DENSE) {
            SPARSE => Kind::Sparse,
            DENSE => Kind::Dense,
            _ => Kind::Any,
        }
    }

    /// Which of the arena's marks tells where such runs begin.
    pub(super) fn marks(self) -> usize {
        self as usize
    }

    /// Whether a region may serve a run of this kind.
    fn suits(self, region: &Region) -> bool {
        let other = (SPARSE | DENSE) & !self.bit();
        self == Kind::Any || region.kind.load(Ordering::Relaxed) & other == 0
    }
}

impl Arena {
    /// The lowest run of `units` free units at a multiple of `align` units, in regions of a kind.
    pub(super) fn find(&self, units: usize, align: usize, kind: Kind) -> Option<usize> {
        let aligned = |unit: usize| {
            let address = self.base.get() + (unit << UNIT_SHIFT);
            (align_up(address, align << UNIT_SHIFT) - self.base.get()) >> UNIT_SHIFT
        };
        let low = &self.low[kind.marks()];
        let mut at = low.start(units);
        let found = loop {
            at = aligned(self.regions.get().next_free(at, self.frontier.get()));
            if at.checked_add(units).is_none_or(|end| end > self.units.get()) {
                break None;
            }
            if let Some(used) = self.next_used(at, at + units) {
                at = used + 1;
            } else if let Some(other) = self.next_unsuited(at, at + units, kind) {
                at = other + REGION_UNITS;
            } else {
                break Some(at);
            }
        };
        if align == 1 {
            low.none_below(units, at);
        }
        found
    }

    /// The first unit of the first region of another kind that `at..end` has a part in. Past the frontier
    /// none has a kind.
    fn next_unsuited(&self, at: usize, end: usize, kind: Kind) -> Option<usize> {
        if kind == Kind::Any {
            return None;
        }
        let first = at & !(REGION_UNITS - 1);
        let known = end.min(self.frontier.get());
        (first..known).step_by(REGION_UNITS).find(|&unit| !kind.suits(self.region(unit)))
    }

    /// Makes the regions of a run that has just been taken regions of its kind. Under the lock; the run is
    /// committed, and for a dense one all of its regions. Of a big block only the region where it begins can be
    /// sparse: who uses a corner of it does not come to the others.
    pub(super) fn settle(&self, first: usize, units: usize, kind: Kind) {
        if kind == Kind::Any {
            return;
        }
        let (end, is_big) = (first + units, units >= BIG >> UNIT_SHIFT);
        let is_inner = |unit: usize| is_big && unit > first && end - unit >= REGION_UNITS / 2;
        for unit in (first & !(REGION_UNITS - 1)..end).step_by(REGION_UNITS) {
            let kind = if is_inner(unit) { Kind::Dense } else { kind };
            let region = self.region(unit);
            let before = region.kind.load(Ordering::Relaxed);
            if before & (SPARSE | DENSE) != 0 {
                continue;
            }
            let (is_advised, wanted) = (before & ADVISED != 0, kind == Kind::Dense);
            if is_advised != wanted {
                self.advise_region(unit, wanted);
            }
            let advised = if wanted { ADVISED } else { 0 };
            region.kind.store(kind.bit() | advised, Ordering::Relaxed);
            count_withdrawn(before);
        }
    }

    /// Units of a region have become free: if all have, it is of no kind, and nothing is broken up. Under the
    /// lock.
    pub(super) fn unsettle(&self, unit: usize) {
        let region = self.region(unit);
        let kind = region.kind.load(Ordering::Relaxed);
        if kind & (SPARSE | DENSE | WITHDRAWN) == 0 || region.used.load(Ordering::Relaxed) != 0 {
            return;
        }
        if kind & (SPARSE | DENSE) == 0 {
            self.restore(unit);
            return;
        }
        region.kind.store(kind & ADVISED, Ordering::Relaxed);
        count_withdrawn(kind);
        self.note_free(unit & !(REGION_UNITS - 1));
    }

    /// The memory from `unit` to `end` is a new mapping, without advice. A region of which that is a part gets it
    /// anew.
    pub(super) fn renew_advice(&self, unit: usize, end: usize) {
        let whole = unit.next_multiple_of(REGION_UNITS);
        if whole > unit && self.region(unit).kind.load(Ordering::Relaxed) & ADVISED != 0 {
            let units = whole.min(self.units.get()) - unit;
            // SAFETY: the units are this arena's.
            unsafe { sys::advise_huge(self.address(unit), units << UNIT_SHIFT, true) };
        }
        for unit in (whole..end).step_by(REGION_UNITS) {
            forget(self.region(unit), ADVISED | WITHDRAWN);
        }
    }

    /// Units from here on have become free.
    pub(super) fn note_free(&self, unit: usize) {
        self.lows().iter().for_each(|low| low.freed(unit));
    }

    /// The marks that are in use.
    pub(super) fn lows(&self) -> &[Low] {
        if has_kinds() { &self.low } else { &self.low[..1] }
    }

    /// Whether a region is to be on huge pages.
    pub(super) fn wants_huge_pages(&self, region: &Region) -> bool {
        self.is_huge.load(Ordering::Relaxed) || region.kind.load(Ordering::Relaxed) & DENSE != 0
    }

    /// Whether it may be on one, perhaps from before it was free: nothing has broken it up.
    pub(super) fn is_on_huge_pages(&self, region: &Region) -> bool {
        let kind = region.kind.load(Ordering::Relaxed);
        (self.wants_huge_pages(region) || kind & ADVISED != 0) && kind & WITHDRAWN == 0
    }

    /// Takes back the advice for the region of a unit, parts of which go back to the system. Under the lock.
    pub(super) fn withdraw(&self, unit: usize) {
        let region = self.region(unit);
        let is_many = WITHDRAWN_NOW.load(Ordering::Relaxed) >= WITHDRAWN_MOST;
        if is_many || !self.is_on_huge_pages(region) {
            return;
        }
        WITHDRAWN_NOW.fetch_add(1, Ordering::Relaxed);
        region.kind.fetch_or(WITHDRAWN, Ordering::Relaxed);
        region.kind.fetch_and(!ADVISED, Ordering::Relaxed);
        self.advise_region(unit, false);
    }

    /// Gives the region of a unit its advice again, if that was taken back; whether it was. Under the lock.
    pub(super) fn restore(&self, unit: usize) -> bool {
        let region = self.region(unit);
        let kind = region.kind.fetch_and(!WITHDRAWN, Ordering::Relaxed);
        let was_withdrawn = count_withdrawn(kind);
        if was_withdrawn {
            if !self.is_huge.load(Ordering::Relaxed) {
                region.kind.fetch_or(ADVISED, Ordering::Relaxed);
            }
            self.advise_region(unit, true);
        }
        was_withdrawn
    }

    fn advise_region(&self, unit: usize, huge: bool) {
        let first = (unit & !(REGION_UNITS - 1)).max(self.first.get());
        let end = ((unit | (REGION_UNITS - 1)) + 1).min(self.units.get());
        // SAFETY: the units are this arena's.
        unsafe { sys::advise_huge(self.address(first), (end - first) << UNIT_SHIFT, huge) };
    }

    #[cfg(any(test, debug_assertions))]
    pub(super) fn check_low(&self) {
        let end = self.frontier.get();
        let is_free = |unit: usize| self.next_used(unit, unit + 1).is_none();
        let kinds = [Kind::Any, Kind::Sparse, Kind::Dense];
        for &kind in &kinds[..self.lows().len()] {
            let suits = |unit| is_free(unit) && kind.suits(self.region(unit));
            self.low[kind.marks()].check(end, suits);
        }
    }
}
