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
        self.set_fit(MIXED, MIXED, 0);
        true
    }

    /// In a mixed slab, the smallest class whose blocks have no room for sure.
    pub(crate) fn fit(&self) -> usize {
        self.fit.get() as usize
    }

    /// Notes what has no room: see the fields.
    fn set_fit(&self, fit: usize, rest: usize, hint: usize) {
        self.fit.set(fit as u8);
        self.rest.set(rest as u8);
        self.hint.set(hint as u16);
    }

    /// Notes the hole that a block at `address` has left which came back. The fit may change.
    pub(crate) fn note_hole(&self, address: usize) {
        let (start, count) = self.map().hole(self.granule(address));
        let (fit, rest) = (self.fit.get() as usize, self.rest.get() as usize);
        let own = too_large_for(count);
        if (start..start + count).contains(&(self.hint.get() as usize)) {
            self.set_fit(own.max(rest), rest, start);
        } else if own > fit {
            self.set_fit(own, fit, start);
        } else {
            self.rest.set(own.max(rest) as u8);
        }
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
        let mut touched = 0;
        let take = |granule| {
            self.map().insert(granule, count);
            touched += self.touch(granule, granule + count - 1);
            each(self.block(granule));
        };
        let taken = if class >= self.rest.get() as usize {
            self.take_from_hole(count, most, take)
        } else {
            self.take_anywhere(count, most, take)
        };
        self.is_active.set(u8::MAX);
        self.free.set((self.free() - taken * count) as u16);
        (taken, touched)
    }

    /// Takes up to `most` blocks of `count` granules from the hole at the hint. Returns how many.
    fn take_from_hole(&self, count: usize, most: usize, mut take: impl FnMut(usize)) -> usize {
        let from = self.hint.get() as usize;
        let end = self.map().end_of_hole(from);
        let taken = ((end - from) / count).min(most);
        let left = from + taken * count;
        (from..left).step_by(count).for_each(&mut take);
        let rest = self.rest.get() as usize;
        self.set_fit(too_large_for(end - left).max(rest), rest, left.min(mixed::GRANULES - 1));
        taken
    }

    /// The same from any hole.
    fn take_anywhere(&self, count: usize, most: usize, mut take: impl FnMut(usize)) -> usize {
        let (map, low) = (self.map(), self.low.get() as usize * 64);
        let mut at = (self.hint.get() as usize).max(low);
        let mut taken = 0;
        while taken < most {
            match map.find(at, count) {
                Ok(granule) => {
                    take(granule);
                    at = granule + count;
                    taken += 1;
                }
                Err(holes) if at == low => {
                    let rest = too_large_for(holes.second);
                    self.set_fit(too_large_for(holes.longest), rest, holes.start);
                    return taken;
                }
                Err(_) if taken > 0 => break,
                Err(_) => at = low,
            }
        }
        let fit = self.fit();
        self.set_fit(fit, fit, if taken == most { at.min(mixed::GRANULES - 1) } else { 0 });
        taken
    }

    #[cfg(any(test, debug_assertions))]
    pub(super) fn check_fit(&self) {
        let (map, hint) = (self.map(), self.hint.get() as usize);
        let (mut at, rest, fit) = (0, self.rest.get() as usize, self.fit());
        assert!(rest <= fit);
        while at < mixed::GRANULES {
            let end = map.end_of_hole(at);
            let most = if (at..end).contains(&hint) { fit } else { rest };
            assert!(end == at || too_large_for(end - at) <= most, "a hole that nobody knows of");
            at = end + 1;
        }
    }
}

/// The smallest class for whose blocks a hole of so many granules has no room.
fn too_large_for(granules: usize) -> usize {
    size_class::above(granules * MIN_ALIGN).unwrap_or(MIXED)
}
