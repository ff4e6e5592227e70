//! Pointers that are not ours.
//!
//! A program can hold blocks of libc's own malloc: from before the library was loaded by dlopen, or
//! from another namespace. Those on libc's brk heap are recognised and passed to libc; any other
//! unknown pointer ends the process with a message.

use crate::fatal::{self, Misuse};
use crate::sys;
use crate::units::MIN_ALIGN;
use core::ffi::{CStr, c_void};
use core::num::NonZeroUsize;
use core::ptr::{self, NonNull};
use once_cell::race::OnceNonZeroUsize;

/// libc's function behind ours, found once.
pub(crate) struct Next(OnceNonZeroUsize, &'static CStr);

static FREE: Next = Next::new(c"free");
static REALLOC: Next = Next::new(c"realloc");
static USABLE_SIZE: Next = Next::new(c"malloc_usable_size");

impl Next {
    pub(crate) const fn new(name: &'static CStr) -> Next {
        Next(OnceNonZeroUsize::new(), name)
    }

    pub(crate) fn get(&self) -> Option<NonZeroUsize> {
        if let Some(known) = self.0.get() {
            return Some(known);
        }
        // SAFETY: the name is a string; the loader finds the next definition after ours.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.1.as_ptr()) };
        let found = NonZeroUsize::new(found as usize)?;
        // Who was faster has found the same.
        let _ = self.0.set(found);
        Some(found)
    }
}

/// Whether an address is libc's: on the heap that brk makes, which this allocator never uses.
fn is_libcs(address: usize) -> bool {
    // Blocks are aligned and stand behind a header of two words.
    address.is_multiple_of(MIN_ALIGN)
        && sys::brk_heap()
            .is_some_and(|heap| heap.contains(&address) && heap.start + MIN_ALIGN <= address)
}

fn next(function: &Next, name: &str, block: *mut u8) -> NonZeroUsize {
    let address = block as usize;
    match function.get() {
        Some(next) if is_libcs(address) => next,
        _ => fatal::misuse(name, Misuse::NotABlock, address),
    }
}

/// Frees a block of libc's; misuse is that of `function`.
///
/// # Safety
/// The caller gives the block up.
#[cold]
pub(crate) unsafe fn free(function: &str, block: *mut u8) {
    let free = next(&FREE, function, block);
    // SAFETY: the symbol is libc's free, and the block is on libc's heap.
    unsafe {
        let free: unsafe extern "C" fn(*mut c_void) = core::mem::transmute(free);
        free(block.cast());
    }
}

/// Makes a block of libc's smaller; it stays libc's.
///
/// # Safety
/// The caller gives the block up for the result.
#[cold]
pub(crate) unsafe fn shrink(block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
    let realloc = next(&REALLOC, "realloc", block.as_ptr());
    // SAFETY: the symbol is libc's realloc, and the block is on libc's heap.
    unsafe {
        let realloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void =
            core::mem::transmute(realloc);
        NonNull::new(realloc(block.as_ptr().cast(), size).cast())
    }
}

/// The usable size of a block of libc's; misuse is that of `function`.
///
/// # Safety
/// The block is live.
#[cold]
pub(crate) unsafe fn usable_size(function: &str, block: NonNull<u8>) -> usize {
    let usable_size = next(&USABLE_SIZE, function, block.as_ptr());
    // SAFETY: the symbol is libc's malloc_usable_size, and the block is on libc's heap.
    unsafe {
        let usable_size: unsafe extern "C" fn(*const c_void) -> usize =
            core::mem::transmute(usable_size);
        usable_size(ptr::from_ref(block.as_ref()).cast())
    }
}
