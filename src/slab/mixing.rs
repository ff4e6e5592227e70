//! What a slab does as a mixed one: see the mixed module.

use super::{INLINE, MIXED, Slab, bitmap_bytes};
use crate::sync::Ordering;
use crate::units::MIN_ALIGN;
use crate::{bitmap, meta, mixed, size_class};
use core::ptr::NonNull;

impl Slab {
    /// Bytes of the free run in a mixed slab that the free granule at `address` is in, and where it
    /// starts, for [`set_hint`](Slab::set_hint).
    pub(crate) fn hole_at(&self, address: usize) -> (usize, usize) {
        let (granule, count) = self.map().hole(self.granule(address));
        (granule, count * MIN_ALIGN)
    }

    /// Makes the search for room in a mixed slab start at a hole.
    pub(crate) fn set_hint(&self, granule: usize) {
        self.hint.set(granule as u16);
    }

    /// Makes the slab, one of one unit, a mixed one. False when there is no memory for its map.
    /// Blocks that are with the program, or on the way, stay what they are. The caller takes the
    /// slab out of the maps that the fast paths look at.
    pub(crate) fn mix(&self) -> bool {
        debug_assert!(!self.is_mixed() && self.span.units() == 1);
        let Some(piece) = meta::allocate(mixed::BYTES) else { return false };
        // SAFETY: a piece of zero bytes is a map's memory, and it is ours.
        let map: &mixed::Map = unsafe { piece.cast().as_ref() };
        map.clear();
        let granules = self.size() / MIN_ALIGN;
        for index in (0..self.capacity()).filter(|&index| !self.has(index)) {
            map.insert(index * granules, granules);
        }
        let used = (self.capacity() - self.free()) * granules;
        let (old, words) = (self.bits.get(), bitmap::words_for(self.capacity()));
        self.bits.set(piece.as_ptr().cast());
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
        self.set_fit(MIXED);
        self.set_hint(0);
        true
    }

    /// In a mixed slab, the smallest class whose blocks have no room for sure.
    pub(crate) fn fit(&self) -> usize {
        self.fit.get() as usize
    }

    /// Notes that blocks of a class, and of larger ones, have no room, but smaller ones may.
    pub(crate) fn set_fit(&self, class: usize) {
        self.fit.set(class as u8);
    }

    /// Takes up to `most` blocks of a class out of a mixed slab, aligned to sixteen bytes only. Returns
    /// how many, and how many bytes became resident; when none, or no more than there are is known,
    /// notes what still fits.
    pub(crate) fn take_mixed(
        &self,
        class: usize,
        most: usize,
        mut each: impl FnMut(usize),
    ) -> (usize, usize) {
        let count = size_class::size(class) / MIN_ALIGN;
        let (map, low) = (self.map(), self.low.get() as usize * 64);
        let mut at = (self.hint.get() as usize).max(low);
        let (mut taken, mut touched) = (0, 0);
        while taken < most {
            match map.find(at, count) {
                Ok(granule) => {
                    map.insert(granule, count);
                    touched += self.touch(granule, granule + count - 1);
                    each(self.block(granule));
                    at = granule + count;
                    taken += 1;
                }
                Err(longest) if at == low => {
                    let fit = size_class::above(longest * MIN_ALIGN);
                    self.set_fit(fit.unwrap_or(MIXED));
                    break;
                }
                Err(_) if taken > 0 => break,
                Err(_) => at = low,
            }
        }
        self.set_hint(if taken == most { at } else { 0 });
        self.is_active.set(u8::MAX);
        self.free.set((self.free() - taken * count) as u16);
        (taken, touched)
    }
}
