//! Field rules (APIv2 field limits): which fields a message has, whether they are required, and what they may hold.

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
    /// 1 to 32 letters and digits.
    Nonce,
    /// Fen: a whole number from 1.
    TotalFee,
    /// Fen or a count: a whole number from 0.
    Number,
    /// `yyyyMMddHHmmss`, Beijing time.
    Time,
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
            Self::OutTradeNo => {
                value.len() <= 32
                    && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-|*@".contains(&b))
            }
            Self::Nonce => value.len() <= 32 && value.bytes().all(|b| b.is_ascii_alphanumeric()),
            Self::TotalFee => value.parse::<Fen>().is_ok_and(|fen| fen > Fen::ZERO),
            Self::Number => value.parse::<Fen>().is_ok(),
            Self::Time => time::from_beijing(value).is_some(),
            Self::Ip => value.parse::<IpAddr>().is_ok(),
            Self::NotifyUrl => is_notify_url(value),
            Self::Sign => {
                matches!(value.len(), 32 | 64) && value.bytes().all(|b| b.is_ascii_hexdigit())
            }
            Self::OneOf(words) => words.contains(&value),
        }
    }
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
            Self::Nonce => f.write_str("1 to 32 letters and digits"),
            Self::TotalFee => f.write_str("a whole number of fen, at least 1"),
            Self::Number => f.write_str("a whole number"),
            Self::Time => f.write_str("Beijing time as yyyyMMddHHmmss"),
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
