//! Slabs: spans cut into equal blocks.
//!
//! Which blocks are free stands in a bitmap beside the descriptor, never in the blocks, so that an
//! overwritten block cannot mislead anyone, and pages of free blocks can go back to the system at
//! any time. Invariant: `free` is the number of set bits; every other block is with the program, in
//! a magazine, or on its way back from another thread.
//!
//! A freed block carries a mark in its second word, so that freeing it again is noticed at once; the
//! mark alone proves nothing, but calls for a proper look.
//!
//! All of a slab is guarded by the lock of the heap that holds it.

use crate::span::{Kind, Span};
use crate::sync::{AtomicUsize, Ordering};
use crate::units::{MIN_ALIGN, UNIT};
use crate::{arena, bitmap, meta, page_map, size_class, sys};
use core::cell::Cell;
#[cfg(any(test, debug_assertions))]
use core::ptr;
use core::ptr::NonNull;

/// Words of the bitmap that fit into the descriptor; slabs of more blocks have theirs apart.
const INLINE: usize = 4;
/// Parts of a slab that are known to be resident or not.
const PARTS: usize = 64;

/// The descriptor.
#[repr(C, align(64))]
pub(crate) struct Slab {
    span: Span,
    /// Address of the heap that holds the slab.
    heap: AtomicUsize,
    next: Cell<Option<&'static Slab>>,
    prev: Cell<Option<&'static Slab>>,
    bits: Cell<*mut u64>,
    class: Cell<u8>,
    /// No bit is set in words before this one.
    low: Cell<u8>,
    capacity: Cell<u16>,
    free: Cell<u16>,
    lost_marks: Cell<bool>,
    /// Blocks have been taken since the last look at the slab's pages.
    is_active: Cell<bool>,
    size: Cell<u32>,
    /// See [`size_class::start64`].
    inverse: Cell<u64>,
    bound: Cell<u64>,
    /// Bit i: part i of the slab may be resident.
    touched: Cell<u64>,
    inline: Cell<[u64; INLINE]>,
}

// SAFETY: the cells are guarded by the lock of the heap that holds the slab; what is read without
// it (span, class, size) is written before the slab is published in the page map.
unsafe impl Sync for Slab {}

const _: () = assert!(size_of::<Slab>() == 128);

/// The mark of a freed block: a number without meaning, that programs have no reason to store.
pub(crate) const MARK: usize = 0x5f1e_e7ed;

/// The second word of a block.
#[inline(always)]
pub(crate) fn mark_of(block: usize) -> *mut usize {
    (block + size_of::<usize>()) as *mut usize
}

/// Whether a block carries the mark: it is free, or holds a copy of what a free block held.
///
/// # Safety
/// `block` is the start of a block of a slab.
#[inline(always)]
pub(crate) unsafe fn is_marked(block: usize) -> bool {
    // SAFETY: a block has at least two words, and the slab's memory is committed.
    unsafe { mark_of(block).read() == MARK }
}

/// Bytes of a bitmap that has its own piece. Where address space is limited all are alike, so that
/// what slabs of one class have used serves those of another.
fn bitmap_bytes(words: usize) -> usize {
    if arena::is_limited() { UNIT / MIN_ALIGN / 8 } else { (words * 8).next_power_of_two() }
}

impl Slab {
    /// A new slab of `class` for the heap at `heap`, all of whose blocks are free. The caller
    /// enters it into the page map and the heap's.
    pub(crate) fn open(class: usize, heap: usize) -> Option<&'static Slab> {
        let (units, capacity) = (size_class::slab_units(class), size_class::slab_blocks(class));
        let size = size_class::size(class);
        let words = bitmap::words_for(capacity);
        let piece = meta::allocate(size_of::<Slab>())?;
        // SAFETY: a zeroed piece is a valid closed descriptor, and it is ours alone.
        let slab: &'static Slab = unsafe { piece.cast().as_ref() };
        let bits = if words <= INLINE {
            slab.inline.as_ptr().cast::<u64>()
        } else if let Some(bits) = meta::allocate(bitmap_bytes(words)) {
            bits.as_ptr().cast()
        } else {
            // SAFETY: the piece is ours and unused.
            unsafe { meta::release(piece, size_of::<Slab>()) };
            return None;
        };
        slab.bits.set(bits);
        slab.capacity.set(capacity as u16);
        let Some(run) = arena::take(units, 1) else {
            // SAFETY: nobody knows of the descriptor yet.
            unsafe { slab.release_descriptor() };
            return None;
        };
        slab.class.set(class as u8);
        slab.free.set(capacity as u16);
        slab.size.set(size as u32);
        let start = size_class::start64(class);
        slab.inverse.set(start.inverse);
        slab.bound.set(start.bound);
        bitmap::set_range(slab.words(), 0, capacity);
        slab.heap.store(heap, Ordering::Relaxed);
        slab.span.open(run.arena.slot(), run.start, run.units, Kind::Slab);
        let all_parts = u64::MAX >> (PARTS - units * UNIT / slab.part_bytes());
        slab.touched.set(if run.clean { 0 } else { all_parts });
        Some(slab)
    }

    /// Gives the slab's memory and descriptor back. All its blocks are free.
    ///
    /// # Safety
    /// Under the lock of the slab's heap, which has forgotten it.
    pub(crate) unsafe fn close(&'static self) {
        debug_assert_eq!(self.free.get(), self.capacity.get());
        let (start, units) = (self.span.start(), self.span.units());
        let arena = arena::at(self.span.arena());
        page_map::clear(start, units, true);
        self.span.close();
        arena.give(start, units, self.touched.get() != 0);
        // SAFETY: the slab is in no map and no list.
        unsafe { self.release_descriptor() };
    }

    unsafe fn release_descriptor(&'static self) {
        let words = bitmap::words_for(self.capacity());
        // SAFETY: both pieces came from `meta` with these sizes, and the caller owns them.
        unsafe {
            if words > INLINE {
                let bits = NonNull::new_unchecked(self.bits.get().cast());
                meta::release(bits, bitmap_bytes(words));
            }
            meta::release(NonNull::from(self).cast(), size_of::<Slab>());
        }
    }

    /// The slab that [`page_map::simple_slab`] found.
    ///
    /// # Safety
    /// `value` came from there, with the same base, and is not 0.
    #[inline(always)]
    pub(crate) unsafe fn at(base: usize, value: u32) -> &'static Slab {
        // SAFETY: what is stored with this bit is the offset of a slab's descriptor.
        unsafe { &*((base + value as usize - page_map::SIMPLE as usize) as *const Slab) }
    }

    /// The slab behind a span of this kind.
    pub(crate) fn of(span: &'static Span) -> Option<&'static Slab> {
        if span.kind() != Kind::Slab {
            return None;
        }
        // SAFETY: the kind says that the span is the head of a `Slab`.
        Some(unsafe { &*(&raw const *span).cast::<Slab>() })
    }

    pub(crate) fn span(&'static self) -> &'static Span {
        &self.span
    }

    /// The address of the heap that holds the slab.
    #[inline]
    pub(crate) fn heap(&self) -> usize {
        self.heap.load(Ordering::Acquire)
    }

    pub(crate) fn set_heap(&self, heap: usize) {
        self.heap.store(heap, Ordering::Release);
    }

    pub(crate) fn class(&self) -> usize {
        self.class.get() as usize
    }

    /// Bytes in a block.
    pub(crate) fn size(&self) -> usize {
        self.size.get() as usize
    }

    pub(crate) fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    /// Blocks that are free and in the slab.
    pub(crate) fn free(&self) -> usize {
        self.free.get() as usize
    }

    pub(crate) fn is_full(&self) -> bool {
        self.free.get() == 0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.free.get() == self.capacity.get()
    }

    #[allow(clippy::mut_from_ref)]
    fn words(&self) -> &mut [u64] {
        // SAFETY: the bitmap has this many words, and the lock that guards it is the caller's; no
        // two of the slices that the methods here take are alive at a time.
        unsafe {
            core::slice::from_raw_parts_mut(self.bits.get(), bitmap::words_for(self.capacity()))
        }
    }

    fn block(&self, index: usize) -> usize {
        self.span.start() + index * self.size()
    }

    #[inline(always)]
    fn locate(&self, address: usize) -> (usize, u64) {
        size_class::locate(address.wrapping_sub(self.span.start()), self.inverse.get())
    }

    /// The index of the block that starts at `address`, if one does. The address is in the slab.
    #[inline]
    pub(crate) fn index_of(&self, address: usize) -> Option<usize> {
        let (index, fraction) = self.locate(address);
        (fraction < self.bound.get()).then_some(index)
    }

    /// Whether an address in the slab is the start of a block that does not look free. In a slab
    /// that has lost marks, a free block may not look it.
    #[inline(always)]
    pub(crate) fn is_surely_live(&self, address: usize) -> bool {
        let (_, fraction) = self.locate(address);
        // SAFETY: a block starts here.
        fraction < self.bound.get() && unsafe { !is_marked(address) }
    }

    /// Bytes that may be resident and are not in use.
    pub(crate) fn waste(&self) -> isize {
        let resident = self.touched.get().count_ones() as usize * self.part_bytes();
        resident as isize - self.used_bytes() as isize
    }

    /// Bytes of the blocks that are not in the slab.
    pub(crate) fn used_bytes(&self) -> usize {
        (self.capacity() - self.free()) * self.size()
    }

    /// Takes up to `most` free blocks, lowest first. Returns how many bytes became resident.
    pub(crate) fn take(&self, most: usize, mut each: impl FnMut(usize)) -> usize {
        let most = most.min(self.free());
        let words = self.words();
        let (mut word, mut left) = (self.low.get() as usize, most);
        let (mut first, mut last) = (usize::MAX, 0);
        while left > 0 {
            let mut bits = words[word];
            while bits != 0 && left > 0 {
                last = word * 64 + bits.trailing_zeros() as usize;
                first = first.min(last);
                bits &= bits - 1;
                left -= 1;
                each(self.block(last));
            }
            words[word] = bits;
            if bits == 0 && left > 0 {
                word += 1;
            }
        }
        self.low.set(word as u8);
        self.is_active.set(true);
        self.free.set((self.free() - most) as u16);
        if most > 0 { self.touch(first, last) } else { 0 }
    }

    fn part_bytes(&self) -> usize {
        (self.span.units() * UNIT / PARTS).max(sys::page_size())
    }

    fn touch(&self, first: usize, last: usize) -> usize {
        let part = self.part_bytes();
        let from = first * self.size() / part;
        let to = ((last + 1) * self.size() - 1) / part;
        let before = self.touched.get();
        let mut touched = [before];
        bitmap::set_range(&mut touched, from, to + 1);
        if touched[0] == before {
            return 0;
        }
        self.touched.set(touched[0]);
        (touched[0] ^ before).count_ones() as usize * part
    }

    /// Whether free blocks may miss their mark, because their pages went back to the system.
    pub(crate) fn has_lost_marks(&self) -> bool {
        self.lost_marks.get()
    }

    /// Says so, here and in the page map.
    pub(crate) fn set_lost_marks(&'static self, lost: bool) {
        self.lost_marks.set(lost);
        page_map::enter(&self.span, !lost);
    }

    /// Takes a block back. False when it is free already.
    pub(crate) fn put(&self, index: usize) -> bool {
        let (word, bit) = (index / 64, 1 << (index % 64));
        let words = self.words();
        if words[word] & bit != 0 {
            return false;
        }
        words[word] |= bit;
        self.free.set(self.free.get() + 1);
        self.low.set(self.low.get().min(word as u8));
        true
    }

    /// Whether the block is free and in the slab. May be asked without the lock: a block that is
    /// with the program stays so meanwhile.
    #[inline]
    pub(crate) fn has(&self, index: usize) -> bool {
        debug_assert!(index < self.capacity());
        // SAFETY: the bitmap has a bit for each block.
        unsafe { self.bits.get().add(index / 64).read_volatile() >> (index % 64) & 1 == 1 }
    }

    /// Whether blocks have been taken since this was last asked.
    pub(crate) fn was_active(&self) -> bool {
        self.is_active.replace(false)
    }

    /// Gives the pages that hold only free blocks back to the system. Returns the bytes.
    pub(crate) fn purge(&self) -> usize {
        let (part, size) = (self.part_bytes(), self.size());
        let parts = self.span.units() * UNIT / part;
        let (words, mut purged) = (self.words(), 0);
        let is_free = |i: usize| {
            let from = (i * part / size).min(self.capacity());
            let to = ((i + 1) * part).div_ceil(size).min(self.capacity());
            self.touched.get() >> i & 1 == 1 && bitmap::all_set(words, from, to)
        };
        let mut at = 0;
        while at < parts {
            let end = (at..parts).find(|&i| !is_free(i)).unwrap_or(parts);
            if end > at {
                // SAFETY: no block that is not free overlaps these pages.
                if unsafe { sys::discard(self.span.start() + at * part, (end - at) * part) } {
                    let run = (u64::MAX >> (64 - (end - at))) << at;
                    self.touched.set(self.touched.get() & !run);
                    purged += (end - at) * part;
                }
            }
            at = end + 1;
        }
        purged
    }

    /// `free` counts the bits, and no bit stands for a block that does not exist.
    #[cfg(any(test, debug_assertions))]
    pub(crate) fn check(&self) {
        let words = self.words();
        assert_eq!(bitmap::count(words), self.free());
        assert!(self.free() <= self.capacity());
        assert!(words[..self.low.get() as usize].iter().all(|&w| w == 0));
        let tail = self.capacity() % 64;
        assert!(tail == 0 || words[words.len() - 1] >> tail == 0);
        assert_eq!(self.size(), size_class::size(self.class()));
        assert!(self.waste() <= (self.span.units() * UNIT) as isize);
    }
}

/// A list of slabs, linked through them.
pub(crate) struct Slabs(Cell<Option<&'static Slab>>);

impl Slabs {
    pub(crate) fn first(&self) -> Option<&'static Slab> {
        self.0.get()
    }

    pub(crate) fn push(&self, slab: &'static Slab) {
        let next = self.0.get();
        slab.prev.set(None);
        slab.next.set(next);
        if let Some(next) = next {
            next.prev.set(Some(slab));
        }
        self.0.set(Some(slab));
    }

    pub(crate) fn remove(&self, slab: &'static Slab) {
        let (prev, next) = (slab.prev.get(), slab.next.get());
        match prev {
            Some(prev) => prev.next.set(next),
            None => self.0.set(next),
        }
        if let Some(next) = next {
            next.prev.set(prev);
        }
        slab.prev.set(None);
        slab.next.set(None);
    }

    /// The slabs; the one just given may be removed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Slab> + use<> {
        let mut at = self.0.get();
        core::iter::from_fn(move || {
            let slab = at?;
            at = slab.next.get();
            Some(slab)
        })
    }

    /// Whether the list has exactly one slab.
    pub(crate) fn is_single(&self) -> bool {
        self.0.get().is_some_and(|slab| slab.next.get().is_none())
    }

    /// Whether `slab` is in this very list, by pointer.
    #[cfg(any(test, debug_assertions))]
    pub(crate) fn contains(&self, slab: &'static Slab) -> bool {
        self.iter().any(|each| ptr::eq(each, slab))
    }
}
