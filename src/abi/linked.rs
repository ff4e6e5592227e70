//! Which function of a name the loader has bound: ours, or the program's own.

unsafe extern "C" {
    // Made by the linker: where this object starts, and what lies behind its code.
    static __ehdr_start: u8;
    static _DYNAMIC: u8;
}

/// What the global offset table has for a symbol.
macro_rules! linked {
    ($symbol:literal) => {{
        let address: usize;
        // SAFETY: the table has an entry for the symbol, which does not change any more.
        unsafe {
            core::arch::asm!(concat!("mov {}, [rip + ", $symbol, "@GOTPCREL]"), out(reg) address,
                             options(pure, readonly, nostack, preserves_flags));
        }
        address
    }};
}
pub(super) use linked;

/// The same for a symbol that need not be there when the object is loaded: then none.
macro_rules! linked_if_there {
    ($symbol:literal) => {{
        let address: usize;
        // SAFETY: the table has an entry for the symbol, null where the loader has found none, which does not change any more.
        unsafe {
            core::arch::asm!(concat!(".weak ", $symbol),
                             concat!("mov {}, [rip + ", $symbol, "@GOTPCREL]"), out(reg) address,
                             options(pure, readonly, nostack, preserves_flags));
        }
        (address != 0).then_some(address)
    }};
}
pub(super) use linked_if_there;

/// Whether a function stands in this object.
pub(super) fn is_ours(function: usize) -> bool {
    ((&raw const __ehdr_start as usize)..(&raw const _DYNAMIC as usize)).contains(&function)
}
