//! The vectors in `vectors/*.json`, through signing, verifying, XML and the second signature.
#![cfg(all(feature = "xml", feature = "json"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is a failed test")]

use serde::Deserialize;
use wxpay_core::xml::{from_xml, to_xml};
use wxpay_core::{
    ApiKey, Params, SignType, VerifyError, add_sign, invoke, sign, string_to_sign, verify,
};

type Pairs = Vec<(String, String)>;

#[derive(Deserialize)]
struct SignVector {
    id: String,
    key: String,
    params: Pairs,
    md5: Option<String>,
    hmac_sha256: Option<String>,
    string_to_sign: String,
}

#[derive(Deserialize)]
struct Mistakes {
    key: String,
    params: Pairs,
    md5: String,
    hmac_sha256: String,
    variants: Vec<Variant>,
    others: Vec<OtherMistake>,
}

#[derive(Deserialize)]
struct Variant {
    what: String,
    sign: String,
}

#[derive(Deserialize)]
struct OtherMistake {
    what: String,
    key: String,
    sign_type: String,
    params: Pairs,
    correct: String,
    sign: String,
}

#[derive(Deserialize)]
struct Message {
    id: String,
    key: String,
    sign_type: Option<String>,
    xml: Option<String>,
    arguments: Option<Arguments>,
    params: Pairs,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Arguments {
    time_stamp: String,
    nonce_str: String,
    package: String,
    sign_type: String,
    pay_sign: String,
}

fn sign_vectors() -> Vec<SignVector> {
    let vectors: Vec<_> = serde_json::from_str(include_str!("vectors/sign.json")).unwrap();
    assert!(vectors.len() >= 15, "sign.json has lost entries");
    vectors
}

fn messages() -> Vec<Message> {
    let messages: Vec<_> = serde_json::from_str(include_str!("vectors/messages.json")).unwrap();
    assert!(messages.len() >= 6, "messages.json has lost entries");
    messages
}

impl SignVector {
    fn signs(&self) -> impl Iterator<Item = (SignType, &str)> {
        let md5 = self.md5.iter().map(|sign| (SignType::Md5, sign.as_str()));
        md5.chain(self.hmac_sha256.iter().map(|sign| (SignType::HmacSha256, sign.as_str())))
    }

    fn field(&self, name: &str) -> &str {
        &self.params.iter().find(|(n, _)| n == name).unwrap().1
    }
}

fn key(text: &str) -> ApiKey {
    ApiKey::new(text).unwrap()
}

fn params(pairs: &Pairs) -> Params {
    Params::from_pairs(pairs.iter().map(|(name, value)| (name, value))).unwrap()
}

fn params_with_sign(pairs: &Pairs, sign: &str) -> Params {
    let mut params = params(pairs);
    params.set("sign", sign).unwrap();
    params
}

/// What `verify` must answer to a signature that is wrong.
fn refusal(sign: &str, sign_type: SignType) -> VerifyError {
    let expected = sign_type.hex_len();
    let upper_hex = sign.bytes().all(|b| b.is_ascii_digit() || (b'A'..=b'F').contains(&b));
    if sign.len() == expected && upper_hex {
        VerifyError::Mismatch
    } else {
        VerifyError::SignMalformed { expected }
    }
}

#[test]
fn s07_every_vector_signs_as_written() {
    for vector in sign_vectors() {
        let params = params(&vector.params);
        assert_eq!(string_to_sign(&params), vector.string_to_sign, "{}", vector.id);
        for (sign_type, expected) in vector.signs() {
            let found = sign(&params, sign_type, &key(&vector.key));
            assert_eq!(found.as_str(), expected, "{}", vector.id);
            assert_eq!(found.to_string(), expected, "{}", vector.id);
        }
    }
}

#[test]
fn every_vector_verifies_with_its_own_algorithm_and_key_only() {
    for vector in sign_vectors() {
        for (sign_type, sign) in vector.signs() {
            let message = params_with_sign(&vector.params, sign);
            let verified = verify(message.clone(), sign_type, &key(&vector.key)).unwrap();
            assert_eq!(verified.params(), &message, "{}", vector.id);

            let other_type = match sign_type {
                SignType::Md5 => SignType::HmacSha256,
                SignType::HmacSha256 => SignType::Md5,
            };
            let wrong_length = VerifyError::SignMalformed { expected: other_type.hex_len() };
            let answer = verify(message.clone(), other_type, &key(&vector.key));
            assert_eq!(answer, Err(wrong_length), "{}", vector.id);

            let other_key = key("core0tests0key0of0nobody00000002");
            let answer = verify(message, sign_type, &other_key);
            assert_eq!(answer, Err(VerifyError::Mismatch), "{}", vector.id);
        }
    }
}

#[test]
fn every_vector_survives_xml_with_its_signature() {
    for vector in sign_vectors() {
        for (sign_type, sign) in vector.signs() {
            let sent = params_with_sign(&vector.params, sign);
            let received = from_xml(to_xml(&sent).unwrap().as_bytes()).unwrap();
            assert_eq!(received, sent, "{}", vector.id);
            assert!(verify(received, sign_type, &key(&vector.key)).is_ok(), "{}", vector.id);
        }
    }
}

#[test]
fn every_mistake_is_refused() {
    let file: Mistakes = serde_json::from_str(include_str!("vectors/mistakes.json")).unwrap();
    assert!(file.variants.len() >= 44 && file.others.len() >= 10, "mistakes.json lost entries");
    let right = [(SignType::Md5, &file.md5), (SignType::HmacSha256, &file.hmac_sha256)];
    for (sign_type, sign) in right {
        assert!(verify(params_with_sign(&file.params, sign), sign_type, &key(&file.key)).is_ok());
        for wrong in &file.variants {
            let message = params_with_sign(&file.params, &wrong.sign);
            let answer = verify(message, sign_type, &key(&file.key));
            assert_eq!(answer, Err(refusal(&wrong.sign, sign_type)), "{}", wrong.what);
        }
    }
    for wrong in &file.others {
        let sign_type = wrong.sign_type.parse().unwrap();
        let answer = |sign| {
            verify(params_with_sign(&wrong.params, sign), sign_type, &key(&wrong.key)).map(|_| ())
        };
        assert_eq!(answer(&wrong.correct), Ok(()), "{}", wrong.what);
        assert_eq!(answer(&wrong.sign), Err(refusal(&wrong.sign, sign_type)), "{}", wrong.what);
    }
}

#[test]
fn every_message_is_read_and_verified_as_written() {
    for message in messages() {
        let Some(xml) = &message.xml else { continue };
        let expected = params(&message.params);
        let read = from_xml(xml.as_bytes()).unwrap();
        assert_eq!(read, expected, "{}", message.id);
        assert_eq!(from_xml(to_xml(&read).unwrap().as_bytes()).unwrap(), expected);
        match &message.sign_type {
            Some(word) => {
                let verified = verify(read, word.parse().unwrap(), &key(&message.key)).unwrap();
                assert_eq!(verified.params(), &expected, "{}", message.id);
            }
            None => {
                let answer = verify(read, SignType::Md5, &key(&message.key));
                assert_eq!(answer, Err(VerifyError::SignMissing), "{}", message.id);
            }
        }
    }
}

#[test]
fn add_sign_gives_the_message_its_signature() {
    for message in messages() {
        let (Some(_), Some(word)) = (&message.xml, &message.sign_type) else { continue };
        let mut params = params(&message.params);
        let sent = params.clone();
        params.set("sign", "0").unwrap();
        add_sign(&mut params, word.parse().unwrap(), &key(&message.key)).unwrap();
        assert_eq!(params, sent, "{}", message.id);
    }
}

#[test]
fn s10_the_mini_program_gets_the_arguments_of_the_vectors() {
    let mut seen = 0;
    for message in messages() {
        let Some(expected) = message.arguments else { continue };
        let app_id = params(&message.params).get("appId").unwrap().to_owned();
        let sign_type: SignType = expected.sign_type.parse().unwrap();
        let args = invoke::mini_program(
            &app_id,
            expected.package.strip_prefix("prepay_id=").unwrap(),
            expected.time_stamp.parse().unwrap(),
            &expected.nonce_str,
            sign_type,
            &key(&message.key),
        )
        .unwrap();
        let wanted = invoke::MiniProgram {
            app_id,
            time_stamp: expected.time_stamp,
            nonce_str: expected.nonce_str,
            package: expected.package,
            sign_type,
            pay_sign: expected.pay_sign,
        };
        assert_eq!(args, wanted);
        seen += 1;
    }
    assert_eq!(seen, 1);
}

#[test]
fn the_second_signatures_match_their_vectors() {
    let mut seen = Vec::new();
    for vector in sign_vectors() {
        for (sign_type, expected) in vector.signs() {
            if let Some(found) = second_signature(&vector, sign_type) {
                assert_eq!(found, expected, "{}", vector.id);
                seen.push(format!("{} {sign_type}", vector.id));
            }
        }
    }
    let all =
        ["V2 MD5", "V2h HMAC-SHA256", "V6 MD5", "V6 HMAC-SHA256", "V14 MD5", "V14 HMAC-SHA256"];
    assert_eq!(seen, all);
}

fn second_signature(vector: &SignVector, sign_type: SignType) -> Option<String> {
    let field = |name| vector.field(name);
    let time = |name| vector.field(name).parse().unwrap();
    let key = key(&vector.key);
    match vector.id.as_str() {
        "V2" | "V2h" => {
            let prepay_id = field("package").strip_prefix("prepay_id=").unwrap();
            let (appid, time, nonce) = (field("appId"), time("timeStamp"), field("nonceStr"));
            let args = invoke::mini_program(appid, prepay_id, time, nonce, sign_type, &key);
            Some(args.unwrap().pay_sign)
        }
        "V6" => {
            let (appid, mch_id, prepay_id) =
                (field("appid"), field("partnerid"), field("prepayid"));
            let (time, nonce) = (time("timestamp"), field("noncestr"));
            let args = invoke::app(appid, mch_id, prepay_id, time, nonce, sign_type, &key).unwrap();
            assert_eq!((args.package, args.timestamp.as_str()), ("Sign=WXPay", field("timestamp")));
            Some(args.sign)
        }
        "V14" => {
            let (appid, mch_id, product) = (field("appid"), field("mch_id"), field("product_id"));
            let (time, nonce) = (time("time_stamp"), field("nonce_str"));
            let link = invoke::native_link(appid, mch_id, product, time, nonce, sign_type, &key);
            let link = link.unwrap();
            let (link, sign) = link.rsplit_once("&sign=").unwrap();
            assert_eq!(link, format!("weixin://wxpay/bizpayurl?{}", vector.string_to_sign));
            Some(sign.to_owned())
        }
        _ => None,
    }
}
