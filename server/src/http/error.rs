//! The one type that knows both our errors and HTTP: status, code, message for the caller; source for the log.

use std::fmt::Display;

use serde::Serialize;
use warp::Reply;
use warp::http::{HeaderValue, StatusCode, header};
use warp::reply::Response;
use wxpay_core::messages::ErrCode;
use wxpay_core::messages::code2session::SessionError;
use wxpay_core::messages::reply::ReplyError;

use crate::books::ReconcileError;
use crate::gateway::{Code2SessionError, Doubt, GatewayError};
use crate::login::LoginError;
use crate::orders::{Conflict, OrderError, RefundError, Refused, TOO_OFTEN_S};
use crate::store::StoreError;
use crate::telemetry;

/// A final answer other than success.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    field: Option<Box<str>>,
    wechat_code: Option<Box<str>>,
    advice: Option<&'static str>,
    retry_after_s: Option<u32>,
    source: Option<Box<str>>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'static str,
    message: &'a str,
    request_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    wechat_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'a str>,
}

impl ApiError {
    /// An answer with a stable code and a sentence.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status,
            code,
            message,
            field: None,
            wechat_code: None,
            advice: None,
            retry_after_s: None,
            source: None,
        }
    }

    /// 422: a field is missing or wrong.
    pub fn field(field: impl Into<String>, expected: impl Display) -> Self {
        let field = field.into();
        let message = format!("{field}: {expected}");
        let error = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", message);
        Self { field: Some(field.into()), ..error }
    }

    /// 401. The same for everybody, so that nobody learns which credential came close.
    pub fn unauthorized() -> Self {
        let message = "the credential is missing, wrong or expired: \
            a phone logs in again, a backend sends its admin key as Authorization: Bearer";
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    /// 404. The same for what does not exist and what is somebody else's.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such thing here")
    }

    /// 500.
    pub fn internal() -> Self {
        let message = "something went wrong here; the log has it under this request_id";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// 504: our own limit for a request is over.
    pub fn too_slow() -> Self {
        let message = "this took too long; it may still happen, so query before you repeat it";
        Self::new(StatusCode::GATEWAY_TIMEOUT, "request_timeout", message)
    }

    /// 402: the user's payment code was not charged. `advice` is a stable word for what the cashier does now.
    pub fn not_charged(code: &ErrCode, description: &str, advice: &'static str) -> Self {
        let message = format!("nothing was charged: {}", code.meaning());
        let wechat_code = Some(code.as_str().into());
        let error = Self::new(StatusCode::PAYMENT_REQUIRED, "not_charged", message);
        let error = error.because(format!("{code} {description}"));
        Self { wechat_code, advice: Some(advice), ..error }
    }

    /// What only the log may know.
    pub fn because(mut self, source: impl Display) -> Self {
        self.source = Some(source.to_string().into());
        self
    }

    /// 409: WeChat has said no for good.
    pub fn refund_refused(refused: &Refused) -> Self {
        let message = format!(
            "WeChat refused the refund for good ({}), and nothing was paid back; its number is used up",
            ErrCode::from(refused.code.as_str()).meaning()
        );
        let error = Self::new(StatusCode::CONFLICT, "refund_refused", message);
        Self { wechat_code: Some(refused.code.as_str().into()), ..error }
            .because(&refused.description)
    }

    /// 503 that passes by itself.
    fn unavailable(code: &'static str, message: &'static str) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message);
        Self { retry_after_s: Some(1), ..error }
    }

    fn upstream(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, code, message)
    }
}

impl Reply for ApiError {
    fn into_response(self) -> Response {
        let body = self.body();
        let mut response = warp::reply::json(&body).into_response();
        *response.status_mut() = self.status;
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl ApiError {
    /// What the caller reads, also where the status is sent already. Writes the log.
    pub(super) fn body(&self) -> impl Serialize + '_ {
        let request_id = telemetry::request_id();
        let source = self.source.as_deref().unwrap_or_default();
        if self.status.is_server_error() {
            tracing::warn!(request_id, code = self.code, source, "request failed");
        } else {
            tracing::debug!(request_id, code = self.code, source, "request refused");
        }
        Body {
            code: self.code,
            message: &self.message,
            request_id,
            field: self.field.as_deref(),
            wechat_code: self.wechat_code.as_deref(),
            advice: self.advice,
        }
    }
}

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        match error {
            OrderError::NotFound => Self::not_found(),
            OrderError::Field { field, expected } => {
                Self::field(field, format!("expected {expected}"))
            }
            OrderError::Conflict(conflict) => conflict.into(),
            OrderError::Refund(error) => error.into(),
            OrderError::RefundDiffers(differs) => {
                let message =
                    "WeChat's record of this refund is not ours; somebody must look at it";
                Self::upstream("upstream_differs", message).because(differs)
            }
            OrderError::Gateway(error) => error.into(),
            OrderError::Store(error) => error.into(),
        }
    }
}

impl From<RefundError> for ApiError {
    fn from(error: RefundError) -> Self {
        const FEE: &str = "refund_fee";
        const NUMBER: &str = "out_refund_no";
        let (status, code, field) = match error {
            RefundError::NotConfigured => {
                (StatusCode::SERVICE_UNAVAILABLE, "refunds_not_configured", None)
            }
            RefundError::NotPaid => (StatusCode::CONFLICT, "order_not_paid", None),
            RefundError::TooMuch { .. } => {
                (StatusCode::UNPROCESSABLE_ENTITY, "refund_too_much", Some(FEE))
            }
            RefundError::TooOld => (StatusCode::CONFLICT, "payment_too_old", None),
            RefundError::TooManyParts => (StatusCode::CONFLICT, "too_many_refunds", None),
            RefundError::NumberUsed => (StatusCode::CONFLICT, "out_refund_no_used", Some(NUMBER)),
        };
        Self { field: field.map(Into::into), ..Self::new(status, code, error.to_string()) }
    }
}

impl From<Conflict> for ApiError {
    fn from(conflict: Conflict) -> Self {
        let (code, field) = match conflict {
            Conflict::NumberUsed => ("out_trade_no_used", Some("out_trade_no")),
            Conflict::KeyUsed => ("idempotency_key_used", Some("Idempotency-Key")),
            Conflict::Paid => ("order_paid", None),
            Conflict::Closed => ("order_closed", None),
            Conflict::Expired => ("order_expired", None),
            Conflict::OtherTradeType(_) => ("other_trade_type", None),
            Conflict::Charging => ("already_charged", None),
            Conflict::Reversible => ("reverse_instead", None),
            Conflict::Reversing => ("order_reversing", None),
            Conflict::Refunding => ("order_refunded", None),
        };
        let error = Self::new(StatusCode::CONFLICT, code, conflict.as_str());
        Self { field: field.map(Into::into), ..error }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stale | StoreError::Busy => {
                Self::unavailable("busy", "too much is going on; try again").because(error)
            }
            StoreError::Failed { .. } | StoreError::Damaged { .. } => {
                Self::unavailable("store_failed", "nothing can be recorded right now")
                    .because(error)
            }
        }
    }
}

impl From<GatewayError> for ApiError {
    fn from(error: GatewayError) -> Self {
        let source = error.to_string();
        let answer = match error {
            // Whatever the caller can choose was checked when the order was made: what is wrong here is ours.
            GatewayError::Invalid(_) => Self::internal(),
            GatewayError::NoCertificate => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "certificate_not_configured",
                "this needs the merchant certificate: set cert_file and key_file of the merchant",
            ),
            GatewayError::NotSent { .. } => {
                Self::upstream("upstream_unreachable", "WeChat cannot be reached; try again")
            }
            GatewayError::Unknown(Doubt::Timeout) => {
                let message = "WeChat did not answer in time; try again";
                Self::new(StatusCode::GATEWAY_TIMEOUT, "upstream_timeout", message)
            }
            GatewayError::Unknown(Doubt::Reply(error)) => reply_error(error),
            GatewayError::Unknown(
                Doubt::Broken { .. } | Doubt::Status(_) | Doubt::TooLarge | Doubt::Unreadable(_),
            ) => Self::upstream("upstream_bad_reply", "WeChat gave no usable answer; try again"),
            GatewayError::Refused { code, .. } => {
                let mut answer = Self::upstream("upstream_refused", "WeChat refused");
                answer.message = format!("WeChat refused: {}", code.meaning());
                answer.wechat_code = Some(code.as_str().into());
                answer
            }
        };
        answer.because(source)
    }
}

impl From<ReconcileError> for ApiError {
    fn from(error: ReconcileError) -> Self {
        let words = error.to_string();
        match error {
            ReconcileError::OutOfRange => {
                Self::field("date", "expected a day that is over, at most three months ago")
            }
            ReconcileError::NotReady => Self::unavailable(
                "upstream_bill_not_ready",
                "WeChat has not made this bill yet; it does after 10:00 Beijing time of the next day",
            ),
            ReconcileError::Refused { .. } => {
                Self::new(StatusCode::BAD_GATEWAY, "upstream_bill_refused", words)
            }
            ReconcileError::Bill(_) | ReconcileError::OtherDay => {
                Self::new(StatusCode::BAD_GATEWAY, "upstream_bill_damaged", words)
            }
            ReconcileError::Gateway(error) => error.into(),
            ReconcileError::Order(error) => error.into(),
            ReconcileError::Store(error) => error.into(),
            ReconcileError::Stopped => {
                Self::unavailable("busy", "the server is about to end; try again")
            }
        }
    }
}

fn reply_error(error: ReplyError) -> ApiError {
    match error {
        ReplyError::NotAccepted { .. } => ApiError::upstream(
            "upstream_not_accepted",
            "WeChat did not accept our request; the log says why",
        ),
        ReplyError::NotVerified(_) | ReplyError::OtherMerchant(_) => {
            ApiError::upstream("upstream_bad_sign", "the answer is not WeChat's; try again")
        }
        ReplyError::Refused { code, .. } => {
            let mut answer = ApiError::unavailable("upstream_busy", "WeChat is busy; try again");
            answer.wechat_code = Some(code.as_str().into());
            if code.is_too_often() {
                answer.retry_after_s = Some(TOO_OFTEN_S);
            }
            answer
        }
        ReplyError::Field(_) => {
            ApiError::upstream("upstream_bad_reply", "WeChat's answer is incomplete; try again")
        }
    }
}

impl From<LoginError> for ApiError {
    fn from(error: LoginError) -> Self {
        let used = "the login code is wrong, used or expired; call wx.login again";
        let bad_code = || Self::new(StatusCode::UNAUTHORIZED, "login_code_invalid", used);
        match error {
            LoginError::CodeMalformed => {
                Self::field("code", "expected the code of wx.login, 1 to 256 bytes")
            }
            LoginError::CodeUsed => bad_code(),
            LoginError::Store(error) => error.into(),
            LoginError::WeChat(Code2SessionError::Gateway(error)) => error.into(),
            LoginError::WeChat(Code2SessionError::Session(error)) => match error {
                SessionError::BadCode => bad_code(),
                SessionError::Busy => Self::unavailable("upstream_busy", "WeChat is busy"),
                SessionError::RateLimited => {
                    let message = "too many logins; wait a minute";
                    Self::new(StatusCode::TOO_MANY_REQUESTS, "login_rate_limited", message)
                }
                SessionError::BlockedUser => {
                    let message = "WeChat has blocked this user";
                    Self::new(StatusCode::FORBIDDEN, "user_blocked", message)
                }
                SessionError::Configuration { .. }
                | SessionError::Unlisted { .. }
                | SessionError::Malformed => {
                    Self::upstream("upstream_bad_reply", "WeChat cannot log this user in")
                }
            }
            .because(error),
        }
    }
}
