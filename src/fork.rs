//! Fork: what the child must know.
//!
//! Nothing is locked across a fork, so no order of locks, handlers and signals can make it wait.
//! The child starts a new generation: locks that other threads held when they vanished are
//! recognised by theirs (see the lock module), and heaps of vanished threads can be claimed.
//!
//! A child learns that it is one in two ways. libc calls our handler; but handlers of others that
//! were registered before run earlier, and some forks run none. So the generation stands in a page that the kernel
//! wipes in children: whoever asks there first begins the next one. What needs the handler are heaps: without it nobody
//! knows which one is the calling thread's.

use crate::lock::{self, Watched};
use crate::sync::{AtomicPtr, Ordering};
use crate::{arena, page_map, sys};
use core::ptr;

/// What the thread module does in a child. None until the allocator works: who has not allocated may fork, too.
static ON_CHILD: AtomicPtr<()> = AtomicPtr::new(ptr::null_mut());

/// Watches for forks, from when the process has a second thread: before there is none whose locks
/// could be left behind.
#[inline(never)]
pub(crate) fn watch() {
    // Where pages are larger the page map's first entries share the page.
    if lock::is_watched() || sys::page_size() > page_map::TABLE {
        return;
    }
    let page = arena::header_page();
    // SAFETY: the page is ours, and what stands in it is meant to be wiped.
    if unsafe { sys::wipe_on_fork(page, sys::page_size().min(4096)) } {
        // SAFETY: the first arena's header page is committed, for ever, and used for nothing else.
        lock::watch(unsafe { &*(page as *const Watched) });
    }
}

extern "C" fn handler() {
    let on_child = ON_CHILD.load(Ordering::Relaxed);
    if !on_child.is_null() {
        // SAFETY: only `expect` stores here, and it stores a function.
        lock::enter_child(unsafe { core::mem::transmute::<*mut (), fn()>(on_child) });
    }
}

/// Before a fork: whoever forks may not have allocated yet, and another thread may hold a lock.
extern "C" fn prepare() {
    if !ON_CHILD.load(Ordering::Relaxed).is_null() {
        watch();
    }
}

/// After a fork, in the parent.
extern "C" fn in_parent() {
    arena::note_fork();
}

/// Whether a constructor registers the handlers. Where libc's own allocations are ours, the first one may be libc's for its
/// list of handlers, under the lock that a registration takes. A fork before the constructor is one without handlers.
const AT_START: bool = cfg!(all(feature = "capi", not(test)));

/// The allocator works. Says what to do in children.
pub(crate) fn expect(on_child: fn()) {
    ON_CHILD.store(on_child as *mut (), Ordering::Relaxed);
    if !AT_START {
        register();
    }
}

/// Asks libc to call us before and after forks.
pub(crate) fn register() {
    // SAFETY: the handler is ours, and the library is never unloaded. Without memory for the
    // registration the watch remains.
    unsafe { libc::pthread_atfork(Some(prepare), Some(in_parent), Some(handler)) };
}
