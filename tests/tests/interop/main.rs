//! Foreign libraries check our signatures and XML, and we check theirs: a simulator that shares our core cannot
//! catch core's own mistakes.
//!
//! The libraries: npm tenpay and wechatpay-axios-plugin, PyPI wechatpy, and those of Standard Webhooks. `cargo xtask test` installs them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a panic is a failed test"
)]

mod maps;
mod peer;
mod runner;
mod signing;
mod standard_webhooks;
mod webhooks;

use proptest::prelude::{Strategy, TestCaseError, prop_assert, prop_assert_eq};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use wxpay_core::xml::{from_xml, to_xml};
use wxpay_core::{ApiKey, Params, SignType, add_sign, invoke, sign, verify};

use peer::{LIBRARIES, Library, Peer};

const SIGN_TYPES: [SignType; 2] = [SignType::Md5, SignType::HmacSha256];
/// The key of the published sample.
const KEY: &str = "192006250b4c09247ec02edce69f6a2d";

#[test]
fn the_published_sample_has_the_published_signatures() {
    let sample = Params::from_pairs([
        ("appid", "wxd930ea5d5a258f4f"),
        ("mch_id", "10000100"),
        ("device_info", "1000"),
        ("body", "test"),
        ("nonce_str", "ibuaiVcKdpRxkhJA"),
    ])
    .unwrap();
    let published = [
        (SignType::Md5, "9A0A8659F005D6984697E2CA0A9CF3B7"),
        (SignType::HmacSha256, "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6"),
    ];
    for peer in LIBRARIES.map(Peer::start) {
        for (sign_type, signature) in published {
            assert_eq!(peer.sign(&sample, sign_type, KEY), signature, "{:?}", peer.library());
            assert_eq!(sign(&sample, sign_type, &key()).as_str(), signature);
        }
    }
}

#[test]
fn signatures_agree() {
    let peers = LIBRARIES.map(Peer::start);
    for_each_map(maps::any(), |map| {
        for peer in &peers {
            for sign_type in SIGN_TYPES {
                let ours = sign(&map, sign_type, &key());
                let theirs = peer.sign(&map, sign_type, KEY);
                prop_assert_eq!(&theirs, ours.as_str(), "{:?} {}", peer.library(), sign_type);
            }
        }
        Ok(())
    });
}

#[test]
fn they_read_and_verify_our_messages() {
    let peers = LIBRARIES.map(Peer::start);
    for_each_map(maps::for_xml(), |map| {
        for peer in &peers {
            for sign_type in peer.library().verifies() {
                check_they_verify(peer, &notice_of(&map), *sign_type)?;
            }
        }
        Ok(())
    });
}

#[test]
fn we_read_and_verify_their_messages() {
    let peers = LIBRARIES.map(Peer::start);
    for_each_map(maps::for_xml(), |map| {
        for peer in &peers {
            for sign_type in SIGN_TYPES {
                let mut message = notice_of(&map);
                message.set("sign_type", sign_type.as_str()).unwrap();
                message.set("sign", &peer.sign(&message, sign_type, KEY)).unwrap();
                let read = from_xml(peer.to_xml(&message).as_bytes()).unwrap();
                prop_assert_eq!(&read, &message, "{:?} {}", peer.library(), sign_type);
                prop_assert!(verify(read, sign_type, &key()).is_ok(), "{:?}", peer.library());
            }
        }
        Ok(())
    });
}

/// What CDATA cannot hold we write as entities. wechatpay-axios-plugin does not decode the numeric one of CR.
#[test]
fn they_read_what_cdata_cannot_hold() {
    for peer in LIBRARIES.map(Peer::start) {
        let values: &[&str] = match peer.library() {
            Library::AxiosPlugin => &["]]>", "a]]>b<![CDATA[c]]>d"],
            Library::Tenpay | Library::Wechatpy => {
                &["]]>", "a]]>b<![CDATA[c]]>d", "a\r\nb\rc", "&]]>\r\n<"]
            }
        };
        for value in values {
            let message = notice_of(&Params::from_pairs([("attach", value)]).unwrap());
            check_they_verify(&peer, &message, SignType::Md5).unwrap();
        }
    }
}

#[test]
fn second_signatures_agree() {
    let (appid, prepay_id) = ("wxd930ea5d5a258f4f", "wx2017033010242291fcfe0db70013231072");
    for (library, sign_types) in [
        (Library::Tenpay, &SIGN_TYPES[..]),
        // It offers no other than MD5, and wechatpay-axios-plugin offers none at all.
        (Library::Wechatpy, &[SignType::Md5]),
    ] {
        let peer = Peer::start(library);
        for sign_type in sign_types {
            let theirs = peer.invoke(appid, prepay_id, *sign_type, KEY);
            let time_s = theirs.get("timeStamp").unwrap().parse().unwrap();
            let nonce_str = theirs.get("nonceStr").unwrap();
            let ours =
                invoke::mini_program(appid, prepay_id, time_s, nonce_str, *sign_type, &key())
                    .unwrap();
            assert_eq!(theirs.get("paySign"), Some(ours.pay_sign.as_str()), "{library:?}");
            assert_eq!(theirs.get("package"), Some(ours.package.as_str()));
            assert_eq!(theirs.get("signType"), Some(ours.sign_type.as_str()));
            assert_eq!(theirs.get("appId"), Some(appid));
        }
    }
}

/// Our message is accepted with the fields it has; with another amount, or signed with another key, it is not.
fn check_they_verify(
    peer: &Peer,
    unsigned: &Params,
    sign_type: SignType,
) -> Result<(), TestCaseError> {
    let name = peer.library();
    let mut message = unsigned.clone();
    add_sign(&mut message, sign_type, &key()).unwrap();
    let read = peer.verify(&to_xml(&message).unwrap(), sign_type, KEY);
    prop_assert_eq!(read.as_ref(), Some(&message), "{:?} {}", name, sign_type);

    let mut changed = message.clone();
    changed.set("total_fee", "889").unwrap();
    prop_assert_eq!(peer.verify(&to_xml(&changed).unwrap(), sign_type, KEY), None, "{:?}", name);

    let other = ApiKey::new("0123456789abcdef0123456789abcdef").unwrap();
    add_sign(&mut message, sign_type, &other).unwrap();
    prop_assert_eq!(peer.verify(&to_xml(&message).unwrap(), sign_type, KEY), None, "{:?}", name);
    Ok(())
}

/// The map as a successful reply; the libraries look no further into any other.
fn notice_of(map: &Params) -> Params {
    let mut notice = map.clone();
    for (name, value) in [
        ("return_code", "SUCCESS"),
        ("result_code", "SUCCESS"),
        ("appid", "wxd930ea5d5a258f4f"),
        ("mch_id", "10000100"),
        ("total_fee", "888"),
    ] {
        notice.set(name, value).unwrap();
    }
    notice
}

fn key() -> ApiKey {
    ApiKey::new(KEY).unwrap()
}

/// The same 200 maps in every run; a failing one is shrunk to its smallest form.
fn for_each_map(
    maps: impl Strategy<Value = Params>,
    check: impl Fn(Params) -> Result<(), TestCaseError>,
) {
    let config = Config { cases: 200, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    if let Err(failure) = TestRunner::new_with_rng(config, rng).run(&maps, check) {
        panic!("{failure}");
    }
}
