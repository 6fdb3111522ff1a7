//! `wxpay sign` and `wxpay verify`.

use std::process::ExitCode;

use serde_json::json;
use wxpay_core::{ApiKey, Params, SignType, string_to_sign, verify as core_verify};

use super::exit;
use super::input::Input;
use super::lang::say;
use super::put;

#[derive(Debug, clap::Args)]
pub(super) struct SignArgs {
    #[command(flatten)]
    input: Input,
    /// Algorithm; without, the message's sign_type, else MD5 · 算法
    #[arg(long = "type", value_enum)]
    sign_type: Option<Type>,
}

#[derive(Debug, clap::Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    input: Input,
    /// Algorithm; without, the message's sign_type, else by the length of its sign · 算法
    #[arg(long = "type", value_enum)]
    sign_type: Option<Type>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Type {
    Md5,
    #[value(name = "hmac-sha256")]
    HmacSha256,
}

impl From<Type> for SignType {
    fn from(chosen: Type) -> Self {
        match chosen {
            Type::Md5 => Self::Md5,
            Type::HmacSha256 => Self::HmacSha256,
        }
    }
}

pub(super) fn sign(args: &SignArgs) -> ExitCode {
    let (params, key) = match read(&args.input) {
        Ok(read) => read,
        Err(error) => return unreadable(&error),
    };
    let sign_type = match args.sign_type.map_or_else(|| named(&params), |t| Ok(Some(t.into()))) {
        Ok(sign_type) => sign_type.unwrap_or(SignType::Md5),
        Err(error) => return unreadable(&error),
    };
    let signature = wxpay_core::sign(&params, sign_type, &key);
    if args.input.json {
        put(&format!(
            "{}\n",
            json!({ "sign": signature.as_str(), "sign_type": sign_type.as_str() })
        ));
    } else {
        eprintln!("{}  {}&key=******", say("string to sign", "待签名串"), string_to_sign(&params));
        eprintln!("{}       {sign_type}", say("algorithm", "算法    "));
        put(&format!("{signature}\n"));
    }
    ExitCode::SUCCESS
}

pub(super) fn verify(args: &VerifyArgs) -> ExitCode {
    let (mut params, key) = match read(&args.input) {
        Ok(read) => read,
        Err(error) => return unreadable(&error),
    };
    // The second signature calls it paySign; it is not part of what it signs.
    let pay_sign = params.get("paySign").map(ToOwned::to_owned);
    if let Some(pay_sign) = pay_sign.filter(|_| params.get("sign").is_none()) {
        params.remove("paySign");
        if let Err(error) = params.set("sign", &pay_sign) {
            return unreadable(&error.to_string());
        }
    }
    let sign_type = match args.sign_type.map_or_else(|| named(&params), |t| Ok(Some(t.into()))) {
        Ok(sign_type) => sign_type.unwrap_or_else(|| by_length(&params)),
        Err(error) => return unreadable(&error),
    };
    let fields = params.signed().count();
    let result = core_verify(params, sign_type, &key);
    let reason = result.as_ref().err().map(ToString::to_string);
    if args.input.json {
        let verdict = json!({
            "match": result.is_ok(),
            "sign_type": sign_type.as_str(),
            "reason": reason,
        });
        put(&format!("{verdict}\n"));
    } else if let Some(reason) = reason {
        put(&format!("✗ {} ({sign_type}): {reason}\n", say("does not match", "签名不一致")));
    } else {
        put(&format!(
            "✓ {} ({sign_type}, {fields} {})\n",
            say("the signature matches", "签名一致"),
            say("fields", "个字段")
        ));
    }
    if result.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(exit::MISMATCH) }
}

fn read(input: &Input) -> Result<(Params, ApiKey), String> {
    Ok((input.params()?, input.key()?))
}

fn unreadable(error: &str) -> ExitCode {
    eprintln!("wxpay: {error}");
    ExitCode::from(exit::UNREADABLE)
}

/// The algorithm the message names.
fn named(params: &Params) -> Result<Option<SignType>, String> {
    let word = params.filled("sign_type").or_else(|| params.filled("signType"));
    word.map(|word| word.parse::<SignType>().map_err(|error| error.to_string())).transpose()
}

/// 64 characters can only be HMAC-SHA256.
fn by_length(params: &Params) -> SignType {
    match params.get("sign").map(str::len) {
        Some(64) => SignType::HmacSha256,
        Some(_) | None => SignType::Md5,
    }
}
