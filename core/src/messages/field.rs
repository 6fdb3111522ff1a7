//! Field rules (APIv2 field limits): which fields a message has, whether they are required, and what they may hold.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;
use core::net::IpAddr;
use core::str::FromStr;

use crate::{Fen, Params, time};

/// One row of a message's field table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// Whether the message is refused without it.
    pub required: bool,
    /// What a filled value must look like.
    pub format: Format,
}

/// What a field's value must look like. Lengths are bytes of UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Any text of at most so many bytes.
    Text(usize),
    /// A merchant's order number: 1 to 32 of `0-9 A-Z a-z _ - | * @`.
    OutTradeNo,
    /// A merchant's refund number: 1 to 64 of the same.
    OutRefundNo,
    /// A sub merchant's number: text of at most 32 bytes, another than `mch_id`.
    SubMchId,
    /// A payer under `sub_appid`, which must be there too: text of at most 128 bytes.
    SubOpenid,
    /// 1 to 32 letters and digits.
    Nonce,
    /// Fen: a whole number from 1.
    TotalFee,
    /// Fen: a whole number from 1, no more than `total_fee`.
    RefundFee,
    /// Fen or a count: a whole number from 0.
    Number,
    /// `yyyyMMddHHmmss`, Beijing time.
    Time,
    /// `yyyy-MM-dd HH:mm:ss`, Beijing time.
    DateTime,
    /// `yyyyMMdd`.
    Date,
    /// The 18 digits of a payment code, beginning with 10 to 15.
    AuthCode,
    /// An IPv4 or IPv6 address.
    Ip,
    /// An absolute http(s) URL of at most 256 bytes without query or white space.
    NotifyUrl,
    /// 32 or 64 hex characters.
    Sign,
    /// One of these words.
    OneOf(&'static [&'static str]),
}

/// A field that breaks its rule. Carries the rule, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name.
    pub field: &'static str,
    /// Whether it was absent (or empty) rather than wrong.
    pub missing: bool,
    /// What was expected.
    pub expected: Format,
}

impl Field {
    /// A field that must be there.
    pub const fn required(name: &'static str, format: Format) -> Self {
        Self { name, required: true, format }
    }

    /// A field that may be absent or empty.
    pub const fn optional(name: &'static str, format: Format) -> Self {
        Self { name, required: false, format }
    }

    /// The error for a missing field.
    pub const fn missing(&self) -> FieldError {
        FieldError { field: self.name, missing: true, expected: self.format }
    }

    /// The error for a field with a bad value.
    pub const fn wrong(&self) -> FieldError {
        FieldError { field: self.name, missing: false, expected: self.format }
    }

    /// Reads a required value.
    pub(crate) fn of<'a>(&self, params: &'a Params) -> Result<&'a str, FieldError> {
        let value = params.filled(self.name).ok_or(self.missing())?;
        if self.format.allows(value) { Ok(value) } else { Err(self.wrong()) }
    }

    /// Reads a required value of one row; the name ends in `$n`, for which `n` stands in the message.
    pub(crate) fn of_row<'a>(&self, params: &'a Params, n: usize) -> Result<&'a str, FieldError> {
        let value = params.filled(&self.in_row(n)).ok_or(self.missing())?;
        if self.format.allows(value) { Ok(value) } else { Err(self.wrong()) }
    }

    /// The name of the field in one row.
    pub(crate) fn in_row(&self, n: usize) -> String {
        self.name.replace("$n", &n.to_string())
    }

    /// Reads an optional value as a type.
    pub(crate) fn find<T: FromStr>(&self, params: &Params) -> Result<Option<T>, FieldError> {
        params.filled(self.name).map(|value| value.parse().map_err(|_| self.wrong())).transpose()
    }

    /// Writes a time. One that cannot be written must not be left out: the order would live longer than it should.
    pub(super) fn beijing(&self, unix_s: Option<i64>) -> Result<Option<String>, FieldError> {
        unix_s.map(|unix_s| time::to_beijing(unix_s).ok_or(self.wrong())).transpose()
    }

    /// Reads a required value as a type.
    pub(crate) fn parse<T: FromStr>(&self, params: &Params) -> Result<T, FieldError> {
        self.of(params)?.parse().map_err(|_| self.wrong())
    }
}

/// Checks a message against its field table. Fields outside the table are allowed.
///
/// # Errors
/// The first [`FieldError`] in the order of the table.
pub fn check(params: &Params, fields: &[Field]) -> Result<(), FieldError> {
    for field in fields {
        match params.filled(field.name) {
            None if field.required => return Err(field.missing()),
            Some(value) if !field.format.allows(value) => return Err(field.wrong()),
            None | Some(_) => {}
        }
    }
    Ok(())
}

impl Format {
    /// Whether a value (never empty) fits.
    pub fn allows(&self, value: &str) -> bool {
        match self {
            Self::Text(max) => value.len() <= *max,
            Self::OutTradeNo => value.len() <= 32 && value.bytes().all(is_in_numbers),
            Self::OutRefundNo => value.len() <= 64 && value.bytes().all(is_in_numbers),
            Self::SubMchId => value.len() <= 32,
            Self::SubOpenid => value.len() <= 128,
            Self::Nonce => value.len() <= 32 && value.bytes().all(|b| b.is_ascii_alphanumeric()),
            Self::TotalFee | Self::RefundFee => {
                value.parse::<Fen>().is_ok_and(|fen| fen > Fen::ZERO)
            }
            Self::Number => value.parse::<Fen>().is_ok(),
            Self::Time => time::from_beijing(value).is_some(),
            Self::DateTime => time::from_beijing_dashed(value).is_some(),
            Self::Date => time::from_beijing(&format!("{value}000000")).is_some(),
            Self::AuthCode => is_auth_code(value),
            Self::Ip => value.parse::<IpAddr>().is_ok(),
            Self::NotifyUrl => is_notify_url(value),
            Self::Sign => {
                matches!(value.len(), 32 | 64) && value.bytes().all(|b| b.is_ascii_hexdigit())
            }
            Self::OneOf(words) => words.contains(&value),
        }
    }
}

fn is_in_numbers(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte)
}

fn is_auth_code(value: &str) -> bool {
    value.len() == 18
        && value.bytes().all(|b| b.is_ascii_digit())
        && value.get(..2).is_some_and(|start| ("10"..="15").contains(&start))
}

fn is_notify_url(value: &str) -> bool {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    let Some((host, _)) = rest.map(|rest| rest.split_once('/').unwrap_or((rest, ""))) else {
        return false;
    };
    let plain = |b: u8| b.is_ascii_graphic() && !matches!(b, b'?' | b'#');
    value.len() <= 256 && !host.is_empty() && value.bytes().all(plain)
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(max) => write!(f, "text of at most {max} bytes"),
            Self::OutTradeNo => f.write_str("1 to 32 letters, digits or _ - | * @"),
            Self::OutRefundNo => f.write_str("1 to 64 letters, digits or _ - | * @"),
            Self::SubMchId => f.write_str("text of at most 32 bytes, not the mch_id itself"),
            Self::SubOpenid => f.write_str("text of at most 128 bytes, and sub_appid beside it"),
            Self::Nonce => f.write_str("1 to 32 letters and digits"),
            Self::TotalFee => f.write_str("a whole number of fen, at least 1"),
            Self::RefundFee => {
                f.write_str("a whole number of fen, at least 1 and at most total_fee")
            }
            Self::Number => f.write_str("a whole number"),
            Self::Time => f.write_str("Beijing time as yyyyMMddHHmmss"),
            Self::DateTime => f.write_str("Beijing time as yyyy-MM-dd HH:mm:ss"),
            Self::Date => f.write_str("a date as yyyyMMdd"),
            Self::AuthCode => {
                f.write_str("the 18 digits of a payment code, beginning with 10 to 15")
            }
            Self::Ip => f.write_str("an IPv4 or IPv6 address"),
            Self::NotifyUrl => {
                f.write_str("an absolute http(s) URL of at most 256 bytes, without query or spaces")
            }
            Self::Sign => f.write_str("32 or 64 hex characters"),
            Self::OneOf(words) => {
                f.write_str("one of ")?;
                for (index, word) in words.iter().enumerate() {
                    write!(f, "{}{word}", if index > 0 { ", " } else { "" })?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let missing = if self.missing { "missing; " } else { "" };
        write!(f, "{}: {missing}expected {}", self.field, self.expected)
    }
}

impl core::error::Error for FieldError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_allow_what_the_protocol_allows() {
        for (format, good, bad) in [
            (Format::OutTradeNo, "20150806125346_-|*@", "订单1"),
            (Format::OutTradeNo, "a", "123456789012345678901234567890123"),
            (Format::OutRefundNo, "R20150806125346_-|*@", "退款1"),
            (Format::AuthCode, "134567890123456789", "164567890123456789"),
            (Format::AuthCode, "100000000000000000", "13456789012345678"),
            (Format::Date, "20260228", "20260229"),
            (Format::Date, "20260301", "2026-3-01"),
            (Format::DateTime, "2026-03-01 09:30:15", "2026-03-01T09:30:15"),
            (Format::TotalFee, "1", "0"),
            (Format::TotalFee, "88", "88.0"),
            (Format::Number, "0", "-1"),
            (Format::Time, "20260101120000", "2026-01-01 12:00"),
            (Format::Ip, "2001:db8::1", "localhost"),
            (Format::NotifyUrl, "https://example.com/wxpay/notify", "https://example.com/n?a=1"),
            (Format::NotifyUrl, "http://127.0.0.1:8086/v1/notify/demo/pay", " https://example.com"),
            (Format::NotifyUrl, "https://example.com", "https:///path"),
            (Format::Nonce, "5K8264ILTKCH16CQ2502SI8ZNMTM67VS", "a-b"),
            (Format::OneOf(&["Y", "N"]), "Y", "true"),
            (Format::Text(3), "abc", "价格"),
        ] {
            assert!(format.allows(good), "{format:?} should allow {good}");
            assert!(!format.allows(bad), "{format:?} should refuse {bad}");
        }
    }
}
