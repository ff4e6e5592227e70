//! The atomics of the lock-free code: core's, or loom's when it is model-checked (`--cfg loom`).
//!
//! Code that loom checks takes its atomics from here and from nowhere else, so that what is
//! checked is the shipped code and not a copy.

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
