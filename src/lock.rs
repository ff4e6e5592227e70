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

/// The generation where no page tells.
static GENERATION: lasting::AtomicU32 = lasting::AtomicU32::new(1);
/// The page that tells; see [`watch`].
static WATCHED: lasting::AtomicPtr<Watched> = lasting::AtomicPtr::new(core::ptr::null_mut());

/// What stands in a page that the kernel makes zero in the child of a fork.
#[repr(C)]
pub(crate) struct Watched {
    /// The generation. 0: of a child in which nobody has asked yet.
    generation: lasting::AtomicU32,
    /// Not 0: heaps of other generations have no thread.
    may_claim: lasting::AtomicU32,
}

/// The watched page, if there is one.
fn watched() -> Option<&'static Watched> {
    // SAFETY: a page that is watched lives for ever.
    unsafe { WATCHED.load(Ordering::Acquire).as_ref() }
}

/// The number of forks between the first process and this one, plus one. Every thread of a child has the child's,
/// from its first lock on, whether or not libc has called anybody's fork handler.
pub(crate) fn generation() -> u32 {
    match watched() {
        None => bounded(GENERATION.load(Ordering::Relaxed)),
        Some(page) => match page.generation.load(Ordering::Relaxed) {
            0 => begin(&page.generation),
            now => now,
        },
    }
}

/// Begins the generation of a child, unless another of its threads is quicker.
#[cold]
#[inline(never)]
fn begin(word: &lasting::AtomicU32) -> u32 {
    let next = next_generation();
    word.compare_exchange(0, next, Ordering::Relaxed, Ordering::Relaxed).err().unwrap_or(next)
}

/// Another generation than any before.
fn next_generation() -> u32 {
    bounded(GENERATION.fetch_add(1, Ordering::Relaxed).wrapping_add(1))
}

/// The two low bits of a lock's word are its state, so a generation has thirty. None is 0.
fn bounded(generation: u32) -> u32 {
    (generation & (u32::MAX >> 2)).max(1)
}

/// In the child of a fork, when libc calls handlers: after `renew`, which makes what is the calling thread's own of this
/// generation, heaps of others have no thread.
pub(crate) fn enter_child(renew: impl FnOnce()) {
    let watched = watched();
    match watched {
        Some(_) => generation(),
        None => next_generation(),
    };
    renew();
    if let Some(page) = watched {
        page.may_claim.store(1, Ordering::Release);
    }
}

/// Whether heaps of other generations are for anybody to claim. In a child whose fork runs no handlers one is the first
/// thread's.
pub(crate) fn may_claim() -> bool {
    watched().is_none_or(|page| page.may_claim.load(Ordering::Acquire) != 0)
}

/// From now on the generation stands in `page`, which the kernel makes zero in a child: a child may need a lock before
/// libc has called anybody's fork handler, or without its calling any.
pub(crate) fn watch(page: &'static Watched) {
    // Nothing is written over what a child has begun meanwhile, in a signal handler of this thread.
    _ = page.generation.compare_exchange(0, generation(), Ordering::Relaxed, Ordering::Relaxed);
    page.may_claim.store(1, Ordering::Relaxed);
    WATCHED.store((&raw const *page).cast_mut(), Ordering::Release);
}

/// Whether there is a page that tells.
pub(crate) fn is_watched() -> bool {
    watched().is_some()
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
