//! The cashier: what the phone checks before it shows the payment sheet, and the sheet itself.

use hyper::StatusCode;
use serde_json::{Map, Value, json};
use wxpay_core::{Params, verify};

use crate::calls::why_signature_failed;
use crate::control::outcome;
use crate::exchange;
use crate::http::{Received, Sent};
use crate::order::{Order, Outcome, PayError};
use crate::page::{Lang, Page};
use crate::simulator::{CashierReply, Simulator};
use crate::world::World;

/// The arguments of wx.requestPayment, and the appid of the mini program that calls it.
const ARGUMENTS: [&str; 6] = ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"];

/// The page loads nothing and runs nothing; its form goes back to where it came from.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";

/// Why the sheet does not open: the phone's words, and a note for the developer.
struct Failed {
    words: String,
    note: String,
}

/// What wx.requestPayment does before the sheet is shown: reads its arguments and checks the second signature.
pub(crate) fn request_payment(simulator: &Simulator, arguments: &Map<String, Value>) -> Value {
    let base_url = simulator.base_url();
    match simulator.read(|world| check(world, arguments)) {
        Ok((order, name)) => json!({
            "ok": true,
            "prepay_id": order.prepay_id(),
            "cashier_url": format!("{base_url}/cashier/{}", order.prepay_id()),
            "body": order.field("body"),
            "total_fee": order.total_fee(),
            "merchant_name": name,
        }),
        Err(Failed { words, note }) => {
            json!({"ok": false, "errMsg": format!("requestPayment:fail {words}"), "note": note})
        }
    }
}

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
            | PayError::OrderExpired),
        ) => {
            let order = simulator.order(prepay_id).ok_or(PayError::UnknownOrder)?;
            let err_msg = format!("requestPayment:fail {}", error.words());
            Ok(CashierReply { ok: false, err_msg, trade_state: order.trade_state() })
        }
    }
}

fn check(world: &World, arguments: &Map<String, Value>) -> Result<(Order, String), Failed> {
    let mut params = Params::new();
    for name in ARGUMENTS {
        let value = text(arguments, name)?;
        let name = if name == "paySign" { "sign" } else { name };
        params.insert(name, value).map_err(|error| failed("parameter error", error))?;
    }
    let package = params.get("package").unwrap_or_default();
    let prepay_id = package.strip_prefix("prepay_id=");
    let prepay_id =
        prepay_id.ok_or(failed("parameter error", "package: expected prepay_id=..."))?;
    let time_stamp = params.get("timeStamp").unwrap_or_default();
    if !time_stamp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(failed("parameter error", "timeStamp: expected seconds since 1970"));
    }
    let order = world.order(prepay_id);
    let order = order.ok_or(failed("prepay_id无效", "package: there is no such prepay_id"))?;
    let name = check_pay_sign(world, &order, params.clone())?;
    let payable = order.check_payable(prepay_id, world.now_ms);
    payable.map_err(|error| failed(error.words(), error))?;
    Ok((order, name))
}

/// An argument, which must be a filled string.
fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Result<&'a str, Failed> {
    let found = match arguments.get(name) {
        Some(Value::String(text)) if !text.is_empty() => return Ok(text),
        Some(Value::String(_)) => "an empty String",
        None => "Undefined",
        Some(Value::Null) => "Null",
        Some(Value::Bool(_)) => "Boolean",
        Some(Value::Number(_)) => "Number",
        Some(Value::Array(_)) => "Array",
        Some(Value::Object(_)) => "Object",
    };
    let words = format!("parameter error: parameter.{name} should be String instead of {found};");
    Err(Failed { words, note: format!("{name}: expected text") })
}

/// The second signature must be made for this order; gives back the merchant's name.
fn check_pay_sign(world: &World, order: &Order, params: Params) -> Result<String, Failed> {
    let wrong = |note: String| failed("支付验证签名失败", note);
    let appid = params.get("appId").unwrap_or_default();
    if appid != order.appid() && appid != order.field("sub_appid") {
        return Err(wrong("appId: the order belongs to another one".into()));
    }
    if params.get("signType") != Some(order.sign_type.as_str()) {
        return Err(wrong(format!("signType: the order was made with {}", order.sign_type)));
    }
    let merchant = world.merchant_of(order);
    let merchant = merchant.ok_or_else(|| wrong("the merchant is unknown".into()))?;
    match verify(params.clone(), order.sign_type, &merchant.key) {
        Ok(_) => Ok(merchant.name.clone()),
        Err(_) => {
            let why = why_signature_failed(&params, order.sign_type, merchant, &world.merchants);
            Err(wrong(format!("paySign: {why}")))
        }
    }
}

fn failed(words: &str, note: impl ToString) -> Failed {
    Failed { words: words.into(), note: note.to_string() }
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

fn show(simulator: &Simulator, prepay_id: &str, received: &Received) -> Sent {
    let last = received.query("last");
    let page = simulator.read(|world| {
        let order = world.order(prepay_id)?;
        let page = Page {
            payable: order.check_payable(prepay_id, world.now_ms),
            merchant_name: &world.merchant_of(&order)?.name,
            order: &order,
            last: last.as_deref(),
            lang: Lang::of(received),
        };
        Some(page.html())
    });
    match page {
        Some(page) => html(page),
        None => Sent::text(StatusCode::NOT_FOUND, "there is no such prepay_id\n"),
    }
}

/// A page that loads nothing, runs nothing and is not kept.
pub(crate) fn html(page: String) -> Sent {
    Sent::new(StatusCode::OK, "text/html; charset=utf-8", page)
        .with_header("cache-control", "no-store".into())
        .with_header("content-security-policy", CONTENT_POLICY.into())
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
            let location = format!("{}?lang={lang}&last={action}", received.path);
            Sent::text(StatusCode::SEE_OTHER, "").with_header("location", location)
        }
        Err(PayError::BadCoupon) => {
            Sent::text(StatusCode::BAD_REQUEST, "coupon_fee: expected less than total_fee\n")
        }
        Err(_) => Sent::text(StatusCode::NOT_FOUND, "there is no such prepay_id\n"),
    }
}
