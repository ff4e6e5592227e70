//! Tests that want a process for themselves: what they check holds for the whole process (counts
//! of everything, quiet points, refused system calls), and other tests would be in the way.
//!
//! Such a test runs the test program again, as a child that does this one test alone.

use std::process::{self, Command};
use std::{env, string::String, thread, time::Duration};

/// Names the test that a child is to do.
const TEST: &str = "ALONE_TEST";
/// What the child is told beside that.
const ARGUMENT: &str = "ALONE_ARGUMENT";
/// How long a child may take; one that hangs is a failure.
const PATIENCE: Duration = Duration::from_secs(300);

/// The whole name of a test of the calling module.
macro_rules! test_name {
    ($name:ident) => {{
        let _: fn() = $name;
        concat!(module_path!(), "::", stringify!($name))
    }};
}
pub(crate) use test_name;

/// In the child: what it was told. None in the parent.
fn argument(test: &str) -> Option<u64> {
    let is_child = env::var(TEST).is_ok_and(|name| name == test);
    is_child.then(|| env::var(ARGUMENT).unwrap().parse().unwrap())
}

/// Does `test` in a child, which is told `argument`, and fails where the child fails.
fn spawn(test: &str, argument: u64) {
    // Test programs name their tests without the crate.
    let (_, name) = test.split_once("::").unwrap();
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", name, "--include-ignored", "--nocapture"])
        .env(TEST, test)
        .env(ARGUMENT, std::format!("{argument}"))
        .output()
        .unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && out.contains("1 passed"),
        "{name} with {argument}: {}\n{out}\n{err}",
        output.status
    );
}

/// Does `body` in a child of its own.
pub(crate) fn alone(test: &str, body: impl FnOnce(u64)) {
    alone_with(test, [0], body);
}

/// Does `body` once for each of the arguments, each time in a child of its own.
pub(crate) fn alone_with(
    test: &str,
    arguments: impl IntoIterator<Item = u64>,
    body: impl FnOnce(u64),
) {
    match argument(test) {
        Some(argument) => {
            thread::spawn(|| {
                thread::sleep(PATIENCE);
                std::eprintln!("stuck");
                process::abort();
            });
            body(argument)
        }
        None => arguments.into_iter().for_each(|argument| spawn(test, argument)),
    }
}
