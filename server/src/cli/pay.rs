//! `wxpay pay`: what a user needs to pay an order, in a terminal.

use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::answer;
use super::lang::say;
use super::remote::{RemoteArgs, segment};
use crate::qr;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The order's number, out_trade_no; a NATIVE, APP or MWEB order · 商户订单号
    #[arg(long = "order", value_name = "NO")]
    out_trade_no: String,
    /// The user's own address; APP and MWEB orders need it · 用户终端 IP(APP、MWEB 必填)
    #[arg(long, value_name = "IP")]
    client_ip: Option<String>,
    /// Where the browser goes afterwards (MWEB) · 支付后跳转地址(MWEB)
    #[arg(long, value_name = "URL")]
    redirect_url: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let path = format!("/v1/orders/{}/pay", segment(&args.out_trade_no));
    answer::show(&args.remote, |remote| remote.post(&path, &body(args)), shown)
}

fn body(args: &Args) -> Value {
    let Args { client_ip, redirect_url, .. } = args;
    let fields = [("client_ip", client_ip), ("redirect_url", redirect_url)];
    let given = fields.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    Value::Object(given.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>())
}

fn shown(offer: &Value) -> String {
    let text = |name: &str| offer.get(name).and_then(Value::as_str).unwrap_or_default();
    match text("trade_type") {
        "NATIVE" => {
            let code_url = text("code_url");
            let code = qr::terminal(code_url).unwrap_or_default();
            let said = say("Scan with WeChat within two hours:", "请在两小时内用微信扫码:");
            format!("{said}\n{code}\n{code_url}\n")
        }
        "MWEB" => {
            let said = say(
                "Open in the user's browser within five minutes:",
                "请在五分钟内用用户的浏览器打开:",
            );
            format!("{said}\n{}\n", text("mweb_url"))
        }
        _ => {
            let said = say("Hand these to the OpenSDK in the app:", "请在 App 中交给 OpenSDK:");
            format!("{said}\n{offer:#}\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_order_is_a_code_that_can_be_scanned_and_read() {
        let code_url = "weixin://wxpay/bizpayurl?pr=abcdefg1";
        let shown = shown(&json!({ "trade_type": "NATIVE", "code_url": code_url }));
        assert!(shown.contains(code_url) && shown.contains('█'), "{shown}");
    }

    #[test]
    fn a_browsers_link_is_shown_whole() {
        let mweb_url = "https://wx.tenpay.com/x?prepay_id=1&redirect_url=https%3A%2F%2Fa";
        let shown = shown(&json!({ "trade_type": "MWEB", "mweb_url": mweb_url }));
        assert!(shown.ends_with(&format!("{mweb_url}\n")), "{shown}");
    }
}
