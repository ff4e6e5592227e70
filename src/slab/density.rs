//! How much of a region is resident: one of small pages that has become full deserves a huge one.

use super::Slab;
use crate::arena::Arena;
use crate::page_map::{self, Entry};
use crate::units::{REGION, UNIT};
use crate::{size_class, sys};

/// So many bytes of it, of which a huge page brings the rest.
const FULL: usize = REGION - REGION / 32 * 3;

/// All pages of a slab at an address have become resident: its region goes on a huge page if it is due. Under no lock of an
/// arena.
pub(super) fn look_at_region(arena: &Arena, start: usize) {
    if arena.may_be_whole(start) && resident(start & !(REGION - 1)) >= FULL {
        arena.make_whole(start);
    }
}

/// Bytes of slabs in a region that are resident, as far as can be seen from outside.
fn resident(region: usize) -> usize {
    let slab_at = |at| page_map::entry(at).and_then(Entry::span).and_then(Slab::of);
    (region..region + REGION).step_by(UNIT).filter_map(slab_at).map(Slab::resident).sum()
}

impl Slab {
    /// How many bytes of the slab are resident, if that is known: of blocks of a page at most, all of whose pages are used, which
    /// are those of slabs of one unit. A glance.
    fn resident(&self) -> usize {
        let class = self.class();
        if self.is_mixed() || size_class::size(class) > sys::page_size() {
            return 0;
        }
        // SAFETY: the cell is this slab's, and its memory stays readable; who holds the lock of the slab's heap may be writing it.
        let touched = unsafe { self.touched.as_ptr().read_volatile() };
        (touched.count_ones() as usize * sys::page_size()).min(UNIT)
    }
}
