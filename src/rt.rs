//! What a `no_std` library must bring itself: the panic handler of the C libraries.
//!
//! Rust programs that take the crate without `capi` link std, which brings its own.

#[cfg(all(feature = "capi", not(test), not(loom), panic = "abort"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    crate::fatal::bug("panic")
}
