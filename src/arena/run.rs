//! What an arena hands out.

use super::{Arena, note_dense};

/// What of a run may be resident.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Residue {
    /// Nothing: it reads as zero.
    Nothing,
    /// A few pages, beside what was resident before.
    Little,
    Much,
}

/// A run of units that was handed out.
pub(crate) struct Run {
    pub(crate) arena: &'static Arena,
    pub(crate) start: usize,
    pub(crate) units: usize,
    pub(crate) residue: Residue,
    /// It begins on a huge page: all of that is resident as soon as anything beside it is touched.
    pub(crate) huge: bool,
    /// Little of it is likely to be used, and all of it is on small pages.
    pub(crate) thin: bool,
}

impl Run {
    pub(crate) fn is_clean(&self) -> bool {
        self.residue == Residue::Nothing
    }

    /// Gives back a run that the page map names no more.
    pub(crate) fn give_back(self) {
        if self.huge {
            note_dense(-(self.units as isize));
        }
        self.arena.give(self.start, self.units, self.residue);
    }
}
