//! Calls of the allocator, chosen by libFuzzer. `make fuzz` builds and runs this.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pigalloc::fuzz(bytes));
