//! Blocks larger than any class: spans of an arena, or mappings of their own.

use crate::arena::{Found, Purpose, Residue, Run};
use crate::heap::{Heap, roll};
use crate::span::{Large, note};
use crate::sync::{AtomicIsize, AtomicUsize, Ordering};
use crate::units::{HUGE_MIN, MAX_REQUEST, UNIT, UNIT_SHIFT, align_up, units_for};
use crate::{arena, huge, meta, page_map, purge, sys, thread};
use core::ptr::{self, NonNull};

/// What takes the place of `HUGE_MIN` where address space is limited.
const LIMITED_HUGE_MIN: usize = 512 << 10;
/// Blocks of larger alignment have mappings of their own: what comes before one in an arena would be committed.
const ALIGN_MOST: usize = 32 << 20;
/// A block does not grow past this size where it stands.
const GROWN_MOST: usize = 32 << 20;
/// A block's unused tail goes back to the system when at least so much of it may be resident.
const TAIL_MIN: usize = QUARTER;
/// Of a unit: how much of a block's last one may be resident is known so closely.
const QUARTER: usize = UNIT / 4;
/// Unused tails that may be resident all together: so many bytes, or this part of all blocks.
const TAILS_LEAST: usize = 4 << 20;
const TAILS_PART: usize = 8;

/// A zeroed block of which little is resident is written anyway if it is smaller, where there are several threads: to take
/// its pages away interrupts all of them, which takes as long. But not while its arena has more than so many bytes in use.
const DISCARDED_LEAST: usize = 256 << 10;
const WRITTEN_IN_USE: usize = 64 << 20;
/// Zeroed blocks up to this size may be made resident at once.
const READY_MOST: usize = 1 << 20;
/// How many bytes of live blocks may be so, beside what has been shown.
const READY_LEAST: usize = 4 << 20;
/// And as a part of what is in use.
const READY_PART: usize = 2;
/// What has been shown by a freed block that turned out to be full: so many times its size.
const READY_SHOWN: usize = 4;

/// Descriptors that a heap keeps for its next blocks.
const SPARES_MOST: usize = 64;

/// Live blocks, and their bytes, as far as threads without a heap have counted.
static BLOCKS: AtomicIsize = AtomicIsize::new(0);
static BYTES: AtomicIsize = AtomicIsize::new(0);
static TAILS: AtomicIsize = AtomicIsize::new(0);
static READY_LIVE: AtomicUsize = AtomicUsize::new(0);
static SHOWN: AtomicUsize = AtomicUsize::new(0);

/// A block larger than any class at a multiple of `align`, and whether it is known to be zero. It is to be
/// zero if `zeroed`; the caller sees to that.
#[inline(never)]
pub(super) fn allocate(size: usize, align: usize, zeroed: bool) -> Option<(NonNull<u8>, bool)> {
    if size > MAX_REQUEST - align {
        return None;
    }
    if let Some(heap) = thread::heap_or_attach() {
        heap.tick();
        let bytes = align_up(size.max(1), sys::page_size());
        if align >> UNIT_SHIFT <= 1
            && let Some(large) = heap.take_kept(units_for(bytes))
        {
            // SAFETY: the heap had the block since it was freed.
            unsafe { reuse(heap, large, bytes) };
            return Some((NonNull::new(large.start() as *mut u8)?, false));
        }
    }
    try_allocate(size, align, zeroed).or_else(|| {
        super::relieve();
        purge::note_outcome(try_allocate(size, align, zeroed))
    })
}

/// Zeroes a new block, or makes it ready where it is known to be zero: a program that reads of its zeroed
/// memory before it writes has two faults for each page, the second of which interrupts all its threads. So
/// where blocks are usually filled the pages come at once.
///
/// # Safety
/// The block is new, with `size` bytes, and `clean` is what [`allocate`] said of it.
pub(super) unsafe fn make_zeroed(block: NonNull<u8>, size: usize, clean: bool) {
    let start = block.as_ptr();
    let span = page_map::entry(start as usize).and_then(page_map::Entry::span);
    let large = span.and_then(Large::of);
    // Of a big block, and of one of which little is resident, only what is needed may become so.
    let is_bare = large.is_some_and(|large| note::is_bare(large.notes()));
    let is_written = |large: &'static Large| {
        let used = arena::at(large.span().arena()).in_use();
        size < DISCARDED_LEAST && used << UNIT_SHIFT <= WRITTEN_IN_USE && roll::are_several()
    };
    let is_sparse = !clean
        && (is_bare && !large.is_some_and(is_written)
            || size >= arena::BIG && !arena::is_likely_filled(size));
    // SAFETY: as the caller promises; large blocks fill whole pages.
    let is_new =
        is_sparse && unsafe { sys::discard(start as usize, align_up(size, sys::page_size())) };
    if !(clean || is_new) {
        // SAFETY: as the caller promises.
        unsafe { ptr::write_bytes(start, 0, size) };
    }
    let Some(large) = large else { return };
    if is_new {
        arena::at(large.span().arena()).break_up(large.start(), units_for(size));
    }
    let kept = if clean || is_new { u8::MAX } else { !note::THIN };
    large.set_notes(large.notes() & kept | note::ZEROED | note::FRESH);
    let bytes = large.bytes();
    let may_be_ready = clean && bytes <= READY_MOST && arena::is_likely_filled(bytes);
    if may_be_ready && !arena::is_limited() && has_shown(bytes) {
        large.set_notes(large.notes() | note::READY);
        READY_LIVE.fetch_add(bytes, Ordering::Relaxed);
        // SAFETY: the block's pages are committed.
        unsafe { sys::populate(start as usize, bytes) };
    }
}

/// Whether so many bytes more may be made resident: a program whose zeroed blocks turn out to be tables with
/// little in them pays for a few.
fn has_shown(bytes: usize) -> bool {
    let in_use = arena::used() << UNIT_SHIFT;
    let most = READY_LEAST + SHOWN.load(Ordering::Relaxed).min(in_use / READY_PART);
    READY_LIVE.load(Ordering::Relaxed) + bytes <= most
}

/// Notes whether a zeroed block that is being freed was full, if that is known.
fn note_zeroed(large: &Large, found: Option<Found>) {
    let (notes, bytes) = (large.notes(), large.bytes());
    if notes & note::READY != 0 {
        READY_LIVE.fetch_sub(bytes, Ordering::Relaxed);
    }
    match found.filter(|_| notes & note::ZEROED != 0).map(Found::is_filled) {
        None => {}
        Some(true) => _ = SHOWN.fetch_add(READY_SHOWN * bytes, Ordering::Relaxed),
        // What several threads show at once may be lost.
        Some(false) => SHOWN.store(SHOWN.load(Ordering::Relaxed) / 2, Ordering::Relaxed),
    }
}

#[inline(never)]
fn try_allocate(size: usize, align: usize, zeroed: bool) -> Option<(NonNull<u8>, bool)> {
    let is_huge = size >= huge_min() || align >= huge_min().min(ALIGN_MOST);
    if is_huge && let Some(start) = huge::allocate(size.max(1), align) {
        return Some((NonNull::new(start as *mut u8)?, true));
    }
    let bytes = align_up(size.max(1), sys::page_size());
    let units = units_for(bytes);
    let align = (align >> UNIT_SHIFT).max(1);
    let run = if is_huge && huge::has_room() {
        // The system gives no more, but what is free in the arenas may do.
        arena::take_committed(units, align).inspect(note_dense)?
    } else {
        take(units, align, bytes, zeroed)?
    };
    let Some(piece) = descriptor() else {
        run.give_back();
        return None;
    };
    // SAFETY: the piece is zeroed, large enough, and ours alone.
    let large = unsafe { Large::open(piece, run.arena.slot(), run.start, units, bytes) };
    let bit = |holds: bool, bit: u8| if holds { bit } else { 0 };
    let is_bare = run.residue != Residue::Much;
    let notes = bit(run.huge, note::DENSE) | bit(run.thin, note::THIN);
    large.set_notes(notes | bit(run.is_clean(), note::FRESH) | bit(is_bare, note::BARE));
    page_map::enter(large.span(), false);
    count(thread::heap(), 1, bytes as isize);
    arena::note_taken(&run, bytes);
    if run.residue == Residue::Much {
        keep_or_discard(large, run.end);
    } else if run.is_clean() && run.arena.is_small_at(run.start + bytes - 1) {
        note_end(large);
    }
    Some((NonNull::new(run.start as *mut u8)?, run.is_clean()))
}

/// Makes a new block of one that the thread's heap kept. What it holds is left of that.
///
/// # Safety
/// The caller has it from that heap.
#[inline(always)]
unsafe fn reuse(heap: &Heap, large: &'static Large, bytes: usize) {
    let notes = large.notes();
    // Of a thin one few pages are resident.
    let is_thin = notes & note::THIN != 0;
    let bare = if is_thin { note::BARE } else { 0 };
    // SAFETY: as the caller promises; kept blocks are in the page map.
    unsafe { large.reopen(bytes, notes & (note::DENSE | note::THIN) | bare) };
    heap.count_large(1, bytes as isize);
    if !is_thin {
        // Of a longer one the last unit is not the one in which the block ends.
        let is_exact = large.span().units() == units_for(bytes);
        keep_or_discard(large, if is_exact { note::end(notes) } else { 0 });
    }
}

/// A run for a block from the arenas of the thread's lane.
fn take(units: usize, align: usize, bytes: usize, zeroed: bool) -> Option<Run> {
    let heap = thread::heap();
    let lane = heap.map_or(0, |heap| heap.lane.number());
    let run = arena::take(units, align, Purpose::block(bytes, zeroed, lane))?;
    if let Some(heap) = heap {
        heap.lane.note(run.arena.lane(), run.met);
    }
    note_dense(&run);
    Some(run)
}

fn note_dense(run: &Run) {
    if run.huge {
        arena::note_dense(run.units as isize, 1);
    }
}

/// How many quarters of its last unit a block of so many bytes reaches into.
fn quarters(bytes: usize) -> usize {
    (bytes - 1) % UNIT / QUARTER + 1
}

/// Notes that nothing is resident behind the quarters that a block reaches into.
fn note_end(large: &Large) {
    large.set_notes(note::with_end(large.notes(), quarters(large.bytes())));
}

/// What an earlier span has left behind the end of a new block, `before` quarters of its last unit if that is known, stays
/// resident for nothing. A program that allocates and frees such blocks all the time would fault it in again and
/// again, so some of it may stay.
#[inline(always)]
fn keep_or_discard(large: &'static Large, before: usize) {
    let unused = large.span().units() * UNIT - large.bytes();
    if unused >= TAIL_MIN {
        keep_or_discard_tail(large, unused, before);
    }
}

/// The same for a tail that is worth a call.
#[inline(never)]
fn keep_or_discard_tail(large: &'static Large, unused: usize, before: usize) {
    let (bytes, end) = (large.bytes(), large.start() + large.bytes());
    let arena = arena::at(large.span().arena());
    // A tail of more than a unit may reach into another region.
    if !(arena.can_part_with(end) && arena.can_part_with(end + unused - 1)) {
        return;
    }
    if (1..=quarters(bytes)).contains(&before) && arena.is_small_at(end) {
        return note_end(large);
    }
    let (part, least) = if roll::are_several() {
        (TAILS_PART / 2, 4 * TAILS_LEAST)
    } else {
        (TAILS_PART, TAILS_LEAST)
    };
    let all = (TAILS.load(Ordering::Relaxed) + unused as isize).max(0) as usize;
    if all <= least || all <= (arena::used_by_blocks() << UNIT_SHIFT) / part {
        count_tail(unused as isize);
        large.set_tail(unused);
        return;
    }
    // SAFETY: the tail belongs to the run and to no block.
    if unsafe { sys::discard(end, unused) } {
        note_end(large);
    }
}

/// What was kept behind the end of a block is counted no more.
fn drop_tail(large: &Large) {
    let tail = large.take_tail();
    if tail != 0 {
        count_tail(-(tail as isize));
    }
}

/// Counts bytes of tails that have come, or gone.
fn count_tail(bytes: isize) {
    let some = thread::heap().map_or(bytes, |heap| heap.gather_tail(bytes));
    if some != 0 {
        TAILS.fetch_add(some, Ordering::Relaxed);
    }
}

/// From which size on a block gets a mapping of its own. Where address space is limited arenas are
/// small, and blocks that fill a good part of one would waste the rest.
fn huge_min() -> usize {
    if arena::is_limited() { LIMITED_HUGE_MIN } else { HUGE_MIN }
}

fn count(heap: Option<&Heap>, blocks: isize, bytes: isize) {
    if let Some(heap) = heap {
        return heap.count_large(blocks, bytes);
    }
    BLOCKS.fetch_add(blocks, Ordering::Relaxed);
    BYTES.fetch_add(bytes, Ordering::Relaxed);
}

/// A zeroed piece for a descriptor. Heaps keep some, for blocks that come and go.
fn descriptor() -> Option<NonNull<u8>> {
    match thread::heap() {
        Some(heap) => heap.large_spares.take(size_of::<Large>()),
        None => meta::allocate(size_of::<Large>()),
    }
}

/// Gives a descriptor's piece back, which is all zero.
fn release(piece: NonNull<u8>) {
    // SAFETY: the piece came from `meta` with this size, is ours, and zero.
    unsafe {
        match thread::heap() {
            Some(heap) => heap.large_spares.keep(piece, size_of::<Large>(), SPARES_MOST),
            None => meta::release(piece, size_of::<Large>()),
        }
    }
}

/// Frees a block of a span. False when somebody else has freed it already.
///
/// # Safety
/// The caller gives the block up.
#[inline(never)]
pub(super) unsafe fn free(large: &'static Large) -> bool {
    if !large.close() {
        return false;
    }
    let heap = thread::heap_or_attach();
    drop_tail(large);
    count(heap, -1, -(large.bytes() as isize));
    // What one that was used before holds may be what another block has left.
    let is_plain = large.notes() & (note::FRESH | note::ZEROED | note::READY | note::THIN) == 0;
    // SAFETY: we closed the block.
    let is_corner = !is_plain && unsafe { learn(large) };
    let mut freed = 0;
    if !heap.is_some_and(|heap| !is_corner && heap.keep(large)) {
        // SAFETY: we closed the block, and no heap has it.
        freed += unsafe { give_back(large, is_corner) };
    }
    // What may be kept may have become less, too.
    while let Some(old) = heap.and_then(Heap::excess) {
        // SAFETY: a heap has only blocks that were closed, and who takes one out has it alone.
        freed += unsafe { give_back(old, false) };
    }
    if freed > 0 {
        purge::enforce(freed);
    }
    true
}

/// Learns from a block that is being freed, and notes whether few of its pages are resident. True of one of which only a
/// corner was used, on huge pages perhaps: few small pages may stay, but not few huge ones.
///
/// # Safety
/// The caller has closed the block.
#[inline(never)]
unsafe fn learn(large: &'static Large) -> bool {
    let (bytes, notes) = (large.bytes(), large.notes());
    let found = if notes & note::FRESH != 0 || note::is_bare(notes) {
        // SAFETY: as the caller promises.
        unsafe { arena::note_freed(large.start(), bytes, notes & note::FRESH != 0) }
    } else {
        None
    };
    note_zeroed(large, found);
    let is_sparse = arena::is_likely_sparse(bytes);
    let thin = notes & note::THIN != 0 && is_sparse && found.is_none_or(Found::is_sparse);
    large.set_notes(if thin { notes } else { notes & !note::THIN });
    !thin
        && is_sparse
        && bytes >= arena::BIG
        && notes & note::FRESH != 0
        && found.is_some_and(|found| !found.is_filled())
}

/// Gives the run of a block back to its arena, and with `discard` its memory to the system. How many units that is.
///
/// # Safety
/// The block was closed, and nobody else has it.
#[inline(never)]
unsafe fn give_back(large: &'static Large, discard: bool) -> usize {
    // SAFETY: as the caller promises.
    let (mut run, piece) = unsafe { Run::of(large) };
    // SAFETY: the run is the caller's, and nothing in it is in use.
    if discard && unsafe { sys::discard(run.start, run.units * UNIT) } {
        run.arena.break_up(run.start, run.units);
        run.residue = Residue::Nothing;
    }
    release(piece);
    run.give_back()
}

/// Grows or shrinks a large block where it stands. False when that cannot be, or it is better copied, if it may be.
///
/// # Safety
/// The caller owns the block, and `size` is that of no class.
#[inline(never)]
pub(super) unsafe fn resize(large: &'static Large, size: usize, may_be_copied: bool) -> bool {
    let (start, old, units) = (large.start(), large.bytes(), large.span().units());
    let (arena, bytes) = (arena::at(large.span().arena()), align_up(size, sys::page_size()));
    let wanted = units_for(bytes);
    // It is nobody's example any more.
    note_zeroed(large, None);
    large.set_notes(large.notes() & note::DENSE);
    if wanted > units {
        // One that has grown so far goes on as a mapping, which need not be copied again.
        let is_grown = wanted >= GROWN_MOST >> UNIT_SHIFT && units < GROWN_MOST >> UNIT_SHIFT;
        if is_grown && may_be_copied
            || wanted >= HUGE_MIN >> UNIT_SHIFT
            || arena.extend(start, units, wanted - units).is_none()
        {
            return false;
        }
        large.set_bytes(bytes, wanted);
        page_map::enter(large.span(), false);
    } else {
        large.set_bytes(bytes, wanted);
        if wanted < units {
            page_map::clear(start + wanted * UNIT, units - wanted, false);
            arena.give(start + wanted * UNIT, units - wanted, Residue::Much, 0);
            purge::enforce(units - wanted);
        }
        let end = (start + old).min(start + wanted * UNIT);
        if end >= start + bytes + TAIL_MIN && arena.can_part_with(start + bytes) {
            // SAFETY: the tail belongs to the block's units, and the block uses it no more.
            unsafe { sys::discard(start + bytes, end - start - bytes) };
        }
    }
    if large.notes() & note::DENSE != 0 {
        arena::note_dense(wanted as isize - units as isize, 0);
    }
    if wanted != units || bytes > old {
        drop_tail(large);
    }
    count(thread::heap(), 0, bytes as isize - old as isize);
    true
}

/// Blocks in spans and their bytes.
pub(crate) fn counts() -> (usize, usize) {
    let all = (BLOCKS.load(Ordering::Relaxed), BYTES.load(Ordering::Relaxed));
    let all = thread::heaps().map(Heap::large).fold(all, |a, b| (a.0 + b.0, a.1 + b.1));
    (all.0.max(0) as usize, all.1.max(0) as usize)
}
