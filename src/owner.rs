//! Whose a heap is: a robust mutex that its thread holds, and the generation of threads that the
//! mutex speaks of.
//!
//! In a heap of the present generation the mutex tells whether there is a thread. One of an older
//! generation has none: its thread was left behind by a fork, and the mutex means nothing; who
//! claims such a heap first takes its generation away, so that one thread alone makes a new mutex.

use crate::lock;
use crate::sync::{AtomicU32, Ordering};
use crate::sys::Robust;

/// The generation of a heap that a thread is claiming from before a fork.
const CLAIMING: u32 = 0;

/// All zero bytes are what nobody can claim.
pub(crate) struct Owner {
    mutex: Robust,
    generation: AtomicU32,
}

// SAFETY: the mutex is made for threads, and made anew only by who has the heap or took its
// generation away.
unsafe impl Sync for Owner {}

impl Owner {
    /// The calling thread's from now on, before anybody else can know of it.
    pub(crate) fn open(&self) {
        self.open_without();
        self.mutex.lock_anew();
    }

    /// Of the present generation, for a heap that is never a thread's.
    pub(crate) fn open_without(&self) {
        self.generation.store(lock::generation(), Ordering::Relaxed);
    }

    /// In the child of a fork: still the calling thread's.
    pub(crate) fn renew(&self) {
        // Another thread that knows the generation may try the mutex.
        self.mutex.lock_anew();
        self.generation.store(lock::generation(), Ordering::Release);
    }

    /// Whether it speaks of another generation's threads.
    pub(crate) fn is_old(&self) -> bool {
        self.generation.load(Ordering::Relaxed) != lock::generation()
    }

    /// Becomes the calling thread's if it is without a thread; after `left_behind`, if that thread was left
    /// behind by a fork.
    pub(crate) fn claim(&self, left_behind: impl FnOnce()) -> bool {
        let (generation, now) = (self.generation.load(Ordering::Acquire), lock::generation());
        if generation == CLAIMING {
            return false;
        }
        if generation == now {
            return self.mutex.try_lock();
        }
        if !lock::may_claim() {
            return false;
        }
        let is_mine = self
            .generation
            .compare_exchange(generation, CLAIMING, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        if is_mine {
            left_behind();
            self.mutex.lock_anew();
            self.generation.store(now, Ordering::Release);
        }
        is_mine
    }

    /// Whether its thread seems to be gone. A glance, which calls nothing of libc's.
    pub(crate) fn seems_gone(&self) -> bool {
        self.is_old() || self.mutex.seems_free()
    }

    /// Nobody's from now on.
    ///
    /// # Safety
    /// It is the calling thread's.
    pub(crate) unsafe fn let_go(&self) {
        // SAFETY: as the caller promises.
        unsafe { self.mutex.unlock() };
    }

    /// As it is made for a thread of another generation, which died or was left behind.
    #[cfg(loom)]
    pub(crate) fn abandoned(generation: u32) -> Owner {
        let owner = Owner { mutex: Robust::new(), generation: AtomicU32::new(generation) };
        owner.mutex.lock_anew();
        owner.mutex.die();
        owner
    }
}
