//! The thread's slot: two words of initial-exec thread-local storage.
//!
//! `thread_local!` would call `__tls_get_addr` and allocate; a hidden symbol in `.tdata` that is
//! read through its GOT entry costs two instructions and works under LD_PRELOAD and dlopen.
//!
//! Word 0 is the thread's heap. A new thread starts with the address of a front that is empty and owns
//! nothing (see the magazine module), so that the fast paths need no test for "not attached yet".
//! Word 1 belongs to the thread module: how many calls a thread without a heap has made so far, whether it is
//! just getting one, and in debug builds which ranks of locks it holds.

use core::arch::{asm, global_asm};

/// What the slot of a new thread points to. Defined by the magazine module, which knows its shape.
macro_rules! slot_definition {
    ($symbol:literal) => {
        concat!(
            ".section .tdata,\"awT\",@progbits\n",
            ".balign 8\n",
            ".type pigalloc_slot,@object\n",
            ".size pigalloc_slot,16\n",
            ".hidden pigalloc_slot\n",
            ".globl pigalloc_slot\n",
            "pigalloc_slot:\n",
            ".quad ",
            $symbol,
            "\n",
            ".quad 0\n",
            ".text\n"
        )
    };
}
global_asm!(slot_definition!("pigalloc_no_heap"));

/// The address in word 0: the front of the thread's heap, or that of no heap.
#[inline(always)]
pub(crate) fn heap() -> usize {
    let value: usize;
    // SAFETY: the symbol is defined above; the load has no side effect and keeps the flags.
    unsafe {
        asm!(
            "mov {v}, qword ptr [rip + pigalloc_slot@GOTTPOFF]",
            "mov {v}, qword ptr fs:[{v}]",
            v = out(reg) value,
            options(nostack, preserves_flags, readonly)
        );
    }
    value
}

/// Makes `value` the thread's heap.
pub(crate) fn set_heap(value: usize) {
    // SAFETY: word 0 of the thread's own slot; nothing else writes it.
    unsafe {
        asm!(
            "mov {t}, qword ptr [rip + pigalloc_slot@GOTTPOFF]",
            "mov qword ptr fs:[{t}], {v}",
            t = out(reg) _,
            v = in(reg) value,
            options(nostack, preserves_flags)
        );
    }
}

/// Word 1.
pub(crate) fn word() -> usize {
    let value: usize;
    // SAFETY: as in `heap`, eight bytes further, still inside the symbol's sixteen.
    unsafe {
        asm!(
            "mov {v}, qword ptr [rip + pigalloc_slot@GOTTPOFF]",
            "mov {v}, qword ptr fs:[{v} + 8]",
            v = out(reg) value,
            options(nostack, preserves_flags, readonly)
        );
    }
    value
}

/// Sets word 1.
pub(crate) fn set_word(value: usize) {
    // SAFETY: word 1 of the thread's own slot; nothing else writes it.
    unsafe {
        asm!(
            "mov {t}, qword ptr [rip + pigalloc_slot@GOTTPOFF]",
            "mov qword ptr fs:[{t} + 8], {v}",
            t = out(reg) _,
            v = in(reg) value,
            options(nostack, preserves_flags)
        );
    }
}

/// Stands for the slot: the address of the thread's control block, from which it has a fixed distance. Another one in each
/// thread that is alive.
pub(crate) fn address() -> usize {
    let value: usize;
    // SAFETY: the first word of a thread's control block is its address; the load has no side effect.
    unsafe {
        asm!(
            "mov {v}, qword ptr fs:[0]",
            v = out(reg) value,
            options(nostack, preserves_flags, readonly)
        );
    }
    value
}
