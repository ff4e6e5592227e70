//! What the lock asks of the system, for loom: a futex made of what loom knows.

use loom::sync::atomic::{AtomicU32, Ordering};
use loom::sync::{Condvar, Mutex};

loom::lazy_static! {
    // One queue for all futexes: the models have one lock.
    static ref QUEUE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
}

/// Sleeps while `*word == expected`.
pub(crate) fn futex_wait(word: *const u32, expected: u32) {
    // SAFETY: under loom every word is one of its atomics, which the caller borrows.
    let word = unsafe { &*word.cast::<AtomicU32>() };
    let guard = QUEUE.0.lock().unwrap();
    if word.load(Ordering::SeqCst) == expected {
        drop(QUEUE.1.wait(guard).unwrap());
    }
}

/// Wakes one sleeper.
pub(crate) fn futex_wake(_: *const u32) {
    drop(QUEUE.0.lock().unwrap());
    QUEUE.1.notify_one();
}

/// A moment of a spin loop.
pub(crate) fn relax() {
    loom::thread::yield_now();
}
