//! Says what to type when the pages are missing: they are built by `cargo xtask web`, not by cargo.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let wanted = [
        ("CARGO_FEATURE_PAGES", "../js-demo/dist/debugger.html"),
        ("CARGO_FEATURE_PAGES", "../js-demo/dist/days.html"),
        ("CARGO_FEATURE_DEMO", "../js-demo/dist/shop.html"),
    ];
    for (feature, page) in wanted {
        println!("cargo::rerun-if-changed={page}");
        if std::env::var_os(feature).is_some() && !Path::new(page).exists() {
            println!("cargo::error={page} is missing: type `cargo xtask web` first");
        }
    }
}
