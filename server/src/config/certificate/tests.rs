//! A merchant's certificate as a configuration names it.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use rcgen::{CertificateParams, DnType, KeyPair, date_time_ymd};
use tempfile::TempDir;

use crate::ambient::{Clock, SystemClock};
use crate::config::{Config, Problem};

const MCH_ID: &str = "1900000109";
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A directory with a configuration, its keys, and a certificate.
struct Site(TempDir);

impl Site {
    fn new(common_name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let site = Self(TempDir::new().unwrap());
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params.not_after = date_time_ymd(2999, 1, 1);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        site.write("cert.pem", &params.self_signed(&key).unwrap().pem());
        site.write("key.pem", &key.serialize_pem());
        site.write("shop.key", "test0key0test0key0test0key0test1");
        site.write("shop.secret", "7e57000000000000000000000000abcd");
        site.write("shop.admin", "admin0key0admin0key0admin0key0ab");
        site.write("wxpay.toml", &config("cert_file = \"cert.pem\"\nkey_file = \"key.pem\"\n"));
        site
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn load(&self) -> Result<Config, Vec<Problem>> {
        Config::load(&self.path("wxpay.toml"))
    }

    /// The only thing that is wrong.
    fn problem(&self) -> String {
        let problems = self.load().unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        problems.first().unwrap().to_string()
    }

    /// The only thing that is unwise.
    fn warning(&self) -> String {
        let warnings = self.load().unwrap().warnings;
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        warnings.first().unwrap().to_string()
    }
}

fn config(certificate: &str) -> String {
    format!(
        "profile = \"test\"\n[http]\npublic_url = \"http://127.0.0.1:1\"\n[[merchants]]\n\
         id = \"shop\"\nappid = \"wx7e57000000000001\"\nmch_id = \"{MCH_ID}\"\n\
         api_key_file = \"shop.key\"\napp_secret_file = \"shop.secret\"\n\
         admin_key_file = \"shop.admin\"\n{certificate}"
    )
}

#[test]
fn a_good_certificate_is_shown_without_its_key() {
    let config = Site::new(MCH_ID, |_| {}).load().unwrap();
    assert_eq!(config.warnings, []);
    assert!(config.merchants.only().unwrap().certificate.is_some());
    let shown = config.shown();
    assert!(shown.contains("certificate = \"1900000109, until 2999-01-01\""), "{shown}");
    assert!(!shown.contains("PRIVATE") && !format!("{config:?}").contains("PRIVATE"));
}

#[test]
fn without_one_all_but_refunds_works() {
    let site = Site::new(MCH_ID, |_| {});
    site.write("wxpay.toml", &config(""));
    let config = site.load().unwrap();
    assert_eq!(config.warnings, []);
    assert!(config.merchants.only().unwrap().certificate.is_none());
    assert!(config.shown().contains("no refunds before cert_file and key_file are set"));
}

#[test]
fn one_without_the_other_is_named() {
    let site = Site::new(MCH_ID, |_| {});
    site.write("wxpay.toml", &config("cert_file = \"cert.pem\"\n"));
    assert!(site.problem().starts_with("merchants.shop.key_file: missing"));
    site.write("wxpay.toml", &config("key_file = \"key.pem\"\n"));
    assert!(site.problem().starts_with("merchants.shop.cert_file: missing"));
}

#[test]
fn u10_files_that_cannot_be_used_are_named() {
    let site = Site::new(MCH_ID, |_| {});
    let both =
        |cert: &str, key: &str| config(&format!("cert_file = \"{cert}\"\nkey_file = \"{key}\"\n"));
    site.write("wxpay.toml", &both("none.pem", "key.pem"));
    assert!(site.problem().starts_with("merchants.shop.cert_file: none.pem: No such file"));
    site.write("wxpay.toml", &both("cert.pem", "none.pem"));
    assert!(site.problem().starts_with("merchants.shop.key_file: none.pem: No such file"));
    site.write("wxpay.toml", &both("key.pem", "cert.pem"));
    assert!(site.problem().contains("cert_file: holds the private key"), "{}", site.problem());
    site.write("wxpay.toml", &both("cert.pem", "cert.pem"));
    assert!(site.problem().contains("key_file: holds a certificate"), "{}", site.problem());
    site.write("wxpay.toml", &both("cert.pem", "other.pem"));
    site.write("other.pem", &KeyPair::generate().unwrap().serialize_pem());
    assert!(site.problem().contains("key_file: holds the key of another"), "{}", site.problem());
    // As the merchant platform also offers it.
    fs::write(site.path("apiclient_cert.p12"), [0x30, 0x82, 0xff, 0xfe]).unwrap();
    site.write("wxpay.toml", &both("apiclient_cert.p12", "key.pem"));
    assert!(site.problem().contains("cert_file: is no text"), "{}", site.problem());
}

#[test]
fn u10_another_merchants_certificate_is_refused_and_a_name_says_nothing() {
    let problem = Site::new("1900000202", |_| {}).problem();
    let expected = "merchants.shop.cert_file: is the certificate of merchant 1900000202, not of";
    assert!(problem.starts_with(expected), "{problem}");
    for name in ["Corner Shop", "19000001090000000000", ""] {
        assert_eq!(Site::new(name, |_| {}).load().unwrap().warnings, [], "{name}");
    }
}

#[test]
fn u10_an_expired_certificate_is_refused_and_one_that_soon_will_be_warned_of() {
    let expired = Site::new(MCH_ID, |params| params.not_after = date_time_ymd(2020, 1, 2));
    let expected = "merchants.shop.cert_file: expired on 2020-01-02; get a new certificate";
    assert_eq!(expired.problem(), expected);
    let soon = time_after(29);
    let soon = Site::new(MCH_ID, |params| params.not_after = soon).warning();
    assert!(soon.starts_with("merchants.shop.cert_file: expires on "), "{soon}");
    let later = time_after(31);
    assert_eq!(Site::new(MCH_ID, |params| params.not_after = later).load().unwrap().warnings, []);
    let early = Site::new(MCH_ID, |params| params.not_before = date_time_ymd(2998, 1, 1));
    assert!(early.warning().contains("is valid from 2998-01-01 on"), "{}", early.warning());
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let site = Site::new(MCH_ID, |_| {});
    fs::set_permissions(site.path("key.pem"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(site.warning().starts_with("merchants.shop.key_file: key.pem can be read by other"));
}

#[test]
fn a_further_root_is_for_tests_alone() {
    let site = Site::new(MCH_ID, |_| {});
    let with = |text: &str| config("").replace("[[merchants]]", &format!("{text}\n[[merchants]]"));
    site.write("wxpay.toml", &with("[wechat]\nca_file = \"cert.pem\""));
    assert!(site.load().unwrap().wechat.ca_pem.is_some());
    site.write("wxpay.toml", &with("[wechat]\nca_file = \"key.pem\""));
    assert_eq!(site.problem(), "wechat.ca_file: holds no PEM certificate");
    site.write("wxpay.toml", &with("[wechat]\nca_file = \"none.pem\""));
    assert!(site.problem().starts_with("wechat.ca_file: none.pem: No such file"));
    let production = with("[wechat]\nca_file = \"cert.pem\"")
        .replace("profile = \"test\"\n", "")
        .replace("http://127.0.0.1:1", "https://pay.example.com");
    site.write("wxpay.toml", &production);
    assert!(site.problem().starts_with("wechat.ca_file: expected profile \"test\""));
}

/// rcgen's own kind of time, so many days from now.
fn time_after(days: i64) -> time::OffsetDateTime {
    let at_s = (SystemClock.now_ms() + days * DAY_MS) / 1000;
    time::OffsetDateTime::from_unix_timestamp(at_s).unwrap()
}
