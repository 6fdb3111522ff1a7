//! `GET /pay/{merchant}/{no}?key=…`: the page a shop shows its customer. It has the QR code of a NATIVE order, and says when
//! the order is paid. Plain HTML that looks again by itself; it asks the store alone, never WeChat.

use std::fmt::Write;
use std::sync::Arc;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use warp::Reply;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use warp::reply::{Response, with_header};
use wxpay_core::messages::TradeState;

use super::{order_key, query_value};
use crate::app::App;
use crate::http::ApiError;
use crate::merchant::Merchant;
use crate::orders::Order;
use crate::qr;
use crate::secret::Secret;

const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";
const STYLE: &str = "body{font:1.25rem system-ui,sans-serif;text-align:center;margin:2rem}\
    svg{max-width:20rem;width:80%;height:auto}b{font-size:2rem}";

/// Where the page of an order is. The key keeps strangers from looking through other people's orders.
pub(super) fn url(public_url: &str, merchant: &Merchant, out_trade_no: &str) -> String {
    let no = utf8_percent_encode(out_trade_no, NON_ALPHANUMERIC);
    format!("{public_url}/pay/{}/{no}?key={}", merchant.id, key(merchant, out_trade_no))
}

fn key(merchant: &Merchant, out_trade_no: &str) -> String {
    merchant.mac("page", &format!("{}.{out_trade_no}", merchant.id))
}

pub(in crate::http) async fn page(
    app: Arc<App>,
    merchant: String,
    out_trade_no: String,
    raw_query: String,
) -> Result<Response, ApiError> {
    let merchant = app.merchants.get(&merchant).ok_or_else(ApiError::not_found)?;
    let order_key = order_key(&merchant.id, &out_trade_no)?;
    let right = Secret::new(key(merchant, &order_key.out_trade_no));
    if !query_value(&raw_query, "key")?.is_some_and(|shown| right.matches(&shown)) {
        return Err(ApiError::not_found());
    }
    let order = app.orders.get(&order_key).await?;
    let code_url = app.orders.live_code_url(&order);
    let page = warp::reply::html(html(&order, code_url));
    let page = with_header(page, CONTENT_SECURITY_POLICY, POLICY);
    let page = with_header(page, CACHE_CONTROL, "no-store");
    let page = with_header(page, REFERRER_POLICY, "no-referrer");
    Ok(with_header(page, X_CONTENT_TYPE_OPTIONS, "nosniff").into_response())
}

fn html(order: &Order, code_url: Option<&str>) -> String {
    let body = escaped(&order.terms.body);
    let fee = order.terms.total_fee.to_yuan();
    let (again, shown) = match (order.trade_state, code_url.and_then(qr::svg)) {
        (TradeState::Success | TradeState::Refund, _) => (false, "<b>✓ 已支付 Paid</b>".into()),
        (TradeState::Closed | TradeState::Revoked, _) => (false, "<b>已关闭 Closed</b>".into()),
        (TradeState::NotPay | TradeState::UserPaying | TradeState::PayError, Some(svg)) => {
            (true, format!("{svg}<p>请用微信扫码支付<br>Scan with WeChat to pay</p>"))
        }
        (TradeState::NotPay | TradeState::UserPaying | TradeState::PayError, None) => (
            true,
            "<b>二维码已失效,请重新获取<br>This code has expired; ask for a new one</b>".into(),
        ),
    };
    let refresh = if again { "<meta http-equiv=\"refresh\" content=\"3\">" } else { "" };
    format!(
        "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\">{refresh}\
        <meta name=\"viewport\" content=\"width=device-width\"><title>{body}</title>\
        <style>{STYLE}</style><h1>{body}</h1><p><b>¥{fee}</b></p>{shown}</html>"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' | '<' | '>' | '"' | '\'' => {
                // Writing to a String cannot fail.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}
