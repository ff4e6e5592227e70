//! The rolls of all heaps: who is on one stays on it.

use super::Heap;
use crate::slab::CALL;
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};
use core::ptr;

/// How many heaps of threads a tick looks at beside that of the thread that does it.
const LOOK_AT: usize = 8;

/// The most calls that give pages of slabs back in one look, in a process of several threads.
const CALLS_MOST: isize = 512 * CALL;

/// Heaps of threads, alive or not.
pub(crate) static THREADS: Roll = Roll::new();
/// Shards of the central heap.
pub(crate) static CENTRAL: Roll = Roll::new();
/// How many heaps of threads there are, or are being made.
pub(crate) static COUNT: AtomicUsize = AtomicUsize::new(0);
/// With so many of them more, each holds less back, and a further one costs more.
pub(crate) const HEAPS_PER_STEP: usize = 8;
/// Where the next tick goes on.
static CURSOR: AtomicPtr<Heap> = AtomicPtr::new(ptr::null_mut());

/// The newest heap of a kind; each leads to the one before it.
pub(crate) struct Roll(AtomicPtr<Heap>);

impl Roll {
    const fn new() -> Roll {
        Roll(AtomicPtr::new(ptr::null_mut()))
    }

    /// Enters a new heap, whose owner is known.
    pub(crate) fn enter(&self, heap: &'static Heap) {
        let new = (&raw const *heap).cast_mut();
        let mut newest = self.0.load(Ordering::Relaxed);
        loop {
            heap.next.store(newest, Ordering::Relaxed);
            match self.0.compare_exchange_weak(newest, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => break,
                Err(now) => newest = now,
            }
        }
    }

    /// All of them, the newest first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'static Heap> {
        self.from(ptr::null_mut())
    }

    /// `first`, or where that is null the newest, and all that are older.
    pub(crate) fn from(&self, first: *mut Heap) -> impl Iterator<Item = &'static Heap> {
        let first = if first.is_null() { self.0.load(Ordering::Acquire) } else { first };
        // SAFETY: heaps are never taken back.
        let mut next = unsafe { first.as_ref() };
        core::iter::from_fn(move || {
            let heap = next?;
            // SAFETY: as above.
            next = unsafe { heap.next.load(Ordering::Acquire).as_ref() };
            Some(heap)
        })
    }
}

impl Heap {
    /// Makes a heap without a thread the calling thread's.
    pub(crate) fn claim(&'static self) -> bool {
        let mut is_left_behind = false;
        let left_behind = || {
            is_left_behind = true;
            // SAFETY: a thread that a fork left behind is gone, and we are claiming its heap.
            unsafe { self.front.mend() };
        };
        if !self.owner.claim(left_behind) {
            return false;
        }
        let is_whole = self.lock().is_some();
        if !is_whole {
            // Where the thread vanished with its heap's lock held, the heap is lost, and stays claimed.
            self.let_go();
        } else if is_left_behind {
            // A crate that its thread was packing may be full.
            self.send_all();
        }
        is_whole
    }
}

/// How many calls, each counting [`CALL`], may give pages of slabs back in one look. Where there are several threads each of
/// them interrupts all, which takes longer than all else that is done for the pages.
pub(super) fn calls() -> isize {
    if are_several() { CALLS_MOST } else { isize::MAX }
}

/// How many heaps of threads there are, one at least.
pub(super) fn count() -> usize {
    COUNT.load(Ordering::Relaxed).max(1)
}

/// Whether there are heaps of several threads.
pub(crate) fn are_several() -> bool {
    COUNT.load(Ordering::Relaxed) > 1
}

/// The part of what it could alone that a heap may hold back where there are several: one in so many.
pub(super) fn share() -> usize {
    1 + COUNT.load(Ordering::Relaxed) / HEAPS_PER_STEP
}

/// The heaps beside `mine` that are looked at in a tick: the central ones, and a few in turn, from the first that was not
/// looked at last time.
pub(super) fn in_turn(mine: &'static Heap) -> impl Iterator<Item = &'static Heap> {
    let few = THREADS.from(CURSOR.load(Ordering::Relaxed)).take(LOOK_AT);
    let few = few
        .inspect(|heap| CURSOR.store(heap.next.load(Ordering::Acquire), Ordering::Relaxed))
        .filter(|heap| !ptr::eq(*heap, mine));
    CENTRAL.all().chain(few)
}
