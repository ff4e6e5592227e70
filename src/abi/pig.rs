//! pigalloc's own functions.

use crate::{
    alloc, config, report,
    stats::{Snapshot, snapshot},
    text::Bounded,
};
use core::{
    ffi::{CStr, c_char, c_int, c_long, c_void},
    fmt::{self, Write},
    mem::offset_of,
    slice,
};

/// Where the memory is. Sizes are in bytes.
///
/// Later versions add fields at the end; `size` says which ones a program knows.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[allow(non_camel_case_types)]
pub struct pig_stats_t {
    /// To be set to sizeof(pig_stats_t) before the call; after it, how much of it was filled.
    pub size: usize,
    /// Usable bytes of all blocks that the program holds.
    pub live_bytes: usize,
    /// Number of blocks that the program holds.
    pub live_blocks: usize,
    /// Of live_bytes, those of blocks too large for a size class, each in a span of pages.
    pub large_bytes: usize,
    /// Number of such blocks.
    pub large_blocks: usize,
    /// Of live_bytes, those of blocks that have a mapping of their own.
    pub huge_bytes: usize,
    /// Number of such blocks.
    pub huge_blocks: usize,
    /// Free blocks that threads keep, in magazines, outboxes and as kept large blocks, in bytes.
    pub cached_bytes: usize,
    /// Free blocks in slabs and what is set aside for slabs, in bytes.
    pub slab_free_bytes: usize,
    /// Free spans that are still resident, in bytes.
    pub dirty_bytes: usize,
    /// What pigalloc's own records take, in bytes.
    pub metadata_bytes: usize,
    /// Address space of the arenas, reserved or committed, in bytes.
    pub reserved_bytes: usize,
    /// Of reserved_bytes, what is ready for use.
    pub committed_bytes: usize,
    /// Mappings of huge blocks, in bytes, outside reserved_bytes.
    pub mapped_huge_bytes: usize,
    /// Free spans given back to the system since the start, in bytes.
    pub purged_bytes: usize,
    /// Number of heaps of threads.
    pub heaps: usize,
    /// Of these, heaps of which no block is in use.
    pub heaps_idle: usize,
    /// What rounding up to a size class costs at most, in tenths of a percent of the live bytes in slabs.
    pub class_waste_permille: usize,
}

/// The size of the structure in its first version, which is the least that a caller may have.
const FIRST_SIZE: usize = offset_of!(pig_stats_t, class_waste_permille) + size_of::<usize>();

/// The version of the library, such as "1.2.3".
#[unsafe(no_mangle)]
pub extern "C" fn pig_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// Fills in where the memory is.
///
/// The caller sets out->size to sizeof *out first. Returns 0, and out->size says how many bytes
/// were filled: an older library fills fewer, and leaves the rest as it was. Returns EINVAL if
/// `out` is NULL or out->size is smaller than the first version of the structure. errno is kept.
///
/// # Safety
/// `out` is NULL or points to out->size bytes that may be written, aligned as the structure is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pig_stats_get(out: *mut pig_stats_t) -> c_int {
    if out.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: the caller's structure begins with its size.
    let room = unsafe { (&raw const (*out).size).read() };
    if room < FIRST_SIZE {
        return libc::EINVAL;
    }
    let filled = room.min(size_of::<pig_stats_t>());
    let stats = stats_of(&snapshot(), filled);
    // SAFETY: `filled` is within both structures, which do not overlap.
    unsafe { (&raw const stats).cast::<u8>().copy_to_nonoverlapping(out.cast(), filled) };
    0
}

/// Writes where the memory is into `buf`, in words and units, lines ended by '\n'.
///
/// As snprintf: writes at most `n` bytes, the last of them NUL, and returns the length of the whole
/// text without the NUL. `buf` may be NULL if `n` is 0. errno is kept.
///
/// # Safety
/// `n` bytes at `buf` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pig_stats_text(buf: *mut c_char, n: usize) -> usize {
    // SAFETY: the caller passes a buffer of n bytes.
    unsafe { fill(buf, n, report::write_text) }
}

/// Writes where the memory is into `buf`, as one JSON object, sizes in bytes.
///
/// As snprintf: writes at most `n` bytes, the last of them NUL, and returns the length of the whole
/// text without the NUL. `buf` may be NULL if `n` is 0. errno is kept.
///
/// # Safety
/// `n` bytes at `buf` may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pig_stats_json(buf: *mut c_char, n: usize) -> usize {
    // SAFETY: the caller passes a buffer of n bytes.
    unsafe { fill(buf, n, report::write_json) }
}

/// Writes where the memory is to stderr, in words and units, past the buffers of stdio.
#[unsafe(no_mangle)]
pub extern "C" fn pig_stats_print() {
    report::print(&snapshot());
}

/// Gives all free memory back to the system that no live block pins, other threads' included, but
/// for what other live threads have in magazines and keep of large blocks.
///
/// Returns how many bytes went back. errno is kept.
#[unsafe(no_mangle)]
pub extern "C" fn pig_purge() -> usize {
    alloc::purge()
}

/// The usable size in bytes of the block that malloc(size) would give; 0 if `size` is too large.
///
/// errno is kept.
#[unsafe(no_mangle)]
pub extern "C" fn pig_good_size(size: usize) -> usize {
    alloc::good_size(size).unwrap_or(0)
}

/// Reads a setting.
///
/// `name` is that of the environment variable without PIGALLOC_, in upper or lower case. A setting
/// with words for values is the place of its word in the list, from 0. Returns 0 and stores the
/// value, ENOENT if there is no such setting, EINVAL if a pointer is NULL. errno is kept.
///
/// # Safety
/// `name` is NULL or a string, and `value` NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pig_option_get(name: *const c_char, value: *mut c_long) -> c_int {
    if name.is_null() || value.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: the caller passes a string.
    let name = unsafe { CStr::from_ptr(name) };
    let Some(number) = config::get(name.to_bytes()) else { return libc::ENOENT };
    // SAFETY: the caller passes a place for the value.
    unsafe { value.write(c_long::from(number)) };
    0
}

/// Changes a setting of the running program.
///
/// `name` and `value` are as in pig_option_get. Returns 0, ENOENT if there is no such setting,
/// EINVAL if the value is out of range, the setting is read at start only, or `name` is NULL.
/// errno is kept.
///
/// # Safety
/// `name` is NULL or a string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn pig_option_set(name: *const c_char, value: c_long) -> c_int {
    if name.is_null() {
        return libc::EINVAL;
    }
    // SAFETY: the caller passes a string.
    let name = unsafe { CStr::from_ptr(name) };
    match config::set(name.to_bytes(), value) {
        Ok(()) => 0,
        Err(config::Refusal::Unknown) => libc::ENOENT,
        Err(config::Refusal::BadValue | config::Refusal::Fixed) => libc::EINVAL,
    }
}

/// Returns 1 if `p` points into memory that pigalloc handed out, else 0.
///
/// Any address may be asked about; nothing is read there. errno is kept.
#[unsafe(no_mangle)]
pub extern "C" fn pig_is_ours(p: *const c_void) -> c_int {
    c_int::from(alloc::owns(p.cast()))
}

/// The figures as C programs get them.
fn stats_of(snapshot: &Snapshot, size: usize) -> pig_stats_t {
    let s = snapshot;
    pig_stats_t {
        size,
        live_bytes: s.live_bytes,
        live_blocks: s.live_blocks,
        large_bytes: s.large_bytes,
        large_blocks: s.large_blocks,
        huge_bytes: s.huge_bytes,
        huge_blocks: s.huge_blocks,
        cached_bytes: s.cached_bytes,
        slab_free_bytes: s.slab_free_bytes,
        dirty_bytes: s.dirty_bytes,
        metadata_bytes: s.metadata_bytes,
        reserved_bytes: s.reserved_bytes,
        committed_bytes: s.committed_bytes,
        mapped_huge_bytes: s.mapped_huge_bytes,
        purged_bytes: s.purged_bytes,
        heaps: s.heaps,
        heaps_idle: s.heaps_idle,
        class_waste_permille: s.class_waste_permille,
    }
}

/// Fills a buffer of the caller's as snprintf does.
///
/// # Safety
/// `n` bytes at `buf` may be written.
unsafe fn fill(
    buf: *mut c_char,
    n: usize,
    write: fn(&Snapshot, &mut dyn Write) -> fmt::Result,
) -> usize {
    let room: &mut [u8] = if n == 0 || buf.is_null() {
        &mut []
    } else {
        // SAFETY: the caller's buffer is writable for n bytes, and nobody else uses it meanwhile.
        unsafe { slice::from_raw_parts_mut(buf.cast(), n.min(isize::MAX as usize)) }
    };
    let mut text = Bounded::new(room);
    // Text that does not fit is counted, not refused.
    let _ = write(&snapshot(), &mut text);
    text.needed()
}
