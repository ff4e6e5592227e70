//! Kinds of regions: where runs that will be filled stand, and where all others do.
//!
//! The latter stand together on small pages, of which only those cost memory that are touched, and the former
//! together on huge ones. A region becomes one of a kind when the first of its units is taken, and of none when
//! all are free again. One of the former that has become full all the same becomes one of the latter.

use super::evidence::touched;
use super::low::Low;
use super::purpose::{BIG, Tenants, has_kinds, is_to_wait};
use super::supply::is_scarce;
use super::{Arena, is_limited, was_refused};
use crate::region::Region;
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicIsize, AtomicU32};
use crate::units::{REGION_UNITS, UNIT_SHIFT, align_up};
use crate::{lock, sys};

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
/// Since then it is on small ones, advised or not, also what becomes resident: the system keeps its table of pages.
const SMALL: u32 = 16;
/// How often a region in that state has been full, and above that how often it was put together for that.
const TIME: u32 = 1 << 8;
const TIMES: u32 = 0xff * TIME;
const TURN: u32 = 1 << 16;
/// After so many it takes no more times to be full.
const TURNS_MOST: u32 = 3;
/// Above that [`forks`] when its pages were new.
const FORK: u32 = 24;
static FORKS: AtomicU32 = AtomicU32::new(0);

/// After a fork, in the parent: what is resident belongs to two.
pub(crate) fn note_fork() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The lowest bits of how many forks there have been, by this process and on the way to it.
fn forks() -> u32 {
    FORKS.load(Ordering::Relaxed).wrapping_add(lock::generation()) << FORK >> FORK
}

/// So many of the first regions of slabs, where they are sparse, are left to the system's own setting until others have to
/// be told: for a small process the call costs more than it brings.
const UNTOLD_REGIONS: usize = 4;
/// From so many bytes of resident slabs on, of which what a huge page brings too much is little.
const WORTH_FILLING: usize = 8 << 20;
/// How many units of a region may not be resident all over for a huge page to bring little that is not there.
const GAPS_MOST: u32 = 3;

/// How often regions with advice and without may follow each other, and how often they do: each time may cost the
/// process two of its 65,000 mappings. Past that regions keep what they have.
const SEAMS_MOST: isize = 4000;
static SEAMS: AtomicIsize = AtomicIsize::new(0);

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
        match region.kind.get() & (SPARSE | DENSE) {
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
        self == Kind::Any || region.kind.get() & other == 0
    }
}

/// So many units of a region where others have some may be had at once.
pub(crate) const SOME: usize = 16;

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

    /// Whether a free unit, which is committed, is the first of a region that would be on a huge page, is committed, too, and
    /// in which nothing is used.
    pub(super) fn is_first_in(&self, unit: usize, kind: Kind) -> bool {
        self.is_on_huge(kind)
            && unit.is_multiple_of(REGION_UNITS)
            && unit + REGION_UNITS <= self.frontier.get()
            && self.region(unit).used.get() == 0
    }

    /// How many units, `most` at most, are free from `unit` on in its region, resident as that one is: all of a region only where
    /// nothing is used there, else some; none where memory is scarce.
    pub(super) fn alike(&self, unit: usize, kind: Kind, most: usize) -> usize {
        if most == 0 || is_scarce() {
            return 0;
        }
        if most >= REGION_UNITS && self.is_first_in(unit, kind) {
            return REGION_UNITS;
        }
        let (region, bit) = (self.region(unit), unit % REGION_UNITS);
        let differs = |word: u32| if word >> bit & 1 != 0 { !word } else { word };
        let others = region.used.get() | differs(region.dirty.get()) | differs(region.thick.get());
        let known = self.frontier.get().saturating_sub(unit);
        let units = ((others >> bit).trailing_zeros() as usize).min(REGION_UNITS - bit);
        units.min(known).min(most).min(SOME)
    }

    /// Advises huge pages for new regions, all at once; not where regions with advice and without follow each other so often
    /// that those that are to be on small pages could not have theirs any more.
    pub(super) fn advise_ahead(&self, unit: usize, end: usize) {
        if SEAMS.load(Ordering::Relaxed) < SEAMS_MOST / 2 {
            self.advise(unit, end, true);
        }
    }

    /// Whether regions of a kind are on huge pages from the start, and may be had as a whole: the system has refused nothing.
    pub(super) fn is_on_huge(&self, kind: Kind) -> bool {
        kind == Kind::Dense && !is_to_wait(self.tenants.get()) && !was_refused()
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
    /// sparse, and that of its end: who uses a corner of it does not come to the others; but where next to nothing of such
    /// blocks is used, here and there, all are. Sparse runs take what is
    /// resident as it is. A dense region that others will share is touched here: threads that do so at the same time
    /// each get a huge page from the system and zero it, and all but one then throw theirs away.
    pub(super) fn settle(
        &self,
        first: usize,
        units: usize,
        (kind, idle): (Kind, bool),
        is_clean: bool,
    ) {
        if kind == Kind::Any {
            return;
        }
        let (end, is_big) = (first + units, units >= BIG >> UNIT_SHIFT && !idle);
        let is_inner = |unit: usize| is_big && unit > first && end - unit > REGION_UNITS;
        let shared = self.region(first);
        let waits = is_to_wait(self.tenants.get());
        let is_new = shared.kind.get() & (SPARSE | DENSE) == 0;
        // Some systems give huge pages without advice: what is to be on small ones is told so before it is touched, but for
        // the first slabs of a small process.
        let is_beyond = first - self.first.get() >= UNTOLD_REGIONS * REGION_UNITS;
        let stays_small =
            kind == Kind::Sparse && (self.tenants.get() != Tenants::Slabs || is_beyond);
        if waits && kind == Kind::Dense || stays_small {
            self.make_plain();
        }
        // Regions that are to have the same advice are advised together.
        let (mut from, mut to, mut advice) = (0, 0, false);
        for unit in (first & !(REGION_UNITS - 1)..end).step_by(REGION_UNITS) {
            let region = self.region(unit);
            let before = region.kind.get();
            if before & (SPARSE | DENSE) != 0 {
                continue;
            }
            let kind = if is_inner(unit) { Kind::Dense } else { kind };
            region.kind.set(kind.bit());
            let is_resident = !is_clean || region.dirty.get() != 0;
            let wanted = kind == Kind::Dense && !waits || is_resident && self.is_advised(region);
            if self.is_advised(region) != wanted {
                if unit != to || wanted != advice {
                    self.advise(from, to, advice);
                    (from, advice) = (unit, wanted);
                }
                to = unit + REGION_UNITS;
            }
        }
        self.advise(from, to, advice);
        let is_touched = !is_clean || shared.dirty.get() != 0 || units >= REGION_UNITS;
        if is_new && kind == Kind::Dense && !is_touched && self.is_advised(shared) {
            // SAFETY: the unit is committed, zero, and the run's.
            unsafe { sys::touch(self.address(first)) };
        }
    }

    /// Units of a region have become free: if all have, it is of no kind, and nothing is broken up. Under the
    /// lock.
    pub(super) fn unsettle(&self, unit: usize) {
        let region = self.region(unit);
        let kind = region.kind.get();
        if kind & (SPARSE | DENSE | WITHDRAWN) == 0 || region.used.get() != 0 {
            return;
        }
        if self.is_huge.load(Ordering::Relaxed) {
            self.restore(unit);
        } else {
            // Who takes it next sees to its advice.
            region.kind.unset(SPARSE | DENSE | WITHDRAWN);
        }
        self.note_free(unit & !(REGION_UNITS - 1));
    }

    /// The memory from `unit` to `end` is a new mapping, without advice: it gets that of the arena, and a region of
    /// which it is a part its own.
    pub(super) fn renew_advice(&self, unit: usize, end: usize) {
        // SAFETY: the units are this arena's.
        let advise = |to: usize| unsafe {
            sys::advise_huge(self.address(unit), (to - unit) << UNIT_SHIFT, true);
        };
        if self.is_huge.load(Ordering::Relaxed) {
            advise(end);
        }
        if self.is_plain.get() {
            self.tell_plain(unit, end);
        }
        let whole = unit.next_multiple_of(REGION_UNITS);
        if whole > unit && self.is_advised(self.region(unit)) {
            advise(whole.min(end));
        }
    }

    /// Forgets what is known of the regions that begin from `from` to `to`, behind which is nothing: their memory is
    /// no more.
    pub(super) fn forget(&self, from: usize, to: usize) {
        let is_huge = self.is_huge.load(Ordering::Relaxed);
        let is_one = |unit: usize| self.is_advised(self.region(unit));
        let mut seams = 0;
        let mut before = from > self.first.get() && is_one(from - 1);
        for unit in (from..to).step_by(REGION_UNITS) {
            let region = self.region(unit);
            let now = is_one(unit);
            seams += isize::from(if is_huge { self.is_withdrawn(region) } else { now && !before });
            before = now;
            region.kind.replace(0);
        }
        SEAMS.fetch_sub(seams, Ordering::Relaxed);
    }

    /// Units from here on have become free.
    pub(super) fn note_free(&self, unit: usize) {
        self.lows().iter().for_each(|low| low.freed(unit));
    }

    /// The marks that are in use.
    pub(super) fn lows(&self) -> &[Low] {
        if has_kinds() { &self.low } else { &self.low[..1] }
    }

    /// Whether a region has the advice to be on huge pages: nothing has broken it up, and all of it may be resident.
    pub(super) fn is_advised(&self, region: &Region) -> bool {
        let kind = region.kind.get();
        kind & WITHDRAWN == 0 && (kind & ADVISED != 0 || self.is_huge.load(Ordering::Relaxed))
    }

    /// Whether it has been on small pages alone since its memory was new.
    pub(super) fn is_small(&self, region: &Region) -> bool {
        !self.is_advised(region) && region.kind.get() & (SMALL | WITHDRAWN) == 0
    }

    /// Whether advice was taken from it.
    pub(super) fn is_withdrawn(&self, region: &Region) -> bool {
        region.kind.get() & WITHDRAWN != 0
    }

    /// Gives the regions of a run their advice again in which nothing is free. Under the lock.
    pub(super) fn restore_full(&self, unit: usize, units: usize) {
        for unit in (unit & !(REGION_UNITS - 1)..unit + units).step_by(REGION_UNITS) {
            let region = self.region(unit);
            // Dirty units that are used are in the hands of a purge.
            if region.used.get() == u32::MAX && region.dirty.get() == 0 && !self.restore(unit) {
                self.put_together(unit);
            }
        }
    }

    /// Sees to the regions of a run that has been taken. Whether it stands on huge pages. Under the lock.
    #[inline(never)]
    pub(super) fn fill(&self, unit: usize, units: usize) -> bool {
        self.restore_full(unit, units);
        let region = self.region(unit);
        let huge = self.is_advised(region) && region.kind.get() & SMALL == 0;
        // Of large blocks parts go back that nobody tells of.
        if huge && self.tenants.get() == Tenants::Slabs && !is_limited() {
            self.close_gaps(unit, units);
        }
        huge
    }

    /// All of a run that is in use is resident, or will be when it is touched. Under the lock.
    pub(super) fn close_gaps(&self, unit: usize, units: usize) {
        self.pieces(unit, units, |region, mask| _ = region.gaps.unset(mask));
    }

    /// Puts the region of a unit, which is full, on a huge page if it is a dense one that has waited to be, a sparse one that
    /// [`is_filled`](Arena::is_filled), or one that [`is_due`](Arena::is_due). Under the lock.
    fn put_together(&self, unit: usize) {
        let region = self.region(unit);
        if !self.is_advised(region) {
            let has_waited = Kind::of(region) == Kind::Dense;
            if has_waited || self.is_filled(region) {
                if self.advise(unit, unit + 1, true) {
                    region.kind.replace(region.kind.get() & !SPARSE | DENSE);
                    if !self.join(unit) {
                        region.kind.set(SMALL);
                    }
                } else if !has_waited {
                    // Not tried again.
                    region.kind.set(SMALL);
                }
            }
        } else if self.is_due(region) && self.join(unit) {
            if self.turns(region) < TURNS_MOST {
                region.kind.replace(region.kind.get() + TURN);
            }
            self.note_whole(region);
        }
    }

    /// Whether a sparse region, which is full, deserves a huge page all the same: what that brings too much is little of it, and of
    /// what the process has.
    fn is_filled(&self, region: &Region) -> bool {
        self.tenants.get() == Tenants::Slabs
            && region.kind.get() & (SPARSE | WITHDRAWN | SMALL) == SPARSE
            && region.gaps.get().count_ones() <= GAPS_MOST
            && touched() >= WORTH_FILLING
            && self.is_private(region)
            && !was_refused()
    }

    /// Counts a time that an advised region is full; whether it has been so often enough to be put together: it was on small
    /// pages before, nothing has been broken up since, and nothing would come that is not there. How often that is
    /// quadruples each time. A page that another process has, too, would be copied.
    fn is_due(&self, region: &Region) -> bool {
        let kind = region.kind.get();
        if kind & SMALL == 0 || region.gaps.get() != 0 || !self.is_private(region) {
            return false;
        }
        let is_due = ((kind & TIMES) / TIME + 1) >> (2 * self.turns(region)) != 0;
        if !is_due {
            region.kind.replace(kind + TIME);
        }
        is_due
    }

    /// How often a region was put together for having been full.
    fn turns(&self, region: &Region) -> u32 {
        region.kind.get() / TURN % (TURNS_MOST + 1)
    }

    /// The pages of a region will be new: it is free, and nothing of it resident.
    pub(super) fn note_new(&self, region: &Region) {
        region.kind.replace(region.kind.get() % TURN + (forks() << FORK));
    }

    /// Whether what is resident of a region is this process's alone, as far as is known.
    pub(super) fn is_private(&self, region: &Region) -> bool {
        region.kind.get() >> FORK == forks()
    }

    /// What is in use of a region is on a huge page, or will be when it is touched.
    pub(super) fn note_whole(&self, region: &Region) {
        region.kind.unset(SMALL | TIMES);
    }

    /// Pages of a region without advice went back: a dense one that waits to be full is not put together then, which
    /// would bring them again.
    pub(super) fn note_gap(&self, region: &Region) {
        if Kind::of(region) == Kind::Dense {
            self.note_broken(region);
        }
    }

    fn note_broken(&self, region: &Region) {
        region.kind.replace(region.kind.get() & !TIMES | WITHDRAWN | SMALL);
    }

    /// Takes back the advice for the region of a unit, parts of which go back to the system. Under the lock.
    pub(super) fn withdraw(&self, unit: usize) {
        let region = self.region(unit);
        if self.is_advised(region) && self.advise(unit, unit + 1, false) {
            self.note_broken(region);
        }
    }

    /// Gives the region of a unit its advice again, if that was taken back; whether it was. Under the lock.
    pub(super) fn restore(&self, unit: usize) -> bool {
        let region = self.region(unit);
        self.is_withdrawn(region) && self.advise(unit, unit + 1, true)
    }

    /// Advises huge pages, or none, for the regions that `unit..end` has a part in, none of which have that advice.
    /// False when there are too many seams, or the system cannot. Under the lock.
    fn advise(&self, unit: usize, end: usize, huge: bool) -> bool {
        if unit == end {
            return true;
        }
        self.make_plain();
        let (from, to) = (unit & !(REGION_UNITS - 1), end.next_multiple_of(REGION_UNITS));
        let more = if huge { self.seams(from, to) } else { -self.seams(from, to) };
        if more > 0 && SEAMS.load(Ordering::Relaxed) >= SEAMS_MOST {
            return false;
        }
        let (first, last) = (from.max(self.first.get()), to.min(self.mapped_end()));
        // SAFETY: the units are this arena's.
        let done =
            unsafe { sys::advise_huge(self.address(first), (last - first) << UNIT_SHIFT, huge) };
        if !done && huge {
            // Of several mappings some may have it.
            self.tell_plain(first, last);
        }
        if done {
            SEAMS.fetch_add(more, Ordering::Relaxed);
            for unit in (from..to).step_by(REGION_UNITS) {
                let region = self.region(unit);
                region.kind.unset(WITHDRAWN | ADVISED);
                region.kind.set(if huge { ADVISED } else { 0 });
                if huge {
                    let thin = region.dirty.get() & !region.thick.get();
                    region.thick.set(region.dirty.get() | region.used.get());
                    self.thick.add(thin.count_ones() as usize);
                }
            }
        }
        done
    }

    /// Where regions are of kinds, those without advice are all told to be on small pages, before the first gets any:
    /// a region that had advice is one mapping with its neighbours then.
    fn make_plain(&self) {
        if has_kinds() && !self.is_plain.get() {
            self.tell_plain(self.first.get(), self.mapped_end());
            self.is_plain.set(true);
        }
    }

    #[inline(never)]
    fn tell_plain(&self, from: usize, to: usize) {
        // SAFETY: the units are this arena's.
        unsafe { sys::advise_huge(self.address(from), (to - from) << UNIT_SHIFT, false) };
    }

    /// How many seams more there are when `from..to`, whole regions, get the advice.
    fn seams(&self, from: usize, to: usize) -> isize {
        if self.is_huge.load(Ordering::Relaxed) {
            return -1;
        }
        let before = if from > self.first.get() { self.is_advised_at(from - 1) } else { 0 };
        1 - before - self.is_advised_at(to)
    }

    /// 1 for a unit below the frontier whose region is advised.
    fn is_advised_at(&self, unit: usize) -> isize {
        isize::from(unit < self.frontier.get() && self.is_advised(self.region(unit)))
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
