//! Amounts of bills that are finer than fen, or negative.

use core::fmt;
use core::str::FromStr;

/// An exact amount of yuan with up to five decimals, as bills write fees and balances. Not for prices: those are
/// [`Fen`](crate::Fen).
///
/// ```
/// use wxpay_core::bill::ExactYuan;
/// let fee: ExactYuan = "-0.00600".parse()?;
/// assert_eq!((fee.units(), fee.to_string().as_str()), (-600, "-0.00600"));
/// # Ok::<(), wxpay_core::bill::ExactYuanError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ExactYuan(i64);

/// Why a text is not such an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExactYuanError {
    /// Something other than plain ASCII digits, one point, and perhaps a minus in front.
    NotDecimal,
    /// More than five decimals.
    TooPrecise,
    /// Beyond some 92 million million yuan.
    TooLarge,
}

impl ExactYuan {
    const UNITS_PER_YUAN: i64 = 100_000;
    /// One yuan.
    pub const ONE: Self = Self(Self::UNITS_PER_YUAN);

    /// The number of hundred-thousandths of a yuan.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// The sum, unless it is too large.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl FromStr for ExactYuan {
    type Err = ExactYuanError;

    fn from_str(text: &str) -> Result<Self, ExactYuanError> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        let (yuan, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
        let is_plain =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_plain(yuan) || !is_plain(decimals) {
            return Err(ExactYuanError::NotDecimal);
        }
        let missing = 5_usize.checked_sub(decimals.len()).ok_or(ExactYuanError::TooPrecise)?;
        let scale = (0..missing).fold(1, |scale, _| scale * 10);
        let number = |part: &str| part.parse::<i64>().map_err(|_| ExactYuanError::TooLarge);
        let units = number(yuan)?
            .checked_mul(Self::UNITS_PER_YUAN)
            .and_then(|units| units.checked_add(number(decimals).ok()? * scale))
            .ok_or(ExactYuanError::TooLarge)?;
        Ok(Self(sign * units))
    }
}

/// With exactly five decimals.
impl fmt::Display for ExactYuan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let units = self.0.unsigned_abs();
        let per_yuan = Self::UNITS_PER_YUAN.unsigned_abs();
        write!(f, "{sign}{}.{:05}", units / per_yuan, units % per_yuan)
    }
}

impl fmt::Display for ExactYuanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotDecimal => "expected plain decimal digits",
            Self::TooPrecise => "expected at most five decimals",
            Self::TooLarge => "is too large",
        })
    }
}

impl core::error::Error for ExactYuanError {}
