#[cfg(all(test, not(loom)))]
mod alone;
#[cfg(all(test, not(loom)))]
mod descriptors;
#[cfg(not(loom))]
pub mod fuzz;
#[cfg(all(test, not(loom)))]
mod header;
#[cfg(all(test, loom))]
mod loom;
#[cfg(loom)]
mod loom_memory;
#[cfg(all(test, not(loom)))]
mod maps;
#[cfg(not(loom))]
#[cfg_attr(not(test), allow(dead_code))]
mod model;
#[cfg(all(test, not(loom)))]
mod properties;
#[cfg(all(test, feature = "faults", not(loom)))]
mod refusals;
