//! Requests made up by a seed: good ones, nearly good ones, and some that make no sense at all.

use fastrand::Rng;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};
use wxpay_core::SignType;
use wxpay_simulator::Behaviour;
use wxpay_tests::{ADMIN_KEY, BAKERY, ENDPOINT, Notice, SHOP, World};

/// Who usually calls.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Who {
    Nobody,
    Phone,
    Backend,
    WeChat,
}

/// What a field usually holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    AnomalyState,
    AuthCode,
    Code,
    Cursor,
    Date,
    Expire,
    Fee,
    Flag,
    Ip,
    Key,
    Letter,
    Limit,
    LimitPay,
    Merchant,
    OrderNo,
    RefundNo,
    Scene,
    State,
    Text,
    Time,
    Token,
    TradeType,
    Url,
}

/// A call of the document: who makes it, and the fields of its body or its query; `!` marks those that it needs.
pub(crate) struct Call(pub(crate) &'static str, Who, &'static [(&'static str, Kind)]);

use Kind::*;
use Who::*;

/// All of them; that none is missing is compared with the document.
pub(crate) const CALLS: &[Call] = &[
    Call(
        "POST /v1/login",
        Nobody,
        &[("!code", Code), ("nickname", Text), ("photo", Url), ("merchant", Merchant)],
    ),
    Call("POST /v1/pay", Phone, &[("!orderId", OrderNo), ("code", Code), ("merchant", Merchant)]),
    Call("POST /v1/query", Phone, &[("!orderId", OrderNo)]),
    Call("GET /v1/orders/{no}", Phone, &[]),
    Call(
        "POST /v1/orders",
        Backend,
        &[
            ("!total_fee", Fee),
            ("!body", Text),
            ("trade_type", TradeType),
            ("out_trade_no", OrderNo),
            ("openid", Text),
            ("user_token", Token),
            ("expire_s", Expire),
            ("attach", Text),
            ("detail", Text),
            ("device_info", Text),
            ("goods_tag", Text),
            ("limit_pay", LimitPay),
            ("product_id", Text),
            ("profit_sharing", Flag),
            ("receipt", Flag),
            ("scene_info", Scene),
        ],
    ),
    Call(
        "GET /v1/orders",
        Backend,
        &[
            ("state", State),
            ("created_from", Time),
            ("created_to", Time),
            ("limit", Limit),
            ("cursor", Cursor),
        ],
    ),
    Call("GET /v1/orders/{no}/events", Backend, &[]),
    Call("POST /v1/orders/{no}/query", Backend, &[]),
    Call("POST /v1/orders/{no}/close", Backend, &[]),
    Call("POST /v1/orders/{no}/pay", Backend, &[("client_ip", Ip), ("redirect_url", Url)]),
    Call("POST /v1/orders/{no}/micropay", Backend, &[("!auth_code", AuthCode), ("client_ip", Ip)]),
    Call("POST /v1/orders/{no}/reverse", Backend, &[]),
    Call("POST /v1/auth-code-to-openid", Backend, &[("!auth_code", AuthCode)]),
    Call("GET /pay/{merchant}/{no}", Nobody, &[("!key", Key)]),
    Call(
        "POST /v1/orders/{no}/refunds",
        Backend,
        &[
            ("!refund_fee", Fee),
            ("out_refund_no", RefundNo),
            ("refund_desc", Text),
            ("refund_account", Text),
            ("total_fee", Fee),
            ("refund_fee_type", Text),
        ],
    ),
    Call("GET /v1/orders/{no}/refunds", Backend, &[]),
    Call("GET /v1/refunds/{out_refund_no}", Backend, &[]),
    Call("GET /v1/webhooks", Backend, &[]),
    Call("GET /v1/webhooks/{id}/dead", Backend, &[("limit", Limit), ("cursor", Cursor)]),
    Call("POST /v1/webhooks/{id}/replay", Backend, &[("id", Letter)]),
    Call("POST /v1/webhooks/{id}/test", Backend, &[]),
    Call(
        "GET /v1/anomalies",
        Backend,
        &[("state", AnomalyState), ("limit", Limit), ("cursor", Cursor)],
    ),
    Call("POST /v1/anomalies/{id}/resolve", Backend, &[("!note", Text)]),
    Call("POST /v1/reconcile", Backend, &[("!date", Date)]),
    Call("GET /v1/days", Backend, &[("!from", Date), ("!to", Date)]),
    Call("GET /v1/days/{date}", Backend, &[]),
    Call("GET /v1/export", Backend, &[]),
    Call("POST /v1/notify/{merchant}/pay", WeChat, &[]),
    Call("POST /v1/notify/{merchant}/refund", WeChat, &[]),
    Call("GET /debug", Nobody, &[]),
    Call("GET /days", Nobody, &[]),
    Call("GET /healthz", Nobody, &[]),
    Call("GET /readyz", Nobody, &[]),
];

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
/// A longer head is refused by HTTP itself.
const MAX_HEAD_BYTES: usize = 16 * 1024 - 64;
/// What makes something for the others to meet, and so is asked for more often.
const FREQUENT: [&str; 8] = [
    "POST /v1/orders",
    "POST /v1/orders",
    "POST /v1/pay",
    "POST /v1/pay",
    "POST /v1/orders/{no}/refunds",
    "POST /v1/orders/{no}/refunds",
    "POST /v1/orders/{no}/micropay",
    "POST /v1/orders/{no}/pay",
];
/// All but what stands in names that are known.
const QUERY_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

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

/// One request.
pub(crate) struct Request {
    /// The call, should the method have been changed to another's: `METHOD /path` of the document, or of no row.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// HTTP itself may refuse it.
    pub(crate) is_wild: bool,
}

pub(crate) struct Maker {
    pub(crate) rng: Rng,
    pub(crate) known: Known,
}

impl Maker {
    pub(crate) fn request(&mut self, world: &World) -> Request {
        let frequent = self.rng.bool().then(|| self.pick(&FREQUENT));
        let call = match frequent {
            Some(name) => CALLS.iter().find(|call| call.0 == name).unwrap(),
            None => &CALLS[self.rng.usize(..CALLS.len())],
        };
        let Call(name, who, fields) = call;
        let (method, path) = name.split_once(' ').unwrap();
        let (swapped, is_wild) = (self.one_in(25), self.one_in(60));
        let verb = if swapped { self.pick(&METHODS) } else { method };
        let mut target = self.target(path);
        let body = match (method, *who) {
            (_, WeChat) => self.notice().into_bytes(),
            ("GET", _) => {
                target += &self.query(world, fields);
                Vec::new()
            }
            _ => self.body(world, fields),
        };
        if path == "/pay/{merchant}/{no}" && self.one_in(2) {
            target = self.one_of(|known| &known.pages).unwrap_or(target);
        }
        let mut head = format!("{verb} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
        head += &self.headers(*who);
        if is_wild {
            head += self.pick(&[
                "\u{e9}: 1\r\n",
                "x\r\n",
                "content-length: 1\r\n",
                "x y: z\r\n",
                "x: \u{1}\r\n",
            ]);
        }
        if method != "GET" || self.one_in(20) {
            head += &format!("content-length: {}\r\n", body.len());
        }
        let is_wild = is_wild || head.len() > MAX_HEAD_BYTES;
        let mut bytes = (head + "\r\n").into_bytes();
        bytes.extend(body);
        Request { name: format!("{verb} {path}"), bytes, is_wild }
    }

    fn target(&mut self, path: &str) -> String {
        let mut target = path.to_owned();
        let words: [(&str, fn(&mut Self) -> String); 5] = [
            ("{no}", |maker| maker.order_no()),
            ("{merchant}", |maker| {
                maker.pick(&["shop", "shop", "shop", "bakery", "nobody"]).into()
            }),
            ("{out_refund_no}", |maker| maker.refund_no()),
            ("{date}", |maker| {
                maker.pick(&["2025-12-31", "2026-02-30", "2026-1-1", "today"]).into()
            }),
            ("{id}", |maker| {
                let anomaly = maker.one_of(|known| &known.anomalies);
                anomaly.filter(|_| maker.one_in(2)).unwrap_or_else(|| ENDPOINT.into())
            }),
        ];
        for (placeholder, word) in words {
            if target.contains(placeholder) {
                let word = if self.one_in(12) { self.text() } else { word(self) };
                let word = if word.is_empty() { "-".into() } else { word };
                let encoded = utf8_percent_encode(&word, NON_ALPHANUMERIC).to_string();
                target = target.replace(placeholder, &encoded);
            }
        }
        target
    }

    fn query(&mut self, world: &World, fields: &[(&str, Kind)]) -> String {
        let mut pairs = Vec::new();
        for (name, value) in self.values(world, fields) {
            let text = value.as_str().map_or_else(|| value.to_string(), Into::into);
            let encoded = utf8_percent_encode(&text, NON_ALPHANUMERIC).to_string();
            let name = utf8_percent_encode(&name, QUERY_NAME);
            pairs.push(format!("{name}={encoded}"));
        }
        if self.one_in(15) {
            pairs.push(
                self.pick(&[
                    "x=1",
                    "limit",
                    "=",
                    "limit=%ff",
                    "&&",
                    "limit=1&limit=2",
                    "%6cimit=1",
                ])
                .into(),
            );
        }
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn body(&mut self, world: &World, fields: &[(&str, Kind)]) -> Vec<u8> {
        if fields.is_empty() && self.rng.bool() {
            return Vec::new();
        }
        let values = self.values(world, fields);
        let mut body = Value::Object(values).to_string();
        match self.rng.u8(..100) {
            0 => body.truncate(
                body.char_indices().nth(body.chars().count() / 2).map_or(0, |(at, _)| at),
            ),
            1 => body = self.junk(0).to_string(),
            2 => body.insert(0, '\u{feff}'),
            3 => body = body.replacen('{', "{\"orderId\":1,\"total_fee\":2,\"refund_fee\":3,", 1),
            4 => body += "{}",
            5 => body = self.text(),
            6 => body = "[".repeat(5_000),
            7 => return [body.as_bytes(), &[0xff, 0xfe, 0]].concat(),
            _ => {}
        }
        body.into_bytes()
    }

    fn values(&mut self, world: &World, fields: &[(&str, Kind)]) -> Map<String, Value> {
        let mut values = Map::new();
        // Mostly all is well; else one of them is not.
        let odd = self.one_in(3).then(|| self.rng.usize(..fields.len().max(1)));
        for (n, (name, kind)) in fields.iter().enumerate() {
            let needed = name.strip_prefix('!');
            let chances = if fields.len() > 6 { 8 } else { 3 };
            if needed.is_none() && !self.one_in(chances) && odd != Some(n) {
                continue;
            }
            let value = if odd == Some(n) { self.junk(0) } else { self.good(world, *kind) };
            values.insert(needed.unwrap_or(name).to_string(), value);
        }
        match values.get("trade_type").and_then(Value::as_str) {
            Some("NATIVE") => values.insert("product_id".into(), "tea-1".into()),
            Some("MWEB") => values.insert("scene_info".into(), self.good(world, Scene)),
            Some(_) | None => None,
        };
        if odd.is_some() && self.one_in(6) {
            let name = values.keys().next().cloned();
            name.and_then(|name| values.remove(&name));
        }
        if self.one_in(30) {
            values.insert(self.text(), self.junk(0));
        }
        values
    }

    fn good(&mut self, world: &World, kind: Kind) -> Value {
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

    fn junk(&mut self, depth: usize) -> Value {
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

    fn text(&mut self) -> String {
        match self.rng.u8(..4) {
            0 => (0..self.rng.usize(..40)).map(|_| self.rng.char(..)).collect(),
            1 => (0..self.rng.usize(..300)).map(|_| self.rng.alphanumeric()).collect(),
            _ => self.pick(&TEXTS).into(),
        }
    }

    /// Never one that would be right: books and ledger are compared in the end.
    fn notice(&mut self) -> String {
        let fee = 1_000_000 + self.rng.u64(..1_000);
        // An order whose payment was an orphan before it was made would be told of twice.
        let orphan = format!("orphan-{}", self.rng.u32(..20));
        let no = self.one_of(|known| &known.orders).filter(|_| !self.one_in(5)).unwrap_or(orphan);
        let mut notice = Notice::paid(&SHOP, &no, fee);
        for _ in 0..self.rng.u8(..3) {
            let names = notice.names();
            let name = &names[self.rng.usize(..names.len())];
            if name == "total_fee" || name == "out_trade_no" {
                continue;
            }
            let value: String = self.text().chars().filter(|c| !c.is_control()).take(60).collect();
            notice = if self.rng.bool() { notice.without(name) } else { notice.with(name, &value) };
        }
        let sign_type = if self.one_in(4) { SignType::Md5 } else { SignType::HmacSha256 };
        let shop = if self.one_in(4) { BAKERY } else { SHOP };
        let mut text = match self.rng.u8(..10) {
            0 => notice.xml(),
            1 => notice.with("req_info", "AAAA").xml(),
            _ => notice.signed(sign_type, &shop).xml(),
        };
        match self.rng.u8(..20) {
            0 => text.truncate(text.char_indices().nth(40).map_or(0, |(at, _)| at)),
            1 => text = text.replace("<xml>", "<!DOCTYPE x [<!ENTITY a \"b\">]><xml>"),
            2 => text = self.text(),
            3 => text += &text.clone(),
            4 => text = text.replacen("CDATA", "cdata", 1),
            _ => {}
        }
        text
    }

    fn headers(&mut self, who: Who) -> String {
        let mut headers = String::new();
        let token = self.one_of(|known| &known.tokens).unwrap_or_default();
        let credential = match (who, self.rng.u8(..50)) {
            (_, 0) => String::new(),
            (_, 1) => "authorization: Bearer wrong\r\n".into(),
            (_, 2) => format!("authorization: Bearer {}\r\n", BAKERY.admin_key),
            (_, 3) => format!("authorization: Basic {ADMIN_KEY}\r\ntoken: \u{e9}\r\n"),
            (Phone, 4) | (Backend, _) => format!("authorization: Bearer {ADMIN_KEY}\r\n"),
            (Phone, 5..25) => format!("authorization: Bearer {token}\r\n"),
            (Phone, _) => format!("token: {token}\r\n"),
            (Nobody | WeChat, _) => String::new(),
        };
        headers += &credential;
        if self.one_in(6) {
            let key: String = match self.rng.u8(..4) {
                0 => self.text().chars().filter(|c| !c.is_control()).collect(),
                n => format!("key-{n}"),
            };
            headers += &format!("idempotency-key: {key}\r\n");
        }
        if self.one_in(8) {
            let hop = self.pick(&["198.51.100.7", "1.2.3.4, x", ",,", "::1", "\"", "127.0.0.1:80"]);
            headers += &format!("x-forwarded-for: {hop}\r\n");
        }
        if self.one_in(10) {
            headers += self.pick(&[
                "content-type: text/plain\r\n",
                "accept: image/png\r\n",
                "expect: 100-continue\r\n",
            ]);
        }
        headers
    }

    fn auth_code(&mut self, world: &World) -> String {
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

    fn refund_no(&mut self) -> String {
        match self.one_of(|known| &known.refunds) {
            Some(no) if !self.one_in(2) => no,
            Some(_) | None => format!("r-{}", self.rng.u32(..)),
        }
    }

    fn one_of(&mut self, list: fn(&Known) -> &Vec<String>) -> Option<String> {
        self.rng.choice(list(&self.known)).cloned()
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.rng.usize(..words.len())]
    }

    pub(crate) fn one_in(&mut self, chances: u8) -> bool {
        self.rng.u8(..chances) == 0
    }
}
