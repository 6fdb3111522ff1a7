//! What is committed together.

use super::backup::OwnRow;
use super::index::{of_order, topic};
use super::keys;
use super::rows::{AnomalyRow, Expect, IdempotencyRow, OutboxRow, RowWrite, Topic, User, Value};
use crate::books::DayRow;
use crate::orders::{Event, EventKind, Order, OrderKey};

/// A set of writes that happen together or not at all.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub(super) order: Option<OrderChange>,
    pub(super) rows: Vec<RowWrite>,
    /// What the merchant's own system hears of it, if it wants to.
    news: Vec<News>,
}

#[derive(Debug, Clone)]
pub(super) struct OrderChange {
    /// The revision this was decided on; 0 for a new order.
    pub(super) expected: u64,
    pub(super) order: Order,
    pub(super) events: Vec<Event>,
}

#[derive(Debug, Clone)]
struct News {
    id: String,
    topic: Topic,
    key: OrderKey,
    seq: u64,
    /// The anomaly, if it belongs to no order of ours.
    anomaly: Option<String>,
    at_ms: i64,
}

impl Change {
    /// A new order; `None` unless `first` is a `Created` event.
    pub fn create(key: OrderKey, first: EventKind, now_ms: i64) -> Option<Self> {
        let event = Event { seq: 1, at_ms: now_ms, what: first };
        let order = Order::begin(key, &event)?;
        let events = vec![event];
        let rows = of_order(None, &order, &events);
        let order = OrderChange { expected: 0, order, events };
        Some(Self { order: Some(order), rows, ..Self::default() })
    }

    /// More events of an order. The order after them is their fold, so record and log cannot disagree.
    pub fn update(before: &Order, what: Vec<EventKind>, now_ms: i64) -> Self {
        let mut order = before.clone();
        let mut events = Vec::with_capacity(what.len());
        let mut news = Vec::new();
        for what in what {
            let event = Event { seq: order.revision + 1, at_ms: now_ms, what };
            let was_paid = order.trade_state.is_paid();
            order.fold(&event);
            news.extend(topic(&event, was_paid).map(|topic| News::of(&order.key, &event, topic)));
            events.push(event);
        }
        let rows = of_order(Some(before), &order, &events);
        let order = OrderChange { expected: before.revision, order, events };
        Self { order: Some(order), rows, news }
    }

    /// A whole order from its log, as if it happened again, but for telling others; `None` when the log is not whole.
    pub fn import(key: OrderKey, events: &[Event]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut order = Order::begin(key, first).filter(|order| order.revision == 1)?;
        let mut rows = of_order(None, &order, std::slice::from_ref(first));
        for event in rest {
            if event.seq != order.revision + 1 {
                return None;
            }
            let before = order.clone();
            order.fold(event);
            rows.extend(of_order(Some(&before), &order, std::slice::from_ref(event)));
        }
        let order = OrderChange { expected: 0, order, events: events.to_vec() };
        Some(Self { order: Some(order), rows, news: Vec::new() })
    }

    /// A row from a backup. Stale when it is there already.
    pub fn restore(row: OwnRow) -> Self {
        let (key, value) = match row {
            OwnRow::Anomaly(row) => {
                (keys::anomaly(&row.key.merchant, &row.id), Value::Anomaly(row))
            }
            OwnRow::Idempotency(row) => {
                (keys::idempotency(&row.merchant, &row.key), Value::Idempotency(row))
            }
            OwnRow::User(row) => (keys::user(&row.merchant, &row.openid), Value::User(row)),
            OwnRow::Outbox(row) => (keys::outbox(&row), Value::Outbox(row)),
            OwnRow::Day(row) => (keys::day(&row.merchant, row.date), Value::Day(row)),
        };
        Self::of_row(RowWrite { key, value, expect: Expect::Nothing })
    }

    /// A user's login.
    pub fn login(user: User) -> Self {
        let key = keys::user(&user.merchant, &user.openid);
        Self::of_row(RowWrite::put(key, Value::User(user)))
    }

    /// An anomaly that belongs to no order of ours. Stale when it is known already.
    pub fn orphan(row: AnomalyRow) -> Self {
        let news = News {
            id: format!("{}:{}", row.key.merchant, row.id.replace('.', ":")),
            topic: Topic::AnomalyFound,
            key: row.key.clone(),
            seq: 0,
            anomaly: Some(row.id.clone()),
            at_ms: row.at_ms,
        };
        let key = keys::anomaly(&row.key.merchant, &row.id);
        let write = RowWrite { key, value: Value::Anomaly(row), expect: Expect::Nothing };
        Self { news: vec![news], ..Self::of_row(write) }
    }

    /// An anomaly without an order is settled. Stale when it is not known.
    pub fn resolve_orphan(row: AnomalyRow) -> Self {
        let key = keys::anomaly(&row.key.merchant, &row.id);
        Self::of_row(RowWrite { key, value: Value::Anomaly(row), expect: Expect::Something })
    }

    /// How a day's bill compared; an earlier comparison of the day is replaced.
    pub fn day(row: DayRow) -> Self {
        let key = keys::day(&row.merchant, row.date);
        Self::of_row(RowWrite::put(key, Value::Day(Box::new(row))))
    }

    /// An outbox row was delivered (`None`), or shall be sent later, or never, or again. Stale when it was moved before.
    pub fn move_outbox(from: &OutboxRow, to: Option<OutboxRow>) -> Self {
        let key = keys::outbox(from);
        let gone = RowWrite { key, value: Value::Gone, expect: Expect::Something };
        let to = to.map(|row| RowWrite::put(keys::outbox(&row), Value::Outbox(row)));
        Self { rows: std::iter::once(gone).chain(to).collect(), ..Self::default() }
    }

    /// Also remembers which Idempotency-Key made this.
    pub fn with_idempotency(mut self, row: IdempotencyRow) -> Self {
        let key = keys::idempotency(&row.merchant, &row.key);
        let value = Value::Idempotency(row);
        self.rows.push(RowWrite { key, value, expect: Expect::Nothing });
        self
    }

    /// Also tells these endpoints what has happened.
    pub fn tell(mut self, endpoints: &[String]) -> Self {
        for news in &self.news {
            let rows = endpoints.iter().map(|endpoint| news.row(endpoint));
            let writes = rows.map(|row| RowWrite::put(keys::outbox(&row), Value::Outbox(row)));
            self.rows.extend(writes);
        }
        self
    }

    /// Whether somebody is told of it.
    pub fn tells(&self) -> bool {
        self.rows.iter().any(|row| matches!(row.value, Value::Outbox(_)))
    }

    /// The order as it will be.
    pub fn order(&self) -> Option<&Order> {
        self.order.as_ref().map(|change| &change.order)
    }

    fn of_row(row: RowWrite) -> Self {
        Self { rows: vec![row], ..Self::default() }
    }
}

impl News {
    fn of(key: &OrderKey, event: &Event, topic: Topic) -> Self {
        let id = format!("{}:{}:{}", key.merchant, key.out_trade_no, event.seq);
        Self { id, topic, key: key.clone(), seq: event.seq, anomaly: None, at_ms: event.at_ms }
    }

    fn row(&self, endpoint: &str) -> OutboxRow {
        let Self { id, topic, key, seq, anomaly, at_ms } = self.clone();
        OutboxRow {
            id,
            topic,
            key,
            seq,
            anomaly,
            at_ms,
            endpoint: endpoint.into(),
            attempts: 0,
            next_ms: at_ms,
            dead: None,
        }
    }
}
