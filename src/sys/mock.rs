//! Refusals on demand, for the tests that ask what happens when the system says no.
//!
//! [`refuse_every`] makes every n-th request for memory of the calling test fail.

use core::sync::atomic::{AtomicUsize, Ordering};

static EVERY: AtomicUsize = AtomicUsize::new(0);
static COUNT: AtomicUsize = AtomicUsize::new(0);
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// Refuses every `n`-th request from now on; 0 refuses none.
#[cfg(test)]
pub(crate) fn refuse_every(n: usize) {
    COUNT.store(0, Ordering::Relaxed);
    EVERY.store(n, Ordering::Relaxed);
}

/// How many requests have been refused so far.
#[cfg(test)]
pub(crate) fn refused() -> usize {
    REFUSED.load(Ordering::Relaxed)
}

/// Whether this request is refused.
pub(super) fn refuses() -> bool {
    let every = EVERY.load(Ordering::Relaxed);
    let refuse = every != 0 && (COUNT.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(every);
    REFUSED.fetch_add(refuse as usize, Ordering::Relaxed);
    refuse
}
