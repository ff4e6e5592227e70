//! What is asked of a slab, and answered.

/// What looks for slabs that have handed out nothing lately.
#[derive(Clone, Copy)]
#[repr(u8)]
pub(crate) enum Look {
    /// To give their pages back.
    Purge = 1,
    /// To mix them.
    Mix = 2,
}

/// What an address in a slab is at which no taken block starts.
pub(crate) enum State {
    /// The start of a free block.
    Free,
    /// Inside a block.
    Inside,
    /// Behind the last one.
    Behind,
}
