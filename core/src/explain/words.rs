//! The words for the explanation's small enums: in the JSON of a report, on the command line, in JavaScript.

use super::KeyKind;
use super::read::{Confidence, Format, Kind, Wrapping};
use super::report::{Scene, Stopped, Verdict, Weight, Why};

macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal,)* })*) => { $(
        impl $name {
            /// The stable word.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the stable word.
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.word())
            }
        }
    )* };
}

words! {
    Verdict {
        Match = "match",
        Mismatch = "mismatch",
        Unsigned = "unsigned",
        Malformed = "malformed",
        NoKey = "no_key",
    }
    Format {
        Xml = "xml",
        Json = "json",
        Object = "object",
        Map = "map",
        Lines = "lines",
        Query = "query",
        Form = "form",
        Php = "php",
    }
    Confidence { Guess = "guess", Likely = "likely", Sure = "sure", }
    Wrapping { Curl = "curl", Html = "html", Backslashes = "backslashes", }
    Kind {
        Text = "text",
        Number = "number",
        Bool = "bool",
        Null = "null",
        Nested = "nested",
    }
    Scene {
        Request = "request",
        Reply = "reply",
        Notice = "notice",
        Invoke = "invoke",
        App = "app",
        RefundNotice = "refund_notice",
    }
    Why {
        Signed = "signed",
        Empty = "empty",
        IsSign = "is_sign",
        Duplicate = "duplicate",
        NotInSet = "not_in_set",
        Added = "added",
        IsKey = "is_key",
    }
    Weight { Info = "info", Warning = "warning", Error = "error", }
    Stopped {
        NotNeeded = "not_needed",
        Proved = "proved",
        Exhausted = "exhausted",
        Limit = "limit",
        NoSuchSignature = "no_such_signature",
    }
    KeyKind {
        Main = "main",
        Old = "old",
        OtherMerchant = "other_merchant",
        SubMerchant = "sub_merchant",
        AppSecret = "app_secret",
        ApiV3 = "api_v3",
        Sandbox = "sandbox",
        Password = "password",
    }
}
