//! Address → what stands there, for any address, without faulting.
//!
//! Each arena has a table of one [`Entry`] per unit. The first arena is found by arithmetic
//! alone (subtract, compare, shift); the others, in which large blocks
//! stand, by a walk over a short list. Addresses from outside are untrusted until an entry has
//! been found for them: the bound of the comparison is what part of the table is committed.

use crate::meta;
use crate::span::{Kind, Span};
use crate::sync::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use crate::units::{UNIT, UNIT_SHIFT};
use core::{ptr, slice};

/// Where an arena's table starts, in bytes from the arena's start. The page before it is for forks to watch.
pub(crate) const TABLE: usize = 4096;

/// What stands in one unit, as offsets of descriptors.
#[repr(C)]
pub(crate) struct Entry {
    /// The span, from the start of the first arena; 0 for none, or [`TOMB`].
    span: AtomicU32,
    /// If it is a slab whose free blocks carry their marks, the same from [`origin`]; else 0, and what stands there
    /// reads as a closed slab, in which no block starts: so the fast paths need not ask. They look at the first
    /// arena's alone.
    simple: AtomicU32,
}

/// The origin stands so many bytes before the entry of the unit from which heaps count, and in these is nothing: they
/// are entries of units that hold metadata, or the end of the page before the table, of which forks use the first
/// word (see the fork module). As much as the fast paths read of a descriptor.
pub(crate) const BEFORE: usize = 64;
static ORIGIN: AtomicUsize = AtomicUsize::new(0);

/// Stands for a span that was freed as a whole, until the unit is used again.
const TOMB: u32 = 2;

/// A base in the kernel's half: it puts every user address out of range, however many units are read with it.
const NOWHERE: usize = 1 << 63;

/// The part of an arena's address range that its table answers for.
struct Range {
    base: AtomicUsize,
    units: AtomicUsize,
    table: AtomicUsize,
}

impl Range {
    const fn new(base: usize) -> Range {
        Range {
            base: AtomicUsize::new(base),
            units: AtomicUsize::new(0),
            table: AtomicUsize::new(0),
        }
    }

    #[inline(always)]
    fn entry(&self, address: usize) -> Option<&'static Entry> {
        let base = self.base.load(Ordering::Acquire);
        let units = self.units.load(Ordering::Acquire);
        let table = self.table.load(Ordering::Acquire);
        let unit = address.wrapping_sub(base) >> UNIT_SHIFT;
        // A range may be withdrawn and published anew meanwhile, with more units or fewer. Who has read the new base
        // reads none or its units next; who has read the old one, and others' units, sees below that it has changed.
        // An address of a live block is in a range that stays, and at most grows.
        if unit >= units || self.base.load(Ordering::Relaxed) != base {
            return None;
        }
        // SAFETY: a table has `units` entries, as has one that takes its place, and its memory is never given back.
        Some(unsafe { nth(table, unit) })
    }
}

/// An entry of a table.
///
/// # Safety
/// The table has it, for ever.
#[inline(always)]
unsafe fn nth(table: usize, unit: usize) -> &'static Entry {
    // SAFETY: as the caller promises.
    unsafe { &*(table as *const Entry).add(unit) }
}

/// The most arenas there can be beside the first.
pub(crate) const MORE: usize = if cfg!(loom) { 2 } else { 75 };
static FIRST: Range = Range::new(NOWHERE);
/// Those of the others, which processes without large blocks have none of. All zero at first: a base of 0 has no units, and never comes back
/// once there was another.
static OTHERS: AtomicPtr<[Range; MORE]> = AtomicPtr::new(ptr::null_mut());
static OTHER_COUNT: AtomicUsize = AtomicUsize::new(0);

/// Makes room for arenas beside the first. False when there is no memory for that. Calls do not overlap.
pub(crate) fn make_room() -> bool {
    if OTHERS.load(Ordering::Relaxed).is_null() {
        let Some(piece) = meta::allocate(size_of::<[Range; MORE]>()) else { return false };
        OTHERS.store(piece.as_ptr().cast(), Ordering::Release);
    }
    true
}

/// The range of an arena beside the first.
fn other(slot: usize) -> &'static Range {
    // SAFETY: there is room before any of them is published, and nobody asks for one that was not; it is never given back, and
    // zero bytes are ranges.
    unsafe { &(&*OTHERS.load(Ordering::Acquire))[slot - 1] }
}

/// Where the first arena starts.
#[inline(always)]
pub(crate) fn base() -> usize {
    FIRST.base.load(Ordering::Relaxed)
}

/// What offsets of simple slabs are counted from.
#[inline(always)]
pub(crate) fn origin() -> usize {
    ORIGIN.load(Ordering::Relaxed)
}

/// From which unit heaps count where `first` is the first that can be handed out: the next one whose origin is a
/// multiple of [`BEFORE`].
pub(crate) fn counted_from(first: usize) -> usize {
    const STEP: usize = BEFORE / size_of::<Entry>();
    first & !(STEP - 1)
}

/// Sets the origin: `first` is what [`counted_from`] says for the first arena, which starts at `base`.
pub(crate) fn set_origin(base: usize, first: usize) {
    ORIGIN.store(base + TABLE + first * size_of::<Entry>() - BEFORE, Ordering::Relaxed);
}

/// Where the descriptor of a slab at an address in the first arena stands: 0 for none, and for
/// slabs that have lost marks. `Slab::at` takes it.
#[inline(always)]
pub(crate) fn simple_slab(address: usize) -> u32 {
    let base = base();
    let unit = address.wrapping_sub(base) >> UNIT_SHIFT;
    if unit >= FIRST.units.load(Ordering::Relaxed) {
        return 0;
    }
    // SAFETY: the table's first `units` entries are committed, and stay so.
    unsafe { nth(base + TABLE, unit) }.simple.load(Ordering::Acquire)
}

/// The same for the unit that is number `unit` from where heaps count. `origin` is [`origin`]'s.
///
/// # Safety
/// The entry is there: see [`units_from`].
#[inline(always)]
pub(crate) unsafe fn read(origin: usize, unit: usize) -> u32 {
    // SAFETY: as the caller promises; entries stay where they are.
    unsafe { nth(origin + BEFORE, unit) }.simple.load(Ordering::Acquire)
}

/// How many units of the first arena from `start` on have entries; it grows.
pub(crate) fn units_from(start: usize) -> usize {
    FIRST.units.load(Ordering::Relaxed) - ((start - base()) >> UNIT_SHIFT)
}

/// The entry of any address.
pub(crate) fn entry(address: usize) -> Option<&'static Entry> {
    FIRST.entry(address).or_else(|| {
        let count = OTHER_COUNT.load(Ordering::Acquire);
        (1..=count).find_map(|slot| other(slot).entry(address))
    })
}

/// Makes the table of an arena answer for its first `units` units. Slot 0 is the first arena.
///
/// # Safety
/// `table` has `units` entries, for ever; calls for one slot do not overlap, and the first call for
/// slot 0, whose table is at the fixed place, precedes all others. For other slots [`make_room`] has answered true.
pub(crate) unsafe fn publish(slot: usize, base: usize, table: usize, units: usize) {
    let range = if slot == 0 { &FIRST } else { other(slot) };
    range.table.store(table, Ordering::Relaxed);
    range.base.store(base, Ordering::Release);
    range.units.store(units, Ordering::Release);
    OTHER_COUNT.fetch_max(slot, Ordering::Release);
}

/// An arena beside the first has no more than `units` units: what lies behind is somebody else's.
pub(crate) fn shorten(slot: usize, units: usize) {
    other(slot).units.store(units, Ordering::Release);
}

/// Takes an arena out of the map, before it is unmapped.
pub(crate) fn withdraw(slot: usize) {
    other(slot).units.store(0, Ordering::Release);
    other(slot).base.store(NOWHERE, Ordering::Release);
}

impl Entry {
    /// The span that holds the unit.
    #[inline]
    pub(crate) fn span(&self) -> Option<&'static Span> {
        match self.span.load(Ordering::Acquire) {
            0 | TOMB => None,
            // SAFETY: descriptors lie in the first arena at the offset that was stored, and their
            // memory is never given back.
            offset => Some(unsafe { &*((base() + offset as usize) as *const Span) }),
        }
    }

    /// True when the unit's last span was freed as a whole.
    pub(crate) fn is_freed(&self) -> bool {
        self.span.load(Ordering::Relaxed) == TOMB
            || self.span().is_some_and(|span| span.kind() == Kind::Kept)
    }
}

/// The entries of a run, which lies in one arena.
fn entries(start: usize, units: usize) -> &'static [Entry] {
    let Some(first) = entry(start) else {
        debug_assert!(false, "a run in no arena");
        return &[];
    };
    debug_assert!(entry(start + (units - 1) * UNIT).is_some());
    // SAFETY: the arena's table has entries for all units of the run, one after the other.
    unsafe { slice::from_raw_parts(first, units) }
}

/// Enters a span for the units it covers; `simple` for a slab whose free blocks carry their marks.
#[inline(never)]
pub(crate) fn enter(span: &'static Span, simple: bool) {
    let address = (&raw const *span) as usize;
    let offset = (address - base()) as u32;
    let simple = if simple { (address - origin()) as u32 } else { 0 };
    for entry in entries(span.start(), span.units()) {
        entry.span.store(offset, Ordering::Release);
        entry.simple.store(simple, Ordering::Release);
    }
}

/// Clears the entries of units that a span gives up; `freed` when the program freed all of it.
pub(crate) fn clear(start: usize, units: usize, freed: bool) {
    for entry in entries(start, units) {
        entry.simple.store(0, Ordering::Release);
        entry.span.store(if freed { TOMB } else { 0 }, Ordering::Release);
    }
}
