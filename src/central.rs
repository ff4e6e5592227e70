//! The central heap: slabs that no thread holds.
//!
//! Slabs of dead threads come here and are adopted from here, and threads that allocate little are
//! served from here, block by block, so that two thousand of them share a few pages instead of
//! keeping some each. It is split by class into shards, each a heap with a lock of its own. A shard
//! whose lock was held by a thread that a fork left behind is replaced; what it held stays usable
//! to the child, but is not reused.

use crate::heap::{Heap, roll};
use crate::size_class;
use crate::slab::MIXED;
use crate::sync::{AtomicPtr, AtomicUsize, Ordering};
use core::ptr::{self, NonNull};

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
    heap.owner.open_without();
    let new = (&raw const *heap).cast_mut();
    let entered = HEAPS[shard].compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
    if entered.is_ok() {
        roll::CENTRAL.enter(heap);
    }
    opened(shard)
}

/// One block of `class` for a thread that has no heap; see [`Heap::take_one`].
pub(crate) fn allocate(class: usize, mixed: bool) -> Option<NonNull<u8>> {
    let heap = shard(class)?;
    heap.take_one(class, mixed).or_else(|| {
        // There is no memory, or no lock.
        let other = usable(class).filter(|other| !ptr::eq(*other, heap))?;
        other.take_one(class, mixed)
    })
}

/// The shard of a class, replaced when a fork left its lock behind.
fn usable(class: usize) -> Option<&'static Heap> {
    let heap = shard(class)?;
    match heap.lock() {
        Some(_) => Some(heap),
        None => replace(class % SHARDS, (&raw const *heap).cast_mut()),
    }
}

/// Gives `receiver` a slab of `class` with a free block, or a mixed one, if there is any.
pub(crate) fn adopt(class: usize, receiver: &'static Heap) {
    if RECEIVED.load(Ordering::Relaxed) == 0 {
        return;
    }
    let is_mixable = size_class::slab_units(class) == 1;
    for class in [Some(class), is_mixable.then_some(MIXED)].into_iter().flatten() {
        let Some(heap) = opened(class % SHARDS) else { continue };
        heap.collect(false);
        let (Some(_receiver), Some(_heap)) = (receiver.lock(), heap.lock()) else { return };
        if heap.part_with(class, false, receiver) {
            let less = |n: usize| n.checked_sub(1);
            let _ = RECEIVED.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
            return;
        }
    }
}

/// Takes over all slabs of a heap whose thread is dead, and that the caller has claimed.
pub(crate) fn take_over(heap: &'static Heap) {
    let Some(_guard) = heap.lock() else { return };
    while let Some(class) = heap.any_class() {
        let Some(shard) = usable(class) else { return };
        let Some(_shard) = shard.lock() else { return };
        if heap.part_with(class, true, shard) {
            RECEIVED.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// All shards, those that were replaced among them.
pub(crate) fn heaps() -> impl Iterator<Item = &'static Heap> {
    roll::CENTRAL.all()
}
