//! The maps: a heap's own grows with the heap, and the page map where nothing is in the way.

use super::alone::{alone, test_name};
use crate::{alloc, arena, size_class, sys, thread};
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

#[test]
fn the_arena_ends_where_its_table_cannot_grow() {
    alone(test_name!(the_arena_ends_where_its_table_cannot_grow), |_| {
        assert!(thread::start());
        // SAFETY: nothing is there yet.
        let block = |table_end| unsafe { sys::claim(table_end, 4096) }.unwrap();
        let (done, [frontier, mapped, units]) = arena::commit_past_table(block);
        assert!(!done && units == frontier && mapped >= frontier);
        assert_eq!(arena::commit_past_table(|_| {}), (false, [frontier, mapped, units]));
    });
}
