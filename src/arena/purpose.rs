//! What runs are for, and which arenas serve it.

use super::evidence::{self, most_grown, touched};
use super::kind::Kind;
use super::{Arena, Run, all, is_limited};
use crate::config;
use crate::units::{REGION, UNIT_SHIFT, units_for};

/// Blocks from this size on have arenas of their own.
pub(crate) const BIG: usize = 2 * REGION;

/// Bytes of slabs in use from which on further ones are taken to be filled.
const SLABS_IN_USE: usize = 1 << 20;
/// By so many they have once grown where their regions are on huge pages before they are full: what the last one has
/// too much is little beside that.
const SLABS_IN_QUANTITY: usize = 2 << 20;
/// Bytes of blocks that are not big from which on further ones may be taken to be filled.
const BLOCKS_IN_USE: usize = 1 << 20;

/// Without evidence blocks from this size on are taken to be filled when so many bytes are in use, but not when
/// blocks have more than that much.
const HOPEFUL: usize = 256 << 10;
const HOPEFUL_IN_USE: usize = 2 << 20;
const HOPEFUL_BLOCKS: usize = 8 << 20;
/// And smaller ones while all blocks have no more than this part of what slabs have: stacks and buffers of this
/// size are used in a corner more often, and by the thousand.
const HOPEFUL_PART: usize = 4;

/// Blocks of whose units a larger part is unused are on small pages.
const TAIL_PART: usize = 4;

/// Which runs an arena has. Slabs fill the first arena, and large blocks have others, so that each can grow
/// dense; where address space is short, all arenas serve all.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tenants {
    Slabs = 0,
    LargeBlocks,
    BigBlocks,
}

/// What a run is for.
#[derive(Clone, Copy)]
pub(crate) struct Purpose {
    tenants: Tenants,
    /// It is likely that most of it will be used; or next to nothing.
    is_filled: bool,
    is_idle: bool,
    /// So many units may be had: all of a region where it is the first there, or what is free behind it.
    most: usize,
    /// Which of the arenas with these tenants: see the heap's lane.
    lane: usize,
}

impl Purpose {
    /// A slab; a further one is of a class of which its heap has full ones.
    pub(crate) fn slab(is_further: bool) -> Purpose {
        Purpose {
            tenants: Tenants::Slabs,
            is_filled: is_further && touched() >= SLABS_IN_USE,
            is_idle: false,
            most: 0,
            lane: 0,
        }
    }

    /// The same for who would take up to so many units, if it is few.
    pub(crate) fn with_more(self, most: usize) -> Purpose {
        Purpose { most, ..self }
    }

    /// A large block in a lane; a zeroed one is a table, of which no corner is used alone.
    pub(crate) fn block(bytes: usize, is_zeroed: bool, lane: usize) -> Purpose {
        let is_big = bytes >= BIG;
        let tenants = if is_big { Tenants::BigBlocks } else { Tenants::LargeBlocks };
        let evidence = evidence::of(bytes);
        let is_hopeful = || {
            if evidence.is_known() {
                bytes >= HOPEFUL && !evidence.is_sparse()
            } else {
                may_hope(bytes, tenants)
            }
        };
        let is_table = is_big && is_zeroed && !evidence.is_sparse();
        let is_grown = || is_big || used_by(tenants) << UNIT_SHIFT >= BLOCKS_IN_USE;
        let is_likely = is_table || (evidence.seems_filled() || is_hopeful()) && is_grown();
        let is_filled = is_likely && fits(bytes);
        let is_idle = evidence.is_sparse();
        Purpose { tenants, is_filled, is_idle, most: 0, lane }
    }

    /// Whether an arena has runs for this.
    pub(super) fn suits(self, arena: &Arena) -> bool {
        is_limited() || (arena.tenants.get() == self.tenants && arena.lane.get() == self.lane)
    }

    /// Whether it has in another lane.
    pub(super) fn suits_in_other_lane(self, arena: &Arena) -> bool {
        arena.tenants.get() == self.tenants && !self.suits(arena)
    }

    /// The tenants of the arenas that serve this.
    pub(super) fn tenants(self) -> Tenants {
        self.tenants
    }

    /// The lane of the arenas that serve this.
    pub(super) fn lane(self) -> usize {
        self.lane
    }

    /// What runs for this want of their arena.
    pub(super) fn wish(self) -> Wish {
        let kind = if !has_kinds() {
            Kind::Any
        } else if self.is_filled {
            Kind::Dense
        } else {
            Kind::Sparse
        };
        Wish { kind, is_idle: self.is_idle, most: self.most }
    }
}

/// What a run wants of its arena.
#[derive(Clone, Copy)]
pub(super) struct Wish {
    /// That of its regions.
    pub(super) kind: Kind,
    /// Memory for it that went back is not missed.
    pub(super) is_idle: bool,
    /// See [`Purpose::with_more`].
    pub(super) most: usize,
}

impl Wish {
    /// Whatever is free.
    pub(super) const ANY: Wish = Wish { kind: Kind::Any, is_idle: false, most: 0 };

    /// The same, wherever it is.
    pub(super) fn anywhere(self) -> Wish {
        Wish { kind: Kind::Any, ..self }
    }
}

/// Whether a block fills its units: what is behind its end is resident with it.
fn fits(bytes: usize) -> bool {
    let bytes_of_units = units_for(bytes) << UNIT_SHIFT;
    bytes_of_units - bytes <= bytes_of_units / TAIL_PART
}

/// Notes that a large block has been taken, where it may tell what others of its size want. Of big ones few come before
/// one is freed.
pub(crate) fn note_taken(run: &Run, bytes: usize) {
    // Where nobody has touched a huge page, to ask would map one of zeros, which older kernels break up later. A
    // region that others share has been touched.
    let is_shared = run.start / REGION == (run.start + bytes - 1) / REGION;
    let may_be_asked = run.is_clean() && (is_shared || !run.huge);
    if bytes < BIG && may_be_asked && has_kinds() && fits(bytes) {
        evidence::of(bytes).note_taken(run.start, bytes);
    }
}

/// Whether a block of which nothing is known may be taken to be filled: what that costs if it is not is little
/// beside the rest.
fn may_hope(bytes: usize, tenants: Tenants) -> bool {
    let (slabs, blocks) = in_use();
    let (slabs, blocks) = (slabs << UNIT_SHIFT, blocks << UNIT_SHIFT);
    if bytes < HOPEFUL {
        return slabs >= HOPEFUL_IN_USE && blocks <= slabs / HOPEFUL_PART;
    }
    slabs + blocks >= HOPEFUL_IN_USE && used_by(tenants) << UNIT_SHIFT <= HOPEFUL_BLOCKS
}

/// Whether a region of an arena with these tenants is to be full before it is put on a huge page.
pub(super) fn is_to_wait(tenants: Tenants) -> bool {
    tenants == Tenants::Slabs && most_grown() < SLABS_IN_QUANTITY
}

/// Units in use, those of slabs only as far as they may be resident.
#[inline(never)]
pub(crate) fn used() -> usize {
    let (slabs, blocks) = in_use();
    slabs + blocks
}

/// Those of large blocks.
pub(crate) fn used_by_blocks() -> usize {
    if is_limited() {
        // Slabs are not told from blocks.
        return all().map(|arena| arena.used.get()).sum();
    }
    used_by(Tenants::LargeBlocks) + used_by(Tenants::BigBlocks)
}

/// Units in use of slabs, only as far as they may be resident, and of large blocks.
fn in_use() -> (usize, usize) {
    let is_told = !is_limited();
    let slabs = || used_by(Tenants::Slabs).min(units_for(touched()));
    (if is_told { slabs() } else { 0 }, used_by_blocks())
}

/// Units in use in the arenas of some tenants.
#[inline(never)]
fn used_by(tenants: Tenants) -> usize {
    let theirs = all().filter(|arena| arena.tenants.get() == tenants);
    theirs.map(|arena| arena.used.get()).sum()
}

/// Whether regions are of kinds at all.
pub(super) fn has_kinds() -> bool {
    config::huge() == config::Huge::Auto && !is_limited()
}
