//! An arena for models: a small one that is the process's first for a run of the model.

use super::purpose::Wish;
use super::{Arena, Run};
use std::boxed::Box;

const BYTES: usize = 4 << 20;

impl Arena {
    pub(crate) fn open_for_model() -> &'static Arena {
        let arena = Box::leak(Box::new(Arena::new()));
        // SAFETY: nobody else knows of the arena.
        assert!(unsafe { arena.open_first(BYTES, None) });
        arena
    }

    pub(crate) fn take_for_model(&'static self, units: usize) -> Option<Run> {
        self.take(units, 1, Wish::ANY, true, None)
    }
}
