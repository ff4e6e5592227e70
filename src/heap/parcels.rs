//! Blocks that a heap's thread frees but does not own, on their way to the heaps that do; and those that
//! others have freed, on their way in.

use super::{Heap, SHARED, holder, put_directly, slab_of};
use crate::remote::Crate;
use crate::slab::Slab;
use crate::sync::Cell;
use crate::{meta, page_map, purge, size_class};
use core::ptr::NonNull;

/// A crate with fewer blocks is not sent to make room for one to another heap.
const WORTH_SENDING: usize = 8;

impl Heap {
    /// Sends a block of a slab that another heap holds on its way. Called by the heap's thread.
    #[inline(never)]
    pub(crate) fn give_away(&'static self, slab: &'static Slab, block: usize) {
        self.tick();
        let class = slab.class_of(block);
        let is_shared = |holder: &Heap| size_class::size(class) > SHARED && holder.is_central();
        let Some(holder) = holder(slab).filter(|holder| !is_shared(holder)) else {
            // Nobody may look into that mailbox soon.
            return put_directly(slab, block);
        };
        let holder = holder.address();
        match self.front.pack(class, holder, block) {
            Some(false) => return,
            Some(true) => return self.send(class),
            None => {}
        }
        if let Some(parcel) = self.front.parcel(class) {
            if parcel.count() < WORTH_SENDING {
                // Blocks of several owners in turn would send crates with hardly anything in them.
                self.readdress(class, parcel, holder, block);
                return;
            }
            self.send(class);
        }
        let Some(piece) = meta::allocate(size_of::<Crate>()) else {
            return put_directly(slab, block);
        };
        // SAFETY: a zeroed piece is an unused crate, and it is ours alone.
        let parcel: &'static Crate = unsafe { piece.cast().as_ref() };
        parcel.open(holder, class, size_class::size(class));
        self.front.set_parcel(class, Some(parcel));
        if parcel.add(block) {
            self.send(class);
        }
    }

    /// Puts the few blocks of a crate into their slabs, and packs it anew with one for another heap.
    fn readdress(&self, class: usize, parcel: &'static Crate, holder: usize, block: usize) {
        // Nobody sees the crate meanwhile: a fork may then lose these blocks, but no block twice.
        self.front.set_parcel(class, None);
        for block in parcel.blocks() {
            put_directly(slab_of(block.get()), block.get());
        }
        parcel.open(holder, class, size_class::size(class));
        let is_full = parcel.add(block);
        self.front.set_parcel(class, Some(parcel));
        if is_full {
            self.send(class);
        }
    }

    /// Delivers a crate of the outbox.
    #[inline(never)]
    pub(crate) fn send(&self, class: usize) {
        if let Some(parcel) = self.front.parcel(class) {
            self.front.set_parcel(class, None);
            Heap::at(parcel.to()).mailbox.deliver(parcel);
        }
    }

    /// Sends everything that waits in the outbox.
    pub(crate) fn send_all(&self) {
        for class in 0..size_class::COUNT {
            self.send(class);
        }
    }

    /// Takes in what other threads have freed: the heap's own thread into its magazines, as far as
    /// there is room; anyone else, and the rest, into the slabs. Not under the lock.
    #[inline(never)]
    pub(crate) fn collect(&'static self, is_own_thread: bool) {
        for parcel in self.mailbox.take() {
            if !(is_own_thread && self.append(parcel)) {
                self.unpack(parcel);
            }
            // SAFETY: the crate came from `meta`, was taken from the mailbox, and is empty.
            unsafe { meta::release(NonNull::from(parcel).cast(), size_of::<Crate>()) };
        }
    }

    /// Puts the blocks of a crate into the magazine, if that has room or can get it.
    fn append(&'static self, parcel: &'static Crate) -> bool {
        let (class, blocks) = (parcel.class(), parcel.blocks());
        let is_ours = |block: &Cell<usize>| slab_of(block.get()).heap() == self.address();
        if self.has_parted.get() && !blocks.iter().all(is_ours) {
            return false;
        }
        self.front.append(class, blocks)
            || self.front.is_equipped(class) && self.grow(class) && self.front.append(class, blocks)
    }

    fn unpack(&'static self, parcel: &'static Crate) {
        let mut guard = self.lock();
        let (base, mut simple) = (page_map::base(), 0);
        let mut rest = parcel.blocks();
        while let Some(block) = rest.first().map(Cell::get) {
            let put = if guard.is_some() { self.put_simple(base, rest) } else { 0 };
            simple += put;
            rest = &rest[put.max(1)..];
            if put > 0 {
                continue;
            }
            let slab = slab_of(block);
            if guard.is_some() && slab.heap() == self.address() {
                self.put_back(slab, block);
            } else {
                drop(guard.take());
                put_directly(slab, block);
                guard = self.lock();
            }
        }
        if simple > 0 {
            // The lock may have been let go in between, but it is held again.
            self.account_back(simple * size_class::size(parcel.class()));
        }
        drop(guard);
        purge::enforce();
    }
}
