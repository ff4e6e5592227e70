//! Pieces for descriptors that a heap keeps for its next ones: those of all threads meet at one lock.

use super::{allocate, release};
use crate::sync::{Ordering, compiler_fence};
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// Zeroed pieces of one size, but for the first word of each, which leads to the next. All zero bytes are none. One thread's at a time,
/// which a fork may stop at any instruction: what it had in hand is lost in the child.
pub(crate) struct Spares {
    first: Cell<*mut *mut u8>,
    count: Cell<usize>,
}

impl Spares {
    /// A zeroed piece of so many bytes, which is what all have.
    #[inline(never)]
    pub(crate) fn take(&self, bytes: usize) -> Option<NonNull<u8>> {
        self.pop().or_else(|| allocate(bytes))
    }

    fn pop(&self) -> Option<NonNull<u8>> {
        let Some(piece) = NonNull::new(self.first.get()) else {
            // The child of a fork may have counted one that was on its way.
            self.count.set(0);
            return None;
        };
        // SAFETY: the piece is ours, and its first word leads to the next.
        unsafe {
            self.first.set(piece.read().cast());
            // Before it is anybody else's.
            compiler_fence(Ordering::Release);
            piece.write(ptr::null_mut());
        }
        self.count.set(self.count.get().saturating_sub(1));
        Some(piece.cast())
    }

    /// Takes a piece back, unless there are `most`: then all threads may have it.
    ///
    /// # Safety
    /// It came from [`take`](Spares::take) of any heap, is all zero, and nobody uses it any more.
    #[inline(never)]
    pub(crate) unsafe fn keep(&self, piece: NonNull<u8>, bytes: usize, most: usize) {
        let first = piece.cast::<*mut u8>();
        // SAFETY: as the caller promises.
        unsafe {
            if self.count.get() >= most {
                return release(piece, bytes);
            }
            first.write(self.first.get().cast());
        }
        // The child of a fork finds in the list what leads on.
        compiler_fence(Ordering::Release);
        self.first.set(first.as_ptr());
        self.count.set(self.count.get() + 1);
    }

    /// Gives all of them back.
    #[inline(never)]
    pub(crate) fn drop_all(&self, bytes: usize) {
        while let Some(piece) = self.pop() {
            // SAFETY: the piece was allocated with this size, and is ours.
            unsafe { release(piece, bytes) };
        }
    }
}
