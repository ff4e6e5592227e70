//! The same random programs while the system refuses every n-th request for memory.
//!
//! A request that cannot be met gets nothing, and nothing else happens: every live block keeps its
//! content, nothing is lost, and when the system has memory again everything works.

use super::alone::{alone, alone_with, test_name};
use super::model::{
    Block, Model, Player, Rng, Step, check_all, check_empty, free, run_threads, seed,
};
use crate::{alloc, config, sys::mock};
use std::sync::Mutex;
use std::vec::Vec;

/// Every n that is checked: all small ones, and primes beyond.
fn periods() -> impl Iterator<Item = u64> {
    (1..=50).chain([53, 67, 97, 151, 211, 307, 499])
}

fn play(player: &mut Player<'_>, rng: &mut Rng, steps: usize) {
    for at in 0..steps {
        player.step(rng.step());
        if at % 16 == 0 {
            check_all();
        }
    }
}

/// Refusals from the very first request on, on one thread.
#[test]
fn from_the_start() {
    alone_with(test_name!(from_the_start), periods(), |n| {
        let (model, mut rng) = (Model::default(), Rng(seed() << 16 | n));
        mock::refuse_every(n as usize);
        let mut player = Player::new(&model, true, 128 << 20, 1);
        let mut rounds = 0;
        while rounds < 2 || mock::refused() == 0 && rounds < 40 {
            play(&mut player, &mut rng, 150);
            rounds += 1;
        }
        assert!(mock::refused() > 0 || n > 10, "nothing was refused");
        assert!(n > 1 || player.successes == 0, "a block without any memory from the system");
        assert!(n < 10 || player.successes > 0, "a single refusal must not stop everything");
        mock::refuse_every(0);
        model.verify_all();
        check_all();
        model.compare_counts();
        player.free_all();
        check_empty(&model);
        // From now on there is no excuse.
        let mut player = Player::new(&model, false, 128 << 20, 2);
        play(&mut player, &mut rng, 100);
        model.compare_counts();
        player.free_all();
        check_empty(&model);
    });
}

/// One process through all periods, on several threads that come and go and free each other's
/// blocks.
#[test]
fn on_several_threads() {
    alone(test_name!(on_several_threads), |_| {
        config::set(b"SHARE", 20).unwrap();
        let (model, pool) = (Model::default(), Mutex::new(Vec::<Block>::new()));
        for n in periods() {
            mock::refuse_every(n as usize);
            run_threads(3, |id| {
                let mut rng = Rng(seed() << 32 | n << 8 | id as u64);
                let mut player = Player::new(&model, true, 16 << 20, id + 1);
                for _ in 0..60 {
                    player.step(rng.step());
                    let taken = pool.lock().unwrap().pop();
                    if let Some(block) = taken {
                        free(&model, block);
                    }
                    if let Some(block) = player.give(rng.next() as usize) {
                        pool.lock().unwrap().push(block);
                    }
                }
                let mut pool = pool.lock().unwrap();
                while let Some(block) = player.give(0) {
                    pool.push(block);
                }
            });
            mock::refuse_every(0);
            alloc::purge();
            check_all();
            model.compare_counts();
            model.verify_all();
            let mut pool = pool.lock().unwrap();
            while pool.len() > 100 {
                free(&model, pool.pop().unwrap());
            }
        }
        pool.lock().unwrap().drain(..).for_each(|block| free(&model, block));
        check_empty(&model);
    });
}

/// Every size and every way to ask for it, with nothing to be had: the answer is no, each time,
/// and what was there before is as it was.
#[test]
fn nothing_to_be_had() {
    alone(test_name!(nothing_to_be_had), |_| {
        let model = Model::default();
        let mut player = Player::new(&model, true, 512 << 20, 1);
        for size in [0, 24, 500, 5000, 60_000, 70_000, 1 << 20, 33 << 20] {
            player.step(Step::Malloc(size));
        }
        assert_eq!(player.count(), 8);
        mock::refuse_every(1);
        for _ in 0..40 {
            for size in [70 << 20, 100 << 20, 300 << 20] {
                player.step(Step::Malloc(size));
                player.step(Step::Calloc(size));
                player.step(Step::Aligned(21, size));
                (0..8).for_each(|which| player.step(Step::Realloc(which, size)));
            }
            check_all();
        }
        assert_eq!((player.count(), player.failures), (8, 40 * 3 * 11));
        mock::refuse_every(0);
        model.verify_all();
        model.compare_counts();
        player.step(Step::Malloc(70 << 20));
        assert_eq!(player.count(), 9);
        player.free_all();
        check_empty(&model);
    });
}

/// Memory that the system does not take back, as where it is locked, is not offered again each time that a
/// block is freed.
#[test]
fn kept_memory() {
    alone(test_name!(kept_memory), |_| {
        let model = Model::default();
        let mut player = Player::new(&model, true, 512 << 20, 1);
        assert!(mock::set(b"discard:1"));
        (0..100).for_each(|_| player.step(Step::Malloc(1 << 20)));
        player.free_all();
        let before = mock::counted();
        assert!(before > 0);
        for _ in 0..200 {
            player.step(Step::Malloc(1 << 20));
            player.free_all();
        }
        assert!(mock::counted() - before < 20, "{before}, then {}", mock::counted());
        assert!(mock::set(b""));
        alloc::purge();
        check_empty(&model);
    });
}
