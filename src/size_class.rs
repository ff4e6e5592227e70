//! Size classes: sixteen-byte steps to 128 bytes, then eight classes to each doubling, up to 64 KiB.
//!
//! A block is never more than an eighth larger than the request that got it, beyond the sixteen-byte
//! step that alignment asks for; the tables are made, and that bound is proven, at compile time.

use crate::units::{MIN_ALIGN, UNIT};

/// How many classes there are.
pub(crate) const COUNT: usize = 80;
/// The largest size with a class.
pub(crate) const MAX: usize = 64 << 10;
/// The largest size that the direct table answers, one byte for each.
pub(crate) const SMALL_MAX: usize = 1024;

const LINEAR: usize = 8;
const MEDIUM_STEP: usize = 128;

const fn size_at(class: usize) -> usize {
    if class < LINEAR {
        (class + 1) * MIN_ALIGN
    } else {
        let doubling = (class - LINEAR) / 8;
        let step = (class - LINEAR) % 8 + 1;
        (128 << doubling) + (step << (4 + doubling))
    }
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

const fn small() -> [u8; SMALL_MAX + 1] {
    let sizes = sizes();
    let mut table = [0; SMALL_MAX + 1];
    let (mut size, mut class) = (0, 0);
    while size <= SMALL_MAX {
        while (sizes[class] as usize) < size {
            class += 1;
        }
        table[size] = class as u8;
        size += 1;
    }
    table
}

/// The class of every request of up to [`SMALL_MAX`] bytes.
pub(crate) static SMALL: [u8; SMALL_MAX + 1] = small();

const fn medium() -> [u8; MAX / MEDIUM_STEP] {
    let sizes = sizes();
    let mut table = [0; MAX / MEDIUM_STEP];
    let (mut i, mut class) = (0, 0);
    while i < table.len() {
        while (sizes[class] as usize) < (i + 1) * MEDIUM_STEP {
            class += 1;
        }
        table[i] = class as u8;
        i += 1;
    }
    table
}

static MEDIUM: [u8; MAX / MEDIUM_STEP] = medium();

/// The class of a request of up to [`MAX`] bytes.
#[inline(always)]
pub(crate) fn of(size: usize) -> usize {
    if size <= SMALL_MAX { SMALL[size] as usize } else { MEDIUM[(size - 1) / MEDIUM_STEP] as usize }
}

/// The class of a request past the direct table; None for 0 and for what has no class.
#[inline(always)]
pub(crate) fn of_medium(size: usize) -> Option<usize> {
    MEDIUM.get(size.wrapping_sub(1) / MEDIUM_STEP).map(|&class| class as usize)
}

/// The block size of `class`.
pub(crate) fn size(class: usize) -> usize {
    SIZE[class] as usize
}

/// Whether a block of `class` holds `size` bytes and at least half of it is then used.
#[inline(always)]
pub(crate) fn fits(class: usize, size: usize) -> bool {
    let now = SIZE[class] as usize;
    size <= now && size > now / 2
}

/// How many units a slab of this class spans: one while it holds at least eight blocks.
pub(crate) fn slab_units(class: usize) -> usize {
    let size = size(class);
    match size {
        0..=8192 => 1,
        8193..=16384 => 2,
        16385..=32768 => 4,
        _ => 8,
    }
}

/// Blocks in a slab of this class.
pub(crate) fn slab_blocks(class: usize) -> usize {
    slab_units(class) * UNIT / size(class)
}

/// 2^32 / size, rounded up. For an offset below 64 KiB, `offset * RECIPROCAL` as a 32.32 fixed-point
/// number has the index of the block before the point; after it stands less than 2^16 exactly when
/// the offset is the start of a block.
pub(crate) const fn reciprocal(size: usize) -> u32 {
    ((1u64 << 32).div_ceil(size as u64)) as u32
}

const fn inverses() -> [u64; COUNT] {
    let sizes = sizes();
    let mut table = [0; COUNT];
    let mut class = 0;
    while class < COUNT {
        table[class] = (u64::MAX / sizes[class] as u64) + 1;
        class += 1;
    }
    table
}

/// 2^64 / size, rounded up, for each class: a reciprocal in 64.64 fixed point, for slabs of any
/// number of units. `offset` starts a block exactly when the fraction of the product is less than
/// the inverse itself; the block's index stands before the point.
pub(crate) static INVERSE: [u64; COUNT] = inverses();

/// The product of an offset and an inverse: index and fraction.
#[inline(always)]
pub(crate) fn locate(offset: usize, inverse: u64) -> (usize, u64) {
    let product = offset as u128 * u128::from(inverse);
    ((product >> 64) as usize, product as u64)
}

/// The bound that the fraction of [`reciprocal`] stays under at the start of a block.
pub(crate) const START_FRACTION: u32 = 0xffff;

// At most an eighth is lost to rounding (a request is larger than the next smaller class), beyond
// the alignment step of the smallest classes; and the tables end where the classes end.
const _: () = {
    let sizes = sizes();
    assert!(sizes[COUNT - 1] as usize == MAX);
    let mut class = LINEAR;
    while class < COUNT {
        let (size, below) = (sizes[class] as usize, sizes[class - 1] as usize);
        assert!(size.is_multiple_of(MIN_ALIGN));
        assert!((size - below) * 8 <= size);
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
    fn reciprocal_finds_exactly_the_block_starts() {
        for class in 0..COUNT {
            if slab_units(class) != 1 {
                continue;
            }
            let (size, m) = (size(class), reciprocal(size(class)));
            for offset in 0..UNIT {
                let start = (offset as u32).wrapping_mul(m) <= START_FRACTION;
                assert_eq!(start, offset % size == 0, "size {size} offset {offset}");
                let index = (offset as u64 * m as u64) >> 32;
                assert_eq!(index as usize, offset / size);
            }
        }
    }

    #[test]
    fn index_is_exact_in_slabs_of_any_class() {
        for (class, &inverse) in INVERSE.iter().enumerate() {
            for offset in 0..slab_units(class) * UNIT {
                let (index, fraction) = locate(offset, inverse);
                assert_eq!(index, offset / size(class));
                assert_eq!(fraction < inverse, offset % size(class) == 0);
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
