//! A span: a run of units with one state.
//!
//! Its states are free (known only to its arena), slab, large (one block larger than any class), and kept
//! (such a block that was freed, and may be used anew). A span changes state only free → slab → free or
//! free → large → kept → free, or back to large, and one thread at a time may change it: for a slab who holds
//! the lock of its heap, for a large span who frees the block, and from then on has it.
//!
//! Two threads that free a large block within the same few nanoseconds, which is misuse, may both believe to have it: freeing
//! it is a load and a store, since an exchange would wait until all that the program has just written to the block has left
//! the processor. Mostly the next step of the second one tells: it finds the block in use, or another ([`Large::is_kept`]), or
//! gives it back and has lost the exchange for that ([`Large::retire`]). Where the first one has freed it once more meanwhile
//! it goes unseen, as with small blocks.

use crate::sync::{AtomicU8, AtomicUsize, Cell, Ordering};
use crate::sys;
use crate::units::UNIT;
use core::ptr::{self, NonNull};

/// What a span holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub(crate) enum Kind {
    /// Nothing: the descriptor is not in use.
    Free = 0,
    /// Equal blocks of one class.
    Slab = 1,
    /// One block.
    Large = 2,
    /// One block that was freed.
    Kept = 3,
}

/// The head of every descriptor.
#[repr(C)]
pub(crate) struct Span {
    start: Cell<usize>,
    units: Cell<u32>,
    /// The number of the arena that the units are of.
    arena: Cell<u16>,
    kind: AtomicU8,
}

impl Span {
    /// Address of the first unit.
    pub(crate) fn start(&self) -> usize {
        self.start.get()
    }

    /// How many units the span covers.
    pub(crate) fn units(&self) -> usize {
        self.units.get() as usize
    }

    pub(crate) fn kind(&self) -> Kind {
        match self.kind.load(Ordering::Acquire) {
            1 => Kind::Slab,
            2 => Kind::Large,
            3 => Kind::Kept,
            _ => Kind::Free,
        }
    }

    /// Describes a run of an arena.
    pub(crate) fn open(&self, arena: usize, start: usize, units: usize, kind: Kind) {
        self.start.set(start);
        self.arena.set(arena as u16);
        self.units.set(units as u32);
        self.kind.store(kind as u8, Ordering::Release);
    }

    /// Ends the span's state; false when somebody else has done so already.
    pub(crate) fn close(&self) -> bool {
        self.kind.swap(Kind::Free as u8, Ordering::AcqRel) != Kind::Free as u8
    }

    /// The number of the arena that the units are of.
    pub(crate) fn arena(&self) -> usize {
        self.arena.get() as usize
    }

    fn set_units(&self, units: usize) {
        self.units.set(units as u32);
    }
}

/// What is noted of a large block.
pub(crate) mod note {
    /// It was asked for as a zeroed one.
    pub(crate) const ZEROED: u8 = 1;
    /// And made resident at once.
    pub(crate) const READY: u8 = 2;
    /// It read as zero when it was new.
    pub(crate) const FRESH: u8 = 4;
    /// It begins on a huge page.
    pub(crate) const DENSE: u8 = 8;
    /// It stands on small pages, of which it is likely to use few.
    pub(crate) const THIN: u8 = 16;
    /// And few were resident when it was new.
    pub(crate) const BARE: u8 = 32;

    /// From this bit on, how many quarters of its last unit may be resident; 0 if that is not known.
    const END: u32 = 6;

    /// That number.
    pub(crate) fn end(notes: u8) -> usize {
        usize::from(notes >> END)
    }

    /// With that number; 4, all, is as good as not known.
    pub(crate) fn with_end(notes: u8, quarters: usize) -> u8 {
        notes & ((1 << END) - 1) | (quarters as u8) << END
    }

    /// Whether few pages were resident when the block was new.
    pub(crate) fn is_bare(notes: u8) -> bool {
        notes & (THIN | BARE) == THIN | BARE
    }
}

/// One block of more than 64 KiB, in a span of its own.
#[repr(C)]
pub(crate) struct Large {
    span: Span,
    /// Usable bytes: the request, rounded up to pages.
    bytes: AtomicUsize,
    /// Bytes behind them that may be resident and were counted as such.
    tail: AtomicUsize,
    /// See [`note`].
    notes: AtomicU8,
    /// Of a kept block: the one that its heap kept before it.
    before: Cell<*mut Large>,
}

// SAFETY: `span` is written before the descriptor is published in the page map and by the thread
// that resizes the block, which no correct program does beside another use of it; `before` by the thread that has freed it, or two that did so at once.
unsafe impl Sync for Large {}

impl Large {
    /// Describes a run of an arena.
    ///
    /// # Safety
    /// The piece came from `meta` for a `Large`, is all zero, and the caller's alone.
    pub(crate) unsafe fn open(
        piece: NonNull<u8>,
        arena: usize,
        start: usize,
        units: usize,
        bytes: usize,
    ) -> &'static Large {
        // SAFETY: a zeroed piece is a valid closed descriptor; memory of `meta` is never given back.
        let large = unsafe { piece.cast::<Large>().as_ref() };
        large.bytes.store(bytes, Ordering::Relaxed);
        large.tail.store(0, Ordering::Relaxed);
        large.notes.store(0, Ordering::Relaxed);
        large.span.open(arena, start, units, Kind::Large);
        large
    }

    /// What was noted of the block; 0 when it is new.
    pub(crate) fn notes(&self) -> u8 {
        self.notes.load(Ordering::Relaxed)
    }

    pub(crate) fn set_notes(&self, notes: u8) {
        self.notes.store(notes, Ordering::Relaxed);
    }

    /// The descriptor behind a span of this kind.
    pub(crate) fn of(span: &'static Span) -> Option<&'static Large> {
        if span.kind() != Kind::Large {
            return None;
        }
        // SAFETY: the kind says that the span is the head of a `Large`.
        Some(unsafe { &*(&raw const *span).cast::<Large>() })
    }

    pub(crate) fn span(&'static self) -> &'static Span {
        &self.span
    }

    pub(crate) fn start(&self) -> usize {
        self.span.start()
    }

    /// Usable bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether a block of `size` bytes, more than 0, ends with the same page.
    pub(crate) fn ends_at(&self, size: usize) -> bool {
        self.bytes().wrapping_sub(size) < sys::page_size()
    }

    /// Notes how much behind the block's end may be resident.
    pub(crate) fn set_tail(&self, bytes: usize) {
        self.tail.store(bytes, Ordering::Relaxed);
    }

    /// What was noted so; it is the caller's to count, who owns the block.
    pub(crate) fn take_tail(&self) -> usize {
        let tail = self.tail.load(Ordering::Relaxed);
        self.tail.store(0, Ordering::Relaxed);
        tail
    }

    /// Whether `address` lies in what the block may use.
    pub(crate) fn holds(&self, address: usize) -> bool {
        address.wrapping_sub(self.start()) < self.bytes()
    }

    /// Changes how much of its units the block uses.
    pub(crate) fn set_bytes(&self, bytes: usize, units: usize) {
        debug_assert!(bytes <= units * UNIT);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.span.set_units(units);
    }

    /// Ends the block; false when somebody else has freed it already.
    pub(crate) fn close(&self) -> bool {
        let is_live = self.span.kind() == Kind::Large;
        if is_live {
            self.span.kind.store(Kind::Kept as u8, Ordering::Release);
        }
        is_live
    }

    /// Makes a new block of one that was closed: as many units of the same arena, with these notes.
    ///
    /// # Safety
    /// The descriptor is in the page map, and the caller's alone since it was closed.
    pub(crate) unsafe fn reopen(&self, bytes: usize, notes: u8) {
        debug_assert!(bytes <= self.span.units() * UNIT);
        self.bytes.store(bytes, Ordering::Relaxed);
        self.notes.store(notes, Ordering::Relaxed);
        self.span.kind.store(Kind::Large as u8, Ordering::Release);
    }

    /// Whether it is a block of so many units that was closed and not used anew since.
    #[inline(always)]
    pub(crate) fn is_kept(&self, units: usize) -> bool {
        self.span.kind() == Kind::Kept && self.span.units() == units
    }

    /// Takes a block that was closed out of use. False when it was closed twice, and the other one has done so.
    pub(crate) fn retire(&self) -> bool {
        let (kept, free) = (Kind::Kept as u8, Kind::Free as u8);
        self.span.kind.compare_exchange(kept, free, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// The one that the heap which keeps the block kept before it.
    pub(crate) fn before(&self) -> *mut Large {
        self.before.get()
    }

    /// Notes that one.
    pub(crate) fn set_before(&self, before: *mut Large) {
        self.before.set(before);
    }

    /// The memory of the descriptor, all zero.
    ///
    /// # Safety
    /// The block was closed by the caller and is in the page map no more.
    pub(crate) unsafe fn wipe(&'static self) -> NonNull<u8> {
        let piece = NonNull::from(self).cast::<u8>();
        // SAFETY: nobody else uses the descriptor; zero bytes are one that is closed.
        unsafe { ptr::write_bytes(piece.as_ptr(), 0, size_of::<Large>()) };
        piece
    }
}
