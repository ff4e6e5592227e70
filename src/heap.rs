//! Heaps: the slabs that belong together, and the magazines in front of them.
//!
//! A thread's heap is used by that thread: its magazines and its outbox without any lock, its slabs under
//! the heap's lock, which is taken once for a batch of blocks and which other threads take only to
//! give memory back to the system. Blocks that the thread frees but does not own collect in the
//! outbox, by slab, and go to their owner's inbox in batches.
//!
//! The same structure without magazines serves as a shard of the central heap.

use crate::fatal::{self, Misuse};
use crate::lock::{Guard, Lock, Rank};
use crate::magazine::{self, Front, MAP_OFFSET};
use crate::remote::{Chain, Inbox};
use crate::slab::{self, Slab, Slabs};
use crate::units::align_up;
use crate::{arena, central, meta, page_map, purge, size_class, sys};
use core::cell::{Cell, UnsafeCell};
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicU32};

/// Packets in an outbox; each holds blocks of one slab.
const PACKETS: usize = 16;
/// A packet is sent when it has this many blocks or bytes.
const PACKET_BLOCKS: u32 = 32;
const PACKET_BYTES: usize = 16 << 10;
/// How many slabs are looked at for the one with the lowest address.
const LOOK_AT: usize = 8;
/// Slow paths between two looks at the clock.
const TICK_EVERY: u32 = 16;

/// Bytes of a heap's map that are committed at a time.
const MAP_STEP: usize = 16 << 10;

const _: () = assert!(size_of::<Heap>() <= MAP_OFFSET);

/// Blocks of one slab on their way to its heap.
struct Packet {
    slab: Cell<Option<&'static Slab>>,
    chain: Cell<Option<Chain>>,
    count: Cell<u32>,
}

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
    outbox: [Packet; PACKETS],
    ticks: Cell<u32>,
    /// Part of the central heap.
    is_central: Cell<bool>,
    /// How many units the map would answer for if all of it were committed.
    units: Cell<usize>,

    lock: Lock,
    shelves: [Shelf; size_class::COUNT],

    inbox: Inbox,
    /// Held by the owning thread as long as it lives; see the thread module.
    pub(crate) owner: UnsafeCell<libc::pthread_mutex_t>,
    /// The process generation whose threads `owner` speaks of.
    pub(crate) generation: AtomicU32,
    pub(crate) next: AtomicPtr<Heap>,
}

// SAFETY: front, batches, outbox and ticks belong to the owning thread; shelves to who holds `lock`;
// the rest is atomic or a mutex.
unsafe impl Sync for Heap {}

impl Heap {
    /// A new heap that no thread owns.
    pub(crate) fn open(is_central: bool) -> Option<&'static Heap> {
        let (base, units) = arena::first_units();
        let units = if is_central { 0 } else { units };
        let page = sys::page_size();
        let all = align_up(MAP_OFFSET + units, page);
        let part = align_up(MAP_OFFSET + units.min(MAP_STEP), page).min(all);
        let piece = sys::reserve(all)?;
        // SAFETY: the range was just reserved, and nobody else knows of it.
        unsafe {
            if !sys::commit(piece, part) {
                sys::unmap(piece, all);
                return None;
            }
        }
        let heap = Heap::at(piece);
        heap.is_central.set(is_central);
        heap.front.open(base, units.min(part - MAP_OFFSET));
        heap.units.set(units);
        Some(heap)
    }

    /// The heap at an address that came from [`address`](Heap::address).
    pub(crate) fn at(address: usize) -> &'static Heap {
        // SAFETY: a heap's memory is never taken back, and zero bytes are a heap.
        unsafe { &*(address as *const Heap) }
    }

    /// What slabs and thread slots say of this heap.
    pub(crate) fn address(&self) -> usize {
        (&raw const *self) as usize
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

    /// A block of `class`, and more of them into the magazine, which is empty.
    #[inline(never)]
    pub(crate) fn refill(&'static self, class: usize) -> Option<NonNull<u8>> {
        self.tick();
        if !self.front.is_equipped(class) {
            let slots = meta::allocate(magazine::slot_bytes(size_class::size(class)))?;
            // SAFETY: the memory is new, and the front is this thread's.
            unsafe { self.front.equip(class, slots) };
        }
        {
            let guard = self.lock()?;
            let slab = self.slab_with_room(class, &guard)?;
            let count = self.next_batch(class).min(slab.free());
            // SAFETY: the magazine is equipped, empty and ours.
            unsafe { self.front.fill(class, count, slab) };
            self.after_take(slab);
        }
        self.front.pop_class(class)
    }

    /// One block of `class`, for a thread that has no magazine.
    pub(crate) fn take_one(&'static self, class: usize) -> Option<NonNull<u8>> {
        let guard = self.lock()?;
        let slab = self.slab_with_room(class, &guard)?;
        let mut block = 0;
        slab.take(1, |taken| block = taken);
        self.after_take(slab);
        // SAFETY: the block is ours, and has two words.
        unsafe { *slab::mark_of(block) = 0 };
        NonNull::new(block as *mut u8)
    }

    /// Batches start small, so that a class that is hardly used keeps little, and double.
    fn next_batch(&self, class: usize) -> usize {
        let most = magazine::capacity(size_class::size(class)).div_ceil(2);
        let batch = (self.batch[class].get() as usize).clamp(1, most);
        self.batch[class].set((batch * 2).min(most) as u8);
        batch
    }

    fn after_take(&self, slab: &'static Slab) {
        if slab.is_full() {
            let shelf = &self.shelves[slab.class()];
            shelf.partial.remove(slab);
            shelf.full.push(slab);
            // Without free blocks no mark can be missing: see `give_pages`.
            self.note(slab);
        }
    }

    /// A slab of `class` with a free block, at the head of its list.
    fn slab_with_room(&'static self, class: usize, guard: &Guard<'_>) -> Option<&'static Slab> {
        let shelf = &self.shelves[class];
        if shelf.partial.first().is_none() {
            self.collect(guard);
        }
        if let Some(slab) = shelf.partial.first() {
            return Some(slab);
        }
        if !self.is_central.get()
            && let Some(slab) = central::adopt(class, self)
        {
            self.receive(slab);
            if !slab.is_full() {
                return Some(slab);
            }
        }
        let slab = Slab::open(class, self.address())?;
        page_map::enter(slab.span());
        self.note(slab);
        shelf.partial.push(slab);
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
            // SAFETY: the pages belong to this heap's reservation, behind the committed ones.
            if to <= from || unsafe { sys::commit(from, to - from) } {
                self.front.set_mapped(wanted);
            }
        }
        self.front.note(start, Some(slab.class()));
    }

    /// Takes a slab out of the heap's own map, and back to the system.
    ///
    /// # Safety
    /// Under the lock; the slab's blocks are all free, and the lists name it no more.
    unsafe fn close(&self, slab: &'static Slab) {
        self.front.note(slab.span().start(), None);
        // SAFETY: as the caller promises.
        unsafe { slab.close() };
    }

    /// Makes a slab that no heap's lists name one of this heap's. Under the lock.
    pub(crate) fn receive(&'static self, slab: &'static Slab) {
        slab.set_heap(self.address());
        self.note(slab);
        let shelf = &self.shelves[slab.class()];
        if slab.is_full() { shelf.full.push(slab) } else { shelf.partial.push(slab) }
    }

    /// Takes a slab with a free block out of this heap's lists. Under the lock.
    pub(crate) fn part_with(
        &'static self,
        class: usize,
        guard: &Guard<'_>,
    ) -> Option<&'static Slab> {
        let shelf = &self.shelves[class];
        if shelf.partial.first().is_none() {
            self.collect(guard);
        }
        let slab = shelf.partial.first()?;
        shelf.partial.remove(slab);
        self.front.note(slab.span().start(), None);
        Some(slab)
    }

    // ------------------------------------------------------------------ giving blocks

    /// Puts a freed block of one of this heap's slabs away. Called by the heap's thread.
    #[inline(never)]
    pub(crate) fn give(&'static self, class: usize, block: usize) {
        // SAFETY: the front is this thread's and the block one of its class, given up.
        if unsafe { !self.front.push_class(class, block) } {
            self.tick();
            self.flush(class, self.front.count(class).div_ceil(2));
            // SAFETY: as above.
            unsafe { self.front.push_class(class, block) };
        }
    }

    /// Gives the `count` oldest blocks of a magazine back to their slabs.
    fn flush(&'static self, class: usize, count: usize) {
        let Some(guard) = self.lock() else { return };
        // SAFETY: the magazine is this thread's, or its thread is dead and we claimed the heap.
        unsafe { self.front.drain(class, count, |block| self.put_back(block, &guard)) };
        self.look_for_low(class);
    }

    /// Brings the slab with the lowest address among the first few to the head of its list, so that
    /// the heap grows dense at its low end and empties at its high end.
    fn look_for_low(&self, class: usize) {
        let partial = &self.shelves[class].partial;
        let lowest = partial.iter().take(LOOK_AT).min_by_key(|slab| slab.span().start());
        if let (Some(lowest), Some(first)) = (lowest, partial.first())
            && !ptr::eq(lowest, first)
        {
            partial.remove(lowest);
            partial.push(lowest);
        }
    }

    fn put_back(&'static self, block: usize, _: &Guard<'_>) {
        let slab = page_map::entry(block).and_then(|entry| Slab::of(entry.span()?));
        let Some(slab) = slab else { fatal::bug("a magazine held a block of no slab") };
        match slab.index_of(block) {
            Some(index) if slab.put(index) => self.settle(slab, 1),
            Some(_) => fatal::misuse("free", Misuse::DoubleFree, block),
            None => fatal::misuse("free", Misuse::NotABlock, block),
        }
    }

    /// Puts a slab to which `more` blocks just came back into the right list, or gives it back.
    fn settle(&'static self, slab: &'static Slab, more: usize) {
        let shelf = &self.shelves[slab.class()];
        if slab.free() == more {
            shelf.full.remove(slab);
            shelf.partial.push(slab);
        }
        if slab.is_empty() {
            self.close_one(shelf, slab);
        }
    }

    /// Closes one of the empty slabs of a shelf on which `slab` has just become empty. One stays if
    /// there is nothing else with room, so that a program at its edge does not open and close slabs
    /// all the time: the lowest, so that the heap can shrink.
    fn close_one(&self, shelf: &Shelf, slab: &'static Slab) {
        let start = |slab: &'static Slab| slab.span().start();
        let is_other_empty = |other: &&'static Slab| other.is_empty() && !ptr::eq(*other, slab);
        let other = shelf.partial.iter().take(LOOK_AT).find(is_other_empty);
        let closed = match other {
            Some(other) if start(other) > start(slab) => other,
            Some(_) => slab,
            None if shelf.partial.is_single() => return,
            None => slab,
        };
        shelf.partial.remove(closed);
        // SAFETY: we hold the lock, and the lists name the slab no more.
        unsafe { self.close(closed) };
    }

    /// Takes in what other threads have freed.
    pub(crate) fn collect(&'static self, _: &Guard<'_>) {
        if self.inbox.is_empty() {
            return;
        }
        // SAFETY: only slabs are delivered.
        for slab in unsafe { self.inbox.take::<Slab>() } {
            if slab.heap() != self.address() {
                // It moved to another heap while it was being delivered.
                Heap::at(slab.heap()).inbox.deliver(slab);
                continue;
            }
            let before = slab.free();
            if let Err(block) = slab.collect() {
                fatal::misuse("free", Misuse::CorruptedList, block);
            }
            let more = slab.free() - before;
            if more > 0 {
                self.settle(slab, if before == 0 { slab.free() } else { 0 });
            }
        }
    }

    // ------------------------------------------------------------------ blocks of others

    /// Sends a block of another heap's slab on its way. Called by the heap's thread.
    pub(crate) fn give_away(&'static self, slab: &'static Slab, block: usize) {
        let key = ((&raw const *slab) as usize / align_of::<Slab>()) % PACKETS;
        let packet = &self.outbox[key];
        let same = packet.slab.get().is_some_and(|held| ptr::eq(held, slab));
        match packet.chain.get() {
            Some(mut chain) if same => {
                // SAFETY: the block is of the packet's slab, and given up.
                unsafe { chain.prepend(block) };
                packet.chain.set(Some(chain));
            }
            _ => {
                packet.send();
                packet.slab.set(Some(slab));
                // SAFETY: the block is given up.
                packet.chain.set(Some(unsafe { Chain::new(block) }));
            }
        }
        let count = packet.count.get() + 1;
        packet.count.set(count);
        if count >= PACKET_BLOCKS || count as usize * slab.size() >= PACKET_BYTES {
            packet.send();
        }
    }

    /// Sends everything that waits in the outbox.
    pub(crate) fn send_all(&self) {
        for packet in &self.outbox {
            packet.send();
        }
    }

    /// Whether `block`, marked as free, waits somewhere in this heap: in its magazine, its outbox.
    pub(crate) fn holds(&self, class: usize, slab: &'static Slab, block: usize) -> bool {
        if self.front.holds(class, block) {
            return true;
        }
        self.outbox.iter().any(|packet| {
            let same = packet.slab.get().is_some_and(|held| ptr::eq(held, slab));
            same && packet
                .chain
                .get()
                .is_some_and(|chain| chain.holds(|a| slab.index_of(a).is_some(), block))
        })
    }

    // ------------------------------------------------------------------ giving memory back

    fn tick(&'static self) {
        let ticks = self.ticks.get().wrapping_add(1);
        self.ticks.set(ticks);
        if ticks.is_multiple_of(TICK_EVERY)
            && let Some(all_old) = purge::due()
        {
            self.on_tick(all_old);
        }
    }

    #[cold]
    #[inline(never)]
    fn on_tick(&'static self, all_old: bool) {
        self.send_all();
        if let Some(guard) = self.lock() {
            self.collect(&guard);
            self.give_pages(&guard);
        }
        purge::tick(all_old);
    }

    /// Closes empty slabs and gives back the pages of free blocks. Returns the bytes of the latter.
    fn give_pages(&'static self, _: &Guard<'_>) -> usize {
        let mut bytes = 0;
        for shelf in &self.shelves {
            for slab in shelf.partial.iter() {
                if slab.is_empty() {
                    shelf.partial.remove(slab);
                    // SAFETY: we hold the lock, and the lists name the slab no more.
                    unsafe { self.close(slab) };
                } else {
                    let purged = slab.purge();
                    if purged > 0 {
                        // The marks of free blocks went with the pages: for blocks of this slab
                        // the slow path asks the bitmap.
                        self.front.note(slab.span().start(), None);
                    }
                    bytes += purged;
                }
            }
        }
        bytes
    }

    /// Gives back what no live block pins; of another thread's heap all but its magazines.
    pub(crate) fn purge(&'static self) -> usize {
        let Some(guard) = self.lock() else { return 0 };
        self.collect(&guard);
        self.give_pages(&guard)
    }

    /// Empties magazines and outbox into the slabs.
    ///
    /// # Safety
    /// The heap is the calling thread's, or its thread is dead and the caller claimed it.
    pub(crate) unsafe fn put_away(&'static self) {
        for class in 0..size_class::COUNT {
            match self.front.count(class) {
                0 => {}
                count => self.flush(class, count),
            }
        }
        self.send_all();
    }

    /// Hands all slabs over to the central heap.
    ///
    /// # Safety
    /// The heap's thread is dead, and the caller claimed the heap and put its blocks away.
    pub(crate) unsafe fn hand_over(&'static self) {
        let Some(guard) = self.lock() else { return };
        self.collect(&guard);
        self.give_pages(&guard);
        for shelf in &self.shelves {
            for list in [&shelf.partial, &shelf.full] {
                for slab in list.iter() {
                    let forget = |slab: &'static Slab| {
                        list.remove(slab);
                        self.front.note(slab.span().start(), None);
                    };
                    if central::receive(slab, forget).is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Delivers a slab with remotely freed blocks to the heap that holds it.
    pub(crate) fn deliver(slab: &'static Slab) {
        Heap::at(slab.heap()).inbox.deliver(slab);
    }

    /// All slabs, under the lock.
    pub(crate) fn slabs(&self, _: &Guard<'_>) -> impl Iterator<Item = &'static Slab> {
        self.shelves.iter().flat_map(|shelf| shelf.partial.iter().chain(shelf.full.iter()))
    }

    /// Every slab is in the right list and says it is this heap's.
    #[cfg(any(test, debug_assertions))]
    #[allow(dead_code)]
    pub(crate) fn check(&self) {
        let Some(_guard) = self.lock() else { return };
        for (class, shelf) in self.shelves.iter().enumerate() {
            for (list, full) in [(&shelf.partial, false), (&shelf.full, true)] {
                for slab in list.iter() {
                    slab.check();
                    assert_eq!(slab.class(), class);
                    assert_eq!(slab.heap(), self.address());
                    assert_eq!(slab.is_full(), full);
                    assert!(list.contains(slab));
                    let entry = page_map::entry(slab.span().start()).expect("in the map");
                    assert!(ptr::eq(entry.span().expect("a span"), slab.span()));
                }
            }
            assert!(self.front.count(class) <= magazine::capacity(size_class::size(class)));
        }
    }
}

impl Packet {
    fn send(&self) {
        if let (Some(slab), Some(chain)) = (self.slab.take(), self.chain.take()) {
            self.count.set(0);
            // SAFETY: the chain's blocks are of the slab, and the packet gives them up.
            if unsafe { slab.remote().push(chain) } {
                Heap::deliver(slab);
            }
        }
    }
}
