//! By how many blocks a program swings between taking and freeing, as the magazine of a class sees it.

use crate::magazine;
use crate::sync::Cell;

/// A magazine that runs empty and overflows by turns grows up to so many blocks in any case: fewer batches go back and
/// forth. The slots of a larger one take the cache that the program uses, which is worth it where it never overflows.
pub(super) const SURE: usize = 1022;
/// A number from here on: the magazine has overflowed since it last ran empty; what is above is how many blocks it has given
/// back.
const HELD: u32 = 1 << 31;

/// What a magazine has done last. A number less than [`HELD`]: it ran empty, and one for so many blocks, if not 0, would have
/// held all that it gave back before.
pub(super) struct Swing(Cell<u32>);

impl Swing {
    /// The magazine, for so many blocks of a size, has run empty.
    #[inline(always)]
    pub(super) fn note_empty(&self, bounds: impl FnOnce() -> (usize, usize)) {
        if self.0.get() >= HELD {
            let (capacity, size) = bounds();
            self.judge(capacity, size);
        }
    }

    #[inline(never)]
    fn judge(&self, capacity: usize, size: usize) {
        let over = (self.0.get() - HELD) as usize;
        let wanted = if over > 0 { capacity + over } else { 0 };
        self.0.set(if wanted <= magazine::most(size) { wanted as u32 } else { 0 });
    }

    /// It gives some back, since it is full.
    pub(super) fn note_over(&self, blocks: usize) {
        self.0.set(self.0.get().max(HELD).saturating_add(blocks as u32));
    }

    /// It overflows: for how many blocks it is to be, if it can be for `next`; None if that is not worth it. With other
    /// threads in the process it does not come to hold so many that this one would never look after what those have freed.
    pub(super) fn wanted(&self, next: usize, are_several: bool) -> Option<usize> {
        let now = self.0.get();
        self.0.set(now.max(HELD));
        let is_worth = now < HELD && (next <= SURE || now > 0 && !are_several);
        is_worth.then(|| if are_several { next } else { next.max(now as usize) })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn new() -> Swing {
        Swing(Cell::new(0))
    }

    #[test]
    fn who_runs_empty_by_turns_grows() {
        let swing = new();
        assert_eq!(swing.wanted(126, true), Some(126));
        assert_eq!(swing.wanted(254, true), None, "it has not run empty since");
        swing.note_empty(|| (126, 64));
        assert_eq!(swing.wanted(254, true), Some(254));
    }

    #[test]
    fn a_large_one_must_hold_all() {
        let swing = new();
        let drop = |over: usize| {
            for _ in 0..over / 500 {
                swing.note_over(500);
            }
            swing.note_empty(|| (SURE, 64));
            // The program goes on taking.
            swing.note_empty(|| (SURE, 64));
        };
        drop(0);
        assert_eq!(swing.wanted(2046, false), None);
        drop(1000);
        assert_eq!(swing.wanted(2046, false), Some(2046));
        drop(2000);
        assert_eq!(swing.wanted(2046, false), Some(3022));
        drop(2000);
        assert_eq!(swing.wanted(2046, true), None, "nobody would look after the others");
        drop(4000);
        assert_eq!(swing.wanted(2046, false), None);
        for _ in 0..3 {
            swing.note_over(1 << 30);
        }
        swing.note_empty(|| (SURE, 64));
        assert_eq!(swing.wanted(2046, false), None);
    }
}
