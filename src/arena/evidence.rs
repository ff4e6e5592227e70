//! Evidence that memory is filled.
//!
//! Huge pages spare most faults, and cost what is touched of none of their 512 pages. So blocks of a size are
//! judged by those that were freed: how much of them had been written. While fewer than two were looked at, by those in use.

use super::BIG;
use super::witness::Witness;
use crate::sync::Ordering;
use crate::sync::lasting::{AtomicIsize, AtomicUsize};
use crate::sys;

/// So many freed large blocks of a size are looked at to begin with, and then some; big ones always.
const SAMPLE_FIRST: usize = 8;
/// Those are one in so many, a power of two.
const SAMPLE: usize = 4;
/// Each look that finds much the same as before, and blocks not filled, halves how many there are, so often at most: a page that
/// was never written costs a fault then, and another one when it is, which interrupts all threads.
const HALVINGS_MOST: usize = 5;
/// How much of it, in one of so many pages at most, and where in the page: at its beginning, and not there alone, since
/// the first words of records that fill a power of two are often zero.
pub(super) const SAMPLE_PAGES: usize = 8;
pub(super) const LINES_IN_PAGE: [usize; 2] = [0, 1024 + 64];
pub(super) const LINE_WORDS: usize = 8;
/// So many looks before there is evidence.
const LOOKS: usize = 2;
/// The average of what was found, in parts of so many, weighs the last look by one part in so many.
const FULL: usize = 4096;
const WEIGHT: usize = 4;
/// From this average on blocks are said to be filled; up to this one, to be used in a corner.
const FILLED: usize = FULL * 3 / 4;
const SPARSE: usize = FULL / 8 + WEIGHT;
/// Of the parts of a filled block so many may be empty.
pub(super) const EMPTY_MOST: usize = SAMPLE_PAGES - SAMPLE_PAGES * FILLED / FULL;

/// Blocks of sizes up to twice the least one have evidence of their own, and so on; the largest share one.
const LEAST_SHIFT: u32 = 16;
const SIZES: usize = 7;

/// Of so many blocks all may go before others come.
const FEW: usize = 32;

/// Bytes of slabs that may be resident; the most that there were; and the least since the process began, as the child
/// of a fork with what its parent had.
static TOUCHED: AtomicIsize = AtomicIsize::new(0);
static MOST_TOUCHED: AtomicIsize = AtomicIsize::new(0);
static LEAST_TOUCHED: AtomicIsize = AtomicIsize::new(0);
/// Units of large blocks that stand on huge pages, and how many blocks.
static DENSE_UNITS: AtomicIsize = AtomicIsize::new(0);
static DENSE_COUNT: AtomicIsize = AtomicIsize::new(0);
static BLOCKS: [Evidence; SIZES] = [const { Evidence::new() }; SIZES];

/// Blocks freed, how many of them were looked at, and the part of these that was in use; and what blocks in use say.
pub(super) struct Evidence {
    freed: AtomicUsize,
    looks: AtomicUsize,
    fullness: AtomicUsize,
    halvings: AtomicUsize,
    witness: Witness,
}

impl Evidence {
    const fn new() -> Evidence {
        Evidence {
            freed: AtomicUsize::new(0),
            looks: AtomicUsize::new(0),
            fullness: AtomicUsize::new(0),
            halvings: AtomicUsize::new(0),
            witness: Witness::new(),
        }
    }

    /// Some have been looked at.
    pub(super) fn is_known(&self) -> bool {
        self.looks.load(Ordering::Relaxed) >= LOOKS
    }

    /// Most of the blocks is used.
    pub(super) fn is_filled(&self) -> bool {
        self.is_known() && self.fullness.load(Ordering::Relaxed) >= FILLED
    }

    /// Most of the blocks is used, or seems to be of those that nobody has freed.
    pub(super) fn seems_filled(&self) -> bool {
        if self.is_known() { self.is_filled() } else { self.witness.is_convincing() }
    }

    /// Notes that one that reads as zero has been taken.
    pub(super) fn note_taken(&self, start: usize, bytes: usize) {
        if !self.is_known() {
            self.witness.note(start, bytes);
        }
    }

    /// Little of them is.
    pub(super) fn is_sparse(&self) -> bool {
        self.is_known() && self.fullness.load(Ordering::Relaxed) <= SPARSE
    }

    /// Whether the block that is being freed is one of those to look at.
    fn is_due(&self) -> bool {
        // What several threads count at once may be lost.
        let freed = self.freed.load(Ordering::Relaxed);
        self.freed.store(freed.wrapping_add(1), Ordering::Relaxed);
        freed < SAMPLE_FIRST || is_chosen(freed, self.halvings.load(Ordering::Relaxed))
    }

    /// Looks of several threads at once may be lost.
    fn note(&self, found: usize) {
        let weight = (self.looks.fetch_add(1, Ordering::Relaxed) + 1).min(WEIGHT);
        let average = self.fullness.load(Ordering::Relaxed);
        let is_news = found >= FILLED || found.abs_diff(average) > FULL / SAMPLE_PAGES;
        let halvings = self.halvings.load(Ordering::Relaxed);
        let halvings = if is_news { 0 } else { (halvings + 1).min(HALVINGS_MOST) };
        self.halvings.store(halvings, Ordering::Relaxed);
        self.fullness.store(average - average / weight + found / weight, Ordering::Relaxed);
    }
}

/// Counts bytes of slabs that have come into use, or gone back.
pub(crate) fn note_touched(bytes: isize) {
    let now = TOUCHED.fetch_add(bytes, Ordering::Relaxed) + bytes;
    if now > MOST_TOUCHED.load(Ordering::Relaxed) {
        MOST_TOUCHED.store(now, Ordering::Relaxed);
    } else if now < LEAST_TOUCHED.load(Ordering::Relaxed) {
        begin_with(now);
    }
}

/// What the process needs counts from so many bytes on.
fn begin_with(bytes: isize) {
    LEAST_TOUCHED.store(bytes, Ordering::Relaxed);
    MOST_TOUCHED.store(bytes, Ordering::Relaxed);
}

/// Bytes of slabs that may be resident.
pub(super) fn touched() -> usize {
    TOUCHED.load(Ordering::Relaxed).max(0) as usize
}

/// By how much they have grown at most; threads that count at once may lose a little of it.
pub(super) fn most_grown() -> usize {
    let least = LEAST_TOUCHED.load(Ordering::Relaxed);
    (MOST_TOUCHED.load(Ordering::Relaxed) - least).max(0) as usize
}

/// What was once needed tells no more what will be: all that is free goes back.
pub(crate) fn forget_growth() {
    MOST_TOUCHED.store(TOUCHED.load(Ordering::Relaxed), Ordering::Relaxed);
}

/// The child of a fork has what its parent had, and may need little of its own.
pub(crate) fn begin_as_child() {
    begin_with(TOUCHED.load(Ordering::Relaxed));
}

/// Whether one of many is chosen, by its number: one of [`SAMPLE`], and of twice as many for each doubt. The numbers are
/// mixed, since programs take blocks in turns.
pub(super) fn is_chosen(number: usize, doubts: usize) -> bool {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed.leading_zeros() as usize >= SAMPLE.trailing_zeros() as usize + doubts
}

/// Counts units, and blocks, of large blocks on huge pages that have come into use, or gone.
pub(crate) fn note_dense(units: isize, blocks: isize) {
    DENSE_UNITS.fetch_add(units, Ordering::Relaxed);
    DENSE_COUNT.fetch_add(blocks, Ordering::Relaxed);
}

/// By how many units what large blocks on huge pages have in use may swing: such blocks come and go as a whole. By all
/// of it where they are few, else by as much as some of them.
pub(crate) fn dense_swing() -> usize {
    let units = DENSE_UNITS.load(Ordering::Relaxed).max(0) as usize;
    let blocks = DENSE_COUNT.load(Ordering::Relaxed).max(1) as usize;
    units.min(units / blocks * FEW)
}

/// Whether most of a new large block is likely to be used.
pub(crate) fn is_likely_filled(bytes: usize) -> bool {
    of(bytes).is_filled()
}

/// Whether little of it is likely to be used.
pub(crate) fn is_likely_sparse(bytes: usize) -> bool {
    of(bytes).is_sparse()
}

/// What is known of blocks of a size.
pub(super) fn of(bytes: usize) -> &'static Evidence {
    let doublings = bytes.max(1 << LEAST_SHIFT).ilog2() - LEAST_SHIFT;
    &BLOCKS[(doublings as usize).min(SIZES - 1)]
}

/// How much of a block is in use, in parts of [`FULL`].
#[derive(Clone, Copy)]
pub(crate) struct Found(usize);

impl Found {
    /// Most of it.
    pub(crate) fn is_filled(self) -> bool {
        self.0 >= FILLED
    }

    /// Little of it.
    pub(crate) fn is_sparse(self) -> bool {
        self.0 <= SPARSE
    }
}

/// The parts of a block in the order in which they are looked at: the first last, since it is corners that are used alone, but the
/// second first: where that is used, too, the block is not nearly empty.
const ORDER: [usize; SAMPLE_PAGES] = [1, 4, 6, 2, 5, 3, 7, 0];

/// Where to look at a block: one page in the middle of each part of it, since programs keep guard pages at the ends.
/// None if it has not as many pages as parts.
pub(super) fn parts(start: usize, bytes: usize) -> Option<impl Iterator<Item = usize>> {
    let page = sys::page_size();
    let step = (bytes / SAMPLE_PAGES) & !(page - 1);
    let middle = (step / 2) & !(page - 1);
    (step != 0).then(|| ORDER.into_iter().map(move |i| start + i * step + middle))
}

/// Looks, now and then, at how much of a large block that is about to be freed has been used. Where it read as zero
/// when it was new, or is filled now, this is evidence for others of its size.
///
/// # Safety
/// The block is the caller's.
pub(crate) unsafe fn note_freed(start: usize, bytes: usize, is_fresh: bool) -> Option<Found> {
    let evidence = of(bytes);
    // What was never written reads as zero, and so may some of what was: the error is on the side of
    // small pages. The system could tell exactly, by a call that sandboxes have no reason to allow.
    let is_due = evidence.is_due() || is_fresh && bytes >= BIG;
    let parts = parts(start, bytes).filter(|_| is_due)?;
    let (mut looked, mut used, was_sparse) = (0, 0, evidence.is_sparse());
    for page in parts {
        looked += 1;
        // SAFETY: the pages lie in the block, which is the caller's.
        used += unsafe { is_used(page) } as usize;
        if was_sparse && looked - used > EMPTY_MOST {
            // That is no news, and the fewer pages are read that were not written the better.
            break;
        }
    }
    let found = used * FULL / looked;
    if is_fresh || found >= FILLED {
        evidence.note(found);
    }
    Some(Found(found))
}

/// Whether something has been written to a page where it is looked at.
///
/// # Safety
/// The page is in a block of the caller's.
#[inline(never)]
unsafe fn is_used(page: usize) -> bool {
    let line = |at: usize| (page + at) as *const [usize; LINE_WORDS];
    let is_written = |&word: &usize| word != 0;
    // SAFETY: as the caller promises, and the lines are aligned.
    LINES_IN_PAGE.iter().any(|&at| unsafe { line(at).read_volatile() }.iter().any(is_written))
}
