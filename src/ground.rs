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
/// So many further ranges are tried, too.
const STAKES: usize = 4;
/// Where the next range may be staked out; 0 where ranges are reserved.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Where the first range may be staked out: by chance. Nowhere if there is not address space in plenty.
pub(crate) fn first_stakes() -> impl Iterator<Item = usize> {
    let chance = sys::random();
    let place = move |number| ZONE + (chance + number * (PLACES / TRIES)) % PLACES * REGION;
    (0..if sys::is_ample() { TRIES } else { 0 }).map(place)
}

/// The first range is staked out, and ends at `end`.
pub(crate) fn stake_behind(end: usize) {
    NEXT.store(end, Ordering::Relaxed);
}

/// Stakes out a further range, from a multiple of [`REGION`] on, of which nobody else has the first `part`, and claims
/// that; whether the system had the memory. None where ranges are reserved, or should be, since others are in the way of some.
pub(crate) fn settle(bytes: usize, part: usize) -> Option<(usize, bool)> {
    for _ in 0..STAKES {
        let stake = stake_out(bytes)?;
        // SAFETY: the range is new, and nobody else knows of it.
        match unsafe { sys::claim(stake, part) } {
            Err(NoClaim::Taken) => {}
            outcome => return Some((stake, outcome.is_ok())),
        }
    }
    None
}

fn stake_out(bytes: usize) -> Option<usize> {
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
    /// From where its owner has committed to here, if that is behind it, all is committed, and zero, which the owner could not
    /// use or, in the child of a fork, does not know of. A child that does not know it here either finds its own memory in the
    /// way, as it would find others'.
    claimed: Cell<usize>,
}

impl Ground {
    pub(crate) const fn new() -> Ground {
        Ground { is_reserved: Cell::new(false), claimed: Cell::new(0) }
    }

    /// Says which kind the range is, and up to where it is committed.
    pub(crate) fn open(&self, is_reserved: bool, committed: usize) {
        self.is_reserved.set(is_reserved);
        self.claimed.set(committed);
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.is_reserved.get()
    }

    /// Makes `from..to` usable; it reads as zero.
    ///
    /// # Safety
    /// The addresses are page-aligned and of this range, `from` is where what its owner has committed ends, and nobody uses
    /// what lies behind.
    #[inline(never)]
    pub(crate) unsafe fn commit(&self, from: usize, to: usize) -> Result<(), NoClaim> {
        let from = from.max(self.claimed.get());
        if from < to {
            let bytes = to - from;
            // SAFETY: the piece is of this range, and its owner's; a claim replaces nothing.
            unsafe {
                if !self.is_reserved.get() {
                    sys::claim(from, bytes)?;
                } else if !sys::commit(from, bytes) {
                    return Err(NoClaim::Refused);
                }
            }
            self.claimed.set(to);
        }
        Ok(())
    }

    /// Gives back what is committed of a range from `start`, where it begins, that is not opened after all.
    ///
    /// # Safety
    /// Nobody uses the range, which is staked out.
    pub(crate) unsafe fn abandon(&self, start: usize) {
        let bytes = self.claimed.replace(start) - start;
        if bytes > 0 {
            // SAFETY: the piece was claimed for this range, and is nobody's.
            unsafe { sys::unclaim(start, bytes) };
        }
    }

    /// What is committed from `from` on, of which the owner knows to `to`, is to be given back; up to where it is. First of
    /// all, before its owner knows of it no more: the child of a fork in between must not take it for new.
    pub(crate) fn begin_uncommit(&self, from: usize, to: usize) -> usize {
        let end = self.claimed.replace(from).max(to);
        compiler_fence(Ordering::Release);
        end
    }

    /// The reverse of [`commit`](Ground::commit), for the end `from..to` of what is committed; its owner knows of it no more.
    ///
    /// # Safety
    /// As for commit; it has begun.
    pub(crate) unsafe fn uncommit(&self, from: usize, to: usize) -> bool {
        compiler_fence(Ordering::Release);
        // SAFETY: the piece is committed, of this range, and nobody's.
        unsafe {
            if self.is_reserved.get() {
                sys::uncommit(from, to - from)
            } else {
                sys::unclaim(from, to - from)
            }
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const STEP: usize = 64 << 10;
    const TAKEN: Result<(), NoClaim> = Err(NoClaim::Taken);

    /// Tests run at the same time, in one process: each has a number, and the arenas of all stand lower.
    fn staked(number: usize) -> (Ground, usize) {
        let place = ZONE_END - (1 << 40) + number * REGION;
        let ground = Ground::new();
        ground.open(false, 0);
        (ground, place)
    }

    fn word(address: usize) -> &'static Cell<usize> {
        // SAFETY: the tests ask for what they have committed.
        unsafe { &*(address as *const Cell<usize>) }
    }

    fn give_back(ground: &Ground, from: usize, to: usize) {
        let end = ground.begin_uncommit(from, to);
        // SAFETY: the range is the test's.
        assert!(unsafe { ground.uncommit(from, end) });
    }

    #[test]
    fn grows_shrinks_and_grows() {
        let (ground, place) = staked(0);
        // SAFETY: the range is the test's.
        unsafe {
            assert_eq!(ground.commit(place, place + STEP), Ok(()));
            word(place).set(1);
            assert_eq!(ground.commit(place + STEP, place + 3 * STEP), Ok(()));
            word(place + STEP).set(2);
            give_back(&ground, place + STEP, place + 3 * STEP);
            assert_eq!(ground.commit(place + STEP, place + 2 * STEP), Ok(()));
            assert_eq!((word(place).get(), word(place + STEP).get()), (1, 0));
            give_back(&ground, place, place + 2 * STEP);
        }
    }

    /// Another's mapping is not replaced, and is in the way of what follows alone.
    #[test]
    fn others_mappings_stay() {
        let (ground, place) = staked(1);
        // SAFETY: the range is the test's.
        unsafe {
            sys::claim(place + STEP, STEP).unwrap();
            word(place + STEP).set(7);
            assert_eq!(ground.commit(place, place + STEP), Ok(()));
            assert_eq!(ground.commit(place + STEP, place + 3 * STEP), TAKEN);
            assert_eq!(ground.commit(place + STEP, place + 2 * STEP), TAKEN);
            assert_eq!(word(place + STEP).get(), 7);
            sys::unmap(place + STEP, STEP);
            assert_eq!(ground.commit(place + STEP, place + 3 * STEP), Ok(()));
            assert_eq!(word(place + STEP).get(), 0);
            give_back(&ground, place, place + 3 * STEP);
        }
    }

    /// What could not be used the first time is there the next time; the child of a fork that does not know of its own
    /// memory leaves it alone.
    #[test]
    fn what_is_claimed_is_claimed_once() {
        let (ground, place) = staked(2);
        // SAFETY: the range is the test's.
        unsafe {
            assert_eq!(ground.commit(place, place + 2 * STEP), Ok(()));
            assert_eq!(ground.commit(place + STEP, place + 2 * STEP), Ok(()));
            assert_eq!(ground.commit(place + STEP, place + 3 * STEP), Ok(()));
            word(place + 2 * STEP).set(1);
            ground.claimed.set(place + STEP);
            assert_eq!(ground.commit(place + STEP, place + 4 * STEP), TAKEN);
            assert_eq!(word(place + 2 * STEP).get(), 1);
            give_back(&ground, place, place + 3 * STEP);
            assert_eq!(ground.commit(place, place + 4 * STEP), Ok(()));
            assert_eq!(word(place + 2 * STEP).get(), 0);
            give_back(&ground, place, place + 4 * STEP);
        }
    }
}
