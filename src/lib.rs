//! pigalloc: a malloc for Linux that is fast, small, safe by default, and that explains itself.
//!
//! The modules form layers that import only downward; `ARCHITECTURE.md` tells what each one does
//! and which invariant it owns.
//!
//! Rust programs take the crate without its exported C symbols:
//!
//! ```toml
//! pigalloc = { path = "../pigalloc", default-features = false }
//! ```
//!
//! and name [`Pigalloc`] as their `#[global_allocator]`.
#![no_std]
#![deny(unsafe_code)]
#![allow(clippy::new_without_default)]
// Model-checked are locks, mailboxes, claims, arenas and the page map; the front is left out then.
#![cfg_attr(loom, allow(dead_code))]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!(
    "pigalloc runs on x86-64 Linux: its thread slot and system calls are written for it"
);

#[cfg(any(test, loom, feature = "fuzz"))]
extern crate std;

// 0: ground
mod fatal;
#[cfg(not(loom))]
mod rt;
mod sync;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod sys;
#[cfg(loom)]
#[allow(unsafe_code)]
#[path = "sys/model.rs"]
mod sys;
mod text;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod tls;

// 1: words
mod bitmap;
mod config;
#[allow(unsafe_code)]
mod lock;
#[allow(unsafe_code)]
mod owner;
#[cfg(not(loom))]
mod size_class;
mod units;

// 2: back
#[allow(unsafe_code)]
mod arena;
#[allow(unsafe_code)]
mod ground;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod huge;
#[allow(unsafe_code)]
mod meta;
#[allow(unsafe_code)]
mod page_map;
#[cfg(not(loom))]
mod purge;
#[allow(unsafe_code)]
mod region;
#[allow(unsafe_code)]
mod span;

// 3: middle
#[cfg(not(loom))]
mod mixed;
#[allow(unsafe_code)]
mod remote;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod slab;

// 4: front
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod central;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod fork;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod heap;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod magazine;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod thread;

// 5: the allocator as Rust functions
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod alloc;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod foreign;
#[cfg(not(loom))]
mod report;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod stats;

// 6: face
#[cfg(all(feature = "capi", not(test), not(loom)))]
#[allow(unsafe_code)]
mod abi;
#[cfg(not(loom))]
#[allow(unsafe_code)]
mod global;

#[cfg(any(test, feature = "fuzz"))]
#[allow(unsafe_code, missing_docs)]
mod tests;

/// What the fuzz target runs: the tests' model on a program made of bytes.
#[cfg(all(feature = "fuzz", not(loom)))]
#[doc(hidden)]
pub use tests::fuzz::run as fuzz;

#[cfg(not(loom))]
pub use global::Pigalloc;
