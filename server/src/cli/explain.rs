//! `wxpay explain`: why a signature is wrong, proved by recomputing it with the mistake.

use std::path::PathBuf;
use std::process::ExitCode;

use encoding_rs::GBK;
use wxpay_core::SignType;
use wxpay_core::explain::{KeyKind, NamedKey, Options, Report, Scene, Verdict, explain};
use zeroize::Zeroizing;

use super::input::{Input, read_file, read_key_file};
use super::sign::Type;
use super::{exit, explain_text, put};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    input: Input,
    /// The signature in question, if the message does not hold it · 报文之外给出的签名
    #[arg(long)]
    sign: Option<String>,
    /// Algorithm of the exchange · 算法
    #[arg(long = "type", value_enum)]
    sign_type: Option<Type>,
    /// What the message is; guessed otherwise · 报文类型
    #[arg(long, value_enum)]
    scene: Option<Kind>,
    /// The mini program's appid, for wx.requestPayment arguments · 小程序 appid(二次签名时)
    #[arg(long)]
    appid: Option<String>,
    /// File to compare with: the body that was sent, or the reply that brought the prepay_id · 用于比较的第二份报文
    #[arg(long)]
    with: Option<PathBuf>,
    /// The address the message was sent to · 请求地址
    #[arg(long)]
    url: Option<String>,
    /// Another key that might have been used, as KIND=FILE; can be repeated · 其他可能用到的密钥
    /// [old, other-merchant, sub-merchant, app-secret, v3, sandbox, password]
    #[arg(long = "try-key", value_name = "KIND=FILE", value_parser = candidate)]
    try_keys: Vec<Candidate>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    Request,
    Reply,
    Notice,
    Invoke,
    App,
    RefundNotice,
}

impl From<Kind> for Scene {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Request => Self::Request,
            Kind::Reply => Self::Reply,
            Kind::Notice => Self::Notice,
            Kind::Invoke => Self::Invoke,
            Kind::App => Self::App,
            Kind::RefundNotice => Self::RefundNotice,
        }
    }
}

#[derive(Debug, Clone)]
struct Candidate {
    kind: KeyKind,
    label: String,
    file: PathBuf,
}

fn candidate(text: &str) -> Result<Candidate, String> {
    let (label, file) = text.split_once('=').ok_or("expected KIND=FILE")?;
    let kind = match label {
        "old" => KeyKind::Old,
        "other-merchant" => KeyKind::OtherMerchant,
        "sub-merchant" => KeyKind::SubMerchant,
        "app-secret" => KeyKind::AppSecret,
        "v3" => KeyKind::ApiV3,
        "sandbox" => KeyKind::Sandbox,
        "password" => KeyKind::Password,
        _ => {
            return Err(
                "expected old, other-merchant, sub-merchant, app-secret, v3, sandbox or password"
                    .into(),
            );
        }
    };
    Ok(Candidate { kind, label: label.into(), file: file.into() })
}

pub(super) fn run(args: &Args) -> ExitCode {
    match read_and_explain(args) {
        Ok((text, report)) => {
            let data = || serde_json::to_string(&report).unwrap_or_default() + "\n";
            put(&if args.input.json { data() } else { explain_text::text(&text, &report) });
            ExitCode::from(exit_code(report.verdict))
        }
        Err(error) => {
            eprintln!("wxpay: {error}");
            ExitCode::from(exit::UNREADABLE)
        }
    }
}

const fn exit_code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Match => 0,
        Verdict::Mismatch | Verdict::Unsigned => exit::MISMATCH,
        Verdict::Malformed | Verdict::NoKey => exit::UNREADABLE,
    }
}

fn read_and_explain(args: &Args) -> Result<(String, Report), String> {
    let text = args.input.text()?;
    let with = args.with.as_deref().map(read_file).transpose()?;
    let main = args.input.given_key()?;
    let mut others: Vec<(&Candidate, Zeroizing<String>)> = Vec::new();
    for candidate in &args.try_keys {
        others.push((candidate, read_key_file(&candidate.file)?));
    }
    let mut keys: Vec<NamedKey<'_>> = main.iter().map(|key| NamedKey::main(key)).collect();
    keys.extend(others.iter().map(|(candidate, key)| NamedKey {
        kind: candidate.kind,
        label: &candidate.label,
        bytes: key.as_bytes(),
    }));
    let options = Options {
        keys: &keys,
        sign_type: args.sign_type.map(SignType::from),
        scene: args.scene.map(Scene::from),
        sign: args.sign.as_deref(),
        appid: args.appid.as_deref(),
        other: with.as_deref(),
        url: args.url.as_deref(),
        gbk: Some(&gbk),
        ..Options::default()
    };
    let report = explain(&text, &options);
    Ok((text, report))
}

/// A character's two bytes in GBK, if it has two.
fn gbk(c: char) -> Option<[u8; 2]> {
    let mut utf8 = [0; 4];
    let (bytes, _, unmappable) = GBK.encode(c.encode_utf8(&mut utf8));
    if unmappable { None } else { bytes.as_ref().try_into().ok() }
}
