//! Blocks that a heap's thread frees but does not own, on their way to the heaps that do; and those that
//! others have freed, on their way in.

use super::{Heap, SHARED, holder, put_directly, roll, slab_of};
use crate::remote::{ASSORTED, Crate, Mailbox};
use crate::slab::Slab;
use crate::sync::{Cell, Ordering, compiler_fence};
use crate::{meta, purge, size_class};
use core::ptr::NonNull;

/// A crate with fewer blocks is not sent to make room for one to another heap.
const WORTH_SENDING: usize = 8;
/// Assorted crates that a thread packs at once at most; bytes of blocks that have gone into them when all are sent, less in a
/// process of several heaps; and the largest share of one that packs some.
pub(super) const ASSORTED_PLACES: usize = 32;
pub(super) const ASSORTED_BYTES: usize = 256 << 10;
pub(super) const ASSORTED_SHARE: usize = 2;

const _: () = assert!(size_class::COUNT <= ASSORTED);

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
        let Some(parcel) = self.new_crate() else { return put_directly(slab, block) };
        parcel.open(holder, class, size_class::size(class));
        self.front.set_parcel(class, Some(parcel));
        if parcel.add(block) {
            self.send(class);
        }
    }

    /// Puts the few blocks of a crate into the assorted crate of their owner, or into their slabs, and packs it anew
    /// with one for another heap.
    fn readdress(&self, class: usize, parcel: &'static Crate, holder: usize, block: usize) {
        // Nobody sees the crate meanwhile: a fork may then lose these blocks, but no block twice.
        self.front.set_parcel(class, None);
        if self.assorted_most.get() > 0 {
            for block in parcel.blocks().iter().map(Cell::get) {
                self.assort(class, parcel.to(), block);
            }
        } else {
            Heap::at(parcel.to()).unpack(parcel);
        }
        parcel.open(holder, class, size_class::size(class));
        let is_full = parcel.add(block);
        self.front.set_parcel(class, Some(parcel));
        if is_full {
            self.send(class);
        }
    }

    /// Puts a block of a class that heap `to` holds into the assorted crate for that heap.
    fn assort(&self, class: usize, to: usize, block: usize) {
        // Heaps are mappings of their own.
        let hash = (to >> 12).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = &self.assorted[hash >> (usize::BITS - ASSORTED_PLACES.ilog2())];
        let set = |parcel: Option<&'static Crate>| {
            // A fork may freeze this thread here: a crate that can be seen has an address.
            compiler_fence(Ordering::Release);
            place.set(parcel);
        };
        let found = place.get();
        let parcel = match found.filter(|parcel| parcel.is_to(to)) {
            Some(parcel) => parcel,
            None => {
                set(None);
                let Some(parcel) = found.and_then(dismiss).or_else(|| self.new_crate()) else {
                    return put_directly(slab_of(block), block);
                };
                parcel.open_assorted(to);
                set(Some(parcel));
                parcel
            }
        };
        let size = size_class::size(class);
        if parcel.add_assorted(class, size, block) {
            set(None);
            deliver(parcel);
        }
        match self.assorted_left.get().checked_sub(size) {
            Some(left) => self.assorted_left.set(left),
            None => self.dismiss_all(),
        }
    }

    /// Sends the assorted crates on their way, or what is in them, since it has become much.
    #[cold]
    fn dismiss_all(&self) {
        self.assorted_left.set(self.assorted_most.get());
        for place in &self.assorted {
            if let Some(parcel) = place.take().and_then(dismiss) {
                // SAFETY: what was dismissed is empty, and in no place and no mailbox.
                unsafe { release(parcel) };
            }
        }
    }

    /// An unused crate, or one that was emptied. For the heap's thread.
    fn new_crate(&self) -> Option<&'static Crate> {
        if let Some(spare) = self.spare_crate.get().or_else(|| SPARES.0.take_last()) {
            self.spare_crate.set(spare.next());
            return Some(spare);
        }
        let piece = meta::allocate(size_of::<Crate>())?;
        // SAFETY: a zeroed piece is an unused crate, and it is ours alone.
        Some(unsafe { piece.cast().as_ref() })
    }

    /// Delivers a crate of the outbox.
    #[inline(never)]
    pub(crate) fn send(&self, class: usize) {
        if let Some(parcel) = self.front.parcel(class) {
            self.front.set_parcel(class, None);
            deliver(parcel);
        }
    }

    /// The assorted crates that are being packed. From outside, a glimpse.
    pub(crate) fn assorted(&self) -> impl Iterator<Item = &'static Crate> {
        self.assorted.iter().filter_map(Cell::get)
    }

    /// Whether a freed block is in a magazine or in a crate of the outbox, as far as can be seen from outside.
    #[inline(never)]
    pub(crate) fn holds(&self, class: usize, block: usize) -> bool {
        let is_it = |entry: &Cell<usize>| Crate::class_and_block(entry.get()).1 == block;
        self.front.holds(class, block)
            || self.assorted().any(|parcel| parcel.blocks().iter().any(is_it))
    }

    /// Sends everything that waits in the outbox, and gives the empty crates back.
    pub(crate) fn send_all(&self) {
        for class in 0..size_class::COUNT {
            self.send(class);
        }
        for place in &self.assorted {
            if let Some(parcel) = place.take() {
                deliver(parcel);
            }
        }
        while let Some(spare) = self.spare_crate.get() {
            self.spare_crate.set(spare.next());
            // SAFETY: the crate is in no place and no mailbox.
            unsafe { release(spare) };
        }
    }

    /// Takes in what other threads have freed: the heap's own thread into its magazines, as far as
    /// there is room; anyone else, and the rest, into the slabs. Not under the lock.
    #[inline(never)]
    pub(crate) fn collect(&'static self, is_own_thread: bool) {
        for parcel in self.mailbox.take() {
            if !(is_own_thread && parcel.class() != ASSORTED && self.append(parcel)) {
                self.unpack(parcel);
            }
            // SAFETY: the crate was taken from the mailbox, and is empty.
            unsafe { release(parcel) };
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
            || self.front.is_equipped(class)
                && self.grow(class).is_some()
                && self.front.append(class, blocks)
    }

    /// Puts the blocks of a crate into their slabs, which may be another heap's by now.
    fn unpack(&'static self, parcel: &'static Crate) {
        let blocks = parcel.blocks();
        let mut others = blocks.len();
        if let Some(_guard) = self.lock() {
            others = 0;
            let put = |block| {
                let slab = slab_of(block);
                if slab.heap() == self.address() {
                    self.put_back(slab, block);
                } else {
                    blocks[others].set(block);
                    others += 1;
                }
            };
            match parcel.class() {
                ASSORTED => self.put_assorted(blocks, put),
                class => self.put_all(class, blocks, put),
            }
        }
        for entry in blocks[..others].iter().map(Cell::get) {
            let (_, block) = Crate::class_and_block(entry);
            put_directly(slab_of(block), block);
        }
        purge::enforce(0);
    }
}

/// Empty crates that somebody has given back, for whoever needs some: a thread that frees what others have allocated takes
/// all of them, and keeps them until its next tick, or for as long as it sleeps. A pile at most, less the more heaps there are.
static SPARES: Apart = Apart(Mailbox::new());

/// Threads write there often: in no cache line with what calls read.
#[repr(align(64))]
struct Apart(Mailbox);

/// Gives an empty crate back.
///
/// # Safety
/// Nobody else sees the crate.
unsafe fn release(parcel: &'static Crate) {
    if SPARES.0.has_part(roll::share()) {
        // SAFETY: as the caller promises.
        unsafe { discard(parcel) };
    } else {
        SPARES.0.deliver(parcel);
    }
}

/// Gives the memory of a crate back.
///
/// # Safety
/// As for [`release`].
#[cold]
#[inline(never)]
unsafe fn discard(parcel: &'static Crate) {
    // SAFETY: crates come from `meta` with this size, and this one is the caller's alone.
    unsafe { meta::release(NonNull::from(parcel).cast(), size_of::<Crate>()) };
}

/// Gives the memory of the spare crates back.
pub(crate) fn drop_spares() {
    for spare in SPARES.0.take() {
        // SAFETY: who has taken a crate has it alone.
        unsafe { discard(spare) };
    }
}

/// Sends a crate, under no lock. Who makes a pile with it puts the blocks back: what waits there keeps whole slabs from closing.
fn deliver(parcel: &'static Crate) {
    let to = Heap::at(parcel.to());
    if to.mailbox.deliver(parcel) {
        to.collect(false);
    }
}

/// Delivers a crate, or empties it when that is not worth it, for other use. Nobody else sees it.
fn dismiss(parcel: &'static Crate) -> Option<&'static Crate> {
    if parcel.count() >= WORTH_SENDING {
        deliver(parcel);
        return None;
    }
    Heap::at(parcel.to()).unpack(parcel);
    Some(parcel)
}
