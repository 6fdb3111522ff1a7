//! The cashier: the page on which a person pays.

use hyper::StatusCode;
use wxpay_core::messages::TradeType;

use crate::control::outcome;
use crate::exchange;
use crate::http::{Received, Sent};
use crate::page::{Lang, Page};
use crate::payment::{Outcome, PayError};
use crate::simulator::{CashierReply, Simulator};

/// The page loads nothing and runs nothing; its form goes back to where it came from.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";

/// A person presses a button. An order that cannot be paid is an answer here, an unknown one an error.
pub(crate) async fn act(
    simulator: &Simulator,
    prepay_id: &str,
    outcome: Outcome,
) -> Result<CashierReply, PayError> {
    match simulator.pay(prepay_id, outcome).await {
        Ok(reply) => Ok(reply),
        Err(error @ (PayError::UnknownOrder | PayError::BadCoupon)) => Err(error),
        Err(
            error @ (PayError::Closed
            | PayError::Paid
            | PayError::PrepayExpired
            | PayError::OrderExpired
            | PayError::NoCashier),
        ) => {
            let order = simulator.order(prepay_id).ok_or(PayError::UnknownOrder)?;
            let err_msg = format!("requestPayment:fail {}", error.words());
            Ok(CashierReply { ok: false, err_msg, trade_state: order.trade_state() })
        }
    }
}

/// The page for a person: GET shows it, POST presses a button and shows it again.
pub(crate) async fn answer(simulator: &Simulator, received: &Received) -> Sent {
    let prepay_id = received.path.strip_prefix("/cashier/").unwrap_or_default();
    match received.method.as_str() {
        "GET" => show(simulator, prepay_id, received),
        "POST" => {
            exchange::noted(simulator, "cashier", received, press(simulator, prepay_id, received))
                .await
        }
        _ => Sent::text(StatusCode::METHOD_NOT_ALLOWED, "this page takes GET and POST\n"),
    }
}

/// The page behind an mweb_url, for five minutes. `redirect_url` is where the browser goes afterwards.
pub(crate) fn answer_mweb(simulator: &Simulator, received: &Received) -> Sent {
    if received.method != "GET" {
        return Sent::text(StatusCode::METHOD_NOT_ALLOWED, "this page takes GET\n");
    }
    let prepay_id = received.query("prepay_id").unwrap_or_default();
    let live = simulator.read(|world| {
        let order = world.order(&prepay_id)?;
        Some(order.trade_type() == TradeType::Mweb && order.mweb_is_live(world.now_ms))
    });
    match live {
        Some(true) => show(simulator, &prepay_id, received),
        Some(false) => Sent::text(StatusCode::GONE, "支付链接已过期 / this mweb_url has expired\n"),
        None => Sent::text(StatusCode::NOT_FOUND, "there is no such prepay_id\n"),
    }
}

fn show(simulator: &Simulator, prepay_id: &str, received: &Received) -> Sent {
    let (last, back) = (received.query("last"), back(received));
    let page = simulator.read(|world| {
        let order = world.order(prepay_id)?;
        let page = Page {
            payable: order.check_payable(prepay_id, world.now_ms),
            merchant_name: world.shop_name(&order)?,
            order: &order,
            last: last.as_deref(),
            back: back.as_deref(),
            lang: Lang::of(received),
        };
        Some(page.html())
    });
    match page {
        Some(page) => html(page),
        None => Sent::text(StatusCode::NOT_FOUND, "there is no such prepay_id\n"),
    }
}

/// The shop's own page, named by an H5 client.
fn back(received: &Received) -> Option<String> {
    let is_page = |url: &String| url.starts_with("http://") || url.starts_with("https://");
    received.query("redirect_url").filter(is_page)
}

/// A page that loads nothing, runs nothing and is not kept.
pub(crate) fn html(page: String) -> Sent {
    Sent::new(StatusCode::OK, "text/html; charset=utf-8", page)
        .with_header("cache-control", "no-store".into())
        .with_header("content-security-policy", CONTENT_POLICY.into())
}

/// A URL as a value of a query.
pub(crate) fn encoded(url: &str) -> String {
    form_urlencoded::byte_serialize(url.as_bytes()).collect()
}

/// Sends the browser back to the page, so that loading it again presses nothing.
async fn press(simulator: &Simulator, prepay_id: &str, received: &Received) -> Sent {
    let action = received.form("action").unwrap_or_default();
    let coupon_fee = received.form("coupon_fee").and_then(|fee| fee.parse().ok());
    let Some(outcome) = outcome(&action, coupon_fee) else {
        return Sent::text(StatusCode::BAD_REQUEST, "action: expected pay, fail or cancel\n");
    };
    match act(simulator, prepay_id, outcome).await {
        Ok(_) => {
            let lang = Lang::of(received).code();
            let mut location = format!("{}?lang={lang}&last={action}", received.path);
            if let Some(back) = back(received) {
                location.extend(["&redirect_url=", &encoded(&back)]);
            }
            Sent::text(StatusCode::SEE_OTHER, "").with_header("location", location)
        }
        Err(PayError::BadCoupon) => {
            Sent::text(StatusCode::BAD_REQUEST, "coupon_fee: expected less than total_fee\n")
        }
        Err(_) => Sent::text(StatusCode::NOT_FOUND, "there is no such prepay_id\n"),
    }
}
