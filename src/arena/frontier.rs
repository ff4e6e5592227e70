//! The frontier of an arena: what lies below is committed.
//!
//! Small heaps grow page by page. Huge pages spare most faults, and cost what is touched of none of
//! their 512 pages; so they come with evidence that memory is filled. Of the arena of slabs: once it is
//! large and nearly all of it has been handed out. Of those of large blocks: once blocks that were
//! freed have turned out to be full. What an arena grows by from then on is advised, in whole
//! regions. Blocks that span several huge pages get them at once: they lose the rest of one at most.

use super::purpose::BIG;
use super::{Arena, Purpose, REFUSED};
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicIsize, AtomicUsize};
use crate::units::{REGION_UNITS, UNIT_SHIFT};
use crate::{config, sys};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// Bytes that slabs have handed out from which on they grow by huge pages.
const LARGE: usize = 8 << 20;
/// One of so many freed large blocks is looked at.
const SAMPLE: usize = 4;
/// How many words of it, one in each of so many pages, and where in the page.
const SAMPLE_WORDS: usize = 8;
const WORD_IN_PAGE: usize = 1024;
/// The average of what was found, in 256ths, weighs the last look by one part in so many.
const WEIGHT: usize = 2;
/// From this average on large blocks are said to be filled.
const FILLED: usize = 200;

/// Bytes of slabs that may be resident.
static TOUCHED: AtomicIsize = AtomicIsize::new(0);
/// Large blocks freed, and the part of those looked at that was in use.
static FREED: AtomicUsize = AtomicUsize::new(0);
static FULLNESS: AtomicUsize = AtomicUsize::new(0);

/// Counts bytes of slabs that have come into use, or gone back.
pub(crate) fn note_touched(bytes: isize) {
    TOUCHED.fetch_add(bytes, Ordering::Relaxed);
}

/// Looks, now and then, at how much of a large block that is about to be freed has been used.
///
/// # Safety
/// The block is the caller's.
pub(crate) unsafe fn note_freed(start: usize, bytes: usize) {
    if bytes >= BIG || !FREED.fetch_add(1, Ordering::Relaxed).is_multiple_of(SAMPLE) {
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
    let average = FULLNESS.load(Ordering::Relaxed);
    FULLNESS.store(average - average / WEIGHT + found / WEIGHT, Ordering::Relaxed);
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
                    let enough = if self.is_huge.get() { used / 2 } else { used - used / 8 };
                    touched >= LARGE && touched >= enough
                }
                Purpose::Large => FULLNESS.load(Ordering::Relaxed) >= FILLED,
                Purpose::Big => true,
            },
        }
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
