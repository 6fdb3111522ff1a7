//! `POST /v1/notify/{merchant}/pay`: raw bytes -> xml -> verify -> notice -> `orders::apply` -> durable -> SUCCESS.
//!
//! A genuine payment that cannot be the order's own (another amount, a second one) is kept as an anomaly and answered
//! SUCCESS: WeChat has nothing more to say, a person has to act. A genuine payment of an order that is not here is kept
//! as well, but answered FAIL: WeChat tries for a day, and books it itself once the order is here, say from a backup.
//! Anything else is answered FAIL, so that WeChat tries again. The reply does not tell why, nor which orders exist; the
//! log does.

use std::sync::Arc;

use bytes::Bytes;
use warp::Reply;
use warp::http::{StatusCode, header};
use warp::reply::Response;
use wxpay_core::messages::FieldError;
use wxpay_core::messages::TradeState;
use wxpay_core::messages::pay_notice::{self, NoticeError, Outcome, PayNotice};
use wxpay_core::messages::refund_notice;
use wxpay_core::xml::{XmlError, from_xml};
use wxpay_core::{Params, SignType, Verified, VerifyError, verify};

use crate::app::App;
use crate::http::body::BodyError;
use crate::merchant::Merchant;
use crate::orders::{Fact, OrderError, OrderKey, Source};
use crate::telemetry;

/// Why a notice is not taken.
pub(super) enum Rejected {
    UnknownMerchant,
    Body(BodyError),
    Xml(XmlError),
    Incomplete(FieldError),
    /// We have no such order. `genuine` says whether WeChat signed it all the same.
    UnknownOrder {
        genuine: bool,
    },
    Verify(VerifyError),
    Notice(NoticeError),
    RefundNotice(refund_notice::NoticeError),
    /// WeChat does not say the same when asked.
    Unconfirmed,
    Order(OrderError),
}

pub(in crate::http) async fn pay_notice(
    app: Arc<App>,
    merchant: String,
    body: Result<Bytes, BodyError>,
) -> Response {
    let mut claimed = String::new();
    let taken = take(&app, &merchant, body, &mut claimed).await;
    answer(&merchant, &claimed, taken)
}

/// Whose notice it is, and its fields; nothing of them is believed yet.
pub(super) fn open<'a>(
    app: &'a App,
    merchant: &str,
    body: Result<Bytes, BodyError>,
) -> Result<(&'a Merchant, Params), Rejected> {
    let merchant = app.merchants.get(merchant).ok_or(Rejected::UnknownMerchant)?;
    let params = from_xml(&body.map_err(Rejected::Body)?).map_err(Rejected::Xml)?;
    Ok((merchant, params))
}

/// SUCCESS, or FAIL and a line in the log that says why.
pub(super) fn answer(merchant: &str, claimed: &str, taken: Result<(), Rejected>) -> Response {
    match taken {
        Ok(()) => {
            log_taken(merchant, claimed);
            xml_reply(StatusCode::OK, pay_notice::SUCCESS)
        }
        Err(rejected) => {
            log_rejected(merchant, claimed, &rejected);
            xml_reply(rejected.status(), pay_notice::FAIL)
        }
    }
}

async fn take(
    app: &App,
    merchant: &str,
    body: Result<Bytes, BodyError>,
    claimed: &mut String,
) -> Result<(), Rejected> {
    let (merchant, params) = open(app, merchant, body)?;
    let out_trade_no = pay_notice::claimed_out_trade_no(&params).map_err(Rejected::Incomplete)?;
    out_trade_no.clone_into(claimed);
    let key = OrderKey { merchant: merchant.id.clone(), out_trade_no: out_trade_no.into() };
    let order = match app.orders.newest(&key).await {
        Ok(order) => order,
        Err(OrderError::NotFound) => return Err(keep_orphan(app, merchant, params).await),
        Err(error) => return Err(Rejected::Order(error)),
    };
    let verified = believe(app, merchant, params, order.sign_type).map_err(Rejected::Verify)?;
    let notice = pay_notice::read(&verified, &merchant.identity).map_err(Rejected::Notice)?;
    let payment = match notice.outcome {
        Outcome::Paid(payment) => payment,
        // Not a state of the order: the sweep asks WeChat what it means.
        Outcome::Failed { .. } => {
            app.orders.ask_soon(&order);
            return Ok(());
        }
    };
    let trade_state = TradeState::Success;
    let fact = Fact { source: Source::Notice, trade_state, payment: Some(payment) };
    app.orders.apply_to(order, fact).await.map_err(Rejected::Order)?;
    Ok(())
}

/// The merchant's key, or the former one as long as notices may carry it. The error is that of the present key.
fn believe(
    app: &App,
    merchant: &Merchant,
    params: Params,
    sign_type: SignType,
) -> Result<Verified, VerifyError> {
    match merchant.old_key_at(app.clock.now_ms()) {
        None => verify(params, sign_type, &merchant.api_key),
        Some(old) => verify(params.clone(), sign_type, &merchant.api_key)
            .or_else(|error| verify(params, sign_type, old).map_err(|_| error)),
    }
}

/// No order says which algorithm it uses, so either will do: the key is the same.
async fn keep_orphan(app: &App, merchant: &Merchant, params: Params) -> Rejected {
    let types = [SignType::HmacSha256, SignType::Md5];
    let verified = types.iter().find_map(|t| believe(app, merchant, params.clone(), *t).ok());
    let Some(verified) = verified else {
        return Rejected::UnknownOrder { genuine: false };
    };
    match pay_notice::read(&verified, &merchant.identity) {
        Ok(PayNotice { out_trade_no, outcome: Outcome::Paid(payment) }) => {
            match app.orders.keep_orphan(merchant, &out_trade_no, &payment).await {
                Ok(()) => Rejected::UnknownOrder { genuine: true },
                Err(error) => Rejected::Order(error),
            }
        }
        Ok(PayNotice { outcome: Outcome::Failed { .. }, .. }) => {
            Rejected::UnknownOrder { genuine: true }
        }
        Err(_) => Rejected::UnknownOrder { genuine: false },
    }
}

fn xml_reply(status: StatusCode, body: &'static str) -> Response {
    let xml = warp::reply::with_header(body, header::CONTENT_TYPE, "text/xml; charset=utf-8");
    warp::reply::with_status(xml, status).into_response()
}

impl Rejected {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownMerchant => StatusCode::NOT_FOUND,
            Self::Body(BodyError::TooLarge { .. }) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            Self::Order(OrderError::Store(_) | OrderError::Gateway(_)) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Body(BodyError::Broken)
            | Self::Xml(_)
            | Self::Incomplete(_)
            | Self::UnknownOrder { .. }
            | Self::Verify(_)
            | Self::Notice(_)
            | Self::RefundNotice(_)
            | Self::Unconfirmed
            | Self::Order(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn reason(&self) -> String {
        match self {
            Self::UnknownMerchant => "the path names no configured merchant".into(),
            Self::Body(error) => error.to_string(),
            Self::Xml(error) => error.to_string(),
            Self::Incomplete(error) => error.to_string(),
            Self::UnknownOrder { genuine: true } => {
                "out_trade_no: no such order here, but the notice is genuine".into()
            }
            Self::UnknownOrder { genuine: false } => "out_trade_no: no such order here".into(),
            Self::Verify(error) => error.to_string(),
            Self::Notice(error) => error.to_string(),
            Self::RefundNotice(error) => error.to_string(),
            Self::Unconfirmed => "WeChat does not confirm it when asked".into(),
            Self::Order(error) => error.to_string(),
        }
    }
}

fn log_taken(merchant: &str, out_trade_no: &str) {
    let request_id = telemetry::request_id();
    tracing::info!(request_id, merchant, out_trade_no, "notice taken");
}

/// One line, with nothing of the message but the order's number, cut short.
fn log_rejected(merchant: &str, out_trade_no: &str, rejected: &Rejected) {
    let request_id = telemetry::request_id();
    let merchant = telemetry::plain(merchant, 64);
    let reason = telemetry::plain(&rejected.reason(), 256);
    tracing::warn!(request_id, merchant, out_trade_no, reason, "notice refused");
}
