//! By how many blocks a program swings between taking and freeing, as the magazine of a class sees it.

use crate::sync::Cell;

/// A magazine that runs empty and overflows by turns grows up to so many blocks in any case: fewer batches go back and
/// forth. The slots of a larger one take the cache that the program uses, which is worth it where it never overflows.
const SURE: usize = 1022;

/// What a magazine has done since it last overflowed: it ran empty; it did, and a larger one would have held all that it
/// gave back before; or it did not.
const EMPTY: u32 = 0;
const MISSED: u32 = 1;
const HELD: u32 = 2;
/// Above that, how many blocks it has given back since it last ran empty.
const OVER: u32 = 4;

/// All zero bytes are one of a magazine that is empty.
pub(super) struct Swing(Cell<u32>);

impl Swing {
    /// The magazine has run empty; `may_hold` says whether one may hold so many blocks more.
    #[inline(always)]
    pub(super) fn note_empty(&self, may_hold: impl FnOnce(usize) -> bool) {
        let now = self.0.get();
        if now > MISSED {
            let is_missed = now >= OVER && may_hold((now / OVER) as usize);
            self.0.set(if is_missed { MISSED } else { EMPTY });
        }
    }

    /// It gives some back, since it is full.
    pub(super) fn note_over(&self, blocks: usize) {
        self.0.set(self.0.get().saturating_add(blocks as u32 * OVER));
    }

    /// It overflows: whether it is to grow to `grown` blocks. With other threads in the process, not to so many that this
    /// one would never come to where it looks after theirs.
    pub(super) fn is_worth(&self, grown: usize, are_several: bool) -> bool {
        let now = self.0.get();
        self.0.set(now - now % OVER + HELD);
        match now % OVER {
            HELD => false,
            turn => grown <= SURE || turn == MISSED && !are_several,
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn new() -> Swing {
        Swing(Cell::new(EMPTY))
    }

    #[test]
    fn who_runs_empty_by_turns_grows() {
        let swing = new();
        assert!(swing.is_worth(126, true));
        assert!(!swing.is_worth(254, true), "it has not run empty since");
    }

    #[test]
    fn a_large_one_must_hold_all() {
        let swing = new();
        let drop = |over: usize| {
            for _ in 0..over / 500 {
                swing.note_over(500);
            }
            swing.note_empty(|over| SURE + over < 4096);
            // The program goes on taking.
            swing.note_empty(|_| true);
        };
        drop(0);
        assert!(!swing.is_worth(2046, false));
        drop(2000);
        assert!(swing.is_worth(2046, false));
        drop(2000);
        assert!(!swing.is_worth(2046, true), "no thread would look after the others");
        drop(200_000);
        assert!(!swing.is_worth(2046, false));
    }
}
