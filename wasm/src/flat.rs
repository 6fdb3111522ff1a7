//! Flat strings: parts with a NUL between them.

use crate::CallError;
#[cfg(feature = "calls")]
use wxpay_core::{ApiKey, Params, SignType};

/// What JavaScript wrote, as text; it writes nothing else.
pub fn text(input: &[u8]) -> Result<&str, CallError> {
    std::str::from_utf8(input).map_err(|_| CallError::of("internal", "", "the input is not UTF-8"))
}

/// The parts that are not read yet, if there are any.
pub struct Parts<'a>(Option<&'a str>);

impl<'a> Parts<'a> {
    pub fn new(input: &'a str) -> Self {
        Self(Some(input))
    }

    /// The next part; empty if there is none.
    pub fn next(&mut self) -> &'a str {
        self.more().unwrap_or_default()
    }

    /// The next part, if there is one.
    pub fn more(&mut self) -> Option<&'a str> {
        let rest = self.0?;
        // Parts are short: looking at each byte is faster than what `split` does.
        let end = rest.bytes().position(|byte| byte == 0).unwrap_or(rest.len());
        let (part, rest) = rest.split_at_checked(end)?;
        self.0 = rest.strip_prefix('\0');
        Some(part)
    }
}

#[cfg(feature = "calls")]
impl<'a> Parts<'a> {
    pub fn key(&mut self) -> Result<ApiKey, CallError> {
        Ok(ApiKey::new(self.next())?)
    }

    pub fn sign_type(&mut self) -> Result<SignType, CallError> {
        Ok(self.next().parse::<SignType>()?)
    }

    /// All that is left, a set of fields: names and values in the order given.
    pub fn pairs(mut self) -> Result<Vec<(&'a str, &'a str)>, CallError> {
        let count = self.next();
        let mut pairs = Vec::with_capacity(24);
        while let Some(name) = self.more() {
            pairs.push((name, self.next()));
        }
        if count.parse::<usize>().ok() == Some(pairs.len()) {
            Ok(pairs)
        } else {
            Err(CallError::of("nul", "", "a name or value contains the character NUL"))
        }
    }

    /// The same as a parameter set.
    pub fn params(self) -> Result<Params, CallError> {
        Ok(Params::from_pairs(self.pairs()?)?)
    }
}
