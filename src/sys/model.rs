//! The system, for loom: a futex made of what loom knows, and memory that is there at once.

use crate::sync::{AtomicU32, Cell, Ordering};
use core::ptr;
use loom::sync::{Condvar, Mutex};
use std::vec::Vec;

loom::lazy_static! {
    // One queue for all futexes: the models have one lock.
    static ref QUEUE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
}

/// Sleeps while `*word == expected`.
pub(crate) fn futex_wait(word: *const u32, expected: u32) {
    // SAFETY: every word is one of the shim's atomics, which the caller borrows.
    let word = unsafe { &*word.cast::<AtomicU32>() };
    let guard = QUEUE.0.lock().unwrap();
    if word.load(Ordering::SeqCst) == expected {
        drop(QUEUE.1.wait(guard).unwrap());
    }
}

/// Wakes one sleeper.
pub(crate) fn futex_wake(_: *const u32) {
    drop(QUEUE.0.lock().unwrap());
    QUEUE.1.notify_one();
}

/// Nothing is known of any word.
pub(crate) fn is_written(_: *const u32) -> bool {
    false
}

/// A moment of a spin loop.
pub(crate) fn relax() {
    loom::thread::yield_now();
}

/// A longer one.
pub(crate) fn doze() {
    relax();
}

/// What has been reserved, to be given back after the run of the model.
static RESERVED: std::sync::Mutex<Vec<(usize, usize)>> = std::sync::Mutex::new(Vec::new());

/// Gives back what the last run of a model reserved.
pub(crate) fn start_anew() {
    for (address, bytes) in RESERVED.lock().unwrap().drain(..) {
        // SAFETY: nothing of that run is used any more.
        unsafe { libc::munmap(address as *mut libc::c_void, bytes) };
    }
}

pub(crate) fn is_ample() -> bool {
    true
}

/// Reserves a range; it can be used at once, and what is never touched costs nothing.
pub(crate) fn reserve(bytes: usize) -> Option<usize> {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
    // SAFETY: a new mapping replaces nothing.
    let start = unsafe {
        libc::mmap(ptr::null_mut(), bytes, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0)
    };
    assert_ne!(start, libc::MAP_FAILED);
    RESERVED.lock().unwrap().push((start as usize, bytes));
    Some(start as usize)
}

/// # Safety
/// As for the system's.
pub(crate) unsafe fn commit(_: usize, _: usize) -> bool {
    true
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NoClaim {
    #[allow(dead_code)]
    Taken,
    Refused,
}

pub(crate) fn random() -> usize {
    0
}

/// Nothing is mapped at addresses of the caller's choice: ranges are reserved.
///
/// # Safety
/// As for the system's.
pub(crate) unsafe fn claim(_: usize, _: usize) -> Result<(), NoClaim> {
    Err(NoClaim::Refused)
}

/// # Safety
/// As for the system's.
pub(crate) unsafe fn unclaim(_: usize, _: usize) -> bool {
    false
}

/// Zeroes a range, at a moment at which other threads run.
///
/// # Safety
/// As for the system's.
pub(crate) unsafe fn discard(address: usize, bytes: usize) -> bool {
    loom::thread::yield_now();
    // SAFETY: the caller owns the range.
    unsafe { libc::madvise(address as *mut libc::c_void, bytes, libc::MADV_DONTNEED) == 0 }
}

/// # Safety
/// As for the system's.
pub(crate) unsafe fn uncommit(address: usize, bytes: usize) -> bool {
    // SAFETY: as the caller promises.
    unsafe { discard(address, bytes) }
}

/// # Safety
/// As for the system's.
pub(crate) unsafe fn collapse(_: usize, _: usize) -> bool {
    false
}

/// # Safety
/// As for the system's.
pub(crate) unsafe fn advise_huge(_: usize, _: usize, _: bool) -> bool {
    true
}

/// # Safety
/// As for the system's.
pub(crate) unsafe fn touch(_: usize) {}

/// Unmapped ranges are given back with the others.
///
/// # Safety
/// As for the system's.
pub(crate) unsafe fn unmap(_: usize, _: usize) {}

pub(crate) fn address_space_limit() -> Option<usize> {
    None
}

pub(crate) fn page_size() -> usize {
    4096
}

pub(crate) fn is_secure() -> bool {
    false
}

pub(crate) fn environment() -> impl Iterator<Item = &'static [u8]> {
    core::iter::empty()
}

pub(crate) fn write_stderr(bytes: &[u8]) {
    std::eprint!("{}", std::string::String::from_utf8_lossy(bytes));
}

pub(crate) fn abort() -> ! {
    panic!("the allocator ended the process");
}

/// A robust mutex whose holder can die. The cell stands for what libc writes plainly to make it new.
pub(crate) struct Robust(AtomicU32, Cell<()>);

const NOBODYS: u32 = 0;
const HELD: u32 = 1;
const DEAD: u32 = 2;

impl Robust {
    pub(crate) const fn new() -> Robust {
        Robust(AtomicU32::new(NOBODYS), Cell::new(()))
    }

    pub(crate) fn lock_anew(&self) {
        self.1.set(());
        self.0.store(NOBODYS, Ordering::Relaxed);
        let _ = self.0.compare_exchange(NOBODYS, HELD, Ordering::Acquire, Ordering::Relaxed);
    }

    pub(crate) fn seems_free(&self) -> bool {
        self.0.load(Ordering::Relaxed) != HELD
    }

    pub(crate) fn try_lock(&self) -> bool {
        self.1.get();
        [NOBODYS, DEAD].into_iter().any(|from| {
            self.0.compare_exchange(from, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok()
        })
    }

    /// # Safety
    /// As for libc's.
    pub(crate) unsafe fn unlock(&self) {
        self.0.store(NOBODYS, Ordering::Release);
    }

    /// What the kernel does when the holder has ended.
    pub(crate) fn die(&self) {
        self.0.store(DEAD, Ordering::Release);
    }
}
