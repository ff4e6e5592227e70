//! What to give back, and when.
//!
//! Free memory stays resident for a while, since the next allocation would fault it in again. Three
//! bounds hold it down without a helper thread: volume (when free dirty memory passes the limit,
//! whole regions and then the highest addresses go back at once, so that a program that frees everything and then sleeps
//! is small, unless it has shown that it will take all of it again), age (what has been free for the decay time
//! goes back at the next slow path) and growth (what has been free for a while does not take part in a new peak).
//!
//! The limit of volume is a part of what is in use, a smaller one after a peak. When much of what went back is soon
//! needed again it was too low, and rises by so much, as far as the process has been as large before, or to a quarter
//! beyond the most that was in use; when nothing is, it falls back.

use crate::arena::{Arena, Place};
use crate::sync::{AtomicU64, AtomicUsize, Ordering};
use crate::units::UNIT_SHIFT;
use crate::{arena, config, sys};

/// The least limit of volume, and the most by which large blocks raise it, and regret does, in units.
const LIMIT_LEAST: usize = (8 << 20) >> UNIT_SHIFT;
const LIMIT_MOST: usize = (256 << 20) >> UNIT_SHIFT;
const RISEN_MOST: usize = (1 << 30) >> UNIT_SHIFT;
/// What the setting is unless somebody changes it.
const LIMIT_DEFAULT: usize = (32 << 20) >> UNIT_SHIFT;
/// The limit as a part of what is in use.
const LIMIT_PART: usize = 8;
/// The same for a process that has shrunk to less than such a part of its peak: it stays small, or grows by far more.
const SHRUNK_PART: usize = 4;
const SHRUNK_LEAST: usize = (2 << 20) >> UNIT_SHIFT;
const SHRUNK_LIMIT_PART: usize = 32;

/// How many units more may stay in regions that are partly in use and on huge pages.
const BROKEN: usize = (16 << 20) >> UNIT_SHIFT;
/// And the most as a part of what is in use.
const BROKEN_PART: usize = 8;

/// A step of growth is so many units, or this part of the peak.
const STEP_LEAST: usize = (4 << 20) >> UNIT_SHIFT;
const STEP_PART: usize = 8;
/// As far as regret is more than the most that was in use, it takes a process beyond that, by such a part of it at most.
const PROVEN_PART: usize = 4;

/// How many units were resident at the last step of growth: the most until then.
static PEAK: AtomicUsize = AtomicUsize::new(0);
/// The most units that were in use when [`limit`] was asked for, and [`LIMIT_LEAST`] more.
static MOST_USED: AtomicUsize = AtomicUsize::new(0);
/// When the last tick was, in milliseconds.
static TICK: AtomicU64 = AtomicU64::new(0);
/// By how many units the limit has risen.
static RISEN: AtomicUsize = AtomicUsize::new(0);
/// How many units the last look has left for the sake of huge pages.
static EXCUSED: AtomicUsize = AtomicUsize::new(0);
/// How many units it has left since the system keeps them: they are not tried again before there are more.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// How many dirty units may stay, of `dirty`, the last of which so many units are; `most` is the setting.
fn limit(most: usize, dirty: usize, freed: usize) -> usize {
    let (part, least) = if has_shrunk(most) {
        (SHRUNK_LIMIT_PART, SHRUNK_LEAST)
    } else {
        (LIMIT_PART, LIMIT_LEAST)
    };
    let used = arena::used();
    let base = most.min(LIMIT_DEFAULT).min((used / part).max(least));
    // Who asks for less than the default gets no more than that.
    if most < LIMIT_DEFAULT {
        return base;
    }
    let usual = base + arena::dense_swing().min(LIMIT_MOST);
    // And who asks for more no less.
    let floor = if most > LIMIT_DEFAULT { most.max(usual) } else { usual };
    // Regret alone takes no process beyond the larger of two. Its peak counts by steps: otherwise what is free for a moment
    // beyond the limit would become a part of it, again and again. The other is little more than the most that was in use,
    // unless there is more regret than that.
    let most_used = MOST_USED.load(Ordering::Relaxed).max(used + freed + LIMIT_LEAST);
    MOST_USED.store(most_used, Ordering::Relaxed);
    let peak = PEAK.load(Ordering::Relaxed);
    let raised = |risen: usize| {
        let proven = most_used + risen.saturating_sub(most_used).min(most_used / PROVEN_PART);
        let room = peak.max(proven).saturating_sub(used);
        (usual + risen).min(room).max(floor)
    };
    let risen = RISEN.load(Ordering::Relaxed);
    let limit = raised(risen);
    if dirty <= limit || risen >= RISEN_MOST || arena::retaken() <= usual / 2 {
        return limit;
    }
    let rise = arena::take_retaken().min(RISEN_MOST - risen);
    RISEN.store(risen + rise, Ordering::Relaxed);
    raised(risen + rise)
}

/// Whether much less is in use than there was, and nothing has taught that it will be needed again, as nothing does where
/// somebody has set the limit.
fn has_shrunk(most: usize) -> bool {
    let part = PEAK.load(Ordering::Relaxed) / SHRUNK_PART;
    most == LIMIT_DEFAULT
        && part > LIMIT_LEAST
        && RISEN.load(Ordering::Relaxed) == 0
        && arena::used() < part
}

/// The system keeps no more units than are dirty: what it would not take back has been used again.
fn bound_kept(dirty: usize) {
    if KEPT.load(Ordering::Relaxed) > dirty {
        KEPT.store(dirty, Ordering::Relaxed);
    }
}

/// So many units of slabs may have become free by one flush of a magazine that closed any, which does not count them.
pub(crate) const FLUSHED: usize = 16;

/// Called, without locks, when runs have become free, of so many units perhaps: keeps the bound of volume.
pub(crate) fn enforce(freed: usize) {
    let (mut dirty, mut has_spare, refused) = (0, false, arena::was_refused());
    for arena in arena::all() {
        if arena.is_spare() {
            has_spare = true;
            continue;
        }
        if refused {
            arena.retreat(false);
        }
        dirty += arena.dirty();
    }
    if has_spare {
        // Threads need address space for their stacks.
        arena::release_empty();
    }
    // Quick while there is little.
    let most = config::dirty_limit() >> UNIT_SHIFT;
    if dirty <= SHRUNK_LEAST.min(most) || dirty <= LIMIT_LEAST.min(most) && !has_shrunk(most) {
        bound_kept(dirty);
        return;
    }
    let limit = limit(most, dirty, freed);
    // Who has set a lower limit gets no more than that.
    let is_usual = most >= LIMIT_DEFAULT;
    let excused = if is_usual { EXCUSED.load(Ordering::Relaxed) } else { 0 };
    if dirty <= limit + excused + KEPT.load(Ordering::Relaxed) {
        bound_kept(dirty);
        return;
    }
    let excuse = if is_usual { BROKEN.min(arena::used() / BROKEN_PART) } else { 0 };
    // What ticks have met is not of this look.
    arena::take_stuck();
    let mut excess = dirty - limit + (limit / 4).min(LIMIT_LEAST / 2);
    let give = |mut excess: usize, some: &dyn Fn(&Arena, usize) -> usize| {
        for arena in arena::all() {
            // Thin units count as less than go back.
            let before = arena.dirty();
            some(arena, before.saturating_sub(excess));
            excess -= before.saturating_sub(arena.dirty()).min(excess);
        }
        excess
    };
    let thick = |excess, place| give(excess, &|arena, keep| arena.purge_thick(place, keep));
    excess = thick(excess, Place::Whole);
    excess = thick(excess, Place::Small);
    let excused = excess.min(excuse);
    EXCUSED.store(excused, Ordering::Relaxed);
    excess = thick(excess - excused, Place::Huge);
    excess = give(excess, &|arena, keep| arena.purge(keep, false));
    KEPT.store(excess.min(arena::take_stuck()), Ordering::Relaxed);
}

/// When the last tick was.
pub(crate) fn last_tick() -> u64 {
    TICK.load(Ordering::Relaxed)
}

/// Whether a decay time has passed since the last tick; the caller that hears so does the tick.
/// The second value says that two have: everything free now is old.
pub(crate) fn due() -> Option<bool> {
    let decay = u64::from(config::decay_ms());
    // In this order: another thread may tick in between.
    let last = TICK.load(Ordering::Relaxed);
    let now = sys::now_ms();
    let since = now.saturating_sub(last);
    if last != 0 && since < decay {
        return None;
    }
    let won = TICK.compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    // The first time there is nothing to compare with.
    (won && last != 0).then_some(since >= 2 * decay)
}

/// A tick: gives back the free units that are older than a decay time.
pub(crate) fn tick(all_old: bool) {
    if arena::take_retaken() == 0 {
        let risen = RISEN.load(Ordering::Relaxed);
        RISEN.store(risen - risen.div_ceil(8), Ordering::Relaxed);
    }
    for arena in arena::all() {
        if arena.dirty() > 0 {
            arena.purge(0, !all_old);
            arena.age();
        }
    }
}

/// Called now and then, without locks: where the process has grown to a new peak, what has been free since the step
/// before goes back. So a peak has what is in use, and what comes and goes, but nothing that lies idle.
pub(crate) fn look_at_growth() {
    let Some(resident) = arena::resident_after(STEP_LEAST) else { return };
    let peak = PEAK.load(Ordering::Relaxed);
    if resident < peak + (peak / STEP_PART).max(STEP_LEAST) {
        return;
    }
    let won = PEAK.compare_exchange(peak, resident, Ordering::Relaxed, Ordering::Relaxed).is_ok();
    if !won || !config::keeps_as_usual() {
        return;
    }
    for arena in arena::all().filter(|arena| arena.dirty() > 0) {
        arena.purge_idle();
        arena.age();
    }
}

/// Allocations that failed since the last one that was relieved.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// Notes whether an allocation that had failed was relieved, or failed for good.
pub(crate) fn note_outcome<T>(found: Option<T>) -> Option<T> {
    if found.is_some() {
        FAILURES.store(0, Ordering::Relaxed);
    } else {
        FAILURES.fetch_add(1, Ordering::Relaxed);
    }
    found
}

/// Whether it is worth looking everywhere for memory. A program that goes on asking while there is
/// none gets its answer quickly: the look is made for every failure at first, then ever more rarely.
pub(crate) fn pressure() -> bool {
    let failures = FAILURES.load(Ordering::Relaxed);
    failures < 16 || failures.is_power_of_two() || failures.is_multiple_of(256)
}

/// Gives back every free unit. Returns the bytes.
pub(crate) fn everything() -> usize {
    arena::forget_growth();
    let units: usize = arena::all().map(|arena| arena.purge(0, false)).sum();
    arena::all().for_each(|arena| arena.retreat(true));
    (units << UNIT_SHIFT) + arena::release_empty()
}
