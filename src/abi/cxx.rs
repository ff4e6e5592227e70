//! The operators `new` and `delete` of C++ that programs call most: the plain, array and sized ones.
//!
//! libstdc++'s end in malloc and free, by two or three calls. These spare them; libstdc++'s other forms
//! (nothrow, aligned) stay, and end here or in malloc as ever.
//!
//! A program may replace any of them, and malloc, and then its own must be reached: arrays end in the
//! plain forms, sized deletes in the unsized, and these in malloc and free. So they go by the global
//! offset table, where the loader has put the program's function if there is one. The static archive
//! has none of them: a program that replaces one could not be linked with it.

use crate::foreign::Next;
use crate::sync::Ordering;
use crate::sync::lasting::AtomicU8;
use crate::{alloc, fatal};
use core::arch::{asm, naked_asm};
use core::ffi::c_void;
use core::num::NonZeroUsize;
use core::ptr;

/// libstdc++'s, which calls the program's handler and throws.
static NEW: Next = Next::new(c"_Znwm");

/// Whether malloc is ours.
static MALLOC: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const OURS: u8 = 1;
const THE_PROGRAMS: u8 = 2;

unsafe extern "C" {
    // Made by the linker: where this object starts, and what lies behind its code.
    static __ehdr_start: u8;
    static _DYNAMIC: u8;
}

/// `operator new(size_t)`: a block of at least `size` bytes, aligned to 16.
///
/// When there is no memory it calls the program's new_handler or throws std::bad_alloc. C++17
/// \[new.delete.single\].
#[unsafe(no_mangle)]
pub extern "C" fn _Znwm(size: usize) -> *mut c_void {
    if MALLOC.load(Ordering::Relaxed) != OURS {
        return new_slow(size);
    }
    match alloc::allocate_small(size) {
        Some(block) => block.as_ptr().cast(),
        None => new_slow(size),
    }
}

/// What else new does. Its end is a jump to the operator that throws: no frame of ours is there for the
/// exception to pass.
#[unsafe(naked)]
extern "C" fn new_slow(size: usize) -> *mut c_void {
    naked_asm!(
        ".cfi_startproc",
        "push rdi",
        ".cfi_adjust_cfa_offset 8",
        "call {allocate}",
        "test rax, rax",
        "jz 2f",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        "ret",
        "2:",
        ".cfi_adjust_cfa_offset 8",
        "mov rdi, [rsp + 8]",
        "call {next}",
        "pop rdi",
        ".cfi_adjust_cfa_offset -8",
        "jmp rax",
        ".cfi_endproc",
        allocate = sym allocate,
        next = sym next,
    )
}

extern "C" fn allocate(size: usize) -> *mut u8 {
    if MALLOC.load(Ordering::Relaxed) == OURS {
        return alloc::allocate(size).map_or(ptr::null_mut(), |block| block.as_ptr());
    }
    let malloc: usize;
    // SAFETY: the table has an entry for the symbol.
    unsafe {
        asm!("mov {}, [rip + malloc@GOTPCREL]", out(reg) malloc,
             options(pure, readonly, nostack, preserves_flags));
    }
    let here = (&raw const __ehdr_start as usize)..(&raw const _DYNAMIC as usize);
    let whose = if here.contains(&malloc) { OURS } else { THE_PROGRAMS };
    MALLOC.store(whose, Ordering::Relaxed);
    // SAFETY: the function is malloc, the program's or ours.
    unsafe {
        let malloc: unsafe extern "C" fn(usize) -> *mut u8 = core::mem::transmute(malloc);
        malloc(size)
    }
}

/// The operator new that comes after ours, for code at `caller`.
#[cold]
extern "C" fn next(caller: usize) -> NonZeroUsize {
    let found = NEW.get().or_else(|| NEW.of(caller));
    // There is none where C++ came with static linking, and nothing that could throw.
    found.unwrap_or_else(|| fatal::end("operator new: out of memory"))
}

/// `operator new[](size_t)`: as the program's operator new. C++17 \[new.delete.array\].
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub extern "C" fn _Znam(size: usize) -> *mut c_void {
    naked_asm!("jmp qword ptr [rip + _Znwm@GOTPCREL]")
}

/// `operator delete(void *)`: frees a block of operator new; null is nothing. As free. C++17
/// \[new.delete.single\].
///
/// # Safety
/// Nothing reads or writes the block any more.
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn _ZdlPv(block: *mut c_void) {
    naked_asm!("jmp qword ptr [rip + free@GOTPCREL]")
}

/// `operator delete(void *, size_t)`: as the program's delete without a size.
///
/// # Safety
/// As [`_ZdlPv`].
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn _ZdlPvm(block: *mut c_void, size: usize) {
    naked_asm!("jmp qword ptr [rip + _ZdlPv@GOTPCREL]")
}

/// `operator delete[](void *)`: as the program's operator delete.
///
/// # Safety
/// As [`_ZdlPv`].
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn _ZdaPv(block: *mut c_void) {
    naked_asm!("jmp qword ptr [rip + _ZdlPv@GOTPCREL]")
}

/// `operator delete[](void *, size_t)`: as the program's delete\[\] without a size.
///
/// # Safety
/// As [`_ZdlPv`].
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub unsafe extern "C" fn _ZdaPvm(block: *mut c_void, size: usize) {
    naked_asm!("jmp qword ptr [rip + _ZdaPv@GOTPCREL]")
}
