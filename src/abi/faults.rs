//! What C tests of a build with refusals call.

use crate::sys::mock;
use core::ffi::{CStr, c_char, c_int};

/// Sets the rule; see [`mock`]. False when it is none.
///
/// # Safety
/// `rule` is a string.
#[unsafe(no_mangle)]
unsafe extern "C" fn pig_test_refuse(rule: *const c_char) -> c_int {
    // SAFETY: as the caller promises.
    c_int::from(mock::set(unsafe { CStr::from_ptr(rule) }.to_bytes()))
}

/// How many calls have been refused.
#[unsafe(no_mangle)]
extern "C" fn pig_test_refused() -> usize {
    mock::refused()
}

/// How many calls of the kinds of the rule there have been since it was set.
#[unsafe(no_mangle)]
extern "C" fn pig_test_counted() -> usize {
    mock::counted()
}
