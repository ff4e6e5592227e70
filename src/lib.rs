//! pigalloc: a malloc for Linux that is fast, small, safe by default, and that explains itself.
//!
//! The modules form layers that import only downward; `ARCHITECTURE.md` tells what each one does
//! and which invariant it owns.
//!
//! Rust programs take the crate without its exported C symbols:
//!
//! ```toml
//! pigalloc = { version = "0.1", default-features = false }
//! ```
//!
//! and name [`Pigalloc`] as their `#[global_allocator]`.
#![no_std]
#![deny(unsafe_code)]
#![allow(clippy::new_without_default)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!(
    "pigalloc runs on x86-64 Linux: its thread slot and system calls are written for it"
);

#[cfg(any(test, loom))]
extern crate std;

// 0: ground
mod fatal;
mod rt;
mod sync;
#[allow(unsafe_code)]
mod sys;
mod text;
#[allow(unsafe_code)]
mod tls;

// 1: words
mod bitmap;
mod config;
#[allow(unsafe_code)]
mod lock;
mod size_class;
mod units;

// 2: back
#[allow(unsafe_code)]
mod arena;
#[allow(unsafe_code)]
mod huge;
#[allow(unsafe_code)]
mod meta;
#[allow(unsafe_code)]
mod page_map;
mod purge;
#[allow(unsafe_code)]
mod region;
#[allow(unsafe_code)]
mod span;

// 3: middle
#[allow(unsafe_code)]
mod remote;
#[allow(unsafe_code)]
mod slab;

// 4: front
#[allow(unsafe_code)]
mod central;
#[allow(unsafe_code)]
mod fork;
#[allow(unsafe_code)]
mod heap;
#[allow(unsafe_code)]
mod magazine;
#[allow(unsafe_code)]
mod thread;

// 5: the allocator as Rust functions
#[allow(unsafe_code)]
mod alloc;
#[allow(unsafe_code)]
mod foreign;
mod report;
#[allow(unsafe_code)]
mod stats;

// 6: face
#[cfg(all(feature = "capi", not(test), not(loom)))]
#[allow(unsafe_code)]
mod abi;
#[allow(unsafe_code)]
mod global;

#[cfg(test)]
#[allow(unsafe_code, missing_docs)]
mod tests;

pub use global::Pigalloc;
