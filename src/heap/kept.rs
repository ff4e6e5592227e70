//! Large blocks that a thread has freed, kept as they are for the next ones of their length, or of a little less: with their
//! place in the page map, and without a look at the arena, whose lock other threads share.
//!
//! What is kept for one length is not to be had for most others, so memory is kept only as far as the program has shown
//! that it asks again for lengths that it has freed: the lengths of blocks that went back are remembered for a while,
//! and each one that comes up again allows as much more. Where large blocks are rare among what the thread asks for,
//! they take no time worth any memory.
//!
//! They are in use as far as the arena knows. Like the magazines they belong to the heap's thread, or to who claimed the
//! heap from a dead one, and take no lock: who has just written a large block would wait at each exchange until all of that
//! has left the processor. They go back when the thread finds that the process has had a tick, when it purges, when it
//! frees one while less are in use, and when it has asked for other blocks for a while; when it is dead, at somebody's
//! tick; those of a thread that sleeps stay. A fork may stop another thread at any instruction: a block that is in a list
//! is complete, and one that was on its way is lost in the child.

use super::{Heap, roll};
use crate::arena::{self, Run};
use crate::fatal::{self, Misuse};
use crate::span::Large;
use crate::sync::{AtomicPtr, Ordering, compiler_fence};
use crate::units::UNIT_SHIFT;
use crate::{config, meta, purge};
use core::cell::Cell;
use core::ptr;

/// The longest blocks that are kept, in units; and how many units in a process of few heaps.
const UNITS: usize = (4 << 20) >> UNIT_SHIFT;
const MOST: usize = (6 << 20) >> UNIT_SHIFT;
const _: () = assert!(UNITS <= u64::BITS as usize);
/// The same as a part of what all heaps have in use of large blocks, for each of them.
const PART: usize = 16;
/// How many lengths of blocks that went back are remembered.
const REMEMBERED: usize = 32;
/// What a length that nobody has freed lately takes from what may be kept, as a part of it.
const MISS: usize = 4;
/// A block may serve that is longer by such a part of what is asked for.
const LONGER_PART: usize = 8;
/// After so many slow paths without a large block all is forgotten.
const RARE: u32 = 64;

pub(super) struct Kept {
    /// For each length, in units, the block that was kept last; it leads to the one before it.
    newest: [AtomicPtr<Large>; UNITS + 1],
    /// The heap's ticks when a block of each length was last kept or taken.
    used: [Cell<u32>; UNITS + 1],
    /// A bit for each length of which blocks have been kept, for one unit the lowest.
    lengths: Cell<u64>,
    /// Units of all of them. In the child of a fork there may be one block less.
    units: Cell<usize>,
    /// How many units may be kept just now; and without a look at what is in use.
    allowed: Cell<usize>,
    most: Cell<usize>,
    /// Lengths of blocks that went back, 0 where there is none, and where the next goes.
    gone: [Cell<u16>; REMEMBERED],
    next: Cell<usize>,
    /// The heap's ticks when a large block was last taken or freed.
    last: Cell<u32>,
    /// The process's tick of decay when all were last given back.
    tick: Cell<u64>,
}

impl Kept {
    /// Lets the heap keep blocks, fewer the more heaps there are.
    pub(super) fn allow(&self, share: usize) {
        self.most.set(if arena::is_limited() { 0 } else { MOST / share });
    }

    /// A large block is taken or freed, at a tick of the heap.
    #[inline(always)]
    fn note(&self, tick: u32) {
        if tick.wrapping_sub(self.last.replace(tick)) > RARE {
            self.forget();
        }
    }

    #[cold]
    #[inline(never)]
    fn forget(&self) {
        self.allowed.set(0);
        self.gone.iter().for_each(|gone| gone.set(0));
    }

    /// Whether blocks are kept and none has been asked for for a while.
    pub(super) fn is_idle(&self, tick: u32) -> bool {
        self.units.get() > 0 && tick.wrapping_sub(self.last.get()) > RARE
    }

    /// Whether the process has had a tick since this was asked last.
    pub(super) fn has_aged(&self, tick: u64) -> bool {
        self.tick.replace(tick) != tick && self.units.get() > 0
    }

    /// The block of a length that was kept last.
    #[inline(always)]
    fn pop(&self, length: usize) -> Option<&'static Large> {
        let newest = self.newest.get(length)?;
        // SAFETY: what is in the list was a descriptor, and memory of descriptors stays readable.
        let large = unsafe { newest.load(Ordering::Relaxed).as_ref() }?;
        if !large.is_kept(length) {
            // Another thread has freed it at the same time, and used it anew or given it back.
            fatal::misuse("free", Misuse::DoubleFree, large.start());
        }
        newest.store(large.before(), Ordering::Release);
        // For a fork: what is counted is no less than what is in the lists.
        compiler_fence(Ordering::Release);
        self.units.set(self.units.get().saturating_sub(length));
        Some(large)
    }

    /// A block that is longer by little. It stays so long: who goes over to shorter ones has that much more until a tick.
    #[inline(never)]
    fn pop_longer(&self, length: usize) -> Option<&'static Large> {
        let most = (length + length / LONGER_PART).min(UNITS);
        let is_kept = |&longer: &usize| !self.newest[longer].load(Ordering::Relaxed).is_null();
        (length + 1..=most).find(is_kept).and_then(|longer| self.pop(longer))
    }

    /// Keeps a block of a length that there is a list for.
    #[inline(always)]
    fn push(&self, length: usize, large: &'static Large) {
        let newest = &self.newest[length];
        large.set_before(newest.load(Ordering::Relaxed));
        self.lengths.set(self.lengths.get() | 1 << (length - 1));
        self.units.set(self.units.get() + length);
        newest.store(ptr::from_ref(large).cast_mut(), Ordering::Release);
    }

    /// A block of the length that has been neither kept nor taken for the longest time.
    #[cold]
    #[inline(never)]
    fn pop_oldest(&self) -> Option<&'static Large> {
        let (now, mut left) = (self.last.get(), self.lengths.get());
        let (mut oldest, mut age) = (0, 0);
        while left != 0 {
            let length = left.trailing_zeros() as usize + 1;
            left &= left - 1;
            let since = now.wrapping_sub(self.used[length].get());
            if self.newest[length].load(Ordering::Relaxed).is_null() {
                self.lengths.set(self.lengths.get() & !(1 << (length - 1)));
            } else if since >= age {
                (oldest, age) = (length, since);
            }
        }
        let large = self.pop(oldest);
        if large.is_none() {
            self.units.set(0);
        }
        large
    }

    /// Remembers the length of a block that goes back.
    fn remember(&self, length: usize) {
        let next = self.next.get();
        self.gone[next].set(length as u16);
        self.next.set((next + 1) % REMEMBERED);
    }

    /// The most that may be kept: of what large blocks take now, not of what they have taken.
    fn most(&self) -> usize {
        let most = self.most.get();
        if most == 0 { 0 } else { most.max(arena::used_by_blocks() / PART / roll::count()) }
    }

    /// Whether more is kept than may be. What may be is less when less is in use.
    #[inline(always)]
    fn has_excess(&self) -> bool {
        let (units, allowed) = (self.units.get(), self.allowed.get());
        units > allowed || units > self.most.get() && self.has_shrunk(units)
    }

    #[inline(never)]
    fn has_shrunk(&self, units: usize) -> bool {
        self.allowed.set(self.allowed.get().min(self.most()));
        units > self.allowed.get()
    }

    /// A block of a length is asked for that is not kept.
    #[inline(never)]
    fn miss(&self, length: usize) {
        let allowed = self.allowed.get();
        match self.gone.iter().find(|gone| usize::from(gone.get()) == length) {
            Some(gone) => {
                gone.set(0);
                let more = allowed + length;
                if more <= self.most.get() || more <= self.most() {
                    self.allowed.set(more);
                }
            }
            None => self.allowed.set(allowed.saturating_sub(length.div_ceil(MISS))),
        }
    }
}

/// Gives the run of a kept block back to its arena; how many units that is. Under no lock.
fn give_back(large: &'static Large) -> usize {
    // SAFETY: who freed the block has closed it, and a heap had it since. The piece came from `meta` with this size.
    unsafe {
        let (run, piece) = Run::of(large);
        meta::release(piece, size_of::<Large>());
        run.give_back()
    }
}

/// All are for the heap's thread, or who has claimed the heap.
impl Heap {
    /// A closed block of so many units that was kept, or of few more.
    #[inline(always)]
    pub(crate) fn take_kept(&self, units: usize) -> Option<&'static Large> {
        let (kept, now) = (&self.kept, self.ticks.get());
        kept.note(now);
        if units > UNITS {
            return None;
        }
        if let Some(large) = kept.pop(units) {
            kept.used[units].set(now);
            return Some(large);
        }
        let longer = kept.pop_longer(units);
        if longer.is_none() {
            kept.miss(units);
        }
        longer
    }

    /// Keeps a block that was closed, if it may; others may have to go then: see [`excess`](Heap::excess).
    #[inline(always)]
    pub(crate) fn keep(&self, large: &'static Large) -> bool {
        let (kept, units, now) = (&self.kept, large.span().units(), self.ticks.get());
        kept.note(now);
        if units > UNITS {
            return false;
        }
        // Where the system has refused memory it is to be had for any block.
        let stays = units <= kept.allowed.get() && !arena::was_refused() && !config::keeps_less();
        if stays {
            kept.used[units].set(now);
            kept.push(units, large);
        } else {
            kept.remember(units);
        }
        stays
    }

    /// A block for which there is no room beside newer ones.
    #[inline(always)]
    pub(crate) fn excess(&self) -> Option<&'static Large> {
        let kept = &self.kept;
        if !kept.has_excess() {
            return None;
        }
        let large = kept.pop_oldest()?;
        kept.remember(large.span().units());
        Some(large)
    }

    /// Gives all of them back, and holds down what is free. Under no lock.
    pub(crate) fn let_go(&self) {
        let given = self.empty_kept();
        if given > 0 {
            purge::enforce(given);
        }
    }

    /// Gives all of them back; how many units those are. Under no lock.
    #[inline(never)]
    pub(super) fn empty_kept(&self) -> usize {
        let mut given = 0;
        self.large_spares.drop_all(size_of::<Large>());
        if self.kept.units.get() > 0 {
            while let Some(large) = self.kept.pop_oldest() {
                given += give_back(large);
            }
        }
        given
    }

    /// Bytes that are kept, as far as can be seen from outside.
    pub(crate) fn kept_bytes(&self) -> usize {
        self.kept.units.get() << UNIT_SHIFT
    }
}
