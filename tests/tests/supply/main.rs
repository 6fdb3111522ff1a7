//! Where everything comes from that is built in, and under which licences. `cargo xtask deny` looks at the same with
//! cargo-deny, and at the known advisories; this is what needs no further tool.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a failed unwrap is a failed test"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Crates and the first version without a vulnerability that is known to us (RustSec); older ones may not come back.
const FIXED: [(&str, &str); 4] = [
    ("bytes", "1.11.1"),
    ("crossbeam-epoch", "0.9.20"),
    ("quick-xml", "0.41.0"),
    ("rustls-webpki", "0.103.13"),
];
/// Unmaintained, with no vulnerability: both come with sled 0.34.7.
const UNMAINTAINED: [&str; 2] = ["fxhash", "instant"];

/// The crates of the product whose default features are all used, or are none at all.
const WITH_DEFAULTS: [&str; 17] = [
    "async-trait",
    "bytes",
    "clap",
    "encoding_rs",
    "getrandom",
    "http-body-util",
    "hyper",
    "hyper-util",
    "percent-encoding",
    "rpassword",
    "rustix",
    "serde_path_to_error",
    "sled",
    "tokio",
    "tower-service",
    "unicode-width",
    "zeroize",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn toml_of(name: &str) -> toml::Table {
    read(name).parse().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn strings(value: &toml::Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect()
}

/// What cargo knows of every crate, ours included.
fn packages() -> Vec<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut metadata = Command::new(cargo);
    metadata.args(["metadata", "--format-version", "1", "--all-features", "--locked"]);
    let output = metadata.current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    serde_json::from_value(metadata["packages"].take()).unwrap()
}

/// The crates that are locked, those of the fuzz targets included: name, version, and the entry.
fn locked() -> Vec<(String, String, toml::Value)> {
    let mut crates = Vec::new();
    for file in ["Cargo.lock", "fuzz/Cargo.lock"] {
        for one in toml_of(file)["package"].as_array().unwrap() {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            crates.push((text("name"), text("version"), one.clone()));
        }
    }
    crates
}

#[test]
fn q01_every_licence_is_one_that_deny_toml_allows() {
    let deny = toml_of("deny.toml");
    let allowed = strings(&deny["licenses"]["allow"]);
    let packages = packages();
    assert!(packages.len() > 200, "{} packages", packages.len());
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(licence, &allowed), "{}: {licence:?}", package["name"]);
    }
}

/// Whatever else a crate can do stays out: the features that are used are named one by one.
#[test]
fn q01_features_are_chosen_and_defaults_are_the_exception() {
    let mut with_defaults = BTreeSet::new();
    for package in packages() {
        let name = package["name"].as_str().unwrap();
        if !["wxpay-core", "wxpay-server", "wxpay-wasm"].contains(&name) {
            continue;
        }
        for one in package["dependencies"].as_array().unwrap() {
            let is_built_in = one["source"].is_string() && one["kind"].is_null();
            if is_built_in && one["uses_default_features"] == true {
                with_defaults.insert(one["name"].as_str().unwrap().to_owned());
            }
        }
    }
    assert_eq!(with_defaults.iter().map(String::as_str).collect::<Vec<_>>(), WITH_DEFAULTS);
}

#[test]
fn q01_no_known_vulnerable_version_is_locked() {
    for (name, version, _) in locked() {
        let fixed = FIXED.iter().find(|(other, _)| *other == name);
        let is_fixed = fixed.is_none_or(|(_, first)| numbers(&version) >= numbers(first));
        assert!(is_fixed, "{name} {version}: expected {fixed:?} or newer");
    }
    // What deny.toml passes over is what is known, and no more.
    let deny = toml_of("deny.toml");
    assert_eq!(strings(&deny["advisories"]["ignore"]).len(), UNMAINTAINED.len());
    for name in UNMAINTAINED {
        assert!(locked().iter().any(|one| one.0 == name), "{name} is gone: so may its advisory");
    }
}

#[test]
fn q03_everything_is_locked_with_its_sum_and_nothing_is_from_git() {
    for (name, version, entry) in locked() {
        let Some(source) = entry.get("source").and_then(toml::Value::as_str) else {
            let is_ours = name.starts_with("wxpay-") || name.starts_with("xtask");
            assert!(is_ours, "{name} {version} is neither ours nor from the registry");
            continue;
        };
        assert!(source.starts_with("registry+"), "{name} {version}: {source}");
        assert!(entry.get("checksum").is_some(), "{name} {version} has no checksum");
    }
    for file in ["js-demo", "tests/browser", "tests/interop"] {
        let lock: Value =
            serde_json::from_str(&read(&format!("{file}/package-lock.json"))).unwrap();
        for (name, package) in lock["packages"].as_object().unwrap() {
            let is_ours =
                name.is_empty() || package["link"] == true || !name.contains("node_modules/");
            assert!(is_ours || package["integrity"].is_string(), "{file}: {name} has no sum");
        }
    }
    let alias = toml_of(".cargo/config.toml")["alias"]["xtask"].clone();
    assert!(alias.as_str().unwrap().contains("--locked"), "{alias}");
}

#[test]
fn licences_are_weighed_as_spdx_has_it() {
    let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
    for (licence, is) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("MIT AND Apache-2.0 OR GPL-3.0", true),
        ("(GPL-3.0 OR MIT) AND Apache-2.0", true),
        ("(GPL-3.0 OR MIT) AND GPL-2.0", false),
        ("Apache-2.0 WITH LLVM-exception", true),
        ("MIT WITH LLVM-exception", false),
        ("", false),
    ] {
        assert_eq!(is_allowed(licence, &allowed), is, "{licence}");
    }
}

/// Whether an SPDX expression can be met with these licences.
fn is_allowed(expression: &str, allowed: &[&str]) -> bool {
    let expression = expression.trim().replace('/', " OR ");
    let any = split(&expression, " OR ");
    if any.len() > 1 {
        return any.iter().any(|part| is_allowed(part, allowed));
    }
    let all = split(&expression, " AND ");
    if all.len() > 1 {
        return all.iter().all(|part| is_allowed(part, allowed));
    }
    let inner = expression.strip_prefix('(').and_then(|rest| rest.strip_suffix(')'));
    inner.map_or_else(|| allowed.contains(&&*expression), |inner| is_allowed(inner, allowed))
}

/// At this word, outside of parentheses.
fn split<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let (mut parts, mut from, mut depth) = (Vec::new(), 0, 0_i32);
    for (at, letter) in text.char_indices() {
        depth += i32::from(letter == '(') - i32::from(letter == ')');
        if depth == 0 && at >= from && text[at..].starts_with(word) {
            parts.push(&text[from..at]);
            from = at + word.len();
        }
    }
    parts.push(&text[from..]);
    parts
}

fn numbers(version: &str) -> Vec<u64> {
    let core = version.split(['-', '+']).next().unwrap();
    core.split('.').map(|number| number.parse().unwrap()).collect()
}
