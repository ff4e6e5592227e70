//! The allocator of Rust programs.

use crate::{alloc, report, stats};
use core::{
    alloc::{GlobalAlloc, Layout},
    fmt,
    ptr::{self, NonNull},
};

/// What every block is aligned to, whatever was asked for.
const LEAST_ALIGN: usize = 16;

/// pigalloc as the global allocator of a Rust program.
///
/// Take the crate with `default-features = false`, so that it does not replace malloc for the C
/// parts of the program as well:
///
/// ```toml
/// [dependencies]
/// pigalloc = { path = "../pigalloc", default-features = false }
/// ```
///
/// ```
/// #[global_allocator]
/// static A: pigalloc::Pigalloc = pigalloc::Pigalloc;
///
/// fn main() {
///     let words = vec!["one", "two"];
///     assert!(pigalloc::Pigalloc::owns(words.as_ptr().cast()));
/// }
/// ```
///
/// The settings of the environment (`PIGALLOC_...`) hold here too, but for the summary at exit, which
/// is the C library's. Misuse, such as a block that is freed twice, is reported on stderr and ends
/// the process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pigalloc;

impl Pigalloc {
    /// Whether `p` points into memory that pigalloc handed out. Any address may be asked about.
    pub fn owns(p: *const u8) -> bool {
        alloc::owns(p)
    }

    /// Gives all free memory back to the system that no live block pins; returns how many bytes
    /// that were.
    pub fn purge() -> usize {
        alloc::purge()
    }

    /// Writes where the memory is, in words and units.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn explain(out: &mut dyn fmt::Write) -> fmt::Result {
        report::write_text(&stats::snapshot(), out)
    }
}

/// What GlobalAlloc wants from a block, or null.
fn pointer(block: Option<NonNull<u8>>) -> *mut u8 {
    block.map_or(ptr::null_mut(), NonNull::as_ptr)
}

// SAFETY: blocks are at least as large as asked for, aligned as asked for, and nobody else's until
// they are freed; nothing here unwinds.
unsafe impl GlobalAlloc for Pigalloc {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        pointer(if layout.align() <= LEAST_ALIGN {
            alloc::allocate(layout.size())
        } else {
            alloc::allocate_aligned(layout.align(), layout.size())
        })
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        pointer(if layout.align() <= LEAST_ALIGN {
            alloc::allocate_zeroed(layout.size())
        } else {
            alloc::allocate_aligned_zeroed(layout.align(), layout.size())
        })
    }

    #[inline]
    unsafe fn dealloc(&self, block: *mut u8, _layout: Layout) {
        // SAFETY: the caller passes a block of this allocator, and not again.
        unsafe { alloc::deallocate(block) }
    }

    #[inline]
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let Some(old) = NonNull::new(block) else { return ptr::null_mut() };
        if layout.align() <= LEAST_ALIGN {
            // SAFETY: the caller passes a block of this allocator and a size that is not zero.
            return pointer(unsafe { alloc::resize(old, new_size) });
        }
        // SAFETY: the caller passes a block of this allocator that was allocated with `layout`.
        pointer(unsafe { resize_aligned(old, layout, new_size) })
    }
}

/// Resizes a block that is aligned to more than every block is. It stays where it is as long as it
/// fits and fills at least half of its place.
///
/// # Safety
/// `old` must be a live block of `layout`. It is freed if another block is returned.
#[cold]
unsafe fn resize_aligned(old: NonNull<u8>, layout: Layout, new_size: usize) -> Option<NonNull<u8>> {
    // SAFETY: the block is live.
    let usable = unsafe { alloc::usable_size(old.as_ptr()) };
    if new_size <= usable && new_size >= usable / 2 {
        return Some(old);
    }
    let new = alloc::allocate_aligned(layout.align(), new_size)?;
    // SAFETY: both blocks are live, apart, and hold at least the smaller of the two sizes.
    unsafe {
        ptr::copy_nonoverlapping(old.as_ptr(), new.as_ptr(), layout.size().min(new_size));
        alloc::deallocate(old.as_ptr());
    }
    Some(new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_alignment_keeps_the_content() {
        for align in (0..17).map(|power| 1_usize << power) {
            for size in [1, 15, 16, 100, 5000, 70_000] {
                let layout = Layout::from_size_align(size, align).unwrap();
                // SAFETY: each block is used within its size, with its own layout, and freed once.
                unsafe {
                    let mut block = Pigalloc.alloc_zeroed(layout);
                    assert!(!block.is_null());
                    let mut old = size;
                    for new in [size * 2, size * 2 + 1, size / 3 + 1, size * 9] {
                        assert_eq!(block.addr() % align.max(LEAST_ALIGN), 0);
                        assert!(Pigalloc::owns(block));
                        block.write_bytes(0x5a, old);
                        let layout = Layout::from_size_align(old, align).unwrap();
                        block = Pigalloc.realloc(block, layout, new);
                        assert!(!block.is_null());
                        for place in 0..old.min(new) {
                            assert_eq!(block.add(place).read(), 0x5a);
                        }
                        old = new;
                    }
                    Pigalloc.dealloc(block, Layout::from_size_align(old, align).unwrap());
                }
            }
        }
    }
}
