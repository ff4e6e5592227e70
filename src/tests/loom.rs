//! Models of the lock-free code, run through all its interleavings: `make loom`.

use crate::lock::{Lock, Rank};
use crate::remote::{Crate, Mailbox};
use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;
use std::boxed::Box;
use std::vec::Vec;

/// Runs `body` in every interleaving with at most `preemptions` switches that nothing forces.
/// Statics are the process's, so one model runs at a time.
pub(super) fn explore(preemptions: usize, body: impl Fn() + Sync + Send + 'static) {
    static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(body);
}

/// A counter that only its holder may touch, which loom watches.
struct Guarded {
    lock: Lock,
    count: UnsafeCell<usize>,
}

// SAFETY: `count` is touched under `lock`; that this is enough is what the models show.
unsafe impl Sync for Guarded {}
// SAFETY: as above.
unsafe impl Send for Guarded {}

impl Guarded {
    fn add(&self, inherit: bool) {
        let _guard = if inherit {
            self.lock.inherit(Rank::Heap)
        } else {
            self.lock.acquire(Rank::Heap).expect("no fork")
        };
        // SAFETY: under the lock.
        self.count.with_mut(|count| unsafe { *count += 1 });
    }
}

fn count_to(threads: usize, times: usize, inherit: bool) {
    let shared = Arc::new(Guarded { lock: Lock::new(), count: UnsafeCell::new(0) });
    let work = move |shared: &Guarded| (0..times).for_each(|_| shared.add(inherit));
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let shared = shared.clone();
            thread::spawn(move || work(&shared))
        })
        .collect();
    work(&shared);
    others.into_iter().for_each(|other| other.join().unwrap());
    let _guard = shared.lock.acquire(Rank::Heap).expect("no fork");
    // SAFETY: under the lock.
    shared.count.with(|count| assert_eq!(unsafe { *count }, threads * times));
}

/// One holder at a time, who sees what the last one did; and a sleeper is always woken, or loom
/// would find all threads asleep.
#[test]
fn loom_lock_of_two_threads() {
    explore(5, || count_to(2, 2, false));
}

#[test]
fn loom_lock_of_three_threads() {
    explore(3, || count_to(3, 1, false));
}

#[test]
fn loom_inherited_lock() {
    explore(3, || count_to(2, 2, true));
}

/// A crate, and beside it what its packer did before delivering it.
struct Parcel {
    parcel: &'static Crate,
    packed: &'static UnsafeCell<usize>,
}

// SAFETY: both are touched by the packer before the delivery and by the taker after it; that this
// is enough is what the models show.
unsafe impl Send for Parcel {}

/// The cells beside the crates, by crate number.
struct Post {
    mailbox: Mailbox,
    packed: Vec<&'static UnsafeCell<usize>>,
}

// SAFETY: as for `Parcel`.
unsafe impl Sync for Post {}
// SAFETY: as above.
unsafe impl Send for Post {}

fn leak<T>(value: T) -> &'static T {
    Box::leak(Box::new(value))
}

/// Takes in all crates; returns their numbers.
fn take_in(post: &Post) -> Vec<usize> {
    let mut numbers = Vec::new();
    if post.mailbox.is_empty() {
        return numbers;
    }
    for parcel in post.mailbox.take() {
        assert!(parcel.is_to(7) && parcel.class() == 3 && parcel.count() == 2);
        let blocks: Vec<_> = parcel.blocks().iter().map(core::cell::Cell::get).collect();
        let number = blocks[0] / 100;
        assert_eq!(blocks, [number * 100 + 1, number * 100]);
        // SAFETY: the crate and what belongs to it are ours now.
        post.packed[number].with(|packed| assert_eq!(unsafe { *packed }, number));
        numbers.push(number);
    }
    numbers
}

/// `packers` threads deliver `each` crates while the owner takes some, and another thread takes
/// some, too, as one that is short of memory does. Each crate arrives once, whole.
fn deliver_all(packers: usize, each: usize, with_other: bool) {
    let all = packers * each;
    let packed: Vec<_> = (0..all).map(|_| leak(UnsafeCell::new(usize::MAX))).collect();
    let post = Arc::new(Post { mailbox: Mailbox::new(), packed });
    let mut threads = Vec::new();
    for packer in 0..packers {
        let parcels: Vec<_> = (0..each)
            .map(|i| (packer * each + i, leak(Crate::new())))
            .map(|(number, parcel)| (number, Parcel { parcel, packed: post.packed[number] }))
            .collect();
        let post = post.clone();
        threads.push(thread::spawn(move || {
            for (number, parcel) in parcels {
                let Parcel { parcel, packed } = parcel;
                parcel.open(7, 3, 64);
                parcel.add(number * 100);
                parcel.add(number * 100 + 1);
                // SAFETY: the crate is still ours.
                packed.with_mut(|packed| unsafe { *packed = number });
                post.mailbox.deliver(parcel);
            }
            Vec::new()
        }));
    }
    if with_other {
        let post = post.clone();
        threads.push(thread::spawn(move || take_in(&post)));
    }
    let mut seen = take_in(&post);
    for thread in threads {
        seen.extend(thread.join().unwrap());
    }
    seen.extend(take_in(&post));
    seen.sort_unstable();
    assert_eq!(seen, (0..all).collect::<Vec<_>>());
    assert!(post.mailbox.is_empty());
}

#[test]
fn loom_mailbox_of_two_packers() {
    explore(4, || deliver_all(2, 2, false));
}

#[test]
fn loom_mailbox_with_two_takers() {
    explore(4, || deliver_all(2, 1, true));
}

/// A crate that was taken in is packed and delivered again, while another packer that saw it at the
/// head of the mailbox is about to deliver: the crate in between must not get lost.
#[test]
fn loom_mailbox_with_a_crate_used_again() {
    explore(3, || {
        let packed = (0..3).map(|i| leak(UnsafeCell::new(i))).collect();
        let post = Arc::new(Post { mailbox: Mailbox::new(), packed });
        let pack = |parcel: &'static Crate, number: usize| {
            parcel.open(7, 3, 64);
            parcel.add(number * 100);
            parcel.add(number * 100 + 1);
        };
        let first = leak(Crate::new());
        pack(first, 0);
        post.mailbox.deliver(first);
        let packer = {
            let post = post.clone();
            thread::spawn(move || {
                let second = leak(Crate::new());
                pack(second, 1);
                post.mailbox.deliver(second);
            })
        };
        let mut seen = take_in(&post);
        if seen == [0] {
            pack(first, 2);
            post.mailbox.deliver(first);
        }
        let again = seen == [0];
        packer.join().unwrap();
        seen.extend(take_in(&post));
        seen.sort_unstable();
        assert_eq!(seen, if again { [0, 1, 2].as_slice() } else { &[0, 1] });
    });
}
