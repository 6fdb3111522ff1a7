//! refundquery (查询退款), POST `/pay/refundquery`: the truth about refunds. Safe to repeat.
//!
//! Asked by order it answers in pages of at most ten; an order with more than twenty refunds is better asked about
//! one by one.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::coupon::{Coupon, CouponFields};
use super::err_code::ErrCode;
use super::field::{Field, FieldError, Format};
use super::identity::Identity;
use super::refund::RefundStatus;
use super::reply::{self, ReplyError};
use super::request;
use crate::{ApiKey, Fen, Params, SignType, time};

/// The path at WeChat's host.
pub const PATH: &str = "/pay/refundquery";
/// The most refunds in one reply.
pub const PAGE: u64 = 10;

/// The request's own fields. One of the four numbers is required; the first in this order wins.
pub const FIELDS: &[Field] = &[
    Field::optional("refund_id", Format::Text(32)),
    OUT_REFUND_NO,
    Field::optional("transaction_id", Format::Text(32)),
    Field::optional("out_trade_no", Format::OutTradeNo),
    Field::optional("offset", Format::Number),
];

const OUT_REFUND_NO: Field = Field::optional("out_refund_no", Format::OutRefundNo);

/// Which refunds are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By<'a> {
    /// One, by WeChat's number.
    RefundId(&'a str),
    /// One, by the merchant's number.
    OutRefundNo(&'a str),
    /// Those of a payment, by WeChat's number of it.
    TransactionId(&'a str),
    /// Those of an order, by the merchant's number of it.
    OutTradeNo(&'a str),
}

impl By<'_> {
    fn field(&self) -> (&'static str, &str) {
        match self {
            Self::RefundId(number) => ("refund_id", number),
            Self::OutRefundNo(number) => ("out_refund_no", number),
            Self::TransactionId(number) => ("transaction_id", number),
            Self::OutTradeNo(number) => ("out_trade_no", number),
        }
    }
}

/// The signed request. `offset` skips so many refunds of an order; see [`Page::next_offset`].
///
/// # Errors
/// [`FieldError`] for the first field that breaks its rule.
pub fn request(
    by: By<'_>,
    offset: u64,
    identity: &Identity,
    nonce_str: &str,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Params, FieldError> {
    let (name, number) = by.field();
    let offset = (offset > 0).then(|| offset.to_string());
    let fields = [(name, Some(number)), ("offset", offset.as_deref())];
    request::signed(fields, identity, nonce_str, sign_type, key, check)
}

/// Checks a request's fields.
///
/// # Errors
/// The first [`FieldError`].
pub fn check(params: &Params) -> Result<(), FieldError> {
    request::check_all(params, FIELDS)?;
    let numbers = ["refund_id", "out_refund_no", "transaction_id", "out_trade_no"];
    request::check_any(params, &numbers, &OUT_REFUND_NO)
}

/// What WeChat says of the refunds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Some of them.
    Page(Page),
    /// There is none, or the request for it never arrived: the same refund may be sent again.
    NotExist,
}

/// Refunds of one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// WeChat's number of the payment.
    pub transaction_id: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
    /// What was ordered.
    pub total_fee: Fen,
    /// How many refunds the order has, when asked by order.
    pub total_refund_count: Option<u64>,
    /// The refunds of this page.
    pub refunds: Vec<RefundRecord>,
}

/// One refund as WeChat reports it. The names end in `$n` on the wire.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RefundRecord {
    /// The merchant's number of the refund.
    pub out_refund_no: String,
    /// WeChat's number of it.
    pub refund_id: String,
    /// What is paid back.
    pub refund_fee: Fen,
    /// What the merchant pays of it, when non-recharge coupons were used.
    pub settlement_refund_fee: Option<Fen>,
    /// The coupons to which a part goes back.
    pub coupons: Vec<Coupon>,
    /// What became of it; `Err` holds a word we do not know: keep asking, conclude nothing.
    pub status: Result<RefundStatus, String>,
    /// `ORIGINAL`, `BALANCE`, `OTHER_BALANCE`, `OTHER_BANKCARD`.
    pub refund_channel: Option<String>,
    /// Which of the merchant's accounts pays.
    pub refund_account: Option<String>,
    /// Where the money goes, in WeChat's words (`refund_recv_accout`, spelled so).
    pub refund_recv_accout: Option<String>,
    /// Seconds since 1970 of `refund_success_time`.
    pub refund_success_time: Option<i64>,
}

impl Page {
    /// Where the next page starts when this one was asked for with `offset`; `None` when it was the last.
    pub fn next_offset(&self, offset: u64) -> Option<u64> {
        let next = offset.checked_add(u64::try_from(self.refunds.len()).ok()?)?;
        (next > offset && next < self.total_refund_count?).then_some(next)
    }
}

/// Reads the reply. `REFUNDNOTEXIST` is an answer, not an error.
///
/// # Errors
/// [`ReplyError`]; a reply about another number than was asked for is a field error.
pub fn read_reply(
    reply: Params,
    by: By<'_>,
    identity: &Identity,
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Found, ReplyError> {
    let verified = match reply::open(reply, identity, sign_type, key) {
        Err(ReplyError::Refused { code: ErrCode::RefundNotExist, .. }) => {
            return Ok(Found::NotExist);
        }
        other => other?,
    };
    let page = read_page(verified.params())?;
    check_same(&page, by)?;
    Ok(Found::Page(page))
}

fn check_same(page: &Page, by: By<'_>) -> Result<(), FieldError> {
    let all = |test: fn(&RefundRecord) -> &str, number| {
        page.refunds.iter().all(|one| test(one) == number)
    };
    let (same, field) = match by {
        By::RefundId(number) => (all(|one| &one.refund_id, number), REFUND_ID),
        By::OutRefundNo(number) => (all(|one| &one.out_refund_no, number), OUT_REFUND_NO_N),
        By::TransactionId(number) => (page.transaction_id == number, TRANSACTION_ID),
        By::OutTradeNo(number) => (page.out_trade_no == number, OUT_TRADE_NO),
    };
    if same { Ok(()) } else { Err(field.wrong()) }
}

const TRANSACTION_ID: Field = Field::required("transaction_id", Format::Text(32));
const OUT_TRADE_NO: Field = Field::required("out_trade_no", Format::OutTradeNo);
const TOTAL_FEE: Field = Field::required("total_fee", Format::TotalFee);
const TOTAL_REFUND_COUNT: Field = Field::optional("total_refund_count", Format::Number);
const REFUND_COUNT: Field = Field::required("refund_count", Format::Number);

fn read_page(params: &Params) -> Result<Page, FieldError> {
    // A count beyond what is there ends at the first row that is missing.
    let count = REFUND_COUNT.parse::<usize>(params)?;
    Ok(Page {
        transaction_id: TRANSACTION_ID.of(params)?.into(),
        out_trade_no: OUT_TRADE_NO.of(params)?.into(),
        total_fee: TOTAL_FEE.parse(params)?,
        total_refund_count: TOTAL_REFUND_COUNT.find(params)?,
        refunds: (0..count).map(|n| read_record(params, n)).collect::<Result<_, _>>()?,
    })
}

const REFUND_ID: Field = Field::required("refund_id_$n", Format::Text(32));
const OUT_REFUND_NO_N: Field = Field::required("out_refund_no_$n", Format::OutRefundNo);
const REFUND_FEE: Field = Field::required("refund_fee_$n", Format::TotalFee);
const SETTLEMENT_REFUND_FEE: Field = Field::optional("settlement_refund_fee_$n", Format::Number);
const REFUND_STATUS: Field = Field::required("refund_status_$n", Format::Text(32));
const SUCCESS_TIME: Field = Field::optional("refund_success_time_$n", Format::DateTime);
const COUPONS: CouponFields = CouponFields {
    id: "coupon_refund_id",
    fee: "coupon_refund_fee",
    rule: Field::optional("coupon_refund_fee_$n_$m", Format::Number),
};

fn read_record(params: &Params, n: usize) -> Result<RefundRecord, FieldError> {
    let text = |name: &str| params.filled(&format!("{name}_{n}")).map(ToString::to_string);
    let settlement = params.filled(&SETTLEMENT_REFUND_FEE.in_row(n));
    let success_time = params.filled(&SUCCESS_TIME.in_row(n));
    let status = REFUND_STATUS.of_row(params, n)?;
    Ok(RefundRecord {
        out_refund_no: OUT_REFUND_NO_N.of_row(params, n)?.into(),
        refund_id: REFUND_ID.of_row(params, n)?.into(),
        refund_fee: REFUND_FEE.of_row(params, n)?.parse().map_err(|_| REFUND_FEE.wrong())?,
        settlement_refund_fee: settlement
            .map(|fee| fee.parse().map_err(|_| SETTLEMENT_REFUND_FEE.wrong()))
            .transpose()?,
        coupons: Coupon::read(params, &COUPONS, &format!("_{n}"))?,
        status: status.parse().map_err(|()| status.to_string()),
        refund_channel: text("refund_channel"),
        refund_account: text("refund_account"),
        refund_recv_accout: text("refund_recv_accout"),
        refund_success_time: success_time
            .map(|text| time::from_beijing_dashed(text).ok_or(SUCCESS_TIME.wrong()))
            .transpose()?,
    })
}
