//! Witnesses: large blocks in use, asked whether others of their size will be filled.
//!
//! Pools and arenas of programs take blocks that they never free, one after the other as each is filled. What such a
//! block holds is its owner's, who may even have taken the access away; so the kernel is asked, which answers where a
//! read of ours would end the process, and by a call that locks need anyway. A block that has been freed meanwhile
//! bears witness of what has become of it: the answer is evidence, and nothing depends on it but the choice of pages.

use super::evidence::{LINE_WORDS, LINES_IN_PAGE, SAMPLE, SAMPLE_FIRST, parts};
use crate::sync::Ordering;
use crate::sync::lasting::AtomicUsize;
use crate::sys;
use crate::units::UNIT;

/// So many witnesses in a row are believed.
const ENOUGH: usize = 4;
/// Of the parts of each so many may be empty.
const EMPTY_MOST: usize = 2;
/// Of a line so many words are asked for, each this far from the last.
const WORD_STEP: usize = 3;

/// What blocks in use of a size have said.
pub(super) struct Witness {
    /// How many blocks were taken.
    taken: AtomicUsize,
    /// Where the last one that was chosen stands, and its pages below the bits of a unit; 0 before.
    block: AtomicUsize,
    /// How many in a row were filled.
    filled: AtomicUsize,
}

impl Witness {
    pub(super) const fn new() -> Witness {
        Witness {
            taken: AtomicUsize::new(0),
            block: AtomicUsize::new(0),
            filled: AtomicUsize::new(0),
        }
    }

    /// Those that were taken a while ago are filled.
    pub(super) fn is_convincing(&self) -> bool {
        self.filled.load(Ordering::Relaxed) >= ENOUGH
    }

    /// A block has been taken that reads as zero. Now and then the one before is asked, and this one will be next.
    pub(super) fn note(&self, start: usize, bytes: usize) {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        if taken >= SAMPLE_FIRST && !taken.is_multiple_of(SAMPLE) {
            return;
        }
        let pages = bytes / sys::page_size();
        let before = self.block.swap(start + pages, Ordering::Relaxed);
        if before == 0 {
            return;
        }
        // Of several threads' answers one may be lost.
        let filled = match is_filled(before & !(UNIT - 1), before % UNIT * sys::page_size()) {
            true => self.filled.load(Ordering::Relaxed) + 1,
            false => 0,
        };
        self.filled.store(filled, Ordering::Relaxed);
    }
}

/// Whether most of a block's parts have been written.
fn is_filled(start: usize, bytes: usize) -> bool {
    let is_empty = |&page: &usize| {
        let words = |line| {
            (0..LINE_WORDS).step_by(WORD_STEP).map(move |word| line + word * size_of::<usize>())
        };
        let mut words = LINES_IN_PAGE.iter().flat_map(|&line| words(page + line));
        !words.any(|word| sys::is_written(word as *const u32))
    };
    let is_known = parts(start, bytes).next().is_some();
    is_known && parts(start, bytes).filter(is_empty).nth(EMPTY_MOST).is_none()
}
