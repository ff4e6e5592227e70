//! libc's robust mutex, of which the kernel tells when its holder is gone.
//!
//! There are systems whose kernel does not: emulators and sandboxes that know no lists of robust mutexes. There a thread
//! is asked for by its number instead.

use super::kernel;
use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// Whether the kernel marks the mutexes of threads that are gone.
static MARKS: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const MADE: u8 = 1;
const MISSING: u8 = 2;
/// In a mutex's word: the number of the thread that holds it.
const HOLDER: u32 = (1 << 30) - 1;

/// Asks whether the kernel marks mutexes, unless it has done so, by a call that every thread makes as it starts.
pub(crate) fn look_for_marks() {
    if MARKS.load(Ordering::Relaxed) == UNKNOWN {
        let is_there = kernel::takes_robust_lists();
        MARKS.store(if is_there { MADE } else { MISSING }, Ordering::Relaxed);
    }
}

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
        self.mark();
        // SAFETY: the mutex was initialised before anybody could know of it.
        match unsafe { libc::pthread_mutex_trylock(self.0.get()) } {
            0 => true,
            libc::EOWNERDEAD => {
                if MARKS.load(Ordering::Relaxed) == UNKNOWN {
                    MARKS.store(MADE, Ordering::Relaxed);
                }
                // SAFETY: we hold the mutex.
                unsafe { libc::pthread_mutex_consistent(self.0.get()) };
                true
            }
            _ => false,
        }
    }

    /// Whether nobody seems to hold it, or a dead thread. A glance at its first word, where the kernel writes that.
    pub(crate) fn seems_free(&self) -> bool {
        let word = self.word().load(Ordering::Relaxed);
        word == 0 || word & libc::FUTEX_OWNER_DIED != 0 || is_missed(word)
    }

    /// Marks it as the kernel would, where that does not and the holder is gone.
    fn mark(&self) {
        let now = self.word().load(Ordering::Relaxed);
        if is_missed(now) {
            let marked = now & libc::FUTEX_WAITERS | libc::FUTEX_OWNER_DIED;
            // Who else takes it meanwhile has written another number, since the one that is gone is not given to a new
            // thread at once.
            _ = self.word().compare_exchange(now, marked, Ordering::AcqRel, Ordering::Relaxed);
        }
    }

    fn word(&self) -> &AtomicU32 {
        // SAFETY: the mutex is larger than a word, and changed by atomic operations alone where others know of it.
        unsafe { AtomicU32::from_ptr(self.0.get().cast()) }
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

/// Whether a mutex with this word lacks the mark that its holder is gone.
fn is_missed(word: u32) -> bool {
    let holder = word & HOLDER;
    MARKS.load(Ordering::Relaxed) == MISSING && holder != 0 && kernel::is_gone(holder)
}
