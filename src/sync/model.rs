//! loom's atomics and cells behind what the allocator asks of core's: they can be made at compile
//! time and of zero bytes, since loom's own are made when they are first used.
//!
//! Who uses one first counts as having made it, and others as having seen that; a model uses what it
//! asks about once before its threads start.

use super::Ordering;
use super::wrapped::{methods_of_all, methods_of_integers, pass_on};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic;
use loom::lazy_static::Lazy;
use std::boxed::Box;

/// loom's object for one of ours, in the run of the model that is under way. All zero bytes are one
/// that has not been used.
struct Made<T: 'static>(atomic::AtomicPtr<Lazy<T>>);

impl<T: 'static> Made<T> {
    const fn new() -> Made<T> {
        Made(atomic::AtomicPtr::new(ptr::null_mut()))
    }

    fn get(&self, init: fn() -> T) -> &'static T {
        if self.0.load(Ordering::Relaxed).is_null() {
            let lazy = Box::leak(Box::new(Lazy { init, _p: PhantomData }));
            self.0.store(lazy, Ordering::Relaxed);
        }
        // SAFETY: what was stored is never given back.
        unsafe { &*self.0.load(Ordering::Relaxed) }.get()
    }
}

/// The value with which the next object is made: functions that make one take no arguments. Models
/// run one after the other, and their threads one at a time.
static FIRST_VALUE: atomic::AtomicUsize = atomic::AtomicUsize::new(0);

macro_rules! integer {
    ($($name:ident: $value:ty),*) => {$(
        #[repr(C)]
        pub(crate) struct $name {
            value: $value,
            made: Made<loom::sync::atomic::$name>,
        }

        impl $name {
            #[allow(dead_code)]
            pub(crate) const fn new(value: $value) -> $name {
                $name { value, made: Made::new() }
            }

            fn inner(&self) -> &'static loom::sync::atomic::$name {
                FIRST_VALUE.store(self.value as usize, Ordering::Relaxed);
                self.made.get(|| {
                    loom::sync::atomic::$name::new(FIRST_VALUE.load(Ordering::Relaxed) as $value)
                })
            }

            methods_of_integers!($value);
        }
    )*};
}

integer!(AtomicU8: u8, AtomicU32: u32, AtomicU64: u64, AtomicUsize: usize, AtomicIsize: isize);

#[repr(C)]
pub(crate) struct AtomicBool {
    value: bool,
    made: Made<loom::sync::atomic::AtomicBool>,
}

impl AtomicBool {
    pub(crate) const fn new(value: bool) -> AtomicBool {
        AtomicBool { value, made: Made::new() }
    }

    fn inner(&self) -> &'static loom::sync::atomic::AtomicBool {
        FIRST_VALUE.store(self.value as usize, Ordering::Relaxed);
        self.made
            .get(|| loom::sync::atomic::AtomicBool::new(FIRST_VALUE.load(Ordering::Relaxed) != 0))
    }

    methods_of_all!(bool);
}

#[repr(C)]
pub(crate) struct AtomicPtr<T: 'static> {
    value: *mut T,
    made: Made<loom::sync::atomic::AtomicPtr<T>>,
}

// SAFETY: the pointer is only the first value of what can be shared.
unsafe impl<T> Sync for AtomicPtr<T> {}
// SAFETY: as above.
unsafe impl<T> Send for AtomicPtr<T> {}

impl<T> AtomicPtr<T> {
    pub(crate) const fn new(value: *mut T) -> AtomicPtr<T> {
        AtomicPtr { value, made: Made::new() }
    }

    fn inner(&self) -> &'static loom::sync::atomic::AtomicPtr<T> {
        FIRST_VALUE.store(self.value as usize, Ordering::Relaxed);
        self.made.get(|| {
            loom::sync::atomic::AtomicPtr::new(FIRST_VALUE.load(Ordering::Relaxed) as *mut T)
        })
    }

    methods_of_all!(*mut T);
}

/// A cell of which loom knows who reads and who writes, and says when nothing orders these.
#[repr(C)]
pub(crate) struct Cell<T> {
    value: core::cell::Cell<T>,
    watch: Made<loom::cell::UnsafeCell<()>>,
}

impl<T> Cell<T> {
    pub(crate) const fn new(value: T) -> Cell<T> {
        Cell { value: core::cell::Cell::new(value), watch: Made::new() }
    }

    fn watch(&self) -> &'static loom::cell::UnsafeCell<()> {
        self.watch.get(|| loom::cell::UnsafeCell::new(()))
    }

    pub(crate) fn set(&self, value: T) {
        self.watch().with_mut(|_| ());
        self.value.set(value);
    }

    pub(crate) fn replace(&self, value: T) -> T {
        self.watch().with_mut(|_| ());
        self.value.replace(value)
    }
}

impl<T: Copy> Cell<T> {
    pub(crate) fn get(&self) -> T {
        self.watch().with(|_| ());
        self.value.get()
    }
}
