//! A Rust program on pigalloc: what std does with memory, from several threads, checked as it goes.
//!
//! Exits with 0 if all of it holds, with a message and 101 if not.

use pigalloc::Pigalloc;
use std::{
    alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc},
    cell::RefCell,
    collections::{BTreeMap, HashMap, VecDeque},
    fmt::Write,
    sync::{Arc, mpsc},
    thread,
};

#[global_allocator]
static A: Pigalloc = Pigalloc;

const THREADS: u64 = 8;

fn main() {
    memory_is_pigallocs();
    collections();
    strings();
    blocks_cross_threads();
    many_short_threads();
    thread_locals();
    alignments();
    growth();
    figures();
    println!("global: all as it should be");
}

/// Numbers that look random and are the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What std allocates comes from pigalloc; the stack and static data do not.
fn memory_is_pigallocs() {
    static DATA: u64 = 1;
    let on_stack = 2_u64;
    for size in [1_usize, 16, 1000, 60_000, 1 << 20, 100 << 20] {
        let bytes = vec![0_u8; size];
        assert!(Pigalloc::owns(bytes.as_ptr()), "{size} bytes are not pigalloc's");
        assert!(Pigalloc::owns(&raw const bytes[size - 1]), "the last of {size} bytes is not");
    }
    assert!(!Pigalloc::owns((&raw const DATA).cast()));
    assert!(!Pigalloc::owns((&raw const on_stack).cast()));
    assert!(!Pigalloc::owns(std::ptr::null()));
}

/// Maps, lists and boxes keep what they are given.
fn collections() {
    let mut random = Random(1);
    let mut sorted = BTreeMap::new();
    let mut hashed = HashMap::new();
    let mut queue = VecDeque::new();
    for step in 0..100_000_u64 {
        let key = random.below(20_000);
        match random.below(3) {
            0 => assert_eq!(sorted.remove(&key), hashed.remove(&key)),
            _ => {
                let value = vec![step; random.below(12) as usize].into_boxed_slice();
                assert_eq!(sorted.insert(key, value.clone()), hashed.insert(key, value));
            }
        }
        queue.push_back(Box::new(step));
        if queue.len() > 1000 {
            assert_eq!(*queue.pop_front().unwrap(), step - 1000);
        }
    }
    assert_eq!(sorted.len(), hashed.len());
    assert!(sorted.iter().all(|(key, value)| hashed[key] == *value));
}

/// Strings grow, are joined, sorted and split again.
fn strings() {
    let mut words: Vec<String> = (0..20_000).map(|number| format!("{:06}", number * 7)).collect();
    words.reverse();
    words.sort();
    let text = words.join(" ");
    assert_eq!(text.len(), 20_000 * 7 - 1);
    assert!(text.split(' ').eq(words.iter().map(String::as_str)));
    let mut grown = String::new();
    for word in &words {
        writeln!(grown, "{word}").unwrap();
    }
    assert_eq!(grown.lines().count(), words.len());
}

/// Blocks are freed, resized and shared by other threads than those that allocated them.
fn blocks_cross_threads() {
    let shared = Arc::new((0..1000_u64).map(|number| vec![number; 20]).collect::<Vec<_>>());
    let (sender, receiver) = mpsc::channel::<Vec<u64>>();
    let producers: Vec<_> = (1..=THREADS)
        .map(|seed| {
            let (sender, shared) = (sender.clone(), Arc::clone(&shared));
            thread::spawn(move || {
                let mut random = Random(seed);
                for _ in 0..10_000 {
                    let length = random.below(300) + 1;
                    sender.send(vec![length; length as usize]).unwrap();
                    let number = random.below(1000);
                    assert_eq!(shared[number as usize], vec![number; 20]);
                }
            })
        })
        .collect();
    drop((sender, shared));
    let mut received = 0;
    for mut block in receiver {
        let length = block.len() as u64;
        assert!(block.iter().all(|&element| element == length));
        block.extend_from_within(..);
        assert!(block.len() as u64 == 2 * length && block.iter().all(|&it| it == length));
        received += 1;
    }
    assert_eq!(received, 10_000 * THREADS);
    for producer in producers {
        producer.join().unwrap();
    }
}

/// Threads come and go; what they return outlives them.
fn many_short_threads() {
    for round in 0..50_u64 {
        let threads: Vec<_> =
            (0..THREADS).map(|thread| thread::spawn(move || vec![round * thread; 5000])).collect();
        for (thread, handle) in threads.into_iter().enumerate() {
            let returned = handle.join().unwrap();
            assert!(returned.iter().all(|&element| element == round * thread as u64));
        }
    }
}

/// Destructors of thread locals allocate and free, late in the life of their thread.
fn thread_locals() {
    struct Late(Vec<String>, mpsc::Sender<usize>);
    impl Drop for Late {
        fn drop(&mut self) {
            let joined = self.0.iter().map(|word| word.repeat(3)).collect::<Vec<_>>().concat();
            self.1.send(joined.len()).unwrap();
        }
    }
    thread_local! {
        static LATE: RefCell<Option<Late>> = const { RefCell::new(None) };
    }
    let (sender, receiver) = mpsc::channel();
    for _ in 0..THREADS {
        let sender = sender.clone();
        let words = vec!["word".to_owned(); 100];
        thread::spawn(move || LATE.with_borrow_mut(|late| *late = Some(Late(words, sender))))
            .join()
            .unwrap();
    }
    drop(sender);
    assert_eq!(receiver.iter().collect::<Vec<_>>(), vec![1200; THREADS as usize]);
}

/// Every alignment holds, through resizing as well, and zeroed memory is zero.
fn alignments() {
    for align in (0..=22).map(|power| 1_usize << power) {
        for size in [1_usize, 24, 5000, 200_000] {
            let layout = |size| Layout::from_size_align(size, align).unwrap();
            // SAFETY: the blocks are used within their sizes, with their layouts, and freed once.
            unsafe {
                let dirty = alloc(layout(size));
                assert!(!dirty.is_null() && dirty.addr().is_multiple_of(align));
                dirty.write_bytes(0xff, size);
                dealloc(dirty, layout(size));

                let block = alloc_zeroed(layout(size));
                assert!(!block.is_null() && block.addr().is_multiple_of(align));
                assert!(std::slice::from_raw_parts(block, size).iter().all(|&byte| byte == 0));
                block.write_bytes(7, size);

                let grown = realloc(block, layout(size), 3 * size);
                assert!(!grown.is_null() && grown.addr().is_multiple_of(align));
                assert!(std::slice::from_raw_parts(grown, size).iter().all(|&byte| byte == 7));

                let shrunk = realloc(grown, layout(3 * size), size.div_ceil(2));
                assert!(!shrunk.is_null() && shrunk.addr().is_multiple_of(align));
                let kept = std::slice::from_raw_parts(shrunk, size.div_ceil(2));
                assert!(kept.iter().all(|&byte| byte == 7));
                dealloc(shrunk, layout(size.div_ceil(2)));
            }
        }
    }
}

/// A vector grows to 128 MiB element by element, and a size that nobody has is refused.
fn growth() {
    let mut numbers = Vec::new();
    for number in 0..16_u64 << 20 {
        numbers.push(number);
    }
    assert!(numbers.iter().enumerate().all(|(place, &number)| place as u64 == number));
    numbers.truncate(1000);
    numbers.shrink_to_fit();
    assert!(numbers.iter().enumerate().all(|(place, &number)| place as u64 == number));
    assert!(Vec::<u8>::new().try_reserve_exact(isize::MAX as usize).is_err());
}

/// pigalloc says where the memory is, and gives back what is free.
fn figures() {
    let kept = vec![1_u8; 5000];
    drop((0..1000).map(|number| vec![number as u8; 10_000]).collect::<Vec<_>>());
    Pigalloc::purge();
    assert!(kept.iter().all(|&byte| byte == 1));
    let mut text = String::new();
    Pigalloc::explain(&mut text).unwrap();
    assert!(text.contains("where the memory is") && text.contains("metadata"));
}
