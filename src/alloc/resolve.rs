//! What stands at an address, and what is wrong with it.

use crate::fatal::{self, Misuse};
use crate::heap::{self, Heap};
use crate::page_map::{self, Entry};
use crate::slab::{self, Slab, State};
use crate::span::Large;
use crate::units::MIN_ALIGN;
use crate::{central, huge, thread};
use core::ptr;

/// What an address is.
pub(super) enum Found {
    Small(&'static Slab),
    Large(&'static Large),
    Huge(usize),
    Foreign,
}

/// Finds the block that starts at `address`, or ends the process, saying what stands there instead.
pub(super) fn resolve(function: &str, freed: Misuse, address: usize) -> Found {
    thread::note_look();
    let entry = page_map::entry(address);
    if let Some(found) = entry.and_then(find_in_span) {
        match found {
            Found::Small(slab) => {
                if !slab.is_taken(address)
                    && let Some(state) = heap::examine(slab, || find_wrong(slab, address)).flatten()
                {
                    fatal::misuse(function, name(state, freed), address);
                }
                if is_underway(slab, address) {
                    fatal::misuse(function, freed, address);
                }
            }
            Found::Large(large) if large.start() != address => {
                let problem =
                    if large.holds(address) { Misuse::InsideBlock } else { Misuse::NotABlock };
                fatal::misuse(function, problem, address);
            }
            _ => {}
        }
        return found;
    }
    if entry.is_some_and(Entry::is_freed) && address.is_multiple_of(MIN_ALIGN) {
        fatal::misuse(function, freed, address);
    }
    match huge::find(address) {
        huge::Found::Start(bytes) => Found::Huge(bytes),
        huge::Found::Inside => fatal::misuse(function, Misuse::InsideBlock, address),
        huge::Found::Freed => fatal::misuse(function, freed, address),
        huge::Found::Nothing if entry.is_none() => Found::Foreign,
        huge::Found::Nothing => fatal::misuse(function, Misuse::NotABlock, address),
    }
}

pub(super) fn find_in_span(entry: &'static Entry) -> Option<Found> {
    let span = entry.span()?;
    Slab::of(span).map(Found::Small).or_else(|| Large::of(span).map(Found::Large))
}

/// What is wrong with an address in a slab, if no taken block starts there. Under the lock.
fn find_wrong(slab: &'static Slab, address: usize) -> Option<State> {
    (!slab.is_taken(address)).then(|| slab.state_of(address))
}

fn name(state: State, freed: Misuse) -> Misuse {
    match state {
        State::Free => freed,
        State::Inside => Misuse::InsideBlock,
        State::Behind => Misuse::NotABlock,
    }
}

/// Whether a taken block is one that was freed: marked, and put away by a thread or on the way to
/// its slab. A live block carries the mark only when the program copied it from memory it had not
/// written.
fn is_underway(slab: &'static Slab, block: usize) -> bool {
    // SAFETY: a block starts here.
    if unsafe { !slab::is_marked(block) } {
        return false;
    }
    let class = slab.class_of(block);
    if is_held(class, block) {
        return true;
    }
    // What is in a mailbox is in the slab afterwards. It may be that of a heap that held the slab before.
    thread::heaps().chain(central::heaps()).for_each(|heap| heap.collect(false));
    let is_there = || {
        let span = page_map::entry(block).and_then(Entry::span);
        span.and_then(Slab::of).is_some_and(|now| ptr::eq(now, slab))
    };
    // If the block was the last one of its slab, the slab is no more.
    heap::examine(slab, || !is_there() || !slab.is_taken(block)).unwrap_or(!is_there())
        // Or it was taken anew since, from a slab with the same descriptor.
        || is_held(class, block)
}

/// Whether a thread has a block in its magazine or outbox. One that puts blocks back has them there until all are in their
/// slabs, and the first ones may be another's by then: so what counts is what is there under the heap's lock.
#[inline(never)]
fn is_held(class: usize, block: usize) -> bool {
    let holds = |heap: &'static Heap| heap.holds(class, block);
    thread::heaps().any(|heap| holds(heap) && heap.lock().is_some_and(|_guard| holds(heap)))
}
