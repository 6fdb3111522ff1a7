//! Requests made up by a seed: good ones, nearly good ones, and some that make no sense at all.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use wxpay_core::SignType;
use wxpay_tests::{ADMIN_KEY, BAKERY, ENDPOINT, Notice, SHOP, World};

use super::calls::{CALLS, Call, FREQUENT, Kind, Who};
use super::values::Maker;
use Who::*;

/// A longer head is refused by HTTP itself.
const MAX_HEAD_BYTES: usize = 16 * 1024 - 64;
/// All but what stands in names that are known.
const QUERY_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'_');
const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"];

/// One request.
pub(crate) struct Request {
    /// The call, should the method have been changed to another's: `METHOD /path` of the document, or of no row.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// HTTP itself may refuse it.
    pub(crate) is_wild: bool,
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
        for placeholder in ["{no}", "{merchant}", "{out_refund_no}", "{date}", "{id}"] {
            if !target.contains(placeholder) {
                continue;
            }
            let mut word = match placeholder {
                "{no}" => self.order_no(),
                "{merchant}" => self.pick(&["shop", "shop", "shop", "bakery", "nobody"]).into(),
                "{out_refund_no}" => self.refund_no(),
                "{date}" => self.pick(&["2025-12-31", "2026-02-30", "2026-1-1", "today"]).into(),
                _ => {
                    let anomaly = self.one_of(|known| &known.anomalies);
                    anomaly.filter(|_| self.one_in(2)).unwrap_or_else(|| ENDPOINT.into())
                }
            };
            if self.one_in(12) {
                word = self.text();
            }
            let encoded = utf8_percent_encode(&word, NON_ALPHANUMERIC).to_string();
            target = target.replace(placeholder, if encoded.is_empty() { "-" } else { &encoded });
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
            Some("MWEB") => values.insert("scene_info".into(), self.good(world, Kind::Scene)),
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
}
