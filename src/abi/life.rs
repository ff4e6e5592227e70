//! What runs when the process starts and when it ends.
//!
//! The allocator itself starts with the first allocation, so that a program without one pays next to nothing, and works
//! until the last instruction. Settings are read at the first allocation too; but the loader may allocate before libc
//! has set `environ`, and then they are read here. The handlers of forks are registered here: the first allocation may be
//! libc's own, inside of a registration.

use crate::sync::{AtomicBool, Ordering};
use crate::{config, fork, report, stats};

extern "C" fn at_start() {
    if !config::is_loaded() {
        config::load();
    }
    fork::register();
}

extern "C" fn at_end() {
    static DONE: AtomicBool = AtomicBool::new(false);
    if config::stats() && !DONE.swap(true, Ordering::Relaxed) {
        report::print(&stats::snapshot());
    }
}

#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: extern "C" fn() = at_start;

#[used]
#[unsafe(link_section = ".fini_array")]
static AT_END: extern "C" fn() = at_end;
