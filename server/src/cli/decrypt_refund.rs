//! `wxpay decrypt-refund`: what a refund notice says. Its content is encrypted with the API key and not signed.

use std::process::ExitCode;

use serde_json::{Map, Value};
use wxpay_core::refund_notice::{self, RefundNoticeError};
use wxpay_core::{ApiKey, Params};

use super::exit;
use super::input::Input;
use super::lang::{is_chinese, say};
use super::table::pairs;
use super::{put, put_json};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The whole notice, or the text of req_info alone · 整个退款通知,或单独的 req_info 文本
    #[command(flatten)]
    input: Input,
}

const HELP: &str = "\
Examples · 示例:
  wxpay decrypt-refund --key-file shop.key refund-notice.xml
  pbpaste | wxpay decrypt-refund --key-file shop.key --json

The content is encrypted, not signed: take it as a hint and ask WeChat (refundquery) before you act on it.
内容只是加密而没有签名:请以退款查询的结果为准。

Exit codes · 退出码: 0 decrypted · 成功, 1 this key does not fit · 密钥不符, 2 unreadable message or key · 无法读取报文或密钥";

/// Why there is nothing to show.
enum Failure {
    Unreadable(String),
    Encrypted(RefundNoticeError),
}

pub(super) fn run(args: &Args) -> ExitCode {
    match read(&args.input) {
        Ok(fields) if args.input.json => {
            let fields = fields.iter().map(|(name, value)| (name.into(), Value::from(value)));
            put_json(&Value::Object(fields.collect::<Map<_, _>>()));
            ExitCode::SUCCESS
        }
        Ok(fields) => {
            let rows: Vec<_> = fields.iter().map(|(name, value)| (name, value.into())).collect();
            put(&pairs(&rows));
            ExitCode::SUCCESS
        }
        Err(Failure::Unreadable(error)) => {
            eprintln!("wxpay: {error}");
            ExitCode::from(exit::UNREADABLE)
        }
        Err(Failure::Encrypted(error)) => {
            eprintln!("wxpay: {}", why(&error));
            let is_key = is_about_the_key(&error);
            ExitCode::from(if is_key { exit::MISMATCH } else { exit::UNREADABLE })
        }
    }
}

fn read(input: &Input) -> Result<Params, Failure> {
    let text = input.text().map_err(Failure::Unreadable)?;
    let req_info = if is_bare(&text) {
        text
    } else {
        let params = input.params_of(&text).map_err(Failure::Unreadable)?;
        params
            .filled("req_info")
            .map(Into::into)
            .ok_or_else(|| Failure::Unreadable(absent(&params)))?
    };
    let key: ApiKey = input.key().map_err(Failure::Unreadable)?;
    // Terminals and mails break long lines.
    let req_info: String = req_info.split_whitespace().collect();
    refund_notice::read(&req_info, &key).map_err(Failure::Encrypted)
}

/// Base64 and nothing else.
fn is_bare(text: &str) -> bool {
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let text = text.trim();
    !text.is_empty() && text.chars().all(|c| is_base64(c) || c.is_ascii_whitespace()) && {
        // `req_info=…` is a line of name and value.
        !text.trim_end_matches('=').contains('=')
    }
}

fn absent(params: &Params) -> String {
    let absent = say("req_info: not in this message", "req_info:报文中没有该字段");
    match params.filled("return_msg") {
        Some(words) if params.get("return_code") != Some("SUCCESS") => {
            format!("{absent}; {} {words}", say("WeChat says:", "微信返回:"))
        }
        Some(_) | None => absent.into(),
    }
}

const fn is_about_the_key(error: &RefundNoticeError) -> bool {
    match error {
        RefundNoticeError::Padding | RefundNoticeError::NotText => true,
        RefundNoticeError::NotBase64
        | RefundNoticeError::Length { .. }
        | RefundNoticeError::NotXml(_) => false,
    }
}

fn why(error: &RefundNoticeError) -> String {
    let hint = match error {
        RefundNoticeError::NotBase64 => say(
            "copy the whole text of req_info, without what stands around it",
            "请完整复制 req_info 的内容,不要带上其他文字",
        ),
        RefundNoticeError::Length { .. } => say(
            "a part of it is missing: copy the whole text of req_info",
            "内容不完整:请完整复制 req_info",
        ),
        RefundNoticeError::Padding | RefundNoticeError::NotText => say(
            "the key is the APIv2 key of the mch_id in the notice (not the v3 key, not AppSecret), \
             as it was when the refund was made",
            "应使用通知中 mch_id 的 APIv2 密钥(不是 v3 密钥或 AppSecret),且为退款时的密钥",
        ),
        RefundNoticeError::NotXml(_) => say(
            "the key fits, the content is not what WeChat sends",
            "密钥正确,但内容不是微信的格式",
        ),
    };
    let what = match error {
        RefundNoticeError::NotBase64 if is_chinese() => "req_info:不是 base64".into(),
        RefundNoticeError::Length { found } if is_chinese() => {
            format!("req_info:长度应为 16 字节的整数倍,实为 {found} 字节")
        }
        RefundNoticeError::Padding | RefundNoticeError::NotText if is_chinese() => {
            "req_info:用此密钥无法解密".into()
        }
        error => error.to_string(),
    };
    format!("{what}\n  {hint}")
}
