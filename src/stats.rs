//! Where the memory is, as numbers. Blocks in slabs are counted when somebody asks, not while the program runs; of large and
//! huge blocks, and of what goes back, counts are kept.
//!
//! Slabs are counted under their heap's lock, magazines from outside, so the numbers of a running
//! program are a close look and those of a quiet one exact.

use crate::remote::Crate;
use crate::{alloc, arena, central, huge, meta, size_class, thread, units::UNIT_SHIFT};

/// One size class.
#[derive(Clone, Copy, Default)]
pub(crate) struct ClassStats {
    /// Bytes in a block.
    pub(crate) size: usize,
    /// Blocks with the program.
    pub(crate) live: usize,
    /// Free blocks, in slabs and with threads.
    pub(crate) free: usize,
}

/// All of it; sizes in bytes.
pub(crate) struct Snapshot {
    pub(crate) live_bytes: usize,
    pub(crate) live_blocks: usize,
    /// Free blocks that threads keep.
    pub(crate) cached_bytes: usize,
    /// Bytes in slabs, plots and fallow runs that may be resident and are not in use.
    pub(crate) slab_free_bytes: usize,
    pub(crate) large_bytes: usize,
    pub(crate) large_blocks: usize,
    pub(crate) huge_bytes: usize,
    pub(crate) huge_blocks: usize,
    pub(crate) reserved_bytes: usize,
    pub(crate) committed_bytes: usize,
    /// Free spans that are still resident.
    pub(crate) dirty_bytes: usize,
    pub(crate) metadata_bytes: usize,
    pub(crate) purged_bytes: usize,
    pub(crate) heaps: usize,
    /// Those of them of which no block is in use.
    pub(crate) heaps_idle: usize,
    pub(crate) mapped_huge_bytes: usize,
    /// The most that rounding to classes can waste of the live small bytes, in thousandths.
    pub(crate) class_waste_permille: usize,
    pub(crate) classes: [ClassStats; size_class::COUNT],
}

/// Counts everything.
pub(crate) fn snapshot() -> Snapshot {
    thread::note_look();
    let (large_blocks, large_bytes) = alloc::large_counts();
    let (huge_blocks, huge_bytes) = huge::counts();
    let mut s = Snapshot {
        live_bytes: large_bytes + huge_bytes,
        live_blocks: large_blocks + huge_blocks,
        cached_bytes: 0,
        slab_free_bytes: 0,
        large_bytes,
        large_blocks,
        huge_bytes,
        huge_blocks,
        reserved_bytes: 0,
        committed_bytes: 0,
        dirty_bytes: 0,
        metadata_bytes: 0,
        purged_bytes: arena::purged_bytes(),
        heaps: thread::heap_count(),
        heaps_idle: 0,
        mapped_huge_bytes: huge_bytes,
        class_waste_permille: 0,
        classes: [ClassStats::default(); size_class::COUNT],
    };
    for (class, stats) in s.classes.iter_mut().enumerate() {
        stats.size = size_class::size(class);
    }
    if !thread::is_started() {
        return s;
    }
    if let Some(heap) = thread::heap() {
        heap.send_all();
    }
    s.metadata_bytes = meta::bytes();
    for arena in arena::all() {
        let (_, committed, all) = arena.counts();
        s.reserved_bytes += all << UNIT_SHIFT;
        s.committed_bytes += committed << UNIT_SHIFT;
        s.dirty_bytes += arena.dirty() << UNIT_SHIFT;
        s.metadata_bytes += arena.table_bytes();
    }
    for heap in thread::heaps() {
        s.heaps_idle += !count_heap(heap, &mut s) as usize;
    }
    for heap in central::heaps() {
        count_heap(heap, &mut s);
    }
    thread::heaps().for_each(|heap| count_outbox(heap, &mut s));
    let mut wasted = 0;
    let mut small = 0;
    for (class, stats) in s.classes.iter().enumerate() {
        let below = if class == 0 { 0 } else { size_class::size(class - 1) };
        wasted += stats.live * (stats.size - below - 1);
        small += stats.live * stats.size;
        s.live_blocks += stats.live;
    }
    s.live_bytes += small;
    s.class_waste_permille = (wasted * 1000).checked_div(small).unwrap_or(0);
    s
}

/// Blocks in a thread's outbox are free, and their slabs, those of other heaps, count them as used.
fn count_outbox(heap: &'static crate::heap::Heap, s: &mut Snapshot) {
    let mut packed = [0; size_class::COUNT];
    for (class, packed) in packed.iter_mut().enumerate() {
        *packed = heap.front().parcel(class).map_or(0, |parcel| parcel.count());
    }
    for entry in heap.assorted().flat_map(Crate::blocks) {
        let (class, _) = Crate::class_and_block(entry.get());
        // Who packs the crate may make another kind of it meanwhile.
        if let Some(packed) = packed.get_mut(class) {
            *packed += 1;
        }
    }
    for (stats, packed) in s.classes.iter_mut().zip(packed) {
        let packed = packed.min(stats.live);
        stats.live -= packed;
        stats.free += packed;
        s.cached_bytes += packed * stats.size;
    }
}

/// Counts a heap; whether any of its blocks is in use.
fn count_heap(heap: &'static crate::heap::Heap, s: &mut Snapshot) -> bool {
    s.metadata_bytes += heap.own_bytes();
    s.cached_bytes += heap.kept_bytes();
    heap.collect(false);
    let Some(guard) = heap.lock() else { return true };
    s.slab_free_bytes += heap.plot_bytes() + heap.fallow_bytes();
    let mut blocks = [0usize; size_class::COUNT];
    for slab in heap.slabs(&guard) {
        slab.count(|class, taken, free| {
            blocks[class] += taken;
            s.classes[class].free += free;
        });
        s.slab_free_bytes += slab.waste().max(0) as usize;
    }
    drop(guard);
    let mut live = 0;
    for (class, &used) in blocks.iter().enumerate() {
        let cached = heap.front().count(class).min(used);
        s.classes[class].live += used - cached;
        s.classes[class].free += cached;
        s.cached_bytes += cached * size_class::size(class);
        live += used - cached;
    }
    live > 0
}
