//! The measured calls. None goes on with a wrong answer.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use wxpay_core::explain::{NamedKey, Options, explain};
use wxpay_core::{Params, SignType, Signature, add_sign, sign_pairs, verify, xml};

use crate::fixture::Fixture;

/// One call, and the one whose cost it is compared with.
pub struct Call<'a> {
    pub name: &'static str,
    pub baseline: Option<&'static str>,
    pub make: Box<dyn Fn() + 'a>,
}

/// All calls. The names are those of the report and of the recorded budget.
pub fn all(fixture: &Fixture) -> Vec<Call<'_>> {
    let mut calls = Vec::new();
    calls.extend(signing(fixture));
    calls.extend(verifying(fixture));
    calls.extend(writing(fixture));
    calls.extend(explaining(fixture));
    calls
}

fn signing(fixture: &Fixture) -> [Call<'_>; 5] {
    let bytes = fixture.order_bytes();
    let same = bytes.clone();
    let order = fixture.order();
    let (again, once) = (order.clone(), order.clone());
    assert_eq!(signature(&order, SignType::Md5, fixture).as_str(), fixture.order_md5);
    assert_eq!(
        signature(&order, SignType::HmacSha256, fixture).as_str(),
        fixture.order_hmac_sha256
    );
    [
        call("order_digest_md5", None, move || md5(&bytes)),
        call("order_digest_hmac", None, move || hmac(&same, fixture)),
        call("sign_md5", Some("order_digest_md5"), move || {
            black_box(signature(black_box(&order), SignType::Md5, fixture));
        }),
        call("sign_hmac", Some("order_digest_hmac"), move || {
            black_box(signature(black_box(&again), SignType::HmacSha256, fixture));
        }),
        call("sign_hmac_once", Some("order_digest_hmac"), move || {
            let key = &fixture.fresh_key;
            black_box(sign_pairs(black_box(&once), SignType::HmacSha256, key).unwrap());
        }),
    ]
}

fn verifying(fixture: &Fixture) -> [Call<'_>; 4] {
    let md5_bytes = fixture.notice_bytes(&fixture.notice_md5);
    let hmac_bytes = fixture.notice_bytes(&fixture.notice_hmac_sha256);
    [
        call("notice_digest_md5", None, move || md5(&md5_bytes)),
        call("notice_digest_hmac", None, move || hmac(&hmac_bytes, fixture)),
        call("verify_md5", Some("notice_digest_md5"), || {
            read(&fixture.notice_md5, SignType::Md5, fixture);
        }),
        call("verify_hmac", Some("notice_digest_hmac"), || {
            read(&fixture.notice_hmac_sha256, SignType::HmacSha256, fixture);
        }),
    ]
}

fn writing(fixture: &Fixture) -> [Call<'_>; 1] {
    let order = fixture.order();
    let written = write(&order, fixture);
    let read_back = xml::from_xml(written.as_bytes()).unwrap();
    assert_eq!(read_back.get("sign"), Some(fixture.order_md5.as_str()));
    [call("signed_xml_md5", Some("order_digest_md5"), move || {
        black_box(write(black_box(&order), fixture));
    })]
}

/// A signature that nothing explains: the search goes through all of its mistakes.
fn explaining(fixture: &Fixture) -> [Call<'_>; 2] {
    let fields: serde_json::Map<_, _> =
        fixture.order().into_iter().map(|(name, value)| (name.into(), value.into())).collect();
    let message = serde_json::Value::from(fields).to_string();
    let same = message.clone();
    [
        call("explain_md5", Some("order_digest_md5"), move || {
            search(&message, SignType::Md5, fixture)
        }),
        call("explain_hmac", Some("order_digest_hmac"), move || {
            search(&same, SignType::HmacSha256, fixture)
        }),
    ]
}

fn call<'a>(name: &'static str, baseline: Option<&'static str>, make: impl Fn() + 'a) -> Call<'a> {
    Call { name, baseline, make: Box::new(make) }
}

fn md5(bytes: &[u8]) {
    black_box(Md5::digest(black_box(bytes)));
}

fn hmac(bytes: &[u8], fixture: &Fixture) {
    let mac = Hmac::<Sha256>::new_from_slice(black_box(fixture.raw_key.as_bytes())).unwrap();
    black_box(mac.chain_update(black_box(bytes)).finalize());
}

fn signature(pairs: &[(&str, &str)], sign_type: SignType, fixture: &Fixture) -> Signature {
    sign_pairs(pairs, sign_type, &fixture.key).unwrap()
}

fn read(notice: &str, sign_type: SignType, fixture: &Fixture) {
    let params = xml::from_xml(black_box(notice.as_bytes())).unwrap();
    black_box(verify(params, sign_type, &fixture.key).unwrap());
}

fn write(pairs: &[(&str, &str)], fixture: &Fixture) -> String {
    let mut params = Params::from_pairs(pairs.iter().copied()).unwrap();
    add_sign(&mut params, SignType::Md5, &fixture.key).unwrap();
    xml::to_xml(&params).unwrap()
}

fn search(message: &str, sign_type: SignType, fixture: &Fixture) {
    let wrong = "0123456789ABCDEF".repeat(sign_type.hex_len() / 16);
    let keys = [NamedKey::main(&fixture.raw_key)];
    let gbk = |_: char| Some([0xb0, 0xa1]);
    let options = Options {
        keys: &keys,
        sign: Some(&wrong),
        sign_type: Some(sign_type),
        gbk: Some(&gbk),
        ..Options::default()
    };
    let report = explain(black_box(message), &options);
    assert!(report.causes.is_empty(), "nothing explains this signature");
    black_box(report);
}
