//! Lists of slabs. A slab is in one list at most, guarded like the slab.

use super::Slab;
use core::cell::Cell;
#[cfg(any(test, debug_assertions))]
use core::ptr;

/// A list of slabs, linked through them.
pub(crate) struct Slabs(Cell<Option<&'static Slab>>);

impl Slabs {
    pub(crate) fn first(&self) -> Option<&'static Slab> {
        self.0.get()
    }

    pub(crate) fn push(&self, slab: &'static Slab) {
        let next = self.0.get();
        slab.prev.set(None);
        slab.next.set(next);
        if let Some(next) = next {
            next.prev.set(Some(slab));
        }
        self.0.set(Some(slab));
    }

    pub(crate) fn remove(&self, slab: &'static Slab) {
        let (prev, next) = (slab.prev.get(), slab.next.get());
        match prev {
            Some(prev) => prev.next.set(next),
            None => self.0.set(next),
        }
        if let Some(next) = next {
            next.prev.set(prev);
        }
        slab.prev.set(None);
        slab.next.set(None);
    }

    /// The slabs; the one just given may be removed.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static Slab> + use<> {
        Slabs::iter_from(self.0.get())
    }

    /// A slab and those behind it in its list.
    fn iter_from(first: Option<&'static Slab>) -> impl Iterator<Item = &'static Slab> + use<> {
        let mut at = first;
        core::iter::from_fn(move || {
            let slab = at?;
            at = slab.next.get();
            Some(slab)
        })
    }

    /// Whether the list has exactly one slab.
    pub(crate) fn is_single(&self) -> bool {
        self.0.get().is_some_and(|slab| slab.next.get().is_none())
    }

    /// Whether `slab` is in this very list, by pointer.
    #[cfg(any(test, debug_assertions))]
    pub(crate) fn contains(&self, slab: &'static Slab) -> bool {
        self.iter().any(|each| ptr::eq(each, slab))
    }
}
