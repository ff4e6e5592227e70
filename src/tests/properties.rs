//! Random programs against the naive model, on one thread and on several.
//!
//! `PROPERTY_SEED=7` tries other programs, `PROPERTY_FACTOR=10` more of them.

use super::alone::{alone, alone_with, test_name};
use super::model::{
    Block, Model, Player, Rng, Step, check_all, check_empty, factor, free, run_threads, seed,
};
use crate::config;
use crate::units::MAX_REQUEST;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::sync::{Barrier, Mutex};
use std::vec::Vec;

fn sizes() -> impl Strategy<Value = usize> {
    prop_oneof![
        60 => 0usize..=1024,
        25 => 0usize..=64 << 10,
        12 => 0usize..3 << 20,
        1 => 32usize << 20..40 << 20,
        1 => MAX_REQUEST - (1 << 18)..=MAX_REQUEST + 1,
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        30 => sizes().prop_map(Step::Malloc),
        10 => sizes().prop_map(Step::Calloc),
        8 => (0u32..26, sizes()).prop_map(|(power, size)| Step::Aligned(power, size)),
        3 => (0u32..26, sizes()).prop_map(|(power, size)| Step::AlignedZeroed(power, size)),
        20 => (any::<usize>(), sizes()).prop_map(|(which, size)| Step::Realloc(which, size)),
        5 => (any::<usize>(), sizes()).prop_map(|(which, size)| Step::ReallocKept(which, size)),
        3 => any::<usize>().prop_map(Step::Owns),
        30 => any::<usize>().prop_map(Step::Free),
        1 => any::<usize>().prop_map(Step::FreeMost),
        2 => Just(Step::Purge),
    ];
    prop::collection::vec(step, 1..120)
}

/// After every step all structures are checked, and the allocator counts what the model counts.
#[test]
fn one_thread() {
    alone(test_name!(one_thread), |_| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed().to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let cases = 48 * factor() as u32;
        let config = Config { cases, failure_persistence: None, ..Config::default() };
        let tested = TestRunner::new_with_rng(config, rng).run(&steps(), |steps| {
            let model = Model::default();
            let mut player = Player::new(&model, false, 128 << 20, 1);
            for step in steps {
                player.step(step);
                check_all();
                model.compare_counts();
            }
            model.verify_all();
            player.free_all();
            check_empty(&model);
            Ok(())
        });
        tested.unwrap_or_else(|failure| panic!("{failure}"));
    });
}

/// The same blocks again and again: a heap in steady use, with all its magazines at work.
#[test]
fn one_thread_for_long() {
    alone(test_name!(one_thread_for_long), |_| {
        let model = Model::default();
        for round in 0..2 * factor() {
            let mut rng = Rng(seed() * 1000 + round);
            let mut player = Player::new(&model, false, 64 << 20, 1);
            for at in 0..6000 {
                player.step(rng.step());
                if at % 500 == 0 {
                    check_all();
                    model.compare_counts();
                }
            }
            player.free_all();
            check_empty(&model);
        }
    });
}

const THREADS: usize = 4;
const STEPS: usize = 250;
/// Steps between two points at which all threads stand still and everything is checked.
const QUIET: usize = 50;

/// What a thread does in one life. The blocks that it has at its end stay alive.
fn live(model: &Model, pool: &Mutex<Vec<Block>>, barrier: &Barrier, id: usize, rng: &mut Rng) {
    let mut player = Player::new(model, false, 24 << 20, id);
    for at in 0..STEPS {
        if at % QUIET == 0 && barrier.wait().is_leader() {
            check_all();
        }
        if at % QUIET == 0 {
            barrier.wait();
        }
        match rng.below(4) {
            0 => {
                if let Some(block) = player.give(rng.next() as usize) {
                    pool.lock().unwrap().push(block);
                }
            }
            1 => {
                let mut pool = pool.lock().unwrap();
                let other = rng.next() as usize;
                if let Some(at) = other.checked_rem(pool.len()) {
                    let block = pool.swap_remove(at);
                    drop(pool);
                    if rng.below(2) == 0 { free(model, block) } else { player.receive(block) }
                }
            }
            _ => player.step(rng.step()),
        }
    }
    let mut pool = pool.lock().unwrap();
    while let Some(block) = player.give(0) {
        pool.push(block);
    }
}

/// Threads are born, pass blocks to each other, and die with blocks alive, round after round.
#[test]
fn several_threads() {
    // How many blocks a thread gets from the shared heap before it has its own: all of them, some,
    // none.
    let shares = [1_000_000, 256, 20, 0];
    alone_with(test_name!(several_threads), shares, |share| {
        config::set(b"SHARE", share as i64).unwrap();
        let (model, pool) = (Model::default(), Mutex::new(Vec::new()));
        for round in 0..4 * factor() {
            let barrier = Barrier::new(THREADS);
            run_threads(THREADS, |thread| {
                let id = round as usize * THREADS + thread + 1;
                let mut rng = Rng(seed() << 32 | share << 12 | id as u64);
                live(&model, &pool, &barrier, id, &mut rng);
            });
            check_all();
            model.verify_all();
            // All threads are gone. What they left in magazines and on the way comes back, or, in
            // other rounds, is there for the threads that claim their heaps.
            if round % 2 == 1 {
                crate::alloc::purge();
                check_all();
                model.compare_counts();
            }
            let mut pool = pool.lock().unwrap();
            while pool.len() > 200 {
                free(&model, pool.pop().unwrap());
            }
        }
        pool.lock().unwrap().drain(..).for_each(|block| free(&model, block));
        check_empty(&model);
    });
}

/// One thread allocates, another frees, for long: what is freed far away is used again.
#[test]
fn producer_and_consumer() {
    alone(test_name!(producer_and_consumer), |_| {
        config::set(b"SHARE", 0).unwrap();
        let model = Model::default();
        let (send, receive) = std::sync::mpsc::sync_channel::<Block>(300);
        let ends = Mutex::new((Some(send), Some(receive)));
        run_threads(2, |thread| {
            if thread == 1 {
                let receive = ends.lock().unwrap().1.take().unwrap();
                return receive.iter().for_each(|block| free(&model, block));
            }
            let send = ends.lock().unwrap().0.take().unwrap();
            let mut rng = Rng(seed());
            let mut player = Player::new(&model, false, 16 << 20, 1);
            for _ in 0..20_000 * factor() {
                player.step(Step::Malloc(rng.below(2000)));
                send.send(player.give(0).unwrap()).unwrap();
            }
        });
        let committed: usize = crate::arena::all().map(|arena| arena.counts().1).sum();
        assert!(committed < 400, "{committed} units for at most 600 KB of live blocks");
        check_empty(&model);
    });
}

/// Many threads make the first allocation of the process at once, and all of them get a block.
#[test]
fn all_begin_together() {
    alone_with(test_name!(all_begin_together), 0..10, |_| {
        let (model, barrier) = (Model::default(), Barrier::new(8));
        run_threads(8, |thread| {
            let mut player = Player::new(&model, false, 1 << 20, thread + 1);
            barrier.wait();
            player.step(Step::Malloc(100 * thread));
            player.free_all();
        });
        check_empty(&model);
    });
}

/// A thread that claims the heap of a dead one goes on with the blocks in its magazines.
#[test]
fn a_claimed_heap_keeps_its_blocks() {
    alone(test_name!(a_claimed_heap_keeps_its_blocks), |_| {
        config::set(b"SHARE", 0).unwrap();
        let model = Model::default();
        for _ in 0..3 {
            run_threads(1, |_| {
                let mut player = Player::new(&model, false, 1 << 20, 1);
                (0..10).for_each(|_| player.step(Step::Malloc(100)));
                player.free_all();
            });
        }
        assert_eq!(crate::thread::heap_count(), 1);
        check_empty(&model);
    });
}
