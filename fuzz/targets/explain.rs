//! Whatever a developer pastes, in every form: an answer, never a panic, never the right signature of a wrong message.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wxpay_core::ApiKey;
use wxpay_core::explain::{KeyKind, NamedKey, Options, explain};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

fuzz_target!(|input: (&str, Option<&str>, Option<&str>)| {
    let (message, other, sign) = input;
    let key = ApiKey::new(KEY).expect("a key");
    let keys = [NamedKey::checked(KeyKind::Main, "main", &key)];
    // A short search: the readers are what strangers reach.
    let options =
        Options { keys: &keys, other, sign, max_tries: 200, max_bytes: 4096, ..Options::default() };
    let report = explain(message, &options);
    let shown = format!("{report:?}");
    let told = message.contains(KEY)
        || other.is_some_and(|other| other.contains(KEY))
        || sign.is_some_and(|sign| sign.contains(KEY));
    assert!(told || !shown.contains(KEY), "the key is shown");
});
