//! The sweep over open orders and refunds: finds payments whose notice was lost, closes what has expired, reverses what
//! nobody knows, goes on with refunds until WeChat has said what became of them.

use futures_util::{StreamExt, stream};

use super::agenda::end_ms;
use super::close::ending_events;
use super::order::{Order, OrderKey};
use super::query::LookedUp;
use super::{OrderError, Orders};

/// Orders looked at in one sweep, and how many at a time: after a long outage WeChat is not flooded.
const PER_SWEEP: usize = 256;
const AT_A_TIME: usize = 8;

impl Orders {
    /// Plans a check for every open order and refund; to be called once at the start.
    ///
    /// # Errors
    /// The store's.
    pub async fn watch_open(&self) -> Result<usize, OrderError> {
        let open = self.store.watched().await?;
        let now_ms = self.clock.now_ms();
        for order in &open {
            // Whatever happened while we were down is asked about at once: one ladder step from now.
            if order.may_be_at_wechat() || !order.is_open() {
                self.agenda.restart(order, now_ms);
            } else {
                self.agenda.watch(order, now_ms);
            }
        }
        Ok(open.len())
    }

    /// Plans a check within seconds: something happened that only WeChat can explain.
    pub fn ask_soon(&self, order: &Order) {
        self.agenda.restart(order, self.clock.now_ms());
    }

    /// Looks at the orders whose time has come; says how many. Waits for a sweep that is running already.
    pub async fn reconcile_due(&self) -> usize {
        let _alone = self.sweeping.lock().await;
        let due = self.agenda.take_due(self.clock.now_ms(), PER_SWEEP);
        let count = due.len();
        stream::iter(due)
            .for_each_concurrent(AT_A_TIME, |key| async move {
                if let Err(error) = self.reconcile(&key).await {
                    tracing::warn!(
                        merchant = key.merchant,
                        out_trade_no = key.out_trade_no,
                        %error,
                        "could not reconcile; will try again"
                    );
                }
                self.watch_again(&key).await;
            })
            .await;
        self.refund_late_payments().await;
        count
    }

    /// Asks WeChat about one order and its refunds, and closes or reverses it when its time is over.
    async fn reconcile(&self, key: &OrderKey) -> Result<(), OrderError> {
        let order = self.get(key).await?;
        if order.is_reversing() {
            return self.reverse_at_wechat(&order).await.map(drop);
        }
        self.settle_refunds(&order).await?;
        if !order.is_open() {
            return Ok(());
        }
        if order.is_charging() {
            return self.follow_charge(&order).await;
        }
        let (order, is_known) = if order.may_be_at_wechat() {
            self.quiet.check(key, self.clock.now_ms())?;
            match self.look_up(key).await? {
                LookedUp::Known(order) => (order, true),
                LookedUp::NotExist(order) => (order, false),
                LookedUp::Unclear(_) => return Ok(()),
            }
        } else {
            (order, false)
        };
        let now_ms = self.clock.now_ms();
        let is_over = order.refused.is_some() || now_ms >= end_ms(&order, now_ms);
        if order.is_open() && is_over {
            let order = self.change(key, |order| Ok(ending_events(order, is_known))).await?;
            if order.is_open() && !order.is_micropay() {
                self.close_at_wechat(&order).await?;
            }
        }
        Ok(())
    }

    async fn watch_again(&self, key: &OrderKey) {
        match self.get(key).await {
            Ok(order) => self.agenda.watch(&order, self.clock.now_ms()),
            Err(error) => tracing::error!(out_trade_no = key.out_trade_no, %error, "lost sight"),
        }
    }
}
