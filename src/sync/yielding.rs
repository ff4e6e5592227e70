//! Core's atomics, each access now and then after the processor was given to another thread.
//!
//! On few processors threads are hardly ever interrupted between two accesses. Here they are, at
//! places that differ from run to run, since all threads draw from one sequence.

use super::Ordering;
use super::wrapped::{methods_of_all, methods_of_integers, pass_on};
use core::sync::atomic;

/// One access in so many yields, a power of two.
const ONE_IN: u32 = 32;

static DRAWN: atomic::AtomicU32 = atomic::AtomicU32::new(0);

fn perhaps_yield() {
    let mut draw = DRAWN.fetch_add(1, Ordering::Relaxed);
    // Neighbouring numbers must not look alike: two rounds of multiplication and shift.
    draw = (draw ^ draw >> 16).wrapping_mul(0x7feb_352d);
    draw = (draw ^ draw >> 15).wrapping_mul(0x846c_a68b);
    if (draw ^ draw >> 16).is_multiple_of(ONE_IN) {
        // SAFETY: the call has no arguments and touches no memory.
        unsafe { libc::sched_yield() };
    }
}

macro_rules! integer {
    ($($name:ident: $value:ty),*) => {$(
        #[repr(transparent)]
        pub(crate) struct $name(atomic::$name);

        impl $name {
            #[allow(dead_code)]
            pub(crate) const fn new(value: $value) -> $name {
                $name(atomic::$name::new(value))
            }

            fn inner(&self) -> &atomic::$name {
                perhaps_yield();
                &self.0
            }

            methods_of_integers!($value);
        }
    )*};
}

integer!(AtomicU8: u8, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize, AtomicIsize: isize);

#[repr(transparent)]
pub(crate) struct AtomicBool(atomic::AtomicBool);

impl AtomicBool {
    pub(crate) const fn new(value: bool) -> AtomicBool {
        AtomicBool(atomic::AtomicBool::new(value))
    }

    fn inner(&self) -> &atomic::AtomicBool {
        perhaps_yield();
        &self.0
    }

    methods_of_all!(bool);
}

#[repr(transparent)]
pub(crate) struct AtomicPtr<T>(atomic::AtomicPtr<T>);

impl<T> AtomicPtr<T> {
    pub(crate) const fn new(value: *mut T) -> AtomicPtr<T> {
        AtomicPtr(atomic::AtomicPtr::new(value))
    }

    fn inner(&self) -> &atomic::AtomicPtr<T> {
        perhaps_yield();
        &self.0
    }

    methods_of_all!(*mut T);
}
