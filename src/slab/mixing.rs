//! What a slab does as a mixed one: see the mixed module.

use super::{INLINE, MIXED, Slab, bitmap_bytes};
use crate::sync::Ordering;
use crate::units::MIN_ALIGN;
use crate::{bitmap, meta, mixed, size_class};
use core::ptr::NonNull;

impl Slab {
    /// Makes the slab, one of one unit, a mixed one. False when there is no memory for its map.
    /// Blocks that are with the program, or on the way, stay what they are. The caller takes the
    /// slab out of the maps that the fast paths look at.
    pub(crate) fn mix(&self) -> bool {
        debug_assert!(!self.is_mixed() && self.span.units() == 1);
        let Some(piece) = meta::allocate(size_of::<mixed::Bits>()) else { return false };
        let Some(codes) = meta::allocate(size_of::<mixed::Codes>()) else {
            // SAFETY: the piece is new, and nobody knows of it.
            unsafe { meta::release(piece, size_of::<mixed::Bits>()) };
            return false;
        };
        // SAFETY: pieces of zero bytes are a map's memory, and they are ours.
        let map =
            unsafe { mixed::Map { bits: piece.cast().as_ref(), longest: codes.cast().as_ref() } };
        map.open();
        let granules = self.size() / MIN_ALIGN;
        for index in (0..self.capacity()).filter(|&index| !self.has(index)) {
            map.insert(index * granules, granules);
        }
        let used = (self.capacity() - self.free()) * granules;
        let (old, words) = (self.bits.get(), bitmap::words_for(self.capacity()));
        self.bits.set(piece.as_ptr().cast());
        self.inline.set([codes.as_ptr() as u64, 0, 0, 0]);
        self.class.store(MIXED as u8, Ordering::Release);
        if words > INLINE {
            // SAFETY: the piece came from `meta`, and the lock is ours; who looks at the bits
            // without it asks again under it if they do not say what it expects.
            unsafe { meta::release(NonNull::new_unchecked(old.cast()), bitmap_bytes(words)) };
        }
        self.low.set(0);
        self.capacity.set(mixed::GRANULES as u16);
        self.free.set((mixed::GRANULES - used) as u16);
        self.size.set(MIN_ALIGN as u32);
        // With these every multiple of sixteen is a start.
        self.inverse.set(1 << (64 - MIN_ALIGN.trailing_zeros()));
        self.bound.set(1);
        self.fit.set(MIXED as u8);
        self.hint.set(0);
        true
    }

    /// In a mixed slab, whether the live block of `class` at `address` would make a hole much longer.
    pub(crate) fn is_beside_hole(&self, address: usize, class: usize) -> bool {
        self.map().is_beside_hole(self.granule(address), size_class::size(class) / MIN_ALIGN)
    }

    /// In a mixed slab, the smallest class whose blocks have no room for sure.
    pub(crate) fn fit(&self) -> usize {
        self.fit.get() as usize
    }

    /// Notes the hole that a block at `address` has left which came back. The fit may change.
    pub(crate) fn note_hole(&self, address: usize) {
        let (start, count) = self.map().hole(self.granule(address));
        self.map().note_hole(start, count);
        let own = too_large_for(count);
        if own > self.fit() {
            self.fit.set(own as u8);
            self.hint.set(start as u16);
        }
    }

    /// Takes up to `most` blocks of a class out of a mixed slab, aligned to sixteen bytes only. Returns
    /// how many, and how many bytes became resident; when none, notes what still fits.
    pub(crate) fn take_mixed(
        &self,
        class: usize,
        most: usize,
        each: &mut dyn FnMut(usize),
    ) -> (usize, usize) {
        let count = size_class::size(class) / MIN_ALIGN;
        let map = self.map();
        let mut at = self.hint.get() as usize;
        let (mut taken, mut touched) = (0, 0);
        while taken < most {
            match map.find(at, count) {
                Some((from, end)) => {
                    let fits = ((end - from) / count).min(most - taken);
                    at = from + fits * count;
                    for granule in (from..at).step_by(count) {
                        map.insert(granule, count);
                        each(self.block(granule));
                    }
                    touched += self.touch(from, at - 1);
                    taken += fits;
                    if at < end {
                        map.note_hole(at, end - at);
                    }
                }
                None if at == 0 => {
                    // Codes of long holes are not exact.
                    self.fit.set(too_large_for(map.longest()).min(class) as u8);
                    break;
                }
                None if taken > 0 => {
                    at = 0;
                    break;
                }
                None => at = 0,
            }
        }
        self.hint.set(at as u16);
        self.is_active.set(u8::MAX);
        self.free.set((self.free() - taken * count) as u16);
        (taken, touched)
    }

    #[cfg(any(test, debug_assertions))]
    pub(super) fn check_fit(&self) {
        let longest = self.map().check();
        assert!(too_large_for(longest) <= self.fit(), "a hole that nobody knows of");
    }
}

/// The smallest class for whose blocks a hole of so many granules has no room.
fn too_large_for(granules: usize) -> usize {
    size_class::above(granules * MIN_ALIGN).unwrap_or(MIXED)
}
