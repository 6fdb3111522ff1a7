//! The control API under `/sim/`, in JSON, open to pages of any origin: what the phone does, faults, the wire log.

mod error;

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use crate::cashier;
use crate::exchange;
use crate::faults::Fault;
use crate::http::{Received, Sent};
use crate::notices::NoticeKind;
use crate::order::Order;
use crate::payment::Outcome;
use crate::refund::Refund;
use crate::refund_notices::RefundNoticeKind;
use crate::scanner::{Behaviour, Ending};
use crate::sheet;
use crate::simulator::Simulator;

use error::ControlError;

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
        "/sim/app" => Some("PayReq"),
        "/sim/scan" => Some("scan"),
        "/sim/auth_code" => Some("payment code"),
        path if path.starts_with("/sim/cashier/") => Some("cashier"),
        path if path.starts_with("/sim/micropay/") => Some("password"),
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
        ("POST", ["cashier"]) => Ok(sheet::request_payment(simulator, &body(received)?)),
        ("POST", ["app"]) => Ok(sheet::pay_request(simulator, &body(received)?)),
        ("POST", ["scan"]) => Ok(sheet::scan(simulator, &body::<ScanRequest>(received)?.code_url)),
        ("POST", ["auth_code"]) => {
            let AuthCodeRequest { user, behaviour } = body(received)?;
            Ok(json!({"auth_code": simulator.auth_code(&user, behaviour)}))
        }
        ("POST", ["micropay", out_trade_no]) => {
            let PasswordRequest { ends } = body(received)?;
            let ended = simulator.end_password(out_trade_no, ends).map_err(ControlError::Pay)?;
            Ok(json!({"trade_state": ended}))
        }
        ("POST", ["primary"]) => primary(simulator, received).await,
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
        (
            _,
            [
                "login" | "cashier" | "app" | "scan" | "auth_code" | "primary" | "messages"
                | "faults" | "notices" | "refunds" | "refund_notices" | "ledger" | "orders",
            ],
        )
        | (_, ["cashier" | "micropay", _]) => Err(ControlError::WrongMethod),
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
struct ScanRequest {
    code_url: String,
}

#[derive(Deserialize)]
struct AuthCodeRequest {
    #[serde(default = "alice")]
    user: String,
    #[serde(default)]
    behaviour: Behaviour,
}

#[derive(Deserialize)]
struct PasswordRequest {
    ends: Ending,
}

#[derive(Deserialize)]
struct PrimaryRequest {
    down: bool,
}

/// Without a backup nobody could call it up again.
async fn primary(simulator: &Simulator, received: &Received) -> Result<Value, ControlError> {
    let PrimaryRequest { down } = body(received)?;
    if simulator.backup_url().is_none() {
        return Err(ControlError::NoBackup);
    }
    let cut = simulator.clone();
    let cut = async move { cut.set_primary_down(down).await };
    if received.origin.as_ref() == simulator.base_url() {
        // The reply goes out over a connection that is being cut: whoever wants to be sure asks the backup.
        simulator.spawn(Box::pin(async move { drop(cut.await) }));
    } else {
        cut.await.map_err(ControlError::Primary)?;
    }
    Ok(json!({"down": down}))
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
        "trade_type": order.trade_type(),
        "code_url": order.code_url(),
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
