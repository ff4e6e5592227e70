//! The slots of a magazine: getting them, getting larger ones, and making them whole in the child of a fork.

use super::capacity::GROWN_BLOCKS;
use super::{FULL, Front, no_slots};
use crate::size_class;
use crate::sync::Ordering;
use core::ptr::{self, NonNull};

impl Front {
    /// Gives a class its slots, or larger ones: [`slot_bytes`] of zeroed memory for `capacity` blocks.
    /// The old ones, if any, are the caller's then.
    ///
    /// # Safety
    /// The memory is the front's from now on, and the front is the calling thread's; the capacity
    /// grows.
    pub(crate) unsafe fn equip(
        &self,
        class: usize,
        slots: NonNull<u8>,
        capacity: usize,
    ) -> Option<NonNull<u8>> {
        let (old, count) = (self.slots_of(class), self.count(class));
        let slots: *mut usize = slots.as_ptr().cast();
        // SAFETY: the caller's memory has room for the bottom, the blocks and the end, and the old
        // slots have the bottom and `count` blocks.
        unsafe {
            slots.add(capacity + 1).write(FULL);
            ptr::copy_nonoverlapping(old, slots, count + 1);
            self.slots[class + 1].store(slots, Ordering::Release);
            self.tops[class + 1].store(slots.add(count), Ordering::Release);
        }
        // Last: who looks from outside reads no more slots than both have.
        self.capacities[class + 1].store(capacity as u32, Ordering::Release);
        if old == no_slots() { None } else { NonNull::new(old.cast()) }
    }

    /// What a magazine looks like: how many blocks it holds, and which are its last one and that in the middle, as one
    /// number. A program that takes and gives back many of them leaves it as it was only if it gives them back in
    /// reverse.
    pub(crate) fn sight(&self, class: usize) -> u16 {
        let (slots, count) = (self.slots_of(class), self.count(class));
        // SAFETY: slots 0 to `count` exist.
        let (middle, last) = unsafe { (*slots.add(count / 2), *slots.add(count)) };
        let mixed = (middle ^ last.rotate_left(20) ^ count).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (usize::BITS - u16::BITS)) as u16
    }

    /// Makes the magazines of a vanished thread whole, which may have been getting its slots, or larger
    /// ones. These are complete before anybody can see them: the end stands behind their last slot, the
    /// blocks in the first ones, and zeros in the rest.
    ///
    /// # Safety
    /// The thread is gone, and the caller claims its heap.
    pub(crate) unsafe fn mend(&self) {
        for class in (0..size_class::COUNT).filter(|&class| self.is_equipped(class)) {
            let slots = self.slots_of(class);
            // SAFETY: the slots reach to their end.
            let first = |value: usize, most: usize| unsafe {
                (0..most).find(|&i| slots.add(i + 1).read() == value)
            };
            let Some(capacity) = first(FULL, GROWN_BLOCKS + 1) else { continue };
            let top = self.tops[class + 1].load(Ordering::Acquire);
            if (top as usize).wrapping_sub(slots as usize) / size_of::<usize>() > capacity {
                // It is still in the old slots.
                let count = first(0, capacity).unwrap_or(capacity);
                // SAFETY: as above.
                self.tops[class + 1].store(unsafe { slots.add(count) }, Ordering::Release);
            }
            self.capacities[class + 1].store(capacity as u32, Ordering::Release);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::magazine::PLACES;
    use core::cell::Cell;
    use std::boxed::Box;
    use std::vec;
    use std::vec::Vec;

    const CLASS: usize = 3;

    fn slots(capacity: usize, blocks: &[usize]) -> &'static mut [usize] {
        let mut slots = vec![0; capacity + 2];
        slots[1..=blocks.len()].copy_from_slice(blocks);
        slots[capacity + 1] = FULL;
        Vec::leak(slots)
    }

    /// A front whose thread vanished while a magazine got new slots: which of the three it stored.
    fn frozen(old: usize, blocks: &[usize], new: usize, stored: usize) -> Box<Front> {
        // SAFETY: all zero bytes are a front without magazines, but for their ends.
        let front: Box<Front> = unsafe { Box::new(core::mem::zeroed()) };
        for place in 0..PLACES {
            front.tops[place].store(no_slots(), Ordering::Relaxed);
            front.slots[place].store(no_slots(), Ordering::Relaxed);
        }
        let place = CLASS + 1;
        if old > 0 {
            let slots = slots(old, blocks).as_mut_ptr();
            front.slots[place].store(slots, Ordering::Relaxed);
            front.tops[place].store(slots.wrapping_add(blocks.len()), Ordering::Relaxed);
            front.capacities[place].store(old as u32, Ordering::Relaxed);
        }
        let slots = slots(new, blocks).as_mut_ptr();
        if stored > 0 {
            front.slots[place].store(slots, Ordering::Relaxed);
        }
        if stored > 1 {
            front.tops[place].store(slots.wrapping_add(blocks.len()), Ordering::Relaxed);
        }
        if stored > 2 {
            front.capacities[place].store(new as u32, Ordering::Relaxed);
        }
        front
    }

    #[test]
    fn magazines_of_vanished_threads_are_mended() {
        let many: Vec<usize> = (1..=62).map(|i| i * 64).collect();
        for (old, new) in [(0, 62), (62, 126), (126, 254), (1022, 4094)] {
            for blocks in [&many[..0], &many[..5], &many[..]] {
                for stored in 0..=3 {
                    if old == 0 && !blocks.is_empty() {
                        continue;
                    }
                    let front = frozen(old, blocks, new, stored);
                    // SAFETY: the thread never was.
                    unsafe { front.mend() };
                    let most = if stored == 0 { old } else { new };
                    assert_eq!(front.capacity(CLASS), most);
                    assert_eq!(front.count(CLASS), blocks.len());
                    let mut found = Vec::new();
                    if most > 0 {
                        // SAFETY: as above.
                        unsafe {
                            front.drain(CLASS, blocks.len(), |all| {
                                found.extend(all.iter().map(Cell::get));
                            });
                        }
                    }
                    assert_eq!(found, blocks);
                }
            }
        }
    }
}
