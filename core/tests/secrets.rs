//! What must never be shown: the API key and the right signature. And how signatures and money are handled inside.
#![allow(clippy::unwrap_used, clippy::string_slice, reason = "a panic is a failed test")]

mod support;

use std::path::{Path, PathBuf};

use support::{BOTH, KEY, key, signed};
use wxpay_core::{ApiKey, ApiKeyError, SignType, UnknownSignTypeError, VerifyError, sign, verify};

#[test]
fn s03_a_key_is_32_printable_characters() {
    for good in [KEY, "192006250b4c09247ec02edce69f6a2d", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"] {
        assert!(ApiKey::new(good).is_ok(), "{good}");
    }
    let full_width = KEY.replace('0', "０");
    let zero_width = format!("{KEY}\u{200b}");
    for (text, error) in [
        ("", ApiKeyError::Length { found: 0 }),
        (&KEY[1..], ApiKeyError::Length { found: 31 }),
        (&format!("{KEY}0"), ApiKeyError::Length { found: 33 }),
        (&KEY.repeat(2), ApiKeyError::Length { found: 64 }),
        (&format!("{KEY}\n"), ApiKeyError::WhiteSpace),
        (&format!("{}\r\n", &KEY[2..]), ApiKeyError::WhiteSpace),
        (&format!(" {}", &KEY[1..]), ApiKeyError::WhiteSpace),
        (&KEY.replace('0', "\t"), ApiKeyError::WhiteSpace),
        (&format!("{KEY}\u{3000}"), ApiKeyError::WhiteSpace),
        (&full_width, ApiKeyError::NotAscii),
        (&zero_width, ApiKeyError::NotAscii),
        (&format!("\u{feff}{KEY}"), ApiKeyError::NotAscii),
        (&KEY.replace('0', "\0"), ApiKeyError::NotAscii),
        (&KEY.replace('0', "\u{7f}"), ApiKeyError::NotAscii),
    ] {
        assert_eq!(ApiKey::new(text), Err(error), "{text:?}");
    }
}

#[test]
fn p04_a_key_and_its_errors_never_print_it() {
    let printed = format!("{0:?} {0:#?} {1:?}", key(), Some(key()));
    assert_eq!(printed, "ApiKey(***) ApiKey(***) Some(ApiKey(***))");
    for text in [format!("{KEY}0"), format!("{KEY}\n"), format!("{KEY}é")] {
        let error = ApiKey::new(&text).unwrap_err();
        let printed = format!("{error} {error:?}");
        assert!(!printed.contains("core0tests"), "{printed}");
    }
}

#[test]
fn keys_are_equal_when_all_their_bytes_are() {
    assert_eq!(key(), key().clone());
    for at in 0..KEY.len() {
        let mut bytes = KEY.as_bytes().to_vec();
        *bytes.get_mut(at).unwrap() ^= 1;
        let other = ApiKey::new(std::str::from_utf8(&bytes).unwrap()).unwrap();
        assert!(key() != other, "byte {at}");
    }
}

#[test]
fn s05_sign_types_are_read_in_exactly_their_spelling() {
    for sign_type in BOTH {
        assert_eq!(sign_type.as_str().parse(), Ok(sign_type));
        assert_eq!(sign_type.to_string(), sign_type.as_str());
        assert_eq!(
            sign(&support::params(&[]), sign_type, &key()).as_str().len(),
            sign_type.hex_len()
        );
    }
    for word in
        ["", "md5", "MD5 ", " MD5", "SHA1", "SHA256", "HMAC-SHA1", "HMAC_SHA256", "hmac-sha256"]
    {
        assert_eq!(word.parse::<SignType>(), Err(UnknownSignTypeError), "{word}");
    }
}

#[test]
fn s04_each_wrong_signature_has_its_error_and_no_error_shows_the_right_one() {
    for sign_type in BOTH {
        let other_type = if sign_type == SignType::Md5 { "HMAC-SHA256" } else { "MD5" };
        let expected = sign_type.hex_len();
        let malformed = VerifyError::SignMalformed { expected };
        let genuine = signed(&[("attach", "x")], sign_type);
        let right = genuine.get("sign").unwrap().to_owned();
        let mut rows = vec![
            ("sign", String::new(), VerifyError::SignMissing),
            ("sign", " ".into(), malformed),
            ("sign", right.to_lowercase(), malformed),
            ("sign", right[1..].into(), malformed),
            ("sign", format!("{right}0"), malformed),
            ("sign", format!(" {right}"), malformed),
            ("sign", format!("{right}\n"), malformed),
            ("sign", "G".repeat(expected), malformed),
            ("sign", "é".repeat(expected / 2), malformed),
            ("sign", "0".repeat(96 - expected), malformed),
            ("sign", "0".repeat(expected), VerifyError::Mismatch),
            ("attach", "y".into(), VerifyError::Mismatch),
        ];
        for word in [other_type, "SHA1", "md5", "HMAC-SHA1", "MD5 "] {
            rows.push(("sign_type", word.into(), VerifyError::SignTypeDiffers));
        }
        for (field, value, error) in rows {
            let mut message = genuine.clone();
            message.set(field, &value).unwrap();
            let found = verify(message, sign_type, &key()).unwrap_err();
            assert_eq!(found, error, "{field}={value:?}");
            let printed = format!("{found} {found:?}").to_uppercase();
            assert!(
                !printed.contains(&right) && !printed.contains(&KEY.to_uppercase()),
                "{printed}"
            );
        }
    }
}

#[test]
fn every_single_wrong_digit_of_a_signature_is_noticed() {
    for sign_type in BOTH {
        let genuine = signed(&[], sign_type);
        let right = genuine.get("sign").unwrap().to_owned();
        for at in 0..right.len() {
            for digit in "0123456789ABCDEF".chars() {
                let mut sign = right.clone();
                sign.replace_range(at..=at, &digit.to_string());
                let mut message = genuine.clone();
                message.set("sign", &sign).unwrap();
                assert_eq!(verify(message, sign_type, &key()).is_ok(), sign == right, "{sign}");
            }
        }
    }
}

#[test]
fn s03_a_message_signed_with_another_key_is_not_believed() {
    let mut reversed: Vec<char> = KEY.chars().collect();
    reversed.reverse();
    let reversed: String = reversed.into_iter().collect();
    for other in [KEY.to_uppercase(), reversed, "0".repeat(32)] {
        for sign_type in BOTH {
            let mut message = signed(&[], sign_type);
            let forged = sign(&message, sign_type, &ApiKey::new(&other).unwrap());
            message.set("sign", forged.as_str()).unwrap();
            assert_eq!(verify(message, sign_type, &key()), Err(VerifyError::Mismatch), "{other}");
        }
    }
    // `ApiKey` cannot be empty, but a forger's can.
    for sign_type in BOTH {
        let mut message = signed(&[], sign_type);
        let fields = message.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        message.set("sign", &support::plain_sign(&fields, sign_type, "")).unwrap();
        assert_eq!(verify(message, sign_type, &key()), Err(VerifyError::Mismatch));
    }
}

#[test]
fn s08_signatures_and_keys_are_compared_in_constant_time() {
    let source = include_str!("../src/sign.rs");
    let verify = body_of(source, "pub fn verify(");
    assert!(verify.contains(".ct_eq("), "{verify}");
    assert!(!verify.contains("right ==") && !verify.contains("right !="), "{verify}");
    let key_eq = body_of(source, "impl PartialEq for ApiKey {");
    assert!(key_eq.contains(".ct_eq("), "{key_eq}");
}

/// The item that starts with `head`, up to the closing brace at the start of a line.
fn body_of<'a>(source: &'a str, head: &str) -> &'a str {
    let (_, rest) = source.split_once(head).unwrap();
    rest.split_once("\n}").unwrap().0
}

#[test]
fn m04_no_source_file_knows_a_floating_point_type() {
    let mut files = Vec::new();
    // Nor in the other crates, which have money in their hands as well.
    for folder in ["src", "../server/src", "../simulator/src", "../wasm/src"] {
        source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    assert!(files.len() >= 300, "{}", files.len());
    for file in files {
        let source = std::fs::read_to_string(&file).unwrap();
        let mut words = source.split(|c: char| !c.is_ascii_alphanumeric());
        assert!(!words.any(|word| matches!(word, "f32" | "f64")), "{}", file.display());
    }
}

fn source_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
