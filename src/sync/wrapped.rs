//! The methods of core's atomics, for types whose `inner` does something first and answers with an
//! atomic that has them.

/// Methods that go to those of what `inner` answers.
macro_rules! pass_on {
    ($($method:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        #[allow(dead_code)]
        pub(crate) fn $method(&self, $($argument: $kind),*) -> $result {
            self.inner().$method($($argument),*)
        }
    )*};
}

macro_rules! methods_of_all {
    ($value:ty) => {
        pass_on! {
            load(order: Ordering) -> $value;
            store(value: $value, order: Ordering) -> ();
            swap(value: $value, order: Ordering) -> $value;
            compare_exchange(old: $value, new: $value, done: Ordering, failed: Ordering)
                -> Result<$value, $value>;
            compare_exchange_weak(old: $value, new: $value, done: Ordering, failed: Ordering)
                -> Result<$value, $value>;
        }
    };
}

macro_rules! methods_of_integers {
    ($value:ty) => {
        methods_of_all!($value);
        pass_on! {
            fetch_add(value: $value, order: Ordering) -> $value;
            fetch_sub(value: $value, order: Ordering) -> $value;
            fetch_and(value: $value, order: Ordering) -> $value;
            fetch_or(value: $value, order: Ordering) -> $value;
            fetch_max(value: $value, order: Ordering) -> $value;
        }

        #[allow(dead_code)]
        pub(crate) fn fetch_update(
            &self,
            done: Ordering,
            failed: Ordering,
            change: impl FnMut($value) -> Option<$value>,
        ) -> Result<$value, $value> {
            self.inner().fetch_update(done, failed, change)
        }
    };
}

pub(super) use {methods_of_all, methods_of_integers, pass_on};
