//! An order as WeChat keeps it (reference: order states).

use wxpay_core::messages::{TradeState, TradeType};
use wxpay_core::{Fen, Params, SignType, time};

use crate::ids::beijing;
use crate::payment::{PayError, Payment};
use crate::refund::Refunds;
use crate::scanner::{Attempt, Reversal};

/// A prepay_id lives two hours.
const PREPAY_LIFE_MS: i64 = 2 * 3_600_000;
/// The address of an H5 payment lives five minutes.
const MWEB_LIFE_MS: i64 = 5 * 60_000;
/// An order nobody pays closes by itself after seven days.
const ORDER_LIFE_MS: i64 = 7 * 24 * 3_600_000;

/// An order, paid or not.
#[derive(Debug, Clone)]
pub struct Order {
    /// The request's fields but nonce_str and sign: what a repeated request must equal.
    pub(crate) request: Params,
    pub(crate) sign_type: SignType,
    pub(crate) trade_type: TradeType,
    pub(crate) total_fee: Fen,
    pub(crate) created_ms: i64,
    /// `time_expire` in milliseconds since 1970.
    pub(crate) expires_ms: Option<i64>,
    pub(crate) prepay_id: String,
    pub(crate) prepay_ms: i64,
    pub(crate) code_url: Option<String>,
    /// When the newest mweb_url was given out.
    pub(crate) mweb_ms: i64,
    pub(crate) closed: bool,
    /// What became of the last payment code; only micropay orders have it.
    pub(crate) attempt: Option<Attempt>,
    pub(crate) reversal: Option<Reversal>,
    pub(crate) payment: Option<Payment>,
    pub(crate) refunds: Refunds,
    pub(crate) notices_sent: u32,
    pub(crate) notice_acknowledged: bool,
}

impl Order {
    /// A new order, unpaid, without a prepay_id. `request` is without nonce_str and sign.
    pub(crate) fn new(
        request: Params,
        sign_type: SignType,
        trade_type: TradeType,
        now_ms: i64,
    ) -> Self {
        let total_fee = request.get("total_fee").and_then(|fee| fee.parse().ok());
        let expires_ms = request.filled("time_expire").and_then(time::from_beijing);
        Self {
            request,
            sign_type,
            trade_type,
            total_fee: total_fee.unwrap_or(Fen::ZERO),
            created_ms: now_ms,
            expires_ms: expires_ms.map(|unix_s| unix_s * 1000),
            prepay_id: String::new(),
            prepay_ms: now_ms,
            code_url: None,
            mweb_ms: now_ms,
            closed: false,
            attempt: None,
            reversal: None,
            payment: None,
            refunds: Refunds::default(),
            notices_sent: 0,
            notice_acknowledged: false,
        }
    }

    /// The appid the order was made under.
    pub fn appid(&self) -> &str {
        self.field("appid")
    }

    /// The merchant number.
    pub fn mch_id(&self) -> &str {
        self.field("mch_id")
    }

    /// The merchant's number of the order.
    pub fn out_trade_no(&self) -> &str {
        self.field("out_trade_no")
    }

    /// The amount.
    pub fn total_fee(&self) -> Fen {
        self.total_fee
    }

    /// The newest prepay_id.
    pub fn prepay_id(&self) -> &str {
        &self.prepay_id
    }

    /// How it is to be paid.
    pub fn trade_type(&self) -> TradeType {
        self.trade_type
    }

    /// NATIVE: the text of the QR code.
    pub fn code_url(&self) -> Option<&str> {
        self.code_url.as_deref()
    }

    /// The state in WeChat's words.
    pub fn trade_state(&self) -> TradeState {
        if self.reversal.is_some() {
            return TradeState::Revoked;
        }
        match (&self.payment, &self.attempt) {
            (Some(_), _) if self.refunds.list.is_empty() => TradeState::Success,
            (Some(_), _) => TradeState::Refund,
            (None, _) if self.closed => TradeState::Closed,
            (None, Some(attempt)) => attempt.trade_state(),
            (None, None) => TradeState::NotPay,
        }
    }

    /// The payment, once there is one.
    pub fn payment(&self) -> Option<&Payment> {
        self.payment.as_ref()
    }

    /// How many notices were sent, repeats included.
    pub fn notices_sent(&self) -> u32 {
        self.notices_sent
    }

    /// Whether the merchant's server has answered a genuine notice with SUCCESS.
    pub fn notice_acknowledged(&self) -> bool {
        self.notice_acknowledged
    }

    /// A field of the request; empty when it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.request.get(name).unwrap_or_default()
    }

    /// Whether a request names the order's own shop, or the order has none (service-provider mode).
    pub(crate) fn is_of(&self, request: &Params) -> bool {
        let same_shop = request.filled("sub_mch_id") == self.request.filled("sub_mch_id");
        let sub_appid = request.filled("sub_appid");
        same_shop && (sub_appid.is_none() || sub_appid == self.request.filled("sub_appid"))
    }

    /// The first field in which a request differs from the one that made the order.
    pub(crate) fn differs(&self, business: &Params, but: &str) -> Option<String> {
        let names = self.request.iter().chain(business.iter()).map(|(name, _)| name);
        names
            .filter(|name| *name != but)
            .find(|name| self.request.filled(name) != business.filled(name))
            .map(str::to_owned)
    }

    /// Lets the order grow older: unpaid after seven days, it closes.
    pub(crate) fn pass_time(&mut self, now_ms: i64) {
        if self.payment.is_none() && now_ms - self.created_ms >= ORDER_LIFE_MS {
            self.closed = true;
        }
    }

    pub(crate) fn prepay_is_live(&self, now_ms: i64) -> bool {
        now_ms - self.prepay_ms < PREPAY_LIFE_MS
    }

    pub(crate) fn mweb_is_live(&self, now_ms: i64) -> bool {
        now_ms - self.mweb_ms < MWEB_LIFE_MS
    }

    /// Whether a person could pay now with this prepay_id.
    pub(crate) fn check_payable(&self, prepay_id: &str, now_ms: i64) -> Result<(), PayError> {
        match self.trade_state() {
            TradeState::Success | TradeState::Refund => return Err(PayError::Paid),
            TradeState::Closed | TradeState::Revoked => return Err(PayError::Closed),
            TradeState::NotPay | TradeState::UserPaying | TradeState::PayError => {}
        }
        if self.trade_type == TradeType::Micropay {
            return Err(PayError::NoCashier);
        }
        if self.expires_ms.is_some_and(|expires_ms| now_ms >= expires_ms) {
            return Err(PayError::OrderExpired);
        }
        if self.prepay_id != prepay_id || !self.prepay_is_live(now_ms) {
            return Err(PayError::PrepayExpired);
        }
        Ok(())
    }

    /// What both the reply to orderquery and the notice say of a payment (reference: orderquery, payment notification).
    pub(crate) fn payment_fields(
        &self,
        payment: &Payment,
        total_fee: Fen,
    ) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("openid", payment.openid.clone()),
            ("is_subscribe", "N".into()),
            ("trade_type", self.trade_type.as_str().into()),
            ("bank_type", payment.bank_type.into()),
            ("total_fee", total_fee.to_string()),
            ("fee_type", "CNY".into()),
            ("transaction_id", payment.transaction_id.clone()),
            ("out_trade_no", self.out_trade_no().into()),
            ("time_end", beijing(payment.at_ms)),
        ];
        if let Some(device_info) = self.request.filled("device_info") {
            fields.push(("device_info", device_info.into()));
        }
        if let Some(sub_openid) = &payment.sub_openid {
            fields.push(("sub_openid", sub_openid.clone()));
            fields.push(("sub_is_subscribe", "N".into()));
        }
        match &payment.coupon {
            None => fields.push(("cash_fee", total_fee.to_string())),
            Some((id, fee)) => {
                let rest = total_fee.checked_sub(*fee).unwrap_or(Fen::ZERO).to_string();
                fields.extend([
                    ("cash_fee", rest.clone()),
                    ("settlement_total_fee", rest),
                    ("coupon_fee", fee.to_string()),
                    ("coupon_count", "1".into()),
                    ("coupon_id_0", id.clone()),
                    ("coupon_fee_0", fee.to_string()),
                ]);
            }
        }
        fields
    }
}
