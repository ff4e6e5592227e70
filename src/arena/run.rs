//! What an arena hands out.

use super::{Arena, note_dense};

/// A run of units that was handed out.
pub(crate) struct Run {
    pub(crate) arena: &'static Arena,
    pub(crate) start: usize,
    pub(crate) units: usize,
    /// The memory reads as zero.
    pub(crate) clean: bool,
    /// It begins on a huge page: all of that is resident as soon as anything beside it is touched.
    pub(crate) huge: bool,
}

impl Run {
    /// Gives back a run that the page map names no more.
    pub(crate) fn give_back(self) {
        if self.huge {
            note_dense(-(self.units as isize));
        }
        self.arena.give(self.start, self.units, !self.clean);
    }
}
