//! Memory for descriptors, apart from user memory.
//!
//! One range of the first arena, handed out from its start and committed step by step. Pieces are
//! multiples of 64 bytes and come zeroed; what is released goes to a list of its size, and pages
//! are never given back, so a stale reference to a descriptor reads a descriptor of some sort and
//! never faults. Everything is consistent after each single store: a fork in the middle of an
//! operation of another thread loses at most the piece in question.

use crate::lock::{Guard, Lock, Rank};
use crate::sync::Cell;
use crate::sys;
use crate::units::align_up;
use core::ptr::{self, NonNull};

/// Alignment and granularity of pieces: a cache line.
const LINE: usize = 64;
/// How much is committed at a time.
const STEP: usize = 256 << 10;
/// Sizes with a list of released pieces: 64 bytes to 64 KiB, powers of two.
const LISTS: usize = 11;

struct Meta {
    lock: Lock,
    /// Start of what is still to hand out.
    cursor: Cell<usize>,
    committed: Cell<usize>,
    end: Cell<usize>,
    start: Cell<usize>,
    /// Released pieces, linked by their first word.
    lists: [Cell<*mut usize>; LISTS],
    released: Cell<usize>,
}

// SAFETY: every field but the lock is only touched by who holds the lock (or, in `open`, before
// a second thread can know of the memory).
unsafe impl Sync for Meta {}

static META: Meta = Meta {
    lock: Lock::new(),
    cursor: Cell::new(0),
    committed: Cell::new(0),
    end: Cell::new(0),
    start: Cell::new(0),
    lists: [const { Cell::new(ptr::null_mut()) }; LISTS],
    released: Cell::new(0),
};

/// Opens the range `start..end`, page-aligned and reserved, of which nothing is committed yet.
///
/// # Safety
/// Called once, with a range that belongs to nobody else.
pub(crate) unsafe fn open(start: usize, end: usize) {
    META.start.set(start);
    META.cursor.set(start);
    META.committed.set(start);
    META.end.set(end);
}

fn list(bytes: usize) -> Option<usize> {
    let index = (bytes / LINE).trailing_zeros() as usize;
    (bytes.is_power_of_two() && index < LISTS).then_some(index)
}

/// A zeroed piece of at least `bytes` bytes, aligned to a cache line.
pub(crate) fn allocate(bytes: usize) -> Option<NonNull<u8>> {
    let bytes = align_up(bytes, LINE);
    let guard = META.lock.inherit(Rank::Meta);
    if let Some(list) = list(bytes) {
        let piece = META.lists[list].get();
        if !piece.is_null() {
            // SAFETY: a released piece's first word is its list link, and the rest is zero.
            unsafe {
                META.lists[list].set(piece.read() as *mut usize);
                piece.write(0);
            }
            META.released.set(META.released.get() - bytes);
            return NonNull::new(piece.cast());
        }
    }
    let piece = extend(bytes, &guard)?;
    NonNull::new(piece as *mut u8)
}

fn extend(bytes: usize, _: &Guard<'_>) -> Option<usize> {
    let piece = META.cursor.get();
    let cursor = piece + bytes;
    if cursor > META.committed.get() {
        let committed = META.committed.get();
        let generous = align_up(cursor, STEP).min(META.end.get());
        let exact = align_up(cursor, sys::page_size());
        if exact > META.end.get() {
            return None;
        }
        // SAFETY: the range lies in what `open` was given, and is not committed yet.
        let commit = |&to: &usize| unsafe { sys::commit(committed, to - committed) };
        let reached = [generous.max(exact), exact].into_iter().find(commit)?;
        META.committed.set(reached);
    }
    META.cursor.set(cursor);
    Some(piece)
}

/// Takes a piece back.
///
/// # Safety
/// `piece` came from [`allocate`] with the same `bytes`, and nobody uses it any more.
pub(crate) unsafe fn release(piece: NonNull<u8>, bytes: usize) {
    let bytes = align_up(bytes, LINE);
    let Some(list) = list(bytes) else { return };
    // SAFETY: the piece is the caller's.
    unsafe { ptr::write_bytes(piece.as_ptr(), 0, bytes) };
    let _guard = META.lock.inherit(Rank::Meta);
    // SAFETY: as above; its first word becomes the link.
    unsafe { piece.as_ptr().cast::<usize>().write(META.lists[list].get() as usize) };
    META.lists[list].set(piece.as_ptr().cast());
    META.released.set(META.released.get() + bytes);
}

/// Bytes that hold descriptors or did.
pub(crate) fn bytes() -> usize {
    let _guard = META.lock.inherit(Rank::Meta);
    META.cursor.get() - META.start.get()
}

/// Released pieces lie in what was handed out, are zero but for their links, and are counted.
#[cfg(any(test, debug_assertions))]
#[allow(dead_code)]
pub(crate) fn check() {
    let _guard = META.lock.inherit(Rank::Meta);
    let (start, cursor) = (META.start.get(), META.cursor.get());
    assert!(start <= cursor && cursor <= META.committed.get());
    assert!(META.committed.get() <= META.end.get());
    let mut released = 0;
    for (index, list) in META.lists.iter().enumerate() {
        let (bytes, mut piece) = (LINE << index, list.get());
        while !piece.is_null() {
            let address = piece as usize;
            assert!(start <= address && address + bytes <= cursor && address.is_multiple_of(LINE));
            // SAFETY: the piece lies in committed memory and belongs to the list.
            let words = unsafe { core::slice::from_raw_parts(piece, bytes / size_of::<usize>()) };
            assert!(words[1..].iter().all(|&word| word == 0), "a released piece was written to");
            released += bytes;
            piece = words[0] as *mut usize;
        }
    }
    assert_eq!(released, META.released.get());
}
