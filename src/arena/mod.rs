//! Arenas: ground, cut into units and handed out lowest address first.
//!
//! An arena is committed from its low end as it is needed, so that it is one growing mapping
//! however many blocks it holds. Layout of the first one: header page, page-map table, region states, descriptors, units.
//! Others have units alone; their tables are among the descriptors of the first.
//!
//! Every unit is free or used, and a free one clean (reads as zero, costs no memory) or dirty. The
//! states are bit masks of one word for each region of 32 units; each change is one store, made
//! under the arena's lock, so that a fork in the middle of another thread's operation loses at most
//! the run in question. Units past the frontier are free and clean.

mod evidence;
mod frontier;
mod give_back;
mod kind;
mod low;
#[cfg(loom)]
#[allow(unsafe_code)]
mod model;
mod purpose;
mod rejoin;
mod run;
mod supply;
mod witness;

#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use evidence::{
    Found, begin_as_child, dense_swing, forget_growth, is_likely_filled, is_likely_sparse,
    note_dense, note_freed, note_touched,
};
#[cfg(all(test, not(loom)))]
pub(crate) use frontier::commit_past_table;
#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use give_back::Place;
#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use kind::{SOME, note_fork};
#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use purpose::{BIG, Purpose, note_taken, used, used_by_blocks};
pub(crate) use run::{Residue, Run};
pub(crate) use supply::{release_empty, take, take_committed};
#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use witness::is_hardly_used;

use crate::ground::{self, Ground};
use crate::lock::{Guard, Lock, Rank};
use crate::region::{Count, Region, Regions};
use crate::sync::{AtomicBool, AtomicPtr, Cell, Ordering, compiler_fence, lasting};
use crate::units::{REGION, REGION_UNITS, UNIT, UNIT_SHIFT, align_up, units_for};
use crate::{config, meta, page_map, sys};
use core::ptr;
use kind::Kind;
use low::Low;
use purpose::{Tenants, Wish};

/// The first arena when nothing limits the address space.
const FIRST_BYTES: usize = 1 << 40;
/// Where the first arena is smaller than this, address space is limited.
const SCARCE: usize = 1 << 30;
/// A block that has grown to so many units has further regions on huge pages.
const GROWN: usize = BIG >> UNIT_SHIFT;
/// So many dirty units that are not thick count as one that is, and how many of an arena may do so at most.
const THIN: usize = 32;
const THIN_MOST: usize = (256 << 20) >> UNIT_SHIFT;
/// Arenas from this slot on are reserved: so many there are where something comes in the way of each, which nothing can
/// there, and not many more there may be.
const RESERVED_FROM: usize = page_map::MORE * 3 / 4;

/// The smallest arena worth having.
const LEAST_BYTES: usize = 1 << 20;

/// Begins a cache line in a structure whose order is its own.
#[repr(align(64))]
struct Line;

/// Ground cut into units. What others ask of it while one thread takes and gives units hardly changes, and is apart from
/// what does.
#[repr(C)]
pub(crate) struct Arena {
    next: AtomicPtr<Arena>,
    tenants: Cell<Tenants>,
    lane: Cell<usize>,
    slot: Cell<usize>,
    base: Cell<usize>,
    /// There is ground: for who does not hold the lock.
    is_open: AtomicBool,
    /// Something has been in the way of its units, and it ends there.
    is_ended: AtomicBool,
    /// All units of the ground, metadata included; and the first that can be handed out. No more than there are below the
    /// frontier once something has been in the way there.
    units: Count,
    first: Cell<usize>,
    regions: Cell<Regions>,
    _changing: [Line; 0],
    lock: Lock,
    ground: Ground,
    /// Those of the table and the region states; the first arena's.
    table_ground: Ground,
    regions_ground: Ground,
    /// Units below are committed.
    frontier: Cell<usize>,
    /// Huge pages are advised.
    is_huge: AtomicBool,
    /// All regions without the advice are advised small pages.
    is_plain: Cell<bool>,
    /// Units below have their table entries and region states.
    mapped: Cell<usize>,
    /// Where the table is; the first arena has it at a fixed place.
    table: Cell<usize>,
    /// For runs in regions of each kind; those of one kind have only the first.
    low: [Low; 3],
    /// No unit from here on has ever been handed out.
    fresh: Cell<usize>,
    _counted: [Line; 0],
    used: Count,
    dirty: Count,
    /// Of the dirty units, those that are thick.
    thick: Count,
}

// SAFETY: the cells are written under the lock, or before the arena is published.
unsafe impl Sync for Arena {}

static FIRST: Arena = Arena::new();
/// Set when address space is limited: arenas are small then, and unmapped when they empty.
static LIMITED: lasting::AtomicUsize = lasting::AtomicUsize::new(0);
/// Set when the system has refused to commit memory.
static REFUSED: lasting::AtomicUsize = lasting::AtomicUsize::new(0);
/// Units that went back to the system and were needed again, since this was last asked.
static RETAKEN: lasting::AtomicUsize = lasting::AtomicUsize::new(0);
/// Units that came back when their regions were put together, since this was last asked.
static REJOINED: lasting::AtomicUsize = lasting::AtomicUsize::new(0);
/// Units that the system did not take back, since this was last asked: memory may be locked.
static STUCK: lasting::AtomicUsize = lasting::AtomicUsize::new(0);
/// Clean units that were taken since this was last asked.
static TAKEN_CLEAN: lasting::AtomicUsize = lasting::AtomicUsize::new(0);
/// Units that went back to the system, ever.
static PURGED: lasting::AtomicUsize = lasting::AtomicUsize::new(0);

impl Arena {
    const fn new() -> Arena {
        Arena {
            next: AtomicPtr::new(ptr::null_mut()),
            tenants: Cell::new(Tenants::Slabs),
            lane: Cell::new(0),
            slot: Cell::new(0),
            base: Cell::new(0),
            is_open: AtomicBool::new(false),
            is_ended: AtomicBool::new(false),
            units: Count::new(),
            first: Cell::new(0),
            regions: Cell::new(Regions::none()),
            _changing: [],
            lock: Lock::new(),
            ground: Ground::new(),
            table_ground: Ground::new(),
            regions_ground: Ground::new(),
            frontier: Cell::new(0),
            is_huge: AtomicBool::new(false),
            is_plain: Cell::new(false),
            mapped: Cell::new(0),
            table: Cell::new(0),
            low: [const { Low::new() }; 3],
            fresh: Cell::new(0),
            _counted: [],
            used: Count::new(),
            dirty: Count::new(),
            thick: Count::new(),
        }
    }

    /// Opens the first arena: with `bytes` from `stake` on, or else reserved ones.
    ///
    /// # Safety
    /// The arena is not in use, and nobody else opens it.
    unsafe fn open_first(&'static self, bytes: usize, stake: Option<usize>) -> bool {
        let page = sys::page_size();
        let align = if bytes >= 32 * REGION { REGION } else { UNIT };
        let Some(base) = stake.or_else(|| reserve(bytes, align)) else { return false };
        let is_reserved = stake.is_none();
        for ground in [&self.ground, &self.table_ground, &self.regions_ground] {
            ground.open(is_reserved, base);
        }
        let units = bytes >> UNIT_SHIFT;
        let regions = align_up(page_map::TABLE + units * size_of::<page_map::Entry>(), page);
        let region_bytes = units.div_ceil(REGION_UNITS) * size_of::<Region>();
        let descriptors = align_up(regions + region_bytes, page);
        let meta_bytes = if bytes < 1 << 30 {
            // It serves the arenas to come as well, and those are several times as large.
            align_up(bytes / 4, page)
        } else {
            align_up((bytes / 32).clamp(2 << 20, meta::MOST_BYTES), UNIT)
        };
        let first = units_for(align_up(descriptors + meta_bytes, align.min(bytes / 8)));
        page_map::set_origin(base, page_map::counted_from(first));
        self.set_range(base, units, first);
        self.regions.set(Regions::new(base + regions));
        self.mapped.set(0);
        // SAFETY: nobody uses any of it yet.
        let opened = first < units && unsafe { self.map_to(first) }.is_ok();
        if !opened {
            // SAFETY: nobody uses the mapping, or the table, before the arena is open.
            unsafe {
                if is_reserved {
                    sys::unmap(base, bytes);
                } else {
                    self.table_ground.abandon(base);
                }
            }
            return false;
        }
        // SAFETY: the range is there for this, and the first arena is opened once.
        unsafe { meta::open(base + descriptors, base + descriptors + meta_bytes, is_reserved) };
        if !is_reserved {
            ground::stake_behind(base + bytes);
        }
        true
    }

    /// Opens an arena of `bytes` beside the first, of which nobody else has the first `part`. Its table and region states are
    /// descriptors of the first, since they are looked at when its own mapping may be gone.
    ///
    /// # Safety
    /// Under the lock; the arena is closed, or has no units.
    unsafe fn open_other(&'static self, bytes: usize, part: usize) -> bool {
        let old = self.base.get();
        if old != 0 {
            // It has ended, and nothing is left of it. Before all else: the child of a fork must not find the old base
            // with what is new.
            page_map::withdraw(self.slot.get());
            self.vacate();
            // SAFETY: no unit of the range is the arena's any more, and what it had committed has gone back.
            unsafe { self.ground.abandon(old) };
        }
        let units = bytes >> UNIT_SHIFT;
        if !page_map::make_room() {
            return false;
        }
        if units > self.mapped.get() {
            let states = align_up(units.div_ceil(REGION_UNITS) * size_of::<Region>(), 64);
            let Some(piece) = meta::allocate(states + units * size_of::<page_map::Entry>()) else {
                return false;
            };
            let address = piece.as_ptr() as usize;
            self.regions.set(Regions::new(address));
            self.table.set(address + states);
            // Last: the child of a fork in between gets others.
            compiler_fence(Ordering::Release);
            self.mapped.set(units);
        }
        let align = if bytes >= 32 * REGION { REGION } else { UNIT };
        let is_staked = self.slot.get() < RESERVED_FROM;
        let stake = is_staked.then(|| ground::settle(bytes, part)).flatten();
        let place = stake.or_else(|| Some((reserve(bytes, align)?, false)));
        let Some((base, has_part)) = place else { return false };
        self.ground.open(stake.is_none(), base + if has_part { part } else { 0 });
        // SAFETY: the table has an entry for each unit, none of which names a span.
        unsafe { page_map::publish(self.slot.get(), base, self.table.get(), units) };
        self.set_range(base, units, 0);
        true
    }

    #[inline(never)]
    fn set_range(&self, base: usize, units: usize, first: usize) {
        self.units.replace(units);
        self.first.set(first);
        self.frontier.set(first);
        self.is_huge.store(false, Ordering::Relaxed);
        self.is_plain.set(false);
        self.is_ended.store(false, Ordering::Relaxed);
        self.low.iter().for_each(|low| low.reset(first));
        self.fresh.set(first);
        // Last: an arena is in use from when it has a base.
        compiler_fence(Ordering::Release);
        self.base.set(base);
        self.is_open.store(base != 0, Ordering::Relaxed);
    }

    /// Gives the ground of an arena beside the first back; nothing is in it.
    ///
    /// # Safety
    /// Under the lock.
    unsafe fn close(&self) -> usize {
        let (base, units) = (self.base.get(), self.units.get());
        page_map::withdraw(self.slot.get());
        self.pieces(0, units, |region, _| {
            region.dirty.replace(0);
            region.thick.replace(0);
            region.aged.replace(0);
        });
        self.forget(0, units);
        self.dirty.replace(0);
        self.thick.replace(0);
        self.vacate();
        // SAFETY: where arenas are closed they are reserved; the map names the range no more, and no unit of it is in use.
        unsafe { sys::unmap(base, units << UNIT_SHIFT) };
        units << UNIT_SHIFT
    }

    /// Leaves its place: what the entries say of it is of no other. The page map names the arena no more.
    #[inline(never)]
    fn vacate(&self) {
        let entries = self.table.get() as *mut page_map::Entry;
        // SAFETY: one word or zero for each unit, and the arena's own; those of units never handed out are zero.
        unsafe { ptr::write_bytes(entries, 0, self.fresh.get()) };
        // The base goes last: the child of a fork in between finds nothing to give back, and else would
        // look for it at address zero.
        compiler_fence(Ordering::Release);
        self.set_range(0, 0, 0);
        compiler_fence(Ordering::Release);
    }

    fn region(&self, unit: usize) -> &'static Region {
        self.regions.get().of(unit)
    }

    /// The first used unit of `at..end`; those past the frontier are free.
    fn next_used(&self, at: usize, end: usize) -> Option<usize> {
        self.regions.get().next_used(at, end.min(self.frontier.get()))
    }

    /// Up to which unit there is a mapping.
    fn mapped_end(&self) -> usize {
        if self.ground.is_reserved() { self.units.get() } else { self.frontier.get() }
    }

    fn address(&self, unit: usize) -> usize {
        self.base.get() + (unit << UNIT_SHIFT)
    }

    fn pieces(&self, unit: usize, units: usize, f: impl FnMut(&Region, u32)) {
        self.regions.get().pieces(unit, units, f);
    }

    /// Takes a run of `units` units at a multiple of `align` units, and as many more as are wished and much like these; unless
    /// `commits`, from what is committed. Under the arena's lock, which may be `held`.
    fn take(
        &'static self,
        units: usize,
        align: usize,
        wish: Wish,
        commits: bool,
        held: Option<Guard<'_>>,
    ) -> Option<Run> {
        let met = held.is_none() && self.is_busy();
        let _guard = held.unwrap_or_else(|| self.lock.inherit(Rank::Arena));
        if self.base.get() == 0 {
            return None;
        }
        let (kind, idle) = (wish.kind, wish.is_idle);
        let unit = self.find(units, align, kind)?;
        let is_committed = unit + units <= self.frontier.get();
        if !(is_committed || commits && self.commit(unit + units, kind)) {
            return None;
        }
        let units = units.max(self.alike(unit, kind, wish.most));
        let last = unit + units - 1;
        let end = self.region(last).end(last % REGION_UNITS);
        let (residue, again) = self.claim(unit, units, idle);
        // Before anybody touches the memory; the child of a fork in between has a used unit of no kind.
        self.settle(unit, units, (kind, idle), residue == Residue::Nothing);
        let huge = self.fill(unit, units);
        let mut regions = (unit & !(REGION_UNITS - 1)..unit + units).step_by(REGION_UNITS);
        let thin = idle && regions.all(|unit| !self.is_advised(self.region(unit)));
        let start = self.address(unit);
        Some(Run { arena: self, start, units, residue, end, huge, thin, met, again })
    }

    /// Whether there is address space for a run.
    fn has_room(&self, units: usize, align: usize, kind: Kind) -> bool {
        let _guard = self.lock.inherit(Rank::Arena);
        self.base.get() != 0 && self.find(units, align, kind).is_some()
    }

    /// Takes the free units right behind a run. None when they are not free.
    pub(crate) fn extend(&self, start: usize, units: usize, more: usize) -> Option<()> {
        let _guard = self.lock.inherit(Rank::Arena);
        let first = (start - self.base.get()) >> UNIT_SHIFT;
        let unit = first + units;
        let fits = unit + more <= self.units.get() && self.next_used(unit, unit + more).is_none();
        let kind = Kind::of(self.region(first));
        // What grows will be filled.
        let kind = match kind {
            Kind::Sparse if units + more >= GROWN => Kind::Dense,
            other => other,
        };
        if !(fits && self.commit(unit + more, kind)) {
            return None;
        }
        let (residue, _) = self.claim(unit, more, false);
        self.settle(first, units + more, (kind, false), residue == Residue::Nothing);
        self.fill(unit, more);
        Some(())
    }

    /// The lane whose heaps take large blocks here.
    pub(crate) fn lane(&self) -> usize {
        self.lane.get()
    }

    /// Whether another thread is taking or giving a run just now.
    pub(crate) fn is_busy(&self) -> bool {
        self.lock.is_held()
    }

    /// Whether the arena could be unmapped: it is one of several small ones, and nothing is in it.
    pub(crate) fn is_spare(&self) -> bool {
        LIMITED.load(Ordering::Relaxed) != 0
            && self.slot.get() != 0
            && self.is_open.load(Ordering::Relaxed)
            && self.used.get() == 0
    }

    /// Dirty free units, of which those that are thin count less. How much of them was used is judged by what they held,
    /// and may be more than it seems: so no more of them than are in use, and none for who has asked for less.
    #[inline(never)]
    pub(crate) fn dirty(&self) -> usize {
        let (dirty, thick) = (self.dirty.get(), self.thick.get());
        if config::keeps_less() {
            return dirty;
        }
        let thin = dirty.saturating_sub(thick).min(self.used.get()).min(THIN_MOST);
        dirty - thin + thin.div_ceil(THIN)
    }

    /// Used units.
    pub(crate) fn in_use(&self) -> usize {
        self.used.get()
    }

    /// Used units; committed units; all units that count as address space.
    pub(crate) fn counts(&self) -> (usize, usize, usize) {
        let committed = self.frontier() - self.first.get();
        let all = if self.ground.is_reserved() { self.units.get() } else { committed };
        (self.used.get(), committed, all)
    }

    /// Bytes of table entries and region states in use.
    pub(crate) fn table_bytes(&self) -> usize {
        let units = self.frontier() - self.first.get();
        units * size_of::<page_map::Entry>() + units / REGION_UNITS * size_of::<Region>()
    }

    /// Every free unit is counted once, and used ones are not dirty.
    #[cfg(any(test, debug_assertions))]
    #[allow(dead_code)]
    pub(crate) fn check(&self) {
        let _guard = self.lock.inherit(Rank::Arena);
        if self.base.get() == 0 {
            return;
        }
        let (mut used, mut dirty, mut thick) = (0, 0, 0);
        let (first, end) = (self.first.get(), self.frontier.get());
        assert!(first <= end && end <= self.units.get() && end <= self.mapped.get().max(first));
        for unit in first..end {
            let (region, bit) = (self.region(unit), 1 << (unit % REGION_UNITS));
            let (u, d, t) = (region.used.get(), region.dirty.get(), region.thick.get());
            used += (u & bit != 0) as usize;
            dirty += (d & bit != 0) as usize;
            thick += (t & d & bit != 0) as usize;
            assert!(t & !d & !u & bit == 0, "thick but clean");
            assert!(d & !t & bit == 0 || !self.is_advised(region), "thin on huge pages");
            assert!(region.aged.get() & !d & bit == 0, "aged but clean");
        }
        self.check_low();
        assert_eq!((dirty, thick), (self.dirty.get(), self.thick.get()));
        assert!(used >= self.used.get());
    }
}

/// Reserves `bytes` of address space at a multiple of `align`.
fn reserve(bytes: usize, align: usize) -> Option<usize> {
    let mapping = sys::reserve(bytes + align)?;
    let base = align_up(mapping, align);
    // What alignment leaves over counts where address space is limited.
    // SAFETY: both ends are of the mapping just made, and outside what is used of it.
    unsafe {
        if bytes < FIRST_BYTES / 16 && base > mapping {
            sys::unmap(mapping, base - mapping);
        }
        if bytes < FIRST_BYTES / 16 && mapping + align > base {
            sys::unmap(base + bytes, mapping + align - base);
        }
    }
    Some(base)
}

/// Opens the first arena, as large as the system allows.
///
/// # Safety
/// Called once, before anything else of this module.
pub(crate) unsafe fn start() -> bool {
    for stake in ground::first_stakes().map(Some).chain([None]) {
        // SAFETY: as the caller promises; a failed try leaves the arena closed.
        if unsafe { FIRST.open_first(FIRST_BYTES, stake) } {
            return true;
        }
    }
    let mut bytes = match sys::address_space_limit() {
        // Most of a limited address space must stay for the program's own mappings.
        Some(limit) => {
            LIMITED.store(limit, Ordering::Relaxed);
            ((limit / 8).next_power_of_two() / 2).clamp(LEAST_BYTES, FIRST_BYTES / 2)
        }
        None => FIRST_BYTES / 2,
    };
    while bytes >= LEAST_BYTES {
        // SAFETY: as above.
        if unsafe { FIRST.open_first(bytes, None) } {
            if bytes < SCARCE {
                // Not by RLIMIT_AS, then: perhaps because all memory is to be locked.
                let _ =
                    LIMITED.compare_exchange(0, 2 * bytes, Ordering::Relaxed, Ordering::Relaxed);
            }
            return true;
        }
        bytes /= 2;
    }
    false
}

/// The arena of a number.
pub(crate) fn at(slot: usize) -> &'static Arena {
    match all().find(|arena| arena.slot() == slot) {
        Some(arena) => arena,
        None => crate::fatal::bug("no arena of this number"),
    }
}

/// Where heaps count the units of the first arena from, and how many there are from there on.
pub(crate) fn first_units() -> (usize, usize) {
    let first = page_map::counted_from(FIRST.first.get());
    (FIRST.address(first), FIRST.units.get() - first)
}

/// The page before the first arena's table, which is committed and of no other use. The table
/// starts 4 KiB after it, so where pages are larger it is not apart.
pub(crate) fn header_page() -> usize {
    FIRST.base.get()
}

/// All arenas.
pub(crate) fn all() -> impl Iterator<Item = &'static Arena> {
    let mut next = Some(&FIRST);
    core::iter::from_fn(move || {
        let arena = next?;
        // SAFETY: arenas come from `meta` and are never taken back.
        next = unsafe { arena.next.load(Ordering::Acquire).as_ref() };
        Some(arena)
    })
}

/// Whether the system has refused to commit more.
#[inline]
pub(crate) fn was_refused() -> bool {
    REFUSED.load(Ordering::Relaxed) != 0
}

/// True when address space is limited.
pub(crate) fn is_limited() -> bool {
    LIMITED.load(Ordering::Relaxed) != 0
}

/// Units that went back to the system and were needed again, since they were last taken.
pub(crate) fn retaken() -> usize {
    RETAKEN.load(Ordering::Relaxed) + REJOINED.load(Ordering::Relaxed)
}

/// So many of them were not needed after all. What was taken meanwhile may count instead.
pub(crate) fn forget_retaken(units: usize) {
    let forget = |now: usize| Some(now.saturating_sub(units));
    if units > 0 {
        _ = RETAKEN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, forget);
    }
}

pub(crate) fn take_retaken() -> usize {
    RETAKEN.swap(0, Ordering::Relaxed) + REJOINED.swap(0, Ordering::Relaxed)
}

/// Units that may be resident, in use or free, if at least so many clean ones were taken since the last answer.
pub(crate) fn resident_after(taken: usize) -> Option<usize> {
    if TAKEN_CLEAN.load(Ordering::Relaxed) < taken {
        return None;
    }
    TAKEN_CLEAN.store(0, Ordering::Relaxed);
    Some(used() + all().map(Arena::dirty).sum::<usize>())
}

/// Units that the system did not take back since this was last asked.
pub(crate) fn take_stuck() -> usize {
    STUCK.swap(0, Ordering::Relaxed)
}

/// Bytes that went back to the system from free units, ever.
pub(crate) fn purged_bytes() -> usize {
    PURGED.load(Ordering::Relaxed) << UNIT_SHIFT
}
