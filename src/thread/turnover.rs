//! Whether threads come and go: whether those that begin take the place of others that have ended.
//!
//! libc hands the stack of a thread that has ended, and with it the thread's slot, to the next one that wants such a stack. So a
//! slot that has been seen before is, in a thread that has just begun, that of a successor. Where many are alive at a time, and
//! none has ended, no slot is seen twice.

use crate::sync::{AtomicUsize, Ordering};

/// So many of the last slots are known.
const KNOWN: usize = 4;
/// So many successors make a turnover.
const ENOUGH: usize = 16;

/// What is known of the threads that have begun. Relaxed and without a lock: what several note at once may be lost.
pub(super) struct Turnover {
    slots: [AtomicUsize; KNOWN],
    firsts: AtomicUsize,
    successors: AtomicUsize,
}

/// That of this process.
pub(super) static TURNOVER: Turnover = Turnover::new();

impl Turnover {
    const fn new() -> Turnover {
        Turnover {
            slots: [const { AtomicUsize::new(0) }; KNOWN],
            firsts: AtomicUsize::new(0),
            successors: AtomicUsize::new(0),
        }
    }

    /// Notes that a thread begins, whose slot is at `slot`, until threads come and go. Whether they do.
    pub(super) fn note(&self, slot: usize) -> bool {
        let successors = self.successors.load(Ordering::Relaxed);
        if successors >= ENOUGH {
            return true;
        }
        if self.slots.iter().any(|known| known.load(Ordering::Relaxed) == slot) {
            self.successors.store(successors + 1, Ordering::Relaxed);
        } else {
            let count = self.firsts.fetch_add(1, Ordering::Relaxed);
            self.slots[count % KNOWN].store(slot, Ordering::Relaxed);
        }
        false
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn threads_alive_at_a_time_are_no_turnover() {
        let turnover = Turnover::new();
        assert!((1..5000).all(|thread| !turnover.note(thread * 4096)));
    }

    #[test]
    fn few_slots_in_turn_are_a_turnover() {
        for at_a_time in 1..=KNOWN {
            let turnover = Turnover::new();
            let noted = (0..).position(|i| turnover.note(4096 + i % at_a_time * 4096));
            assert_eq!(noted, Some(at_a_time + ENOUGH));
        }
    }
}
