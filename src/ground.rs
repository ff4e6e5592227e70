//! Ground: a range of addresses that is committed from its low end on.
//!
//! Usually it is only staked out: what is not committed is not mapped, counts for no limit, and is in nobody's dump. That
//! others map nothing there is likely, since the kernel has no reason to; where they have, the range ends. Where
//! address space was limited from the start ground is reserved.

use crate::sync::{Cell, Ordering, compiler_fence, lasting::AtomicUsize};
use crate::sys::{self, NoClaim};
use crate::units::{REGION, align_up};

/// Ranges are staked out from here to there: far below libraries and stacks, and what the kernel maps beneath them; above
/// programs, and above the 64 TiB in which engines of JavaScript choose places by chance.
const ZONE: usize = 96 << 40;
const ZONE_END: usize = 120 << 40;
/// The first may begin at so many places, and a few are tried.
const PLACES: usize = 1 << 22;
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

/// Gives up the range that was staked out last, if it is that one: where memory is short it is soon tried again.
pub(crate) fn give_up(stake: usize, bytes: usize) {
    let end = stake + align_up(bytes, REGION);
    let _ = NEXT.compare_exchange(end, stake, Ordering::Relaxed, Ordering::Relaxed);
}

/// One such range. Changed under the lock of who has it.
pub(crate) struct Ground {
    is_reserved: Cell<bool>,
    /// Up to here it may be committed: past what its owner knows of in the child of a fork that came between, or if the
    /// owner could not use it.
    begun: Cell<usize>,
    /// Something that is not ours was in the way of the last piece.
    is_blocked: Cell<bool>,
}

impl Ground {
    pub(crate) const fn new() -> Ground {
        Ground { is_reserved: Cell::new(false), begun: Cell::new(0), is_blocked: Cell::new(false) }
    }

    /// Says which kind the range is, and up to where it is committed.
    pub(crate) fn open(&self, is_reserved: bool, committed: usize) {
        self.is_reserved.set(is_reserved);
        self.begun.set(committed);
        self.is_blocked.set(false);
    }

    pub(crate) fn is_blocked(&self) -> bool {
        self.is_blocked.get()
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
    pub(crate) unsafe fn commit(&self, from: usize, to: usize) -> bool {
        // SAFETY: as the caller promises; what was begun and is not known of is nobody's.
        unsafe {
            if self.is_reserved.get() {
                return sys::commit(from, to - from);
            }
            let before = self.begun.get();
            let known = before.clamp(from, to);
            self.begun.set(before.max(to));
            compiler_fence(Ordering::Release);
            let claim = |from, to, replaces| match from == to {
                true => Ok(()),
                false => sys::claim(from, to - from, replaces),
            };
            let done = claim(from, known, true).and_then(|()| claim(known, to, false));
            if done.is_err() {
                self.begun.set(before);
            }
            self.is_blocked.set(done == Err(NoClaim::Taken));
            done.is_ok()
        }
    }

    /// The reverse, for the end `from..to` of what is committed; its owner knows of it no more.
    ///
    /// # Safety
    /// As for [`commit`](Ground::commit), and the range is committed.
    pub(crate) unsafe fn uncommit(&self, from: usize, to: usize) -> bool {
        // SAFETY: as the caller promises.
        unsafe {
            if self.is_reserved.get() {
                return sys::uncommit(from, to - from);
            }
            // What was begun behind it goes, too.
            let done = sys::unclaim(from, self.begun.get().max(to) - from);
            if done {
                compiler_fence(Ordering::Release);
                self.begun.set(from);
            }
            done
        }
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

    #[test]
    fn grows_shrinks_and_grows() {
        let (ground, place) = staked();
        // SAFETY: the range is the test's.
        unsafe {
            assert!(ground.commit(place, place + STEP));
            word(place).set(1);
            assert!(ground.commit(place + STEP, place + 3 * STEP));
            word(place + STEP).set(2);
            assert!(ground.uncommit(place + STEP, place + 3 * STEP));
            assert!(ground.commit(place + STEP, place + 2 * STEP));
            assert_eq!((word(place).get(), word(place + STEP).get()), (1, 0));
            assert!(ground.uncommit(place, place + 2 * STEP));
        }
    }

    /// Another's mapping is not replaced, and is in the way of what follows alone.
    #[test]
    fn others_mappings_stay() {
        let (ground, place) = staked();
        // SAFETY: the range is the test's.
        unsafe {
            sys::claim(place + STEP, STEP, false).unwrap();
            word(place + STEP).set(7);
            assert!(ground.commit(place, place + STEP));
            assert!(!ground.commit(place + STEP, place + 3 * STEP));
            assert!(!ground.commit(place + STEP, place + 2 * STEP) && ground.is_blocked());
            assert_eq!(word(place + STEP).get(), 7);
            sys::unmap(place + STEP, STEP);
            assert!(ground.commit(place + STEP, place + 3 * STEP) && !ground.is_blocked());
            assert_eq!(word(place + STEP).get(), 0);
            assert!(ground.uncommit(place, place + 3 * STEP));
        }
    }

    /// The child of a fork may find committed what its parent's thread had no time to note.
    #[test]
    fn what_was_begun_is_done_again() {
        let (ground, place) = staked();
        // SAFETY: the range is the test's.
        unsafe {
            assert!(ground.commit(place, place + 2 * STEP));
            word(place).set(1);
            word(place + STEP).set(1);
            assert!(ground.commit(place + STEP, place + 3 * STEP));
            assert_eq!((word(place).get(), word(place + STEP).get()), (1, 0));
            // Or begun, and nothing more.
            ground.begun.set(place + 5 * STEP);
            assert!(ground.commit(place + 3 * STEP, place + 4 * STEP));
            assert!(ground.commit(place + 4 * STEP, place + 6 * STEP));
            assert_eq!(word(place + 5 * STEP).get(), 0);
            // What is not known of is not left behind by who gives back.
            assert!(ground.uncommit(place + STEP, place + 3 * STEP));
            assert!(ground.commit(place + STEP, place + 7 * STEP));
            assert!(ground.uncommit(place, place + 7 * STEP));
        }
    }
}
