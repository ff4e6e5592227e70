//! Heaps: the slabs that belong together, and the magazines in front of them.
//!
//! A thread's heap is used by that thread: its magazines and its outbox without any lock, its slabs under
//! the heap's lock, which is taken once for a batch of blocks and which other threads take only to
//! give memory back, to its slabs or to the system. Blocks that the thread frees but does not own
//! collect in its outbox, in crates, and go to their owner's mailbox in batches.
//!
//! The same structure without magazines serves as a shard of the central heap.

mod account;
mod fallow;
mod give_back;
mod kept;
mod lane;
mod mixing;
mod parcels;
mod plot;
mod put;
pub(crate) mod roll;
mod swing;

use crate::fatal::{self, Misuse};
use crate::ground::{self, Ground};
use crate::lock::{Guard, Lock, Rank};
use crate::magazine::{self, Front, MAP_OFFSET};
use crate::meta::Spares;
use crate::owner::Owner;
use crate::remote::{Crate, Mailbox};
use crate::slab::{self, MIXED, Slab, Slabs};
use crate::sync::AtomicPtr;
use crate::sys::{self, NoClaim};
use crate::units::align_up;
use crate::{arena, meta, page_map, purge, size_class};
use core::cell::Cell;
use core::ptr::NonNull;
use fallow::Fallow;
use give_back::{Past, WASTE_LATER, WASTE_LEAST};
use kept::Kept;
use lane::Lane;
pub(crate) use parcels::drop_spares;
use parcels::{ASSORTED_BYTES, ASSORTED_PLACES, ASSORTED_SHARE};
use plot::Plot;
use swing::Swing;

/// In a process of very many heaps blocks of more bytes come from the central heap.
pub(crate) const SHARED: usize = 8 << 10;
/// How many slabs are looked at for the one with the lowest address.
const LOOK_AT: usize = 8;
/// Bytes of a heap's map that are committed at a time.
const MAP_STEP: usize = 16 << 10;

/// Bytes of blocks by which the magazines of a process's first heaps may grow, all those of one together;
/// and with how many heaps more those of the next get half, a third and so on of it.
const GROWTH: usize = 2 << 20;
/// Bytes of tails that are counted together: all threads meet at one counter.
const TAILS_TOGETHER: usize = 512 << 10;
/// Blocks in a batch at most.
const BATCH_MOST: usize = 255;

const _: () = assert!(size_of::<Heap>() <= MAP_OFFSET);

/// The slabs of one class.
struct Shelf {
    /// Those with a free block.
    partial: Slabs,
    /// Those without.
    full: Slabs,
}

/// A heap. All zero bytes are one that is not open yet.
#[repr(C, align(64))]
pub(crate) struct Heap {
    /// What the fast paths use; first, since the thread's slot points to it.
    front: Front,
    /// How many blocks the next refill of a class takes.
    batch: [Cell<u8>; size_class::COUNT],
    /// How each class's magazine fills and empties.
    swings: [Swing; size_class::COUNT],
    /// How many blocks the magazine of a class held when the heap was squeezed.
    held: [Cell<u16>; size_class::COUNT],
    /// What a large magazine looked like when a slab was last opened, and how often it has looked so before.
    rests: [Cell<(u16, u16)>; size_class::COUNT],
    /// Bytes of blocks by which magazines have grown, and the most of that.
    growth: Cell<usize>,
    growth_most: Cell<usize>,
    /// A bit for each class whose magazine has.
    grown: [Cell<u64>; size_class::COUNT.div_ceil(64)],
    ticks: Cell<u32>,
    /// The rest of the outbox: assorted crates, each at the place of the heap that it is for.
    assorted: [Cell<Option<&'static Crate>>; ASSORTED_PLACES],
    /// Bytes of blocks that may go into them until all are sent, and from then on; 0 where there are none.
    assorted_left: Cell<usize>,
    assorted_most: Cell<usize>,
    /// The first of the empty crates that the thread has taken.
    spare_crate: Cell<Option<&'static Crate>>,
    /// Pieces for descriptors of large blocks.
    pub(crate) large_spares: Spares,
    /// Large blocks that the heap's threads have taken, less those that they have freed: how many, and bytes.
    large: [Cell<isize>; 2],
    /// Bytes of their tails that are not counted yet.
    tails: Cell<isize>,
    /// Where large blocks come from.
    pub(crate) lane: Lane,
    /// Part of the central heap.
    is_central: Cell<bool>,
    /// How many units the map would answer for if all of it were committed.
    units: Cell<usize>,

    lock: Lock,
    shelves: [Shelf; size_class::COUNT],
    /// Mixed slabs, by the class that has no room in them; and whether there has been any.
    mixed: [Slabs; MIXED + 1],
    has_mixed: Cell<bool>,
    /// Bytes of blocks that are not in their slabs, and bytes of slabs that may be resident without
    /// being in use.
    used: Cell<isize>,
    waste: Cell<isize>,
    /// What was told of both together.
    told: Cell<isize>,
    /// The most that was in use since a slab was opened, when a squeeze looked.
    most_used: Cell<isize>,
    /// What the last look for pages to give back has left; the next one comes when the waste is a margin above it.
    waste_left: Cell<isize>,
    /// The same for looks that give back only what is worth it while blocks come back.
    spared: Cell<isize>,
    /// What squeezes gave back, the ticks without one, and what they have taught.
    past: Cell<Past>,
    calm: Cell<u32>,
    patience: Cell<u32>,
    /// The next look for slabs to mix comes when it passes this.
    mix_limit: Cell<isize>,
    /// Bytes of blocks to be taken until the heap has settled: see the mixing module.
    unsettled: Cell<isize>,

    spares: Spares,
    ground: Ground,
    kept: Kept,
    plot: Plot,
    fallow: Fallow,
    mailbox: Mailbox,
    /// A slab has been closed since runs that became free were last held down.
    has_closed: Cell<bool>,
    /// Slabs have moved from this heap to others: crates may bring blocks of those.
    has_parted: Cell<bool>,
    /// The owning thread as long as it lives; see the thread module.
    pub(crate) owner: Owner,
    /// The one before it on the roll.
    pub(crate) next: AtomicPtr<Heap>,
}

// SAFETY: front, batches, swings, outbox, ticks, kept blocks and pieces for their descriptors belong to the owning thread; shelves,
// plot, fallow runs and the other pieces to who holds `lock`; the rest is atomic or a mutex.
unsafe impl Sync for Heap {}

impl Heap {
    /// A new heap that no thread owns.
    pub(crate) fn open(is_central: bool) -> Option<&'static Heap> {
        let (base, units) = arena::first_units();
        let units = if is_central { 0 } else { units };
        let page = sys::page_size();
        let all = align_up(MAP_OFFSET + units, page);
        let part = align_up(MAP_OFFSET + units.min(MAP_STEP), page).min(all);
        let (piece, is_reserved) = settle(all, part)?;
        let heap = Heap::at(piece);
        heap.ground.open(is_reserved, piece + part);
        heap.is_central.set(is_central);
        heap.front.open(base, units.min(part - MAP_OFFSET));
        heap.units.set(units);
        Some(heap)
    }

    /// Lets the magazines of a new heap grow, and the heap keep runs and pack what others own, by less the more heaps
    /// there are.
    pub(crate) fn allow_growth(&self) {
        let share = roll::share();
        self.growth_most.set(GROWTH / share);
        self.kept.allow(share);
        // Of hundreds of threads that swap blocks each would have a little of what each other one needs.
        let assorted = if share <= ASSORTED_SHARE { ASSORTED_BYTES / share } else { 0 };
        self.assorted_most.set(assorted);
        self.assorted_left.set(assorted);
    }

    /// The heap at an address that came from [`address`](Heap::address).
    pub(crate) fn at(address: usize) -> &'static Heap {
        // SAFETY: a heap's memory is never taken back, and zero bytes are a heap.
        unsafe { &*(address as *const Heap) }
    }

    /// Whether it is a shard of the central heap.
    pub(crate) fn is_central(&self) -> bool {
        self.is_central.get()
    }

    /// What slabs and thread slots say of this heap.
    pub(crate) fn address(&self) -> usize {
        (&raw const *self) as usize
    }

    /// Adds bytes of tails to those that wait to be counted. When these are many: all of them, to be counted now.
    pub(crate) fn gather_tail(&self, bytes: isize) -> isize {
        let all = self.tails.get() + bytes;
        let are_many = all.unsigned_abs() * roll::share() >= TAILS_TOGETHER;
        self.tails.set(if are_many { 0 } else { all });
        if are_many { all } else { 0 }
    }

    /// Counts large blocks that were taken, or freed. For the heap's thread.
    pub(crate) fn count_large(&self, blocks: isize, bytes: isize) {
        let [all_blocks, all_bytes] = &self.large;
        all_blocks.set(all_blocks.get() + blocks);
        all_bytes.set(all_bytes.get() + bytes);
    }

    /// What was counted so: blocks and bytes. Less than nothing where other threads took them.
    pub(crate) fn large(&self) -> (isize, isize) {
        (self.large[0].get(), self.large[1].get())
    }

    /// Bytes that the heap itself takes, without its magazines.
    pub(crate) fn own_bytes(&self) -> usize {
        MAP_OFFSET + self.front.mapped()
    }

    pub(crate) fn front(&self) -> &Front {
        &self.front
    }

    fn rank(&self) -> Rank {
        if self.is_central.get() { Rank::Central } else { Rank::Heap }
    }

    /// The heap's lock; None when its holder vanished in a fork and the heap is lost.
    pub(crate) fn lock(&self) -> Option<Guard<'_>> {
        self.lock.acquire(self.rank())
    }

    // ------------------------------------------------------------------ taking blocks

    /// A block of `class`, and more of them into the magazine. With `open` from a new slab, if no
    /// other has room.
    #[inline(never)]
    pub(crate) fn refill(&'static self, class: usize, open: bool) -> Option<NonNull<u8>> {
        self.tick();
        self.swings[class].note_empty(|| (self.front.capacity(class), size_class::size(class)));
        self.equip(class)?;
        if !self.mailbox.is_empty() {
            self.collect(true);
        }
        // From what was collected, or left in the magazine of a heap that was just claimed.
        if let Some(block) = self.front.pop_class(class) {
            return Some(block);
        }
        self.restock(class, open)?;
        self.front.pop_class(class)
    }

    /// Sees that a class has a magazine.
    #[inline(always)]
    fn equip(&self, class: usize) -> Option<()> {
        if self.front.is_equipped(class) { Some(()) } else { self.equip_anew(class) }
    }

    #[cold]
    #[inline(never)]
    fn equip_anew(&self, class: usize) -> Option<()> {
        let capacity = magazine::capacity(size_class::size(class));
        let slots = meta::allocate(magazine::slot_bytes(capacity))?;
        // SAFETY: the memory is new, and the front is this thread's.
        unsafe { self.front.equip(class, slots, capacity) };
        Some(())
    }

    /// Fills the empty magazine of a class with a batch. Apart, so that a refill from the mailbox saves few registers; so is
    /// [`equip_anew`](Heap::equip_anew).
    #[inline(never)]
    fn restock(&'static self, class: usize, open: bool) -> Option<()> {
        let _guard = self.lock()?;
        let batch = self.next_batch(class);
        // SAFETY: the magazine is equipped and ours, the blocks are new, and there is room.
        let mut add = |block| unsafe {
            self.front.push_class(class, block);
        };
        let slab = match self.shelves[class].partial.first() {
            Some(slab) => slab,
            None if self.take_mixed(class, batch, &mut add) => return Some(()),
            None if !open => return None,
            None if self.mix(class) && self.take_mixed(class, batch, &mut add) => return Some(()),
            None => {
                self.empty_resting();
                self.squeeze(WASTE_LEAST);
                self.open_slab(class)?
            }
        };
        let count = batch.min(slab.free());
        // SAFETY: the magazine is equipped, empty and ours.
        let touched = unsafe { self.front.fill(class, count, slab) };
        self.after_take(slab, count, touched);
        Some(())
    }

    /// One block of `class`, for a thread that has no magazine, or, unless from `mixed` slabs too,
    /// one at a multiple of the largest power of two that divides the class's size.
    pub(crate) fn take_one(&'static self, class: usize, mixed: bool) -> Option<NonNull<u8>> {
        self.collect(false);
        let guard = self.lock()?;
        let mut block = 0;
        let mut take = |taken| block = taken;
        match self.shelves[class].partial.first() {
            Some(slab) => self.take_from(slab, take),
            None if mixed && self.take_mixed(class, 1, &mut take) => {}
            None if mixed && self.mix(class) && self.take_mixed(class, 1, &mut take) => {}
            None => {
                self.squeeze(WASTE_LEAST);
                // That may have emptied this class's own magazine.
                let slab = self.shelves[class].partial.first();
                self.take_from(slab.or_else(|| self.open_slab(class))?, take);
            }
        }
        // What follows may fault, and a fork in the meantime would take the lock with it.
        drop(guard);
        // SAFETY: the block is ours, and has two words.
        unsafe { *slab::mark_of(block) = 0 };
        NonNull::new(block as *mut u8)
    }

    fn take_from(&self, slab: &'static Slab, each: impl FnMut(usize)) {
        let touched = slab.take(1, each);
        self.after_take(slab, 1, touched);
    }

    /// Batches start small, so that a class that is hardly used keeps little, and double.
    fn next_batch(&self, class: usize) -> usize {
        let most = self.front.capacity(class).div_ceil(2).clamp(1, BATCH_MOST);
        let batch = (self.batch[class].get() as usize).clamp(1, most);
        self.batch[class].set((batch * 2).min(most) as u8);
        batch
    }

    fn after_take(&self, slab: &'static Slab, count: usize, touched: usize) {
        self.account(count * size_class::size(slab.class()), touched);
        if slab.is_full() {
            let shelf = &self.shelves[slab.class()];
            shelf.partial.remove(slab);
            shelf.full.push(slab);
            if slab.has_lost_marks() {
                // There is no free block left that could miss its mark.
                slab.set_lost_marks(false);
                self.note(slab);
            }
        }
    }

    /// A new slab of `class`. Under the lock.
    fn open_slab(&'static self, class: usize) -> Option<&'static Slab> {
        let is_further = self.shelves[class].full.first().is_some();
        let take = |units| self.take_run(units, is_further);
        let slab = Slab::open(class, (self.address(), &self.spares), is_further, take)?;
        page_map::enter(slab.span(), true);
        self.account_slab(slab, 1);
        self.unsettle(class);
        // It grows again: what it was before is no measure any more.
        self.most_used.set(self.used.get());
        self.note(slab);
        self.shelves[class].partial.push(slab);
        Some(slab)
    }

    /// Enters a slab of one unit in the heap's own map. Without memory for that part of the map its
    /// blocks take the slower path.
    fn note(&self, slab: &'static Slab) {
        if slab.span().units() != 1 {
            return;
        }
        let (start, mapped) = (slab.span().start(), self.front.mapped());
        let unit = self.front.unit(start);
        if unit >= mapped && unit < self.units.get() {
            let wanted = align_up(MAP_OFFSET + unit + 1, MAP_STEP) - MAP_OFFSET;
            let wanted = wanted.min(self.units.get());
            let page = sys::page_size();
            let from = align_up(self.address() + MAP_OFFSET + mapped, page);
            let to = align_up(self.address() + MAP_OFFSET + wanted, page);
            // SAFETY: the pages are of this heap's range, behind the committed ones.
            match unsafe { self.ground.commit(from, to) } {
                Ok(()) => self.front.set_mapped(wanted),
                // It is not tried again.
                Err(NoClaim::Taken) => self.units.set(mapped),
                Err(NoClaim::Refused) => {}
            }
        }
        self.front.note(start, Some(slab.class()));
    }

    /// Whether the heap's own map knows the block's slab.
    #[cfg(test)]
    pub(crate) fn maps(&self, class: usize, block: usize) -> bool {
        self.front.finder(class)(block).is_some()
    }

    /// Takes a slab out of the heap's own map: its blocks take the slower path, or are no more.
    fn unnote(&self, slab: &'static Slab) {
        if slab.span().units() == 1 {
            self.front.note(slab.span().start(), None);
        }
    }

    /// Takes a slab out of the heap's own map, and back to the system.
    ///
    /// # Safety
    /// Under the lock; the slab's blocks are all free, and the lists name it no more.
    unsafe fn close(&self, slab: &'static Slab) {
        self.account_slab(slab, -1);
        self.unnote(slab);
        // SAFETY: as the caller promises.
        let (run, is_full) = unsafe { slab.close(&self.spares) };
        if !(is_full && self.lay_fallow(&run)) {
            self.has_closed.set(true);
            run.give_back();
        }
    }

    /// Makes a slab that no heap's lists name one of this heap's. Under the lock.
    fn receive(&'static self, slab: &'static Slab) {
        slab.set_heap(self.address());
        self.account_slab(slab, 1);
        if !(slab.has_lost_marks() || slab.is_mixed()) {
            self.note(slab);
        }
        self.list_of(slab).push(slab);
        self.has_mixed.set(self.has_mixed.get() || slab.is_mixed());
    }

    /// Gives a slab of `class` with a free block, or `or_full` any, to another heap. False when there
    /// is none. Under the locks of both.
    pub(crate) fn part_with(&'static self, class: usize, or_full: bool, to: &'static Heap) -> bool {
        let found = match self.shelves.get(class) {
            Some(shelf) => {
                let full = || shelf.full.first().filter(|_| or_full);
                shelf.partial.first().or_else(full)
            }
            None => self.mixed_slabs().next(),
        };
        let Some(slab) = found else { return false };
        self.part(slab, to);
        true
    }

    /// Gives a slab to another heap. Under the locks of both.
    fn part(&'static self, slab: &'static Slab, to: &'static Heap) {
        self.list_of(slab).remove(slab);
        self.unnote(slab);
        self.account_slab(slab, -1);
        self.has_parted.set(true);
        to.receive(slab);
    }

    /// The class of a slab that the heap could part with.
    pub(crate) fn any_class(&self) -> Option<usize> {
        let has_any = |s: &Shelf| s.partial.first().is_some() || s.full.first().is_some();
        let mixed = || self.mixed_slabs().next().map(|_| MIXED);
        self.shelves.iter().position(has_any).or_else(mixed)
    }

    /// The list that a slab of this heap is in.
    fn list_of(&self, slab: &Slab) -> &Slabs {
        match self.shelves.get(slab.class()) {
            Some(shelf) if slab.is_full() => &shelf.full,
            Some(shelf) => &shelf.partial,
            None => &self.mixed[slab.fit()],
        }
    }

    /// All slabs, under the lock.
    pub(crate) fn slabs(&'static self, _: &Guard<'_>) -> impl Iterator<Item = &'static Slab> {
        let uniform = |shelf: &'static Shelf| shelf.partial.iter().chain(shelf.full.iter());
        self.shelves.iter().flat_map(uniform).chain(self.mixed_slabs())
    }

    fn mixed_slabs(&self) -> impl Iterator<Item = &'static Slab> {
        self.mixed.iter().flat_map(Slabs::iter)
    }

    /// Every slab is in the right list and says it is this heap's.
    #[cfg(any(test, debug_assertions))]
    #[allow(dead_code)]
    pub(crate) fn check(&self) {
        let Some(_guard) = self.lock() else { return };
        let (mut used, mut waste) = (0, 0);
        let shelves = self.shelves.iter().flat_map(|shelf| [&shelf.partial, &shelf.full]);
        for list in shelves.chain(&self.mixed) {
            for slab in list.iter() {
                slab.check();
                used += slab.used_bytes() as isize;
                waste += slab.waste();
                assert!(core::ptr::eq(self.list_of(slab), list), "in the wrong list");
                assert!(list.contains(slab));
                assert_eq!(slab.heap(), self.address());
                let entry = page_map::entry(slab.span().start()).expect("in the map");
                assert!(core::ptr::eq(entry.span().expect("a span"), slab.span()));
            }
        }
        for class in 0..size_class::COUNT {
            assert!(self.front.count(class) <= self.front.capacity(class));
        }
        assert_eq!((used, waste), (self.used.get(), self.waste.get()));
    }
}

/// The slab of a block that came from one.
fn slab_of(block: usize) -> &'static Slab {
    match page_map::entry(block).and_then(|entry| Slab::of(entry.span()?)) {
        Some(slab) => slab,
        None => fatal::misuse("free", Misuse::NotABlock, block),
    }
}

/// The heap that holds a slab; none when the slab is closed.
pub(crate) fn holder(slab: &Slab) -> Option<&'static Heap> {
    Some(slab.heap()).filter(|&heap| heap != 0).map(Heap::at)
}

/// Asks something about a slab under the lock of its heap; None when a fork has left that locked,
/// perhaps in the middle of a change, or when the slab is closed. To be called under no lock.
pub(crate) fn examine<T>(slab: &'static Slab, ask: impl FnOnce() -> T) -> Option<T> {
    loop {
        let heap = holder(slab)?;
        let _guard = heap.lock()?;
        // The slab may have moved to another heap before we had the lock.
        if slab.heap() == heap.address() {
            return Some(ask());
        }
    }
}

/// A range of `all` bytes for a heap, of which the first `part` is committed; and whether it is reserved.
fn settle(all: usize, part: usize) -> Option<(usize, bool)> {
    if let Some((piece, has_part)) = ground::settle(all, part) {
        if !has_part {
            ground::give_up(piece, all);
        }
        return has_part.then_some((piece, false));
    }
    let piece = sys::reserve(all)?;
    // SAFETY: the range is new, and nobody else knows of it.
    unsafe {
        if sys::commit(piece, part) {
            return Some((piece, true));
        }
        sys::unmap(piece, all);
    }
    None
}

/// Puts a freed block back into its slab, whose heap may be anybody's. Under no lock.
pub(crate) fn put_directly(slab: &'static Slab, block: usize) {
    loop {
        // The block was the slab's last, and another thread has just freed it, too.
        let Some(heap) = holder(slab) else {
            fatal::misuse("free", Misuse::DoubleFree, block);
        };
        // Of a heap that a fork has left locked nothing can be reused.
        let Some(_guard) = heap.lock() else { return };
        if slab.heap() == heap.address() {
            heap.put_back(slab, block);
            if heap.is_central() {
                heap.squeeze(WASTE_LATER);
            }
            break;
        }
    }
    purge::enforce(0);
}
