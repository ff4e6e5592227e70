//! What to give back, and when.
//!
//! Free memory stays resident for a while, since the next allocation would fault it in again. Two
//! bounds hold it down without a helper thread: volume (when free dirty memory passes the limit,
//! the highest addresses go back at once, so that a program that frees everything and then sleeps
//! is small) and age (what has been free for the decay time goes back at the next slow path).

use crate::units::UNIT_SHIFT;
use crate::{arena, config, sys};
use core::sync::atomic::{AtomicU64, Ordering};

/// When the last tick was, in milliseconds.
static TICK: AtomicU64 = AtomicU64::new(0);

/// Called, without locks, when runs have become free: keeps the bound of volume.
pub(crate) fn enforce() {
    let limit = config::dirty_limit() >> UNIT_SHIFT;
    for arena in arena::all() {
        if arena.is_spare() {
            // Threads need address space for their stacks.
            arena::release_empty();
            continue;
        }
        arena.retreat(false);
        if arena.dirty() > limit {
            arena.purge(limit - limit / 4, false);
        }
    }
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
    for arena in arena::all() {
        if arena.dirty() > 0 {
            arena.purge(0, !all_old);
            arena.age();
        }
    }
}

/// Allocations that failed since the last one that was relieved.
static FAILURES: AtomicU64 = AtomicU64::new(0);

/// An allocation failed for good.
pub(crate) fn note_failure() {
    FAILURES.fetch_add(1, Ordering::Relaxed);
}

/// Whether it is worth looking everywhere for memory. A program that goes on asking while there is
/// none gets its answer quickly: the look is made for every failure at first, then ever more rarely.
pub(crate) fn pressure() -> bool {
    let failures = FAILURES.load(Ordering::Relaxed);
    failures < 16 || failures.is_power_of_two() || failures.is_multiple_of(256)
}

/// Gives back every free unit. Returns the bytes.
pub(crate) fn everything() -> usize {
    let units: usize = arena::all().map(|arena| arena.purge(0, false)).sum();
    arena::all().for_each(|arena| arena.retreat(true));
    (units << UNIT_SHIFT) + arena::release_empty()
}
