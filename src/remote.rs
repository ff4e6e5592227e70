//! Blocks freed by threads that do not own them: crates and mailboxes.
//!
//! A thread packs such blocks into crates, one for each class, addressed to the heap that holds
//! their slabs; or, where blocks of several owners come in turn, into assorted crates, one for each
//! owner. A full crate is delivered to that heap's mailbox with one exchange. Anyone delivers; who takes,
//! takes everything, so there is no ABA; and since a crate holds addresses apart from the blocks, nothing
//! that a program does to a freed block can mislead anyone.
//!
//! Blocks in crates count as used by their slabs, so a slab cannot be released meanwhile. It can
//! move to another heap, though: who takes a crate asks each block's slab whose it is now.

use crate::sync::{AtomicUsize, Ordering, compiler_fence};
use core::cell::Cell;

/// Blocks in a crate, which then fills a kilobyte.
pub(crate) const CRATE: usize = 124;

#[cfg(not(loom))]
const _: () = assert!(size_of::<Crate>() == 1024);
/// The most bytes that wait in a crate of larger blocks.
const CRATE_BYTES: usize = 16 << 10;
/// But no fewer than so many.
const LEAST: usize = 4;
/// What stands for the class of an assorted crate: more than any class.
pub(crate) const ASSORTED: usize = 255;
/// Where the class of a block stands in an assorted crate. User addresses have no such bits.
const CLASS_SHIFT: u32 = 56;

/// Freed blocks of one class, or of any, on their way to one heap. It is owned by the thread that packs it,
/// then by the mailbox, then by who took it from there.
#[repr(C)]
pub(crate) struct Crate {
    link: AtomicUsize,
    /// The address of the heap.
    to: Cell<usize>,
    class: Cell<u32>,
    /// How many more blocks fit; they are filled from the last place to the first.
    left: Cell<u32>,
    most: Cell<u32>,
    /// Of an assorted crate, the bytes of its blocks.
    bytes: Cell<u32>,
    blocks: [Cell<usize>; CRATE],
}

// SAFETY: one owner at a time, as said above; the exchanges of the mailbox order the handing over.
unsafe impl Sync for Crate {}

impl Crate {
    /// An unused crate.
    #[cfg(test)]
    pub(crate) fn new() -> Crate {
        Crate {
            link: AtomicUsize::new(0),
            to: Cell::new(0),
            class: Cell::new(0),
            left: Cell::new(0),
            most: Cell::new(0),
            bytes: Cell::new(0),
            blocks: [const { Cell::new(0) }; CRATE],
        }
    }

    /// Where the heap's address stands.
    pub(crate) const TO: usize = core::mem::offset_of!(Crate, to);

    /// Makes an unused or empty crate one for blocks of a class to a heap. What stands in an empty one does not matter.
    pub(crate) fn open(&self, to: usize, class: usize, size: usize) {
        let most = (CRATE_BYTES / size).clamp(LEAST, CRATE) as u32;
        self.to.set(to);
        self.class.set(class as u32);
        self.left.set(most);
        self.most.set(most);
    }

    /// Makes an unused or empty crate an assorted one.
    pub(crate) fn open_assorted(&self, to: usize) {
        self.bytes.set(0);
        self.open(to, ASSORTED, 1);
    }

    /// The one that was delivered before it, for who has taken both.
    pub(crate) fn next(&self) -> Option<&'static Crate> {
        // SAFETY: who delivers a crate sets its link, to a crate or null; only crates are delivered, and their memory is not
        // given back before they are taken.
        unsafe { (self.link.load(Ordering::Relaxed) as *const Crate).as_ref() }
    }

    pub(crate) fn is_to(&self, heap: usize) -> bool {
        self.to.get() == heap
    }

    pub(crate) fn to(&self) -> usize {
        self.to.get()
    }

    pub(crate) fn class(&self) -> usize {
        self.class.get() as usize
    }

    /// Adds a block. True when the crate is full now, and to be sent.
    #[inline(always)]
    pub(crate) fn add(&self, block: usize) -> bool {
        let left = self.left.get().wrapping_sub(1);
        debug_assert!((left as usize) < CRATE);
        // SAFETY: a crate is opened with room for one block at least and `CRATE` at most, and sent
        // when it is full.
        unsafe { self.blocks.get_unchecked(left as usize) }.set(block);
        // A fork may freeze the crate at any instruction: the block must be there first.
        compiler_fence(Ordering::Release);
        self.left.set(left);
        left == 0
    }

    /// Adds a block of a class to an assorted crate. True when it is full now, and to be sent.
    #[inline]
    pub(crate) fn add_assorted(&self, class: usize, size: usize, block: usize) -> bool {
        debug_assert!(block >> CLASS_SHIFT == 0 && class < ASSORTED);
        let bytes = self.bytes.get() + size as u32;
        self.bytes.set(bytes);
        self.add(block | class << CLASS_SHIFT) || bytes as usize >= CRATE_BYTES
    }

    /// The class and the address of what stands in an assorted crate.
    #[inline(always)]
    pub(crate) fn class_and_block(entry: usize) -> (usize, usize) {
        (entry >> CLASS_SHIFT, entry & ((1 << CLASS_SHIFT) - 1))
    }

    /// The blocks in the crate.
    pub(crate) fn blocks(&self) -> &[Cell<usize>] {
        let most = (self.most.get() as usize).min(CRATE);
        &self.blocks[(self.left.get() as usize).min(most)..most]
    }

    /// How many there are. From outside, where another thread may be packing it, a glimpse.
    pub(crate) fn count(&self) -> usize {
        self.blocks().len()
    }
}

/// So many crates in a mailbox are a pile: its heap's thread is not at work, or takes no blocks that it does not have.
const PILE: usize = 64;

/// Crates for a heap.
pub(crate) struct Mailbox {
    /// The address of the last one delivered.
    last: AtomicUsize,
    /// About how many there are.
    count: AtomicUsize,
}

impl Mailbox {
    pub(crate) const fn new() -> Mailbox {
        Mailbox { last: AtomicUsize::new(0), count: AtomicUsize::new(0) }
    }

    /// Delivers a crate, which the caller gives up. Whether the mailbox is a pile now, to be taken by who likes.
    pub(crate) fn deliver(&self, parcel: &'static Crate) -> bool {
        let address = (&raw const *parcel) as usize;
        let mut head = self.last.load(Ordering::Relaxed);
        loop {
            parcel.link.store(head, Ordering::Relaxed);
            match self.last.compare_exchange_weak(
                head,
                address,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return self.count.fetch_add(1, Ordering::Relaxed) >= PILE,
                Err(now) => head = now,
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.last.load(Ordering::Relaxed) == 0
    }

    /// About so great a part of a pile is in it.
    pub(crate) fn has_part(&self, part: usize) -> bool {
        self.count.load(Ordering::Relaxed) * part >= PILE
    }

    /// Takes all crates; they are the caller's now.
    pub(crate) fn take(&self) -> impl Iterator<Item = &'static Crate> + use<> {
        let mut at = self.take_last();
        core::iter::from_fn(move || {
            let parcel = at?;
            at = parcel.next();
            Some(parcel)
        })
    }

    /// The same, by the one that was delivered last, which leads to the others.
    pub(crate) fn take_last(&self) -> Option<&'static Crate> {
        self.count.store(0, Ordering::Relaxed);
        // SAFETY: as in `next`; the exchange orders what stands in them.
        unsafe { (self.last.swap(0, Ordering::Acquire) as *const Crate).as_ref() }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::boxed::Box;
    use std::vec::Vec;

    fn packed(to: usize, blocks: core::ops::Range<usize>) -> &'static Crate {
        let parcel: &'static Crate = Box::leak(Box::new(Crate::new()));
        parcel.open(to, 3, 64);
        for block in blocks {
            assert_eq!(parcel.add(block), parcel.count() == CRATE);
        }
        parcel
    }

    #[test]
    fn all_blocks_of_all_crates_arrive_once() {
        let mailbox = Mailbox::new();
        std::thread::scope(|scope| {
            for thread in 0..4usize {
                let mailbox = &mailbox;
                scope.spawn(move || {
                    for i in 0..100 {
                        let first = (thread * 100 + i) * CRATE;
                        mailbox.deliver(packed(7, first..first + CRATE));
                    }
                });
            }
        });
        let mut seen: Vec<usize> = mailbox
            .take()
            .inspect(|parcel| assert!(parcel.is_to(7) && parcel.class() == 3))
            .flat_map(|parcel| parcel.blocks().iter().map(Cell::get).collect::<Vec<_>>())
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..4 * 100 * CRATE).collect::<Vec<_>>());
        assert!(mailbox.is_empty());
    }

    #[test]
    fn each_crate_is_one_threads_at_a_time() {
        const CRATES: usize = 12;
        let (mailbox, turns, taken) = (Mailbox::new(), 20_000, AtomicUsize::new(0));
        for _ in 0..CRATES {
            mailbox.deliver(packed(0, 0..0));
        }
        std::thread::scope(|scope| {
            for thread in 1..=4usize {
                let (mailbox, taken) = (&mailbox, &taken);
                scope.spawn(move || {
                    for _ in 0..turns {
                        for parcel in mailbox.take() {
                            assert!(parcel.is_to(0), "two have it");
                            parcel.open(thread, 1, 64);
                            std::thread::yield_now();
                            assert!(parcel.is_to(thread));
                            parcel.open(0, 1, 64);
                            taken.fetch_add(1, Ordering::Relaxed);
                            mailbox.deliver(parcel);
                        }
                    }
                });
            }
        });
        assert!(taken.load(Ordering::Relaxed) > turns);
        assert_eq!(mailbox.take().count(), CRATES);
    }

    #[test]
    fn a_crate_of_large_blocks_is_full_sooner() {
        let parcel = packed(1, 0..0);
        for (size, room) in [(CRATE_BYTES / 5, 5), (CRATE_BYTES, LEAST), (64 << 10, LEAST)] {
            parcel.open(1, 0, size);
            let full: Vec<bool> = (0..room).map(|block| parcel.add(block)).collect();
            assert_eq!(full.iter().position(|&is_full| is_full), Some(room - 1));
            let blocks = parcel.blocks().iter().map(Cell::get);
            assert!(blocks.eq((0..room).rev()));
        }
    }
}
