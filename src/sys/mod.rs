//! The system: raw calls to the kernel and what the auxiliary vector says.
//!
//! libc's wrappers are not used for memory: other preloaded libraries hook them, and they set errno.

mod linux;
#[cfg(feature = "faults")]
pub(crate) mod mock;
mod robust;

pub(crate) use linux::{
    abort, brk_heap, doze, environment, futex_wait, futex_wake, futex_wake_all, is_secure,
    is_written, now_ms, page_size, processors, random, relax, write_stderr,
};

pub(crate) use robust::Robust;

use core::sync::atomic::{AtomicUsize, Ordering};
use linux as kernel;

/// What a test build may refuse: every call about memory passes here.
macro_rules! refused {
    ($kind:ident) => {{
        #[cfg(feature = "faults")]
        let refused = mock::refuses(mock::Kind::$kind);
        #[cfg(not(feature = "faults"))]
        let refused = false;
        refused
    }};
}

/// Reserves `bytes` of address space that nothing may touch yet.
pub(crate) fn reserve(bytes: usize) -> Option<usize> {
    if refused!(Reserve) {
        return None;
    }
    kernel::mmap(bytes, libc::PROT_NONE, libc::MAP_NORESERVE)
}

/// Maps `bytes` of fresh zeroed memory.
pub(crate) fn map(bytes: usize) -> Option<usize> {
    if refused!(Map) {
        return None;
    }
    kernel::mmap(bytes, libc::PROT_READ | libc::PROT_WRITE, 0)
}

/// Makes reserved pages usable; they read as zero.
///
/// # Safety
/// The range is page-aligned and lies inside a reservation of this allocator.
pub(crate) unsafe fn commit(address: usize, bytes: usize) -> bool {
    // SAFETY: the caller owns the range.
    !refused!(Commit)
        && unsafe { kernel::mprotect(address, bytes, libc::PROT_READ | libc::PROT_WRITE) }
}

/// Why there is no mapping at an address: something else is there, or no memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoClaim {
    Taken,
    Refused,
}

/// Maps fresh zeroed memory at an address where nothing is.
///
/// # Safety
/// The range is page-aligned, and where this allocator may have memory.
pub(crate) unsafe fn claim(address: usize, bytes: usize) -> Result<(), NoClaim> {
    if refused!(Commit) {
        return Err(NoClaim::Refused);
    }
    // SAFETY: as the caller promises.
    unsafe { kernel::map_at(address, bytes) }
}

/// The reverse of [`claim`].
///
/// # Safety
/// As for [`unmap`].
pub(crate) unsafe fn unclaim(address: usize, bytes: usize) -> bool {
    // SAFETY: as the caller promises.
    !refused!(Uncommit) && unsafe { kernel::munmap(address, bytes) }
}

/// The reverse of [`commit`]: the pages go back and count for nothing.
///
/// # Safety
/// As for [`discard`].
pub(crate) unsafe fn uncommit(address: usize, bytes: usize) -> bool {
    // SAFETY: as the caller promises.
    !refused!(Uncommit) && unsafe { kernel::reserve_again(address, bytes) }
}

/// Gives pages back: they read as zero afterwards. False when the kernel kept them (locked memory).
///
/// # Safety
/// The range is page-aligned and committed, and its content is of no use to anybody.
pub(crate) unsafe fn discard(address: usize, bytes: usize) -> bool {
    // SAFETY: as the caller promises.
    !refused!(Discard) && unsafe { kernel::madvise(address, bytes, libc::MADV_DONTNEED) }
}

/// Advises huge pages for a range, or none.
///
/// # Safety
/// The range is page-aligned and belongs to this allocator.
pub(crate) unsafe fn advise_huge(address: usize, bytes: usize, huge: bool) -> bool {
    let advice = if huge { libc::MADV_HUGEPAGE } else { libc::MADV_NOHUGEPAGE };
    // SAFETY: as the caller promises; the advice changes no content.
    !refused!(Advise) && unsafe { kernel::madvise(address, bytes, advice) }
}

/// Makes a range resident at once, with room to write. Where the kernel cannot (before 5.14) nothing happens.
///
/// # Safety
/// As for [`advise_huge`], and the range is committed.
pub(crate) unsafe fn populate(address: usize, bytes: usize) {
    if !refused!(Advise) {
        // SAFETY: as the caller promises; no content changes.
        unsafe { kernel::madvise(address, bytes, libc::MADV_POPULATE_WRITE) };
    }
}

/// Makes the page at an address resident.
///
/// # Safety
/// The address is committed, its byte is zero, and nobody else uses it.
pub(crate) unsafe fn touch(address: usize) {
    // SAFETY: as the caller promises.
    unsafe { (address as *mut u8).write_volatile(0) };
}

/// Puts whole regions on huge pages, at once and with what they hold. False where the kernel cannot (before
/// 6.1), or has none.
///
/// # Safety
/// As for [`populate`].
pub(crate) unsafe fn collapse(address: usize, bytes: usize) -> bool {
    // SAFETY: as the caller promises; no content changes.
    !refused!(Advise) && unsafe { kernel::madvise(address, bytes, libc::MADV_COLLAPSE) }
}

/// Makes a range read as zero in the children of forks. False where the kernel cannot (4.14).
///
/// # Safety
/// As for [`advise_huge`], and the content is of no use to children.
pub(crate) unsafe fn wipe_on_fork(address: usize, bytes: usize) -> bool {
    // SAFETY: as the caller promises.
    !refused!(Wipe) && unsafe { kernel::madvise(address, bytes, libc::MADV_WIPEONFORK) }
}

/// Unmaps a range. Where the process has as many mappings as it may, and this would make one more of what is around it,
/// its pages go all the same.
///
/// # Safety
/// The range is page-aligned, belongs to this allocator, and nobody uses it any more.
pub(crate) unsafe fn unmap(address: usize, bytes: usize) {
    // SAFETY: as the caller promises.
    unsafe {
        if refused!(Unmap) || !kernel::munmap(address, bytes) {
            discard(address, bytes);
        }
    }
}

/// How much address space a mapping that has to move finds above its new place, in multiples of its
/// size, and at most.
const ROOM: usize = 4;
const ROOM_MOST: usize = 64 << 30;
/// So much address space is enough not to look after it. Where there is less, other threads would lack the room until the rest
/// of it goes back.
const AMPLE: usize = 32 << 30;
/// How often a mapping could not be moved to where it has room though the system had the memory. What it was to replace
/// there may be lost, so that is not tried for ever.
static STAYED: AtomicUsize = AtomicUsize::new(0);
const STAYED_MOST: usize = 8;

/// Grows, shrinks and moves a mapping without copying. The old range stays as it was on failure.
///
/// The kernel places mappings right below others, where the next growth would move them again, with
/// all their page tables; so one that moves goes to where it has room, if it can to a multiple of `align`. Unless
/// `roomy` is false: the room is address space that others lack for a moment.
///
/// # Safety
/// `old` bytes from `address` on are one private mapping of this allocator.
pub(crate) unsafe fn remap(
    address: usize,
    old: usize,
    new: usize,
    align: usize,
    roomy: bool,
) -> Option<usize> {
    let refused = match new > old {
        true => refused!(Remap),
        false => refused!(Shrink),
    };
    if refused {
        return None;
    }
    let anywhere = libc::MREMAP_MAYMOVE;
    // SAFETY: as the caller promises; what is reserved is replaced in part, and the rest given back.
    unsafe {
        // What does not stay for another reason, as a part that is locked or has an advice of its own, does not move.
        let lacks_room = match kernel::mremap(address, old, new, 0, 0) {
            Ok(same) => return Some(same),
            Err(lacks_room) => lacks_room,
        };
        let room = new.saturating_mul(ROOM).min(ROOM_MOST);
        if roomy
            && new > old
            && lacks_room
            && STAYED.load(Ordering::Relaxed) < STAYED_MOST
            && room > new + align
            && is_ample()
            && let Some(reserved) = kernel::mmap(room, libc::PROT_NONE, libc::MAP_NORESERVE)
        {
            if has_memory(new - old, reserved) {
                let to = reserved.next_multiple_of(align);
                let moved = kernel::mremap(address, old, new, anywhere | libc::MREMAP_FIXED, to);
                // A call that fails may have unmapped what was to be replaced (before Linux 6.17), and then another
                // thread may have mapped something there: that part is left as it is.
                kernel::munmap(to + new, reserved + room - to - new);
                if to > reserved {
                    kernel::munmap(reserved, to - reserved);
                }
                if moved.is_ok() {
                    return moved.ok();
                }
                STAYED.fetch_add(1, Ordering::Relaxed);
            } else {
                kernel::munmap(reserved, room);
            }
        }
        kernel::mremap(address, old, new, anywhere, 0).ok()
    }
}

/// Whether there is address space in plenty. Asked by memory calls, since there are sandboxes that allow no other.
pub(crate) fn is_ample() -> bool {
    let found = reserve(AMPLE);
    if let Some(mapping) = found {
        // SAFETY: the mapping was just made.
        unsafe { unmap(mapping, AMPLE) };
    }
    found.is_some()
}

/// Whether the system would give so much, now, by a trial. Where all memory is to be locked, as this range is then, a trial
/// would bring all pages, and the answer is no.
///
/// # Safety
/// The range is reserved, and nobody uses it.
unsafe fn has_memory(bytes: usize, reserved: usize) -> bool {
    // SAFETY: as the caller promises; nobody uses the trial either.
    unsafe {
        discard(reserved, page_size()) && map(bytes).inspect(|&trial| unmap(trial, bytes)).is_some()
    }
}

/// The soft limit of RLIMIT_AS, where there is one.
pub(crate) fn address_space_limit() -> Option<usize> {
    if refused!(Limit) {
        return None;
    }
    kernel::address_space_limit()
}
