//! What stands in fields: what belongs there, names that the server has given out, and what belongs nowhere.

use fastrand::Rng;
use serde_json::{Value, json};
use wxpay_simulator::Behaviour;
use wxpay_tests::World;

use super::calls::Kind;

const TEXTS: [&str; 24] = [
    "",
    " ",
    "tea",
    "Corner shop-tea",
    "茶",
    "🍵🍵",
    "\u{0}",
    "a\nb",
    "\u{1b}[31m",
    "]]>",
    "<xml>",
    "&key=",
    "a=1&b=2",
    "..",
    "%00",
    "%2e%2e%2f",
    "'; DROP TABLE orders; --",
    "{}",
    "null",
    "no_credit",
    "CNY",
    "0",
    "-1",
    "18446744073709551616",
];

/// Names that the server has given out, so that calls meet each other.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) tokens: Vec<String>,
    pub(crate) orders: Vec<String>,
    pub(crate) refunds: Vec<String>,
    pub(crate) anomalies: Vec<String>,
    pub(crate) cursors: Vec<String>,
    /// `/pay/shop/no?key=…`
    pub(crate) pages: Vec<String>,
}

/// Makes everything up.
pub(crate) struct Maker {
    pub(crate) rng: Rng,
    pub(crate) known: Known,
}

impl Maker {
    pub(crate) fn good(&mut self, world: &World, kind: Kind) -> Value {
        use Kind::*;
        match kind {
            AnomalyState => self.pick(&["open", "all"]).into(),
            AuthCode => self.auth_code(world).into(),
            Code => world.code(self.pick(&["alice", "bob"])).into(),
            Cursor => self.one_of(|known| &known.cursors).unwrap_or_else(|| "1.x".into()).into(),
            Date => self.pick(&["2025-12-31", "2025-12-30", "2025-12-01", "2026-01-01"]).into(),
            Expire => self.rng.u32(200..700_000).into(),
            Fee => self.rng.u32(1..5_000).into(),
            Flag => self.pick(&["Y", "N"]).into(),
            Ip => self.pick(&["203.0.113.7", "2001:db8::7"]).into(),
            Key => "0".repeat(64).into(),
            Letter => "shop:1:1".into(),
            Limit => self.rng.u32(1..110).into(),
            LimitPay => "no_credit".into(),
            Merchant => self.pick(&["shop", "shop", "bakery", "nobody"]).into(),
            OrderNo => self.order_no().into(),
            RefundNo => self.refund_no().into(),
            Scene => "{\"h5_info\":{\"type\":\"Wap\"}}".into(),
            State => self.pick(&["SUCCESS", "NOTPAY", "REFUND", "CLOSED", "PAID"]).into(),
            Text => self.pick(&["tea", "Corner shop-tea", "茶", "1", "a|b*c"]).into(),
            Time => "2026-01-01T00:00:00+08:00".into(),
            Token => self.one_of(|known| &known.tokens).unwrap_or_default().into(),
            TradeType => self.pick(&["JSAPI", "JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY"]).into(),
            Url => self.pick(&["https://shop.example.com/done", "x"]).into(),
        }
    }

    pub(crate) fn junk(&mut self, depth: usize) -> Value {
        match self.rng.u8(..14) {
            0 => Value::Null,
            1 => self.rng.bool().into(),
            2 => 0.into(),
            3 => (-1).into(),
            4 => json!(1.5),
            5 => json!(1e300),
            6 => u64::MAX.into(),
            7 => i64::MIN.into(),
            8 => self.rng.u64(..).into(),
            9 if depth < 4 => vec![self.junk(depth + 1)].into(),
            10 if depth < 4 => json!({ self.text(): self.junk(depth + 1) }),
            11 => self.text().repeat(self.rng.usize(1..400)).into(),
            _ => self.text().into(),
        }
    }

    pub(crate) fn text(&mut self) -> String {
        match self.rng.u8(..4) {
            0 => (0..self.rng.usize(..40)).map(|_| self.rng.char(..)).collect(),
            1 => (0..self.rng.usize(..300)).map(|_| self.rng.alphanumeric()).collect(),
            _ => self.pick(&TEXTS).into(),
        }
    }

    pub(crate) fn auth_code(&mut self, world: &World) -> String {
        let behaviours = [
            Behaviour::Pays,
            Behaviour::Pays,
            Behaviour::NotEnough,
            Behaviour::CardNotSupported,
            Behaviour::Expired,
            Behaviour::Invalid,
            Behaviour::Used,
        ];
        let behaviour = behaviours[self.rng.usize(..behaviours.len())];
        if self.one_in(8) {
            return format!("13{:016}", self.rng.u64(..10_000_000_000_000_000));
        }
        world.wechat.auth_code("alice", behaviour)
    }

    pub(crate) fn order_no(&mut self) -> String {
        match self.one_of(|known| &known.orders) {
            Some(no) if !self.one_in(8) => no,
            Some(_) | None => format!("no-{}", self.rng.u32(..40)),
        }
    }

    pub(crate) fn refund_no(&mut self) -> String {
        match self.one_of(|known| &known.refunds) {
            Some(no) if !self.one_in(2) => no,
            Some(_) | None => format!("r-{}", self.rng.u32(..)),
        }
    }

    pub(crate) fn one_of(&mut self, list: fn(&Known) -> &Vec<String>) -> Option<String> {
        self.rng.choice(list(&self.known)).cloned()
    }

    pub(crate) fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.rng.usize(..words.len())]
    }

    pub(crate) fn one_in(&mut self, chances: u8) -> bool {
        self.rng.u8(..chances) == 0
    }
}
