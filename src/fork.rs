//! Fork: what the child must know.
//!
//! Nothing is locked across a fork, so no order of locks, handlers and signals can make it wait.
//! The child starts a new generation: locks that other threads held when they vanished are
//! recognised by theirs (see the lock module), and heaps of vanished threads can be claimed.

use crate::{lock, thread};

extern "C" fn in_child() {
    lock::enter_child();
    thread::enter_child();
}

/// Asks libc to call us in children.
pub(crate) fn register() {
    // SAFETY: the handler is ours, and the library is never unloaded. Without memory for the
    // registration children are on their own, as after a bare clone.
    unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
}
