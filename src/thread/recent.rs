//! The heaps that threads got last.
//!
//! Where many threads begin at once and few run at a time, the next one to run is to find what the one before it has left
//! in the caches, and not the heap that has been without a thread for longest.

use crate::heap::Heap;
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};
use core::ptr;

/// So many times are known.
const KNOWN: usize = 8;

/// Without a lock: a place in which several threads note a heap at once keeps one of them.
pub(super) struct Recent {
    heaps: [AtomicPtr<Heap>; KNOWN],
    count: AtomicUsize,
}

/// Those of this process.
pub(super) static RECENT: Recent = Recent::new();

impl Recent {
    const fn new() -> Recent {
        Recent {
            heaps: [const { AtomicPtr::new(ptr::null_mut()) }; KNOWN],
            count: AtomicUsize::new(0),
        }
    }

    /// Notes that a thread gets a heap.
    pub(super) fn note(&self, heap: &'static Heap) {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        self.heaps[count % KNOWN].store(ptr::from_ref(heap).cast_mut(), Ordering::Release);
    }

    /// The last ones, the very last first. One may come more than once.
    pub(super) fn newest_first(&self) -> impl Iterator<Item = &'static Heap> {
        let count = self.count.load(Ordering::Relaxed);
        let at = move |back: usize| &self.heaps[count.wrapping_sub(back) % KNOWN];
        // SAFETY: heaps are never taken back.
        (1..=KNOWN).filter_map(move |back| unsafe { at(back).load(Ordering::Acquire).as_ref() })
    }
}
