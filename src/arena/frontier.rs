//! The frontier of an arena: what lies below is committed.
//!
//! Small heaps grow page by page. Huge pages spare most faults, and cost what is touched of none of
//! their 512 pages; so they come with evidence that memory is filled. Of the arena of slabs: once it is
//! large and most of it has been handed out. Of those of large blocks: once blocks that were
//! freed have turned out to be full. What an arena grows by from then on is advised, in whole
//! regions. Before that, blocks that span several regions get them for those that are neither their first nor
//! their last: many programs use a corner of a buffer.

use super::{Arena, Purpose, REFUSED, Run};
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicIsize, AtomicUsize};
use crate::units::{REGION, REGION_UNITS, UNIT, UNIT_SHIFT};
use crate::{config, sys};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// Bytes that slabs have handed out from which on they grow by huge pages.
const LARGE: usize = 4 << 20;
/// One of so many freed large blocks is looked at.
const SAMPLE: usize = 4;
/// How many words of it, one in each of so many pages, and where in the page.
const SAMPLE_WORDS: usize = 8;
const WORD_IN_PAGE: usize = 1024;
/// The average of what was found, in 256ths, weighs the last look by one part in so many.
const WEIGHT: usize = 2;
/// From this average on large blocks are said to be filled.
const FILLED: usize = 200;

/// How often blocks get huge pages of their own: each time may cost the process two of its 65,000 mappings.
const INNER_MOST: usize = 1000;

/// Bytes of slabs that may be resident.
static TOUCHED: AtomicIsize = AtomicIsize::new(0);
static LARGE_BLOCKS: Evidence = Evidence::new();
static BIG_BLOCKS: Evidence = Evidence::new();
static INNER: AtomicUsize = AtomicUsize::new(0);

/// Blocks freed, and the part of those looked at that was in use.
struct Evidence {
    freed: AtomicUsize,
    fullness: AtomicUsize,
}

impl Evidence {
    const fn new() -> Evidence {
        Evidence { freed: AtomicUsize::new(0), fullness: AtomicUsize::new(0) }
    }

    fn is_filled(&self) -> bool {
        self.fullness.load(Ordering::Relaxed) >= FILLED
    }
}

/// Counts bytes of slabs that have come into use, or gone back.
pub(crate) fn note_touched(bytes: isize) {
    TOUCHED.fetch_add(bytes, Ordering::Relaxed);
}

/// Looks, now and then, at how much of a large block that is about to be freed has been used.
///
/// # Safety
/// The block is the caller's.
pub(crate) unsafe fn note_freed(start: usize, bytes: usize) {
    let evidence = match Purpose::of_block(bytes) {
        Purpose::Big => &BIG_BLOCKS,
        _ => &LARGE_BLOCKS,
    };
    if !evidence.freed.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE) {
        return;
    }
    // What was never written reads as zero, and so may some of what was: the error is on the side of
    // small pages. The system could tell exactly, by a call that sandboxes have no reason to allow.
    let step = (bytes / SAMPLE_WORDS) & !(sys::page_size() - 1);
    if step == 0 {
        return;
    }
    // In the middle of each part: programs keep guard pages at the ends.
    let middle = ((step / 2) & !(sys::page_size() - 1)) + WORD_IN_PAGE;
    let word = |i: usize| (start + i * step + middle) as *const usize;
    // SAFETY: the words lie in the block, which the caller owns, and are aligned.
    let found = (0..SAMPLE_WORDS).filter(|&i| unsafe { word(i).read_volatile() } != 0).count();
    let found = found * 256 / SAMPLE_WORDS;
    // Looks of several threads at once may be lost.
    let average = evidence.fullness.load(Ordering::Relaxed);
    evidence.fullness.store(average - average / WEIGHT + found / WEIGHT, Ordering::Relaxed);
}

impl Arena {
    /// Commits the units below `end`, and a step more where the system allows it.
    pub(super) fn commit(&self, end: usize) -> bool {
        let frontier = self.frontier.get();
        if end <= frontier {
            return true;
        }
        let step = ((frontier - self.first.get()) / 8).clamp(STEP_LEAST, STEP_MOST);
        let mut generous = end.max(frontier + step);
        let huge = self.deserves_huge_pages();
        if huge != self.is_huge.replace(huge) {
            self.advise(huge);
        }
        if huge {
            generous = generous.next_multiple_of(REGION_UNITS);
        }
        for to in [generous.min(self.units.get()), end] {
            let (from, bytes) = (self.address(frontier), (to - frontier) << UNIT_SHIFT);
            // SAFETY: under the lock; the units lie in the reservation, past all committed ones.
            if unsafe { self.map_to(to - 1) && sys::commit(from, bytes) } {
                self.frontier.set(to);
                return true;
            }
        }
        REFUSED.store(1, Ordering::Relaxed);
        false
    }

    fn deserves_huge_pages(&self) -> bool {
        match config::huge() {
            config::Huge::Never => false,
            config::Huge::Always => true,
            config::Huge::Auto if super::is_limited() => false,
            config::Huge::Auto => match self.purpose.get() {
                Purpose::Slab => {
                    let used = self.used.load(Ordering::Relaxed) << UNIT_SHIFT;
                    let touched = TOUCHED.load(Ordering::Relaxed).max(0) as usize;
                    // Once on, a little emptiness does not turn it off.
                    let enough = if self.is_huge.get() { used / 2 } else { used - used / 4 };
                    touched >= LARGE && touched >= enough
                }
                Purpose::Large => LARGE_BLOCKS.is_filled(),
                Purpose::Big => BIG_BLOCKS.is_filled(),
            },
        }
    }

    /// Advises huge pages for the regions inside a big block that is new, but for those at its ends.
    pub(super) fn advise_inner(&self, run: &Run) {
        let auto = config::huge() == config::Huge::Auto && !super::is_limited();
        if !auto || !run.clean || self.is_huge.get() || self.purpose.get() != Purpose::Big {
            return;
        }
        let from = (run.start + 1).next_multiple_of(REGION);
        let end = (run.start + run.units * UNIT - 1) & !(REGION - 1);
        if from >= end || INNER.fetch_add(1, Ordering::Relaxed) >= INNER_MOST {
            return;
        }
        // SAFETY: the run is committed, and the caller's.
        unsafe { sys::advise_huge(from, end - from, true) };
    }

    /// Advises huge pages for the whole regions of the arena, or none any more.
    fn advise(&self, huge: bool) {
        let from = self.first.get().next_multiple_of(REGION_UNITS);
        let end = self.units.get();
        if from >= end {
            return;
        }
        // SAFETY: the units are this arena's.
        unsafe { sys::advise_huge(self.address(from), (end - from) << UNIT_SHIFT, huge) };
    }
}
