//! Descriptors of closed slabs that a heap keeps for its next ones: those of all threads meet at one lock.

use super::Slab;
use crate::meta;
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// A heap keeps so many.
const MOST: usize = 256;

/// Zeroed pieces, but for the first word of each, which leads to the next. All zero bytes are none. Under the heap's lock.
pub(crate) struct Spares {
    first: Cell<*mut *mut u8>,
    count: Cell<usize>,
}

impl Spares {
    /// A zeroed piece for a descriptor.
    pub(super) fn take(&self) -> Option<NonNull<u8>> {
        self.pop().or_else(|| meta::allocate(size_of::<Slab>()))
    }

    fn pop(&self) -> Option<NonNull<u8>> {
        let piece = NonNull::new(self.first.get())?;
        // SAFETY: the piece is ours, and its first word leads to the next.
        unsafe {
            self.first.set(piece.read().cast());
            piece.write(ptr::null_mut());
        }
        self.count.set(self.count.get() - 1);
        Some(piece.cast())
    }

    /// Takes a piece back.
    ///
    /// # Safety
    /// It came from [`take`](Spares::take) of any heap, and nobody uses it any more.
    pub(super) unsafe fn keep(&self, piece: NonNull<u8>) {
        let first = piece.cast::<*mut u8>();
        // SAFETY: as the caller promises.
        unsafe {
            if self.count.get() >= MOST {
                return meta::release(piece, size_of::<Slab>());
            }
            ptr::write_bytes(piece.as_ptr(), 0, size_of::<Slab>());
            first.write(self.first.get().cast());
        }
        self.first.set(first.as_ptr());
        self.count.set(self.count.get() + 1);
    }

    /// Gives all of them back.
    #[inline(never)]
    pub(crate) fn drop_all(&self) {
        while let Some(piece) = self.pop() {
            // SAFETY: the piece was allocated with this size, and is ours.
            unsafe { meta::release(piece, size_of::<Slab>()) };
        }
    }
}

impl Slab {
    /// Gives the slab's descriptor back.
    ///
    /// # Safety
    /// Nobody uses it any more.
    pub(super) unsafe fn release_descriptor(&'static self, spares: &Spares) {
        // SAFETY: the pieces came from `meta`, and the caller owns them.
        unsafe {
            self.release_bits();
            spares.keep(NonNull::from(self).cast());
        }
    }
}
