//! A shop's past: orders as they are when a year of business is over, made from their number alone.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::{Trade, TradeState, TradeType};
use wxpay_core::{Fen, SignType};
use wxpay_server::ambient::{NonceSource, new_number};
use wxpay_server::backup::{Counts, Line, Log, Writer};
use wxpay_server::books::Day;
use wxpay_server::orders::{Event, EventKind, Extra, RefundFact, RefundTerms, Source, Terms};
use wxpay_simulator::bill::{BillKind, BillRow, RowKind, write};

use crate::shop::{APPID, MCH_ID, SHOP};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// One regular customer; every tenth order is theirs.
pub const REGULAR: &str = "oREGULAR00000000000000000000";
const NOTIFY_URL: &str = "https://shop.example.com/v1/notify/shop/pay";

/// The past: all of it lies on one day, so that one bill has it all.
#[derive(Debug, Clone, Copy)]
pub struct Past {
    /// How many orders.
    pub orders: u64,
    /// The day on which they were paid.
    pub day: Day,
}

/// What became of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Paid,
    PaidBack,
    Closed,
    /// Nobody has paid yet; WeChat may have been asked for a prepay.
    Open {
        asked: bool,
    },
}

/// The fate of the nth order: of 1,000 some 920 are paid, 20 paid back, 50 closed, 5 open.
fn fate(n: u64) -> Fate {
    match n % 1_000 {
        0..5 => Fate::Open { asked: n.is_multiple_of(5_000) },
        5..55 => Fate::Closed,
        55..75 => Fate::PaidBack,
        _ => Fate::Paid,
    }
}

/// Nonces that are the same each time.
struct Scattered(u64);

impl NonceSource for Scattered {
    fn nonce(&self) -> String {
        format!("{:016x}{:016x}", scattered(self.0), scattered(!self.0))
    }
}

/// SplitMix64's way of scattering.
fn scattered(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Past {
    /// So many orders, two days ago: that day's bill is there.
    pub fn new(orders: u64, now_ms: i64) -> Self {
        Self { orders, day: Day::of_ms(now_ms - 2 * DAY_MS) }
    }

    /// Writes it as a backup: by number, as a server does.
    ///
    /// # Errors
    /// The file's.
    pub fn write_backup(&self, path: &Path, now_ms: i64) -> io::Result<Counts> {
        let mut writer = Writer::new(BufWriter::new(File::create(path)?), now_ms)?;
        // In the order of their numbers, which is that of time.
        for n in 0..self.orders {
            let events = self.events(n, now_ms);
            let (merchant, out_trade_no) = (SHOP.id.into(), self.out_trade_no(n));
            writer.line(&Line::Order(Log { merchant, out_trade_no, events }))?;
        }
        let (mut out, counts) = writer.finish()?;
        out.flush().map(|()| counts)
    }

    /// Writes the day's bill, which agrees.
    ///
    /// # Errors
    /// The file's.
    pub fn write_bill(&self, path: &Path) -> io::Result<()> {
        let rows = (0..self.orders).filter(|n| self.is_paid(*n)).map(|n| self.bill_row(n));
        let mut file = BufWriter::new(File::create(path)?);
        write(BillKind::All, rows, &mut file)?;
        file.flush()
    }

    /// How many rows the bill has.
    pub fn paid(&self) -> u64 {
        (0..self.orders).filter(|n| self.is_paid(*n)).count() as u64
    }

    /// The nth order's number, as a server gives it out.
    pub fn out_trade_no(&self, n: u64) -> String {
        new_number(self.created_ms(n), &Scattered(n))
    }

    /// Settled orders of the regular customer.
    pub fn is_the_regulars(&self, n: u64) -> bool {
        n % 10 == 9 && self.is_paid(n)
    }

    fn is_paid(&self, n: u64) -> bool {
        matches!(fate(n), Fate::Paid | Fate::PaidBack)
    }

    /// All day but for its first and last minutes.
    fn created_ms(&self, n: u64) -> i64 {
        let (orders, minute) = (i64::try_from(self.orders).unwrap(), 60_000);
        let open = DAY_MS - 40 * minute;
        self.day.from_ms() + 20 * minute + i64::try_from(n).unwrap() * open / orders
    }

    fn transaction_id(&self, n: u64) -> String {
        format!("4200{:06}{}{n:010}", scattered(n) % 1_000_000, self.day.bill_date())
    }

    fn total_fee(n: u64) -> Fen {
        Fen::new(100 + n % 9_900).unwrap()
    }

    fn openid(n: u64) -> String {
        if n % 10 == 9 { REGULAR.into() } else { format!("oUSER{:023}", scattered(n) % 50_000) }
    }

    fn events(&self, n: u64, now_ms: i64) -> Vec<Event> {
        let fate = fate(n);
        let is_open = matches!(fate, Fate::Open { .. });
        // What is open was ordered just now.
        let created_ms = if is_open { now_ms } else { self.created_ms(n) };
        let mut log = Events { at_ms: created_ms, events: Vec::new() };
        let terms = Terms {
            body: "Corner shop-tea".into(),
            total_fee: Self::total_fee(n),
            trade_type: TradeType::Jsapi,
            expires_ms: created_ms + if is_open { 2 * DAY_MS } else { 7_200_000 },
            extra: Extra::default(),
        };
        let openid = Some(Self::openid(n));
        let sign_type = SignType::HmacSha256;
        log.add(0, EventKind::Created { terms: Box::new(terms), sign_type, openid });
        if fate == (Fate::Open { asked: false }) {
            return log.events;
        }
        let (spbill_create_ip, notify_url) = ("203.0.113.7".into(), NOTIFY_URL.into());
        log.add(900, EventKind::PrepayAsked { spbill_create_ip, notify_url });
        let prepay_id = format!("wx{}{:024}", self.day.bill_date(), scattered(n));
        log.add(100, EventKind::PrepayGot { prepay_id, code_url: None, mweb_url: None });
        match fate {
            Fate::Open { .. } => {}
            Fate::Closed => {
                log.add(7_199_000, EventKind::CloseAsked);
                log.fact(100, Source::Close, TradeState::Closed, None);
            }
            Fate::Paid => self.pay(&mut log, n),
            Fate::PaidBack => {
                self.pay(&mut log, n);
                self.pay_back(&mut log, n);
            }
        }
        log.events
    }

    fn pay(&self, log: &mut Events, n: u64) {
        let total_fee = Self::total_fee(n);
        let payment = Trade {
            transaction_id: self.transaction_id(n),
            total_fee,
            fee_type: "CNY".into(),
            cash_fee: Some(total_fee),
            settlement_total_fee: None,
            coupons: Vec::new(),
            time_end: log.at_ms / 1_000 + 8,
            openid: Some(Self::openid(n)),
            sub_openid: None,
            trade_type: Some("JSAPI".into()),
            bank_type: Some("OTHERS".into()),
            attach: None,
        };
        log.fact(9_000, Source::Notice, TradeState::Success, Some(payment));
    }

    /// On the next day: it is on another bill.
    fn pay_back(&self, log: &mut Events, n: u64) {
        let out_refund_no = format!("{}-1", self.out_trade_no(n));
        let refund_id = format!("5030{:06}{}{n:010}", 0, self.day.bill_date());
        let terms = RefundTerms {
            out_refund_no: out_refund_no.clone(),
            refund_fee: Self::total_fee(n),
            refund_desc: Some("too cold".into()),
            refund_account: None,
            notify_url: NOTIFY_URL.into(),
        };
        log.add(DAY_MS, EventKind::RefundAsked { terms: Box::new(terms) });
        let number = out_refund_no.clone();
        let accepted = refund_id.clone();
        log.add(300, EventKind::RefundAccepted { out_refund_no: number, refund_id: accepted });
        let fact = RefundFact {
            out_refund_no,
            refund_id,
            refund_status: RefundStatus::Success,
            refund_recv_accout: None,
            success_time: Some(log.at_ms / 1_000 + 60),
        };
        log.add(60_000, EventKind::RefundFact { source: Source::Query, fact: Box::new(fact) });
    }

    fn bill_row(&self, n: u64) -> BillRow {
        let total_fee = Self::total_fee(n);
        BillRow {
            at_ms: self.created_ms(n) + 9_000,
            appid: APPID.into(),
            mch_id: MCH_ID.into(),
            sub_mch_id: None,
            device_info: String::new(),
            transaction_id: self.transaction_id(n),
            out_trade_no: self.out_trade_no(n),
            openid: Self::openid(n),
            trade_type: TradeType::Jsapi,
            kind: RowKind::Payment,
            bank_type: "OTHERS".into(),
            total_fee,
            settlement_total_fee: total_fee,
            coupon_fee: Fen::ZERO,
            body: "Corner shop-tea".into(),
            attach: String::new(),
        }
    }
}

/// An order's log in the making.
struct Events {
    at_ms: i64,
    events: Vec<Event>,
}

impl Events {
    /// So many milliseconds later.
    fn add(&mut self, later_ms: i64, what: EventKind) {
        self.at_ms += later_ms;
        let seq = self.events.len() as u64 + 1;
        self.events.push(Event { seq, at_ms: self.at_ms, what });
    }

    fn fact(&mut self, later_ms: i64, source: Source, state: TradeState, payment: Option<Trade>) {
        let payment = payment.map(Box::new);
        self.add(later_ms, EventKind::Fact { source, trade_state: state, payment });
    }
}
