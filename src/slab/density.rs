//! How much of a region is resident: one of small pages that has become full deserves a huge one.

use super::Slab;
use crate::arena::Arena;
use crate::page_map::{self, Entry};
use crate::units::{REGION, UNIT};

/// So many bytes of it, of which a huge page brings the rest.
const FULL: usize = REGION - REGION / 32 * 3;

/// Pages of a slab at an address have become resident: its region goes on a huge page if it is due. Under no lock of an arena.
pub(super) fn look_at_region(arena: &Arena, start: usize) {
    if arena.may_be_whole(start) && resident(start & !(REGION - 1)) >= FULL {
        arena.make_whole(start);
    }
}

/// Bytes of slabs in a region that are resident, as far as can be seen from outside.
fn resident(region: usize) -> usize {
    let (mut at, end, mut bytes) = (region, region + REGION, 0);
    while at < end {
        let slab = page_map::entry(at).and_then(Entry::span).and_then(Slab::of);
        let next = slab.map_or(0, |slab| {
            let (start, next) = (slab.span.start(), slab.span.start() + slab.span.units() * UNIT);
            if start <= at {
                bytes += slab.touched_in(at - start, next.min(end).saturating_sub(start));
            }
            next
        });
        // What closes meanwhile may say anything.
        at = next.max(at + UNIT);
    }
    bytes
}

impl Slab {
    /// How many bytes of `from..to`, whole parts, may be resident. A glance.
    fn touched_in(&self, from: usize, to: usize) -> usize {
        let part = self.part_bytes();
        // SAFETY: the cell is this slab's, and its memory stays readable; who holds the lock of the slab's heap may be writing it.
        let touched = unsafe { self.touched.as_ptr().read_volatile() };
        (from / part..to / part).filter(|i| touched >> (i % 64) & 1 == 1).count() * part
    }
}
