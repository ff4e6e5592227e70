//! Magazines and the front of a heap: the fast path.
//!
//! A magazine is a small stack of free blocks of one class that belongs to one thread. It holds
//! addresses, apart from the blocks, so an overwritten free block changes nothing here. Taking and
//! giving a block is a handful of instructions without a lock; an empty or full magazine sends the
//! thread to its slabs for a batch.
//!
//! The stack's ends are told by what stands in its slots: 0 below the first block, [`FULL`] behind
//! the last slot. Stale addresses may stand above the top.
//!
//! The [`Front`] has everything that the fast paths read, laid out for them: they find it by the
//! thread's slot and need nothing else but the block. Behind the heap, at a fixed
//! distance from the front, is the heap's own page map, a byte for each unit that says which class of *this heap's* slabs stands there, so that "is it
//! ours", "is it in a slab", "is it mine" and "which class" are one load.

mod capacity;
mod slots;

use crate::remote::Crate;
use crate::slab::{self, MARK, Slab};
use crate::sync::{AtomicPtr, AtomicU32, Ordering, compiler_fence};
use crate::units::{MIN_ALIGN, UNIT_SHIFT};
use crate::{page_map, size_class, tls};
pub(crate) use capacity::{capacity, grown, most, slot_bytes};
use core::arch::global_asm;
use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
use core::cell::Cell;
use core::ptr::{self, NonNull};

/// Ends a stack: no block has this address.
const FULL: usize = 1;
/// Blocks of up to so many times sixteen bytes are zeroed in place rather than by memset.
const ZERO_INLINE: usize = 4;
/// Blocks of more bytes are fetched into the cache before they are handed out: the processor sees no row of lines in them, and
/// what a program stores first waits for its line, one block after the other.
const FETCHED: usize = 128;
/// One place for each class, after a place 0 that stands for "no class".
const PLACES: usize = size_class::COUNT + 1;
const OUTBOX: usize = size_class::COUNT + 1;

/// How to tell whether a block starts at an address: see [`size_class::Start`].
#[repr(C)]
struct Start {
    inverse: Cell<u32>,
    /// 0 for "no class": nothing is a start.
    bound: Cell<u32>,
}

/// What the fast paths read of a heap. Owned by its thread (or by who claimed it from a dead one),
/// but for the bytes of the map: whoever holds the heap's lock writes those. When a thread reads the
/// byte of a unit to free a block in it, the unit has not changed hands since the block was handed
/// out; all that another thread may change meanwhile is to send it to the slow path.
#[repr(C)]
pub(crate) struct Front {
    /// For each place, the slot of the block to give out next.
    tops: [AtomicPtr<usize>; PLACES],
    /// The crate of each class that is being packed: blocks that other heaps own. The last place is that
    /// of blocks of mixed slabs, which has none.
    outbox: [Cell<*const Crate>; OUTBOX],
    starts: [Start; PLACES],
    /// The place of every request of the direct table.
    small: [Cell<u8>; size_class::SMALL_MAX + 1],
    /// Where the first arena's units start, and how many of them the map answers for; the page map
    /// answers for no fewer.
    base: Cell<usize>,
    mapped: Cell<usize>,
    /// The page map's.
    origin: Cell<usize>,
    slots: [AtomicPtr<usize>; PLACES],
    /// How many blocks each magazine holds at most.
    capacities: [AtomicU32; PLACES],
}

// The front of a thread without a heap: all magazines empty, crates that are addressed to nobody, and
// a map that answers for nothing.
// Its table of places may be all zero, since place 0 is as empty as the others. Its alignment also says where the GOT begins, which
// follows: see scripts/check_artifact.py, and give it another one (a multiple of 64) when that finds the thread's slot amiss.
global_asm!(
    ".section .data.rel.ro,\"aw\",@progbits",
    ".balign 4096",
    ".type pigalloc_no_heap,@object",
    ".hidden pigalloc_no_heap",
    ".globl pigalloc_no_heap",
    "pigalloc_no_heap:",
    ".rept {places}",
    ".quad pigalloc_no_slots",
    ".endr",
    ".rept {classes}",
    ".quad pigalloc_no_crate",
    ".endr",
    ".zero {rest}",
    ".size pigalloc_no_heap, . - pigalloc_no_heap",
    ".section .rodata",
    ".balign 8",
    ".hidden pigalloc_no_slots",
    ".globl pigalloc_no_slots",
    "pigalloc_no_slots:",
    ".quad 0, {full}",
    ".balign 64",
    ".hidden pigalloc_no_crate",
    ".globl pigalloc_no_crate",
    "pigalloc_no_crate:",
    ".zero {to}",
    // No heap's address, nor what a slab says that another thread has just closed.
    ".quad 1",
    ".zero {crate_bytes} - {to} - 8",
    ".text",
    places = const PLACES,
    classes = const OUTBOX,
    to = const Crate::TO,
    crate_bytes = const size_of::<Crate>(),
    rest = const size_of::<Front>() - (PLACES + OUTBOX) * size_of::<usize>(),
    full = const FULL,
);

unsafe extern "C" {
    #[link_name = "pigalloc_no_heap"]
    static NO_HEAP: Front;
    #[link_name = "pigalloc_no_slots"]
    static NO_SLOTS: [usize; 2];
    #[link_name = "pigalloc_no_crate"]
    static NO_CRATE: Crate;
}

/// The front of a thread that has no heap, by address.
pub(crate) fn no_heap() -> usize {
    (&raw const NO_HEAP) as usize
}

fn no_crate() -> *const Crate {
    &raw const NO_CRATE
}

fn no_slots() -> *mut usize {
    (&raw const NO_SLOTS).cast::<usize>().cast_mut()
}

/// The calling thread's front.
#[inline(always)]
pub(crate) fn mine() -> &'static Front {
    // SAFETY: the slot holds the address of a front, which is never taken back.
    unsafe { &*(tls::heap() as *const Front) }
}

/// Zeroes a small block.
///
/// # Safety
/// `block` has so many times sixteen bytes, four at most, and nobody else uses it.
#[inline(always)]
unsafe fn zero(block: NonNull<u8>, steps: usize) {
    let start = block.as_ptr().cast::<u128>();
    // SAFETY: each step is in the block.
    unsafe {
        start.write(0);
        if steps > 1 {
            start.add(1).write(0);
        }
        if steps > 2 {
            start.add(2).write(0);
        }
        if steps > 3 {
            start.add(3).write(0);
        }
    }
}

/// What came of trying to free a block the simple way.
pub(crate) enum Pushed {
    Yes,
    /// The address is in this unit of the first arena, and no block of one of the heap's slabs of one
    /// unit starts there. Nothing was done.
    NotHere(usize),
    /// Nothing was done.
    No,
}

impl Front {
    /// Prepares the front of a new heap, whose map has a zeroed byte for each of `mapped` units
    /// from `base` on.
    pub(crate) fn open(&self, base: usize, mapped: usize) {
        for place in 0..PLACES {
            self.tops[place].store(no_slots(), Ordering::Relaxed);
            self.slots[place].store(no_slots(), Ordering::Relaxed);
        }
        self.outbox.iter().for_each(|place| place.set(no_crate()));
        for class in 0..size_class::COUNT {
            if size_class::slab_units(class) == 1 {
                let start = &self.starts[class + 1];
                let values = size_class::start32(class);
                start.inverse.set(values.inverse);
                start.bound.set(values.bound);
            }
        }
        let (zero, steps) = self.small.split_at(1);
        zero[0].set(size_class::of(0) as u8 + 1);
        for (places, &class) in steps.chunks_exact(MIN_ALIGN).zip(&size_class::SMALL) {
            places.iter().for_each(|place| place.set(class + 1));
        }
        self.base.set(base);
        self.origin.set(page_map::origin());
        self.set_mapped(mapped);
    }

    /// The front's address, which is its heap's.
    #[inline(always)]
    pub(crate) fn address(&self) -> usize {
        (&raw const *self) as usize
    }

    /// Makes the map answer for so many units, if the page map does.
    pub(crate) fn set_mapped(&self, mapped: usize) {
        self.mapped.set(mapped.min(page_map::units_from(self.base.get())));
    }

    /// How many units the map answers for.
    pub(crate) fn mapped(&self) -> usize {
        self.mapped.get()
    }

    /// The index that an address in the first arena has in the map.
    #[inline(always)]
    pub(crate) fn unit(&self, address: usize) -> usize {
        address.wrapping_sub(self.base.get()) >> UNIT_SHIFT
    }

    /// Notes in the map that a slab of one unit is this heap's, or, with None, that it is no more.
    pub(crate) fn note(&self, address: usize, class: Option<usize>) {
        let unit = self.unit(address);
        if unit < self.mapped() {
            let place = class.map_or(0, |class| class + 1);
            // SAFETY: the map has `mapped` bytes.
            unsafe { self.map_start().add(unit).write_volatile(place as u8) };
        }
    }

    /// The place of the heap's slab in a unit of the map; 0 when there is none of one unit.
    #[inline(always)]
    fn place_of(&self, unit: usize) -> usize {
        // SAFETY: the caller has compared the unit with `mapped`, and the map has so many bytes.
        unsafe { self.map_start().add(unit).read_volatile() as usize }
    }

    /// The map, which stands at a fixed distance behind the front.
    #[inline(always)]
    fn map_start(&self) -> *mut u8 {
        (&raw const *self).cast::<u8>().wrapping_add(MAP_OFFSET).cast_mut()
    }

    #[inline(always)]
    fn top(&self, place: usize) -> &AtomicPtr<usize> {
        debug_assert!(place < PLACES);
        // SAFETY: places come from the tables, which have no other values.
        unsafe { self.tops.get_unchecked(place) }
    }

    #[inline(always)]
    fn is_start(&self, place: usize, address: usize) -> bool {
        debug_assert!(place < PLACES);
        // SAFETY: as in `top`.
        let start = unsafe { self.starts.get_unchecked(place) };
        u32::from(address as u16).wrapping_mul(start.inverse.get()) < start.bound.get()
    }

    /// Takes a block for a request of at most `SMALL_MAX` bytes. None when there is none at hand.
    #[inline(always)]
    pub(crate) fn pop_small(&self, size: usize) -> Option<NonNull<u8>> {
        self.pop(self.small[size].get() as usize)
    }

    /// Takes a block of a class.
    #[inline(always)]
    pub(crate) fn pop_class(&self, class: usize) -> Option<NonNull<u8>> {
        self.pop(class + 1)
    }

    /// As [`pop_small`](Front::pop_small), but all zero: `zero_all` makes a block of more than a few words so, as far as it
    /// was asked for.
    #[inline(always)]
    pub(crate) fn pop_zeroed(
        &self,
        size: usize,
        zero_all: impl FnOnce(NonNull<u8>) -> NonNull<u8>,
    ) -> Option<NonNull<u8>> {
        let place = self.small[size].get() as usize;
        let block = self.pop_marked(place)?;
        // SAFETY: the block is new, and has so many bytes: the first places are those of the
        // classes whose sizes are sixteen-byte steps.
        unsafe {
            // The longest first, for which one comparison is then enough.
            if place == ZERO_INLINE {
                zero(block, ZERO_INLINE);
            } else if place < ZERO_INLINE {
                zero(block, place);
            } else {
                return Some(zero_all(block));
            }
        }
        Some(block)
    }

    /// Takes a block, unmarked.
    #[inline(always)]
    fn pop(&self, place: usize) -> Option<NonNull<u8>> {
        let block = self.pop_marked(place)?;
        // SAFETY: blocks in a magazine are free and ours, and have two words.
        unsafe { *slab::mark_of(block.as_ptr() as usize) = 0 };
        Some(block)
    }

    /// Takes a block, whose mark the caller overwrites.
    #[inline(always)]
    fn pop_marked(&self, place: usize) -> Option<NonNull<u8>> {
        let top = self.top(place).load(Ordering::Relaxed);
        // SAFETY: `top` points into the slots, at the lowest to the bottom, which reads 0.
        let block = unsafe { *top };
        let block = NonNull::new(block as *mut u8)?;
        // Read anew: so the load, the difference and the store are one instruction.
        let top = self.top(place);
        // SAFETY: `top` is above the bottom, since its slot is not 0.
        top.store(unsafe { top.load(Ordering::Relaxed).sub(1) }, Ordering::Relaxed);
        Some(block)
    }

    /// Frees the block at `address` if that is simple: it is the start of a block of one of this
    /// heap's slabs of one unit, does not look free, and the magazine has room.
    ///
    /// # Safety
    /// The front is the calling thread's, which gives up whatever starts at `address`.
    #[inline(always)]
    pub(crate) unsafe fn push_simple(&self, address: usize) -> Pushed {
        let unit = self.unit(address);
        if unit >= self.mapped.get() {
            return Pushed::No;
        }
        let place = self.place_of(unit);
        if !self.is_start(place, address) {
            return Pushed::NotHere(unit);
        }
        // SAFETY: the address is the start of a block of our slab.
        if unsafe { !slab::is_marked(address) && self.push(place, address) } {
            Pushed::Yes
        } else {
            Pushed::No
        }
    }

    /// The slab of a unit that the map answers for, if [`page_map::simple_slab`] has one, or else one in which no
    /// block is live.
    #[inline(always)]
    pub(crate) fn simple_slab(&self, unit: usize) -> &'static Slab {
        // SAFETY: the page map's entries for these units are there; see `mapped`.
        unsafe { Slab::at(self.origin.get(), page_map::read(self.origin.get(), unit)) }
    }

    /// Finds the slab around an address, if it is this heap's, of one unit and of this class. Under the heap's lock, which
    /// keeps all that it has read.
    #[inline(always)]
    pub(crate) fn finder(&self, class: usize) -> impl Fn(usize) -> Option<&'static Slab> {
        let (base, mapped, origin) = (self.base.get(), self.mapped.get(), self.origin.get());
        let (map, place) = (self.map_start().cast_const(), class + 1);
        move |address| {
            let unit = address.wrapping_sub(base) >> UNIT_SHIFT;
            // SAFETY: the heap's own map has `mapped` bytes.
            let is_there =
                unit < mapped && unsafe { map.add(unit).read_volatile() } as usize == place;
            // SAFETY: the page map has an entry for each of these units; what the heap's own map has, it has as simple, since
            // who changes either holds the lock.
            is_there.then(|| unsafe { Slab::at(origin, page_map::read(origin, unit)) })
        }
    }

    /// Puts a freed block away and marks it. False when the magazine is full.
    ///
    /// # Safety
    /// The front is the calling thread's, and `block` is a block of one of its slabs of this
    /// class, given up.
    #[inline(always)]
    pub(crate) unsafe fn push_class(&self, class: usize, block: usize) -> bool {
        // SAFETY: as the caller promises.
        unsafe { self.push(class + 1, block) }
    }

    #[inline(always)]
    unsafe fn push(&self, place: usize, block: usize) -> bool {
        let top = self.top(place).load(Ordering::Relaxed);
        // SAFETY: behind the top there is a slot or the end.
        unsafe {
            let slot = top.add(1);
            if *slot == FULL {
                return false;
            }
            *slab::mark_of(block) = MARK;
            *slot = block;
            // A fork may freeze this thread's magazine at any instruction: the block must be in
            // its slot before the top says so.
            compiler_fence(Ordering::Release);
            // Not read anew, though that would be an instruction less: loads are what frees in a row wait for.
            self.top(place).store(slot, Ordering::Relaxed);
        }
        true
    }

    /// Whether the block at `address` can stay where it is for `size` bytes: it is this heap's, in
    /// a slab of one unit, and at least half used. False says nothing.
    #[inline(always)]
    pub(crate) fn fits_in_place(&self, address: usize, size: usize) -> bool {
        let unit = self.unit(address);
        if unit >= self.mapped.get() {
            return false;
        }
        let place = self.place_of(unit);
        // SAFETY: once `is_start` holds, the address is the start of a block of our slab.
        self.is_start(place, address)
            && unsafe { !slab::is_marked(address) }
            && size_class::fits(place as u8, size)
    }

    /// The class of the block at `address`, if it is simple to tell: it is this heap's, in a slab of one
    /// unit, and does not look free.
    #[inline]
    pub(crate) fn class_at(&self, address: usize) -> Option<usize> {
        let unit = self.unit(address);
        if unit >= self.mapped.get() {
            return None;
        }
        let place = self.place_of(unit);
        // SAFETY: once `is_start` holds, the address is the start of a block of our slab.
        let is_live = self.is_start(place, address) && unsafe { !slab::is_marked(address) };
        is_live.then(|| place - 1)
    }

    /// Whether a class has a magazine.
    pub(crate) fn is_equipped(&self, class: usize) -> bool {
        self.slots_of(class) != no_slots()
    }

    fn slots_of(&self, class: usize) -> *mut usize {
        self.slots[class + 1].load(Ordering::Acquire)
    }

    /// How many blocks the magazine of a class holds at most; 0 when it has none.
    pub(crate) fn capacity(&self, class: usize) -> usize {
        self.capacities[class + 1].load(Ordering::Acquire) as usize
    }

    /// How many blocks a magazine holds. Exact for its thread, a glimpse for others.
    pub(crate) fn count(&self, class: usize) -> usize {
        // The capacity first: it counts only what all slots from then on have.
        let capacity = self.capacity(class);
        let slots = self.slots_of(class);
        let top = self.tops[class + 1].load(Ordering::Acquire);
        let count = (top as usize).wrapping_sub(slots as usize) / size_of::<usize>();
        count.min(capacity)
    }

    /// Each magazine lies between its ends, holds no block twice, and passes its blocks to `each`.
    /// Of a thread that does not allocate meanwhile.
    #[cfg(any(test, debug_assertions))]
    #[allow(dead_code)]
    pub(crate) fn check(&self, mut each: impl FnMut(usize, usize)) {
        for class in (0..size_class::COUNT).filter(|&class| self.is_equipped(class)) {
            let (slots, most) = (self.slots_of(class), self.capacity(class));
            let count = self.count(class);
            assert!(count <= most);
            // SAFETY: an equipped class has so many slots.
            let slots = unsafe { core::slice::from_raw_parts(slots, most + 2) };
            assert_eq!((slots[0], slots[most + 1]), (0, FULL));
            for (i, &block) in slots[1..=count].iter().enumerate() {
                assert!(!slots[1..=i].contains(&block), "twice in a magazine");
                each(class, block);
            }
        }
    }

    /// Fills an empty magazine with `count` blocks of a slab, the lowest to be handed out first.
    ///
    /// # Safety
    /// The class is equipped, the front the calling thread's, and the lock of its heap held;
    /// `count` is at most the capacity, and what the slab has.
    pub(crate) unsafe fn fill(&self, class: usize, count: usize, slab: &Slab) -> usize {
        debug_assert_eq!(self.count(class), 0);
        let slots = self.slots_of(class);
        let mut left = count;
        let touched = slab.take(count, |block| {
            // SAFETY: at most `count` blocks come, and the slots 1 to count exist.
            unsafe { slots.add(left).write(block) };
            left -= 1;
        });
        debug_assert_eq!(left, 0);
        if size_class::size(class) > FETCHED {
            // SAFETY: as above; a hint reads nothing.
            (1..=count).rev().for_each(|i| unsafe {
                _mm_prefetch::<_MM_HINT_T0>(slots.add(i).read() as *const i8)
            });
        }
        // SAFETY: as above.
        self.tops[class + 1].store(unsafe { slots.add(count) }, Ordering::Relaxed);
        touched
    }

    /// Puts marked blocks of a class into its magazine, all of them. False when there is no room
    /// or no magazine.
    pub(crate) fn append(&self, class: usize, blocks: &[Cell<usize>]) -> bool {
        if self.count(class) + blocks.len() > self.capacity(class) {
            return false;
        }
        let top = self.tops[class + 1].load(Ordering::Relaxed);
        // SAFETY: the slots behind the top have room for the blocks.
        unsafe {
            ptr::copy_nonoverlapping(blocks.as_ptr().cast(), top.add(1), blocks.len());
            compiler_fence(Ordering::Release);
            self.tops[class + 1].store(top.add(blocks.len()), Ordering::Relaxed);
        }
        true
    }

    /// Takes the `count` blocks out that were put in first, and passes them to `all`.
    ///
    /// # Safety
    /// The class is equipped and holds at least `count`; the front is the calling thread's own, or
    /// a dead thread's.
    pub(crate) unsafe fn drain(
        &self,
        class: usize,
        count: usize,
        all: impl FnOnce(&[Cell<usize>]),
    ) {
        let (slots, held) = (self.slots_of(class), self.count(class));
        // SAFETY: slots 1 to `held` hold blocks.
        unsafe {
            all(core::slice::from_raw_parts(slots.add(1).cast(), count));
            // Word by word, and the compiler is not to make more of it: the newest have just been stored, and a wider load
            // would wait until all that it covers are in the cache.
            for i in 1..=held - count {
                slots.add(i).write_volatile(slots.add(i + count).read_volatile());
            }
            self.tops[class + 1].store(slots.add(held - count), Ordering::Relaxed);
        }
    }

    /// Packs a block of a class that heap `holder` holds, if a crate to that heap is being packed.
    /// Some(true) when that has filled the crate.
    #[inline(always)]
    pub(crate) fn pack(&self, class: usize, holder: usize, block: usize) -> Option<bool> {
        debug_assert!(class < OUTBOX);
        // SAFETY: the outbox has a place for all classes and MIXED; the pointer is to a crate of this front, or
        // to one that is addressed to nobody.
        let parcel = unsafe { &*self.outbox.get_unchecked(class).get() };
        if parcel.is_to(holder) { Some(parcel.add(block)) } else { None }
    }

    /// The crate of a class.
    pub(crate) fn parcel(&self, class: usize) -> Option<&'static Crate> {
        let parcel = self.outbox[class].get();
        // SAFETY: crates live in memory that is never given back.
        (parcel != no_crate()).then(|| unsafe { &*parcel })
    }

    /// Puts another crate in the place of a class's, or none.
    pub(crate) fn set_parcel(&self, class: usize, parcel: Option<&'static Crate>) {
        // A fork may freeze this thread here: a crate that can be seen has an address.
        compiler_fence(Ordering::Release);
        self.outbox[class].set(parcel.map_or(no_crate(), ptr::from_ref));
    }

    /// Whether `block` is in a magazine or a crate, as far as can be seen from outside.
    pub(crate) fn holds(&self, class: usize, block: usize) -> bool {
        let in_crate = |parcel: &Crate| parcel.blocks().iter().any(|each| each.get() == block);
        // The count first: where it is not 0 the magazine exists, and keeps its slots.
        let count = self.count(class);
        compiler_fence(Ordering::Acquire);
        let slots = self.slots_of(class);
        // Downward: `drain` moves blocks down, so that none is missed that stays.
        // SAFETY: `count` never exceeds a capacity of before, so the slots exist.
        (1..=count).rev().any(|i| unsafe { slots.add(i).read_volatile() } == block)
            || self.parcel(class).is_some_and(in_crate)
    }
}

/// Where the map of a heap starts, in bytes from the front: behind the rest of the heap.
pub(crate) const MAP_OFFSET: usize = 11264;
