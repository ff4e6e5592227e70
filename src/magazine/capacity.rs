//! How many blocks a magazine holds.

/// The most blocks in a magazine at first, and the most bytes while it has more than a few blocks: hundreds of
/// threads may each use dozens of classes a little.
const MOST_BLOCKS: usize = 62;
const MOST_BYTES: usize = 8 << 10;
/// Up to this size the least is six blocks, and two beyond.
const SIX_MOST: usize = 2 << 10;
/// What a magazine of a class that overflows and runs empty by turns may grow to: so many blocks, and
/// so many bytes.
pub(super) const GROWN_BLOCKS: usize = 4094;
const GROWN_BYTES: usize = 512 << 10;

/// How many blocks of a size a thread keeps at first. With its two ends a magazine fills a piece of
/// memory whose size is a power of two.
pub(crate) const fn capacity(size: usize) -> usize {
    let fit = MOST_BYTES / size + 2;
    if fit >= MOST_BLOCKS + 2 {
        MOST_BLOCKS
    } else if fit >= 8 {
        (fit + 1).next_power_of_two() / 2 - 2
    } else if size <= SIX_MOST {
        6
    } else {
        2
    }
}

/// Bytes that the slots of a magazine of so many blocks take.
pub(crate) const fn slot_bytes(capacity: usize) -> usize {
    (capacity + 2) * size_of::<usize>()
}

/// The next larger capacity for blocks of a size; None when a magazine should not get that large.
pub(crate) const fn grown(capacity: usize, size: usize) -> Option<usize> {
    let more = 2 * (capacity + 2) - 2;
    if more <= GROWN_BLOCKS && more * size <= GROWN_BYTES { Some(more) } else { None }
}

/// The largest capacity that a magazine may grow to.
pub(crate) const fn most(size: usize) -> usize {
    let mut most = capacity(size);
    while let Some(more) = grown(most, size) {
        most = more;
    }
    most
}
