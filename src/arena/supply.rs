//! Where runs come from: the arenas of their purpose, one more of these, and then any other.

use super::purpose::{Purpose, Wish};
use super::{Arena, FIRST, LIMITED, Run, all, is_limited, was_refused};
use crate::lock::{self, Lock, Rank};
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicU64, AtomicUsize};
use crate::units::UNIT;
use crate::{meta, page_map, sys};

/// Another arena when nothing limits the address space; those that follow are ever larger.
const OTHER_BYTES: usize = 4 << 30;
const DOUBLINGS: usize = 8;
/// The table of one more has at most such a part of the descriptors that are left.
const TABLE_PART: usize = 4;

/// Held while arenas are opened or closed.
static GROWTH: Lock = Lock::new();

/// Where memory is scarce, a search that fails begins anew, so often at most, if free runs have come meanwhile, which it
/// may have passed just before, or if a purge had some in hand.
const TRIES: usize = 64;
/// How often it looks whether that purge is done: awake, and asleep, since the other thread may need the processor.
const LOOKS_AWAKE: usize = 100;
const LOOKS: usize = 10_000;
/// How often free runs have come.
static RETURNS: AtomicUsize = AtomicUsize::new(0);
/// How many purges are at work without their arena's lock, and above that the generation of their threads: those of a
/// parent are no more. There are none that began after memory became scarce.
static AWAY: AtomicU64 = AtomicU64::new(0);

/// A run of `units` units that starts at a multiple of `align` units (a power of two).
#[inline(never)]
pub(crate) fn take(units: usize, align: usize, purpose: Purpose) -> Option<Run> {
    for _ in 0..TRIES {
        let (before, was_scarce) = (RETURNS.load(Ordering::Relaxed), is_scarce());
        let found = try_take(units, align, purpose);
        if found.is_some() || !is_scarce() {
            return found;
        }
        if !wait_for_purges() && was_scarce && RETURNS.load(Ordering::Relaxed) == before {
            return None;
        }
        sys::relax();
    }
    None
}

/// Waits for purges that have runs in hand; whether there were any.
fn wait_for_purges() -> bool {
    let is_away = || away(AWAY.load(Ordering::Relaxed), lock::generation()) != 0;
    for looks in 0..LOOKS {
        if !is_away() {
            return looks > 0;
        }
        if looks < LOOKS_AWAKE { sys::relax() } else { sys::doze() }
    }
    // Nobody purges so long: it is a parent's, or stands still.
    AWAY.store(0, Ordering::Relaxed);
    false
}

#[inline(never)]
fn try_take(units: usize, align: usize, purpose: Purpose) -> Option<Run> {
    let wish = purpose.wish();
    let search = |wish, suits: &dyn Fn(&Arena) -> bool| {
        let from = |arena: &'static Arena| arena.take(units, align, wish, true, None);
        all().filter(|arena| suits(arena)).find_map(from)
    };
    let suiting = || search(wish, &|arena| purpose.suits(arena));
    // Another thread may have grown.
    let grown = || grow(units, align, purpose).or_else(suiting);
    let other_lanes = || search(wish, &|arena| purpose.suits_in_other_lane(arena));
    let any = || search(wish.anywhere(), &|_| true);
    suiting().or_else(grown).or_else(other_lanes).or_else(any)
}

/// The same, without asking the system for anything.
pub(crate) fn take_committed(units: usize, align: usize) -> Option<Run> {
    all().find_map(|arena| arena.take(units, align, Wish::ANY, false, None))
}

/// A run of one more arena.
#[cold]
fn grow(units: usize, align: usize, purpose: Purpose) -> Option<Run> {
    let wish = purpose.wish();
    let _guard = GROWTH.inherit(Rank::Arenas);
    let bytes = units.checked_add(align)?.checked_mul(UNIT)?.checked_add(UNIT)?;
    // Those that have ended soon show that others map in between, and not that much is needed.
    let is_full_grown = |arena: &Arena| {
        arena.units.get() >= OTHER_BYTES / UNIT && !arena.is_ended.load(Ordering::Relaxed)
    };
    let alike = all().filter(|arena| purpose.suits(arena) && is_full_grown(arena)).count();
    let share = match LIMITED.load(Ordering::Relaxed) {
        0 => OTHER_BYTES << alike.min(DOUBLINGS),
        limit => (limit / 16).next_power_of_two() / 2,
    };
    // The system has refused the memory, and one more would not help; or another thread was faster.
    if all().any(|arena| purpose.suits(arena) && arena.has_room(units, align, wish.kind)) {
        return None;
    }
    let (mut slots, mut last) = (1, &FIRST);
    let mut empty = None;
    for arena in all().skip(1) {
        // Or nothing is left of one that has ended.
        if arena.base.get() == 0 || arena.units.get() == 0 {
            empty = Some(arena);
        }
        (slots, last) = (slots + 1, arena);
    }
    let arena = match empty {
        Some(arena) => arena,
        None if slots > page_map::MORE => return None,
        None => {
            let piece = meta::allocate(size_of::<Arena>())?;
            // SAFETY: a zeroed piece is a valid closed arena for slabs, and it is ours alone.
            let arena: &'static Arena = unsafe { piece.cast().as_ref() };
            arena.slot.set(slots);
            last.next.store((&raw const *arena).cast_mut(), Ordering::Release);
            arena
        }
    };
    // Nothing works without descriptors.
    let most = meta::left() / TABLE_PART / size_of::<page_map::Entry>() * UNIT;
    let mut wanted = share.min(most).max(bytes);
    // Address space may count for something, as it does when all of it is to be locked: while the
    // first arena has room, a small one would only take from the rest.
    let is_needed = is_limited() || !FIRST.has_room(units, align, wish.kind);
    let guard = arena.lock.inherit(Rank::Arena);
    arena.tenants.set(purpose.tenants());
    arena.lane.set(purpose.lane());
    loop {
        // SAFETY: the arena is closed or has no units, and we hold its lock.
        if unsafe { arena.open_other(wanted, bytes) } {
            // Before somebody else can end it, or close it.
            return arena.take(units, align, wish, true, Some(guard));
        }
        if wanted <= bytes || !is_needed {
            return None;
        }
        wanted = (wanted / 2).max(bytes);
    }
}

/// Where address space is limited, unmaps the arenas that hold nothing. Returns the bytes.
pub(crate) fn release_empty() -> usize {
    if LIMITED.load(Ordering::Relaxed) == 0 {
        return 0;
    }
    let _guard = GROWTH.inherit(Rank::Arenas);
    let mut bytes = 0;
    for arena in all().skip(1) {
        let _arena = arena.lock.inherit(Rank::Arena);
        if arena.base.get() == 0 || arena.used.get() != 0 {
            continue;
        }
        // SAFETY: we hold the lock, and the arena holds no run.
        bytes += unsafe { arena.close() };
    }
    bytes
}

/// Notes that a purge has taken runs in hand without a lock (1), or no more (-1).
pub(super) fn note_purge(more: i32) {
    let generation = lock::generation();
    let count = |word| u64::from(away(word, generation).saturating_add_signed(more));
    let next = |word| Some(u64::from(generation) << 32 | count(word));
    _ = AWAY.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
}

/// How many purges a word says to be at work.
fn away(word: u64, generation: u32) -> u32 {
    if word >> 32 == u64::from(generation) { word as u32 } else { 0 }
}

/// Whether address space is limited, or the system has refused memory.
pub(super) fn is_scarce() -> bool {
    is_limited() || was_refused()
}

/// Notes that free runs have come, where memory is limited.
pub(super) fn note_return() {
    if is_scarce() {
        RETURNS.fetch_add(1, Ordering::Relaxed);
    }
}
