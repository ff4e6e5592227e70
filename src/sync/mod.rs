//! The atomics of the lock-free code: core's, or loom's when it is model-checked (`--cfg loom`), or
//! core's with a yield before many an access when it is to meet rare interleavings (feature `yields`).
//!
//! All code takes its atomics from here and from nowhere else, so that what is checked is the
//! shipped code and not a copy.

#[cfg(all(feature = "yields", not(loom)))]
mod yielding;

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{Ordering, compiler_fence};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

#[cfg(not(any(feature = "yields", loom)))]
pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};
#[cfg(all(feature = "yields", not(loom)))]
pub(crate) use yielding::{
    AtomicBool, AtomicIsize, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize,
};

/// The same for what no model looks at: statics, which live longer than a run of a model.
#[cfg(loom)]
pub(crate) mod lasting {
    pub(crate) use core::sync::atomic::{AtomicPtr, AtomicU32};
}
#[cfg(not(loom))]
pub(crate) use self as lasting;
#[cfg(loom)]
pub(crate) use core::sync::atomic::compiler_fence;
