mod alone;
mod header;
mod model;
mod properties;
#[cfg(feature = "faults")]
mod refusals;
