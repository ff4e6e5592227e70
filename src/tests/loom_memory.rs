//! Models of arenas, the page map and the owners of heaps, run through all their interleavings: `make loom`.

use super::loom::explore;
use crate::arena::{Arena, Residue};
use crate::lock;
use crate::meta;
use crate::owner::Owner;
use crate::page_map;
use crate::span::{Kind, Large};
use crate::sys;
use crate::units::UNIT;
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::thread;
use std::vec::Vec;

/// An arena, and beside it a cell for each of its first units, which loom watches: only who has a
/// unit touches its cell.
struct Land {
    arena: &'static Arena,
    start: usize,
    cells: Vec<UnsafeCell<()>>,
}

// SAFETY: cells are touched by who has the unit; that this is enough is what the models show.
unsafe impl Sync for Land {}
// SAFETY: as above.
unsafe impl Send for Land {}

impl Land {
    /// With the first `dirty` units free and dirty, everything else clean.
    fn open(dirty: usize) -> Arc<Land> {
        sys::start_anew();
        let arena = Arena::open_for_model();
        assert!(page_map::make_room());
        let run = arena.take_for_model(dirty).unwrap();
        assert!(run.is_clean());
        for unit in 0..dirty {
            word(run.start + unit * UNIT, 77);
        }
        arena.give(run.start, dirty, Residue::Much, 0);
        arena.age();
        // So that the models find everything used once.
        arena.purge(dirty, false);
        let cells = (0..8).map(|_| UnsafeCell::new(())).collect();
        Arc::new(Land { arena, start: run.start, cells })
    }

    /// Takes a unit, uses it for a while and gives it back. What was written stays, and memory that
    /// is said to be clean reads as zero.
    fn use_one(&self) {
        let run = self.arena.take_for_model(1).expect("there is room");
        let cell = &self.cells[(run.start - self.start) / UNIT];
        cell.with_mut(|_| {
            let before = word(run.start, 5);
            assert!(before == 0 || !run.is_clean(), "not clean");
        });
        thread::yield_now();
        cell.with_mut(|_| assert_eq!(word(run.start, 77), 5, "somebody else was here"));
        self.arena.give(run.start, 1, Residue::Much, 0);
    }
}

/// A large block on a run of the first arena, which the page map names.
fn enter_large(start: usize, units: usize, bytes: usize) -> &'static Large {
    let piece = meta::allocate(size_of::<Large>()).expect("memory for a descriptor");
    // SAFETY: the piece is new.
    let large = unsafe { Large::open(piece, 0, start, units, bytes) };
    page_map::enter(large.span(), false);
    large
}

/// Writes the first word of a unit; what was there.
fn word(address: usize, value: usize) -> usize {
    // SAFETY: the unit is the caller's.
    unsafe { (address as *mut usize).replace(value) }
}

/// Another thread that purges everything.
fn purge_beside(land: &Arc<Land>) -> thread::JoinHandle<()> {
    let land = land.clone();
    thread::spawn(move || {
        land.arena.purge(0, false);
    })
}

/// Nobody has a unit that another one has.
#[test]
fn loom_arena_of_two_threads() {
    explore(2, || {
        let land = Land::open(1);
        let other = {
            let land = land.clone();
            thread::spawn(move || land.use_one())
        };
        land.use_one();
        other.join().unwrap();
        land.arena.check();
        assert_eq!(land.arena.counts().0, 0);
    });
}

/// Purging takes no unit from who has it, and what it says is clean is zero.
#[test]
fn loom_arena_with_a_purge() {
    explore(3, || {
        let land = Land::open(2);
        let other = purge_beside(&land);
        land.use_one();
        other.join().unwrap();
        land.arena.check();
        assert_eq!(land.arena.counts().0, 0);
    });
}

/// Purging while the arena grows.
#[test]
fn loom_arena_that_grows_with_a_purge() {
    explore(3, || {
        let land = Land::open(2);
        let other = purge_beside(&land);
        let run = land.arena.take_for_model(20).expect("there is room");
        other.join().unwrap();
        land.arena.give(run.start, 20, Residue::Much, 0);
        land.arena.check();
    });
}

/// Taking the commitment back lets nobody have a unit that is not committed.
#[test]
fn loom_arena_with_a_retreat() {
    explore(3, || {
        let land = Land::open(1);
        let other = {
            let land = land.clone();
            thread::spawn(move || land.arena.retreat(true))
        };
        land.use_one();
        other.join().unwrap();
        land.arena.check();
    });
}

/// Who finds a span in the map finds its description complete; who looks after it has gone finds
/// nothing, or that it was freed.
#[test]
fn loom_page_map_enter_and_clear() {
    explore(3, || {
        let land = Land::open(2);
        let start = land.start;
        for at in [start, start + UNIT] {
            assert!(page_map::entry(at).expect("in an arena").span().is_none());
        }
        let reader = thread::spawn(move || {
            let entry = page_map::entry(start + UNIT).expect("in an arena");
            if let Some(span) = entry.span() {
                assert_eq!((span.start(), span.units()), (start, 2));
                assert_ne!(span.kind(), Kind::Slab);
            }
        });
        let large = enter_large(start, 2, UNIT + 5);
        assert!(page_map::entry(start).unwrap().span().is_some());
        assert!(large.close());
        page_map::clear(start, 2, true);
        assert!(page_map::entry(start).unwrap().is_freed());
        reader.join().unwrap();
    });
}

/// Who looks at a block that is being freed, used anew and freed for good finds it live or freed, and never another.
#[test]
fn loom_look_at_a_large_block_that_is_freed() {
    explore(3, || {
        let land = Land::open(1);
        let start = land.start;
        let large = enter_large(start, 1, UNIT);
        let looker = thread::spawn(move || {
            let entry = page_map::entry(start).expect("in an arena");
            let found = entry.span().and_then(Large::of);
            if let Some(found) = found {
                assert!(core::ptr::eq(found, large));
                assert!([UNIT, UNIT - 1].contains(&found.bytes()));
            }
        });
        assert!(large.close() && !large.close());
        assert!(large.is_kept(1));
        // SAFETY: it is in the map, and this thread has closed it.
        unsafe { large.reopen(UNIT - 1, 0) };
        assert!(!large.is_kept(1));
        assert!(large.close() && large.retire() && !large.retire());
        page_map::clear(start, 1, true);
        looker.join().unwrap();
        assert!(page_map::entry(start).unwrap().is_freed());
    });
}

/// Of two threads that have closed a block one takes it out of use.
#[test]
fn loom_large_block_is_retired_once() {
    explore(2, || {
        let land = Land::open(1);
        let large = enter_large(land.start, 1, UNIT);
        assert!(large.close());
        let retire = |land: &Land| {
            let won = large.retire();
            if won {
                land.cells[0].with_mut(|_| page_map::clear(land.start, 1, true));
            }
            won
        };
        let other = {
            let land = land.clone();
            thread::spawn(move || retire(&land))
        };
        let mine = retire(&land);
        assert!(mine ^ other.join().unwrap());
        assert!(!large.is_kept(1) && !large.close());
    });
}

/// An arena that comes, goes and comes again elsewhere disturbs no look at another, and is found
/// with a table of its own or not at all.
#[test]
fn loom_page_map_with_an_arena_that_moves() {
    explore(3, || {
        let land = Land::open(1);
        let start = land.start;
        let large = enter_large(start, 1, UNIT);
        let table = |units: usize| {
            let bytes = units * size_of::<page_map::Entry>();
            sys::reserve(bytes).expect("memory for a table")
        };
        let (first, second) = (1 << 45, 1 << 46);
        let (first_table, second_table) = (table(4), table(4));
        // SAFETY: each table has an entry for each unit; the slot is used by one thread.
        unsafe { page_map::publish(1, first, first_table, 4) };
        let reader = thread::spawn(move || {
            if let Some(entry) = page_map::entry(second + 3 * UNIT) {
                let at = (&raw const *entry) as usize;
                assert_eq!(at, second_table + 3 * size_of::<page_map::Entry>());
            }
            let span = page_map::entry(start).expect("in an arena").span().expect("in the map");
            assert_eq!(span.start(), start);
        });
        page_map::withdraw(1);
        // SAFETY: as above.
        unsafe { page_map::publish(1, second, second_table, 4) };
        reader.join().unwrap();
        assert!(page_map::entry(second + 3 * UNIT).is_some());
        assert!(page_map::entry(first).is_none());
    });
}

/// An arena that goes, comes and goes again answers for no address that was never its own, low ones least of all.
#[test]
fn loom_page_map_with_an_arena_that_goes_again() {
    explore(3, || {
        let _land = Land::open(1);
        let table = sys::reserve(4 * size_of::<page_map::Entry>()).expect("memory for a table");
        // SAFETY: the table has an entry for each unit; the slot is used by one thread.
        let publish = |base| unsafe { page_map::publish(1, base, table, 4) };
        publish(1 << 45);
        let reader = thread::spawn(|| assert!(page_map::entry(2 * UNIT).is_none()));
        page_map::withdraw(1);
        publish(1 << 46);
        page_map::withdraw(1);
        reader.join().unwrap();
    });
}

/// While a table comes to answer for more units, those it has answered for are found.
#[test]
fn loom_page_map_that_grows() {
    explore(3, || {
        let _land = Land::open(1);
        let start = 1 << 45;
        let table = sys::reserve(4 * size_of::<page_map::Entry>()).expect("memory for a table");
        // SAFETY: the table has four entries; the slot is used by one thread.
        unsafe { page_map::publish(1, start, table, 2) };
        let reader = thread::spawn(move || {
            let entry = page_map::entry(start + UNIT).expect("in an arena");
            assert_eq!((&raw const *entry) as usize, table + size_of::<page_map::Entry>());
        });
        // SAFETY: as above.
        unsafe { page_map::publish(1, start, table, 4) };
        reader.join().unwrap();
        assert!(page_map::entry(start + 3 * UNIT).is_some());
    });
}

/// An arena that goes and comes again smaller, right below another one, does not stand for that one's addresses.
#[test]
fn loom_page_map_with_an_arena_that_comes_again_smaller() {
    explore(3, || {
        let _land = Land::open(1);
        let table = |units: usize| {
            let bytes = units * size_of::<page_map::Entry>();
            sys::reserve(bytes).expect("memory for a table")
        };
        let (first, second) = (1 << 45, 1 << 46);
        let (moving, staying) = (table(4), table(4));
        // SAFETY: each table has four entries; each slot is used by one thread.
        unsafe {
            page_map::publish(1, first, moving, 4);
            page_map::publish(2, second + 2 * UNIT, staying, 4);
        }
        let reader = thread::spawn(move || {
            let entry = page_map::entry(second + 3 * UNIT).expect("in the arena that stays");
            assert_eq!((&raw const *entry) as usize, staying + size_of::<page_map::Entry>());
        });
        page_map::withdraw(1);
        // SAFETY: as above.
        unsafe { page_map::publish(1, second, moving, 2) };
        reader.join().unwrap();
    });
}

/// A heap, as far as a claim is concerned: what is in it is its owner's alone.
struct Estate {
    owner: Owner,
    inside: UnsafeCell<usize>,
}

// SAFETY: `inside` is touched by who claimed the heap; that this is enough is what the models show.
unsafe impl Sync for Estate {}
// SAFETY: as above.
unsafe impl Send for Estate {}

impl Estate {
    /// Whether the claim succeeded; then the thread uses the heap, and it lets go if `passing`.
    fn claim(&self, passing: bool) -> bool {
        let is_mine = self.owner.claim(|| ());
        if is_mine {
            // SAFETY: the heap is ours.
            self.inside.with_mut(|inside| unsafe { *inside += 1 });
            if passing {
                // SAFETY: as above.
                unsafe { self.owner.let_go() };
            }
        }
        is_mine
    }
}

/// Two threads claim a heap, and each lets go or not; how many claims succeeded.
fn claim_twice(generation: u32, passing: bool) -> usize {
    let estate =
        Arc::new(Estate { owner: Owner::abandoned(generation), inside: UnsafeCell::new(0) });
    let other = {
        let estate = estate.clone();
        thread::spawn(move || estate.claim(passing))
    };
    let mut claims = usize::from(estate.claim(passing));
    claims += usize::from(other.join().unwrap());
    // SAFETY: nobody else is left.
    estate.inside.with(|inside| assert_eq!(unsafe { *inside }, claims));
    claims
}

/// One of two threads gets the heap of a dead one; of this generation, or left behind by a fork.
#[test]
fn loom_heap_is_claimed_once() {
    explore(3, || assert_eq!(claim_twice(lock::generation(), false), 1));
    explore(3, || assert_eq!(claim_twice(lock::generation() + 5, false), 1));
}

/// Who claims a heap after another has let go of it sees all that was done to it.
#[test]
fn loom_heap_is_passed_on() {
    explore(3, || assert!((1..=2).contains(&claim_twice(lock::generation(), true))));
    explore(3, || assert!((1..=2).contains(&claim_twice(lock::generation() + 5, true))));
}
