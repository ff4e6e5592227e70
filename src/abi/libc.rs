//! The functions of the C standard, POSIX and BSD that allocate and free.

use super::{out_of_memory, pointer, set_errno};
use crate::{alloc, size_class, sys};
use core::{
    ffi::{c_int, c_void},
    ptr::{self, NonNull},
};

/// Allocates a block of at least `size` bytes; its content is indeterminate.
///
/// Returns the block, aligned to 16 bytes, or NULL with errno ENOMEM if there is no memory or
/// `size` is above PTRDIFF_MAX. A size of 0 gives a block of its own, to be freed like any other.
/// C17 7.22.3.4, malloc(3).
#[unsafe(no_mangle)]
pub extern "C" fn malloc(size: usize) -> *mut c_void {
    if size > size_class::SMALL_MAX {
        return medium(size);
    }
    match alloc::allocate_small(size) {
        Some(block) => block.as_ptr().cast(),
        None => plain_slow(size),
    }
}

/// Frees the block `ptr`; NULL is allowed and does nothing. errno is kept.
///
/// A block that is free already, and a pointer that is not the start of a block, end the process
/// with a message. C17 7.22.3.3, free(3).
///
/// # Safety
/// Nothing reads or writes the block any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free(ptr: *mut c_void) {
    // SAFETY: the caller gives the block up.
    unsafe { alloc::deallocate(ptr.cast()) }
}

/// Allocates a block of `count` times `size` bytes, all of them zero.
///
/// Returns the block, aligned to 16 bytes, or NULL with errno ENOMEM if there is no memory or the
/// product is above PTRDIFF_MAX. A product of 0 gives a block of its own. C17 7.22.3.2, calloc(3).
#[unsafe(no_mangle)]
pub extern "C" fn calloc(count: usize, size: usize) -> *mut c_void {
    zeroed(count, size)
}

/// Changes the size of the block `ptr` to at least `size` bytes, and moves it where it has to.
///
/// Returns the block, aligned to 16 bytes, its content kept up to the smaller of the two sizes; or
/// NULL with errno ENOMEM if there is no memory or `size` is above PTRDIFF_MAX, the block then
/// being as it was. With `ptr` NULL this is malloc; with `size` 0 the block is freed and the result
/// is NULL, errno kept. Misuse ends the process as in free. C17 7.22.3.5, realloc(3).
///
/// # Safety
/// If the result is not `ptr`, nothing reads or writes the block at `ptr` any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn realloc(ptr: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller gives the block up in exchange for the result.
    unsafe { resize(ptr, size) }
}

/// Changes the size of the block `ptr` to at least `count` times `size` bytes.
///
/// As realloc of that product, but a product that is too large is NULL with errno ENOMEM and leaves
/// the block as it was. reallocarray(3), OpenBSD.
///
/// # Safety
/// If the result is not `ptr`, nothing reads or writes the block at `ptr` any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn reallocarray(ptr: *mut c_void, count: usize, size: usize) -> *mut c_void {
    match count.checked_mul(size) {
        // SAFETY: the caller gives the block up in exchange for the result.
        Some(bytes) => unsafe { resize(ptr, bytes) },
        None => out_of_memory(),
    }
}

/// Allocates a block of at least `size` bytes, aligned to `alignment` bytes.
///
/// Returns 0 and stores the block in `*memptr`; or returns EINVAL if the alignment is not a power
/// of two or not a multiple of sizeof(void *), or ENOMEM if there is no memory or `size` is above
/// PTRDIFF_MAX. A failure leaves `*memptr` as it was. errno is kept. POSIX.1-2001,
/// posix_memalign(3).
///
/// # Safety
/// `memptr` points to a pointer that may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_memalign(
    memptr: *mut *mut c_void,
    alignment: usize,
    size: usize,
) -> c_int {
    if !alignment.is_power_of_two() || alignment < size_of::<*mut c_void>() {
        return ::libc::EINVAL;
    }
    let Some(block) = alloc::allocate_aligned(alignment, size) else { return ::libc::ENOMEM };
    // SAFETY: the caller passes the address of a pointer.
    unsafe { memptr.write(block.as_ptr().cast()) };
    0
}

/// Allocates a block of at least `size` bytes, aligned to `alignment` bytes.
///
/// Any size will do; an alignment that is no power of two is rounded up to the next one. Returns
/// the block, or NULL with errno EINVAL if the alignment is above SIZE_MAX / 2 + 1, or ENOMEM if
/// there is no memory or `size` is above PTRDIFF_MAX. C17 7.22.3.1, aligned_alloc(3).
#[unsafe(no_mangle)]
pub extern "C" fn aligned_alloc(alignment: usize, size: usize) -> *mut c_void {
    aligned(alignment, size)
}

/// Allocates a block of at least `size` bytes, aligned to `alignment` bytes.
///
/// The same as aligned_alloc: an alignment that is no power of two is rounded up, and errno is
/// EINVAL or ENOMEM. Obsolete; memalign(3).
#[unsafe(no_mangle)]
pub extern "C" fn memalign(alignment: usize, size: usize) -> *mut c_void {
    aligned(alignment, size)
}

/// Allocates a block of at least `size` bytes, aligned to the page size.
///
/// Returns the block, or NULL with errno ENOMEM. Obsolete; valloc(3).
#[unsafe(no_mangle)]
pub extern "C" fn valloc(size: usize) -> *mut c_void {
    pages(size)
}

/// Allocates a block of `size` bytes, rounded up to whole pages, aligned to the page size.
///
/// Returns the block, or NULL with errno ENOMEM, also if the rounded size is above PTRDIFF_MAX.
/// Obsolete; pvalloc(3).
#[unsafe(no_mangle)]
pub extern "C" fn pvalloc(size: usize) -> *mut c_void {
    whole_pages(size)
}

/// Frees the block `ptr`, as free does.
///
/// For old binaries: C libraries no longer declare it. cfree(3).
///
/// # Safety
/// Nothing reads or writes the block any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn cfree(ptr: *mut c_void) {
    // SAFETY: the caller gives the block up.
    unsafe { release(ptr) }
}

/// Frees the block `ptr` that was allocated with `size` bytes by malloc, calloc or realloc.
///
/// As free; the block knows its size, and the one passed here is not needed. errno is kept.
/// C23 7.24.3.4.
///
/// # Safety
/// Nothing reads or writes the block any more, and it was asked for with this size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free_sized(ptr: *mut c_void, size: usize) {
    let _ = size;
    // SAFETY: the caller gives the block up.
    unsafe { release(ptr) }
}

/// Frees the block `ptr` that was allocated with this alignment and size by aligned_alloc.
///
/// As free; the block knows both, and those passed here are not needed. errno is kept.
/// C23 7.24.3.5.
///
/// # Safety
/// Nothing reads or writes the block any more, and it was asked for with this alignment and size.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn free_aligned_sized(ptr: *mut c_void, alignment: usize, size: usize) {
    let _ = (alignment, size);
    // SAFETY: the caller gives the block up.
    unsafe { release(ptr) }
}

/// The number of bytes of the block `ptr` that may be used: at least as many as were asked for.
///
/// All of them may be written, and realloc keeps them all. 0 for NULL. errno is kept; misuse ends
/// the process as in free. malloc_usable_size(3).
///
/// # Safety
/// The block is not freed meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_usable_size(ptr: *mut c_void) -> usize {
    // SAFETY: the caller holds the block.
    unsafe { alloc::usable_size(ptr.cast()) }
}

// The names under which glibc exports the same functions for wrappers of malloc, which call them
// from their own malloc.

/// As malloc.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_malloc(size: usize) -> *mut c_void {
    plain(size)
}

/// As free.
///
/// # Safety
/// Nothing reads or writes the block any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __libc_free(ptr: *mut c_void) {
    // SAFETY: the caller gives the block up.
    unsafe { release(ptr) }
}

/// As calloc.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_calloc(count: usize, size: usize) -> *mut c_void {
    zeroed(count, size)
}

/// As realloc.
///
/// # Safety
/// If the result is not `ptr`, nothing reads or writes the block at `ptr` any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __libc_realloc(ptr: *mut c_void, size: usize) -> *mut c_void {
    // SAFETY: the caller gives the block up in exchange for the result.
    unsafe { resize(ptr, size) }
}

/// As memalign.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_memalign(alignment: usize, size: usize) -> *mut c_void {
    aligned(alignment, size)
}

/// As valloc.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_valloc(size: usize) -> *mut c_void {
    pages(size)
}

/// As pvalloc.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_pvalloc(size: usize) -> *mut c_void {
    whole_pages(size)
}

// The fast paths end in a call that is their last act, so that they need no frame of their own.

/// What malloc does for what has no place in the direct table.
#[inline(never)]
fn medium(size: usize) -> *mut c_void {
    match alloc::allocate_medium(size) {
        Some(block) => block.as_ptr().cast(),
        None => plain_slow(size),
    }
}

/// What malloc does, out of line.
#[inline(never)]
fn plain(size: usize) -> *mut c_void {
    pointer(alloc::allocate(size))
}

#[inline(never)]
fn plain_slow(size: usize) -> *mut c_void {
    pointer(alloc::allocate_slow(size))
}

/// What calloc does.
#[inline(always)]
fn zeroed(count: usize, size: usize) -> *mut c_void {
    let Some(bytes) = count.checked_mul(size) else { return out_of_memory() };
    match alloc::allocate_zeroed_small(bytes, (count, size)) {
        Some(block) => block.as_ptr().cast(),
        None => zeroed_slow(count, size),
    }
}

#[inline(never)]
fn zeroed_slow(count: usize, size: usize) -> *mut c_void {
    pointer(alloc::allocate_zeroed_slow(count * size))
}

/// Frees, out of line, where the call is rare.
///
/// # Safety
/// As [`free`].
#[inline(never)]
unsafe fn release(ptr: *mut c_void) {
    // SAFETY: the caller gives the block up.
    unsafe { alloc::deallocate(ptr.cast()) }
}

/// What realloc does.
///
/// # Safety
/// As [`realloc`].
#[inline(always)]
unsafe fn resize(ptr: *mut c_void, size: usize) -> *mut c_void {
    if alloc::fits_in_place(ptr as usize, size) {
        return ptr;
    }
    // SAFETY: the caller gives the block up in exchange for the result.
    unsafe { resize_slow(ptr, size) }
}

#[inline(never)]
unsafe fn resize_slow(ptr: *mut c_void, size: usize) -> *mut c_void {
    let Some(block) = NonNull::new(ptr.cast::<u8>()) else { return plain(size) };
    if size == 0 {
        // SAFETY: the caller gives the block up.
        unsafe { alloc::resize_to_nothing(block) };
        return ptr::null_mut();
    }
    // SAFETY: the caller gives the block up in exchange for the result; the size is not zero.
    pointer(unsafe { alloc::resize_slow(block, size) })
}

/// What memalign does.
#[inline(always)]
fn aligned(alignment: usize, size: usize) -> *mut c_void {
    // No alignment at all passes, too: it leaves nothing of the size, which the fast path refuses.
    if alignment & alignment.wrapping_sub(1) == 0
        && let Some(block) = alloc::allocate_aligned_small(alignment, size)
    {
        return block.as_ptr().cast();
    }
    aligned_slow(alignment, size)
}

#[inline(never)]
fn aligned_slow(alignment: usize, size: usize) -> *mut c_void {
    match alignment.checked_next_power_of_two() {
        Some(alignment) => pointer(alloc::allocate_aligned_slow(alignment, size)),
        None => {
            set_errno(::libc::EINVAL);
            ptr::null_mut()
        }
    }
}

/// What valloc does.
fn pages(size: usize) -> *mut c_void {
    pointer(alloc::allocate_aligned(sys::page_size(), size))
}

/// What pvalloc does.
fn whole_pages(size: usize) -> *mut c_void {
    // The page size is a power of two.
    let beyond = sys::page_size() - 1;
    match size.checked_add(beyond) {
        Some(end) => pages(end & !beyond),
        None => out_of_memory(),
    }
}
