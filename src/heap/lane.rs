//! Lanes: arenas of large blocks for threads that meet at the lock of others.
//!
//! All heaps begin in the first lane, where large blocks of all threads stand close together. A heap that often finds
//! another thread at work there goes on in a lane of its own, or of few. What it frees goes back to the arena where it
//! stands, of whatever lane.

use crate::sync::{AtomicUsize, Ordering};
use crate::sys;
use core::cell::Cell;

/// Lanes for each processor, and the most of all.
const PER_PROCESSOR: usize = 2;
const MOST: usize = 16;
/// A heap leaves its lane when its meetings, each counted so many times, have outnumbered other calls by this.
const WEIGHT: u32 = 8;
const PARTING: u32 = 1024;

/// How many times heaps have parted, plus one: the next goes to this lane.
static NEXT: AtomicUsize = AtomicUsize::new(1);

/// A heap's lane. For the heap's thread alone.
pub(crate) struct Lane {
    number: Cell<usize>,
    meetings: Cell<u32>,
}

impl Lane {
    pub(crate) fn number(&self) -> usize {
        self.number.get()
    }

    /// Notes that a run has come from a lane, and whether another thread was met there.
    pub(crate) fn note(&self, from: usize, met: bool) {
        // Where there is no room for another lane, what there is serves.
        self.number.set(from);
        let meetings = self.meetings.get();
        self.meetings.set(if met { meetings + WEIGHT } else { meetings.saturating_sub(1) });
        if meetings >= PARTING {
            self.part();
        }
    }

    #[cold]
    fn part(&self) {
        let lanes = (PER_PROCESSOR * sys::processors()).clamp(2, MOST);
        self.number.set(NEXT.fetch_add(1, Ordering::Relaxed) % lanes);
        self.meetings.set(0);
    }
}
