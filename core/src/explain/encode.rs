//! What programs do to a value before they sign it, and the way back.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::normal;
use super::seek::replace;

/// One treatment of every value. [`Encode::Raw`] is right.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Encode {
    Raw,
    /// RFC 3986: all but the unreserved characters.
    Percent,
    /// The same with lower-case hex.
    PercentLower,
    /// A form: `+` for a space, `*` stays, `~` does not.
    Form,
    /// Java's and .NET's forms with lower-case hex.
    FormLower,
    /// `encodeURIComponent`: `!'()*` stay.
    Component,
    /// `encodeURI`: what a URL may hold stays.
    Uri,
    /// Percent-encoded twice.
    PercentTwice,
    PercentDecoded,
    Xml,
    XmlQuot,
    XmlNumeric,
    XmlDecoded,
    Cdata,
    JsonUnicode,
    JsonUnicodeUpper,
    JsonQuotes,
    JsonSlashes,
    JsonAll,
    HexQuotes,
    Unescaped,
    Quoted,
    Trimmed,
    NoSpace,
    Collapsed,
    CrLf,
    Lf,
    NoLineEnds,
    Mojibake,
    MojibakeUndone,
    Nfc,
    Nfd,
    AsciiOnly,
    NoEmoji,
    HalfWidth,
    LowerCase,
}

impl Encode {
    /// Appends the treated value.
    pub(super) fn write(self, value: &str, out: &mut String) {
        match self {
            Self::Raw => out.push_str(value),
            Self::Percent => percent(value, out, "-._~", false, true),
            Self::PercentLower => percent(value, out, "-._~", false, false),
            Self::Form => percent(value, out, "-._*", true, true),
            Self::FormLower => percent(value, out, "-._*", true, false),
            Self::Component => percent(value, out, "-._~!'()*", false, true),
            Self::Uri => percent(value, out, "-._~!'()*;/?:@&=+$,#", false, true),
            Self::PercentTwice => {
                let mut once = String::new();
                percent(value, &mut once, "-._~", false, true);
                percent(&once, out, "-._~", false, true);
            }
            Self::PercentDecoded => out.push_str(&super::read::form_decode(value)),
            Self::Xml => xml(value, out, false),
            Self::XmlQuot => xml(value, out, true),
            Self::XmlNumeric => each(value, out, |c, out| match c {
                '&' => out.push_str("&#38;"),
                '<' => out.push_str("&#60;"),
                '>' => out.push_str("&#62;"),
                '"' => out.push_str("&#34;"),
                '\'' => out.push_str("&#39;"),
                c if !c.is_ascii() => {
                    let digits = (35 - u32::from(c).leading_zeros()) / 4;
                    out.push_str("&#x");
                    push_hex(u32::from(c), digits, false, out);
                    out.push(';');
                }
                c => out.push(c),
            }),
            Self::XmlDecoded => out.push_str(&super::read::unescape_html(value).text),
            Self::Cdata => out.extend(["<![CDATA[", value, "]]>"]),
            Self::JsonUnicode => each(value, out, |c, out| unicode(c, false, out)),
            Self::JsonUnicodeUpper => each(value, out, |c, out| unicode(c, true, out)),
            Self::JsonQuotes => each(value, out, |c, out| {
                if matches!(c, '"' | '\\') {
                    out.push('\\');
                }
                out.push(c);
            }),
            Self::JsonSlashes => out.push_str(&replace(value, "/", "\\/")),
            Self::JsonAll => each(value, out, |c, out| match c {
                '"' | '\\' | '/' => out.extend(['\\', c]),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '&' | '<' | '>' | '\'' => json(c, false, out),
                c => unicode(c, false, out),
            }),
            Self::HexQuotes => each(value, out, |c, out| match c {
                '"' | '\\' | '\n' | '\r' | '\t' => {
                    out.push_str("\\x");
                    push_hex(u32::from(c), 2, true, out);
                }
                c => out.push(c),
            }),
            Self::Unescaped => out.push_str(&super::read::unescape_backslashes(value).text),
            Self::Quoted => out.extend(["\"", value, "\""]),
            Self::Trimmed => out.push_str(value.trim()),
            Self::NoSpace => filter(value, out, |c| !c.is_whitespace()),
            Self::Collapsed => {
                let mut between = true;
                for c in value.trim().chars() {
                    if !c.is_whitespace() {
                        out.push(c);
                    } else if !between {
                        out.push(' ');
                    }
                    between = c.is_whitespace();
                }
            }
            Self::CrLf => out.push_str(&replace(&replace(value, "\r\n", "\n"), "\n", "\r\n")),
            Self::Lf => out.push_str(&replace(&replace(value, "\r\n", "\n"), "\r", "\n")),
            Self::NoLineEnds => filter(value, out, |c| c != '\r' && c != '\n'),
            Self::Mojibake => value.bytes().for_each(|byte| out.push(char::from(byte))),
            Self::MojibakeUndone => out.push_str(&undo_mojibake(value)),
            Self::Nfc => normal::compose(value, out),
            Self::Nfd => normal::decompose(value, out),
            Self::AsciiOnly => filter(value, out, |c| c.is_ascii()),
            Self::NoEmoji => filter(value, out, |c| c.len_utf8() < 4),
            Self::HalfWidth => each(value, out, |c, out| out.push(half_width(c))),
            Self::LowerCase => out.push_str(&value.to_ascii_lowercase()),
        }
    }

    /// The treated value.
    pub(super) fn apply(self, value: &str) -> String {
        let mut out = String::with_capacity(value.len());
        self.write(value, &mut out);
        out
    }
}

fn each(value: &str, out: &mut String, push: fn(char, &mut String)) {
    for c in value.chars() {
        push(c, out);
    }
}

fn filter(value: &str, out: &mut String, keep: fn(char) -> bool) {
    for c in value.chars().filter(|c| keep(*c)) {
        out.push(c);
    }
}

fn percent(value: &str, out: &mut String, keep: &str, plus: bool, upper: bool) {
    for byte in value.bytes() {
        match char::from(byte) {
            c if c.is_ascii_alphanumeric() || keep.as_bytes().contains(&byte) => out.push(c),
            ' ' if plus => out.push('+'),
            _ => {
                out.push('%');
                push_hex(u32::from(byte), 2, upper, out);
            }
        }
    }
}

fn xml(value: &str, out: &mut String, quot: bool) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quot => out.push_str("&quot;"),
            '\'' if quot => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

fn unicode(c: char, upper: bool, out: &mut String) {
    if c.is_ascii() {
        out.push(c);
    } else {
        json(c, upper, out);
    }
}

fn json(c: char, upper: bool, out: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        out.push_str("\\u");
        push_hex(u32::from(*unit), 4, upper, out);
    }
}

fn push_hex(value: u32, digits: u32, upper: bool, out: &mut String) {
    for at in (0..digits).rev() {
        let digit = char::from_digit(value >> (4 * at) & 15, 16).unwrap_or('0');
        out.push(if upper { digit.to_ascii_uppercase() } else { digit });
    }
}

fn undo_mojibake(value: &str) -> Cow<'_, str> {
    let mut bytes = Vec::with_capacity(value.len());
    for c in value.chars() {
        match u8::try_from(c) {
            Ok(byte) => bytes.push(byte),
            Err(_) => return Cow::Borrowed(value),
        }
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(value), Cow::Owned)
}

/// Full-width letters and the ideographic space to ASCII.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' | '\u{a0}' => ' ',
        c => c,
    }
}
