//! A heap's own map grows with the heap.

use super::alone::{alone, test_name};
use crate::{alloc, size_class, thread};
use std::vec::Vec;

#[test]
fn blocks_far_from_the_first_are_known() {
    alone(test_name!(blocks_far_from_the_first_are_known), |_| {
        const SIZE: usize = 8000;
        let blocks: Vec<_> = (0..130_000).map(|_| alloc::allocate(SIZE).unwrap()).collect();
        let heap = thread::heap().expect("the first thread has a heap");
        let class = size_class::above(SIZE).unwrap();
        // A gigabyte of addresses; none of it is touched.
        for block in blocks.iter().step_by(1000).chain(blocks.last()) {
            assert!(heap.maps(class, block.as_ptr() as usize), "{block:?}");
        }
        for block in blocks {
            // SAFETY: the block is ours.
            unsafe { alloc::deallocate(block.as_ptr()) };
        }
    });
}
