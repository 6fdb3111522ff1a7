//! What the world knows of refunds: finding them, ending them, and what the merchant can still pay.

use wxpay_core::Fen;
use wxpay_core::messages::refund::RefundStatus;

use crate::order::Order;
use crate::refund::{Refund, sum};
use crate::world::World;

/// `(mch_id, out_refund_no)`.
pub(crate) type RefundKey = (String, String);

impl World {
    /// All refunds, by merchant and order, an order's oldest first.
    pub fn refunds(&self) -> impl Iterator<Item = &Refund> {
        self.orders.values().flat_map(Order::refunds)
    }

    /// A refund by its out_refund_no or refund_id. If two merchants use the number, the first merchant's.
    pub fn refund(&self, name: &str) -> Option<&Refund> {
        let key = self.refund_key_of(name)?;
        self.order_of_refund(&key)?.refund(&key.1)
    }

    pub(crate) fn refund_key_of(&self, name: &str) -> Option<RefundKey> {
        let by_number = || {
            let mut keys =
                self.merchants.iter().map(|merchant| (merchant.mch_id.clone(), name.to_owned()));
            keys.find(|key| self.refund_orders.contains_key(key))
        };
        self.refund_ids.get(name).cloned().or_else(by_number)
    }

    pub(crate) fn order_of_refund(&self, key: &RefundKey) -> Option<&Order> {
        self.orders.get(self.refund_orders.get(key)?)
    }

    pub(crate) fn refund_mut(&mut self, key: &RefundKey) -> Option<&mut Refund> {
        self.orders.get_mut(self.refund_orders.get(key)?)?.refund_mut(&key.1)
    }

    /// Its time has come. True when it has ended.
    pub(crate) fn refund_is_due(&mut self, key: &RefundKey) -> bool {
        let outcome = self.order_of_refund(key).map(|order| order.refunds.outcome);
        let Some(refund) = self.refund_mut(key) else { return false };
        refund.is_due = true;
        outcome.is_some_and(|outcome| self.end_refund(key, outcome))
    }

    /// Ends a refund that is under way, or that is stuck in CHANGE. True when its status is another now.
    pub(crate) fn end_refund(&mut self, key: &RefundKey, status: RefundStatus) -> bool {
        let now_ms = self.now_ms;
        let Some(refund) = self.refund_mut(key) else { return false };
        let is_open = matches!(refund.status, RefundStatus::Processing | RefundStatus::Change);
        if !is_open || refund.status == status || status == RefundStatus::Processing {
            return false;
        }
        refund.status = status;
        refund.success_ms = (status == RefundStatus::Success).then_some(now_ms);
        let refund_id = refund.refund_id.clone();
        self.note_refund_status(&refund_id, status);
        true
    }

    /// Says what becomes of an order's refunds, and gives those that have ended by it.
    pub(crate) fn set_refund_outcome(
        &mut self,
        out_trade_no: &str,
        outcome: RefundStatus,
    ) -> Option<Vec<RefundKey>> {
        let order_key = self.key_of(out_trade_no)?;
        let order = self.orders.get_mut(&order_key)?;
        order.refunds.outcome = outcome;
        let due = order.refunds.list.iter().filter(|refund| refund.is_due);
        let due: Vec<RefundKey> =
            due.map(|refund| (refund.mch_id.clone(), refund.out_refund_no.clone())).collect();
        Some(due.into_iter().filter(|key| self.end_refund(key, outcome)).collect())
    }

    /// Ends all refunds of an order that are under way, and gives all that have ended.
    pub(crate) fn end_refunds(&mut self, out_trade_no: &str) -> Vec<RefundKey> {
        let order = self.key_of(out_trade_no).and_then(|key| self.orders.get(&key));
        let keys: Vec<RefundKey> = order
            .into_iter()
            .flat_map(Order::refunds)
            .map(|refund| (refund.mch_id.clone(), refund.out_refund_no.clone()))
            .collect();
        for key in &keys {
            self.end_refund_now(key);
        }
        keys
    }

    /// As it would have ended; SUCCESS, if it were to wait.
    pub(crate) fn end_refund_now(&mut self, key: &RefundKey) {
        let is_open =
            self.refund_mut(key).is_some_and(|refund| refund.status == RefundStatus::Processing);
        if is_open && !self.refund_is_due(key) {
            self.end_refund(key, RefundStatus::Success);
        }
    }

    /// What a merchant has for refunds: what payments brought, less what refunds took, and what was set by hand.
    pub(crate) fn balance(&self, mch_id: &str) -> Fen {
        let set = self.balances.get(mch_id).copied().unwrap_or_default();
        let fen = i128::from(set) + self.income(mch_id);
        u64::try_from(fen).ok().and_then(|fen| Fen::new(fen).ok()).unwrap_or(Fen::ZERO)
    }

    pub(crate) fn set_balance(&mut self, mch_id: &str, balance: Fen) {
        let set = i128::from(balance.get()) - self.income(mch_id);
        self.balances.insert(mch_id.into(), i64::try_from(set).unwrap_or(i64::MAX));
    }

    fn income(&self, mch_id: &str) -> i128 {
        let orders = self.orders.iter().filter(|((of, _), _)| of == mch_id);
        let paid = orders.filter(|(_, order)| order.trade_state().is_paid());
        paid.map(|(_, order)| {
            let got = order.payment().map_or(Fen::ZERO, |paid| paid.cash_fee(order.total_fee()));
            let refunds = order.refunds().iter().filter(|refund| refund.counts());
            i128::from(got.get()) - i128::from(sum(refunds.map(Refund::cash_refund_fee)).get())
        })
        .sum()
    }
}
