//! include/pigalloc.h is what the generator makes of src/abi.

use std::{env, fs, path::Path, string::String, vec::Vec};

/// The header as it has to be.
fn generate(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("scripts/cbindgen.toml")).unwrap();
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in ["libc.rs", "glibc.rs", "pig.rs"] {
        builder = builder.with_src(root.join("src/abi").join(file));
    }
    let mut text = Vec::new();
    builder.generate().unwrap().write(&mut text);
    String::from_utf8(text).unwrap()
}

/// Compares, or writes the header where PIGALLOC_WRITE_HEADER is set.
#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = root.join("include/pigalloc.h");
    let header = generate(root);
    if env::var_os("PIGALLOC_WRITE_HEADER").is_some() {
        fs::write(&file, &header).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == header,
        "include/pigalloc.h differs from src/abi: run `make header` and commit what it writes"
    );
}
