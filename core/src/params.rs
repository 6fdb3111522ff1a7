//! The flat parameter set that WeChat signs.

use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

/// A flat set of `name = value` pairs, unique by name, always in WeChat's order: the bytes of the name.
///
/// Names and values are kept exactly as given; nothing is trimmed, escaped or normalised. All text lies in one
/// buffer, as it is signed: `name=value&`. A set of any size costs two allocations, and signing copies a pair as it lies.
///
/// ```
/// use wxpay_core::Params;
/// let params = Params::from_pairs([("mch_id", "10000100"), ("appid", "wxd930ea5d5a258f4f")])?;
/// assert_eq!(params.iter().next(), Some(("appid", "wxd930ea5d5a258f4f")));
/// # Ok::<(), wxpay_core::ParamsError>(())
/// ```
#[derive(Clone, Default)]
pub struct Params {
    text: String,
    fields: Vec<Entry>,
}

/// Where `name=value&` lies in the buffer.
#[derive(Clone, Copy)]
struct Entry {
    rank: u64,
    start: usize,
    /// The `=`.
    split: usize,
    /// The `&`.
    end: usize,
    signed: bool,
}

/// Why a pair cannot be part of a parameter set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParamsError {
    /// The name is the empty string.
    EmptyName,
    /// The name is there already; WeChat does not define what a second one means.
    DuplicateName(String),
    /// Names and values together exceed [`Params::MAX_BYTES`].
    TooLarge,
}

impl Params {
    /// The most text one set may hold, in bytes of UTF-8, with two more for each pair.
    pub const MAX_BYTES: usize = 1 << 24;

    /// An empty set.
    pub const fn new() -> Self {
        Self { text: String::new(), fields: Vec::new() }
    }

    /// An empty set with room for `fields` pairs and `bytes` bytes of text.
    pub fn with_capacity(fields: usize, bytes: usize) -> Self {
        Self { text: String::with_capacity(bytes), fields: Vec::with_capacity(fields) }
    }

    /// Builds a set from pairs in any order.
    ///
    /// # Errors
    /// [`ParamsError`] for an empty or repeated name.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, ParamsError> {
        let pairs = pairs.into_iter();
        let fields = pairs.size_hint().0.min(32);
        let mut params = Self::with_capacity(fields, fields * 40);
        for (name, value) in pairs {
            params.insert(name.as_ref(), value.as_ref())?;
        }
        Ok(params)
    }

    /// Adds a pair.
    ///
    /// # Errors
    /// [`ParamsError`] when the name is empty or already there; the set is then unchanged.
    pub fn insert(&mut self, name: &str, value: &str) -> Result<(), ParamsError> {
        if name.is_empty() {
            return Err(ParamsError::EmptyName);
        }
        let rank = rank(name);
        match self.position_of(name, rank) {
            Ok(_) => Err(ParamsError::DuplicateName(name.into())),
            Err(at) => self.place(at, rank, name, value),
        }
    }

    /// Adds a pair, or gives an existing name a new value.
    ///
    /// # Errors
    /// [`ParamsError`] when the name is empty or the set would grow too large; the set is then unchanged.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ParamsError> {
        let Ok(at) = self.position(name) else {
            return self.insert(name, value);
        };
        let old = self.fields.remove(at);
        let placed = self.place(at, rank(name), name, value);
        if placed.is_err() {
            self.fields.insert(at, old);
        }
        placed
    }

    /// Takes a pair out; says whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        match self.position(name) {
            Ok(at) => {
                self.fields.remove(at);
                true
            }
            Err(_) => false,
        }
    }

    /// The value of `name`, which may be empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.position(name).ok()?;
        self.fields.get(at).map(|entry| self.value(entry))
    }

    /// The value of `name` unless it is absent or empty: WeChat treats both alike.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// All pairs in byte order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        self.fields.iter().map(|entry| (self.name(entry), self.value(entry)))
    }

    /// The pairs that enter the string to sign: all but `sign` and those with an empty value.
    ///
    /// Source: APIv2 signing, steps 2 and 3.
    pub fn signed(&self) -> impl Iterator<Item = (&str, &str)> + Clone {
        let signed = self.fields.iter().filter(|entry| entry.signed);
        signed.map(|entry| (self.name(entry), self.value(entry)))
    }

    /// How many pairs there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The pairs that are signed, as `a=1&b=2&`. Those that lie end to end come in one piece.
    pub(crate) fn signed_text(&self) -> impl Iterator<Item = &str> {
        let end_to_end = |a: &Entry, b: &Entry| a.signed && b.signed && a.end + 1 == b.start;
        self.fields.chunk_by(end_to_end).filter_map(|chunk| {
            let (first, last) = (chunk.first()?, chunk.last()?);
            first.signed.then(|| self.slice(first.start, last.end + 1))
        })
    }

    /// No less than what all of [`Params::signed_text`] takes.
    pub(crate) fn text_len(&self) -> usize {
        self.text.len()
    }

    fn position(&self, name: &str) -> Result<usize, usize> {
        self.position_of(name, rank(name))
    }

    fn position_of(&self, name: &str, rank: u64) -> Result<usize, usize> {
        let order = |entry: &Entry| entry.rank.cmp(&rank).then_with(|| self.name(entry).cmp(name));
        // WeChat sends its fields sorted, so most of them go to the end.
        match self.fields.last() {
            Some(last) if order(last) == Ordering::Less => Err(self.fields.len()),
            Some(_) | None => self.fields.binary_search_by(order),
        }
    }

    /// Changes nothing when it fails.
    fn place(&mut self, at: usize, rank: u64, name: &str, value: &str) -> Result<(), ParamsError> {
        let more = name.len() + value.len() + 2;
        if self.text.len() + more > Self::MAX_BYTES {
            if self.live_bytes() + more > Self::MAX_BYTES {
                return Err(ParamsError::TooLarge);
            }
            self.drop_dead_text()?;
        }
        let start = self.text.len();
        let split = start + name.len();
        let end = split + 1 + value.len();
        let signed = name != "sign" && !value.is_empty();
        self.text.reserve(more);
        self.text.push_str(name);
        self.text.push('=');
        self.text.push_str(value);
        self.text.push('&');
        self.fields.insert(at, Entry { rank, start, split, end, signed });
        Ok(())
    }

    fn live_bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len() + 2).sum()
    }

    /// `remove` and `set` leave old text in the buffer; this takes it out.
    fn drop_dead_text(&mut self) -> Result<(), ParamsError> {
        let mut live = Self::with_capacity(self.len(), self.live_bytes());
        for (name, value) in self.iter() {
            live.place(live.len(), rank(name), name, value)?;
        }
        *self = live;
        Ok(())
    }

    fn name(&self, entry: &Entry) -> &str {
        self.slice(entry.start, entry.split)
    }

    fn value(&self, entry: &Entry) -> &str {
        self.slice(entry.split + 1, entry.end)
    }

    /// Entries are only made by `place`, so the range always exists.
    fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }
}

/// The first eight bytes of a name as a number: names of different ranks have the order of their ranks.
pub(crate) fn rank(name: &str) -> u64 {
    if let Some(first) = name.as_bytes().first_chunk() {
        return u64::from_be_bytes(*first);
    }
    name.bytes().enumerate().fold(0, |rank, (at, byte)| rank | u64::from(byte) << (56 - 8 * at))
}

impl PartialEq for Params {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Params {}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyName => f.write_str("a parameter has no name"),
            Self::DuplicateName(name) => {
                write!(f, "{name}: appears twice; every name may appear once")
            }
            Self::TooLarge => write!(f, "the parameters exceed {} bytes", Params::MAX_BYTES),
        }
    }
}

impl core::error::Error for ParamsError {}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use alloc::vec;

    #[test]
    fn order_is_by_bytes_of_the_name() {
        let params =
            Params::from_pairs([("nonce_str", "d"), ("appid", "b"), ("Zeta", "c"), ("appId", "a")])
                .unwrap();
        let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
        assert_eq!(names, vec!["Zeta", "appId", "appid", "nonce_str"]);
    }

    #[test]
    fn a_repeated_name_is_refused_and_changes_nothing() {
        let mut params = Params::from_pairs([("a", "1")]).unwrap();
        assert_eq!(params.insert("a", "2"), Err(ParamsError::DuplicateName("a".into())));
        assert_eq!(params.get("a"), Some("1"));
        assert_eq!(params.insert("", "2"), Err(ParamsError::EmptyName));
    }

    #[test]
    fn set_replaces_and_remove_takes_out() {
        let mut params = Params::from_pairs([("a", "1"), ("b", "")]).unwrap();
        params.set("a", "22").unwrap();
        assert_eq!(params.get("a"), Some("22"));
        assert_eq!(params.filled("b"), None);
        assert!(params.remove("a"));
        assert!(!params.remove("a"));
        assert_eq!(params.len(), 1);
    }

    #[test]
    fn only_the_pairs_that_are_there_count_towards_the_size() {
        let big = "x".repeat(Params::MAX_BYTES / 3);
        let mut params = Params::from_pairs([("a", "1"), ("c", "3")]).unwrap();
        for _ in 0..5 {
            params.set("b", &big).unwrap();
            assert_eq!((params.get("a"), params.get("b")), (Some("1"), Some(big.as_str())));
        }
        assert_eq!(params.get("c"), Some("3"));
    }

    #[test]
    fn a_value_that_is_too_large_changes_nothing() {
        let mut params = Params::from_pairs([("a", "1"), ("b", "2")]).unwrap();
        let before = params.clone();
        let too_large = "x".repeat(Params::MAX_BYTES);
        assert_eq!(params.set("a", &too_large), Err(ParamsError::TooLarge));
        assert_eq!(params.insert("c", &too_large), Err(ParamsError::TooLarge));
        assert_eq!(params, before);
    }

    #[test]
    fn sign_and_empty_values_are_not_signed() {
        let params = Params::from_pairs([("sign", "X"), ("attach", ""), ("b", " ")]).unwrap();
        assert_eq!(params.signed().collect::<Vec<_>>(), vec![("b", " ")]);
    }
}
