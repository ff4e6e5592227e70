//! The central heap: slabs that no thread holds.
//!
//! Slabs of dead threads come here and are adopted from here, and threads that allocate little are
//! served from here, block by block, so that two thousand of them share a few pages instead of
//! keeping some each. It is split by class into shards, each a heap with a lock of its own. A shard
//! whose lock was held by a thread that a fork left behind is replaced; what it held stays usable
//! to the child, but is not reused.

use crate::heap::Heap;
use crate::lock;
use crate::slab::Slab;
use core::ptr::{self, NonNull};
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

const SHARDS: usize = 4;

static HEAPS: [AtomicPtr<Heap>; SHARDS] = [const { AtomicPtr::new(ptr::null_mut()) }; SHARDS];
/// How many slabs have come from dead threads; zero spares the look for one to adopt.
static RECEIVED: AtomicUsize = AtomicUsize::new(0);

fn opened(shard: usize) -> Option<&'static Heap> {
    // SAFETY: heaps are never taken back.
    unsafe { HEAPS[shard].load(Ordering::Acquire).as_ref() }
}

/// The shard of a class, opened if need be.
fn shard(class: usize) -> Option<&'static Heap> {
    opened(class % SHARDS).or_else(|| replace(class % SHARDS, ptr::null_mut()))
}

/// Puts a new heap in the place of `old`, unless another thread has done so.
#[cold]
fn replace(shard: usize, old: *mut Heap) -> Option<&'static Heap> {
    let heap = Heap::open(true)?;
    heap.generation.store(lock::generation(), Ordering::Relaxed);
    let new = (&raw const *heap).cast_mut();
    let _ = HEAPS[shard].compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
    opened(shard)
}

/// One block of `class` for a thread that has no heap.
pub(crate) fn allocate(class: usize) -> Option<NonNull<u8>> {
    let heap = usable(class)?;
    heap.take_one(class)
}

/// The shard of a class, replaced when a fork left its lock behind.
fn usable(class: usize) -> Option<&'static Heap> {
    let heap = shard(class)?;
    match heap.lock() {
        Some(_) => Some(heap),
        None => replace(class % SHARDS, (&raw const *heap).cast_mut()),
    }
}

/// A slab of `class` with a free block for `receiver`, which enters it into its lists.
pub(crate) fn adopt(class: usize, receiver: &'static Heap) -> Option<&'static Slab> {
    if RECEIVED.load(Ordering::Relaxed) == 0 {
        return None;
    }
    let heap = opened(class % SHARDS)?;
    let _guard = heap.lock()?;
    let slab = heap.part_with(class)?;
    // While the lock is still held: from now on this shard leaves the slab's blocks alone.
    slab.set_heap(receiver.address());
    let _ = RECEIVED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
    Some(slab)
}

/// Takes a slab from a dead thread's heap; `forget` takes it out of that heap's lists.
pub(crate) fn receive(slab: &'static Slab, forget: impl FnOnce(&'static Slab)) -> Option<()> {
    let heap = usable(slab.class())?;
    let _guard = heap.lock()?;
    forget(slab);
    heap.receive(slab);
    RECEIVED.fetch_add(1, Ordering::Relaxed);
    Some(())
}

/// The shards that are in use.
pub(crate) fn heaps() -> impl Iterator<Item = &'static Heap> {
    (0..SHARDS).filter_map(opened)
}
