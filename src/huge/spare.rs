//! The mapping of the huge block that was freed last, kept for the next one.
//!
//! To give hundreds of MiB back and to fault them in again takes longer than much of what programs do with them in between. So
//! where a program has asked for as much as it had just freed, about, what it frees next waits for that. It goes back when a
//! huge block is asked for that it does not fit, after two ticks, and when somebody wants memory or purges.
//!
//! In use as far as its record goes it is not: that remembers the address as one of a freed block.

use super::LOCK;
use crate::lock::Rank;
use crate::sync::lasting::{AtomicBool, AtomicU64, AtomicUsize};
use crate::sync::{Ordering, compiler_fence};
use crate::{arena, config, sys};

/// The longest mapping that is kept.
const MOST: usize = 2 << 30;
/// One that differs by so small a part of what is asked for will do.
const PART: usize = 8;

/// All is read and written under the lock of the table, but for who only counts.
struct Spare {
    start: AtomicUsize,
    /// 0 when there is none.
    bytes: AtomicUsize,
    /// A tick has found it.
    is_old: AtomicBool,
    /// How many bytes were freed last, and when, in milliseconds.
    freed: AtomicUsize,
    when: AtomicU64,
    /// About so many bytes have been asked for soon after; 0 for none.
    proven: AtomicUsize,
}

static SPARE: Spare = Spare {
    start: AtomicUsize::new(0),
    bytes: AtomicUsize::new(0),
    is_old: AtomicBool::new(false),
    freed: AtomicUsize::new(0),
    when: AtomicU64::new(0),
    proven: AtomicUsize::new(0),
};

/// A mapping: its start and its bytes.
pub(super) type Mapping = (usize, usize);

/// Whether a mapping of `there` bytes does for a block of `bytes`.
pub(super) fn fits(there: usize, bytes: usize) -> bool {
    there.abs_diff(bytes) <= bytes / PART
}

/// The mapping that is kept, for a block of `bytes`, or to be given back before that is mapped, as it is where the block is to
/// be zero. The caller's from now on.
pub(super) fn take(bytes: usize, zeroed: bool) -> Option<Mapping> {
    let _guard = LOCK.inherit(Rank::Huge);
    let is_soon = || {
        let since = sys::now_ms().saturating_sub(SPARE.when.load(Ordering::Relaxed));
        since <= u64::from(config::decay_ms())
    };
    let is_again = !zeroed && fits(SPARE.freed.load(Ordering::Relaxed), bytes) && is_soon();
    SPARE.proven.store(if is_again { bytes } else { 0 }, Ordering::Relaxed);
    take_out()
}

/// Keeps a mapping that was freed, if it may; the one to be given back.
pub(super) fn keep(start: usize, bytes: usize) -> Option<Mapping> {
    let _guard = LOCK.inherit(Rank::Huge);
    SPARE.freed.store(bytes, Ordering::Relaxed);
    SPARE.when.store(sys::now_ms(), Ordering::Relaxed);
    let may_stay = fits(bytes, SPARE.proven.load(Ordering::Relaxed))
        && bytes <= MOST
        && !(arena::is_limited() || arena::was_refused() || config::keeps_less());
    if !may_stay {
        return Some((start, bytes));
    }
    let before = take_out();
    SPARE.start.store(start, Ordering::Relaxed);
    SPARE.is_old.store(false, Ordering::Relaxed);
    // Last: the child of a fork in between has none.
    compiler_fence(Ordering::Release);
    SPARE.bytes.store(bytes, Ordering::Relaxed);
    before
}

/// A tick: what an earlier one has found is to be given back, and has to be proven anew.
pub(super) fn age() -> Option<Mapping> {
    if bytes() == 0 {
        return None;
    }
    let _guard = LOCK.inherit(Rank::Huge);
    if !SPARE.is_old.swap(true, Ordering::Relaxed) {
        return None;
    }
    SPARE.proven.store(0, Ordering::Relaxed);
    take_out()
}

/// What is kept is to be given back.
pub(super) fn drop_now() -> Option<Mapping> {
    if bytes() == 0 {
        return None;
    }
    let _guard = LOCK.inherit(Rank::Huge);
    take_out()
}

/// How many bytes are kept.
pub(super) fn bytes() -> usize {
    SPARE.bytes.load(Ordering::Relaxed)
}

/// Under the lock.
fn take_out() -> Option<Mapping> {
    let bytes = SPARE.bytes.swap(0, Ordering::Relaxed);
    (bytes != 0).then(|| (SPARE.start.load(Ordering::Relaxed), bytes))
}
