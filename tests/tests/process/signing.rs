//! `wxpay sign` and `wxpay verify`: the published vectors through the real binary, in every form a message comes in.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use serde_json::{Map, Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;
use wxpay_tests::process::{SOON, output, wxpay};

use crate::{stderr, stdout};

const KEY: &str = "192006250b4c09247ec02edce69f6a2d";
/// The sample of WeChat's signing rules, and its signatures.
const SAMPLE: &str = "appid=wxd930ea5d5a258f4f\nmch_id=10000100\ndevice_info=1000\nbody=test\n\
                      nonce_str=ibuaiVcKdpRxkhJA\n";
const SAMPLE_MD5: &str = "9A0A8659F005D6984697E2CA0A9CF3B7";
const SAMPLE_HMAC: &str = "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6";

/// A published vector.
struct Vector {
    id: String,
    key: String,
    params: Vec<(String, String)>,
    /// Argument of `--type`, word of the reply, signature.
    signs: Vec<(&'static str, &'static str, String)>,
}

fn vectors() -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/tests/vectors/sign.json");
    let data: Vec<Value> = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let read = |vector: &Value| Vector {
        id: text(&vector["id"]),
        key: text(&vector["key"]),
        params: vector["params"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| (text(&p[0]), text(&p[1])))
            .collect(),
        signs: [("md5", "MD5", "md5"), ("hmac-sha256", "HMAC-SHA256", "hmac_sha256")]
            .into_iter()
            .filter_map(|(argument, word, name)| {
                Some((argument, word, vector[name].as_str()?.to_owned()))
            })
            .collect(),
    };
    data.iter().map(read).collect()
}

fn xml(params: &[(String, String)]) -> String {
    let fields: String = params
        .iter()
        .map(|(name, value)| format!("<{name}><![CDATA[{value}]]></{name}>\n"))
        .collect();
    format!("<xml>\n{fields}</xml>\n")
}

fn json_text(params: &[(String, String)]) -> String {
    let object: Map<String, Value> =
        params.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    Value::Object(object).to_string()
}

fn lines(params: &[(String, String)]) -> String {
    params.iter().map(|(name, value)| format!("{name}={value}\n")).collect()
}

/// Runs with a message at standard input.
async fn with_input(mut command: Command, input: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    // It fails when the program has ended without reading, which its exit code tells.
    let _ = pipe.write_all(input.as_bytes()).await;
    drop(pipe);
    timeout(SOON, child.wait_with_output()).await.unwrap().unwrap()
}

fn with_key<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = wxpay(arguments);
    command.env("WXPAY_API_KEY", KEY);
    command
}

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, content).unwrap();
        path
    }
}

/// Every vector as XML, JSON and k=v lines, signed and verified, from a file and from standard input.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_published_vectors_sign_and_verify_in_every_form() {
    let files = Files::new();
    let mut checked = 0;
    for vector in vectors() {
        let key_file = files.write("key", &vector.key);
        let key_file = key_file.to_str().unwrap();
        for (argument, word, right) in &vector.signs {
            for (form, write) in [
                ("xml", xml as fn(&[(String, String)]) -> String),
                ("json", json_text),
                ("lines", lines),
            ] {
                let context = format!("{} {argument} {form}", vector.id);
                let text = write(&vector.params);
                let arguments = ["sign", "--key-file", key_file, "--type", argument, "--json"];
                let signed = with_input(wxpay(arguments), &text).await;
                assert_eq!(signed.status.code(), Some(0), "{context}: {}", stderr(&signed));
                let reply = format!("{{\"sign\":\"{right}\",\"sign_type\":\"{word}\"}}\n");
                assert_eq!(stdout(&signed), reply, "{context}");
                let mut whole = vector.params.clone();
                whole.push(("sign".into(), right.clone()));
                let message = files.write("message", &write(&whole));
                let arguments = [
                    "verify",
                    "--key-file",
                    key_file,
                    "--type",
                    argument,
                    message.to_str().unwrap(),
                ];
                let verified = output(&mut wxpay(arguments)).await;
                assert_eq!(verified.status.code(), Some(0), "{context}: {}", stdout(&verified));
                assert!(stdout(&verified).starts_with("✓ the signature matches ("), "{context}");
                for said in [&signed, &verified] {
                    assert!(!stderr(said).contains(&vector.key), "{context}: the key is shown");
                    assert!(!stdout(said).contains(&vector.key), "{context}: the key is shown");
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 60, "{checked}");
}

#[tokio::test]
async fn sign_prints_the_signature_alone_and_explains_beside_it() {
    let signed = with_input(with_key(["sign"]), SAMPLE).await;
    assert_eq!(stdout(&signed), format!("{SAMPLE_MD5}\n"));
    let expected = "appid=wxd930ea5d5a258f4f&body=test&device_info=1000&mch_id=10000100&\
                    nonce_str=ibuaiVcKdpRxkhJA&key=******";
    assert!(stderr(&signed).contains(expected), "{}", stderr(&signed));
    assert!(stderr(&signed).contains("MD5"));
}

/// `--type` first, then the message, then MD5 (sign) or the signature's length (verify).
#[tokio::test]
async fn the_algorithm_is_found_where_it_is_said() {
    let hmac = |sign: &str| format!("{SAMPLE}sign={sign}\n");
    for (arguments, text, word) in [
        (vec!["sign", "--json"], SAMPLE.to_owned(), "MD5"),
        (vec!["sign", "--json"], format!("{SAMPLE}sign_type=HMAC-SHA256\n"), "HMAC-SHA256"),
        (vec!["sign", "--json"], format!("{SAMPLE}signType=HMAC-SHA256\n"), "HMAC-SHA256"),
        (vec!["sign", "--json", "--type", "hmac-sha256"], SAMPLE.to_owned(), "HMAC-SHA256"),
        (vec!["verify", "--json"], hmac(SAMPLE_MD5), "MD5"),
        (vec!["verify", "--json"], hmac(SAMPLE_HMAC), "HMAC-SHA256"),
    ] {
        let mut command = wxpay(&arguments);
        command.env("WXPAY_API_KEY", KEY);
        let said = with_input(command, &text).await;
        let reply: Value = serde_json::from_str(&stdout(&said)).unwrap();
        assert_eq!(reply["sign_type"], word, "{arguments:?} {text}");
        assert_eq!(said.status.code(), Some(0), "{arguments:?} {text}");
    }
}

#[tokio::test]
async fn verify_tells_match_from_mismatch_from_unreadable() {
    let wrong = SAMPLE_MD5.replace('9', "8");
    let lower = SAMPLE_MD5.to_lowercase();
    for (text, code, reason) in [
        (format!("{SAMPLE}sign={SAMPLE_MD5}\n"), 0, None),
        (format!("{SAMPLE}sign={wrong}\n"), 1, Some("sign: ")),
        (format!("{SAMPLE}sign={lower}\n"), 1, Some("sign: expected 32 upper-case hex")),
        (SAMPLE.to_owned(), 1, Some("sign: missing")),
        (format!("{SAMPLE}extra=1\nsign={SAMPLE_MD5}\n"), 1, Some("sign: ")),
    ] {
        let verified = with_input(with_key(["verify", "--json"]), &text).await;
        assert_eq!(verified.status.code(), Some(code), "{text}");
        let reply: Value = serde_json::from_str(&stdout(&verified)).unwrap();
        assert_eq!(reply["match"], code == 0, "{text}");
        match reason {
            None => assert_eq!(reply["reason"], Value::Null),
            Some(reason) => {
                assert!(reply["reason"].as_str().unwrap().starts_with(reason), "{reply}")
            }
        }
        let shown = with_input(with_key(["verify"]), &text).await;
        assert_eq!(shown.status.code(), Some(code), "{text}");
        let right = stdout(&shown).contains(SAMPLE_MD5) || stdout(&verified).contains(SAMPLE_MD5);
        assert!(!right, "the right signature is shown");
    }
    let unreadable = [
        "",
        "   \n",
        "<xml><a>1</a>",
        "<xml><a>1</a><a>1</a></xml>",
        "<!DOCTYPE x [<!ENTITY a \"b\">]><xml><b>&a;</b></xml>",
        "{\"a\": 1.5, \"sign\": \"9A0A8659F005D6984697E2CA0A9CF3B7\"}",
        "{\"a\": ",
        "sign_type=SHA1\na=1\nsign=9A0A8659F005D6984697E2CA0A9CF3B7\n",
    ];
    for text in unreadable {
        for tool in ["sign", "verify"] {
            let refused = with_input(with_key([tool, "--json"]), text).await;
            assert_eq!(refused.status.code(), Some(2), "{tool} {text:?}: {}", stdout(&refused));
            assert_eq!(stdout(&refused), "", "{tool} {text:?}");
            assert!(
                stderr(&refused).starts_with("wxpay: "),
                "{tool} {text:?}: {}",
                stderr(&refused)
            );
        }
    }
}

/// The arguments of `wx.requestPayment` carry their signature as `paySign`, which is not signed itself.
#[tokio::test]
async fn the_second_signature_is_known() {
    let text = json!({
        "appId": "wxd678efh567hg6787",
        "nonceStr": "5K8264ILTKCH16CQ2502SI8ZNMTM67VS",
        "package": "prepay_id=wx2017033010242291fcfe0db70013231072",
        "signType": "MD5",
        "timeStamp": "1490840662",
        "paySign": "22D9B4E54AB1950F51E0649E8810ACD6",
    });
    let mut command = wxpay(["verify"]);
    command.env("WXPAY_API_KEY", "qazwsxedcrfvtgbyhnujmikolp111111");
    let verified = with_input(command, &text.to_string()).await;
    assert_eq!(verified.status.code(), Some(0), "{}", stdout(&verified));
    let mut command = wxpay(["sign"]);
    command.env("WXPAY_API_KEY", "qazwsxedcrfvtgbyhnujmikolp111111");
    let signed = with_input(command, &text.to_string()).await;
    assert_eq!(stdout(&signed).trim(), "22D9B4E54AB1950F51E0649E8810ACD6");
}

/// A log line or a curl command around the XML is no part of it.
#[tokio::test]
async fn xml_is_found_in_a_line() {
    let fields = SAMPLE.lines().filter_map(|line| line.split_once('='));
    let fields: String = fields.map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
    let line = format!("curl -d '<xml>{fields}<sign>{SAMPLE_MD5}</sign></xml>' -v\n");
    let verified = with_input(with_key(["verify"]), &line).await;
    assert_eq!(verified.status.code(), Some(0), "{}", stderr(&verified));
}

/// What a phone hands on lacks the appId, and the answer says how to give it.
#[tokio::test]
async fn explain_asks_for_the_appid_that_a_phone_does_not_send() {
    let text = "wx.requestPayment({ timeStamp: '1490840662', nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS', \
        package: 'prepay_id=wx2017033010242291fcfe0db70013231072', signType: 'MD5', \
        paySign: '22D9B4E54AB1950F51E0649E8810ACD6' })";
    let key = "qazwsxedcrfvtgbyhnujmikolp111111";
    let mut command = wxpay(["explain"]);
    command.env("WXPAY_API_KEY", key);
    let asked = with_input(command, text).await;
    assert!(stdout(&asked).contains("add --appid"), "{}", stdout(&asked));
    let mut command = wxpay(["explain", "--appid", "wxd678efh567hg6787"]);
    command.env("WXPAY_API_KEY", key);
    let right = with_input(command, text).await;
    assert_eq!(right.status.code(), Some(0), "{}", stdout(&right));
}

/// From a file with or without a line break, from the environment under any name; never from the command line.
#[tokio::test]
async fn the_key_comes_from_a_file_or_the_environment() {
    let files = Files::new();
    for (name, content) in
        [("plain", KEY.to_owned()), ("unix", format!("{KEY}\n")), ("dos", format!("{KEY}\r\n"))]
    {
        let key_file = files.write(name, &content);
        let signed =
            with_input(wxpay(["sign", "--key-file", key_file.to_str().unwrap()]), SAMPLE).await;
        assert_eq!(stdout(&signed), format!("{SAMPLE_MD5}\n"), "{name}: {}", stderr(&signed));
    }
    let mut command = wxpay(["sign", "--key-env", "SHOP_KEY"]);
    command.env("SHOP_KEY", KEY).env("WXPAY_API_KEY", "not this one");
    assert_eq!(stdout(&with_input(command, SAMPLE).await), format!("{SAMPLE_MD5}\n"));
    let wrong = "5e2a9d0c7b1f4e8860d3c5b7a9f1e2d";
    let refusals = [
        (vec!["sign"], "", "no key: give --key-file or set WXPAY_API_KEY"),
        (vec!["sign"], wrong, "key: expected 32 characters, found 31"),
        (vec!["sign"], "5e2a9d0c7b1f4e88 0d3c5b7a9f1e2d4", "key: "),
        (vec!["sign", "--key-file", wrong], "", "the key file cannot be read: No such file"),
        (vec!["sign", "--key-env", wrong], "", "no key"),
        (vec!["sign", "--key", wrong], "", "unexpected argument '--key'"),
    ];
    for (arguments, key, expected) in refusals {
        let mut command = wxpay(&arguments);
        if !key.is_empty() {
            command.env("WXPAY_API_KEY", key);
        }
        let refused = with_input(command, SAMPLE).await;
        let said = stderr(&refused);
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(expected), "{arguments:?}: {said}");
        assert!(!said.contains(wrong), "{arguments:?}: {said}");
    }
}

#[tokio::test]
async fn people_are_answered_in_their_language() {
    let good = format!("{SAMPLE}sign={SAMPLE_MD5}\n");
    let bad = format!("{SAMPLE}sign={}\n", SAMPLE_MD5.replace('9', "8"));
    for (locale, text, expected) in [
        ("zh_CN.UTF-8", &good, "✓ 签名一致 (MD5, 5 个字段)\n"),
        ("zh_CN.UTF-8", &bad, "✗ 签名不一致 (MD5): 签名属于其他字段或其他密钥\n"),
        ("en_GB.UTF-8", &good, "✓ the signature matches (MD5, 5 fields)\n"),
    ] {
        let mut command = with_key(["verify"]);
        command.env("LANG", locale);
        assert_eq!(stdout(&with_input(command, text).await), expected, "{locale}");
    }
    let mut command = with_key(["sign"]);
    command.env("LANG", "zh_CN.UTF-8");
    let signed = with_input(command, SAMPLE).await;
    assert!(stderr(&signed).starts_with("待签名串  appid="), "{}", stderr(&signed));
    let mut command = with_key(["verify"]);
    command.env("LANG", "zh_CN.UTF-8").env("LC_ALL", "C");
    assert!(stdout(&with_input(command, &good).await).contains("matches"), "LC_ALL comes first");
    let refused = with_input(wxpay(["sign"]), SAMPLE).await;
    assert!(stderr(&refused).contains("no key"));
}

/// Every command has help in both languages.
#[tokio::test]
async fn help_is_there_for_every_command() {
    for command in ["serve", "demo", "simulate", "sign", "verify", "check-config"] {
        let help = output(&mut wxpay([command, "--help"])).await;
        assert_eq!(help.status.code(), Some(0), "{command}");
        let text = stdout(&help);
        assert!(text.contains(" · ") && text.contains("Usage: wxpay "), "{command}: {text}");
    }
    let nothing = output(&mut wxpay::<&str>([])).await;
    assert_eq!(nothing.status.code(), Some(2));
    assert!(stderr(&nothing).contains("Usage: wxpay <COMMAND>"), "{}", stderr(&nothing));
}
