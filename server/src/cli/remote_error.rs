//! Why a command got nothing from the server: in words, and as an exit code.

use std::process::ExitCode;

use serde_json::Value;

use super::exit;
use super::lang::{is_chinese, say};

/// What went wrong on the way to the server or there.
#[derive(Debug)]
pub(super) enum RemoteError {
    /// Nobody answers at its address.
    NotRunning { server: String },
    /// It was asked and said nothing in time.
    Silent { server: String },
    /// The connection broke.
    Broken { server: String, detail: String },
    /// Whoever answered is no `wxpay`, or another version.
    NotOurs { server: String, found: String },
    /// The server's own error: `code`, `message`, `request_id`, `field`.
    Api(Box<Value>),
    /// Whoever took the lines wanted no more of them, and says why.
    Stopped,
}

impl RemoteError {
    /// Says it on standard error; gives the command's exit code.
    pub(super) fn report(&self) -> ExitCode {
        eprintln!("wxpay: {}", self.text());
        ExitCode::from(self.exit_code())
    }

    /// The server's stable code, such as `not_found`.
    pub(super) fn code(&self) -> Option<&str> {
        match self {
            Self::Api(error) => error.get("code").and_then(Value::as_str),
            Self::NotRunning { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::NotOurs { .. }
            | Self::Stopped => None,
        }
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::NotRunning { .. } | Self::NotOurs { .. } => exit::UNAVAILABLE,
            Self::Silent { .. } | Self::Broken { .. } => exit::TRY_AGAIN,
            Self::Stopped => exit::UNREADABLE,
            Self::Api(_) => match self.code().unwrap_or_default() {
                "unauthorized" => exit::NOT_ALLOWED,
                "busy" | "internal" | "request_timeout" | "store_failed" => exit::TRY_AGAIN,
                code if code.starts_with("upstream_") => exit::TRY_AGAIN,
                _ => exit::REFUSED,
            },
        }
    }

    fn text(&self) -> String {
        match self {
            Self::NotRunning { server } => {
                let hint = say("start it with `wxpay serve`", "请用 `wxpay serve` 启动");
                match is_chinese() {
                    true => format!("{server} 上没有运行服务端;{hint}"),
                    false => format!("the server is not running at {server}; {hint}"),
                }
            }
            Self::Silent { server } => match is_chinese() {
                true => format!("{server} 没有及时应答;请求可能仍会执行,重试前请先查询"),
                false => format!(
                    "{server} did not answer in time; it may still happen, so look before you repeat it"
                ),
            },
            Self::Broken { server, detail } => match is_chinese() {
                true => format!("与 {server} 的连接中断:{detail};请求可能已执行,重试前请先查询"),
                false => format!(
                    "the connection to {server} broke: {detail}; it may have happened, so look before you repeat it"
                ),
            },
            Self::NotOurs { server, found } => match is_chinese() {
                true => format!("{server} 的应答不是 wxpay 的({found})"),
                false => {
                    format!("what answers at {server} is not wxpay, or another version ({found})")
                }
            },
            Self::Stopped => say("stopped", "已停止").into(),
            Self::Api(error) => api(error),
        }
    }
}

/// Code and message; a sentence of our own where the code says it all.
fn api(error: &Value) -> String {
    let field = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let code = field("code");
    let own = if is_chinese() { chinese(code) } else { english(code) };
    let mut text = format!("{code}: {}", own.unwrap_or(field("message")));
    if let Some(wechat) = error.get("wechat_code").and_then(Value::as_str) {
        text = format!("{text} ({wechat})");
    }
    match field("request_id") {
        "" => text,
        id => format!("{text} (request_id {id})"),
    }
}

/// The server's own sentences are English. This one speaks to phones and backends.
fn english(code: &str) -> Option<&'static str> {
    match code {
        "unauthorized" => Some("the admin key of this configuration is not the server's"),
        _ => None,
    }
}

fn chinese(code: &str) -> Option<&'static str> {
    Some(match code {
        "unauthorized" => "管理密钥不正确:配置文件中的 admin_key 与服务端的不同",
        "not_found" => "没有这个订单、退款或记录",
        "order_paid" => "订单已支付",
        "order_closed" => "订单已关闭",
        "order_expired" => "订单已过支付时间",
        "order_not_paid" => "订单未支付,不能退款",
        "refund_too_much" => "退款金额超过可退金额",
        "payment_too_old" => "支付已超过一年,不能退款",
        "too_many_refunds" => "该订单已退款 50 次,不能再退",
        "out_refund_no_used" => "该退款单号已用于其他退款",
        "refund_refused" => "微信已拒绝该退款,未退款;再次退款需使用新单号",
        "refunds_not_configured" => "未配置商户证书:请设置该商户的 cert_file 和 key_file",
        "certificate_not_configured" => "未配置商户证书:请设置该商户的 cert_file 和 key_file",
        "busy" => "服务端繁忙,请重试",
        "store_failed" => "服务端目前无法记录任何内容",
        "request_timeout" => "处理时间过长;请求可能仍会执行,重试前请先查询",
        "internal" => "服务端出错;日志中可按 request_id 查找",
        "upstream_unreachable" => "无法连接微信,请重试",
        "upstream_timeout" => "微信没有及时应答,请重试",
        "upstream_busy" => "微信繁忙,请重试",
        "upstream_bad_reply" => "微信的应答无法使用,请重试",
        "upstream_bad_sign" => "应答不是微信签名的,请重试",
        _ => return None,
    })
}
