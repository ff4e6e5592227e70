//! Huge blocks: a mapping of their own, grown by mremap, unmapped when freed.
//!
//! A table holds one record per live huge block; it is looked up by address, linearly, since such
//! blocks are few and each costs a system call anyway. A record whose size is zero is free for
//! reuse and remembers the address of the block that died there, so that a second free is named as
//! such. Every change of a record ends with one store that makes it count, so that a fork in the
//! middle of another thread's change leaves a table that can be used.

use crate::lock::{Lock, Rank};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering, compiler_fence};
use crate::units::{MAX_REQUEST, MIN_ALIGN, REGION, UNIT, align_up};
use crate::{arena, config, meta, sys};
use core::ptr;

/// Records in a chunk of the table, which fills 4 KiB.
const CHUNK: usize = 127;
/// The most huge blocks: each is a mapping, of which the system grants a process about 65,000.
const MOST: usize = 16_000;

/// Growing blocks of less lose more than an eighth to their last region, and so many of them may.
const WHOLE_FREELY: usize = 8 * REGION;
const WHOLE_MOST: usize = 8;

/// A mapping that shrinks to so little becomes a block of an arena.
const SMALL_MOST: usize = 512 << 10;

struct Record {
    start: AtomicUsize,
    /// Usable bytes, a multiple of the page size; 0 when the record is free.
    bytes: AtomicUsize,
}

struct Chunk {
    records: [Record; CHUNK],
    next: AtomicPtr<Chunk>,
}

static TABLE: AtomicPtr<Chunk> = AtomicPtr::new(ptr::null_mut());
static LOCK: Lock = Lock::new();
static COUNT: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

/// What an address means to the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// The start of a live block of so many usable bytes.
    Start(usize),
    /// Inside a live block.
    Inside,
    /// The start of a block that was freed.
    Freed,
    /// Nothing of ours.
    Nothing,
}

fn records() -> impl Iterator<Item = &'static Record> {
    // SAFETY: chunks come from `meta` and are never taken back.
    let mut chunk = unsafe { TABLE.load(Ordering::Acquire).as_ref() };
    let mut index = 0;
    core::iter::from_fn(move || {
        if index == CHUNK {
            // SAFETY: as above.
            chunk = unsafe { chunk?.next.load(Ordering::Acquire).as_ref() };
            index = 0;
        }
        index += 1;
        Some(&chunk?.records[index - 1])
    })
}

/// A free record, or a new chunk of them: one that remembers a freed address only if no other is left. Under the lock.
fn free_record() -> Option<&'static Record> {
    let is_free = |record: &&Record| record.bytes.load(Ordering::Relaxed) == 0;
    let is_unused = |record: &&Record| is_free(record) && record.start.load(Ordering::Relaxed) == 0;
    if let Some(record) = records().find(is_unused).or_else(|| records().find(is_free)) {
        return Some(record);
    }
    let piece = meta::allocate(size_of::<Chunk>())?;
    // SAFETY: a zeroed piece is a valid chunk of free records, and it is ours alone.
    let chunk: &'static Chunk = unsafe { piece.cast().as_ref() };
    chunk.next.store(TABLE.load(Ordering::Relaxed), Ordering::Relaxed);
    TABLE.store((&raw const *chunk).cast_mut(), Ordering::Release);
    Some(&chunk.records[0])
}

fn adopt(start: usize, bytes: usize) -> bool {
    let _guard = LOCK.inherit(Rank::Huge);
    // An address lives again: what was remembered of it is void.
    for record in records() {
        if record.bytes.load(Ordering::Relaxed) == 0
            && record.start.load(Ordering::Relaxed) == start
        {
            record.start.store(0, Ordering::Relaxed);
        }
    }
    let Some(record) = free_record() else { return false };
    record.start.store(start, Ordering::Relaxed);
    record.bytes.store(bytes, Ordering::Release);
    COUNT.fetch_add(1, Ordering::Relaxed);
    BYTES.fetch_add(bytes, Ordering::Relaxed);
    true
}

/// A zeroed block of at least `bytes` bytes at a multiple of `align`.
pub(crate) fn allocate(bytes: usize, align: usize) -> Option<usize> {
    let page = sys::page_size();
    let bytes = align_up(bytes, page);
    // Where address space runs out what the block needs must do; where it is limited nobody takes more for a moment,
    // which another thread may lack.
    let wide = if arena::is_limited() { align } else { align.max(UNIT) };
    let exact = || if align < wide { map(bytes, align) } else { None };
    let (start, bytes) = map(bytes, wide).or_else(exact)?;
    if bytes >= 2 * REGION && has_huge_pages() {
        // The ends come page by page, since a page that is there keeps a huge one away: programs that
        // use a corner of a large buffer use its start, or its end.
        for end in [start, start + bytes - page] {
            // SAFETY: the pages of the block's ends.
            unsafe { (end as *const usize).read_volatile() };
        }
        // SAFETY: the block's own mapping.
        unsafe { sys::advise_huge(start, bytes, true) };
    }
    publish(start, bytes)
}

/// The same for a block that grows: it will be filled, and stands on huge pages from start to end.
pub(crate) fn allocate_growing(bytes: usize) -> Option<usize> {
    if !(has_huge_pages() && may_be_whole(bytes)) {
        return allocate(bytes, MIN_ALIGN);
    }
    let (start, bytes) = map(align_up(bytes, REGION), REGION)?;
    // SAFETY: the block's own mapping.
    unsafe { sys::advise_huge(start, bytes, true) };
    publish(start, bytes)
}

/// Whether a growing block may have all of its last region: one that loses little by that, or one of a few.
fn may_be_whole(bytes: usize) -> bool {
    let is_one = |r: &&Record| {
        let (start, bytes) = (r.start.load(Ordering::Relaxed), r.bytes.load(Ordering::Relaxed));
        bytes != 0 && bytes < WHOLE_FREELY && (start | bytes).is_multiple_of(REGION)
    };
    // A glance: one more does no harm.
    bytes >= WHOLE_FREELY || records().filter(is_one).count() < WHOLE_MOST
}

fn has_huge_pages() -> bool {
    config::huge() != config::Huge::Never && !arena::is_limited()
}

/// A new mapping at a multiple of `align`, and its size.
fn map(bytes: usize, align: usize) -> Option<(usize, usize)> {
    let page = sys::page_size();
    let slack = align.saturating_sub(page);
    let total = bytes.checked_add(slack).filter(|&total| total <= MAX_REQUEST)?;
    if COUNT.load(Ordering::Relaxed) >= MOST {
        return None;
    }
    let mapping = sys::map(total)?;
    let start = align_up(mapping, align.max(page));
    // SAFETY: the ends of the mapping just made, around the block.
    unsafe {
        if start > mapping {
            sys::unmap(mapping, start - mapping);
        }
        if mapping + total > start + bytes {
            sys::unmap(start + bytes, mapping + total - start - bytes);
        }
    }
    Some((start, bytes))
}

/// Makes a mapping a block.
fn publish(start: usize, bytes: usize) -> Option<usize> {
    if adopt(start, bytes) {
        return Some(start);
    }
    // SAFETY: nobody knows of the block yet.
    unsafe { sys::unmap(start, bytes) };
    None
}

/// What `address` is.
pub(crate) fn find(address: usize) -> Found {
    if TABLE.load(Ordering::Acquire).is_null() {
        return Found::Nothing;
    }
    let _guard = LOCK.inherit(Rank::Huge);
    let mut found = Found::Nothing;
    for record in records() {
        let start = record.start.load(Ordering::Relaxed);
        let bytes = record.bytes.load(Ordering::Relaxed);
        if bytes == 0 {
            if start == address && start != 0 {
                found = Found::Freed;
            }
        } else if address.wrapping_sub(start) < bytes {
            return if address == start { Found::Start(bytes) } else { Found::Inside };
        }
    }
    found
}

/// Takes the live block at `start` out of the table; its usable bytes.
fn remove(start: usize) -> Option<usize> {
    let _guard = LOCK.inherit(Rank::Huge);
    let record = records().find(|record| {
        record.bytes.load(Ordering::Relaxed) != 0 && record.start.load(Ordering::Relaxed) == start
    })?;
    let bytes = record.bytes.swap(0, Ordering::Relaxed);
    COUNT.fetch_sub(1, Ordering::Relaxed);
    BYTES.fetch_sub(bytes, Ordering::Relaxed);
    Some(bytes)
}

/// Frees the block at `start`; false when there is none (another thread was faster).
///
/// # Safety
/// Nobody uses the block any more.
pub(crate) unsafe fn free(start: usize) -> bool {
    let Some(bytes) = remove(start) else { return false };
    // SAFETY: the block is a mapping of its own, and it is in the table no more.
    unsafe { sys::unmap(start, bytes) };
    true
}

/// Changes a block's size, moving it where necessary. On None it is as it was: the system has no room, or the block is
/// better copied, if it may be.
///
/// # Safety
/// `start` is a live huge block of `old` usable bytes, and nobody else uses it meanwhile.
pub(crate) unsafe fn resize(
    start: usize,
    old: usize,
    bytes: usize,
    may_be_copied: bool,
) -> Option<usize> {
    let exact = align_up(bytes.max(UNIT), sys::page_size());
    // One of whole regions keeps to them while it grows: it stands on huge pages.
    let is_whole = (start | old).is_multiple_of(REGION) && has_huge_pages();
    let becomes_whole = !is_whole && old < WHOLE_FREELY && exact >= WHOLE_FREELY;
    if becomes_whole && may_be_copied && has_huge_pages() {
        // It is copied once more, to where it can be whole.
        return None;
    }
    if may_be_copied && old >= REGION && exact <= SMALL_MOST && !arena::is_limited() {
        // In an arena it can grow and shrink without the system.
        return None;
    }
    let whole = align_up(exact, REGION);
    let bytes = if is_whole && whole >= old && exact > old / 2 { whole } else { exact };
    if bytes == old {
        return Some(start);
    }
    // Who grows it by small steps has filled it so far, or will hardly use the rest either. So it is looked at each time that it has
    // grown by about a quarter, by the kernel, since its owner may have taken the access away; after a large step it is hoped for anew.
    let step = usize::BITS - 3 - old.leading_zeros();
    let is_due =
        bytes >> step > old >> step && config::huge() == config::Huge::Auto && !arena::is_limited();
    let is_small_step = bytes <= old + old / 4 + REGION.min(old / 2);
    let advice = is_due.then(|| !(is_small_step && arena::is_hardly_used(start, old)));
    // The lock is held over the call: once the block has moved, its old address may be mapped by
    // another thread, whose record must come after this one's change.
    let _guard = LOCK.inherit(Rank::Huge);
    let record = records().find(|record| {
        record.bytes.load(Ordering::Relaxed) == old && record.start.load(Ordering::Relaxed) == start
    })?;
    // A fork in the middle of the call loses this block, but leaves no record of what is not there.
    record.bytes.store(0, Ordering::Relaxed);
    compiler_fence(Ordering::Release);
    // SAFETY: the caller's block is one mapping.
    let to = |bytes: usize, align: usize| unsafe {
        sys::remap(start, old, bytes, align, !arena::is_limited()).map(|moved| (moved, bytes))
    };
    let moved = to(bytes, if is_whole { REGION } else { UNIT })
        .or_else(|| if bytes > exact { to(exact, UNIT) } else { None });
    let (now, bytes) = moved.unwrap_or((start, old));
    compiler_fence(Ordering::Release);
    record.start.store(now, Ordering::Relaxed);
    record.bytes.store(bytes, Ordering::Release);
    moved?;
    if let Some(huge) = advice {
        // SAFETY: the block's own mapping. All of it, since parts of different advice do not move together.
        unsafe { sys::advise_huge(now, bytes, huge) };
    }
    if now != start
        && let Some(record) = free_record()
    {
        // The old address is that of a freed block.
        record.start.store(start, Ordering::Relaxed);
    }
    BYTES.fetch_add(bytes.wrapping_sub(old), Ordering::Relaxed);
    Some(now)
}

/// Live huge blocks and their bytes.
pub(crate) fn counts() -> (usize, usize) {
    (COUNT.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed))
}

/// Whether one more growing block may get a mapping of its own.
pub(crate) fn has_room() -> bool {
    COUNT.load(Ordering::Relaxed) < MOST / 2
}

/// Every live block is counted, and none overlaps another.
#[cfg(any(test, debug_assertions))]
#[allow(dead_code)]
pub(crate) fn check() {
    let _guard = LOCK.inherit(Rank::Huge);
    let live = || {
        records()
            .map(|r| (r.start.load(Ordering::Relaxed), r.bytes.load(Ordering::Relaxed)))
            .filter(|&(_, bytes)| bytes != 0)
    };
    assert_eq!(live().count(), COUNT.load(Ordering::Relaxed));
    assert_eq!(live().map(|(_, bytes)| bytes).sum::<usize>(), BYTES.load(Ordering::Relaxed));
    for (i, (start, bytes)) in live().enumerate() {
        assert!((start | bytes).is_multiple_of(sys::page_size()));
        let is_apart = |(at, more): (usize, usize)| at + more <= start || start + bytes <= at;
        assert!(live().skip(i + 1).all(is_apart), "huge blocks overlap");
    }
}
