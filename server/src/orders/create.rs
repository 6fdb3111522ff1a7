//! Creating an order. The price comes from the merchant's backend and is durable before anybody hears of the order.

use wxpay_core::messages::{Field, TradeType, micropay, unified_order};
use wxpay_core::xml::to_xml;
use wxpay_core::{Fen, Params};

use super::micropay::require_certificate;
use super::order::{Asked, Event, EventKind, Extra, Order, OrderKey, Terms};
use super::{ATTEMPTS, Conflict, Idempotency, OrderError, Orders};
use crate::ambient::new_number;
use crate::merchant::{Merchant, notify_url};
use crate::store::{Change, StoreError};

/// The shortest time to pay: WeChat's older documents want more than five minutes.
pub const MIN_EXPIRE_S: i64 = 5 * 60;
/// WeChat closes every order after seven days.
pub const MAX_EXPIRE_S: i64 = 7 * 24 * 60 * 60;

/// What the merchant's backend asks for.
#[derive(Debug, Clone)]
pub struct NewOrder {
    /// The merchant's number, or ours if it has none.
    pub out_trade_no: Option<String>,
    /// What the user reads on the bill.
    pub body: String,
    /// The price.
    pub total_fee: Fen,
    /// How it will be paid.
    pub trade_type: TradeType,
    /// The only user who may pay it; without, the first who tries.
    pub openid: Option<String>,
    /// Seconds in which it can be paid.
    pub expire_s: Option<i64>,
    /// Further fields of unifiedorder.
    pub extra: Extra,
}

/// The order, and whether this call made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The order.
    pub order: Order,
    /// False when an earlier call had made it.
    pub is_new: bool,
}

impl Orders {
    /// Creates an order; the same request again finds the same order.
    ///
    /// # Errors
    /// [`OrderError::Field`] for a bad field, [`Conflict::NumberUsed`] and [`Conflict::KeyUsed`] for a number or an
    /// Idempotency-Key that stands for something else.
    pub async fn create(
        &self,
        merchant: &Merchant,
        new: NewOrder,
        idempotency: Option<Idempotency>,
    ) -> Result<Created, OrderError> {
        for _ in 0..ATTEMPTS {
            if let Some(row) = self.made_by_key(merchant, idempotency.as_ref()).await? {
                let key = OrderKey { merchant: row.merchant, out_trade_no: row.out_trade_no };
                return Ok(Created { order: self.get(&key).await?, is_new: false });
            }
            let now_ms = self.clock.now_ms();
            let (key, first) = self.begin(merchant, &new, now_ms)?;
            if let Some(order) = self.store.order(&key).await? {
                if !is_same(&order, &new) {
                    return Err(OrderError::Conflict(Conflict::NumberUsed));
                }
                let Some(idempotency) = &idempotency else {
                    return Ok(Created { order, is_new: false });
                };
                // From now on the key stands for this order, too.
                let change = Change::default();
                let change = change.with_idempotency(idempotency.row(&key, None));
                match self.store.commit(change).await {
                    Ok(()) => return Ok(Created { order, is_new: false }),
                    Err(StoreError::Stale) => continue,
                    Err(error) => return Err(error.into()),
                }
            }
            if self.is_used_elsewhere(merchant, &key).await? {
                return Err(OrderError::Conflict(Conflict::NumberUsed));
            }
            let Some(mut change) = Change::create(key.clone(), first, now_ms) else { continue };
            if let Some(idempotency) = &idempotency {
                change = change.with_idempotency(idempotency.row(&key, None));
            }
            let created = change.order().cloned();
            match (self.store.commit(change).await, created) {
                (Ok(()), Some(order)) => {
                    self.agenda.watch(&order, now_ms);
                    return Ok(Created { order, is_new: true });
                }
                (Ok(()), None) | (Err(StoreError::Stale), _) => {}
                (Err(error), _) => return Err(error.into()),
            }
        }
        Err(StoreError::Stale.into())
    }

    /// The order's key and first event, with every field checked as WeChat will.
    fn begin(
        &self,
        merchant: &Merchant,
        new: &NewOrder,
        now_ms: i64,
    ) -> Result<(OrderKey, EventKind), OrderError> {
        let expire_s = new.expire_s.unwrap_or(self.expire_s);
        if !(MIN_EXPIRE_S..=MAX_EXPIRE_S).contains(&expire_s) {
            let expected = format!("{MIN_EXPIRE_S} to {MAX_EXPIRE_S} seconds");
            return Err(OrderError::Field { field: "expire_s", expected });
        }
        let own = new.out_trade_no.clone();
        let out_trade_no = own.unwrap_or_else(|| new_number(now_ms, &*self.nonces));
        let key = OrderKey { merchant: merchant.id.clone(), out_trade_no };
        let first = EventKind::Created {
            terms: Box::new(Terms {
                body: new.body.clone(),
                total_fee: new.total_fee,
                trade_type: new.trade_type,
                expires_ms: now_ms + expire_s * 1000,
                extra: new.extra.clone(),
            }),
            sign_type: merchant.sign_type,
            openid: new.openid.clone(),
        };
        self.check(merchant, &key, &first, now_ms)?;
        Ok((key, first))
    }

    /// WeChat knows numbers by mch_id: those of a service provider's shops, and of one merchant's programs, are one set.
    async fn is_used_elsewhere(
        &self,
        merchant: &Merchant,
        key: &OrderKey,
    ) -> Result<bool, OrderError> {
        let mch_id = &merchant.identity.mch_id;
        let is_sister =
            |other: &&Merchant| other.id != merchant.id && other.identity.mch_id == *mch_id;
        for other in self.merchants.iter().filter(is_sister) {
            let key = OrderKey { merchant: other.id.clone(), ..key.clone() };
            if self.store.order(&key).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Builds the request this order will lead to, with stand-ins for what only the phone knows.
    fn check(
        &self,
        merchant: &Merchant,
        key: &OrderKey,
        first: &EventKind,
        now_ms: i64,
    ) -> Result<(), OrderError> {
        let created = Event { seq: 1, at_ms: now_ms, what: first.clone() };
        let Some(mut order) = Order::begin(key.clone(), &created) else { return Ok(()) };
        let spbill_create_ip = "0.0.0.0".into();
        order.asked = Some(Asked {
            at_ms: now_ms,
            spbill_create_ip,
            notify_url: Some(notify_url(&self.public_url, &merchant.id)),
        });
        let Merchant { identity, sign_type, api_key, .. } = merchant;
        let nonce = self.nonces.nonce();
        let (params, fields) = if order.is_micropay() {
            require_certificate(merchant)?;
            check_unused(&order.terms.extra)?;
            let Some(request) = order.micropay(STAND_IN_CODE) else { return Ok(()) };
            (request.to_params(identity, &nonce, *sign_type, api_key), micropay::FIELDS)
        } else {
            order.openid.get_or_insert_with(|| "not yet known".into());
            let Some(request) = order.unified_order(identity) else { return Ok(()) };
            (request.to_params(identity, &nonce, *sign_type, api_key), unified_order::FIELDS)
        };
        let params = params.map_err(|error| OrderError::Field {
            field: error.field,
            expected: match error.missing {
                true => format!("{}; it is missing", error.expected),
                false => error.expected.to_string(),
            },
        })?;
        check_characters(&params, fields)
    }
}

/// A payment code that nobody has.
const STAND_IN_CODE: &str = "100000000000000000";

/// What the merchant wants and micropay would not carry must not be dropped without a word.
fn check_unused(extra: &Extra) -> Result<(), OrderError> {
    for (field, value) in [
        ("product_id", &extra.product_id),
        ("receipt", &extra.receipt),
        ("profit_sharing", &extra.profit_sharing),
    ] {
        if value.is_some() {
            let expected = "to be absent: MICROPAY orders are sent without it".into();
            return Err(OrderError::Field { field, expected });
        }
    }
    Ok(())
}

/// What XML cannot carry could be ordered, but never sent.
pub(super) fn check_characters(
    params: &Params,
    fields: &'static [Field],
) -> Result<(), OrderError> {
    for Field { name, .. } in fields {
        let value = params.filled(name).unwrap_or_default();
        let alone = Params::from_pairs([(*name, value)]);
        if !alone.is_ok_and(|alone| to_xml(&alone).is_ok()) {
            let expected = "text without control characters".into();
            return Err(OrderError::Field { field: name, expected });
        }
    }
    Ok(())
}

fn is_same(order: &Order, new: &NewOrder) -> bool {
    let Terms { body, total_fee, trade_type, expires_ms: _, extra } = &order.terms;
    *body == new.body
        && *total_fee == new.total_fee
        && *trade_type == new.trade_type
        && *extra == new.extra
        && (new.openid.is_none() || new.openid == order.openid)
}
