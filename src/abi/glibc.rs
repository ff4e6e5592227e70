//! glibc's functions for tuning and statistics.

use super::set_errno;
use crate::{
    alloc, config,
    report::{free_blocks, free_bytes, print, write_xml},
    stats::{Snapshot, snapshot},
    text::{Chunks, Sink},
};
use core::ffi::c_int;
use libc::{FILE, mallinfo as CMallinfo, mallinfo2 as CMallinfo2};

/// Gives all free memory back to the system that no live block pins, other threads' included, but
/// for what other live threads have in magazines and keep of large blocks.
///
/// Returns 1 if any memory went back, else 0. `pad`, which asks glibc to keep that many bytes at
/// the top of its heap, has nothing to act on here. errno is kept. malloc_trim(3).
#[unsafe(no_mangle)]
pub extern "C" fn malloc_trim(pad: usize) -> c_int {
    let _ = pad;
    c_int::from(alloc::purge() > 0)
}

/// Sets a parameter of glibc's allocator. Returns 1 if the parameter is known, else 0.
///
/// M_TRIM_THRESHOLD sets how much free memory is kept resident, in bytes, rounded up to MiB: no more
/// than that below 32 MiB; from there on more where what went back is soon needed again. Below 0,
/// memory is kept for as long as the settings allow. The other parameters describe
/// lists, arenas and thresholds that pigalloc does not have: they are accepted and change nothing.
/// errno is kept. mallopt(3).
#[unsafe(no_mangle)]
pub extern "C" fn mallopt(param: c_int, value: c_int) -> c_int {
    set_parameter(param, value)
}

/// What is in use, in numbers of type int, each at INT_MAX if it is larger.
///
/// As mallinfo2, which should be used instead. mallinfo(3).
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo() -> CMallinfo {
    narrow_figures()
}

/// What is in use, in bytes and numbers of blocks.
///
/// uordblks: bytes of live blocks other than huge ones; hblkhd and hblks: bytes and number of huge
/// blocks, which have mappings of their own; fordblks and ordblks: bytes that are free and still
/// resident, number of free blocks in slabs; arena: uordblks and fordblks together; keepcost: bytes
/// of free spans, which malloc_trim gives back. The other fields are 0. mallinfo2(3).
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo2() -> CMallinfo2 {
    figures(&snapshot())
}

/// Writes what is in use to `stream` as XML, in the elements that glibc uses.
///
/// Returns 0; EINVAL, also in errno, and writes nothing if `options` is not 0; -1 with the errno of
/// the stream if that fails. No lock of the allocator is held meanwhile: the stream may allocate.
/// malloc_info(3).
///
/// # Safety
/// `stream` is open for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_info(options: c_int, stream: *mut FILE) -> c_int {
    if options != 0 {
        set_errno(libc::EINVAL);
        return libc::EINVAL;
    }
    let snapshot = snapshot();
    let mut complete = true;
    let mut sink = |piece: &[u8]| {
        // SAFETY: the caller's stream is open, and the piece is readable for all of its length.
        let written = unsafe { libc::fwrite(piece.as_ptr().cast(), 1, piece.len(), stream) };
        complete &= written == piece.len();
    };
    let mut out = Chunks::<512>::new(Sink::Closure(&mut sink));
    // What the stream does not take is noted above.
    let _ = write_xml(&snapshot, &mut out);
    out.flush();
    if complete { 0 } else { -1 }
}

/// Writes where the memory is to stderr, in words and units, past the buffers of stdio.
///
/// malloc_stats(3).
#[unsafe(no_mangle)]
pub extern "C" fn malloc_stats() {
    print(&snapshot());
}

/// As mallopt, for wrappers of it.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_mallopt(param: c_int, value: c_int) -> c_int {
    set_parameter(param, value)
}

/// As mallinfo, for wrappers of it.
#[unsafe(no_mangle)]
pub extern "C" fn __libc_mallinfo() -> CMallinfo {
    narrow_figures()
}

/// What mallopt does.
fn set_parameter(param: c_int, value: c_int) -> c_int {
    match param {
        libc::M_TRIM_THRESHOLD => {
            config::keep_free_bytes(usize::try_from(value).ok());
            1
        }
        libc::M_MXFAST
        | libc::M_NLBLKS
        | libc::M_GRAIN
        | libc::M_KEEP
        | libc::M_TOP_PAD
        | libc::M_MMAP_THRESHOLD
        | libc::M_MMAP_MAX
        | libc::M_CHECK_ACTION
        | libc::M_PERTURB
        | libc::M_ARENA_TEST
        | libc::M_ARENA_MAX => 1,
        _ => 0,
    }
}

/// What mallinfo2 returns.
fn figures(snapshot: &Snapshot) -> CMallinfo2 {
    let live = snapshot.live_bytes.saturating_sub(snapshot.huge_bytes);
    let free = free_bytes(snapshot);
    CMallinfo2 {
        arena: live.saturating_add(free),
        ordblks: free_blocks(snapshot),
        smblks: 0,
        hblks: snapshot.huge_blocks,
        hblkhd: snapshot.huge_bytes,
        usmblks: 0,
        fsmblks: 0,
        uordblks: live,
        fordblks: free,
        keepcost: snapshot.dirty_bytes,
    }
}

/// What mallinfo returns.
fn narrow_figures() -> CMallinfo {
    let narrow = |value: usize| c_int::try_from(value).unwrap_or(c_int::MAX);
    let wide = figures(&snapshot());
    CMallinfo {
        arena: narrow(wide.arena),
        ordblks: narrow(wide.ordblks),
        smblks: narrow(wide.smblks),
        hblks: narrow(wide.hblks),
        hblkhd: narrow(wide.hblkhd),
        usmblks: narrow(wide.usmblks),
        fsmblks: narrow(wide.fsmblks),
        uordblks: narrow(wide.uordblks),
        fordblks: narrow(wide.fordblks),
        keepcost: narrow(wide.keepcost),
    }
}
