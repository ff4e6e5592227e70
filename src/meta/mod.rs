//! Memory for descriptors, apart from user memory.
//!
//! One range of the first arena, handed out from its start and committed step by step. Pieces are
//! multiples of 64 bytes and come zeroed; what is released goes to a list of its size. The range stays
//! committed, so a stale reference to a descriptor reads a descriptor of some sort, or zero, and
//! never faults. Everything is consistent after each single store: a fork in the middle of an
//! operation of another thread loses at most the pieces in question.
//!
//! No piece of up to [`SHEET`] bytes crosses a multiple of that. So pages that hold released pieces alone can go
//! back to the system when the program asks for that: their pieces leave the lists, and they are cut anew later.

#[cfg(not(loom))]
mod spares;

#[cfg(not(loom))]
pub(crate) use spares::Spares;

use crate::bitmap;
use crate::ground::Ground;
use crate::lock::{Guard, Lock, Rank};
use crate::sync::{Cell, Ordering, compiler_fence};
use crate::sys::{self, NoClaim};
use crate::units::align_up;
use core::ptr::{self, NonNull};

/// The most that the range may have: offsets to descriptors have 32 bits. Tables of further arenas come out of it, too:
/// eight bytes for each unit.
pub(crate) const MOST_BYTES: usize = 1 << 30;

/// Alignment and granularity of pieces: a cache line.
const LINE: usize = 64;
/// How much is committed at a time.
const STEP: usize = 256 << 10;
/// Sizes with a list of released pieces: 64 bytes to 64 KiB, powers of two.
const LISTS: usize = 11;
/// What pieces of up to so many bytes lie inside one of; the lists of those; the words with a bit for each.
const SHEET: usize = 4 << 10;
const SHEET_LISTS: usize = 7;
const WORDS: usize = MOST_BYTES / SHEET / 64;

const _: () = assert!(LINE << (SHEET_LISTS - 1) == SHEET);

#[repr(align(64))]
struct Meta {
    lock: Lock,
    /// Start of what is still to hand out.
    cursor: Cell<usize>,
    ground: Ground,
    committed: Cell<usize>,
    end: Cell<usize>,
    start: Cell<usize>,
    /// Released pieces, linked by their first word.
    lists: [Cell<*mut usize>; LISTS],
    released: Cell<usize>,
    /// Sheets that are nobody's and in no list, all zero: a bit for each, which most processes never need; how
    /// many; no word below this one has any.
    blank: Cell<*const Cell<u64>>,
    blanks: Cell<usize>,
    first_blank: Cell<usize>,
    /// Where the rest of the sheet that is being cut starts; at the start of a sheet nothing is left.
    cut_at: Cell<usize>,
}

// SAFETY: every field but the lock is only touched by who holds the lock (or, in `open`, before
// a second thread can know of the memory).
unsafe impl Sync for Meta {}

static META: Meta = Meta {
    lock: Lock::new(),
    cursor: Cell::new(0),
    ground: Ground::new(),
    committed: Cell::new(0),
    end: Cell::new(0),
    start: Cell::new(0),
    lists: [const { Cell::new(ptr::null_mut()) }; LISTS],
    released: Cell::new(0),
    blank: Cell::new(ptr::null()),
    blanks: Cell::new(0),
    first_blank: Cell::new(0),
    cut_at: Cell::new(0),
};

/// Opens the range `start..end`, page-aligned, of which nothing is committed yet.
///
/// # Safety
/// Called once, with a range that belongs to nobody else.
pub(crate) unsafe fn open(start: usize, end: usize, is_reserved: bool) {
    META.ground.open(is_reserved, start);
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
    let piece = cut(bytes, &guard).or_else(|| extend(bytes, &guard))?;
    NonNull::new(piece as *mut u8)
}

/// Bytes of the range that nobody has had yet.
pub(crate) fn left() -> usize {
    let _guard = META.lock.inherit(Rank::Meta);
    META.end.get() - META.cursor.get()
}

/// A piece of the sheet that is being cut, or of a blank one.
fn cut(bytes: usize, guard: &Guard<'_>) -> Option<usize> {
    let at = META.cut_at.get();
    if at + bytes <= align_up(at, SHEET) {
        META.cut_at.set(at + bytes);
        return Some(at);
    }
    if META.blanks.get() == 0 || bytes > SHEET {
        return None;
    }
    let Some(word) = (META.first_blank.get()..WORDS).find(|&word| blank()[word].get() != 0) else {
        // A fork has lost some.
        META.blanks.set(0);
        return None;
    };
    let bits = blank()[word].get();
    let sheet = META.start.get() + (word * 64 + bits.trailing_zeros() as usize) * SHEET;
    store_cut(guard);
    META.first_blank.set(word);
    blank()[word].set(bits & (bits - 1));
    META.blanks.set(META.blanks.get() - 1);
    // In the child of a fork in between the sheet is lost, and not there twice.
    compiler_fence(Ordering::Release);
    META.cut_at.set(sheet + bytes);
    Some(sheet)
}

/// Puts what is left of the sheet that is being cut into the lists.
fn store_cut(guard: &Guard<'_>) {
    let at = META.cut_at.replace(0);
    compiler_fence(Ordering::Release);
    store(at, align_up(at, SHEET), guard);
}

/// Puts zero bytes that nobody uses into the lists, in pieces that are as large as can be.
fn store(mut from: usize, to: usize, guard: &Guard<'_>) {
    while from < to {
        // A piece stands at a multiple of its size, and there is room for it.
        let most = from.trailing_zeros().min((to - from).ilog2()).min(SHEET.ilog2());
        let Some(list) = most.checked_sub(LINE.ilog2()) else { return };
        // SAFETY: the bytes are committed and nobody's.
        unsafe { push(list as usize, from as *mut usize, guard) };
        from += LINE << list;
    }
}

/// Puts a zeroed piece into a list.
///
/// # Safety
/// The piece has the list's size, and is the caller's.
unsafe fn push(list: usize, piece: *mut usize, _: &Guard<'_>) {
    // SAFETY: as the caller promises; the first word becomes the link.
    unsafe { piece.write(META.lists[list].get() as usize) };
    // First, so that a fork in between does not leave the count too low.
    META.released.set(META.released.get() + (LINE << list));
    compiler_fence(Ordering::Release);
    META.lists[list].set(piece);
}

fn extend(bytes: usize, guard: &Guard<'_>) -> Option<usize> {
    let from = META.cursor.get();
    let crosses = bytes <= SHEET && from / SHEET != (from + bytes - 1) / SHEET;
    let piece = if crosses { align_up(from, SHEET) } else { from };
    let cursor = piece + bytes;
    let committed = META.committed.get();
    if cursor > committed {
        match commit(committed, cursor) {
            Ok(reached) => META.committed.set(reached),
            Err(NoClaim::Taken) => return extend_behind(bytes),
            Err(NoClaim::Refused) => return None,
        }
    }
    META.cursor.set(cursor);
    compiler_fence(Ordering::Release);
    store(from, piece, guard);
    Some(piece)
}

/// Commits the range from `from` on, up to `cursor` and some more; to where.
fn commit(from: usize, cursor: usize) -> Result<usize, NoClaim> {
    let generous = align_up(cursor, STEP).min(META.end.get());
    let exact = align_up(cursor, sys::page_size());
    if exact > META.end.get() {
        return Err(NoClaim::Refused);
    }
    // SAFETY: the range lies in what `open` was given, and nothing of it is handed out yet.
    let commit = |to| unsafe { META.ground.commit(from, to) }.map(|()| to);
    commit(generous.max(exact)).or_else(|_| commit(exact))
}

/// Where something is in the way that is not ours, or that a fork has made forget: the range goes on behind it.
#[cold]
fn extend_behind(bytes: usize) -> Option<usize> {
    let mut step = STEP;
    loop {
        let piece = align_up(META.committed.get() + step, SHEET);
        if align_up(piece + bytes, sys::page_size()) > META.end.get() {
            return None;
        }
        // Before anything is committed there, and the cursor first: a child of a fork in between never believes that what
        // is in the way is committed.
        META.cursor.set(piece);
        compiler_fence(Ordering::Release);
        META.committed.set(piece);
        match commit(piece, piece + bytes) {
            Ok(reached) => {
                META.committed.set(reached);
                META.cursor.set(piece + bytes);
                return Some(piece);
            }
            Err(NoClaim::Taken) => step *= 2,
            Err(NoClaim::Refused) => return None,
        }
    }
}

/// Takes a piece back.
///
/// # Safety
/// `piece` came from [`allocate`] with the same `bytes`, and nobody uses it any more.
pub(crate) unsafe fn release(piece: NonNull<u8>, bytes: usize) {
    let bytes = align_up(bytes, LINE);
    debug_assert!(list(bytes).is_some(), "a piece that no list takes");
    let Some(list) = list(bytes) else { return };
    // SAFETY: the piece is the caller's.
    unsafe { ptr::write_bytes(piece.as_ptr(), 0, bytes) };
    let guard = META.lock.inherit(Rank::Meta);
    // SAFETY: as above.
    unsafe { push(list, piece.as_ptr().cast(), &guard) };
}

/// The bits of blank sheets; none before the first purge.
fn blank() -> &'static [Cell<u64>] {
    match META.blank.get() {
        bits if bits.is_null() => &[],
        // SAFETY: `purge` has put the address of so many cells there, which stay.
        bits => unsafe { core::slice::from_raw_parts(bits, WORDS) },
    }
}

/// Zero bytes of a mapping of its own as cells of integers.
fn cells<T>(count: usize) -> Option<&'static [Cell<T>]> {
    let bytes = align_up(count * size_of::<T>(), sys::page_size());
    let mapping = sys::reserve(bytes)?;
    // SAFETY: the mapping is new and ours, and zero bytes are integers.
    unsafe {
        if sys::commit(mapping, bytes) {
            return Some(core::slice::from_raw_parts(mapping as *const Cell<T>, count));
        }
        sys::unmap(mapping, bytes);
    }
    None
}

/// Gives the pages that hold released pieces alone back to the system. Returns the bytes.
pub(crate) fn purge() -> usize {
    let guard = META.lock.inherit(Rank::Meta);
    let page = sys::page_size().max(SHEET);
    let (start, end) = (META.start.get(), META.cursor.get() & !(page - 1));
    if META.released.get() < page || end <= start {
        return 0;
    }
    store_cut(&guard);
    if blank().is_empty() {
        let Some(blank) = cells(WORDS) else { return 0 };
        META.blank.set(blank.as_ptr());
    }
    let Some(free) = cells::<u32>((end - start) / page) else { return 0 };
    let purged = purge_free(free, page, &guard);
    // SAFETY: the mapping that `cells` made, whose cells nobody uses any more.
    unsafe { sys::unmap(free.as_ptr() as usize, align_up(size_of_val(free), page)) };
    purged
}

/// The same, with a cell for each page, which is zero.
fn purge_free(free: &[Cell<u32>], page: usize, _: &Guard<'_>) -> usize {
    let start = META.start.get();
    let page_of = |piece: *mut usize| free.get((piece as usize - start) / page);
    for (list, head) in META.lists.iter().enumerate().take(SHEET_LISTS) {
        let mut piece = head.get();
        while !piece.is_null() {
            if let Some(cell) = page_of(piece) {
                cell.set(cell.get() + (LINE << list) as u32);
            }
            // SAFETY: the first word of a released piece is its link.
            piece = unsafe { piece.read() } as *mut usize;
        }
    }
    let is_free = |piece| page_of(piece).is_some_and(|cell| cell.get() as usize == page);
    for (list, head) in META.lists.iter().enumerate().take(SHEET_LISTS) {
        // Nothing but links to what stays changes: at each moment the list is one.
        let mut link: *const Cell<*mut usize> = head;
        // SAFETY: the link is the head of the list or the first word of a piece in it.
        while let Some(piece) = unsafe { NonNull::new((*link).get()) } {
            if is_free(piece.as_ptr()) {
                // SAFETY: as above.
                unsafe { (*link).set(piece.as_ptr().read() as *mut usize) };
                META.released.set(META.released.get() - (LINE << list));
            } else {
                link = piece.as_ptr().cast::<Cell<*mut usize>>();
            }
        }
    }
    let (mut purged, mut at) = (0, 0);
    while at < free.len() {
        let full = |cell: &&Cell<u32>| cell.get() as usize == page;
        let count = free[at..].iter().take_while(full).count();
        if count == 0 {
            at += 1;
            continue;
        }
        let (address, bytes) = (start + at * page, count * page);
        // SAFETY: the pages are committed, and nothing in them is anybody's any more.
        unsafe {
            if sys::discard(address, bytes) {
                purged += bytes;
            } else {
                ptr::write_bytes(address as *mut u8, 0, bytes);
            }
        }
        let first = (address - start) / SHEET;
        for (word, mask) in bitmap::pieces(first, first + bytes / SHEET) {
            blank()[word].set(blank()[word].get() | mask);
            META.first_blank.set(META.first_blank.get().min(word));
        }
        META.blanks.set(META.blanks.get() + bytes / SHEET);
        at += count;
    }
    purged
}

/// Where what is committed ends, and where the range does.
#[cfg(test)]
pub(crate) fn edges() -> (usize, usize) {
    (META.committed.get(), META.end.get())
}

/// Bytes that hold descriptors or did.
pub(crate) fn bytes() -> usize {
    let _guard = META.lock.inherit(Rank::Meta);
    META.cursor.get() - META.start.get() - META.blanks.get() * SHEET
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
            let crosses = address / SHEET != (address + bytes - 1) / SHEET;
            assert!(!crosses || bytes > SHEET, "a piece that crosses sheets");
            // SAFETY: the piece lies in committed memory and belongs to the list.
            let words = unsafe { core::slice::from_raw_parts(piece, bytes / size_of::<usize>()) };
            assert!(words[1..].iter().all(|&word| word == 0), "a released piece was written to");
            released += bytes;
            piece = words[0] as *mut usize;
        }
    }
    assert_eq!(released, META.released.get());
    let blanks: u32 = blank().iter().map(|word| word.get().count_ones()).sum();
    assert_eq!(blanks as usize, META.blanks.get());
    for sheet in (0..blank().len() * 64).filter(|i| blank()[i / 64].get() >> (i % 64) & 1 == 1) {
        assert!(sheet / 64 >= META.first_blank.get());
        // SAFETY: blank sheets lie in committed memory, and are nobody's.
        let words = unsafe {
            core::slice::from_raw_parts((start + sheet * SHEET) as *const usize, SHEET / 8)
        };
        assert!(words.iter().all(|&word| word == 0), "a blank sheet was written to");
    }
}
