//! A lock that survives fork without handlers that hold it.
//!
//! The word names the process generation in which the lock was taken. A fork raises the generation
//! in the child, so a lock that some other thread of the parent held at that moment is recognised:
//! its holder does not exist, nobody waits for it. What it guards may be half changed; each owner
//! of a lock says what that means ([`Lock::acquire`] refuses, [`Lock::inherit`] takes it over).
//!
//! Ranks order the locks: a thread takes them only upward (checked in debug builds).
//! Waiting spins a bounded number of times, then sleeps on a futex.

use crate::sync::{AtomicU32, Ordering, lasting};
use crate::sys;

/// In which order locks may be taken; a thread that holds one takes only higher ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Rank {
    /// A thread's heap.
    Heap = 1,
    /// A shard of the central heap.
    Central = 2,
    /// The table of huge mappings.
    Huge = 3,
    /// The list of arenas.
    Arenas = 4,
    /// An arena's units.
    Arena = 5,
    /// Descriptors.
    Meta = 6,
}

static GENERATION: lasting::AtomicU32 = lasting::AtomicU32::new(1);
/// What tells a child, and what it then does: see [`watch`].
static WATCHED: lasting::AtomicPtr<lasting::AtomicU32> =
    lasting::AtomicPtr::new(core::ptr::null_mut());
static IN_CHILD: lasting::AtomicPtr<()> = lasting::AtomicPtr::new(core::ptr::null_mut());

/// The number of forks between the first process and this one, plus one.
pub(crate) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// Starts a new generation, in the child of a fork.
pub(crate) fn next_generation() {
    // The two low bits of a lock's word are its state, so a generation has thirty.
    let next = (generation() + 1) & (u32::MAX >> 2);
    GENERATION.store(next.max(1), Ordering::Relaxed);
}

/// From now on, a thread that has to wait for a lock first looks at `word`, which is not 0, but
/// which the kernel makes 0 in a child. It then calls `in_child`: a child may need a lock before
/// libc has called anybody's fork handler, or without its calling any.
pub(crate) fn watch(word: &'static lasting::AtomicU32, in_child: fn()) {
    IN_CHILD.store(in_child as *mut (), Ordering::Relaxed);
    WATCHED.store((&raw const *word).cast_mut(), Ordering::Release);
}

/// Whether there is a word that tells.
pub(crate) fn is_watched() -> bool {
    !WATCHED.load(Ordering::Relaxed).is_null()
}

/// Whether this is the child of a fork that has not been noticed yet.
pub(crate) fn is_new_child() -> bool {
    // SAFETY: the word that is watched lives for ever.
    let word = unsafe { WATCHED.load(Ordering::Acquire).as_ref() };
    word.is_some_and(|word| word.load(Ordering::Relaxed) == 0)
}

#[cold]
fn enter_child() {
    // SAFETY: only `watch` stores here, and it stores a function.
    let in_child: fn() = unsafe { core::mem::transmute(IN_CHILD.load(Ordering::Relaxed)) };
    in_child();
}

const FREE: u32 = 0;
const HELD: u32 = 1;
const CONTENDED: u32 = 3;
const SPINS: u32 = if cfg!(loom) { 1 } else { 64 };

/// The lock. All zero bytes are a free one.
pub(crate) struct Lock(AtomicU32);

/// The right to what the lock guards; dropping it lets go.
pub(crate) struct Guard<'a>(&'a Lock, Rank);

impl Lock {
    pub(crate) const fn new() -> Lock {
        Lock(AtomicU32::new(FREE))
    }

    fn held() -> u32 {
        generation() << 2 | HELD
    }

    /// Takes the lock, or answers None when its holder vanished in a fork.
    pub(crate) fn acquire(&self, rank: Rank) -> Option<Guard<'_>> {
        let free =
            self.0.compare_exchange(FREE, Self::held(), Ordering::Acquire, Ordering::Relaxed);
        if free.is_err() && !self.wait() {
            return None;
        }
        Some(Guard::new(self, rank))
    }

    /// Whether somebody holds the lock. A glance.
    pub(crate) fn is_held(&self) -> bool {
        self.0.load(Ordering::Relaxed) != FREE
    }

    /// Takes the lock, also from a holder that vanished in a fork: for what is consistent after
    /// every single store.
    pub(crate) fn inherit(&self, rank: Rank) -> Guard<'_> {
        loop {
            if let Some(guard) = self.acquire(rank) {
                return guard;
            }
            let word = self.0.load(Ordering::Relaxed);
            let stale = word != FREE && word >> 2 != generation();
            if stale
                && self
                    .0
                    .compare_exchange(word, Self::held(), Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return Guard::new(self, rank);
            }
        }
    }

    /// Waits for the lock and takes it; false when its holder vanished.
    #[cold]
    #[inline(never)]
    fn wait(&self) -> bool {
        if is_new_child() {
            enter_child();
        }
        for _ in 0..SPINS {
            let word = self.0.load(Ordering::Relaxed);
            if word != FREE && word >> 2 != generation() {
                return false;
            }
            if word == FREE
                && self
                    .0
                    .compare_exchange(FREE, Self::held(), Ordering::Acquire, Ordering::Relaxed)
                    .is_ok()
            {
                return true;
            }
            sys::relax();
        }
        let contended = generation() << 2 | CONTENDED;
        loop {
            let word = self.0.load(Ordering::Relaxed);
            if word != FREE && word >> 2 != generation() {
                return false;
            }
            if word == contended {
                sys::futex_wait(self.address(), contended);
            } else if self
                .0
                .compare_exchange(word, contended, Ordering::Acquire, Ordering::Relaxed)
                .is_ok()
            {
                // From free: taken, and marked so that the next release wakes a possible sleeper.
                if word == FREE {
                    return true;
                }
                sys::futex_wait(self.address(), contended);
            }
        }
    }

    fn address(&self) -> *const u32 {
        (&raw const self.0).cast()
    }
}

impl<'a> Guard<'a> {
    fn new(lock: &'a Lock, rank: Rank) -> Guard<'a> {
        ranks::enter(rank);
        Guard(lock, rank)
    }
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        ranks::leave(self.1);
        if self.0.0.swap(FREE, Ordering::Release) & CONTENDED == CONTENDED {
            sys::futex_wake(self.0.address());
        }
    }
}

/// The ranks that the thread holds, in the upper bits of its slot's second word (debug builds).
mod ranks {
    use super::Rank;

    #[cfg(all(debug_assertions, not(loom)))]
    const SHIFT: u32 = 48;

    #[cfg(all(debug_assertions, not(loom)))]
    pub(super) fn enter(rank: Rank) {
        let word = crate::tls::word();
        let held = word >> SHIFT;
        assert!(held >> (rank as u32) == 0, "lock {rank:?} taken below a held one ({held:b})");
        crate::tls::set_word(word | 1 << (SHIFT + rank as u32));
    }

    #[cfg(all(debug_assertions, not(loom)))]
    pub(super) fn leave(rank: Rank) {
        crate::tls::set_word(crate::tls::word() & !(1 << (SHIFT + rank as u32)));
    }

    #[cfg(any(not(debug_assertions), loom))]
    pub(super) fn enter(_: Rank) {}
    #[cfg(any(not(debug_assertions), loom))]
    pub(super) fn leave(_: Rank) {}
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    #[test]
    fn counts_under_contention_are_exact() {
        static LOCK: Lock = Lock::new();
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..20_000 {
                        let _guard = LOCK.acquire(Rank::Heap).expect("no fork");
                        let n = COUNT.load(Ordering::Relaxed);
                        COUNT.store(n + 1, Ordering::Relaxed);
                    }
                });
            }
        });
        assert_eq!(COUNT.load(Ordering::Relaxed), 80_000);
        assert!(LOCK.acquire(Rank::Heap).is_some());
    }

    #[test]
    fn a_lock_of_another_generation_is_refused_and_can_be_inherited() {
        let lock = Lock::new();
        lock.0.store((generation() + 1) << 2 | HELD, Ordering::Relaxed);
        assert!(lock.acquire(Rank::Heap).is_none());
        drop(lock.inherit(Rank::Heap));
        assert!(lock.acquire(Rank::Heap).is_some());
    }
}
