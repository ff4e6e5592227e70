//! Empty crates, for whoever needs some.
//!
//! Threads that free what others have allocated need a crate for each few blocks, and those who collect them are left
//! with as many. A chain between them spares both the memory of descriptors, and its lock. Anyone adds a crate by one
//! exchange; who takes some takes all, so there is no ABA.

use crate::meta;
use crate::remote::Crate;
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicPtr, AtomicUsize};
use core::ptr::{self, NonNull};

/// About so many wait at most. Who takes them keeps them until its next tick, or for as long as it sleeps.
const MOST: usize = 64;

/// A chain of them.
struct Spares {
    newest: AtomicPtr<Crate>,
    /// About how many there are.
    count: AtomicUsize,
}

static SPARES: Spares = Spares::new();

impl Spares {
    const fn new() -> Spares {
        Spares { newest: AtomicPtr::new(ptr::null_mut()), count: AtomicUsize::new(0) }
    }

    /// Adds a crate that nobody else sees. False when there are enough.
    #[inline(always)]
    fn add(&self, parcel: &'static Crate) -> bool {
        if self.count.fetch_add(1, Ordering::Relaxed) >= MOST {
            return false;
        }
        let mut newest = self.newest.load(Ordering::Relaxed);
        let new = ptr::from_ref(parcel).cast_mut();
        loop {
            // SAFETY: the exchange fails if `newest` is not the first of the chain any more.
            unsafe { parcel.set_next(newest) };
            match self.newest.compare_exchange_weak(
                newest,
                new,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return true,
                Err(now) => newest = now,
            }
        }
    }

    /// Takes all, each leading to the next.
    #[inline(always)]
    fn take(&self) -> Option<&'static Crate> {
        self.count.store(0, Ordering::Relaxed);
        // SAFETY: crates live in memory that is never given back while they are in a chain, and the exchange has made
        // these ours alone.
        unsafe { self.newest.swap(ptr::null_mut(), Ordering::Acquire).as_ref() }
    }
}

/// Gives an empty crate back.
///
/// # Safety
/// Nobody else sees the crate.
#[inline(never)]
pub(super) unsafe fn release(parcel: &'static Crate) {
    if !SPARES.add(parcel) {
        // SAFETY: as the caller promises.
        unsafe { discard(parcel) };
    }
}

/// Gives the memory of a crate back.
///
/// # Safety
/// As for [`release`].
#[cold]
#[inline(never)]
unsafe fn discard(parcel: &'static Crate) {
    // SAFETY: crates come from `meta` with this size, and this one is the caller's alone.
    unsafe { meta::release(NonNull::from(parcel).cast(), size_of::<Crate>()) };
}

/// Takes all, each leading to the next.
pub(super) fn take() -> Option<&'static Crate> {
    SPARES.take()
}

/// Gives the memory of all back.
pub(crate) fn drop_all() {
    let mut next = take();
    while let Some(parcel) = next {
        next = parcel.next();
        // SAFETY: the chain was taken.
        unsafe { discard(parcel) };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::boxed::Box;
    use std::thread;

    /// So few that none comes to be too many.
    const CRATES: usize = 12;
    const THREADS: usize = 4;

    #[test]
    fn each_crate_is_one_threads_at_a_time() {
        let spares = Spares::new();
        for _ in 0..CRATES {
            assert!(spares.add(Box::leak(Box::new(Crate::new()))));
        }
        let (turns, taken) = (20_000, AtomicUsize::new(0));
        thread::scope(|scope| {
            for thread in 1..=THREADS {
                let (spares, taken) = (&spares, &taken);
                scope.spawn(move || {
                    for _ in 0..turns {
                        let mut next = spares.take();
                        while let Some(parcel) = next {
                            next = parcel.next();
                            assert_eq!(parcel.to(), 0, "two have it");
                            parcel.open(thread, 1, 64);
                            thread::yield_now();
                            assert!(parcel.is_to(thread));
                            parcel.open(0, 1, 64);
                            taken.fetch_add(1, Ordering::Relaxed);
                            assert!(spares.add(parcel));
                        }
                    }
                });
            }
        });
        let left = core::iter::successors(spares.take(), |parcel| parcel.next()).count();
        assert!(taken.into_inner() > turns && left == CRATES);
    }
}
