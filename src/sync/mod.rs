//! The atomics of the lock-free code: core's, or loom's when it is model-checked (`--cfg loom`), or
//! core's with a yield before many an access when it is to meet rare interleavings (feature `yields`).
//!
//! All code takes its atomics from here and from nowhere else, so that what is checked is the
//! shipped code and not a copy. So do modules that loom checks with their cells.

#[cfg(loom)]
#[allow(unsafe_code)]
mod model;
#[cfg(any(feature = "yields", loom))]
mod wrapped;
#[cfg(all(feature = "yields", not(loom)))]
#[allow(unsafe_code)]
mod yielding;

#[cfg_attr(loom, allow(unused_imports))]
pub(crate) use core::sync::atomic::{Ordering, compiler_fence, fence};

#[cfg(not(loom))]
pub(crate) use core::cell::Cell;
#[cfg(not(any(feature = "yields", loom)))]
pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};
#[cfg(loom)]
#[allow(unused_imports)]
pub(crate) use model::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Cell,
};
#[cfg(all(feature = "yields", not(loom)))]
pub(crate) use yielding::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};

/// The same for what no model looks at: statics of the process, which all runs of a model share.
#[cfg(loom)]
pub(crate) mod lasting {
    pub(crate) use core::sync::atomic::{
        AtomicBool, AtomicIsize, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
    };
}
#[cfg(not(loom))]
pub(crate) use self as lasting;
