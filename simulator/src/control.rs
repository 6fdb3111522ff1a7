//! The control API under `/sim/`, in JSON, open to pages of any origin: what the phone does, faults, the wire log.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use crate::cashier;
use crate::exchange;
use crate::faults::{Fault, FaultError};
use crate::http::{Received, Sent};
use crate::notices::{NoticeError, NoticeKind};
use crate::order::{Order, Outcome, PayError};
use crate::refund::Refund;
use crate::refund_notices::{RefundNoticeKind, UnknownOrderError};
use crate::simulator::{LoginError, Simulator};

/// Why the control API says no.
#[derive(Debug)]
enum ControlError {
    NoSuchPage,
    WrongMethod,
    Json(serde_json::Error),
    BadAfter,
    Action,
    Login(LoginError),
    Fault(FaultError),
    Notice(NoticeError),
    Order(UnknownOrderError),
    Pay(PayError),
}

/// Answers, and lets pages of every origin read the answer.
pub(crate) async fn answer(simulator: &Simulator, received: &Received) -> Sent {
    let sent = if received.method == "OPTIONS" {
        Sent::text(StatusCode::NO_CONTENT, "")
            .with_header("access-control-allow-methods", "GET, POST, DELETE".into())
            .with_header("access-control-allow-headers", "content-type".into())
    } else {
        match phone_call(&received.path) {
            Some(call) => {
                exchange::noted(simulator, call, received, reply(simulator, received)).await
            }
            None => reply(simulator, received).await,
        }
    };
    sent.with_header("access-control-allow-origin", "*".into())
}

/// What the phone does belongs into the wire log; looking and setting faults do not.
fn phone_call(path: &str) -> Option<&'static str> {
    match path {
        "/sim/login" => Some("wx.login"),
        "/sim/cashier" => Some("wx.requestPayment"),
        path if path.starts_with("/sim/cashier/") => Some("cashier"),
        _ => None,
    }
}

async fn reply(simulator: &Simulator, received: &Received) -> Sent {
    let (status, value) = match route(simulator, received).await {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => {
            let (status, code) = error.status();
            (status, json!({"code": code, "message": error.to_string()}))
        }
    };
    Sent::new(status, "application/json", value.to_string())
}

async fn route(simulator: &Simulator, received: &Received) -> Result<Value, ControlError> {
    let path = received.path.strip_prefix("/sim/").unwrap_or_default();
    let steps: Vec<&str> = path.split('/').collect();
    match (received.method.as_str(), steps.as_slice()) {
        ("POST", ["login"]) => login(simulator, body(received)?),
        ("POST", ["cashier"]) => Ok(cashier::request_payment(simulator, &body(received)?)),
        ("POST", ["cashier", prepay_id]) => act(simulator, prepay_id, body(received)?).await,
        ("GET", ["messages"]) => messages(simulator, received),
        ("GET", ["faults"]) => Ok(json!({"faults": simulator.faults()})),
        ("POST", ["faults"]) => {
            simulator.set_fault(body::<Fault>(received)?).map_err(ControlError::Fault)?;
            Ok(json!({"faults": simulator.faults()}))
        }
        ("DELETE", ["faults"]) => {
            simulator.clear_faults();
            Ok(json!({"faults": simulator.faults()}))
        }
        ("POST", ["notices"]) => send_notice(simulator, body(received)?).await,
        ("GET", ["refunds"]) => {
            let refunds: Vec<Value> = simulator.refunds().iter().map(refund).collect();
            Ok(json!({"refunds": refunds}))
        }
        ("POST", ["refunds"]) => {
            let RefundRequest { out_trade_no, outcome } = body(received)?;
            let set = simulator.set_refund_outcome(&out_trade_no, outcome);
            set.map_err(ControlError::Order)?;
            Ok(json!({"outcome": outcome}))
        }
        ("POST", ["refund_notices"]) => {
            let RefundNoticeRequest { out_refund_no, kind } = body(received)?;
            let reply = simulator.send_refund_notice(&out_refund_no, kind).await;
            reply.map(|reply| json!(reply)).map_err(ControlError::Notice)
        }
        ("GET", ["ledger"]) => Ok(json!({"entries": simulator.ledger()})),
        ("GET", ["orders"]) => {
            let orders: Vec<Value> = simulator.orders().iter().map(order).collect();
            Ok(json!({"orders": orders}))
        }
        (_, ["login" | "cashier" | "messages" | "faults" | "notices" | "ledger" | "orders"])
        | (_, ["refunds" | "refund_notices"])
        | (_, ["cashier", _]) => Err(ControlError::WrongMethod),
        _ => Err(ControlError::NoSuchPage),
    }
}

#[derive(Deserialize)]
struct LoginRequest {
    appid: String,
    #[serde(default = "alice")]
    user: String,
}

fn alice() -> String {
    "alice".into()
}

fn login(simulator: &Simulator, request: LoginRequest) -> Result<Value, ControlError> {
    let login = simulator.login(&request.appid, &request.user).map_err(ControlError::Login)?;
    Ok(json!(login))
}

#[derive(Deserialize)]
struct ActRequest {
    action: String,
    coupon_fee: Option<Fen>,
}

async fn act(
    simulator: &Simulator,
    prepay_id: &str,
    request: ActRequest,
) -> Result<Value, ControlError> {
    let outcome = outcome(&request.action, request.coupon_fee).ok_or(ControlError::Action)?;
    let reply = cashier::act(simulator, prepay_id, outcome).await.map_err(ControlError::Pay)?;
    Ok(json!(reply))
}

/// Reads the word of a button.
pub(crate) fn outcome(action: &str, coupon_fee: Option<Fen>) -> Option<Outcome> {
    match (action, coupon_fee) {
        ("pay", None) => Some(Outcome::Pay),
        ("pay", Some(coupon_fee)) => Some(Outcome::PayWithCoupon { coupon_fee }),
        ("fail", _) => Some(Outcome::Fail),
        ("cancel", _) => Some(Outcome::Cancel),
        _ => None,
    }
}

fn messages(simulator: &Simulator, received: &Received) -> Result<Value, ControlError> {
    let after = received.query("after").map_or(Ok(0), |text| text.parse());
    let messages = simulator.messages(after.map_err(|_| ControlError::BadAfter)?);
    let last = simulator.read(|world| world.log.last());
    Ok(json!({"messages": messages, "last": last}))
}

#[derive(Deserialize)]
struct NoticeRequest {
    out_trade_no: String,
    kind: NoticeKind,
}

async fn send_notice(simulator: &Simulator, request: NoticeRequest) -> Result<Value, ControlError> {
    let reply = simulator.send_notice(&request.out_trade_no, request.kind).await;
    reply.map(|reply| json!(reply)).map_err(ControlError::Notice)
}

#[derive(Deserialize)]
struct RefundRequest {
    out_trade_no: String,
    outcome: RefundStatus,
}

#[derive(Deserialize)]
struct RefundNoticeRequest {
    out_refund_no: String,
    kind: RefundNoticeKind,
}

fn refund(refund: &Refund) -> Value {
    json!({
        "mch_id": refund.mch_id,
        "out_trade_no": refund.out_trade_no,
        "out_refund_no": refund.out_refund_no,
        "refund_id": refund.refund_id,
        "refund_fee": refund.refund_fee,
        "refund_status": refund.status,
        "notices_sent": refund.notices_sent,
        "notice_acknowledged": refund.notice_acknowledged,
    })
}

fn order(order: &Order) -> Value {
    json!({
        "appid": order.appid(),
        "mch_id": order.mch_id(),
        "out_trade_no": order.out_trade_no(),
        "prepay_id": order.prepay_id(),
        "body": order.field("body"),
        "total_fee": order.total_fee(),
        "trade_state": order.trade_state(),
        "transaction_id": order.payment().map(|payment| &payment.transaction_id),
        "notices_sent": order.notices_sent(),
        "notice_acknowledged": order.notice_acknowledged(),
    })
}

fn body<'a, T: Deserialize<'a>>(received: &'a Received) -> Result<T, ControlError> {
    serde_json::from_slice(&received.body).map_err(ControlError::Json)
}

impl ControlError {
    fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchPage => (StatusCode::NOT_FOUND, "not_found"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Json(_) => (StatusCode::BAD_REQUEST, "bad_json"),
            Self::BadAfter => (StatusCode::BAD_REQUEST, "bad_after"),
            Self::Action => (StatusCode::BAD_REQUEST, "bad_action"),
            Self::Login(LoginError) => (StatusCode::NOT_FOUND, "unknown_appid"),
            Self::Fault(_) => (StatusCode::BAD_REQUEST, "bad_fault"),
            Self::Notice(NoticeError::UnknownOrder)
            | Self::Order(UnknownOrderError)
            | Self::Pay(PayError::UnknownOrder) => (StatusCode::NOT_FOUND, "unknown_order"),
            Self::Notice(NoticeError::UnknownRefund) => (StatusCode::NOT_FOUND, "unknown_refund"),
            Self::Notice(NoticeError::NotEnded) => (StatusCode::CONFLICT, "not_ended"),
            Self::Notice(NoticeError::NoUrl) => (StatusCode::CONFLICT, "no_notify_url"),
            Self::Notice(NoticeError::NotPaid) => (StatusCode::CONFLICT, "not_paid"),
            Self::Notice(NoticeError::NoOtherMerchant) => {
                (StatusCode::CONFLICT, "no_other_merchant")
            }
            Self::Notice(NoticeError::Unanswered(_)) => (StatusCode::BAD_GATEWAY, "unanswered"),
            Self::Pay(_) => (StatusCode::BAD_REQUEST, "cannot_pay"),
        }
    }
}

impl std::fmt::Display for ControlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoSuchPage => f.write_str("there is no such page"),
            Self::WrongMethod => f.write_str("this page takes another method"),
            Self::Json(error) => write!(f, "the body: {error}"),
            Self::BadAfter => f.write_str("after: expected a whole number"),
            Self::Action => f.write_str("action: expected pay, fail or cancel"),
            Self::Login(error) => error.fmt(f),
            Self::Fault(error) => error.fmt(f),
            Self::Notice(error) => error.fmt(f),
            Self::Order(error) => error.fmt(f),
            Self::Pay(error) => error.fmt(f),
        }
    }
}
