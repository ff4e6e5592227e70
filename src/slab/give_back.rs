//! Pages of free blocks, given back to the system.

use super::{CALL, Slab};
use crate::units::UNIT;
use crate::{arena, sys};

/// A huge page is worth more than less than this part of a slab.
const WORTH_A_BREAK: usize = 8;
/// So many calls for one slab may be refused in a look whose calls are counted, which are fewer than that: all of it is locked,
/// it seems.
const REFUSED_MOST: usize = 4;
const COUNTED: isize = isize::MAX / 2;

impl Slab {
    /// Gives the pages that hold only free blocks back to the system, if that is as many bytes for each call as `worth`
    /// says, with so many calls at most, which are counted down, each by [`CALL`]. Returns the bytes.
    pub(crate) fn purge(&self, worth: usize, calls: &mut isize) -> usize {
        let (part, size) = (self.part_bytes(), self.size());
        let parts = self.span.units() * UNIT / part;
        let is_free = |i: usize| {
            let from = (i * part / size).min(self.capacity());
            let to = ((i + 1) * part).div_ceil(size).min(self.capacity());
            self.touched.get() >> i & 1 == 1 && self.are_free(from, to)
        };
        let (mut free, mut count, mut runs) = (0_u64, 0, 0);
        for i in (0..parts).filter(|&i| is_free(i)) {
            runs += usize::from(free >> (i.max(1) - 1) == 0);
            free |= 1 << i;
            count += 1;
        }
        let (arena, start) = (arena::at(self.span.arena()), self.span.start());
        let least = if arena.can_part_with(start) { 1 } else { parts / WORTH_A_BREAK };
        if count < least.max(1) || count * part < runs * worth {
            return 0;
        }
        arena.open_gaps(start, self.span.units());
        let (mut purged, mut refused) = (0, 0);
        while free != 0 && *calls > 0 {
            let at = free.trailing_zeros();
            let count = (!(free >> at)).trailing_zeros();
            let run = (u64::MAX >> (64 - count)) << at;
            let bytes = count as usize * part;
            // SAFETY: no block that is not free overlaps these pages.
            let is_done = unsafe { sys::discard(start + at as usize * part, bytes) };
            if is_done {
                *calls -= CALL;
                self.touched.set(self.touched.get() & !run);
                self.purged.set(self.purged.get() | run);
                purged += bytes;
            } else {
                // It interrupts nobody, but takes time, too.
                *calls -= 1;
                refused += 1;
                if refused == REFUSED_MOST && *calls < COUNTED {
                    break;
                }
            }
            free &= !run;
        }
        if purged > 0 {
            arena.break_up(start, self.span.units());
        }
        purged
    }
}
