//! Flat strings: parts with a NUL between them. The JavaScript side lets no NUL into a part.

use std::str::Split;

#[cfg(feature = "calls")]
use {
    crate::CallError,
    wxpay_core::{ApiKey, Params, SignType},
};

/// The parts that are not read yet.
pub struct Parts<'a> {
    rest: Split<'a, char>,
}

impl<'a> Parts<'a> {
    pub fn new(input: &'a str) -> Self {
        let mut rest = input.split('\0');
        if input.is_empty() {
            // No part at all, not an empty one.
            rest.next();
        }
        Self { rest }
    }

    /// The next part; empty if there is none.
    pub fn next(&mut self) -> &'a str {
        self.rest.next().unwrap_or_default()
    }

    /// The next part, if there is one.
    pub fn more(&mut self) -> Option<&'a str> {
        self.rest.next()
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

    /// All that is left, as names and values in the order given.
    pub fn pairs(mut self) -> Vec<(&'a str, &'a str)> {
        let mut pairs = Vec::with_capacity(24);
        while let Some(name) = self.more() {
            pairs.push((name, self.next()));
        }
        pairs
    }

    /// The same as a parameter set.
    pub fn params(mut self) -> Result<Params, CallError> {
        let mut params = Params::with_capacity(24, 1024);
        while let Some(name) = self.more() {
            params.insert(name, self.next())?;
        }
        Ok(params)
    }
}

/// The names and values, flat.
#[cfg(feature = "calls")]
pub fn write(params: &Params) -> String {
    write_pairs(params.iter())
}

/// Pairs, flat.
#[cfg(feature = "calls")]
pub fn write_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut flat = String::new();
    for (name, value) in pairs {
        if !flat.is_empty() {
            flat.push('\0');
        }
        flat.extend([name, "\0", value]);
    }
    flat
}

#[cfg(all(test, feature = "calls"))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::{Parts, write};
    use wxpay_core::Params;

    #[test]
    fn what_is_written_is_read_back() {
        for pairs in [&[][..], &[("a", "")], &[("a", ""), ("b", "茶\n"), ("c", "")]] {
            let params = Params::from_pairs(pairs.iter().copied()).unwrap();
            assert_eq!(Parts::new(&write(&params)).params().unwrap(), params);
        }
    }
}
