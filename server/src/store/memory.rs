//! A store in memory: the contract in its simplest form, for tests and simulations.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use super::change::OrderChange;
use super::sled::cursor_at;
use super::{Change, Filter, IdempotencyRow, OutboxRow, Page, Store, StoreError, User};
use crate::orders::{Event, Order, OrderKey};

/// Orders in memory. Durable as long as the process lives.
#[derive(Debug, Default)]
pub struct MemoryStore(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    orders: BTreeMap<OrderKey, (Order, Vec<Event>)>,
    transactions: BTreeMap<String, OrderKey>,
    idempotency: BTreeMap<(String, String), IdempotencyRow>,
    users: BTreeMap<(String, String), User>,
    outbox: BTreeMap<(i64, OrderKey, u64), OutboxRow>,
    closed: bool,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        // Nothing panics while the lock is held, so a poisoned lock still guards whole tables.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tables {
    fn check(&self, change: &Change) -> Result<(), StoreError> {
        let idempotency = change.idempotency.as_ref();
        let repeated = idempotency.is_some_and(|row| {
            self.idempotency.contains_key(&(row.merchant.clone(), row.key.clone()))
        });
        if repeated || change.order.as_ref().is_some_and(|change| self.is_stale(change)) {
            return Err(StoreError::Stale);
        }
        Ok(())
    }

    fn is_stale(&self, change: &OrderChange) -> bool {
        let key = &change.order.key;
        let revision = self.orders.get(key).map_or(0, |(order, _)| order.revision);
        let payment = change.order.payment.as_ref();
        let owner = payment.and_then(|payment| self.transactions.get(&payment.transaction_id));
        revision != change.expected || owner.is_some_and(|owner| owner != key)
    }

    fn write(&mut self, change: Change) {
        if let Some(row) = change.idempotency {
            self.idempotency.insert((row.merchant.clone(), row.key.clone()), row);
        }
        if let Some(user) = change.user {
            self.users.insert((user.merchant.clone(), user.openid.clone()), user);
        }
        if let Some(OrderChange { order, events, outbox, .. }) = change.order {
            if let Some(payment) = &order.payment {
                self.transactions.insert(payment.transaction_id.clone(), order.key.clone());
            }
            self.outbox
                .extend(outbox.into_iter().map(|row| ((row.at_ms, row.key.clone(), row.seq), row)));
            let mut log = self.orders.remove(&order.key).map(|(_, log)| log).unwrap_or_default();
            log.extend(events);
            self.orders.insert(order.key.clone(), (order, log));
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn order(&self, key: &OrderKey) -> Result<Option<Order>, StoreError> {
        Ok(self.tables().orders.get(key).map(|(order, _)| order.clone()))
    }

    async fn events(&self, key: &OrderKey) -> Result<Vec<Event>, StoreError> {
        Ok(self.tables().orders.get(key).map(|(_, events)| events.clone()).unwrap_or_default())
    }

    async fn orders(&self, merchant: &str, filter: &Filter) -> Result<Page, StoreError> {
        let tables = self.tables();
        let mut all: Vec<&Order> = tables.orders.values().map(|(order, _)| order).collect();
        all.retain(|order| order.key.merchant == merchant);
        all.sort_by_key(|order| (order.created_ms, order.key.out_trade_no.clone()));
        let place = |order: &Order| (order.created_ms, order.key.out_trade_no.clone());
        let wanted = all.into_iter().rev().filter(|order| {
            filter.trade_state.is_none_or(|state| state == order.trade_state)
                && filter.from_ms.is_none_or(|from| order.created_ms >= from)
                && filter.to_ms.is_none_or(|to| order.created_ms < to)
                && filter.cursor.as_ref().is_none_or(|cursor| {
                    place(order) < (cursor.created_ms, cursor.out_trade_no.clone())
                })
        });
        let mut orders: Vec<Order> = wanted.take(filter.limit + 1).cloned().collect();
        let more = orders.len() > filter.limit;
        orders.truncate(filter.limit);
        let next = orders.last().filter(|_| more).map(cursor_at);
        Ok(Page { orders, next })
    }

    async fn open_orders(&self) -> Result<Vec<Order>, StoreError> {
        let tables = self.tables();
        let orders = tables.orders.values().map(|(order, _)| order);
        Ok(orders.filter(|order| order.is_open()).cloned().collect())
    }

    async fn idempotency(
        &self,
        merchant: &str,
        key: &str,
    ) -> Result<Option<IdempotencyRow>, StoreError> {
        Ok(self.tables().idempotency.get(&(merchant.into(), key.into())).cloned())
    }

    async fn user(&self, merchant: &str, openid: &str) -> Result<Option<User>, StoreError> {
        Ok(self.tables().users.get(&(merchant.into(), openid.into())).cloned())
    }

    async fn outbox(&self, limit: usize) -> Result<Vec<OutboxRow>, StoreError> {
        Ok(self.tables().outbox.values().take(limit).cloned().collect())
    }

    async fn commit(&self, change: Change) -> Result<(), StoreError> {
        let mut tables = self.tables();
        if tables.closed {
            let detail = "the store is closed".into();
            return Err(StoreError::Failed { what: "writing", detail });
        }
        tables.check(&change)?;
        tables.write(change);
        Ok(())
    }

    fn healthy(&self) -> bool {
        !self.tables().closed
    }

    async fn failed(&self) {
        std::future::pending().await
    }

    async fn close(&self) {
        self.tables().closed = true;
    }
}
