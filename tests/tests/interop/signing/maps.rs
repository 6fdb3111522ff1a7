//! Sets of any text, quickly made, with more than chance would give of what signers get wrong.

use std::collections::BTreeSet;
use std::fmt;
use std::iter::repeat_with;

use fastrand::Rng;

/// What a set has, so that the run can say that it met it.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A value that reads as further fields: `1&b=2`.
    FieldsInValue,
    /// A value with `&key=`.
    KeyInValue,
    /// A field that is not signed.
    EmptyValue,
    /// A name that is no ASCII.
    ForeignName,
    /// Names that UTF-16 orders otherwise than UTF-8.
    OtherOrder,
    /// An old signature.
    OldSign,
}

impl Kind {
    pub const ALL: [Self; 6] = [
        Self::FieldsInValue,
        Self::KeyInValue,
        Self::EmptyValue,
        Self::ForeignName,
        Self::OtherOrder,
        Self::OldSign,
    ];

    pub fn is(self, pairs: &[(String, String)]) -> bool {
        let mut values = pairs.iter().map(|(_, value)| value);
        let mut names = pairs.iter().map(|(name, _)| name);
        match self {
            Self::FieldsInValue => values.any(|value| value.contains('&') && value.contains('=')),
            Self::KeyInValue => values.any(|value| value.contains("&key=")),
            Self::EmptyValue => values.any(String::is_empty),
            Self::ForeignName => names.any(|name| !name.is_ascii()),
            Self::OtherOrder => {
                let filled = pairs.iter().filter(|(_, value)| !value.is_empty());
                let mut names: Vec<_> = filled.map(|(name, _)| name).collect();
                names.sort();
                !names.is_sorted_by_key(|name| name.encode_utf16().collect::<Vec<_>>())
            }
            Self::OldSign => names.any(|name| name == "sign"),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FieldsInValue => "with fields in a value",
            Self::KeyInValue => "with &key= in a value",
            Self::EmptyValue => "with an empty value",
            Self::ForeignName => "with a name that is no ASCII",
            Self::OtherOrder => "that UTF-16 would order otherwise",
            Self::OldSign => "with an old signature",
        })
    }
}

/// 32 printable characters.
pub fn key(random: &mut Rng) -> String {
    repeat_with(|| random.char('!'..='~')).take(32).collect()
}

/// Up to 24 pairs in any order.
pub fn pairs(random: &mut Rng) -> Vec<(String, String)> {
    let names: BTreeSet<String> =
        (0..random.u8(..24)).map(|_| name(random)).filter(|name| !name.is_empty()).collect();
    let mut pairs: Vec<_> = names.into_iter().map(|name| (name, value(random))).collect();
    random.shuffle(&mut pairs);
    pairs
}

const NAMES: [&str; 12] = [
    "appid",
    "mch_id",
    "nonce_str",
    "body",
    "total_fee",
    "sign",
    "sign_type",
    "key",
    "Sign",
    "a",
    "a=",
    "a&b",
];

fn name(random: &mut Rng) -> String {
    match random.u8(..8) {
        0..3 => word(random, 12, "abcdefghijklmnopqrstuvwxyz_"),
        3 => word(random, 3, "aAzZ0_09"),
        4..6 => random.choice(NAMES).unwrap_or_default().to_owned(),
        // U+FF5E is before U+1F375 in UTF-8 and behind it in UTF-16.
        6 => word(random, 3, "中é～\u{ffff}\u{e000}🍵\u{10ffff}a"),
        _ => text(random, 6),
    }
}

const AWKWARD: [&str; 16] = [
    "1&b=2",
    "&key=",
    "x&key=00000000000000000000000000000000",
    "=",
    "&",
    "a=b=c",
    "&&",
    "==",
    " ",
    "\r\n",
    "\0",
    "%26",
    "+",
    "{\"a\":\"&key=\"}",
    "<![CDATA[&]]>",
    "e\u{301}",
];

fn value(random: &mut Rng) -> String {
    match random.u8(..10) {
        0 => String::new(),
        1 => random.u64(..).to_string(),
        2..4 => word(random, 40, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"),
        4 => word(random, 12, "&=key?#%+\"'<>"),
        5 => format!("{}{}", text(random, 4), random.choice(AWKWARD).unwrap_or_default()),
        6 => word(random, 20, "一丁七万丈三上下你好世界，。龥"),
        // Some of several blocks, and some that end near the border of one.
        7 => word(random, 300, "0123456789abcdef"),
        _ => text(random, 20),
    }
}

/// Up to `max` of these characters.
fn word(random: &mut Rng, max: usize, of: &str) -> String {
    let chars: Vec<char> = of.chars().collect();
    let len = random.usize(..=max);
    repeat_with(|| random.choice(&chars).copied().unwrap_or_default()).take(len).collect()
}

/// Up to `max` characters of all there are, more of the small ones.
fn text(random: &mut Rng, max: usize) -> String {
    let len = random.usize(..=max);
    let mut char = || match random.u8(..4) {
        0 => random.char(..'\u{80}'),
        1 => random.char(..'\u{800}'),
        2 => random.char(..'\u{10000}'),
        _ => random.char(..),
    };
    repeat_with(&mut char).take(len).collect()
}
