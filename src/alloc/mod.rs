//! Allocate, free, resize: the whole allocator as a handful of functions.
//!
//! The fast paths are here, inlined into the exported functions; everything else is behind one call.
//! A pointer from outside is untrusted until [`resolve`] has found what it is.

mod large;
mod resolve;

pub(crate) use large::counts as large_counts;

use resolve::{Found, find_in_span, resolve};

use crate::fatal::{self, Misuse};
use crate::heap::Heap;
use crate::huge;
use crate::magazine::{self, Front, Pushed};
use crate::page_map::{self, Entry};
use crate::slab::{self, Slab};
use crate::span::Large;
use crate::units::{MAX_REQUEST, MIN_ALIGN, UNIT, align_up};
use crate::{central, foreign, heap, meta, purge, size_class, sys, thread};
use core::hint;
use core::ptr::{self, NonNull};

/// A growing block that has to move gets a mapping of its own from this size on: it then grows by
/// mremap and is not copied again.
const GROWING_MIN: usize = 2 << 20;
/// Blocks up to this size don't shrink.
const SMALLEST: usize = 2 * MIN_ALIGN;
/// Up to this size, one gets more than it asks for.
const GENEROUS: usize = 48 << 10;

// ---------------------------------------------------------------------- allocate

/// A block of at least `size` bytes, aligned to 16.
#[inline(always)]
pub(crate) fn allocate(size: usize) -> Option<NonNull<u8>> {
    let at_hand =
        if size <= size_class::SMALL_MAX { allocate_small(size) } else { allocate_medium(size) };
    at_hand.or_else(|| allocate_slow(size))
}

/// The fast path alone: a small block from the thread's magazine. None says nothing about memory.
#[inline(always)]
pub(crate) fn allocate_small(size: usize) -> Option<NonNull<u8>> {
    if size > size_class::SMALL_MAX {
        return None;
    }
    magazine::mine().pop_small(size)
}

/// The same for sizes past the direct table, and for those only.
#[inline(always)]
pub(crate) fn allocate_medium(size: usize) -> Option<NonNull<u8>> {
    // A smaller one whose magazine is empty must not take a block of the coarser table.
    if size <= size_class::SMALL_MAX {
        return None;
    }
    magazine::mine().pop_class(size_class::of_medium(size)?)
}

/// What [`allocate`] does when the fast paths have nothing.
#[inline(never)]
pub(crate) fn allocate_slow(size: usize) -> Option<NonNull<u8>> {
    if !thread::is_started() && !thread::start() {
        return None;
    }
    if size > size_class::MAX {
        return large::allocate(size, MIN_ALIGN, false).map(|(block, _)| block);
    }
    let class = size_class::of(size);
    allocate_class(class).or_else(|| {
        relieve();
        purge::note_outcome(allocate_class(class))
    })
}

fn allocate_class(class: usize) -> Option<NonNull<u8>> {
    let Some(heap) = thread::heap_or_attach() else { return central::allocate(class, true) };
    heap.refill(class, false).or_else(|| {
        let shares = size_class::size(class) > heap::SHARED && thread::is_crowded();
        if shares && let Some(block) = central::allocate(class, true) {
            return Some(block);
        }
        central::adopt(class, heap);
        heap.refill(class, true)
    })
}

/// When the system gives no more: makes what is free anywhere usable for any size.
#[cold]
fn relieve() {
    // A fork that runs no handlers has not told.
    thread::leave_lost();
    if purge::pressure() {
        purge();
    }
}

/// A block of at least `size` bytes, all zero.
#[inline(always)]
pub(crate) fn allocate_zeroed(size: usize) -> Option<NonNull<u8>> {
    allocate_zeroed_small(size, (size, 1)).or_else(|| allocate_zeroed_slow(size))
}

/// The fast path alone, as [`allocate_small`]. `size` is the product of `factors`, of which it is made anew where it is
/// needed again: so nothing has to be kept for that.
#[inline(always)]
pub(crate) fn allocate_zeroed_small(size: usize, factors: (usize, usize)) -> Option<NonNull<u8>> {
    if size > size_class::SMALL_MAX {
        return None;
    }
    // SAFETY: the block is new, and has so many bytes.
    magazine::mine().pop_zeroed(size, |block| unsafe { zero_product(factors.0, factors.1, block) })
}

/// Zeroes the first `count` times `size` bytes of a block, and what follows up to the next sixteen.
///
/// # Safety
/// The block has them, and nobody else uses it.
#[inline(never)]
unsafe fn zero_product(count: usize, size: usize, block: NonNull<u8>) -> NonNull<u8> {
    // SAFETY: as the caller promises.
    unsafe { ptr::write_bytes(block.as_ptr(), 0, align_up(count * size, MIN_ALIGN)) };
    // Callers that knew which block this is would keep it meanwhile, and need a frame for that.
    hint::black_box(block)
}

/// What [`allocate_zeroed`] does when the fast path has nothing.
#[inline(never)]
pub(crate) fn allocate_zeroed_slow(size: usize) -> Option<NonNull<u8>> {
    if size <= size_class::MAX {
        let block = allocate(size)?;
        // SAFETY: the block is new, and has at least `size` bytes.
        unsafe { ptr::write_bytes(block.as_ptr(), 0, align_up(size, MIN_ALIGN)) };
        return Some(block);
    }
    if !thread::is_started() && !thread::start() {
        return None;
    }
    let (block, clean) = large::allocate(size, MIN_ALIGN, true)?;
    // SAFETY: just allocated.
    unsafe { large::make_zeroed(block, size, clean) };
    Some(block)
}

/// A block of at least `size` bytes at a multiple of `align`, a power of two.
#[inline]
pub(crate) fn allocate_aligned(align: usize, size: usize) -> Option<NonNull<u8>> {
    allocate_aligned_small(align, size).or_else(|| allocate_aligned_slow(align, size))
}

/// The fast path alone, as [`allocate_small`].
#[inline(always)]
pub(crate) fn allocate_aligned_small(align: usize, size: usize) -> Option<NonNull<u8>> {
    // A multiple of the alignment has a class whose blocks all start at one: see the size classes.
    // For size 0 this is the largest number, and so it is for alignment 0.
    let last = size.wrapping_sub(1) | align.wrapping_sub(1);
    if last >= size_class::SMALL_MAX {
        return None;
    }
    let block = magazine::mine().pop_small(last + 1)?;
    if is_aligned(block, align) { Some(block) } else { give_up_misaligned(block) }
}

fn is_aligned(block: NonNull<u8>, align: usize) -> bool {
    (block.as_ptr() as usize) & align.wrapping_sub(1) == 0
}

/// Puts back a block that came from a mixed slab, where blocks stand at any multiple of sixteen.
#[cold]
#[inline(never)]
fn give_up_misaligned(block: NonNull<u8>) -> Option<NonNull<u8>> {
    // SAFETY: nobody has seen the block yet.
    unsafe { deallocate(block.as_ptr()) };
    None
}

/// What [`allocate_aligned`] does when the fast path has nothing.
#[inline(never)]
pub(crate) fn allocate_aligned_slow(align: usize, size: usize) -> Option<NonNull<u8>> {
    if size > MAX_REQUEST || align > MAX_REQUEST / 2 {
        return None;
    }
    let rounded = align_up(size.max(1), align);
    if rounded <= size_class::MAX {
        let block = allocate(rounded)?;
        if is_aligned(block, align) {
            return Some(block);
        }
        give_up_misaligned(block);
        let class = size_class::of(rounded);
        let take = || match thread::heap_or_attach() {
            Some(heap) => heap.take_one(class, false),
            None => central::allocate(class, false),
        };
        return take().or_else(|| {
            relieve();
            purge::note_outcome(take())
        });
    }
    if !thread::is_started() && !thread::start() {
        return None;
    }
    large::allocate(size, align, false).map(|(block, _)| block)
}

/// A block of at least `size` bytes at a multiple of `align`, all zero.
pub(crate) fn allocate_aligned_zeroed(align: usize, size: usize) -> Option<NonNull<u8>> {
    if align <= MIN_ALIGN {
        return allocate_zeroed(size);
    }
    let block = allocate_aligned(align, size)?;
    // SAFETY: the block is new, and has at least `size` bytes.
    unsafe { ptr::write_bytes(block.as_ptr(), 0, size) };
    Some(block)
}

// ---------------------------------------------------------------------- free

/// Frees a block; null is nothing. Misuse ends the process.
///
/// # Safety
/// Nobody uses the block any more.
#[inline(always)]
pub(crate) unsafe fn deallocate(block: *mut u8) {
    let front = magazine::mine();
    // SAFETY: the front is the thread's, and the caller gives the block up.
    match unsafe { front.push_simple(block as usize) } {
        Pushed::Yes => {}
        // SAFETY: as above.
        Pushed::NotHere(unit) => unsafe { deallocate_elsewhere(block, front, unit) },
        // SAFETY: as above.
        Pushed::No => unsafe { deallocate_slow(block) },
    }
}

/// The slab of the block that starts at `address`, and its class, if it is simple to tell: it does not look free,
/// and its slab is one of equal blocks in the first arena. The class is MIXED when the slab just becomes a mixed one.
#[inline(always)]
fn find_simple(address: usize) -> Option<(&'static Slab, usize)> {
    let found = page_map::simple_slab(address);
    if found == 0 {
        return None;
    }
    // SAFETY: just found.
    let slab = unsafe { Slab::at(page_map::origin(), found) };
    slab.is_surely_live(address).then(|| (slab, slab.class()))
}

/// Frees a block in a unit that holds none of the heap's slabs of one unit: it is another heap's, or of
/// a slab of several units.
#[inline(never)]
unsafe fn deallocate_elsewhere(block: *mut u8, front: &'static Front, unit: usize) {
    let slab = front.simple_slab(unit);
    // Read before the look, where the slab's address need not be made for it.
    let (class, holder) = (slab.class(), slab.heap());
    if slab.is_surely_live(block as usize) {
        return deallocate_small(front, (slab, class, holder), block as usize);
    }
    // SAFETY: the caller gives the block up.
    unsafe { deallocate_rest(block) }
}

/// What else the fast path leaves over: full magazines, slabs in other arenas or of threads without a
/// heap, other kinds of blocks, and misuse.
#[inline(never)]
unsafe fn deallocate_slow(block: *mut u8) {
    let address = block as usize;
    if let Some((slab, class)) = find_simple(address) {
        return deallocate_small(magazine::mine(), (slab, class, slab.heap()), address);
    }
    // SAFETY: the caller gives the block up.
    unsafe { deallocate_rest(block) }
}

#[inline(never)]
unsafe fn deallocate_rest(block: *mut u8) {
    if block.is_null() {
        return;
    }
    let address = block as usize;
    let span = page_map::entry(address).and_then(Entry::span);
    if let Some(large) = span.and_then(Large::of)
        && large.start() == address
        // SAFETY: the caller gives the block up.
        && unsafe { large::free(large) }
    {
        return;
    }
    if let Some(slab) = span.and_then(Slab::of)
        && slab.is_taken(address)
        // SAFETY: a block starts here.
        && unsafe { !slab::is_marked(address) }
    {
        // A slab that has lost marks, a mixed one, or one outside the first arena.
        return deallocate_in(slab, address);
    }
    // SAFETY: the caller gives the block up.
    unsafe { deallocate_named("free", Misuse::DoubleFree, block) }
}

/// Frees what stands at `block`, or ends the process as `function`, for which a block that is free already is
/// misuse of the kind `freed`.
unsafe fn deallocate_named(function: &str, freed: Misuse, block: *mut u8) {
    let found = resolve(function, freed, block as usize);
    // SAFETY: the caller gives the block up.
    unsafe { deallocate_found(function, freed, block, found) };
}

/// The same for what was found there. Another thread may have been faster.
unsafe fn deallocate_found(function: &str, freed: Misuse, block: *mut u8, found: Found) {
    let address = block as usize;
    match found {
        Found::Small(slab) => deallocate_in(slab, address),
        Found::Large(large) => {
            // SAFETY: the caller gives the block up.
            if unsafe { !large::free(large) } {
                fatal::misuse(function, freed, address);
            }
        }
        Found::Huge(_) => {
            thread::note();
            // SAFETY: the caller gives the block up.
            if unsafe { !huge::free(address) } {
                fatal::misuse(function, freed, address);
            }
        }
        // SAFETY: the caller gives the block up.
        Found::Foreign => unsafe { foreign::free(function, block) },
    }
}

/// Frees the live block of a slab that starts at `address`.
#[inline(always)]
fn deallocate_in(slab: &'static Slab, address: usize) {
    let (front, class, holder) = (magazine::mine(), slab.class_of(address), slab.heap());
    let is_own = holder == front.address();
    if !(is_own && slab.is_mixed() && Heap::at(holder).widen(slab, class, address)) {
        deallocate_small(front, (slab, class, holder), address);
    }
}

/// Frees a block of a slab, whose class it is given and the heap that holds it: into the thread's own heap, or on
/// the way to the other. The class is MIXED when the slab is just becoming a mixed one.
#[inline(always)]
fn deallocate_small(
    front: &'static Front,
    (slab, class, holder): (&'static Slab, usize, usize),
    block: usize,
) {
    if holder == front.address() {
        // SAFETY: the front is the thread's, the slab its own, and the block given up.
        if unsafe { !front.push_class(class, block) } {
            give_to_own(block, front, class);
        }
        return;
    }
    // SAFETY: the block is given up, and has two words.
    unsafe { *slab::mark_of(block) = slab::MARK };
    match front.pack(class, holder, block) {
        Some(false) => {}
        Some(true) => Heap::at(front.address()).send(class),
        None => deallocate_unpacked(block, slab),
    }
}

/// Frees a block of the thread's own heap whose magazine is full. Apart for the order of its arguments, in which
/// the fast paths have them at hand.
#[inline(never)]
fn give_to_own(block: usize, front: &'static Front, class: usize) {
    Heap::at(front.address()).give(class, block);
}

/// Frees a block for which no crate is being packed; perhaps the thread has no heap, or just earns
/// one, which may be the one that holds the slab.
#[inline(never)]
fn deallocate_unpacked(block: usize, slab: &'static Slab) {
    match thread::heap().or_else(|| thread::heap_or_inherit(heap::holder(slab))) {
        Some(heap) if slab.heap() == heap.address() => heap.give(slab.class_of(block), block),
        Some(heap) => heap.give_away(slab, block),
        None => heap::put_directly(slab, block),
    }
}

// ---------------------------------------------------------------------- resize

/// Whether the block at `address` can stay where it is for `size` bytes: the fast path of
/// [`resize`]. False says nothing, not even that the address is a block's or the size not 0.
#[inline(always)]
pub(crate) fn fits_in_place(address: usize, size: usize) -> bool {
    magazine::mine().fits_in_place(address, size)
}

/// Changes a block's size to at least `size` bytes, which is not 0. On None it is as it was.
///
/// # Safety
/// The caller gives the block up for the result.
#[inline]
pub(crate) unsafe fn resize(block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
    if fits_in_place(block.as_ptr() as usize, size) {
        return Some(block);
    }
    // SAFETY: as the caller promises.
    unsafe { resize_slow(block, size) }
}

/// Frees a block; misuse is that of a resize.
///
/// # Safety
/// The caller gives the block up.
#[cold]
#[cfg_attr(any(test, not(feature = "capi")), allow(dead_code))]
pub(crate) unsafe fn resize_to_nothing(block: NonNull<u8>) {
    // SAFETY: as the caller promises.
    unsafe { deallocate_named("realloc", Misuse::FreedBlock, block.as_ptr()) };
}

/// A block of `size` bytes for one of `old` bytes. One that grows by little is likely to grow again, and
/// gets a quarter more where there is memory for that.
fn allocate_with_room(old: usize, size: usize) -> Option<NonNull<u8>> {
    let roomy = if size > old && old <= GENEROUS { old + old / 4 } else { 0 };
    let found = if roomy > size { allocate(roomy) } else { None };
    found.or_else(|| allocate(size))
}

#[inline(never)]
pub(crate) unsafe fn resize_slow(block: NonNull<u8>, size: usize) -> Option<NonNull<u8>> {
    let address = block.as_ptr() as usize;
    let own = magazine::mine().class_at(address).map(|class| (None, class));
    let other = || find_simple(address).map(|(slab, class)| (Some(slab), class));
    if let Some((slab, class)) = own.or_else(other).filter(|&(_, class)| class != slab::MIXED) {
        if size_class::fits(class as u8 + 1, size) {
            return Some(block);
        }
        // Before another heap's is moved, or one of a slab of several units, more than its mark is asked.
        if slab.is_none_or(|slab| slab.is_taken(address)) {
            let old = size_class::size(class);
            let stays = size <= old && old <= SMALLEST;
            let new = if stays { None } else { allocate_with_room(old, size) };
            let Some(new) = new else { return (size <= old).then_some(block) };
            // SAFETY: both blocks have this many bytes, and they are two; the caller gives the first up.
            unsafe {
                ptr::copy_nonoverlapping(block.as_ptr(), new.as_ptr(), old.min(size));
                deallocate(block.as_ptr());
            }
            return Some(new);
        }
    }
    let large = page_map::entry(address).and_then(Entry::span).and_then(Large::of);
    if large.is_some_and(|large| large.start() == address && large.ends_at(size)) {
        return Some(block);
    }
    let found = resolve("realloc", Misuse::FreedBlock, address);
    if size > MAX_REQUEST {
        return None;
    }
    let old = match found {
        Found::Small(slab) => {
            let now = slab.bytes_of(address);
            if size <= now && (size > now / 2 || now <= SMALLEST) {
                return Some(block);
            }
            now
        }
        Found::Large(large) => large.bytes(),
        Found::Huge(bytes) => bytes,
        // One that grows becomes ours: what libc would give might be where its blocks are not recognised.
        Found::Foreign => {
            // SAFETY: the block is the caller's.
            let now = unsafe { foreign::usable_size("realloc", block) };
            if size <= now {
                // SAFETY: the block is the caller's.
                return unsafe { foreign::shrink(block, size) };
            }
            now
        }
    };
    // SAFETY: the block is the caller's.
    let resized = |may_be_copied| unsafe { resize_alone(&found, block, size, may_be_copied) };
    if let Some(block) = resized(true) {
        return Some(block);
    }
    let grows = size > old && old > size_class::MAX;
    let new = if grows && size >= GROWING_MIN && huge::has_room() {
        huge::allocate_growing(size).and_then(|start| NonNull::new(start as *mut u8))
    } else {
        None
    };
    let Some(new) = new.or_else(|| allocate_with_room(old, size)) else {
        // Without room for a second one, the block may have room for itself; one that is to shrink can stay as large as
        // it is.
        return resized(false).or((size <= old).then_some(block));
    };
    // SAFETY: both blocks have this many bytes, and they are two.
    unsafe {
        ptr::copy_nonoverlapping(block.as_ptr(), new.as_ptr(), old.min(size));
        deallocate_found("realloc", Misuse::FreedBlock, block.as_ptr(), found);
    }
    Some(new)
}

/// Gives a block with a run or a mapping of its own another size: where it stands, or moved with its pages. None if it has
/// none, or that cannot be: for want of memory, because the program has given parts of it other properties, or because it
/// is better copied, if it may be.
///
/// # Safety
/// `found` is the caller's block.
#[inline(never)]
unsafe fn resize_alone(
    found: &Found,
    block: NonNull<u8>,
    size: usize,
    may_be_copied: bool,
) -> Option<NonNull<u8>> {
    if size <= size_class::MAX {
        return None;
    }
    match *found {
        // SAFETY: as the caller promises.
        Found::Large(large) => unsafe {
            large::resize(large, size, may_be_copied).then_some(block)
        },
        Found::Huge(bytes) => {
            // SAFETY: as the caller promises.
            let start =
                unsafe { huge::resize(block.as_ptr() as usize, bytes, size, may_be_copied) };
            start.and_then(|start| NonNull::new(start as *mut u8))
        }
        Found::Small(_) | Found::Foreign => None,
    }
}

// ---------------------------------------------------------------------- facts

/// How many bytes of a block the program may use; 0 for null. Misuse ends the process.
///
/// # Safety
/// The block is not freed meanwhile.
#[inline]
pub(crate) unsafe fn usable_size(block: *const u8) -> usize {
    match magazine::mine().class_at(block as usize) {
        Some(class) => size_class::size(class),
        // SAFETY: as the caller promises.
        None => unsafe { usable_size_slow(block) },
    }
}

#[inline(never)]
unsafe fn usable_size_slow(block: *const u8) -> usize {
    let Some(block) = NonNull::new(block.cast_mut()) else { return 0 };
    let address = block.as_ptr() as usize;
    if let Some((_, class)) = find_simple(address).filter(|&(_, class)| class != slab::MIXED) {
        return size_class::size(class);
    }
    match resolve("malloc_usable_size", Misuse::FreedBlock, address) {
        Found::Small(slab) => slab.bytes_of(address),
        Found::Large(large) => large.bytes(),
        Found::Huge(bytes) => bytes,
        // SAFETY: as the caller promises.
        Found::Foreign => unsafe { foreign::usable_size("malloc_usable_size", block) },
    }
}

/// The usable size of a block of `size` bytes; None when there can be none.
#[cfg_attr(not(feature = "capi"), allow(dead_code))]
pub(crate) fn good_size(size: usize) -> Option<usize> {
    match size {
        0..=size_class::MAX => Some(size_class::size(size_class::of(size))),
        _ if size <= MAX_REQUEST - UNIT => Some(align_up(size, sys::page_size())),
        _ => None,
    }
}

/// Whether `address` lies in memory that was handed out or could be: in a slab, a large or a huge
/// block.
pub(crate) fn owns(address: *const u8) -> bool {
    thread::note_look();
    let address = address as usize;
    let in_span =
        page_map::entry(address).and_then(find_in_span).is_some_and(|found| match found {
            Found::Large(large) => large.holds(address),
            _ => true,
        });
    in_span || matches!(huge::find(address), huge::Found::Start(_) | huge::Found::Inside)
}

/// Gives everything back to the system that no live block pins. Returns the bytes.
pub(crate) fn purge() -> usize {
    if !thread::is_started() {
        return 0;
    }
    thread::purge() + purge::everything() + meta::purge()
}
