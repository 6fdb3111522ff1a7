//! Signing and verifying (APIv2 签名 / 验签).

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;

use hmac::digest::Key as HmacKey;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use crate::params::rank;
use crate::{Params, ParamsError};

/// The two algorithms of APIv2 (`sign_type`, in the second signature `signType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum SignType {
    /// MD5, 32 hex characters. WeChat's default when a request names none.
    #[cfg_attr(feature = "serde", serde(rename = "MD5"))]
    Md5,
    /// HMAC-SHA256, 64 hex characters. The key is also the HMAC key.
    #[cfg_attr(feature = "serde", serde(rename = "HMAC-SHA256"))]
    HmacSha256,
}

impl SignType {
    /// The word WeChat uses: `MD5` or `HMAC-SHA256`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::HmacSha256 => "HMAC-SHA256",
        }
    }

    /// Length of a signature in characters.
    pub const fn hex_len(self) -> usize {
        match self {
            Self::Md5 => 32,
            Self::HmacSha256 => 64,
        }
    }
}

impl fmt::Display for SignType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word is neither `MD5` nor `HMAC-SHA256`, in exactly this spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSignTypeError;

impl fmt::Display for UnknownSignTypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sign_type: expected MD5 or HMAC-SHA256, in exactly this spelling")
    }
}

impl core::error::Error for UnknownSignTypeError {}

impl FromStr for SignType {
    type Err = UnknownSignTypeError;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        match word {
            "MD5" => Ok(Self::Md5),
            "HMAC-SHA256" => Ok(Self::HmacSha256),
            _ => Err(UnknownSignTypeError),
        }
    }
}

/// The merchant's APIv2 key (API 密钥): 32 printable ASCII characters without white space.
///
/// Prints as `***`, is wiped from memory when dropped, and compares in constant time.
#[derive(Clone)]
pub struct ApiKey {
    bytes: Zeroizing<[u8; 32]>,
    /// HMAC-SHA256 with the key taken in, once it is [`prepared`](Self::prepared).
    hmac: Option<Box<Hmac<Sha256>>>,
}

/// Why a text cannot be an API key. Never carries the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyError {
    /// The key is not 32 bytes long.
    Length {
        /// How many bytes there were.
        found: usize,
    },
    /// There is a space, tab or line break in it, often at the end of a key file.
    WhiteSpace,
    /// There is a character outside printable ASCII, such as a full-width letter or a zero-width space.
    NotAscii,
}

impl ApiKey {
    /// Checks and takes a key.
    ///
    /// # Errors
    /// [`ApiKeyError`] says what is wrong without repeating the key.
    pub fn new(key: &str) -> Result<Self, ApiKeyError> {
        if key.chars().any(char::is_whitespace) {
            return Err(ApiKeyError::WhiteSpace);
        }
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ApiKeyError::NotAscii);
        }
        match key.as_bytes().try_into() {
            Ok(bytes) => Ok(Self { bytes: Zeroizing::new(bytes), hmac: None }),
            Err(_) => Err(ApiKeyError::Length { found: key.len() }),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    /// The same key, for many signatures: it is taken into HMAC-SHA256 now and not for each one.
    ///
    /// ```
    /// # use wxpay_core::{ApiKey, SignType, sign_pairs};
    /// let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d")?;
    /// let prepared = key.clone().prepared();
    /// for sign_type in [SignType::Md5, SignType::HmacSha256] {
    ///     let sign = |key: &ApiKey| sign_pairs(&[("appid", "wxd930ea5d5a258f4f")], sign_type, key);
    ///     assert_eq!(sign(&prepared), sign(&key));
    ///     assert_eq!(sign(&prepared.clone().prepared()), sign(&key));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn prepared(mut self) -> Self {
        self.hmac = Some(Box::new(self.hmac()));
        self
    }

    fn hmac(&self) -> Hmac<Sha256> {
        if let Some(prepared) = &self.hmac {
            return Hmac::clone(prepared);
        }
        // HMAC wants the key filled with zeros to one block of SHA-256.
        let mut block = HmacKey::<Hmac<Sha256>>::default();
        for (to, from) in block.iter_mut().zip(self.as_bytes()) {
            *to = *from;
        }
        let hmac = Hmac::new(&block);
        block.zeroize();
        hmac
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl Eq for ApiKey {}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(***)")
    }
}

impl fmt::Display for ApiKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found } => write!(f, "expected 32 characters, found {found}"),
            Self::WhiteSpace => {
                f.write_str("contains white space; look for a line break at the end")
            }
            Self::NotAscii => f.write_str("contains a character that is not printable ASCII"),
        }
    }
}

impl core::error::Error for ApiKeyError {}

/// A finished signature: upper-case hex, 32 or 64 characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature {
    hex: [u8; 64],
    len: usize,
}

impl Signature {
    /// The signature as text.
    pub fn as_str(&self) -> &str {
        self.hex.get(..self.len).and_then(|hex| core::str::from_utf8(hex).ok()).unwrap_or_default()
    }

    fn new<const N: usize>(digest: [u8; N]) -> Self {
        let digit = |n: u8| b'0' + n + 7 * u8::from(n > 9);
        let mut hex = [0; 64];
        for (pair, byte) in hex.as_chunks_mut().0.iter_mut().zip(digest) {
            *pair = [digit(byte >> 4), digit(byte & 15)];
        }
        Self { hex, len: 2 * N }
    }

    /// Upper-case hex of a length that a signature may have.
    fn received(text: &str) -> Option<Self> {
        let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'A'..=b'F');
        let mut hex = [0; 64];
        hex.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        let all_hex = text.bytes().fold(true, |all, byte| all & is_hex(byte));
        all_hex.then_some(Self { hex, len: text.len() })
    }

    /// In constant time, eight characters at a time.
    fn ct_eq(&self, other: &Self) -> bool {
        let words = |signature: &Self| -> [u64; 8] {
            let mut words = [0; 8];
            for (word, chars) in words.iter_mut().zip(signature.hex.as_chunks().0) {
                *word = u64::from_ne_bytes(*chars);
            }
            words
        };
        words(self).ct_eq(&words(other)).into()
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({} hex characters)", self.len)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The joined pairs `a=1&b=2` in WeChat's order, without the `&key=…` that ends the signed text.
///
/// ```
/// # use wxpay_core::{Params, string_to_sign};
/// let params = Params::from_pairs([("b", "2"), ("a", "1"), ("empty", ""), ("sign", "X")])?;
/// assert_eq!(string_to_sign(&params), "a=1&b=2");
/// # Ok::<(), wxpay_core::ParamsError>(())
/// ```
pub fn string_to_sign(params: &Params) -> String {
    let mut text: String = params.signed_text().collect();
    text.pop();
    text
}

/// Signs a parameter set (APIv2 signing algorithm, steps 1 to 6).
///
/// ```
/// # use wxpay_core::{ApiKey, Params, SignType, sign};
/// let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d")?;
/// let params = Params::from_pairs([
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("mch_id", "10000100"),
///     ("device_info", "1000"),
///     ("body", "test"),
///     ("nonce_str", "ibuaiVcKdpRxkhJA"),
/// ])?;
/// assert_eq!(sign(&params, SignType::Md5, &key).as_str(), "9A0A8659F005D6984697E2CA0A9CF3B7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn sign(params: &Params, sign_type: SignType, key: &ApiKey) -> Signature {
    let mut text = room_for(params.text_len());
    params.signed_text().for_each(|pair| text.extend_from_slice(pair.as_bytes()));
    finish(text, sign_type, key)
}

/// Signs pairs in any order, without making a parameter set of them.
///
/// ```
/// # use wxpay_core::{ApiKey, SignType, sign_pairs};
/// let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d")?;
/// let pairs = [
///     ("mch_id", "10000100"),
///     ("nonce_str", "ibuaiVcKdpRxkhJA"),
///     ("appid", "wxd930ea5d5a258f4f"),
///     ("device_info", "1000"),
///     ("body", "test"),
/// ];
/// let signature = sign_pairs(&pairs, SignType::Md5, &key)?;
/// assert_eq!(signature.as_str(), "9A0A8659F005D6984697E2CA0A9CF3B7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ParamsError`] for an empty or repeated name.
pub fn sign_pairs(
    pairs: &[(&str, &str)],
    sign_type: SignType,
    key: &ApiKey,
) -> Result<Signature, ParamsError> {
    if pairs.len() > FEW {
        return Ok(sign(&Params::from_pairs(pairs.iter().copied())?, sign_type, key));
    }
    let size = pairs.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    if size > Params::MAX_BYTES {
        return Err(ParamsError::TooLarge);
    }
    let mut text = room_for(size);
    in_order(pairs, |name, value| {
        if name != "sign" && !value.is_empty() {
            text.extend_from_slice(name.as_bytes());
            text.push(b'=');
            text.extend_from_slice(value.as_bytes());
            text.push(b'&');
        }
    })?;
    Ok(finish(text, sign_type, key))
}

/// Adds (or renews) the field `sign`.
///
/// # Errors
/// [`ParamsError::TooLarge`] when there is no room for it.
pub fn add_sign(params: &mut Params, sign_type: SignType, key: &ApiKey) -> Result<(), ParamsError> {
    let signature = sign(params, sign_type, key);
    params.set("sign", signature.as_str())
}

/// Parameters whose `sign` was found right. Only [`verify`] makes one, and message readers take nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified(Params);

impl Verified {
    /// The verified fields, unknown ones included.
    pub fn params(&self) -> &Params {
        &self.0
    }
}

/// Why a message is not believed. Never carries the right signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VerifyError {
    /// There is no `sign`, or it is empty.
    SignMissing,
    /// `sign` is not upper-case hex of the expected length.
    SignMalformed {
        /// The length that the sign type gives.
        expected: usize,
    },
    /// The message has a `sign_type`, and it is not the one this exchange was made with.
    SignTypeDiffers,
    /// The signature belongs to other fields or to another key.
    Mismatch,
}

/// Verifies a received message over **all** its fields, in constant time, with the algorithm of the exchange.
///
/// The algorithm comes from our own record (a notice often carries no `sign_type`); if the message names one, it
/// must agree. Source: APIv2 verifying (验签).
///
/// # Errors
/// [`VerifyError`]; the parameters are gone, so nothing unverified can be used by accident.
pub fn verify(params: Params, sign_type: SignType, key: &ApiKey) -> Result<Verified, VerifyError> {
    let received = params.filled("sign").ok_or(VerifyError::SignMissing)?;
    let expected = sign_type.hex_len();
    let received = Signature::received(received)
        .filter(|received| received.len == expected)
        .ok_or(VerifyError::SignMalformed { expected })?;
    if params.filled("sign_type").is_some_and(|word| word != sign_type.as_str()) {
        return Err(VerifyError::SignTypeDiffers);
    }
    if sign(&params, sign_type, key).ct_eq(&received) {
        Ok(Verified(params))
    } else {
        Err(VerifyError::Mismatch)
    }
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignMissing => f.write_str("sign: missing"),
            Self::SignMalformed { expected } => {
                write!(f, "sign: expected {expected} upper-case hex characters")
            }
            Self::SignTypeDiffers => {
                f.write_str("sign_type: not the algorithm this order was made with")
            }
            Self::Mismatch => f.write_str("sign: does not match the fields and the key"),
        }
    }
}

impl core::error::Error for VerifyError {}

const KEY_NAME: &[u8] = b"&key=";

/// Where `a=1&b=2&key=` is put together. The key itself is never part of it.
fn room_for(text_len: usize) -> Vec<u8> {
    Vec::with_capacity(text_len + KEY_NAME.len())
}

/// Hashes `a=1&b=2&` and the key.
fn finish(mut text: Vec<u8>, sign_type: SignType, key: &ApiKey) -> Signature {
    text.extend_from_slice(if text.is_empty() { KEY_NAME } else { b"key=" });
    match sign_type {
        SignType::Md5 => {
            let mut md5 = Md5::new();
            md5.update(&text);
            md5.update(key.as_bytes());
            Signature::new(md5.finalize().into())
        }
        SignType::HmacSha256 => {
            let mut mac = key.hmac();
            mac.update(&text);
            mac.update(key.as_bytes());
            Signature::new(mac.finalize().into_bytes().into())
        }
    }
}

/// Signed on the stack; more pairs become a set.
const FEW: usize = 32;

/// Hands out the pairs in WeChat's order.
fn in_order<'a>(
    pairs: &[(&'a str, &'a str)],
    mut each: impl FnMut(&'a str, &'a str),
) -> Result<(), ParamsError> {
    // Places are sorted, not pairs: fewer bytes to move.
    let mut places = [(0, 0); FEW];
    let pair = |at: usize| pairs.get(at).copied().unwrap_or_default();
    for (at, (name, _)) in pairs.iter().enumerate() {
        let place = (rank(name), at);
        let is_behind = |other: &(u64, usize)| {
            place.0 < other.0 || (place.0 == other.0 && *name < pair(other.1).0)
        };
        let mut to = at;
        while let Some(other) = to.checked_sub(1).and_then(|before| places.get(before)).copied() {
            if !is_behind(&other) {
                break;
            }
            put(&mut places, to, other);
            to -= 1;
        }
        put(&mut places, to, place);
    }
    let mut last = "";
    for (_, at) in places.iter().take(pairs.len()) {
        let (name, value) = pair(*at);
        if name.is_empty() {
            return Err(ParamsError::EmptyName);
        }
        if name == last {
            return Err(ParamsError::DuplicateName(last.into()));
        }
        each(name, value);
        last = name;
    }
    Ok(())
}

fn put(places: &mut [(u64, usize); FEW], to: usize, place: (u64, usize)) {
    if let Some(slot) = places.get_mut(to) {
        *slot = place;
    }
}
