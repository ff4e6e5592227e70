//! Witnesses: large blocks in use, asked whether others of their size will be filled.
//!
//! Pools and arenas of programs take blocks that they never free, one after the other as each is filled. What such a
//! block holds is its owner's, who may write it just now, or have taken the access away; so the kernel is asked, by an
//! operation of the call that locks need anyway, and answers where a read of ours would end the process. A block that has
//! been freed meanwhile bears witness of what has become of it: nothing depends on the answers but the choice of pages.
//!
//! A block that its owner makes grow bears witness of itself, and is asked likewise.

use super::evidence::{EMPTY_MOST, LINE_WORDS, LINES_IN_PAGE, SAMPLE_PAGES, is_chosen, parts};
use crate::sync::Ordering;
use crate::sync::lasting::AtomicUsize;
use crate::sys;
use crate::units::UNIT;

/// So many blocks are chosen to begin with; then some, by chance.
const CHOSEN_FIRST: usize = 16;
/// One is asked when so many others have been chosen after it: until then several threads have had time to fill theirs.
const WAITING: usize = 8;
/// So many filled ones in a row are believed.
const ENOUGH: usize = 4;
/// Of a line so many words are asked for, each this far from the last.
const WORD_STEP: usize = 3;
/// Each answer that says no halves how many are chosen, so often at most and until one says yes: who uses corners is
/// asked ever more rarely.
const DOUBTS_MOST: usize = 4;

/// What blocks in use of a size have said.
pub(super) struct Witness {
    /// How many blocks were taken, and how many of them were chosen.
    taken: AtomicUsize,
    chosen: AtomicUsize,
    /// Where the last that were chosen stand, and their pages below the bits of a unit; 0 before.
    blocks: [AtomicUsize; WAITING],
    /// How many in a row were filled; how many were not since then.
    filled: AtomicUsize,
    doubts: AtomicUsize,
}

impl Witness {
    pub(super) const fn new() -> Witness {
        Witness {
            taken: AtomicUsize::new(0),
            chosen: AtomicUsize::new(0),
            blocks: [const { AtomicUsize::new(0) }; WAITING],
            filled: AtomicUsize::new(0),
            doubts: AtomicUsize::new(0),
        }
    }

    /// Those that were taken a while ago are filled.
    pub(super) fn is_convincing(&self) -> bool {
        self.filled.load(Ordering::Relaxed) >= ENOUGH
    }

    /// A block has been taken that reads as zero. It may be chosen to be asked, and then an earlier one is.
    pub(super) fn note(&self, start: usize, bytes: usize) {
        let taken = self.taken.fetch_add(1, Ordering::Relaxed);
        let doubts = self.doubts.load(Ordering::Relaxed);
        if taken >= CHOSEN_FIRST && !is_chosen(taken, doubts) {
            return;
        }
        let chosen = self.chosen.fetch_add(1, Ordering::Relaxed);
        let packed = start + bytes / sys::page_size();
        let before = self.blocks[chosen % WAITING].swap(packed, Ordering::Relaxed);
        if before == 0 {
            return;
        }
        // Of several threads' answers one may be lost.
        let filled = self.filled.load(Ordering::Relaxed);
        let (filled, doubts) =
            match is_filled(before & !(UNIT - 1), before % UNIT * sys::page_size()) {
                true => (filled + 1, 0),
                false => (0, (doubts + 1).min(DOUBTS_MOST)),
            };
        self.filled.store(filled, Ordering::Relaxed);
        self.doubts.store(doubts, Ordering::Relaxed);
    }
}

/// Whether most of a block's parts have been written.
fn is_filled(start: usize, bytes: usize) -> bool {
    parts(start, bytes).is_some_and(|parts| parts.filter(is_empty).nth(EMPTY_MOST).is_none())
}

/// Whether all but one of them, or all, have not. No where the kernel does not answer.
pub(crate) fn is_hardly_used(start: usize, bytes: usize) -> bool {
    static WRITTEN: u32 = 1;
    sys::is_written(&raw const WRITTEN)
        && parts(start, bytes)
            .is_some_and(|parts| parts.filter(is_empty).nth(SAMPLE_PAGES - 2).is_some())
}

/// Whether a page reads as zero where it is looked at, or cannot be read.
#[inline(never)]
fn is_empty(page: &usize) -> bool {
    let words =
        |line| (0..LINE_WORDS).step_by(WORD_STEP).map(move |word| line + word * size_of::<usize>());
    let words = LINES_IN_PAGE.iter().flat_map(|&line| words(page + line));
    // Now the low half of a word, now the high one: round numbers have one of zero.
    let mut halves = words.enumerate().map(|(i, word)| word + i % 2 * size_of::<u32>());
    !halves.any(|half| sys::is_written(half as *const u32))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    const BLOCKS: usize = 200;
    const BYTES: usize = 2 * UNIT;

    /// Takes blocks one after the other, and fills those that `is_filled` names; how many were taken while the witness
    /// convinced.
    fn take(witness: &Witness, is_filled: impl Fn(usize) -> bool) -> usize {
        let mapping = sys::map((BLOCKS + 1) * BYTES).unwrap();
        let start = mapping.next_multiple_of(UNIT);
        let mut convinced = 0;
        for block in 0..BLOCKS {
            let block_start = start + block * BYTES;
            witness.note(block_start, BYTES);
            convinced += usize::from(witness.is_convincing());
            if is_filled(block) {
                for page in (block_start..block_start + BYTES).step_by(sys::page_size()) {
                    // SAFETY: the pages are this run's alone.
                    unsafe { ((page + LINES_IN_PAGE[1]) as *mut usize).write_volatile(page) };
                }
            }
        }
        // SAFETY: nobody asks for these blocks any more, but in vain.
        unsafe { sys::unmap(mapping, (BLOCKS + 1) * BYTES) };
        convinced
    }

    #[test]
    fn filled_blocks_convince_soon_and_for_long() {
        assert!(take(&Witness::new(), |_| true) > BLOCKS * 9 / 10);
    }

    #[test]
    fn blocks_in_turns_with_empty_ones_hardly_do() {
        assert_eq!(take(&Witness::new(), |_| false), 0);
        for turn in [2, 3, 4, 5, 8] {
            for phase in 0..turn {
                let convinced = take(&Witness::new(), |block| block % turn == phase);
                assert!(convinced < BLOCKS / 4, "one of {turn}, phase {phase}: {convinced}");
            }
        }
    }

    #[test]
    fn one_that_is_empty_ends_it() {
        let witness = Witness::new();
        take(&witness, |_| true);
        assert!(witness.is_convincing());
        assert!(take(&witness, |_| false) < BLOCKS / 4);
        assert!(!witness.is_convincing());
    }
}
