//! What runs are for, and which arenas serve it.

use super::{Arena, is_limited};
use crate::units::REGION;

/// Blocks from this size on are backed by huge pages inside at once.
pub(super) const BIG: usize = 2 * REGION;

/// What a run is for. Slabs fill the first arena, and large blocks have others, so that each can
/// have the pages that suit it; where address space is short, all arenas serve all.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    Slab = 0,
    /// One block.
    Large,
    /// One block of several huge pages.
    Big,
}

impl Purpose {
    /// That of a large block.
    pub(crate) fn of_block(bytes: usize) -> Purpose {
        if bytes < BIG { Purpose::Large } else { Purpose::Big }
    }

    /// Whether an arena has runs for this.
    pub(super) fn suits(self, arena: &Arena) -> bool {
        is_limited() || arena.purpose.get() == self
    }
}
