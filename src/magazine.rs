//! Bins and magazines: the fast path.
//!
//! A magazine is a small stack of free blocks of one class that belongs to one thread. It holds
//! addresses, apart from the blocks, so an overwritten free block changes nothing here. Taking and
//! giving a block is a handful of instructions without a lock; an empty or full magazine sends the
//! thread to its slabs for a batch.
//!
//! The stack's ends are told by what stands in its slots: 0 below the first block, [`FULL`] behind
//! the last slot. Stale addresses may stand above the top.

use crate::size_class;
use crate::slab;
use crate::tls;
use core::arch::global_asm;
use core::cell::Cell;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering, compiler_fence};

/// Ends a stack: no block has this address.
const FULL: usize = 1;
/// The most blocks in a magazine, and the most bytes while it has more than a few blocks.
const MOST_BLOCKS: usize = 126;
const MOST_BYTES: usize = 16 << 10;

/// How many blocks of `class` a thread keeps at most.
pub(crate) const fn capacity(size: usize) -> usize {
    let fit = MOST_BYTES / size;
    if fit > MOST_BLOCKS {
        MOST_BLOCKS
    } else if fit < 4 {
        if size > 32 << 10 { 2 } else { 4 }
    } else {
        fit
    }
}

/// Bytes that the slots of a magazine take.
pub(crate) const fn slot_bytes(size: usize) -> usize {
    (capacity(size) + 2) * size_of::<usize>()
}

/// What the fast paths need to know of one class in one heap.
#[repr(C)]
pub(crate) struct Bin {
    /// The slot of the block to give out next.
    top: AtomicPtr<usize>,
    /// The heap's address where the class has slabs of one unit; one more where they have several,
    /// so that the fast path passes them over; 0 where nothing is owned.
    tag: AtomicUsize,
    reciprocal: Cell<u32>,
    /// Bytes in a block.
    size: Cell<u32>,
    slots: Cell<*mut usize>,
}

const _: () = assert!(size_of::<Bin>() == size_class::BIN_BYTES);

// The bins of a thread without a heap: empty, owning nothing.
global_asm!(
    ".section .data.rel.ro,\"aw\",@progbits",
    ".balign 64",
    ".type pigalloc_no_heap,@object",
    ".hidden pigalloc_no_heap",
    ".globl pigalloc_no_heap",
    "pigalloc_no_heap:",
    ".rept {count}",
    ".quad pigalloc_no_slots, 0, 0, pigalloc_no_slots",
    ".endr",
    ".size pigalloc_no_heap, . - pigalloc_no_heap",
    ".section .rodata",
    ".balign 8",
    "pigalloc_no_slots:",
    ".quad 0, {full}",
    ".text",
    count = const size_class::COUNT,
    full = const FULL,
);

unsafe extern "C" {
    #[link_name = "pigalloc_no_heap"]
    static NO_HEAP: [Bin; size_class::COUNT];
}

/// The bins of a thread that has no heap.
pub(crate) fn no_heap() -> usize {
    (&raw const NO_HEAP) as usize
}

/// The thread's bin at an offset of [`size_class::BIN_OFFSET`].
#[inline(always)]
pub(crate) fn bin_at(offset: usize) -> &'static Bin {
    // SAFETY: the slot holds the address of an array of bins, and offsets stay inside it.
    unsafe { &*((tls::heap() + offset) as *const Bin) }
}

impl Bin {
    /// Prepares the bin of a new heap: empty, with nothing to give or take.
    pub(crate) fn open(&self, class: usize) {
        // SAFETY: the first bin of no heap.
        let none = unsafe { NO_HEAP[0].slots.get() };
        let size = size_class::size(class);
        self.slots.set(none);
        self.size.set(size as u32);
        self.reciprocal.set(size_class::reciprocal(size));
        self.top.store(none, Ordering::Relaxed);
    }

    /// Whether the bin has a magazine of its own.
    pub(crate) fn is_equipped(&self) -> bool {
        self.tag.load(Ordering::Relaxed) != 0
    }

    /// Gives the bin its slots, [`slot_bytes`] of zeroed memory.
    ///
    /// # Safety
    /// The memory is the bin's from now on; `heap` is the address of the heap it belongs to.
    pub(crate) unsafe fn equip(&self, slots: NonNull<u8>, heap: usize, class: usize) {
        let size = size_class::size(class);
        let slots: *mut usize = slots.as_ptr().cast();
        // SAFETY: the caller's memory has room for the bottom, the blocks and the end.
        unsafe { slots.add(capacity(size) + 1).write(FULL) };
        self.slots.set(slots);
        self.top.store(slots, Ordering::Relaxed);
        let apart = size_class::slab_units(class) > 1;
        self.tag.store(heap + apart as usize, Ordering::Relaxed);
    }

    /// Whether the blocks of this bin are the thread's own, of slabs of one unit.
    #[inline(always)]
    pub(crate) fn is_of(&self, heap: usize) -> bool {
        self.tag.load(Ordering::Relaxed) == heap
    }

    /// Bytes in a block.
    #[inline(always)]
    pub(crate) fn size(&self) -> usize {
        self.size.get() as usize
    }

    /// Whether a block of a one-unit slab starts at `address`.
    #[inline(always)]
    pub(crate) fn is_start(&self, address: usize) -> bool {
        u32::from(address as u16).wrapping_mul(self.reciprocal.get()) <= size_class::START_FRACTION
    }

    /// Takes a block, unmarked. None when the magazine is empty.
    #[inline(always)]
    pub(crate) fn pop(&self) -> Option<NonNull<u8>> {
        let top = self.top.load(Ordering::Relaxed);
        // SAFETY: `top` points into the slots, at the lowest to the bottom, which reads 0.
        let block = unsafe { *top };
        let block = NonNull::new(block as *mut u8)?;
        // SAFETY: `top` is above the bottom, since its slot is not 0.
        self.top.store(unsafe { top.sub(1) }, Ordering::Relaxed);
        // SAFETY: blocks in a magazine are free and ours, and have two words.
        unsafe { *slab::mark_of(block.as_ptr() as usize) = 0 };
        Some(block)
    }

    /// Puts a freed block away and marks it. False when the magazine is full.
    ///
    /// # Safety
    /// The bin is the calling thread's, and `block` is a block of one of its slabs, given up.
    #[inline(always)]
    pub(crate) unsafe fn push(&self, block: usize) -> bool {
        let top = self.top.load(Ordering::Relaxed);
        // SAFETY: behind the top there is a slot or the end.
        unsafe {
            let slot = top.add(1);
            if *slot == FULL {
                return false;
            }
            *slab::mark_of(block) = slab::mark();
            *slot = block;
            // A fork may freeze this thread's magazine at any instruction: the block must be in
            // its slot before the top says so.
            compiler_fence(Ordering::Release);
            self.top.store(slot, Ordering::Relaxed);
        }
        true
    }

    /// How many blocks the magazine holds. Exact for its thread, a glimpse for others.
    pub(crate) fn count(&self) -> usize {
        let top = self.top.load(Ordering::Relaxed) as usize;
        top.wrapping_sub(self.slots.get() as usize) / size_of::<usize>()
    }

    /// Fills an empty magazine with `count` blocks, of which `next` gives the first to hand out
    /// first. They are unmarked or marked as they are.
    ///
    /// # Safety
    /// The bin is equipped and the calling thread's; `count` is at most the capacity.
    pub(crate) unsafe fn fill(&self, count: usize, each: impl FnOnce(&mut dyn FnMut(usize))) {
        let slots = self.slots.get();
        let mut left = count;
        each(&mut |block| {
            // SAFETY: at most `count` blocks come, and the slots 1 to count exist.
            unsafe { slots.add(left).write(block) };
            left -= 1;
        });
        debug_assert_eq!(left, 0);
        // SAFETY: as above.
        self.top.store(unsafe { slots.add(count) }, Ordering::Relaxed);
    }

    /// Takes the `count` blocks out that were put in first.
    ///
    /// # Safety
    /// The bin is equipped, its thread's own or a dead thread's, and holds at least `count`.
    pub(crate) unsafe fn drain(&self, count: usize, mut each: impl FnMut(usize)) {
        let (slots, held) = (self.slots.get(), self.count());
        // SAFETY: slots 1 to `held` hold blocks.
        unsafe {
            for i in 1..=count {
                each(slots.add(i).read());
            }
            slots.add(1).copy_from(slots.add(1 + count), held - count);
            self.top.store(slots.add(held - count), Ordering::Relaxed);
        }
    }

    /// Whether `block` is in the magazine, as far as can be seen from outside.
    pub(crate) fn holds(&self, block: usize) -> bool {
        if !self.is_equipped() {
            return false;
        }
        let slots = self.slots.get();
        // SAFETY: `count` never exceeds the capacity, so the slots exist.
        (1..=self.count()).any(|i| unsafe { slots.add(i).read_volatile() } == block)
    }
}
