//! Money: whole fen, never a float.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// An amount in fen (分, 1/100 yuan). The only money type of the project.
///
/// Bounded by 2^53 − 1, so that JSON and JavaScript carry it exactly.
///
/// ```
/// use wxpay_core::Fen;
/// assert_eq!(Fen::from_yuan("0.29")?.get(), 29);
/// assert_eq!(Fen::from_yuan("19.90")?.get(), 1990);
/// assert!(Fen::from_yuan("1e2").is_err());
/// assert_eq!(Fen::from_yuan("19.9")?.to_yuan(), "19.90");
/// # Ok::<(), wxpay_core::FenError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(try_from = "u64")
)]
pub struct Fen(u64);

/// Why a text or number is not an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FenError {
    /// Something other than plain ASCII digits (and, for yuan, one point).
    NotDecimal,
    /// A leading zero, as in `01`.
    LeadingZero,
    /// More than two digits behind the point: there is no fraction of a fen.
    TooPrecise,
    /// Above [`Fen::MAX`].
    TooLarge,
}

impl Fen {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The largest amount: 2^53 − 1 fen.
    pub const MAX: Self = Self((1 << 53) - 1);

    /// An amount of whole fen.
    ///
    /// # Errors
    /// [`FenError::TooLarge`] above [`Fen::MAX`].
    pub const fn new(fen: u64) -> Result<Self, FenError> {
        if fen > Self::MAX.0 { Err(FenError::TooLarge) } else { Ok(Self(fen)) }
    }

    /// The number of fen.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Reads an exact decimal number of yuan: `0.29`, `19.9`, `19.90`, `20`.
    ///
    /// # Errors
    /// [`FenError`]: signs, exponents, separators, a third decimal and full-width digits are refused.
    pub fn from_yuan(text: &str) -> Result<Self, FenError> {
        let (yuan, decimals) = text.split_once('.').unwrap_or((text, "00"));
        if decimals.is_empty() || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(FenError::NotDecimal);
        }
        let tenfold = match decimals.len() {
            1 => 10,
            2 => 1,
            _ => return Err(FenError::TooPrecise),
        };
        let yuan = whole(yuan)?;
        let fen = decimals.parse::<u64>().map_err(|_| FenError::NotDecimal)? * tenfold;
        let sum = yuan.checked_mul(100).and_then(|hundreds| hundreds.checked_add(fen));
        Self::new(sum.ok_or(FenError::TooLarge)?)
    }

    /// The amount in yuan with exactly two decimals.
    pub fn to_yuan(self) -> String {
        alloc::format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }

    /// The sum, unless it exceeds [`Fen::MAX`].
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|sum| Self::new(sum).ok())
    }

    /// The difference, unless it is negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

/// Reads whole fen as WeChat writes them: `1990`. No sign, point, exponent or leading zero.
impl FromStr for Fen {
    type Err = FenError;

    fn from_str(text: &str) -> Result<Self, FenError> {
        Self::new(whole(text)?)
    }
}

impl TryFrom<u64> for Fen {
    type Error = FenError;

    fn try_from(fen: u64) -> Result<Self, FenError> {
        Self::new(fen)
    }
}

/// Prints the number of fen, as WeChat wants it.
impl fmt::Display for Fen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for FenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDecimal => "expected plain decimal digits",
            Self::LeadingZero => "expected no leading zero",
            Self::TooPrecise => "expected at most two decimals; there is no fraction of a fen",
            Self::TooLarge => "is above the largest amount, 2^53 - 1 fen",
        })
    }
}

impl core::error::Error for FenError {}

fn whole(text: &str) -> Result<u64, FenError> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(FenError::NotDecimal);
    }
    if text.len() > 1 && text.starts_with('0') {
        return Err(FenError::LeadingZero);
    }
    text.parse().map_err(|_| FenError::TooLarge)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;

    #[test]
    fn m04_yuan_is_read_exactly_or_refused() {
        for (text, fen) in [("0.29", 29), ("19.90", 1990), ("19.9", 1990), ("0", 0), ("1", 100)] {
            assert_eq!(Fen::from_yuan(text).unwrap().get(), fen, "{text}");
        }
        for (text, error) in [
            ("1.005", FenError::TooPrecise),
            ("1e2", FenError::NotDecimal),
            ("-1", FenError::NotDecimal),
            ("+1", FenError::NotDecimal),
            ("1,000", FenError::NotDecimal),
            ("１", FenError::NotDecimal),
            ("1.", FenError::NotDecimal),
            (".5", FenError::NotDecimal),
            ("", FenError::NotDecimal),
            ("1.2.3", FenError::NotDecimal),
            ("01", FenError::LeadingZero),
            ("99999999999999999999", FenError::TooLarge),
            ("90071992547410", FenError::TooLarge),
        ] {
            assert_eq!(Fen::from_yuan(text), Err(error), "{text}");
        }
    }

    #[test]
    fn fen_text_is_strict() {
        assert_eq!("88".parse::<Fen>().unwrap().get(), 88);
        for text in ["1.0", "1e2", "01", "+1", "-1", "", " 1", "9007199254740992"] {
            assert!(text.parse::<Fen>().is_err(), "{text}");
        }
    }

    #[test]
    fn yuan_and_fen_are_inverse() {
        for fen in [0, 1, 9, 10, 99, 100, 101, 1990, Fen::MAX.get()] {
            let amount = Fen::new(fen).unwrap();
            assert_eq!(Fen::from_yuan(&amount.to_yuan()).unwrap(), amount);
        }
    }
}
