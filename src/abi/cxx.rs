//! The operators `new` and `delete` of C++, all twenty.
//!
//! libstdc++'s end in malloc and free, by two or three calls. These spare them. All are here, since a program
//! may be linked with another allocator that brings its own: what one form gave, another must take.
//!
//! A program may replace any of them, and malloc, and then its own must be reached: arrays end in the
//! plain forms, nothrow ones in those that throw, sized deletes in the unsized, and these in malloc and
//! free. So they go by the global offset table, where the loader has put the program's function if there
//! is one. Where exceptions have to be caught or thrown the C++ library of the program does it. The static
//! archive has no operators: a program that replaces one could not be linked with it.

use super::linked::{is_ours, linked, linked_if_there};
use super::plugin;
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicU8, AtomicUsize};
use crate::{alloc, fatal};
use core::arch::naked_asm;
use core::ffi::{CStr, c_void};
use core::ptr;

/// Whether malloc is ours.
static MALLOC: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const OURS: u8 = 1;
const THE_PROGRAMS: u8 = 2;

// ---------------------------------------------------------------------- new

/// `operator new(size_t)`: a block of at least `size` bytes, aligned to 16.
///
/// When there is no memory it calls the program's new_handler or throws std::bad_alloc. C++17
/// \[new.delete.single\].
#[unsafe(no_mangle)]
pub extern "C" fn _Znwm(size: usize) -> *mut c_void {
    if MALLOC.load(Ordering::Relaxed) != OURS {
        return new_slow(size, PLAIN);
    }
    match alloc::allocate_small(size) {
        Some(block) => block.as_ptr().cast(),
        None => new_slow(size, PLAIN),
    }
}

/// `operator new(size_t, align_val_t)`: a block of at least `size` bytes, aligned to `alignment` bytes.
///
/// As operator new; an alignment that is no power of two is a want of memory. C++17
/// \[new.delete.single\].
#[unsafe(no_mangle)]
pub extern "C" fn _ZnwmSt11align_val_t(size: usize, alignment: usize) -> *mut c_void {
    new_slow(size, alignment)
}

/// Stands for the alignment of a plain form; none of an aligned one, since it is no power of two.
const PLAIN: usize = usize::MAX;

/// A block, or what the language asks for when there is none: the program's handler, as long as it has one,
/// then an exception. What these throw passes this frame, which needs no cleaning.
#[unsafe(naked)]
extern "C" fn new_slow(size: usize, alignment: usize) -> *mut c_void {
    naked_asm!(
        ".cfi_startproc",
        "push rbx",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset rbx, 0",
        "push r14",
        ".cfi_adjust_cfa_offset 8",
        ".cfi_rel_offset r14, 0",
        "push rax",
        ".cfi_adjust_cfa_offset 8",
        "mov rbx, rdi",
        "mov r14, rsi",
        "2:",
        "mov rdi, rbx",
        "mov rsi, r14",
        "call {allocate}",
        "test rax, rax",
        "jnz 3f",
        "call {after_failure}",
        "call rax",
        "jmp 2b",
        "3:",
        "pop rcx",
        ".cfi_adjust_cfa_offset -8",
        "pop r14",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore r14",
        "pop rbx",
        ".cfi_adjust_cfa_offset -8",
        ".cfi_restore rbx",
        "ret",
        ".cfi_endproc",
        allocate = sym allocate,
        after_failure = sym after_failure,
    )
}

/// A block, null where there is no memory.
extern "C" fn allocate(size: usize, alignment: usize) -> *mut u8 {
    let found = match alignment {
        PLAIN if MALLOC.load(Ordering::Relaxed) == OURS => alloc::allocate(size),
        PLAIN => return allocate_by_malloc(size),
        _ if !alignment.is_power_of_two() => None,
        _ if is_ours(linked!("aligned_alloc")) => alloc::allocate_aligned(alignment, size),
        _ => return allocate_by_aligned_alloc(size, alignment),
    };
    found.map_or(ptr::null_mut(), |block| block.as_ptr())
}

/// The same by the program's malloc, if it has one of its own.
#[cold]
fn allocate_by_malloc(size: usize) -> *mut u8 {
    let malloc = linked!("malloc");
    MALLOC.store(if is_ours(malloc) { OURS } else { THE_PROGRAMS }, Ordering::Relaxed);
    // SAFETY: the function is malloc, the program's or ours.
    unsafe {
        let malloc: unsafe extern "C" fn(usize) -> *mut u8 = core::mem::transmute(malloc);
        // The program's may return null for no bytes.
        malloc(size.max(1))
    }
}

#[cold]
fn allocate_by_aligned_alloc(size: usize, alignment: usize) -> *mut u8 {
    let alignment = alignment.max(size_of::<usize>());
    let rounded = size.max(1).checked_next_multiple_of(alignment);
    let aligned_alloc = linked!("aligned_alloc");
    // SAFETY: the function is aligned_alloc, the program's, and the size a multiple of the alignment.
    unsafe {
        let aligned_alloc: unsafe extern "C" fn(usize, usize) -> *mut u8 =
            core::mem::transmute(aligned_alloc);
        rounded.map_or(ptr::null_mut(), |bytes| aligned_alloc(alignment, bytes))
    }
}

// ---------------------------------------------------------------------- without memory

/// A function of the C++ library that is loaded for a plugin alone, or later than this object. Asks the loader, which
/// another thread may have busy; so who has the symbol in the table goes by that.
#[cold]
fn of_library(name: &CStr) -> Option<usize> {
    // Kept open: what is found stays where it is.
    static LIBRARY: AtomicUsize = AtomicUsize::new(0);
    let mut library = LIBRARY.load(Ordering::Relaxed);
    if library == 0 {
        let loaded = |name: &CStr| {
            // SAFETY: the name is a string; nothing is loaded that is not yet.
            unsafe { plugin::open(name.as_ptr(), libc::RTLD_LAZY | libc::RTLD_NOLOAD) as usize }
        };
        library = [c"libstdc++.so.6", c"libc++.so.1"].into_iter().map(loaded).find(|&l| l != 0)?;
        LIBRARY.store(library, Ordering::Relaxed);
    }
    // SAFETY: the library is open, and the name a string.
    let found = unsafe { libc::dlsym(library as *mut c_void, name.as_ptr()) } as usize;
    (found != 0).then_some(found)
}

/// The program's new_handler.
fn handler() -> Option<usize> {
    let get = linked_if_there!("_ZSt15get_new_handlerv")
        .or_else(|| of_library(c"_ZSt15get_new_handlerv"))?;
    // SAFETY: the function is std::get_new_handler.
    let get: extern "C" fn() -> usize = unsafe { core::mem::transmute(get) };
    let handler = get();
    (handler != 0).then_some(handler)
}

/// What a throwing operator calls when there is no memory.
#[cold]
extern "C" fn after_failure() -> usize {
    // Of a library that came with static linking, into the program or a plugin, we see no such function.
    handler()
        .or_else(|| linked_if_there!("_ZSt17__throw_bad_allocv"))
        .or_else(|| of_library(c"_ZSt17__throw_bad_allocv"))
        .unwrap_or_else(|| fatal::end("operator new: out of memory"))
}

/// What a nothrow operator gives. Where the program has replaced what it ends in, or has a handler, which may
/// throw, that is the library's work.
fn nothrow(size: usize, alignment: usize, tag: usize, form: Form) -> *mut u8 {
    let is_derived = form.throwing.iter().all(|&function| is_ours(function));
    let block = if is_derived { allocate(size, alignment) } else { ptr::null_mut() };
    if !block.is_null() || (is_derived && handler().is_none()) {
        return block;
    }
    // Without the library nobody could catch what the program's own throws.
    let function = of_library(form.name).unwrap_or(form.throwing[0]);
    // SAFETY: the function is the operator, with or without an alignment; what takes no tag does not look.
    unsafe {
        if alignment == PLAIN {
            let new: extern "C" fn(usize, usize) -> *mut u8 = core::mem::transmute(function);
            new(size, tag)
        } else {
            let new: extern "C" fn(usize, usize, usize) -> *mut u8 = core::mem::transmute(function);
            new(size, alignment, tag)
        }
    }
}

/// A nothrow form: its name, and the operators that it ends in, the nearest first.
struct Form {
    name: &'static CStr,
    throwing: [usize; 2],
}

/// `operator new(size_t, const nothrow_t &)`: as operator new, or null. C++17 \[new.delete.single\].
#[unsafe(no_mangle)]
pub extern "C" fn _ZnwmRKSt9nothrow_t(size: usize, tag: usize) -> *mut c_void {
    let throwing = [linked!("_Znwm"); 2];
    nothrow(size, PLAIN, tag, Form { name: c"_ZnwmRKSt9nothrow_t", throwing }).cast()
}

/// `operator new[](size_t, const nothrow_t &)`: as operator new\[\], or null. C++17
/// \[new.delete.array\].
#[unsafe(no_mangle)]
pub extern "C" fn _ZnamRKSt9nothrow_t(size: usize, tag: usize) -> *mut c_void {
    let throwing = [linked!("_Znam"), linked!("_Znwm")];
    nothrow(size, PLAIN, tag, Form { name: c"_ZnamRKSt9nothrow_t", throwing }).cast()
}

/// `operator new(size_t, align_val_t, const nothrow_t &)`: as the aligned operator new, or null. C++17
/// \[new.delete.single\].
#[unsafe(no_mangle)]
pub extern "C" fn _ZnwmSt11align_val_tRKSt9nothrow_t(
    size: usize,
    alignment: usize,
    tag: usize,
) -> *mut c_void {
    let throwing = [linked!("_ZnwmSt11align_val_t"); 2];
    let name = c"_ZnwmSt11align_val_tRKSt9nothrow_t";
    nothrow(size, alignment, tag, Form { name, throwing }).cast()
}

/// `operator new[](size_t, align_val_t, const nothrow_t &)`: as the aligned operator new\[\], or null.
/// C++17 \[new.delete.array\].
#[unsafe(no_mangle)]
pub extern "C" fn _ZnamSt11align_val_tRKSt9nothrow_t(
    size: usize,
    alignment: usize,
    tag: usize,
) -> *mut c_void {
    let throwing = [linked!("_ZnamSt11align_val_t"), linked!("_ZnwmSt11align_val_t")];
    let name = c"_ZnamSt11align_val_tRKSt9nothrow_t";
    nothrow(size, alignment, tag, Form { name, throwing }).cast()
}

// ---------------------------------------------------------------------- what derives from another form

/// An operator that ends in another function, by the global offset table; perhaps after an instruction.
macro_rules! jump {
    ($target:literal $(after $first:literal)?) => {
        naked_asm!($($first,)? concat!("jmp qword ptr [rip + ", $target, "@GOTPCREL]"))
    };
}

/// `operator new[](size_t)`: as the program's operator new. C++17 \[new.delete.array\].
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub extern "C" fn _Znam(size: usize) -> *mut c_void {
    jump!("_Znwm")
}

/// `operator new[](size_t, align_val_t)`: as the program's aligned operator new. C++17
/// \[new.delete.array\].
#[unsafe(no_mangle)]
#[unsafe(naked)]
pub extern "C" fn _ZnamSt11align_val_t(size: usize, alignment: usize) -> *mut c_void {
    jump!("_ZnwmSt11align_val_t")
}

/// Defines forms of `operator delete` that end in another.
macro_rules! deletes {
    ($(
        $(#[$doc:meta])*
        $name:ident($($more:ident),*) => $target:literal $(after $first:literal)?;
    )*) => {$(
        $(#[$doc])*
        ///
        /// C++17 \[new.delete\].
        ///
        /// # Safety
        /// Nothing reads or writes the block any more.
        #[unsafe(no_mangle)]
        #[unsafe(naked)]
        pub unsafe extern "C" fn $name(block: *mut c_void $(, $more: usize)*) {
            jump!($target $(after $first)?)
        }
    )*};
}

deletes! {
    /// `operator delete(void *)`: as free, the program's.
    _ZdlPv() => "free";
    /// `operator delete(void *, size_t)`: as the one without a size.
    _ZdlPvm(size) => "_ZdlPv";
    /// `operator delete(void *, const nothrow_t &)`: as the plain one.
    _ZdlPvRKSt9nothrow_t(tag) => "_ZdlPv";
    /// `operator delete[](void *)`: as the plain one.
    _ZdaPv() => "_ZdlPv";
    /// `operator delete[](void *, size_t)`: as the one without a size.
    _ZdaPvm(size) => "_ZdaPv";
    /// `operator delete[](void *, const nothrow_t &)`: as operator delete\[\].
    _ZdaPvRKSt9nothrow_t(tag) => "_ZdaPv";
    /// `operator delete(void *, align_val_t)`: as free, the program's.
    _ZdlPvSt11align_val_t(alignment) => "free";
    /// `operator delete(void *, size_t, align_val_t)`: as the one without a size.
    _ZdlPvmSt11align_val_t(size, alignment) => "_ZdlPvSt11align_val_t" after "mov rsi, rdx";
    /// `operator delete(void *, align_val_t, const nothrow_t &)`: as the one without a tag.
    _ZdlPvSt11align_val_tRKSt9nothrow_t(alignment, tag) => "_ZdlPvSt11align_val_t";
    /// `operator delete[](void *, align_val_t)`: as the plain aligned one.
    _ZdaPvSt11align_val_t(alignment) => "_ZdlPvSt11align_val_t";
    /// `operator delete[](void *, size_t, align_val_t)`: as the one without a size.
    _ZdaPvmSt11align_val_t(size, alignment) => "_ZdaPvSt11align_val_t" after "mov rsi, rdx";
    /// `operator delete[](void *, align_val_t, const nothrow_t &)`: as the one without a tag.
    _ZdaPvSt11align_val_tRKSt9nothrow_t(alignment, tag) => "_ZdaPvSt11align_val_t";
}
