//! Evidence that memory is filled.
//!
//! Huge pages spare most faults, and cost what is touched of none of their 512 pages. So large blocks get them
//! once those that were freed have turned out to be full; slabs by their kind (see the kind module), once there
//! are some.

use super::Purpose;
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicIsize, AtomicUsize};
use crate::sys;

/// So many freed large blocks are looked at to begin with, and then one of so many.
const SAMPLE_FIRST: usize = 8;
const SAMPLE: usize = 4;
/// How many cache lines of it, one in each of so many pages, and where in the page: not where records that
/// fill a power of two begin, whose first words are often zero.
const SAMPLE_LINES: usize = 8;
const LINE_IN_PAGE: usize = 1024 + 64;
const LINE_WORDS: usize = 8;
/// The average of what was found, in 256ths, weighs the last look by one part in so many.
const WEIGHT: usize = 4;
/// From this average on large blocks are said to be filled.
const FILLED: usize = 200;

/// Bytes of slabs that may be resident.
static TOUCHED: AtomicIsize = AtomicIsize::new(0);
pub(super) static LARGE_BLOCKS: Evidence = Evidence::new();
pub(super) static BIG_BLOCKS: Evidence = Evidence::new();

/// Blocks freed, and the part of those looked at that was in use.
pub(super) struct Evidence {
    freed: AtomicUsize,
    fullness: AtomicUsize,
}

impl Evidence {
    const fn new() -> Evidence {
        Evidence { freed: AtomicUsize::new(0), fullness: AtomicUsize::new(0) }
    }

    pub(super) fn is_filled(&self) -> bool {
        self.fullness.load(Ordering::Relaxed) >= FILLED
    }
}

/// Counts bytes of slabs that have come into use, or gone back.
pub(crate) fn note_touched(bytes: isize) {
    TOUCHED.fetch_add(bytes, Ordering::Relaxed);
}

/// Bytes of slabs that may be resident.
pub(super) fn touched() -> usize {
    TOUCHED.load(Ordering::Relaxed).max(0) as usize
}

/// Whether most of a new large block is likely to be used.
pub(crate) fn is_likely_filled(bytes: usize) -> bool {
    of(bytes).is_filled()
}

fn of(bytes: usize) -> &'static Evidence {
    match Purpose::of_block(bytes) {
        Purpose::Big => &BIG_BLOCKS,
        _ => &LARGE_BLOCKS,
    }
}

/// Looks, now and then, at how much of a large block that is about to be freed has been used: whether most of
/// it, if this was looked at.
///
/// # Safety
/// The block is the caller's.
pub(crate) unsafe fn note_freed(start: usize, bytes: usize) -> Option<bool> {
    let evidence = of(bytes);
    let freed = evidence.freed.fetch_add(1, Ordering::Relaxed);
    if freed >= SAMPLE_FIRST && !freed.is_multiple_of(SAMPLE) {
        return None;
    }
    // What was never written reads as zero, and so may some of what was: the error is on the side of
    // small pages. The system could tell exactly, by a call that sandboxes have no reason to allow.
    let step = (bytes / SAMPLE_LINES) & !(sys::page_size() - 1);
    if step == 0 {
        return None;
    }
    // In the middle of each part: programs keep guard pages at the ends.
    let middle = ((step / 2) & !(sys::page_size() - 1)) + LINE_IN_PAGE;
    let line = |i: usize| (start + i * step + middle) as *const [usize; LINE_WORDS];
    // SAFETY: the lines lie in the block, which the caller owns, and are aligned.
    let is_used = |&i: &usize| unsafe { line(i).read_volatile() } != [0; LINE_WORDS];
    let found = (0..SAMPLE_LINES).filter(is_used).count() * 256 / SAMPLE_LINES;
    // Looks of several threads at once may be lost.
    let average = evidence.fullness.load(Ordering::Relaxed);
    evidence.fullness.store(average - average / WEIGHT + found / WEIGHT, Ordering::Relaxed);
    Some(found >= FILLED)
}
