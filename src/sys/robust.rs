//! libc's robust mutex, of which the kernel tells when its holder is gone.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU32, Ordering};

/// A mutex that a thread locks for as long as it lives. All zero bytes are one nobody may try.
pub(crate) struct Robust(UnsafeCell<libc::pthread_mutex_t>);

impl Robust {
    /// Makes it new, and the calling thread's. Nobody tries it meanwhile.
    pub(crate) fn lock_anew(&self) {
        let mut kind = MaybeUninit::uninit();
        // SAFETY: the attributes are initialised before use; the mutex is one that no thread holds.
        unsafe {
            libc::pthread_mutexattr_init(kind.as_mut_ptr());
            libc::pthread_mutexattr_setrobust(kind.as_mut_ptr(), libc::PTHREAD_MUTEX_ROBUST);
            libc::pthread_mutex_init(self.0.get(), kind.as_ptr());
            libc::pthread_mutex_trylock(self.0.get());
        }
    }

    /// Takes it from nobody or from a dead thread.
    pub(crate) fn try_lock(&self) -> bool {
        // SAFETY: the mutex was initialised before anybody could know of it.
        match unsafe { libc::pthread_mutex_trylock(self.0.get()) } {
            0 => true,
            libc::EOWNERDEAD => {
                // SAFETY: we hold the mutex.
                unsafe { libc::pthread_mutex_consistent(self.0.get()) };
                true
            }
            _ => false,
        }
    }

    /// Whether nobody seems to hold it, or a dead thread. A glance at its first word, where the kernel writes that.
    pub(crate) fn seems_free(&self) -> bool {
        // SAFETY: the mutex is larger than a word, and changed by atomic operations alone where others know of it.
        let word = unsafe { AtomicU32::from_ptr(self.0.get().cast()) }.load(Ordering::Relaxed);
        word == 0 || word & libc::FUTEX_OWNER_DIED != 0
    }

    /// Lets go.
    ///
    /// # Safety
    /// The calling thread holds it.
    pub(crate) unsafe fn unlock(&self) {
        // SAFETY: as the caller promises.
        unsafe { libc::pthread_mutex_unlock(self.0.get()) };
    }
}
