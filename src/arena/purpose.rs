//! What runs are for, and which arenas serve it.

use super::evidence::touched;
use super::kind::Kind;
use super::{Arena, is_limited};
use crate::config;
use crate::units::REGION;

/// Blocks from this size on are backed by huge pages inside at once.
pub(super) const BIG: usize = 2 * REGION;

/// Bytes of slabs in use from which on huge pages may be.
const LARGE: usize = 2 << 20;

/// What a run is for. Slabs fill the first arena, and large blocks have others, so that each can
/// have the pages that suit it; where address space is short, all arenas serve all.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Purpose {
    Slab = 0,
    /// A slab of a class of which its heap has full ones.
    FurtherSlab,
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
        is_limited() || arena.purpose.get() == self.arenas()
    }

    /// The purpose of the arenas that serve this one.
    pub(super) fn arenas(self) -> Purpose {
        if self == Purpose::FurtherSlab { Purpose::Slab } else { self }
    }

    /// What regions runs for this want.
    pub(super) fn kind(self) -> Kind {
        let is_slab = self.arenas() == Purpose::Slab;
        if !is_slab || is_limited() || config::huge() != config::Huge::Auto {
            Kind::Any
        } else if self == Purpose::FurtherSlab && touched() >= LARGE {
            Kind::Dense
        } else {
            Kind::Sparse
        }
    }
}
