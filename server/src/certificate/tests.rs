//! What can be wrong with two files.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use rcgen::{CertificateParams, DnType, KeyPair};

use super::*;

fn made(common_name: &str) -> (String, Secret) {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, common_name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    (certificate.pem(), Secret::new(key.serialize_pem()))
}

#[test]
fn a_pair_is_read_with_its_name_and_time() {
    let (cert, key) = made("1900000109");
    let read = Certificate::read(&cert, &key).unwrap();
    assert_eq!(read.common_name.as_deref(), Some("1900000109"));
    assert!(read.begins_ms < read.ends_ms);
    read.identity().unwrap();
    // As OpenSSL writes it out of the .p12: with notes around the blocks.
    let noted = format!("Bag Attributes\n    friendlyName: Tenpay\n{cert}");
    Certificate::read(&noted, &key).unwrap().identity().unwrap();
    assert!(!format!("{read:?}").contains("PRIVATE"));
}

#[test]
fn whatever_is_wrong_is_named() {
    let (cert, key) = made("1900000109");
    let (_, other_key) = made("1900000109");
    let locked = key.expose().replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY");
    let damaged = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", "AAAA");
    let bad_key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n";
    let secret = |text: &str| Secret::new(text.into());
    for (cert_pem, key_pem, expected) in [
        ("", &key, CertificateError::NoCertificate),
        ("-----BEGIN CERTIFICATE-----\n?", &key, CertificateError::NoCertificate),
        (key.expose(), &key, CertificateError::KeyInstead),
        (&damaged, &key, CertificateError::NotX509),
        (&cert, &secret(""), CertificateError::NoKey),
        (&cert, &secret(&cert), CertificateError::CertificateInstead),
        (&cert, &secret(&locked), CertificateError::LockedKey),
        (&cert, &secret(bad_key), CertificateError::UnusableKey),
        (&cert, &other_key, CertificateError::KeyMismatch),
    ] {
        assert_eq!(Certificate::read(cert_pem, key_pem).unwrap_err(), expected);
        assert!(!expected.to_string().is_empty());
    }
}
