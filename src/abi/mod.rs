//! What C programs call: argument checks, errno, and nothing else.
//!
//! [`libc`] holds the functions of the C standard, POSIX and BSD, [`glibc`] what glibc adds for
//! tuning and statistics, [`pig`] pigalloc's own. include/pigalloc.h is generated from these
//! three files (cxx has C++'s operators and plugin has dlopen, which need no header): their documentation is written for
//! readers of the header, and every exported function stands there plainly, since the generator does
//! not expand macros.
//!
//! No exported function calls another by its exported name: that name may be the program's own
//! function, which may well end here.

#[cfg(feature = "shared")]
pub mod cxx;
#[cfg(feature = "faults")]
mod faults;
pub mod glibc;
pub mod libc;
mod life;
#[cfg(feature = "shared")]
mod linked;
pub mod pig;
#[cfg(feature = "shared")]
mod plugin;

use core::{
    arch::global_asm,
    ffi::{c_int, c_void},
    ptr::{self, NonNull},
};

// The sections of the functions that are called most. Each begins with a cache line: how fast such short ones are would
// depend on where in a line they begin, by a fifth.
global_asm!(
    ".section .text._Znwm,\"ax\",@progbits",
    ".balign 64",
    ".section .text.malloc,\"ax\",@progbits",
    ".balign 64",
    ".section .text.free,\"ax\",@progbits",
    ".balign 64",
    ".text",
);

/// A block as C takes it: without one, NULL and errno ENOMEM.
#[inline(always)]
fn pointer(block: Option<NonNull<u8>>) -> *mut c_void {
    match block {
        Some(block) => block.as_ptr().cast(),
        None => out_of_memory(),
    }
}

/// NULL, and errno ENOMEM.
#[cold]
#[inline(never)]
fn out_of_memory() -> *mut c_void {
    set_errno(::libc::ENOMEM);
    ptr::null_mut()
}

/// Sets the thread's errno.
fn set_errno(code: c_int) {
    // SAFETY: libc gives the address of the calling thread's errno, which is always writable.
    unsafe { *::libc::__errno_location() = code }
}
