//! Programs made of bytes, against the naive model: what the fuzz target runs, and what `corpus`
//! replays.
//!
//! The first byte chooses how many threads there are, whether they take turns or work at once, and
//! two settings. Then come deeds: a byte for who does what, and the bytes of its arguments. In turn,
//! the same bytes do the same each time.

use super::model::{Block, EndOfAll, Model, Player, Step, check_empty, free, run_threads};
use crate::config;
use crate::units::MAX_REQUEST;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{Scope, ScopedJoinHandle};
use std::vec::Vec;

const MOST_THREADS: usize = 3;
/// The most bytes that a thread holds.
const MOST_HELD: usize = 48 << 20;

/// What one thread does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Step(Step),
    /// Hands one of its blocks to another thread.
    Give(usize, usize),
    /// Ends, and leaves its blocks to the first thread; a new one takes its place.
    End,
    /// Frees a block of another's.
    FreeOf(usize, usize),
}

/// The bytes that are not used up.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn next(&mut self) -> Option<usize> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first as usize)
    }

    fn two(&mut self) -> Option<usize> {
        Some(self.next()? << 8 | self.next()?)
    }

    /// A size of any kind: small, medium, large, huge, impossible.
    fn size(&mut self) -> Option<usize> {
        let two = self.two()?;
        let (kind, low) = (two >> 12, two & 0xfff);
        Some(match kind {
            0..=6 => low % 1040,
            7..=9 => low * 17,
            10..=11 => low << 6,
            12 => low << 8,
            13 => low << 10,
            14 => (31 << 20) + (low << 9),
            _ if low < 2048 => MAX_REQUEST - (low << 6),
            _ => usize::MAX - (low - 2048),
        })
    }

    /// Who does what.
    fn deed(&mut self, threads: usize) -> Option<(usize, Deed)> {
        let first = self.next()?;
        let (who, what) = (first % MOST_THREADS % threads, first / MOST_THREADS);
        let step = match what % 28 {
            0..=7 => Step::Malloc(self.size()?),
            8..=9 => Step::Calloc(self.size()?),
            10..=11 => Step::Aligned(self.next()? as u32 % 24, self.size()?),
            12 => Step::AlignedZeroed(self.next()? as u32 % 24, self.size()?),
            13..=15 => Step::Realloc(self.next()?, self.size()?),
            16 => Step::ReallocKept(self.next()?, self.size()?),
            17..=21 => Step::Free(self.next()?),
            22 => Step::FreeMost(self.next()?),
            23 => Step::Owns(self.two()? << (self.next()? % 49)),
            24 => Step::Purge,
            25 => return Some((who, Deed::Give(self.next()?, self.next()? % threads))),
            26 => return Some((who, Deed::FreeOf(self.next()?, self.next()? % threads))),
            _ => return Some((who, Deed::End)),
        };
        Some((who, Deed::Step(step)))
    }
}

/// Runs the program that the bytes are. Fails, or ends the process, when the allocator is wrong.
pub fn run(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let Some(first) = bytes.next() else { return };
    let threads = first % MOST_THREADS + 1;
    let first = first / MOST_THREADS;
    // All allocations before a thread has its own heap, some, or none.
    config::set(b"SHARE", [0, 8, 256, 1_000_000][first % 4]).unwrap();
    config::set(b"DECAY_MS", [500, 0][first / 4 % 2]).unwrap();
    let deeds: Vec<_> = core::iter::from_fn(|| bytes.deed(threads)).collect();
    let model = Model::default();
    if (first / 8).is_multiple_of(2) || threads == 1 {
        in_turn(&model, &deeds);
    } else {
        at_once(&model, &deeds, threads);
    }
    check_empty(&model);
}

// ---------------------------------------------------------------------- in turn

/// What a thread is told.
enum Order {
    Step(Step),
    Give(usize),
    Take(Block),
    Free(Block),
}

/// A thread that does what it is told, and hands back what it gives.
struct Worker<'scope> {
    orders: SyncSender<Order>,
    given: Receiver<Option<Block>>,
    thread: ScopedJoinHandle<'scope, Vec<Block>>,
}

impl<'scope> Worker<'scope> {
    fn start(scope: &'scope Scope<'scope, '_>, model: &'scope Model, id: usize) -> Self {
        let (orders, received) = sync_channel(0);
        let (give, given) = sync_channel(0);
        let thread = scope.spawn(move || {
            let _guard = EndOfAll;
            let mut player = Player::new(model, false, MOST_HELD, id);
            for order in received {
                give.send(obey(model, &mut player, order)).unwrap();
            }
            core::iter::from_fn(|| player.give(0)).collect()
        });
        Worker { orders, given, thread }
    }

    fn tell(&self, order: Order) -> Option<Block> {
        self.orders.send(order).unwrap();
        self.given.recv().unwrap()
    }
}

fn obey(model: &Model, player: &mut Player<'_>, order: Order) -> Option<Block> {
    match order {
        Order::Step(step) => player.step(step),
        Order::Give(which) => return player.give(which),
        Order::Take(block) => player.receive(block),
        Order::Free(block) => free(model, block),
    }
    None
}

/// The threads of a program. The calling thread is the first one; others begin with their first deed.
struct Turns<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    model: &'scope Model,
    first: Player<'scope>,
    workers: [Option<Worker<'scope>>; MOST_THREADS],
    lives: usize,
}

impl Turns<'_, '_> {
    fn tell(&mut self, who: usize, order: Order) -> Option<Block> {
        if who == 0 {
            return obey(self.model, &mut self.first, order);
        }
        let start = || {
            self.lives += 1;
            Worker::start(self.scope, self.model, self.lives)
        };
        self.workers[who].get_or_insert_with(start).tell(order)
    }

    /// Lets a thread end; the first one only frees what it has.
    fn end(&mut self, who: usize) {
        if who == 0 {
            self.first.free_all();
        } else if let Some(Worker { orders, given, thread }) = self.workers[who].take() {
            drop((orders, given));
            thread.join().unwrap().into_iter().for_each(|block| self.first.receive(block));
        }
    }

    fn act(&mut self, who: usize, deed: Deed) {
        match deed {
            Deed::Step(step) => {
                self.tell(who, Order::Step(step));
            }
            Deed::Give(which, to) => {
                if let Some(block) = self.tell(who, Order::Give(which)) {
                    self.tell(to, Order::Take(block));
                }
            }
            Deed::FreeOf(which, of) => {
                if let Some(block) = self.tell(of, Order::Give(which)) {
                    self.tell(who, Order::Free(block));
                }
            }
            Deed::End => self.end(who),
        }
    }
}

fn in_turn(model: &Model, deeds: &[(usize, Deed)]) {
    std::thread::scope(|scope| {
        let first = Player::new(model, false, MOST_HELD, 1);
        let workers = [const { None }; MOST_THREADS];
        let mut turns = Turns { scope, model, first, workers, lives: 1 };
        deeds.iter().for_each(|&(who, deed)| turns.act(who, deed));
        (0..MOST_THREADS).rev().for_each(|who| turns.end(who));
    });
}

// ---------------------------------------------------------------------- at once

fn at_once(model: &Model, deeds: &[(usize, Deed)], threads: usize) {
    // What is handed to each thread, and not taken yet.
    let inboxes = [const { Mutex::new(Vec::<Block>::new()) }; MOST_THREADS];
    run_threads(threads, |me| {
        let mut player = Player::new(model, false, MOST_HELD, me + 1);
        for &(_, deed) in deeds.iter().filter(|(who, _)| *who == me) {
            let taken = core::mem::take(&mut *inboxes[me].lock().unwrap());
            taken.into_iter().for_each(|block| player.receive(block));
            match deed {
                Deed::Step(step) => player.step(step),
                Deed::Give(which, to) => inboxes[to].lock().unwrap().extend(player.give(which)),
                Deed::FreeOf(_, of) => {
                    let block = inboxes[of].lock().unwrap().pop();
                    block.into_iter().for_each(|block| free(model, block));
                }
                Deed::End => player.free_all(),
            }
        }
        inboxes[0].lock().unwrap().extend(core::iter::from_fn(|| player.give(0)));
    });
    for inbox in inboxes {
        inbox.into_inner().unwrap().into_iter().for_each(|block| free(model, block));
    }
}

#[cfg(test)]
mod tests {
    use super::super::alone::{alone, test_name};
    use std::vec::Vec;
    use std::{fs, path::Path};

    /// Every program that the fuzz target was given or has kept, those that once failed included.
    #[test]
    fn corpus() {
        alone(test_name!(corpus), |_| {
            for folder in ["fuzz/corpus", "fuzz/crashes"] {
                let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
                let mut files: Vec<_> =
                    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
                files.sort();
                assert!(!files.is_empty());
                for file in files {
                    std::eprintln!("{}", file.display());
                    super::run(&fs::read(file).unwrap());
                }
            }
        });
    }
}
