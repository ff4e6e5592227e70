#[cfg(not(loom))]
mod alone;
#[cfg(not(loom))]
mod header;
#[cfg(loom)]
mod loom;
#[cfg(loom)]
mod loom_memory;
#[cfg(not(loom))]
mod model;
#[cfg(not(loom))]
mod properties;
#[cfg(all(feature = "faults", not(loom)))]
mod refusals;
