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
//! A slab may become a mixed one, whose blocks differ: see the mixed module. What it counts are
//! granules then.
//!
//! All of a slab is guarded by the lock of the heap that holds it.

mod give_back;
mod list;
mod missed;
mod mixing;
mod put;
mod state;

pub(crate) use list::Slabs;
pub(crate) use missed::{find, forget_lost, missed};
pub(crate) use put::Equal;
pub(crate) use state::{Look, State};

use crate::arena::{Residue, Run};
use crate::meta::Spares;
use crate::mixed;
use crate::span::{Kind, Span};
use crate::sync::{AtomicU8, AtomicUsize, Ordering, fence};
use crate::units::{MIN_ALIGN, UNIT};
use crate::{arena, bitmap, meta, page_map, size_class, sys};
use core::cell::Cell;
use core::ops::Range;
use core::ptr::{self, NonNull};

/// Words of the bitmap that fit into the descriptor; slabs of more blocks have theirs apart.
const INLINE: usize = 4;
/// Parts of a slab that are known to be resident or not.
const PARTS: usize = 64;
/// What a call that gives pages back counts; one that the system refuses counts 1.
pub(crate) const CALL: isize = 32;
/// A heap keeps so many descriptors.
const SPARES_MOST: usize = 2048;

/// The descriptor. Its first cache line is what threads read that free a block of the slab, and hardly
/// changes; its second is what changes with every batch of blocks.
#[repr(C, align(64))]
pub(crate) struct Slab {
    span: Span,
    /// Address of the heap that holds the slab.
    heap: AtomicUsize,
    /// See [`size_class::start64`].
    inverse: Cell<u64>,
    bound: Cell<u64>,
    prev: Cell<Option<&'static Slab>>,
    /// Bit i: part i has gone back to the system since the slab was opened.
    purged: Cell<u64>,
    size: Cell<u32>,
    capacity: Cell<u16>,
    /// The class of the blocks, or [`MIXED`]. Changes once at most, after the map for that is there.
    class: AtomicU8,
    /// In a mixed slab: blocks of this class, and of larger ones, have no room.
    fit: Cell<u8>,

    next: Cell<Option<&'static Slab>>,
    bits: Cell<*mut u64>,
    /// Bit i: part i of the slab may be resident.
    touched: Cell<u64>,
    free: Cell<u16>,
    /// In a mixed slab the granule from which the next search begins; in others the block to hand out first while all
    /// are free.
    hint: Cell<u16>,
    /// No bit is set in words before this one.
    low: Cell<u8>,
    lost_marks: Cell<bool>,
    /// Blocks have been taken since the last look: one bit for each kind of [`Look`].
    is_active: Cell<u8>,
    /// The bits, if there are few; in a mixed slab, the address of its map's codes.
    inline: Cell<[u64; INLINE]>,
}

// SAFETY: the cells are guarded by the lock of the heap that holds the slab; what is read without
// it (span, class, size) is written before the slab is published in the page map.
unsafe impl Sync for Slab {}

const _: () = {
    assert!(size_of::<Slab>() == 128 && core::mem::offset_of!(Slab, next) == page_map::BEFORE);
    assert!(align_of::<Slab>() <= page_map::BEFORE);
};

/// What stands for the class of a slab whose blocks differ; see the mixed module.
pub(crate) const MIXED: usize = size_class::COUNT;

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
    /// A new slab of `class` for the heap at `heap`, `further` where that has full ones: all of its blocks are free, and it
    /// stands on a run that is taken for it. The caller enters it into the page map and the heap's.
    pub(crate) fn open(
        class: usize,
        (heap, spares): (usize, &Spares),
        further: bool,
        take: impl FnOnce(usize) -> Option<Run>,
    ) -> Option<&'static Slab> {
        let (units, capacity) = (size_class::slab_units(class), size_class::slab_blocks(class));
        let words = bitmap::words_for(capacity);
        let piece = spares.take(size_of::<Slab>())?;
        // SAFETY: a zeroed piece is a valid closed descriptor, and it is ours alone.
        let slab: &'static Slab = unsafe { piece.cast().as_ref() };
        let bits = if words <= INLINE {
            slab.inline.as_ptr().cast::<u64>()
        } else if let Some(bits) = meta::allocate(bitmap_bytes(words)) {
            bits.as_ptr().cast()
        } else {
            // SAFETY: the piece is ours, unused, and zero.
            unsafe { spares.keep(piece, size_of::<Slab>(), SPARES_MOST) };
            return None;
        };
        slab.bits.set(bits);
        slab.capacity.set(capacity as u16);
        let Some(run) = take(units) else {
            // SAFETY: nobody knows of the descriptor yet.
            unsafe { slab.release_descriptor(spares) };
            return None;
        };
        slab.class.store(class as u8, Ordering::Relaxed);
        slab.free.set(capacity as u16);
        slab.size.set(size_class::size(class) as u32);
        slab.hint.set(if further { 0 } else { size_class::COLOUR[class].into() });
        let start = size_class::start64(class);
        slab.inverse.set(start.inverse);
        slab.bound.set(start.bound);
        bitmap::set_range(slab.words(), 0, capacity);
        slab.heap.store(heap, Ordering::Relaxed);
        slab.span.open(run.arena.slot(), run.start, run.units, Kind::Slab);
        slab.touched.set(if run.is_clean() && !run.huge { 0 } else { slab.all_parts() });
        Some(slab)
    }

    /// Gives the slab's descriptor back. All its blocks are free. Its run is the caller's; and whether all of it may be
    /// resident.
    ///
    /// # Safety
    /// Under the lock of the slab's heap, which has forgotten it.
    pub(crate) unsafe fn close(&'static self, spares: &Spares) -> (Run, bool) {
        debug_assert_eq!(self.free.get(), self.capacity.get());
        let (start, units) = (self.span.start(), self.span.units());
        let arena = arena::at(self.span.arena());
        page_map::clear(start, units, true);
        self.span.close();
        let residue = if self.touched.get() == 0 { Residue::Nothing } else { Residue::Much };
        let lost = self.purged.get() & !self.touched.get();
        if lost != 0 {
            missed::lose(lost.count_ones() as usize * self.part_bytes());
        }
        let is_full = self.touched.get() == self.all_parts();
        // SAFETY: the slab is in no map and no list.
        unsafe { self.release_descriptor(spares) };
        (Run::part(arena, start, units, residue, false), is_full)
    }

    /// Gives the slab's descriptor back.
    ///
    /// # Safety
    /// Nobody uses it any more.
    unsafe fn release_descriptor(&'static self, spares: &Spares) {
        let piece = NonNull::from(self).cast::<u8>();
        // SAFETY: the pieces came from `meta`, and the caller owns them.
        unsafe {
            self.release_bits();
            ptr::write_bytes(piece.as_ptr(), 0, size_of::<Slab>());
            spares.keep(piece, size_of::<Slab>(), SPARES_MOST);
        }
    }

    /// Gives the bitmap back, where it has its own piece.
    ///
    /// # Safety
    /// Nobody uses it any more.
    unsafe fn release_bits(&self) {
        let words = bitmap::words_for(self.capacity());
        // SAFETY: the piece came from `meta` with this size.
        let release = |bytes| unsafe {
            meta::release(NonNull::new_unchecked(self.bits.get().cast()), bytes);
        };
        if self.is_mixed() {
            let codes = NonNull::from(self.map().longest);
            release(size_of::<mixed::Bits>());
            // SAFETY: as above.
            unsafe { meta::release(codes.cast(), size_of::<mixed::Codes>()) };
        } else if words > INLINE {
            release(bitmap_bytes(words));
        }
    }

    /// The slab that [`page_map::simple_slab`] found.
    ///
    /// # Safety
    /// `offset` came from there; `origin` is that of the page map. At offset 0 no block is live, class and heap mean
    /// nothing, and nothing else may be asked: the second cache line is of other use.
    #[inline(always)]
    pub(crate) unsafe fn at(origin: usize, offset: u32) -> &'static Slab {
        // SAFETY: origin and descriptors are multiples of 64; at the sum there is a slab's descriptor, or, as its
        // first line, empty memory, which reads as that of a closed one. All fields may be changed by others.
        unsafe { &*((origin + offset as usize) as *const Slab) }
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

    /// The class of all blocks, or [`MIXED`].
    pub(crate) fn class(&self) -> usize {
        if cfg!(feature = "yields") {
            return self.class.load(Ordering::Acquire) as usize;
        }
        // So the byte is widened as it is loaded, which an atomic load of a byte is not.
        // SAFETY: the byte is this field's, and is written by single stores alone.
        let class = unsafe { (&raw const self.class).cast::<u8>().read_volatile() } as usize;
        fence(Ordering::Acquire);
        class
    }

    pub(crate) fn is_mixed(&self) -> bool {
        self.class() == MIXED
    }

    /// The class of the live block at `address`.
    #[inline]
    pub(crate) fn class_of(&self, address: usize) -> usize {
        match self.class() {
            MIXED => size_class::of(self.map().length(self.granule(address)) * MIN_ALIGN),
            class => class,
        }
    }

    /// The bytes of the live block at `address`.
    pub(crate) fn bytes_of(&self, address: usize) -> usize {
        size_class::size(self.class_of(address))
    }

    fn granule(&self, address: usize) -> usize {
        (address - self.span.start()) / MIN_ALIGN
    }

    /// The map of a mixed slab.
    fn map(&self) -> mixed::Map {
        debug_assert!(self.is_mixed());
        // SAFETY: a mixed slab has a map, whose bits stand where those of others stand, and codes.
        unsafe {
            mixed::Map {
                bits: &*self.bits.get().cast(),
                longest: &*(self.inline.get()[0] as *const mixed::Codes),
            }
        }
    }

    /// Bytes in a block, or in a granule of a mixed slab.
    fn size(&self) -> usize {
        self.size.get() as usize
    }

    /// How many blocks the slab has, or granules.
    pub(crate) fn capacity(&self) -> usize {
        self.capacity.get() as usize
    }

    /// Blocks that are free and in the slab, or granules.
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

    /// Whether a block starts at `address`, an address in the slab, that is not free in the slab. In
    /// doubt, which a slab is that becomes a mixed one, only the answer under the lock counts.
    #[inline]
    pub(crate) fn is_taken(&self, address: usize) -> bool {
        let class = self.class();
        if class == MIXED {
            return address.is_multiple_of(MIN_ALIGN) && self.map().is_block(self.granule(address));
        }
        // The index may be one of granules by now, of which the class's bits know nothing.
        let blocks = size_class::slab_blocks(class);
        self.index_of(address).is_some_and(|index| index < blocks && !self.has(index))
    }

    /// What is wrong with an address in the slab for which [`is_taken`](Slab::is_taken) is false.
    pub(crate) fn state_of(&self, address: usize) -> State {
        if self.is_mixed() {
            let is_free =
                address.is_multiple_of(MIN_ALIGN) && self.map().is_free(self.granule(address));
            return if is_free { State::Free } else { State::Inside };
        }
        match self.index_of(address) {
            Some(_) => State::Free,
            None if (address - self.span.start()) / self.size() < self.capacity() => State::Inside,
            None => State::Behind,
        }
    }

    /// The index of the block that starts at `address`, if one does. The address is in the slab.
    #[inline]
    fn index_of(&self, address: usize) -> Option<usize> {
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
        self.touched_bytes() as isize - self.used_bytes() as isize
    }

    /// Bytes that may be resident.
    fn touched_bytes(&self) -> usize {
        self.touched.get().count_ones() as usize * self.part_bytes()
    }

    /// Bytes of the blocks that are not in the slab.
    pub(crate) fn used_bytes(&self) -> usize {
        (self.capacity() - self.free()) * self.size()
    }

    /// Calls `each(class, taken, free)` for the classes of the slab's blocks; what is free in a mixed
    /// slab is of none.
    pub(crate) fn count(&self, mut each: impl FnMut(usize, usize, usize)) {
        if self.is_mixed() {
            self.map().blocks().for_each(|count| each(size_class::of(count * MIN_ALIGN), 1, 0));
        } else {
            each(self.class(), self.capacity() - self.free(), self.free());
        }
    }

    /// Takes up to `most` free blocks, lowest first, but of a heap's first slab of a class, while it is free all over,
    /// those from the class's [`size_class::COLOUR`] on before the others. Returns how many bytes became resident.
    pub(crate) fn take(&self, most: usize, mut each: impl FnMut(usize)) -> usize {
        let most = most.min(self.free());
        let is_coloured = self.hint.get() != 0 && self.is_empty();
        let coloured = if is_coloured { self.take_coloured(most, &mut each) } else { 0..0 };
        let (start, size, words) = (self.span.start(), self.size(), self.words());
        let (mut word, mut left) = (self.low.get() as usize, most - coloured.len());
        let (mut first, mut last) = (usize::MAX, 0);
        while left > 0 {
            let bits = words[word];
            if bits == 0 {
                word += 1;
                continue;
            }
            let at = bits.trailing_zeros();
            last = word * 64 + at as usize;
            first = first.min(last);
            words[word] = if bits >> at == u64::MAX >> at {
                // All from there on, as in a slab that is new.
                let count = (64 - at as usize).min(left);
                let mut block = start + last * size;
                for _ in 0..count {
                    each(block);
                    block += size;
                }
                left -= count;
                last += count - 1;
                bits & (u64::MAX << at).checked_shl(count as u32).unwrap_or(0)
            } else {
                let (mut rest, from) = (bits, start + word * 64 * size);
                let count = (bits.count_ones() as usize).min(left);
                let mut at = 0;
                for _ in 0..count {
                    at = rest.trailing_zeros() as usize;
                    rest &= rest - 1;
                    each(from + at * size);
                }
                last = word * 64 + at;
                left -= count;
                rest
            };
        }
        self.low.set(word as u8);
        self.is_active.set(u8::MAX);
        self.free.set((self.free() - most) as u16);
        let touch = |first, end| if end > first { self.touch(first, end - 1) } else { 0 };
        touch(coloured.start, coloured.end) + touch(first, last + 1)
    }

    /// Takes up to `most` blocks out of a slab that is free all over; which. They are not counted yet.
    fn take_coloured(&self, most: usize, each: &mut impl FnMut(usize)) -> Range<usize> {
        let from = usize::from(self.hint.get());
        let to = (from + most).min(self.capacity());
        let mut block = self.span.start() + from * self.size();
        for _ in from..to {
            each(block);
            block += self.size();
        }
        bitmap::unset_range(self.words(), from, to);
        from..to
    }

    /// The bits of all parts.
    fn all_parts(&self) -> u64 {
        u64::MAX >> (PARTS - self.span.units() * UNIT / self.part_bytes())
    }

    fn part_bytes(&self) -> usize {
        (self.span.units() * UNIT / PARTS).max(sys::page_size())
    }

    fn touch(&self, first: usize, last: usize) -> usize {
        let part = self.part_bytes();
        // A power of two, as units and pages are.
        let shift = part.trailing_zeros();
        let from = (first * self.size()) >> shift;
        let to = ((last + 1) * self.size() - 1) >> shift;
        let before = self.touched.get();
        let new = ((u64::MAX >> (PARTS - 1 - (to - from))) << from) & !before;
        if new == 0 {
            return 0;
        }
        self.touched.set(before | new);
        let bytes = new.count_ones() as usize * part;
        let again = new & self.purged.get();
        if again != 0 {
            missed::note(again.count_ones() as usize * part);
        }
        // Behind the last block there may be parts that none touches.
        let last = (self.capacity() * self.size() - 1) >> shift;
        if !(before | new) & (u64::MAX >> (PARTS - 1 - last)) == 0 {
            // Of a larger block a part may be used.
            let is_whole = !self.is_mixed() && self.size() <= sys::page_size();
            arena::at(self.span.arena()).mend(self.span.start(), self.span.units(), is_whole);
        }
        bytes
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

    /// Whether the block is free and in the slab, one of equal blocks.
    fn has(&self, index: usize) -> bool {
        // SAFETY: the bitmap has a bit for each block.
        unsafe { self.bits.get().add(index / 64).read_volatile() >> (index % 64) & 1 == 1 }
    }

    /// Whether blocks have been taken since this was last asked by the same kind of look.
    pub(crate) fn was_active(&self, look: Look) -> bool {
        let before = self.is_active.get();
        self.is_active.set(before & !(look as u8));
        before & look as u8 != 0
    }

    /// Whether all blocks of `from..to` are free, or all granules.
    fn are_free(&self, from: usize, to: usize) -> bool {
        if self.is_mixed() {
            self.map().is_hole(from, to)
        } else {
            bitmap::all_set(self.words(), from, to)
        }
    }

    /// `free` counts the bits, and no bit stands for a block that does not exist.
    #[cfg(any(test, debug_assertions))]
    pub(crate) fn check(&self) {
        assert!(self.free() <= self.capacity());
        if self.is_mixed() {
            let used: usize = self.map().blocks().sum();
            assert_eq!(used, self.capacity() - self.free());
            self.check_fit();
        } else {
            let words = self.words();
            assert_eq!(bitmap::count(words), self.free());
            assert!(words[..self.low.get() as usize].iter().all(|&w| w == 0));
            let tail = self.capacity() % 64;
            assert!(tail == 0 || words[words.len() - 1] >> tail == 0);
            assert_eq!(self.size(), size_class::size(self.class()));
        }
        assert!(self.waste() <= (self.span.units() * UNIT) as isize);
    }
}
