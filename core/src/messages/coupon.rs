//! The coupons of a payment or a refund.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::field::{Field, FieldError};
use crate::{Fen, Params};

/// One coupon that paid a part (`coupon_id_$n`), or to which a part went back (`coupon_refund_id_$n`), and its
/// companions.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Coupon {
    /// `coupon_id_$n`, `coupon_refund_id_$n`.
    pub id: String,
    /// `coupon_fee_$n`, `coupon_refund_fee_$n`.
    pub fee: Fen,
    /// `coupon_type_$n`, which WeChat may leave out.
    pub kind: Option<String>,
}

/// How a message names its coupons.
pub(super) struct CouponFields {
    /// The name of the number, without its index.
    pub id: &'static str,
    /// The name of the amount, without its index.
    pub fee: &'static str,
    /// The amount's rule.
    pub rule: Field,
}

impl Coupon {
    /// The index counts from 0; reading stops at the first that is not there. `group` stands before it: empty, or
    /// the index of the refund they belong to, as in `_3`.
    pub(super) fn read(
        params: &Params,
        fields: &CouponFields,
        group: &str,
    ) -> Result<Vec<Self>, FieldError> {
        let mut coupons = Vec::new();
        let value = |name: &str, at: usize| {
            params.filled(&format!("{name}{group}_{at}")).map(ToString::to_string)
        };
        while let Some(id) = value(fields.id, coupons.len()) {
            let at = coupons.len();
            let fee = value(fields.fee, at).unwrap_or("0".to_string());
            let fee = fee.parse().map_err(|_| fields.rule.wrong())?;
            coupons.push(Self { id, fee, kind: value("coupon_type", at) });
        }
        Ok(coupons)
    }
}
