//! Ground: a range of addresses that is committed from its low end on.
//!
//! Usually it is only staked out: what is not committed is not mapped, counts for no limit, and is in nobody's dump. That
//! others map nothing there is likely, since the kernel has no reason to; where they have, the range ends. Where
//! address space was limited from the start ground is reserved.

use crate::sync::{Cell, Ordering, compiler_fence, lasting::AtomicUsize};
use crate::sys::{self, NoClaim};
use crate::units::{REGION, align_up};

/// Ranges are staked out from here to there: above where programs may be, and the 64 TiB in which engines of JavaScript
/// choose places by chance; below where the kernel begins with libraries and what is not told where to go.
const ZONE: usize = 102 << 40;
const ZONE_END: usize = 111 << 40;
/// The first may begin at so many places, and a few are tried.
const PLACES: usize = 1 << 21;
const TRIES: usize = 4;
/// So much address space is enough not to look after it.
const AMPLE: usize = 32 << 30;
/// Where the next range may be staked out; 0 where ranges are reserved.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Where the first range may be staked out: by chance. Nowhere if there is not address space in plenty.
pub(crate) fn first_stakes() -> impl Iterator<Item = usize> {
    let chance = sys::random();
    let place = move |number| ZONE + (chance + number * (PLACES / TRIES)) % PLACES * REGION;
    (0..if is_ample() { TRIES } else { 0 }).map(place)
}

/// Asked by a memory call, since there are sandboxes that allow no other.
fn is_ample() -> bool {
    let found = sys::reserve(AMPLE);
    if let Some(mapping) = found {
        // SAFETY: the mapping was just made.
        unsafe { sys::unmap(mapping, AMPLE) };
    }
    found.is_some()
}

/// The first range is staked out, and ends at `end`.
pub(crate) fn stake_behind(end: usize) {
    NEXT.store(end, Ordering::Relaxed);
}

/// Stakes out a further range, from a multiple of [`REGION`] on; none where ranges are reserved.
pub(crate) fn stake_out(bytes: usize) -> Option<usize> {
    let more = |next: usize| {
        let end = next.checked_add(align_up(bytes, REGION))?;
        (next != 0 && end <= ZONE_END).then_some(end)
    };
    NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()
}

/// Gives up the range that was staked out last, if it is that one: for who had no memory for it.
pub(crate) fn give_up(stake: usize, bytes: usize) {
    let end = stake + align_up(bytes, REGION);
    let _ = NEXT.compare_exchange(end, stake, Ordering::Relaxed, Ordering::Relaxed);
}

/// One such range. Changed under the lock of who has it.
pub(crate) struct Ground {
    is_reserved: Cell<bool>,
    /// Up to here it is known to be committed, perhaps further than its owner could use. The child of a fork that came
    /// between finds its own memory in the way, as it would find others'.
    claimed: Cell<usize>,
    /// Something was in the way of the last piece.
    is_blocked: Cell<bool>,
}

impl Ground {
    pub(crate) const fn new() -> Ground {
        Ground {
            is_reserved: Cell::new(false),
            claimed: Cell::new(0),
            is_blocked: Cell::new(false),
        }
    }

    /// Says which kind the range is, and up to where it is committed.
    pub(crate) fn open(&self, is_reserved: bool, committed: usize) {
        self.is_reserved.set(is_reserved);
        self.claimed.set(committed);
        self.is_blocked.set(false);
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.is_reserved.get()
    }

    /// Whether the last commit failed since there is something else. It will fail again.
    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked.get()
    }

    pub(crate) fn forget_block(&self) {
        self.is_blocked.set(false);
    }

    /// Makes `from..to` usable; it reads as zero.
    ///
    /// # Safety
    /// The addresses are page-aligned and of this range, `from` is where what its owner has committed ends, and nobody uses
    /// what lies behind.
    pub(crate) unsafe fn commit(&self, from: usize, to: usize) -> bool {
        self.is_blocked.set(false);
        let from = from.max(self.claimed.get());
        if from >= to {
            return true;
        }
        // SAFETY: as the caller promises; a claim replaces nothing.
        let done = unsafe {
            if self.is_reserved.get() {
                sys::commit(from, to - from)
            } else {
                let claim = sys::claim(from, to - from);
                self.is_blocked.set(claim == Err(NoClaim::Taken));
                claim.is_ok()
            }
        };
        if done {
            self.claimed.set(to);
        }
        done
    }

    /// Where what is known to be committed ends, if that is behind `start`.
    pub(crate) fn claimed_behind(&self, start: usize) -> Option<usize> {
        Some(self.claimed.get()).filter(|&end| end > start)
    }

    /// What is committed from `from` on is to be given back. First of all, before its owner knows of it no more: the child
    /// of a fork in between must not take it for new.
    pub(crate) fn begin_uncommit(&self, from: usize) {
        self.claimed.set(from);
        compiler_fence(Ordering::Release);
    }

    /// The reverse of [`commit`](Ground::commit), for the end `from..to` of what is committed; its owner knows of it no more.
    ///
    /// # Safety
    /// As for commit; it has begun.
    pub(crate) unsafe fn uncommit(&self, from: usize, to: usize) -> bool {
        compiler_fence(Ordering::Release);
        // SAFETY: as the caller promises.
        let done = unsafe {
            if self.is_reserved.get() {
                sys::uncommit(from, to - from)
            } else {
                sys::unclaim(from, to - from)
            }
        };
        if !done {
            self.claimed.set(to);
        }
        done
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const STEP: usize = 64 << 10;

    fn staked() -> (Ground, usize) {
        let place = first_stakes().nth(TRIES - 1).unwrap() + (1 << 40);
        let ground = Ground::new();
        ground.open(false, 0);
        (ground, place)
    }

    fn word(address: usize) -> &'static Cell<usize> {
        // SAFETY: the tests ask for what they have committed.
        unsafe { &*(address as *const Cell<usize>) }
    }

    fn give_back(ground: &Ground, from: usize, to: usize) {
        ground.begin_uncommit(from);
        // SAFETY: the range is the test's.
        assert!(unsafe { ground.uncommit(from, to) });
    }

    #[test]
    fn grows_shrinks_and_grows() {
        let (ground, place) = staked();
        // SAFETY: the range is the test's.
        unsafe {
            assert!(ground.commit(place, place + STEP));
            word(place).set(1);
            assert!(ground.commit(place + STEP, place + 3 * STEP));
            word(place + STEP).set(2);
            give_back(&ground, place + STEP, place + 3 * STEP);
            assert!(ground.commit(place + STEP, place + 2 * STEP));
            assert_eq!((word(place).get(), word(place + STEP).get()), (1, 0));
            give_back(&ground, place, place + 2 * STEP);
        }
    }

    /// Another's mapping is not replaced, and is in the way of what follows alone.
    #[test]
    fn others_mappings_stay() {
        let (ground, place) = staked();
        // SAFETY: the range is the test's.
        unsafe {
            sys::claim(place + STEP, STEP).unwrap();
            word(place + STEP).set(7);
            assert!(ground.commit(place, place + STEP));
            assert!(!ground.commit(place + STEP, place + 3 * STEP));
            assert!(!ground.commit(place + STEP, place + 2 * STEP) && ground.is_blocked());
            assert_eq!(word(place + STEP).get(), 7);
            sys::unmap(place + STEP, STEP);
            assert!(ground.commit(place + STEP, place + 3 * STEP) && !ground.is_blocked());
            assert_eq!(word(place + STEP).get(), 0);
            give_back(&ground, place, place + 3 * STEP);
        }
    }

    /// What could not be used the first time is there the next time; the child of a fork that does not know of its own
    /// memory leaves it alone.
    #[test]
    fn what_is_claimed_is_claimed_once() {
        let (ground, place) = staked();
        // SAFETY: the range is the test's.
        unsafe {
            assert!(ground.commit(place, place + 2 * STEP));
            assert!(ground.commit(place + STEP, place + 2 * STEP));
            assert!(ground.commit(place + STEP, place + 3 * STEP));
            word(place + 2 * STEP).set(1);
            ground.claimed.set(place + STEP);
            assert!(!ground.commit(place + STEP, place + 4 * STEP) && ground.is_blocked());
            assert_eq!(word(place + 2 * STEP).get(), 1);
            give_back(&ground, place, place + 3 * STEP);
            assert!(ground.commit(place, place + 4 * STEP));
            assert_eq!(word(place + 2 * STEP).get(), 0);
            give_back(&ground, place, place + 4 * STEP);
        }
    }
}
