//! Linux on x86-64: the `syscall` instruction, so that errno stays untouched.

use super::NoClaim;
use core::arch::asm;
use core::ffi::{CStr, c_char};
use core::sync::atomic::{AtomicUsize, Ordering};

/// A system call of up to six arguments; the kernel's answer, negative for an error.
///
/// # Safety
/// As the call asks.
#[inline]
unsafe fn call(number: i64, arguments: [usize; 6]) -> isize {
    let answer: isize;
    // SAFETY: the kernel keeps every register but rax, rcx and r11, which are named as lost.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number as isize => answer,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack)
        );
    }
    answer
}

fn address(answer: isize) -> Option<usize> {
    if (-4095..0).contains(&answer) { None } else { Some(answer as usize) }
}

pub(super) fn mmap(bytes: usize, protection: i32, flags: i32) -> Option<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | flags;
    // SAFETY: a new anonymous mapping at an address of the kernel's choice replaces nothing.
    address(unsafe {
        call(libc::SYS_mmap, [0, bytes, protection as usize, flags as usize, usize::MAX, 0])
    })
}

/// Maps fresh memory at an address where nothing is.
pub(super) unsafe fn map_at(start: usize, bytes: usize) -> Result<(), NoClaim> {
    let flags =
        libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED_NOREPLACE;
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let arguments = [start, bytes, protection as usize, flags as usize, usize::MAX, 0];
    // SAFETY: a new mapping replaces nothing.
    let answer = unsafe { call(libc::SYS_mmap, arguments) };
    match address(answer) {
        Some(found) if found == start => Ok(()),
        Some(elsewhere) => {
            // To kernels before 4.17 an address is a wish.
            // SAFETY: the mapping is new.
            unsafe { munmap(elsewhere, bytes) };
            Err(NoClaim::Taken)
        }
        None if answer == -(libc::EEXIST as isize) => Err(NoClaim::Taken),
        None => Err(NoClaim::Refused),
    }
}

/// Replaces committed pages by a fresh reservation, in one step: taking the access away alone would
/// leave them counted as committed.
pub(super) unsafe fn reserve_again(start: usize, bytes: usize) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | libc::MAP_FIXED;
    let arguments = [start, bytes, libc::PROT_NONE as usize, flags as usize, usize::MAX, 0];
    // SAFETY: the caller owns the range and can do without its content.
    address(unsafe { call(libc::SYS_mmap, arguments) }).is_some()
}

pub(super) unsafe fn mprotect(address: usize, bytes: usize, protection: i32) -> bool {
    // SAFETY: the caller owns the range.
    unsafe { call(libc::SYS_mprotect, [address, bytes, protection as usize, 0, 0, 0]) == 0 }
}

pub(super) unsafe fn madvise(address: usize, bytes: usize, advice: i32) -> bool {
    // SAFETY: the caller owns the range and can do without what the advice may drop.
    unsafe { call(libc::SYS_madvise, [address, bytes, advice as usize, 0, 0, 0]) == 0 }
}

pub(super) unsafe fn munmap(address: usize, bytes: usize) -> bool {
    // SAFETY: the caller owns the range and is done with it.
    unsafe { call(libc::SYS_munmap, [address, bytes, 0, 0, 0, 0]) == 0 }
}

/// With `flags` of 0 the mapping stays where it is; `to` counts with MREMAP_FIXED alone. Why not, else: whether for
/// want of room or memory.
pub(super) unsafe fn mremap(
    old: usize,
    old_bytes: usize,
    bytes: usize,
    flags: i32,
    to: usize,
) -> Result<usize, bool> {
    // SAFETY: the caller owns the old range; the new one is the same, the caller's, or of the
    // kernel's choice.
    let answer = unsafe { call(libc::SYS_mremap, [old, old_bytes, bytes, flags as usize, to, 0]) };
    address(answer).ok_or(answer == -(libc::ENOMEM as isize))
}

pub(super) fn address_space_limit() -> Option<usize> {
    let mut limit = [0u64; 2];
    let out = (&raw mut limit) as usize;
    // SAFETY: the kernel writes two words to `limit`.
    let done =
        unsafe { call(libc::SYS_prlimit64, [0, libc::RLIMIT_AS as usize, 0, out, 0, 0]) == 0 };
    (done && limit[0] != u64::MAX).then_some(limit[0] as usize)
}

/// The heap that brk has made so far. Asked only for a pointer that nothing else explains.
pub(crate) fn brk_heap() -> Option<core::ops::Range<usize>> {
    // SAFETY: brk(0) only asks.
    let end = unsafe { call(libc::SYS_brk, [0; 6]) } as usize;
    let start = brk_start()?;
    (start < end).then_some(start..end)
}

/// Where the kernel lets the brk heap start: field 47 of /proc/self/stat, which nothing else tells.
fn brk_start() -> Option<usize> {
    let path = c"/proc/self/stat".as_ptr() as usize;
    let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as usize;
    let mut text = [0u8; 512];
    // SAFETY: the path is a string, the kernel writes at most the buffer, and the descriptor is
    // ours until it is closed.
    let read = unsafe {
        let file = call(libc::SYS_openat, [libc::AT_FDCWD as usize, path, flags, 0, 0, 0]);
        if file < 0 {
            return None;
        }
        let into = (&raw mut text) as usize;
        let read = call(libc::SYS_read, [file as usize, into, text.len(), 0, 0, 0]);
        call(libc::SYS_close, [file as usize, 0, 0, 0, 0, 0]);
        read
    };
    let text = text.get(..usize::try_from(read).ok()?)?;
    // The second field is a name in parentheses, which may hold anything; the third follows it.
    let after = text.iter().rposition(|&byte| byte == b')')? + 2;
    let field = text.get(after..)?.split(|&byte| byte == b' ').nth(47 - 3)?;
    core::str::from_utf8(field).ok()?.parse().ok()
}

/// Reads the start of a file; how many bytes there were.
#[cfg(feature = "faults")]
pub(super) fn read_file(path: &CStr, into: &mut [u8]) -> usize {
    let flags = (libc::O_RDONLY | libc::O_CLOEXEC) as usize;
    let path = path.as_ptr() as usize;
    // SAFETY: the path is a string, the kernel writes at most the slice, and the descriptor is ours
    // until it is closed.
    unsafe {
        let file = call(libc::SYS_openat, [libc::AT_FDCWD as usize, path, flags, 0, 0, 0]);
        if file < 0 {
            return 0;
        }
        let start = into.as_mut_ptr() as usize;
        let read = call(libc::SYS_read, [file as usize, start, into.len(), 0, 0, 0]);
        call(libc::SYS_close, [file as usize, 0, 0, 0, 0, 0]);
        read.max(0) as usize
    }
}

/// Sleeps while `*word == expected`; wakes on [`futex_wake`], on a signal, or for no reason.
pub(crate) fn futex_wait(word: *const u32, expected: u32) {
    wait(word, expected, core::ptr::null());
}

/// Sleeps for a tenth of a millisecond, by a call that sandboxes know already.
pub(crate) fn doze() {
    const NOBODY_WAKES: &u32 = &0;
    wait(NOBODY_WAKES, 0, &libc::timespec { tv_sec: 0, tv_nsec: 100_000 });
}

/// Sleeps while the word is as expected, or for a time; null: however long.
fn wait(word: *const u32, expected: u32, time: *const libc::timespec) {
    let wait = (libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG) as usize;
    // SAFETY: the kernel only reads the word and the time, whatever they point to.
    unsafe { call(libc::SYS_futex, [word as usize, wait, expected as usize, time as usize, 0, 0]) };
}

/// Whether a half word is not zero; false where the process may not read. The kernel compares it before it would move
/// sleepers, none of whom is to be moved. A page that is not there comes as by a read.
pub(crate) fn is_written(word: *const u32) -> bool {
    let compare = (libc::FUTEX_CMP_REQUEUE | libc::FUTEX_PRIVATE_FLAG) as usize;
    let word = word as usize;
    // SAFETY: the kernel only reads the word, if it can.
    let answer = unsafe { call(libc::SYS_futex, [word, compare, 0, 0, word, 0]) };
    answer == -(libc::EAGAIN as isize)
}

#[cold]
#[inline(never)]
fn wake(word: *const u32, most: usize) {
    let wake = (libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG) as usize;
    // SAFETY: the address is only a key.
    unsafe { call(libc::SYS_futex, [word as usize, wake, most, 0, 0, 0]) };
}

/// Wakes one sleeper.
pub(crate) fn futex_wake(word: *const u32) {
    wake(word, 1);
}

/// Wakes all sleepers.
pub(crate) fn futex_wake_all(word: *const u32) {
    wake(word, i32::MAX as usize);
}

/// A moment of a spin loop.
pub(crate) fn relax() {
    core::hint::spin_loop();
}

/// Writes to descriptor 2 as far as it takes it; errors have nowhere to go.
pub(crate) fn write_stderr(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let arguments = [2, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0];
        // SAFETY: the kernel reads the slice.
        let written = unsafe { call(libc::SYS_write, arguments) };
        match written {
            n if n > 0 => bytes = &bytes[n as usize..],
            n if n == -(libc::EINTR as isize) => {}
            _ => return,
        }
    }
}

/// Ends the process by SIGABRT.
pub(crate) fn abort() -> ! {
    // SAFETY: abort has no precondition.
    unsafe { libc::abort() }
}

fn auxiliary(kind: u64) -> usize {
    // SAFETY: getauxval reads the vector that the loader keeps; it has no precondition.
    unsafe { libc::getauxval(kind) as usize }
}

/// A number that differs from process to process, and tells nothing of what else was made of the same random bytes.
pub(crate) fn random() -> usize {
    let bytes = auxiliary(libc::AT_RANDOM) as *const [usize; 2];
    // SAFETY: the kernel gives each program sixteen bytes there, if any.
    let [a, b] = if bytes.is_null() { [0; 2] } else { unsafe { bytes.read_unaligned() } };
    (a ^ b.rotate_left(32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32
}

/// True in programs that run with more rights than their user (set-user-ID and the like).
pub(crate) fn is_secure() -> bool {
    auxiliary(libc::AT_SECURE) != 0
}

/// Bytes in a page of the system: 4, 16 or 64 KiB.
#[inline]
pub(crate) fn page_size() -> usize {
    static SIZE: AtomicUsize = AtomicUsize::new(0);
    match SIZE.load(Ordering::Relaxed) {
        0 => {
            let size = match auxiliary(libc::AT_PAGESZ) {
                0 => 4096,
                size => size,
            };
            SIZE.store(size, Ordering::Relaxed);
            size
        }
        size => size,
    }
}

/// On how many processors the process's first thread may run: others may be bound to one each. A machine of more
/// than a thousand, or a kernel that does not say, counts as one of a thousand.
#[cold]
#[inline(never)]
pub(crate) fn processors() -> usize {
    let mut mask = [0u64; 16];
    // SAFETY: the call takes no address, and changes nothing.
    let first = unsafe { call(libc::SYS_getpid, [0; 6]) } as usize;
    let arguments = [first, size_of_val(&mask), mask.as_mut_ptr() as usize, 0, 0, 0];
    // SAFETY: the kernel writes at most the mask.
    let answer = unsafe { call(libc::SYS_sched_getaffinity, arguments) };
    if answer < 0 {
        return mask.len() * 64;
    }
    (0..mask.len() * 64).filter(|i| mask[i / 64] >> (i % 64) & 1 == 1).count()
}

/// Milliseconds of a clock that only goes forward; a few of them coarse, and cheap to ask.
pub(crate) fn now_ms() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: clock_gettime writes `time`.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, &raw mut time) };
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

/// The process's environment as libc has it now: nothing before libc has set it.
pub(crate) fn environment() -> impl Iterator<Item = &'static [u8]> {
    unsafe extern "C" {
        static mut environ: *const *const c_char;
    }
    // SAFETY: libc defines environ.
    let mut at = unsafe { environ };
    core::iter::from_fn(move || {
        if at.is_null() {
            return None;
        }
        // SAFETY: environ is an array of strings that ends with a null pointer, and `at` is not
        // past it: the iterator stops there.
        unsafe {
            let string = at.read();
            if string.is_null() {
                at = core::ptr::null();
                return None;
            }
            at = at.add(1);
            Some(CStr::from_ptr(string).to_bytes())
        }
    })
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use core::sync::atomic::AtomicU32;
    use std::time::Duration;

    const PAGE: usize = 4096;

    #[test]
    fn a_half_word_is_written_if_it_can_be_read_and_is_not_zero() {
        let start = mmap(3 * PAGE, libc::PROT_READ | libc::PROT_WRITE, 0).unwrap();
        let word = start as *mut u32;
        assert!(!is_written(word));
        // SAFETY: the pages are the test's.
        unsafe {
            word.write(7);
            assert!(is_written(word));
            assert!(!is_written(word.add(1)));
            mprotect(start, PAGE, libc::PROT_READ);
            assert!(is_written(word));
            mprotect(start, PAGE, libc::PROT_NONE);
            assert!(!is_written(word));
            munmap(start + PAGE, PAGE);
        }
        assert!(!is_written((start + PAGE) as *const u32));
    }

    #[test]
    fn who_sleeps_on_a_word_is_not_woken_by_the_question() {
        static WORD: AtomicU32 = AtomicU32::new(0);
        static WOKEN: AtomicU32 = AtomicU32::new(0);
        let sleeper = std::thread::spawn(|| {
            while WORD.load(Ordering::Relaxed) == 0 {
                futex_wait(WORD.as_ptr(), 0);
                WOKEN.fetch_add(1, Ordering::Relaxed);
            }
        });
        std::thread::sleep(Duration::from_millis(50));
        let before = WOKEN.load(Ordering::Relaxed);
        for _ in 0..1000 {
            assert!(!is_written(WORD.as_ptr()));
        }
        std::thread::sleep(Duration::from_millis(50));
        // It may wake for no reason, but not for so many.
        assert!(WOKEN.load(Ordering::Relaxed) - before < 10);
        WORD.store(1, Ordering::Relaxed);
        assert!(is_written(WORD.as_ptr()));
        futex_wake(WORD.as_ptr());
        sleeper.join().unwrap();
    }
}

// The variables of the shared object, of which about a page is needed, begin in the upper part of one. So the zeroed ones end in
// the page where the others end, and the loader needs no mapping more for them: see scripts/check_artifact.py, and give them
// another alignment (half of a page) when it finds one.
#[cfg(all(feature = "shared", not(test), not(loom), panic = "abort"))]
core::arch::global_asm!(
    ".pushsection .data.aligned,\"awR\",@progbits",
    ".balign 64",
    ".popsection"
);
