//! Why the control API says no, and how it says so.

use std::fmt;
use std::io;

use hyper::StatusCode;

use crate::faults::FaultError;
use crate::notices::NoticeError;
use crate::payment::PayError;
use crate::refund_notices::UnknownOrderError;
use crate::simulator::LoginError;

/// Why the control API says no.
#[derive(Debug)]
pub(super) enum ControlError {
    NoSuchPage,
    WrongMethod,
    Json(serde_json::Error),
    BadAfter,
    Action,
    NoBackup,
    Primary(io::Error),
    Login(LoginError),
    Fault(FaultError),
    Notice(NoticeError),
    Order(UnknownOrderError),
    Pay(PayError),
}

impl ControlError {
    pub(super) fn status(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoSuchPage => (StatusCode::NOT_FOUND, "not_found"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::Json(_) => (StatusCode::BAD_REQUEST, "bad_json"),
            Self::BadAfter => (StatusCode::BAD_REQUEST, "bad_after"),
            Self::Action => (StatusCode::BAD_REQUEST, "bad_action"),
            Self::NoBackup => (StatusCode::CONFLICT, "no_backup"),
            Self::Primary(_) => (StatusCode::INTERNAL_SERVER_ERROR, "primary_lost"),
            Self::Login(LoginError) => (StatusCode::NOT_FOUND, "unknown_appid"),
            Self::Fault(_) => (StatusCode::BAD_REQUEST, "bad_fault"),
            Self::Notice(NoticeError::UnknownOrder)
            | Self::Order(UnknownOrderError)
            | Self::Pay(PayError::UnknownOrder) => (StatusCode::NOT_FOUND, "unknown_order"),
            Self::Notice(NoticeError::UnknownRefund) => (StatusCode::NOT_FOUND, "unknown_refund"),
            Self::Notice(NoticeError::NotEnded) => (StatusCode::CONFLICT, "not_ended"),
            Self::Notice(NoticeError::NoUrl) => (StatusCode::CONFLICT, "no_notify_url"),
            Self::Notice(NoticeError::NotPaid) => (StatusCode::CONFLICT, "not_paid"),
            Self::Notice(NoticeError::NoNotice) => (StatusCode::CONFLICT, "no_notice"),
            Self::Notice(NoticeError::NoOtherMerchant) => {
                (StatusCode::CONFLICT, "no_other_merchant")
            }
            Self::Notice(NoticeError::Unanswered(_)) => (StatusCode::BAD_GATEWAY, "unanswered"),
            Self::Pay(_) => (StatusCode::BAD_REQUEST, "cannot_pay"),
        }
    }
}

impl fmt::Display for ControlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchPage => f.write_str("there is no such page"),
            Self::WrongMethod => f.write_str("this page takes another method"),
            Self::Json(error) => write!(f, "the body: {error}"),
            Self::BadAfter => f.write_str("after: expected a whole number"),
            Self::Action => f.write_str("action: expected pay, fail or cancel"),
            Self::NoBackup => f.write_str("there is no backup to go to"),
            Self::Primary(error) => write!(f, "the primary: {error}"),
            Self::Login(error) => error.fmt(f),
            Self::Fault(error) => error.fmt(f),
            Self::Notice(error) => error.fmt(f),
            Self::Order(error) => error.fmt(f),
            Self::Pay(error) => error.fmt(f),
        }
    }
}
