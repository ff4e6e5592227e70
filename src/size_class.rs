//! Size classes: sixteen-byte steps to 128 bytes, then four classes to each doubling to 512 bytes, and eight up to
//! 64 KiB.
//!
//! Each class in use is a stream of addresses that the processor is to prefetch, and it follows only so many. So there
//! are few classes of small blocks, of which programs have most; of larger ones what rounding adds counts for more. No
//! more than a fifth of a block is lost to it, and a ninth of a larger one, beyond the sixteen-byte step that alignment
//! asks for; the tables are made, and that bound is proven, at compile time.

use crate::units::{MIN_ALIGN, UNIT};

/// How many classes there are.
pub(crate) const COUNT: usize = 72;
/// The largest size with a class.
pub(crate) const MAX: usize = 64 << 10;
/// The largest size that the direct table answers, one byte for each.
pub(crate) const SMALL_MAX: usize = 4096;

/// Classes of sizes above `above`, `each` to each doubling.
struct Range {
    first: usize,
    above: usize,
    each: usize,
}

const FEW: Range = Range { first: 8, above: 128, each: 4 };
const CLOSE: Range = Range { first: 16, above: 512, each: 8 };
const LINEAR: usize = FEW.first;
const MEDIUM_STEP: usize = 128;

const fn range(class: usize) -> Range {
    if class < CLOSE.first { FEW } else { CLOSE }
}

pub(crate) const fn size_at(class: usize) -> usize {
    if class < LINEAR {
        return (class + 1) * MIN_ALIGN;
    }
    let Range { first, above, each } = range(class);
    let (doubling, step) = ((class - first) / each, (class - first) % each + 1);
    (above << doubling) + step * ((above / each) << doubling)
}

const fn sizes() -> [u32; COUNT] {
    let mut table = [0; COUNT];
    let mut class = 0;
    while class < COUNT {
        table[class] = size_at(class) as u32;
        class += 1;
    }
    table
}

/// Block size of each class.
pub(crate) static SIZE: [u32; COUNT] = sizes();

/// The classes of requests of up to `i + 1` steps.
const fn by_steps<const STEPS: usize>(step: usize) -> [u8; STEPS] {
    let sizes = sizes();
    let mut table = [0; STEPS];
    let (mut i, mut class) = (0, 0);
    while i < STEPS {
        while (sizes[class] as usize) < (i + 1) * step {
            class += 1;
        }
        table[i] = class as u8;
        i += 1;
    }
    table
}

/// The class of requests of up to each step of [`MIN_ALIGN`].
pub(crate) static SMALL: [u8; SMALL_MAX / MIN_ALIGN] = by_steps(MIN_ALIGN);
static MEDIUM: [u8; MAX / MEDIUM_STEP] = by_steps(MEDIUM_STEP);

/// The class of a request of up to [`MAX`] bytes.
#[inline(always)]
pub(crate) fn of(size: usize) -> usize {
    let last = size.saturating_sub(1);
    if last < SMALL_MAX {
        SMALL[last / MIN_ALIGN] as usize
    } else {
        MEDIUM[last / MEDIUM_STEP] as usize
    }
}

/// The class of a request past the direct table; None for 0 and for what has no class.
#[inline(always)]
pub(crate) fn of_medium(size: usize) -> Option<usize> {
    MEDIUM.get(size.wrapping_sub(1) / MEDIUM_STEP).map(|&class| class as usize)
}

/// The smallest class whose blocks are larger than `size` bytes; None when there is none.
pub(crate) fn above(size: usize) -> Option<usize> {
    (size < MAX).then(|| of(size + 1))
}

/// The block size of `class`.
pub(crate) fn size(class: usize) -> usize {
    SIZE[class] as usize
}

/// Cache lines in the smallest page.
const LINES: usize = 64;
const LINE: usize = 64;
/// By how many lines the first block of a class stands behind that of the class before it: with 13 all first blocks of
/// 64 classes in a row are on different ones.
const LINES_APART: usize = 13;

const fn colours() -> [u8; COUNT] {
    let mut table = [0; COUNT];
    let mut class = 0;
    while class < COUNT {
        let offset = class * LINES_APART % LINES * LINE;
        if size_at(class) < LINES * LINE {
            table[class] = (offset / size_at(class)) as u8;
        }
        class += 1;
    }
    table
}

/// The index of the block that a heap's first slab of a class hands out first: one in its first page. Were it the first
/// one of all, the few blocks that a program has of each class would be in the same set of the cache, and stores to one
/// would hold up loads of the others.
pub(crate) static COLOUR: [u8; COUNT] = colours();

const fn halves() -> [u16; 256] {
    let mut table = [0; 256];
    let mut class = 0;
    while class < COUNT {
        table[class + 1] = (size_at(class) / 2) as u16;
        class += 1;
    }
    table
}

/// Half the block size of `class`, at place `class + 1`; place 0 is no class.
static HALF: [u16; 256] = halves();

/// Whether a block of the class at this place holds `size` bytes and more than half of it is then
/// used. Sizes are even, so that this is one comparison.
#[inline(always)]
pub(crate) fn fits(place: u8, size: usize) -> bool {
    let half = HALF[place as usize] as usize;
    size.wrapping_sub(half + 1) < half
}

/// How many units a slab of this class spans: one while it holds at least eight blocks, and then so
/// many that it holds four.
pub(crate) const fn slab_units(class: usize) -> usize {
    match size_at(class) {
        0..=8192 => 1,
        8193..=32768 => 2,
        _ => 4,
    }
}

/// Blocks in a slab of this class.
pub(crate) const fn slab_blocks(class: usize) -> usize {
    slab_units(class) * UNIT / size_at(class)
}

/// How to tell in three instructions whether a block starts at an offset into a slab.
///
/// `inverse` is 2^n / size, rounded up, and `offset * inverse` a fixed-point number with n bits
/// after the point. Before the point stands the index of the block. After it stands, for the start
/// of block i, i times what the rounding added (`excess`), and more than any such number for
/// addresses inside blocks. So the starts of the blocks that a slab has are exactly the offsets whose
/// fraction is below `bound`; the start of one more block, which would not fit, is not.
#[derive(Clone, Copy)]
pub(crate) struct Start<T> {
    pub(crate) inverse: T,
    pub(crate) bound: T,
}

/// With 32 bits after the point: for slabs of one unit, whose offsets have sixteen bits.
pub(crate) const fn start32(class: usize) -> Start<u32> {
    let (size, blocks) = (size_at(class) as u64, slab_blocks(class) as u64);
    let inverse = (1u64 << 32).div_ceil(size);
    let excess = inverse * size - (1 << 32);
    Start { inverse: inverse as u32, bound: (excess * (blocks - 1)) as u32 + 1 }
}

/// With 64 bits after the point: for all slabs. The excess is 1 at least, so that fractions of whole multiples of
/// the size grow without an end: addresses that are not in the slab are no starts, either.
pub(crate) const fn start64(class: usize) -> Start<u64> {
    let (size, blocks) = (size_at(class) as u128, slab_blocks(class) as u128);
    let inverse = (1u128 << 64) / size + 1;
    let excess = inverse * size - (1 << 64);
    Start { inverse: inverse as u64, bound: (excess * (blocks - 1)) as u64 + 1 }
}

/// The product of an offset and an inverse of [`start64`]: index and fraction.
#[inline(always)]
pub(crate) fn locate(offset: usize, inverse: u64) -> (usize, u64) {
    let product = offset as u128 * u128::from(inverse);
    ((product >> 64) as usize, product as u64)
}

// What is lost to rounding (a request is larger than the next smaller class), beyond the alignment step of the
// smallest classes; and the tables end where the classes end.
const _: () = {
    let sizes = sizes();
    assert!(sizes[COUNT - 1] as usize == MAX);
    let mut class = LINEAR;
    while class < COUNT {
        let (size, below) = (sizes[class] as usize, sizes[class - 1] as usize);
        assert!(size.is_multiple_of(MIN_ALIGN));
        assert!((size - below) * (range(class).each + 1) <= size);
        class += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_request_gets_the_smallest_class_that_holds_it() {
        for request in 0..=MAX {
            let class = of(request);
            assert!(size(class) >= request);
            assert!(class == 0 || size(class - 1) < request, "request {request}");
        }
    }

    #[test]
    fn starts_are_exactly_those_of_the_blocks_of_a_slab() {
        for class in 0..COUNT {
            let (narrow, wide) = (start32(class), start64(class));
            for offset in 0..slab_units(class) * UNIT {
                let is_start =
                    offset % size(class) == 0 && offset / size(class) < slab_blocks(class);
                let (index, fraction) = locate(offset, wide.inverse);
                assert_eq!(index, offset / size(class));
                assert_eq!(fraction < wide.bound, is_start, "class {class} offset {offset}");
                if slab_units(class) == 1 {
                    let fraction = (offset as u32).wrapping_mul(narrow.inverse);
                    assert_eq!(fraction < narrow.bound, is_start, "class {class} offset {offset}");
                }
            }
        }
    }

    #[test]
    fn a_size_rounded_to_an_alignment_has_an_aligned_class() {
        for shift in 4..=16 {
            let align = 1usize << shift;
            let mut request = align;
            while request <= MAX {
                assert_eq!(size(of(request)) % align, 0, "align {align} size {request}");
                request += align;
            }
        }
    }
}
