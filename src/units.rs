//! Sizes and counts that every layer shares.

/// log2 of [`UNIT`].
pub(crate) const UNIT_SHIFT: u32 = 16;
/// The unit in which arenas hand out memory: a multiple of every page size Linux uses (4, 16, 64 KiB).
pub(crate) const UNIT: usize = 1 << UNIT_SHIFT;
/// Units in a region, the 2 MiB that one huge page maps.
pub(crate) const REGION_UNITS: usize = 32;
/// Bytes in a region.
pub(crate) const REGION: usize = UNIT * REGION_UNITS;
/// The largest request that any allocator may grant (PTRDIFF_MAX).
pub(crate) const MAX_REQUEST: usize = isize::MAX as usize;
/// Blocks from this size on get a mapping of their own, which grows by mremap. Below, what one has left serves the
/// next, which would fault in all of a new mapping; tests fill all that they get.
pub(crate) const HUGE_MIN: usize = if cfg!(test) { 32 << 20 } else { 256 << 20 };
/// The alignment of every block.
pub(crate) const MIN_ALIGN: usize = 16;

/// `n` rounded up to a multiple of `align`, a power of two. The caller keeps `n + align` in range.
pub(crate) const fn align_up(n: usize, align: usize) -> usize {
    (n + align - 1) & !(align - 1)
}

/// How many units hold `bytes`.
pub(crate) const fn units_for(bytes: usize) -> usize {
    align_up(bytes, UNIT) >> UNIT_SHIFT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding() {
        assert_eq!(align_up(0, 16), 0);
        assert_eq!(align_up(1, 16), 16);
        assert_eq!(align_up(4096, 4096), 4096);
        assert_eq!(units_for(1), 1);
        assert_eq!(units_for(UNIT), 1);
        assert_eq!(units_for(UNIT + 1), 2);
    }
}
