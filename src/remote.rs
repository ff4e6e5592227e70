//! Blocks freed by threads that do not own them.
//!
//! Each slab has a list of such blocks, linked through the blocks themselves. Anyone pushes, in
//! batches; the owner takes the whole list, so there is no ABA. Who pushes onto an empty list also
//! puts the slab into its heap's [`Inbox`]; the owner touches the list of a slab only after it has
//! taken the slab from the inbox. So a slab with listed blocks is in exactly one inbox or on its
//! way there, and since its listed blocks count as used, it cannot be released meanwhile.
//!
//! Links are multiplied by a random odd number of the process: a link that was overwritten, even in
//! one byte, decodes to an address outside the slab and is noticed before it is followed.

use crate::sync::{AtomicUsize, Ordering};
use crate::sys;
use core::sync::atomic::AtomicU64;

static KEY: AtomicU64 = AtomicU64::new(1);
static INVERSE: AtomicU64 = AtomicU64::new(1);

/// Ends a list. Odd, hence no address of a block; and not zero, so that a zeroed link is noticed.
const END: usize = 1;

/// Chooses the multiplier of this process.
pub(crate) fn start() {
    let key = sys::random() | 1;
    // Newton's iteration doubles the correct low bits of the inverse; an odd number is its own
    // inverse modulo 8, so five steps reach 64.
    let mut inverse = key;
    for _ in 0..5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(key.wrapping_mul(inverse)));
    }
    KEY.store(key, Ordering::Relaxed);
    INVERSE.store(inverse, Ordering::Relaxed);
}

fn encode(link: usize) -> usize {
    link.wrapping_mul(KEY.load(Ordering::Relaxed) as usize)
}

fn decode(word: usize) -> usize {
    word.wrapping_mul(INVERSE.load(Ordering::Relaxed) as usize)
}

/// A chain of freed blocks of one slab that a single push hands over.
#[derive(Clone, Copy)]
pub(crate) struct Chain {
    head: usize,
    tail: usize,
}

impl Chain {
    /// A chain of one block.
    ///
    /// # Safety
    /// `block` is a freed block of at least sixteen bytes that nobody else uses.
    pub(crate) unsafe fn new(block: usize) -> Chain {
        // SAFETY: as the caller promises.
        unsafe { (block as *mut usize).write(encode(END)) };
        Chain { head: block, tail: block }
    }

    /// Puts a block before the others.
    ///
    /// # Safety
    /// As for [`new`](Chain::new); the block is of the same slab and not in the chain.
    pub(crate) unsafe fn prepend(&mut self, block: usize) {
        // SAFETY: as the caller promises.
        unsafe { (block as *mut usize).write(encode(self.head)) };
        self.head = block;
    }

    /// Whether `block` is in the chain, as far as its links can be followed.
    pub(crate) fn holds(&self, valid: impl Fn(usize) -> bool, block: usize) -> bool {
        holds(self.head, valid, block)
    }
}

/// The block after `block` in a chain, None for the last; any number if the link was overwritten.
///
/// # Safety
/// `block` is in a list that was taken.
#[inline]
pub(crate) unsafe fn next(block: usize) -> Option<usize> {
    // SAFETY: as the caller promises.
    let next = decode(unsafe { (block as *const usize).read() });
    (next != END).then_some(next)
}

/// Whether `block` is in the list that starts at `head`, as far as its links can be followed.
/// A look from outside: the list may change meanwhile.
fn holds(head: usize, valid: impl Fn(usize) -> bool, block: usize) -> bool {
    let mut at = head;
    // No slab has more blocks than this; a list that another thread changes may seem endless.
    for _ in 0..4096 {
        if at == block {
            return true;
        }
        if !valid(at) {
            return false;
        }
        // SAFETY: a valid address is one of a block, whose memory is committed.
        at = decode(unsafe { (at as *const usize).read_volatile() });
    }
    false
}

/// The list in a slab: the address of its first block, 0 when it is empty.
pub(crate) struct List(AtomicUsize);

impl List {
    /// Pushes a chain. True when the list was empty: the caller then delivers the slab.
    ///
    /// # Safety
    /// The chain's blocks are of the list's slab, and the caller gives them up.
    pub(crate) unsafe fn push(&self, chain: Chain) -> bool {
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            let link = if head == 0 { END } else { head };
            // SAFETY: until the exchange succeeds the tail is the caller's.
            unsafe { (chain.tail as *mut usize).write(encode(link)) };
            match self.0.compare_exchange_weak(
                head,
                chain.head,
                Ordering::Release,
                Ordering::Relaxed,
            ) {
                Ok(_) => return head == 0,
                Err(now) => head = now,
            }
        }
    }

    /// Takes the whole list; the address of its first block, 0 when it is empty.
    pub(crate) fn take(&self) -> usize {
        self.0.swap(0, Ordering::Acquire)
    }

    /// Whether `block` is in the list, as far as can be seen from outside.
    pub(crate) fn holds(&self, valid: impl Fn(usize) -> bool, block: usize) -> bool {
        holds(self.0.load(Ordering::Acquire), valid, block)
    }
}

/// What can be delivered to an [`Inbox`].
pub(crate) trait Parcel: 'static {
    /// The link to the next parcel, the parcel's address or 0.
    fn link(&self) -> &AtomicUsize;
}

/// Slabs with remotely freed blocks, delivered by anyone and taken whole by the heap's owner.
pub(crate) struct Inbox(AtomicUsize);

impl Inbox {
    /// Delivers a parcel that is in no inbox.
    pub(crate) fn deliver<P: Parcel>(&self, parcel: &'static P) {
        let address = (&raw const *parcel) as usize;
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            parcel.link().store(head, Ordering::Relaxed);
            match self.0.compare_exchange_weak(head, address, Ordering::Release, Ordering::Relaxed)
            {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }

    /// Takes all parcels. Each is free to be delivered again once the iterator has passed it.
    ///
    /// # Safety
    /// Everything that was delivered to this inbox is a `P`.
    pub(crate) unsafe fn take<P: Parcel>(&self) -> impl Iterator<Item = &'static P> + use<P> {
        let mut at = self.0.swap(0, Ordering::Acquire);
        core::iter::from_fn(move || {
            if at == 0 {
                return None;
            }
            // SAFETY: the address was delivered as a parcel of static lifetime.
            let parcel = unsafe { &*(at as *const P) };
            at = parcel.link().load(Ordering::Relaxed);
            Some(parcel)
        })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use std::vec::Vec;

    fn list() -> List {
        List(AtomicUsize::new(0))
    }

    #[test]
    fn chains_come_back_whole_and_damage_is_noticed() {
        start();
        let mut blocks = [[0usize; 4]; 6];
        let addresses: Vec<usize> = blocks.iter_mut().map(|b| b.as_mut_ptr() as usize).collect();
        let list = list();
        // SAFETY: the blocks are ours and distinct.
        unsafe {
            let mut chain = Chain::new(addresses[0]);
            chain.prepend(addresses[1]);
            assert!(list.push(chain));
            let mut chain = Chain::new(addresses[2]);
            chain.prepend(addresses[3]);
            assert!(!list.push(chain));
            let mut seen = Vec::new();
            let mut at = Some(list.take());
            while let Some(block) = at {
                seen.push(block);
                at = next(block);
            }
            seen.sort_unstable();
            assert_eq!(seen, &addresses[..4]);
            assert_eq!(list.take(), 0);

            for byte in 0..8 {
                let mut chain = Chain::new(addresses[4]);
                chain.prepend(addresses[5]);
                list.push(chain);
                *(addresses[5] as *mut u8).add(byte) ^= 0x41;
                let first = list.take();
                assert!(next(first).is_none_or(|a| a.abs_diff(first) > 1 << 20), "byte {byte}");
            }
        }
    }
}
