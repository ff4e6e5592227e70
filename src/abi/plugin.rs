//! Libraries that a program opens while it runs.
//!
//! One that is opened with RTLD_DEEPBIND looks for its symbols in the libraries that it needs first, and so
//! finds libc's malloc before the program's, whatever was preloaded. Sooner or later it frees a block of
//! ours there, or hands a block of libc's out: PHP loads its extensions so, and ends as it starts. libc's malloc
//! cannot be taught, since glibc 2.34 has no hooks for it. So the flag is left out.

use super::linked::{is_ours, linked};
use crate::foreign::Next;
use crate::thread;
use core::ffi::{c_char, c_int, c_void};
use core::ptr;

static OPEN: Next = Next::new(c"dlopen");

/// libc's dlopen.
///
/// # Safety
/// As that of dlopen.
pub(super) unsafe fn open(path: *const c_char, flags: c_int) -> *mut c_void {
    let Some(open) = OPEN.get() else {
        return ptr::null_mut();
    };
    // SAFETY: the symbol is dlopen of libc, or of another library that is loaded before it. It is called last, so that it
    // returns to, and knows, who has called us: paths are looked for on behalf of that library.
    unsafe {
        let open: unsafe extern "C" fn(*const c_char, c_int) -> *mut c_void =
            core::mem::transmute(open);
        open(path, flags)
    }
}

/// Opens a library as libc does, but for RTLD_DEEPBIND, which is ignored where the program's malloc is ours: the
/// library shall use it, too.
///
/// dlopen(3).
///
/// # Safety
/// The path is a string or null. What the library does as it is loaded is its own.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn dlopen(path: *const c_char, flags: c_int) -> *mut c_void {
    // Where the program has a malloc of its own nobody has called ours. (One that is linked to fixed addresses may stand for
    // free itself, if it takes its address.)
    let is_ours = thread::is_started() || is_ours(linked!("free")) || is_ours(linked!("malloc"));
    let refused = if is_ours { libc::RTLD_DEEPBIND } else { 0 };
    // SAFETY: the caller's promise is the same.
    unsafe { open(path, flags & !refused) }
}
