//! Memory for descriptors goes back, and comes again.

use super::alone::{alone, test_name};
use crate::{meta::*, sys, thread};
use std::vec::Vec;

#[test]
fn pages_of_released_pieces_go_back_and_come_again() {
    alone(test_name!(pages_of_released_pieces_go_back_and_come_again), |_| {
        assert!(thread::start());
        let sizes = |i: usize| 64 << (i % 5);
        let before = bytes();
        let mut pieces: Vec<_> = (0..20_000).map(|i| allocate(sizes(i)).unwrap()).collect();
        let most = bytes();
        for (i, piece) in pieces.iter().enumerate().filter(|(i, _)| i % 1000 != 0) {
            // SAFETY: the piece is ours and has a word.
            unsafe {
                piece.cast::<usize>().write(1);
                release(*piece, sizes(i));
            }
        }
        check();
        assert!(purge() > (most - before) / 2);
        check();
        assert!(bytes() < before + (most - before) / 2);
        for (i, piece) in pieces.iter_mut().enumerate().filter(|(i, _)| i % 1000 != 0) {
            *piece = allocate(sizes(i)).unwrap();
            // SAFETY: as above.
            assert_eq!(unsafe { piece.cast::<usize>().read() }, 0);
        }
        assert!(bytes() <= most + (64 << 10), "blank sheets are used first");
        check();
        for (i, piece) in pieces.into_iter().enumerate() {
            // SAFETY: the pieces are ours.
            unsafe { release(piece, sizes(i)) };
        }
        check();
    });
}

#[test]
fn what_is_in_the_way_is_left_alone() {
    alone(test_name!(what_is_in_the_way_is_left_alone), |_| {
        const BYTES: usize = 60_000;
        assert!(thread::start());
        let take = |range: (usize, usize)| {
            let piece = allocate(BYTES)?.as_ptr() as usize;
            assert!(piece + BYTES <= range.0 || piece >= range.1, "a piece of what is not ours");
            Some(piece)
        };
        let (edge, end) = edges();
        // SAFETY: nothing is there yet.
        unsafe { sys::claim(edge, 4096) }.unwrap();
        let mut pieces: Vec<_> = (0..100).map(|_| take((edge, edge + 4096)).unwrap()).collect();
        pieces.sort();
        assert!(pieces.windows(2).all(|two| two[0] + BYTES <= two[1]));
        assert!(pieces[99] > edge);
        check();
        // And now nothing is left.
        let edge = edges().0;
        // SAFETY: as above.
        unsafe { sys::claim(edge, end - edge) }.unwrap();
        while take((edge, end)).is_some() {}
        assert!(take((edge, end)).is_none());
    });
}
