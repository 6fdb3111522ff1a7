//! `wxpay sign` and `wxpay verify`.

use std::process::ExitCode;

use serde_json::json;
use wxpay_core::{ApiKey, Params, SignType, VerifyError, string_to_sign, verify as core_verify};

use super::exit;
use super::input::Input;
use super::lang::{is_chinese, say};
use super::put;

#[derive(Debug, clap::Args)]
#[command(after_help = SIGN_HELP)]
pub(super) struct SignArgs {
    #[command(flatten)]
    input: Input,
    /// Algorithm; by default what sign_type says, else MD5 · 签名算法,默认取 sign_type,没有则为 MD5
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    sign_type: Option<Type>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = VERIFY_HELP)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    input: Input,
    /// Algorithm; by default what sign_type says, else what the length of sign says · 签名算法,默认取 sign_type,没有则看 sign 的长度
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    sign_type: Option<Type>,
}

const SIGN_HELP: &str = "\
Examples · 示例:
  wxpay sign --key-file shop.key order.xml
  printf 'appid=wx1\\nbody=tea\\n' | wxpay sign --key-file shop.key --json

The signature goes to standard output, the string that was signed to standard error, without the key.
签名输出到标准输出,待签名串(不含密钥)输出到标准错误。

Exit codes · 退出码: 0 signed · 成功, 2 unreadable message or key · 无法读取报文或密钥";

const VERIFY_HELP: &str = "\
Examples · 示例:
  wxpay verify --key-file shop.key notice.xml
  wxpay verify --key-file shop.key --type hmac-sha256 --json < notice.xml

Where they differ, `wxpay explain` says why. · 不一致时,用 `wxpay explain` 查找原因。

Exit codes · 退出码: 0 match · 一致, 1 mismatch · 不一致, 2 unreadable message or key · 无法读取报文或密钥";

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
    let (mut params, key) = match read(&args.input) {
        Ok(read) => read,
        Err(error) => return unreadable(&error),
    };
    take_pay_sign(&mut params);
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
        eprintln!("{}  {sign_type}", say("algorithm     ", "算法    "));
        put(&format!("{signature}\n"));
    }
    ExitCode::SUCCESS
}

pub(super) fn verify(args: &VerifyArgs) -> ExitCode {
    let (mut params, key) = match read(&args.input) {
        Ok(read) => read,
        Err(error) => return unreadable(&error),
    };
    if let Some(pay_sign) = take_pay_sign(&mut params)
        && let Err(error) = params.set("sign", &pay_sign)
    {
        return unreadable(&error.to_string());
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
    } else if let Err(error) = &result {
        let reason = why(error);
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

/// Why it does not match, for a person.
fn why(error: &VerifyError) -> String {
    if !is_chinese() {
        return error.to_string();
    }
    match error {
        VerifyError::SignMissing => "缺少 sign".into(),
        VerifyError::SignMalformed { expected } => {
            format!("sign 应为 {expected} 位大写十六进制字符")
        }
        VerifyError::SignTypeDiffers => "sign_type 与所用算法不同".into(),
        VerifyError::Mismatch => "签名属于其他字段或其他密钥".into(),
    }
}

/// The second signature calls it paySign; it is not part of what it signs.
fn take_pay_sign(params: &mut Params) -> Option<String> {
    let pay_sign = params.get("paySign").filter(|_| params.get("sign").is_none())?.to_owned();
    params.remove("paySign");
    Some(pay_sign)
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
