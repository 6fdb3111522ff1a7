//! JSON bodies of the server's API: taken exactly when a table of the fields says so, with the values that were sent;
//! refused with the name of a field.
//!
//! The server's two files alone are built here: all of it, with coverage, would take minutes.
#![no_main]

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use libfuzzer_sys::fuzz_target;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use wxpay_core::messages::TradeType;

#[path = "../../server/src/http/json.rs"]
mod json;
#[path = "../../server/src/http/requests.rs"]
mod requests;

use json::JsonError;
use requests::{
    AuthCode, Charge, CreateOrder, CreateRefund, Login, Offer, Pay, Query, Reconcile, Replay,
    Resolve,
};

/// The first byte says which request it shall be.
const FORMS: [Form; 11] =
    [LOGIN, PAY, QUERY, ORDER, OFFER, CHARGE, CODE, REFUND, REPLAY, RESOLVE, RECONCILE];

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else { return };
    let form = &FORMS[usize::from(first.wrapping_sub(b'a')) % FORMS.len()];
    match ((form.read)(body), form.by_the_table(body)) {
        (Ok(read), Ok(expected)) => assert_eq!(read, expected),
        (Ok(_), Err(why)) => panic!("taken, although {why:?}"),
        (Err(error), Ok(_)) => panic!("refused: {error:?}"),
        (Err(JsonError::NotJson), Err(why)) => assert_eq!(why, Refusal::NotJson),
        (Err(error @ JsonError::Field { .. }), Err(_)) => form.check_words(body, &error),
    }
});

/// The fields that were sent, as text.
type Values = BTreeMap<&'static str, String>;
type Read = fn(&[u8]) -> Result<Values, JsonError>;

/// One request of the API.
struct Form {
    fields: &'static [Field],
    /// A field that is not known is refused.
    is_strict: bool,
    /// The server's reader.
    read: Read,
}

/// Its name, or names; what it holds; whether it has to be there.
type Field = (&'static [&'static str], Kind, bool);

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Fen,
    Seconds,
    TextOrNumber,
    TradeType,
    Ip,
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    NotJson,
    /// A name is no text.
    BrokenName,
    Unknown(String),
    Twice(String),
    Wrong(String),
    Missing(&'static str),
}

use Kind::{Fen, Ip, Seconds, Text, TextOrNumber};

const LOGIN: Form = Form {
    fields: &[
        (&["code"], Text, true),
        (&["nickname"], Text, false),
        (&["photo"], Text, false),
        (&["merchant"], Text, false),
    ],
    is_strict: false,
    read: |body| {
        read(body, |Login { code, nickname, photo, merchant }| {
            vec![
                ("code", Some(code)),
                ("nickname", nickname),
                ("photo", photo),
                ("merchant", merchant),
            ]
        })
    },
};
const PAY: Form = Form {
    fields: &[
        (&["orderId"], TextOrNumber, true),
        (&["code"], Text, false),
        (&["merchant"], Text, false),
    ],
    is_strict: false,
    read: |body| {
        read(body, |Pay { order_id, code, merchant }| {
            vec![("orderId", Some(order_id)), ("code", code), ("merchant", merchant)]
        })
    },
};
const QUERY: Form = Form {
    fields: &[(&["orderId"], TextOrNumber, true)],
    is_strict: false,
    read: |body| read(body, |Query { order_id }| vec![("orderId", Some(order_id))]),
};
const ORDER: Form = Form {
    fields: &[
        (&["out_trade_no"], Text, false),
        (&["body"], Text, true),
        (&["total_fee"], Fen, true),
        (&["trade_type"], Kind::TradeType, false),
        (&["openid"], Text, false),
        (&["user_token"], Text, false),
        (&["expire_s"], Seconds, false),
        (&["attach"], Text, false),
        (&["detail"], Text, false),
        (&["device_info"], Text, false),
        (&["goods_tag"], Text, false),
        (&["limit_pay"], Text, false),
        (&["product_id"], Text, false),
        (&["profit_sharing"], Text, false),
        (&["receipt"], Text, false),
        (&["scene_info"], Text, false),
    ],
    is_strict: true,
    read: |body| {
        read(body, |order: CreateOrder| {
            vec![
                ("out_trade_no", order.out_trade_no),
                ("body", Some(order.body)),
                ("total_fee", Some(order.total_fee.to_string())),
                ("trade_type", Some(order.trade_type.to_string())),
                ("openid", order.openid),
                ("user_token", order.user_token),
                ("expire_s", order.expire_s.map(|seconds| seconds.to_string())),
                ("attach", order.attach),
                ("detail", order.detail),
                ("device_info", order.device_info),
                ("goods_tag", order.goods_tag),
                ("limit_pay", order.limit_pay),
                ("product_id", order.product_id),
                ("profit_sharing", order.profit_sharing),
                ("receipt", order.receipt),
                ("scene_info", order.scene_info),
            ]
        })
    },
};
const OFFER: Form = Form {
    fields: &[(&["client_ip"], Text, false), (&["redirect_url"], Text, false)],
    is_strict: true,
    read: |body| {
        read(body, |Offer { client_ip, redirect_url }| {
            vec![("client_ip", client_ip), ("redirect_url", redirect_url)]
        })
    },
};
const CHARGE: Form = Form {
    fields: &[(&["auth_code"], Text, true), (&["client_ip"], Ip, false)],
    is_strict: true,
    read: |body| {
        read(body, |Charge { auth_code, client_ip }| {
            vec![("auth_code", Some(auth_code)), ("client_ip", client_ip.map(|ip| ip.to_string()))]
        })
    },
};
const CODE: Form = Form {
    fields: &[(&["auth_code"], Text, true)],
    is_strict: true,
    read: |body| read(body, |AuthCode { auth_code }| vec![("auth_code", Some(auth_code))]),
};
const REFUND: Form = Form {
    fields: &[
        (&["refund_fee"], Fen, true),
        (&["out_refund_no"], Text, false),
        (&["refund_desc", "reason"], Text, false),
        (&["refund_account"], Text, false),
        (&["total_fee"], Fen, false),
        (&["refund_fee_type", "currency"], Text, false),
    ],
    is_strict: true,
    read: |body| {
        read(body, |refund: CreateRefund| {
            vec![
                ("refund_fee", Some(refund.refund_fee.to_string())),
                ("out_refund_no", refund.out_refund_no),
                ("refund_desc", refund.refund_desc),
                ("refund_account", refund.refund_account),
                ("total_fee", refund.total_fee.map(|fee| fee.to_string())),
                ("refund_fee_type", refund.refund_fee_type),
            ]
        })
    },
};
const REPLAY: Form = Form {
    fields: &[(&["id"], Text, false)],
    is_strict: true,
    read: |body| read(body, |Replay { id }| vec![("id", id)]),
};
const RESOLVE: Form = Form {
    fields: &[(&["note"], Text, true)],
    is_strict: true,
    read: |body| read(body, |Resolve { note }| vec![("note", Some(note))]),
};
const RECONCILE: Form = Form {
    fields: &[(&["date"], Text, true)],
    is_strict: true,
    read: |body| read(body, |Reconcile { date }| vec![("date", Some(date))]),
};

fn read<T: DeserializeOwned>(
    body: &[u8],
    fields: impl Fn(T) -> Vec<(&'static str, Option<String>)>,
) -> Result<Values, JsonError> {
    let fields = fields(json::read(body)?).into_iter();
    Ok(fields.filter_map(|(name, value)| Some((name, value?))).collect())
}

impl Form {
    fn by_the_table(&self, body: &[u8]) -> Result<Values, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| Refusal::NotJson)?;
        serde_json::from_str::<IgnoredAny>(text).map_err(|_| Refusal::NotJson)?;
        if !text.trim_ascii_start().starts_with('{') {
            return Err(Refusal::NotJson);
        }
        let Pairs(pairs) = serde_json::from_str(text).map_err(|_| Refusal::BrokenName)?;
        let (mut values, mut seen) = (Values::new(), Vec::new());
        for (name, raw) in pairs {
            let field = self.fields.iter().find(|field| field.0.contains(&name.as_str()));
            let Some((names, kind, is_required)) = field else {
                if self.is_strict {
                    return Err(Refusal::Unknown(name));
                }
                continue;
            };
            if seen.contains(&names[0]) {
                return Err(Refusal::Twice(name));
            }
            seen.push(names[0]);
            if raw.get() == "null" && !is_required && !matches!(kind, Kind::TradeType) {
                continue;
            }
            let value = kind.value(raw.get()).ok_or(Refusal::Wrong(name))?;
            values.insert(names[0], value);
        }
        for (names, kind, is_required) in self.fields {
            if *is_required && !values.contains_key(names[0]) {
                return Err(Refusal::Missing(names[0]));
            }
            if matches!(kind, Kind::TradeType) {
                values.entry(names[0]).or_insert_with(|| "JSAPI".to_owned());
            }
        }
        Ok(values)
    }

    /// A refusal names a field of the table or one that was sent, and is the same for any other long text.
    fn check_words(&self, body: &[u8], error: &JsonError) {
        let text = std::str::from_utf8(body).expect("else it is no JSON");
        let Ok(Pairs(pairs)) = serde_json::from_str(text) else { return };
        let JsonError::Field { field, expected } = error else { return };
        let is_known = self.fields.iter().any(|known| known.0.contains(&field.as_str()));
        assert!(is_known || pairs.iter().any(|(name, _)| name == field), "names {field:?}");
        assert!(!expected.is_empty());
        let other = pairs.iter().map(|(name, raw)| {
            let name = serde_json::to_string(name).expect("text");
            let value = serde_json::from_str::<String>(raw.get());
            // Longer than any address.
            let is_long = value.is_ok_and(|value| value.len() > 45);
            let masked = format!("\"{}\"", "x".repeat(46));
            format!("{name}:{}", if is_long { masked.as_str() } else { raw.get() })
        });
        let other = format!("{{{}}}", other.collect::<Vec<_>>().join(","));
        assert_eq!((self.read)(other.as_bytes()).as_ref(), Err(error), "for {other}");
    }
}

impl Kind {
    fn value(self, raw: &str) -> Option<String> {
        let text = || serde_json::from_str::<String>(raw).ok();
        let number = || raw.parse::<u64>().ok().map(|number| number.to_string());
        match self {
            Self::Text => text(),
            Self::Fen => number(),
            // -0 is a float to serde_json.
            Self::Seconds => {
                let seconds = raw.parse::<i64>().ok().filter(|_| raw != "-0");
                seconds.map(|seconds| seconds.to_string())
            }
            Self::TextOrNumber => text().or_else(number),
            Self::TradeType => text().filter(|word| TradeType::WORDS.contains(&word.as_str())),
            Self::Ip => text()?.parse::<IpAddr>().ok().map(|ip| ip.to_string()),
        }
    }
}

/// The members of an object in their order, whatever they are.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
