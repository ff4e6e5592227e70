//! The frontier of an arena: what lies below is committed.
//!
//! Small heaps grow page by page, and arenas whose memory is filled (see the evidence module) by huge
//! pages, in whole regions. Before that, blocks that span several regions get them for those that are
//! neither their first nor their last: many programs use a corner of a buffer.

use super::evidence::{BIG_BLOCKS, LARGE_BLOCKS, touched};
use super::{Arena, Purpose, REFUSED, Run};
use crate::sync::Ordering;
use crate::sync::lasting::AtomicUsize;
use crate::units::{REGION, REGION_UNITS, UNIT, UNIT_SHIFT};
use crate::{config, sys};

/// Units are committed in steps that grow with the arena between these bounds.
const STEP_LEAST: usize = 4;
pub(super) const STEP_MOST: usize = 64;
/// Bytes that slabs have handed out from which on they grow by huge pages.
const LARGE: usize = 4 << 20;
/// How often blocks get huge pages of their own: each time may cost the process two of its 65,000 mappings.
const INNER_MOST: usize = 1000;

/// How often they have got them.
static INNER: AtomicUsize = AtomicUsize::new(0);

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
                    // Once on, a little emptiness does not turn it off.
                    let enough = if self.is_huge.get() { used / 2 } else { used - used / 4 };
                    touched() >= LARGE.max(enough)
                }
                Purpose::Large => LARGE_BLOCKS.is_filled(),
                Purpose::Big => BIG_BLOCKS.is_filled(),
            },
        }
    }

    /// Advises huge pages for the regions inside a big block that is new, but for those at its ends. Under
    /// the lock.
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
