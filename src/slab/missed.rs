//! What slabs gave back to the system, and was needed again: the evidence for regret.

use crate::sync::{AtomicUsize, Ordering};

/// Bytes that were needed again, ever.
static MISSED: AtomicUsize = AtomicUsize::new(0);
/// Bytes that had gone back from slabs which then were closed: in vain, if such memory is needed again. What several
/// threads count at once may be lost.
static LOST: AtomicUsize = AtomicUsize::new(0);

/// Bytes that were needed again, ever.
pub(crate) fn missed() -> usize {
    MISSED.load(Ordering::Relaxed)
}

/// Pages that went back have been touched.
pub(super) fn note(bytes: usize) {
    MISSED.fetch_add(bytes, Ordering::Relaxed);
}

/// A slab has been closed that had given back so much.
pub(super) fn lose(bytes: usize) {
    LOST.fetch_add(bytes, Ordering::Relaxed);
}

/// A slab is opened on `most` bytes where such ones may have been.
pub(crate) fn find(most: usize) {
    let lost = LOST.load(Ordering::Relaxed);
    let again = lost.min(most);
    if again > 0 {
        LOST.store(lost - again, Ordering::Relaxed);
        note(again);
    }
}

/// Nobody misses what was lost so long ago.
pub(crate) fn forget_lost() {
    LOST.store(0, Ordering::Relaxed);
}
