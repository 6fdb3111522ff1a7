//! WeChat's error codes (`err_code`), with what they mean. What to do next depends on the call: see each message.

use alloc::string::String;
use core::fmt;

macro_rules! err_codes {
    ($($variant:ident = $code:literal, $meaning:literal;)*) => {
        /// An `err_code` of APIv2.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum ErrCode {
            $(#[doc = $meaning] $variant,)*
            /// A code WeChat's documents do not list. Nothing may be concluded from it.
            Unlisted(String),
        }

        impl ErrCode {
            /// The code as WeChat writes it.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Unlisted(code) => code,
                }
            }

            /// What the code means, in plain English.
            pub const fn meaning(&self) -> &'static str {
                match self {
                    $(Self::$variant => $meaning,)*
                    Self::Unlisted(_) => "a code WeChat does not document",
                }
            }
        }

        impl From<&str> for ErrCode {
            fn from(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    other => Self::Unlisted(other.chars().take(32).collect()),
                }
            }
        }

        #[cfg(test)]
        const LISTED: &[&str] = &[$($code),*];
    };
}

err_codes! {
    AppidMchidNotMatch = "APPID_MCHID_NOT_MATCH", "the appid is not bound to the mch_id";
    AppidNotExist = "APPID_NOT_EXIST", "there is no such appid";
    AuthCodeError = "AUTH_CODE_ERROR", "the payment code is invalid; each works once";
    AuthCodeExpire = "AUTHCODEEXPIRE", "the payment code has expired";
    AuthCodeInvalid = "AUTH_CODE_INVALID", "the code is not a WeChat payment code";
    BankError = "BANKERROR", "an error at the bank; the outcome is unknown";
    BillCreating = "BILL_CREATING", "the bill is not ready yet";
    BizerrNeedRetry = "BIZERR_NEED_RETRY", "WeChat asks for the same request again";
    BuyerMismatch = "BUYER_MISMATCH", "another user has already tried to pay this order";
    CertError = "CERT_ERROR", "the merchant certificate is missing or wrong";
    Error = "ERROR", "a business refusal; the description says why";
    FreqLimit = "FREQ_LIMIT", "too many requests";
    FrequencyLimited = "FREQUENCY_LIMITED", "too many requests";
    InvalidReqTooMuch = "INVALID_REQ_TOO_MUCH", "too many bad requests; wait a minute";
    InvalidRequest = "INVALID_REQUEST", "the parameters contradict each other, or the number was used with others";
    InvalidTransactionid = "INVALID_TRANSACTIONID", "the transaction_id is not valid";
    LackParams = "LACK_PARAMS", "a parameter is missing";
    MchidNotExist = "MCHID_NOT_EXIST", "there is no such mch_id";
    NoBillExist = "NO_BILL_EXIST", "there is no bill for this day";
    NoAuth = "NOAUTH", "this product is not enabled for the merchant";
    NotEnough = "NOTENOUGH", "the balance is too low";
    NotSupportCard = "NOTSUPORTCARD", "this kind of card cannot be used";
    NotUtf8 = "NOT_UTF8", "the request is not UTF-8";
    OrderClosed = "ORDERCLOSED", "the order is closed";
    OrderNotExist = "ORDERNOTEXIST", "there is no such order";
    OrderNotReady = "ORDER_NOT_READY", "the order is still being processed";
    OrderPaid = "ORDERPAID", "the order is paid already";
    OrderReversed = "ORDERREVERSED", "the order was reversed";
    OutTradeNoUsed = "OUT_TRADE_NO_USED", "the out_trade_no was used with other parameters";
    ParamError = "PARAM_ERROR", "a parameter is wrong";
    PostDataEmpty = "POST_DATA_EMPTY", "the request has no body";
    RefundFeeInvalid = "REFUND_FEE_INVALID", "the refund amount is not allowed";
    RefundFeeMismatch = "REFUND_FEE_MISMATCH", "this out_refund_no was used with another amount";
    RefundNotExist = "REFUNDNOTEXIST", "there is no such refund";
    RequirePostMethod = "REQUIRE_POST_METHOD", "the request was not a POST";
    ReverseExpire = "REVERSE_EXPIRE", "too late to reverse; refund instead";
    SignError = "SIGNERROR", "the signature is wrong";
    SystemError = "SYSTEMERROR", "WeChat is busy; the outcome is unknown";
    TradeError = "TRADE_ERROR", "a business refusal; the description says why";
    TradeOverdue = "TRADE_OVERDUE", "the payment is more than a year old";
    TradeStateError = "TRADE_STATE_ERROR", "the order's state does not allow this";
    UserAccountAbnormal = "USER_ACCOUNT_ABNORMAL", "the user's account is closed or abnormal";
    UserPaying = "USERPAYING", "the user is entering the password; the outcome is unknown";
    XmlFormatError = "XML_FORMAT_ERROR", "the request is not valid XML";
}

impl ErrCode {
    /// Whether the refusal is final: WeChat has not done, and will not do, what was asked.
    ///
    /// Busy, rate-limited and undocumented answers are not: the same request must be asked about or sent again.
    pub const fn is_final(&self) -> bool {
        !matches!(
            self,
            Self::SystemError
                | Self::BankError
                | Self::BillCreating
                | Self::BizerrNeedRetry
                | Self::FreqLimit
                | Self::FrequencyLimited
                | Self::UserPaying
                | Self::Unlisted(_)
        )
    }

    /// Whether WeChat wants to be left alone for a while.
    pub const fn is_too_often(&self) -> bool {
        matches!(self, Self::FreqLimit | Self::FrequencyLimited)
    }
}

impl fmt::Display for ErrCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_as_itself() {
        for code in LISTED {
            let read = ErrCode::from(*code);
            assert_eq!(read.as_str(), *code);
            assert!(!matches!(read, ErrCode::Unlisted(_)));
        }
        assert!(!ErrCode::from("BRAND_NEW").is_final());
        assert!(!ErrCode::SystemError.is_final());
        assert!(ErrCode::OrderPaid.is_final());
    }

    #[test]
    fn two_codes_want_to_be_left_alone() {
        let codes = LISTED.iter().filter(|code| ErrCode::from(**code).is_too_often());
        assert!(codes.eq(&["FREQ_LIMIT", "FREQUENCY_LIMITED"]));
    }
}
