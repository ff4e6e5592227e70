//! A naive model of what an allocator owes its callers, and players that hold it to that.
//!
//! The model knows every live block: none overlaps another. Each block is filled to its last usable
//! byte with a pattern of its own, which has to be there whenever somebody looks.

use crate::units::{MAX_REQUEST, MIN_ALIGN};
use crate::{Pigalloc, alloc, arena, central, huge, meta, page_map, slab::Slab, stats, thread};
use core::alloc::{GlobalAlloc, Layout};
use core::ptr::NonNull;
use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard};
use std::vec::Vec;

fn setting(name: &str) -> u64 {
    std::env::var(name).map_or(1, |value| value.parse().unwrap())
}

/// Which programs are tried: PROPERTY_SEED, or always the same.
pub(crate) fn seed() -> u64 {
    setting("PROPERTY_SEED")
}

/// How many: PROPERTY_FACTOR times as many as usual.
pub(crate) fn factor() -> u64 {
    setting("PROPERTY_FACTOR")
}

/// A pseudo-random generator: splitmix64.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// A size: mostly small, now and then large or huge, rarely more than there can be.
    fn size(&mut self) -> usize {
        match self.below(400) {
            0..=249 => self.below(1025),
            250..=359 => self.below((64 << 10) + 1),
            360..=397 => self.below(3 << 20),
            398 => (32 << 20) + self.below(8 << 20),
            _ => MAX_REQUEST - self.below(3) * (1 << 17) + self.below(2),
        }
    }

    /// A step.
    pub(crate) fn step(&mut self) -> Step {
        let which = self.next() as usize;
        match self.below(100) {
            0..=32 => Step::Malloc(self.size()),
            33..=42 => Step::Calloc(self.size()),
            43..=46 => Step::Aligned(self.below(22) as u32, self.size()),
            47..=49 => Step::AlignedZeroed(self.below(22) as u32, self.size()),
            50..=61 => Step::Realloc(which, self.size()),
            62..=64 => Step::ReallocKept(which, self.size()),
            65..=97 => Step::Free(which),
            98 => Step::FreeMost(which),
            _ => Step::Purge,
        }
    }
}

/// One thing that a program does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Malloc(usize),
    Calloc(usize),
    /// The power of two to align to, and the size.
    Aligned(u32, usize),
    AlignedZeroed(u32, usize),
    /// Which of the live blocks (modulo their number), and the new size.
    Realloc(usize, usize),
    /// The same by the global allocator's function, which keeps the alignment.
    ReallocKept(usize, usize),
    Free(usize),
    /// Frees nearly all blocks, beginning at one.
    FreeMost(usize),
    /// Asks whether an address is pigalloc's.
    Owns(usize),
    Purge,
}

const CHUNK: usize = 64 << 10;
const SHIFTS: usize = 4093;

static PATTERN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut rng = Rng(1);
    (0..CHUNK + SHIFTS).map(|_| rng.next() as u8).collect()
});
static ZEROS: [u8; CHUNK] = [0; CHUNK];

/// A live block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    start: usize,
    request: usize,
    usable: usize,
    align: usize,
    /// Chooses the pattern.
    id: usize,
}

impl Block {
    fn pointer(&self) -> NonNull<u8> {
        NonNull::new(self.start as *mut u8).unwrap()
    }

    /// The pieces of the first `bytes` bytes, and what each of them holds.
    fn pieces(&self, bytes: usize) -> impl Iterator<Item = (*mut u8, &'static [u8])> + use<> {
        let (start, id) = (self.start, self.id);
        (0..bytes).step_by(CHUNK).map(move |at| {
            let from = (id * 97 + at / CHUNK) % SHIFTS;
            ((start + at) as *mut u8, &PATTERN[from..from + CHUNK.min(bytes - at)])
        })
    }

    fn fill(&self) {
        for (to, pattern) in self.pieces(self.usable) {
            // SAFETY: the block is live, ours, and has so many bytes.
            unsafe { to.copy_from_nonoverlapping(pattern.as_ptr(), pattern.len()) };
        }
    }

    /// Fails unless the first `bytes` bytes hold the block's pattern.
    fn verify(&self, bytes: usize) {
        for (from, pattern) in self.pieces(bytes) {
            // SAFETY: as in `fill`.
            let found = unsafe { core::slice::from_raw_parts(from, pattern.len()) };
            assert!(found == pattern, "the content of {self:x?} has changed");
        }
    }

    fn verify_zero(&self) {
        for at in (0..self.request).step_by(CHUNK) {
            let bytes = CHUNK.min(self.request - at);
            // SAFETY: as in `fill`.
            let found =
                unsafe { core::slice::from_raw_parts((self.start + at) as *const u8, bytes) };
            assert!(found == &ZEROS[..bytes], "{self:x?} is not zero");
        }
    }
}

/// All live blocks of the process, by address.
#[derive(Default)]
pub(crate) struct Model(Mutex<BTreeMap<usize, Block>>);

impl Model {
    fn live(&self) -> MutexGuard<'_, BTreeMap<usize, Block>> {
        self.0.lock().unwrap()
    }

    fn enter(&self, block: Block) {
        let mut live = self.live();
        let end = block.start + block.usable;
        if let Some((_, other)) = live.range(..end).next_back() {
            let is_apart = other.start + other.usable <= block.start;
            assert!(is_apart, "{block:x?} overlaps {other:x?}");
        }
        live.insert(block.start, block);
    }

    fn leave(&self, block: &Block) {
        assert!(self.live().remove(&block.start).is_some(), "{block:x?} is not live");
    }

    /// Fails unless the allocator counts exactly the blocks of the model as live. To be asked when
    /// nobody else allocates, and all that other threads have freed has arrived.
    pub(crate) fn compare_counts(&self) {
        let (live, counted) = (self.live(), stats::snapshot());
        assert_eq!(counted.live_blocks, live.len(), "live blocks");
        let bytes: usize = live.values().map(|block| block.usable).sum();
        assert_eq!(counted.live_bytes, bytes, "live bytes");
    }

    /// Looks at every live block's content.
    pub(crate) fn verify_all(&self) {
        self.live().values().for_each(|block| block.verify(block.usable));
    }
}

/// One thread's part in a test.
pub(crate) struct Player<'a> {
    model: &'a Model,
    /// Whether the system may refuse memory.
    may_fail: bool,
    /// The most bytes that the player holds.
    most: usize,
    held: usize,
    next_id: usize,
    blocks: Vec<Block>,
    /// Requests that got nothing, though there can be blocks of that size.
    pub(crate) failures: usize,
    /// Requests that got a block.
    pub(crate) successes: usize,
}

impl<'a> Player<'a> {
    pub(crate) fn new(model: &'a Model, may_fail: bool, most: usize, id: usize) -> Player<'a> {
        let next_id = id << 20;
        Player {
            model,
            may_fail,
            most,
            held: 0,
            next_id,
            blocks: Vec::new(),
            failures: 0,
            successes: 0,
        }
    }

    /// How many blocks the player has.
    pub(crate) fn count(&self) -> usize {
        self.blocks.len()
    }

    /// Takes a step.
    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Malloc(size) => {
                let got = self.room(size).then(|| alloc::allocate(size));
                if let Some(block) = got.and_then(|got| self.judge(got, size, MIN_ALIGN)) {
                    assert_eq!(alloc::good_size(size), Some(block.usable));
                    self.add(block);
                }
            }
            Step::Calloc(size) => {
                let got = self.room(size).then(|| alloc::allocate_zeroed(size));
                if let Some(block) = got.and_then(|got| self.judge(got, size, MIN_ALIGN)) {
                    assert_eq!(alloc::good_size(size), Some(block.usable));
                    block.verify_zero();
                    self.add(block);
                }
            }
            Step::Aligned(power, size) => {
                let (align, room) = (1 << power, size.saturating_add(1 << power));
                let got = self.room(room).then(|| alloc::allocate_aligned(align, size));
                if let Some(block) = got.and_then(|got| self.judge(got, size, align)) {
                    self.add(block);
                }
            }
            Step::AlignedZeroed(power, size) => {
                let (align, room) = (1 << power, size.saturating_add(1 << power));
                let got = self.room(room).then(|| alloc::allocate_aligned_zeroed(align, size));
                if let Some(block) = got.and_then(|got| self.judge(got, size, align)) {
                    block.verify_zero();
                    self.add(block);
                }
            }
            Step::Realloc(which, size) => self.realloc(which, size, false),
            Step::ReallocKept(which, size) => self.realloc(which, size, true),
            Step::Free(which) => {
                if let Some(block) = self.give(which) {
                    free(self.model, block);
                }
            }
            Step::FreeMost(first) => {
                for at in 0..self.count().saturating_sub(2) {
                    let block = self.give(first.wrapping_add(at * 7)).unwrap();
                    free(self.model, block);
                }
            }
            Step::Owns(address) => {
                let model = self.model.live();
                let below = model.range(..=address).next_back();
                let is_live = below.is_some_and(|(_, block)| address - block.start < block.usable);
                assert!(alloc::owns(address as *const u8) || !is_live, "{address:#x} is not ours");
            }
            Step::Purge => {
                alloc::purge();
            }
        }
    }

    /// Takes `which` block (modulo their number) out of the player's hands.
    pub(crate) fn give(&mut self, which: usize) -> Option<Block> {
        let at = which.checked_rem(self.count())?;
        let block = self.blocks.swap_remove(at);
        self.held -= block.usable;
        Some(block)
    }

    /// Takes a block over from somebody else.
    pub(crate) fn receive(&mut self, block: Block) {
        block.verify(block.usable);
        self.held += block.usable;
        self.blocks.push(block);
    }

    pub(crate) fn free_all(&mut self) {
        while let Some(block) = self.give(0) {
            free(self.model, block);
        }
    }

    /// Whether the player may hold so much more. Impossible sizes are always tried.
    fn room(&self, size: usize) -> bool {
        size > MAX_REQUEST / 2 || self.held + size <= self.most
    }

    /// What came of a request.
    fn judge(&mut self, got: Option<NonNull<u8>>, request: usize, align: usize) -> Option<Block> {
        let is_impossible = request > MAX_REQUEST / 2;
        let Some(got) = got else {
            assert!(self.may_fail || is_impossible, "no block of {request} bytes");
            self.failures += !is_impossible as usize;
            return None;
        };
        assert!(!is_impossible, "a block of {request} bytes");
        let start = got.as_ptr() as usize;
        assert!(start.is_multiple_of(align.max(MIN_ALIGN)), "{start:#x}, aligned to {align}");
        // SAFETY: the block is live.
        let usable = unsafe { alloc::usable_size(got.as_ptr()) };
        assert!(usable >= request, "{usable} of {request} bytes");
        assert!(alloc::owns(got.as_ptr()) && alloc::owns(got.as_ptr().wrapping_add(usable - 1)));
        self.successes += 1;
        self.next_id += 1;
        Some(Block { start, request, usable, align, id: self.next_id })
    }

    fn add(&mut self, block: Block) {
        self.model.enter(block);
        block.fill();
        self.held += block.usable;
        self.blocks.push(block);
    }

    /// Resizes a block, with its alignment `kept` or not.
    fn realloc(&mut self, which: usize, size: usize, kept: bool) {
        let Some(old) = self.give(which) else { return };
        old.verify(old.usable);
        let room = if kept { size.saturating_add(old.align) } else { size };
        let is_layout = Layout::from_size_align(size, old.align).is_ok();
        if size == 0 || !self.room(room) || kept && !is_layout {
            self.held += old.usable;
            self.blocks.push(old);
            return;
        }
        self.model.leave(&old);
        let (align, content) =
            if kept { (old.align, old.request) } else { (MIN_ALIGN, old.usable) };
        // SAFETY: the block is live, has this layout, and is given up for the result.
        let got = unsafe {
            if kept {
                let layout = Layout::from_size_align(old.request, align).unwrap();
                NonNull::new(Pigalloc.realloc(old.pointer().as_ptr(), layout, size))
            } else {
                alloc::resize(old.pointer(), size)
            }
        };
        match self.judge(got, size, align) {
            Some(new) => {
                Block { id: old.id, ..new }.verify(content.min(size));
                self.add(new);
            }
            None => {
                // Nothing has happened to it.
                // SAFETY: the block is live.
                assert_eq!(unsafe { alloc::usable_size(old.pointer().as_ptr()) }, old.usable);
                self.model.enter(old);
                self.receive(old);
            }
        }
    }
}

/// Frees a block, which holds what it should.
pub(crate) fn free(model: &Model, block: Block) {
    block.verify(block.usable);
    model.leave(&block);
    // SAFETY: the block is live, and given up.
    unsafe { alloc::deallocate(block.start as *mut u8) };
}

/// Ends the process when a thread fails: others may be waiting for it.
pub(crate) struct EndOfAll;

impl Drop for EndOfAll {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}

/// Runs `threads` threads to their very end: what the kernel does for a dead thread is done, too.
pub(crate) fn run_threads(threads: usize, body: impl Fn(usize) + Sync) {
    let body = &body;
    std::thread::scope(|scope| {
        let run = move |id| {
            let _guard = EndOfAll;
            body(id);
        };
        let started: Vec<_> = (0..threads).map(|id| scope.spawn(move || run(id))).collect();
        // A scope alone waits for what the threads do, not for their exit.
        started.into_iter().for_each(|thread| thread.join().unwrap());
    });
}

/// Runs every structure's own check. To be called when no other thread allocates.
pub(crate) fn check_all() {
    if !thread::is_started() {
        return;
    }
    for heap in thread::heaps().chain(central::heaps()) {
        heap.check();
        heap.front().check(|class, block| {
            let slab = page_map::entry(block).and_then(|entry| Slab::of(entry.span()?)).unwrap();
            assert!(slab.is_taken(block), "in the magazine and in the slab");
            assert_eq!((slab.class_of(block), slab.heap()), (class, heap.address()));
        });
    }
    arena::all().for_each(|arena| arena.check());
    huge::check();
    meta::check();
}

/// Fails unless everything has come back: to be called when no block is live.
pub(crate) fn check_empty(model: &Model) {
    alloc::purge();
    check_all();
    model.compare_counts();
    for arena in arena::all() {
        assert_eq!(arena.counts().0, 0, "units in use without a live block");
        assert_eq!(arena.dirty(), 0, "free units that purge has left");
    }
    assert_eq!((alloc::large_counts(), huge::counts()), ((0, 0), (0, 0)));
}
