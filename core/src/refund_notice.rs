//! The refund notification (退款结果通知): its content comes encrypted, in `req_info`.
//!
//! AES-256-ECB with PKCS#7 padding; the AES key is the lower-case hex MD5 of the API key. There is no signature and ECB
//! gives no integrity, so what comes out is a hint: check `mch_id`, the refund and the amounts, and ask WeChat
//! (refundquery) before a step that cannot be undone. Source: reference "refund notification".

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64ct::{Base64, Encoding};
use md5::{Digest, Md5};
use zeroize::Zeroizing;

use crate::ApiKey;
#[cfg(feature = "xml")]
use crate::{
    Params,
    xml::{XmlError, from_xml_with_root},
};

const BLOCK: usize = 16;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// Why `req_info` could not be read. Never carries the key or what was decrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundNoticeError {
    /// Not base64 in the standard alphabet with padding.
    NotBase64,
    /// Not one or more whole blocks of 16 bytes.
    Length {
        /// How many bytes there are once base64 is taken off.
        found: usize,
    },
    /// The padding is wrong: nearly always the key of another merchant.
    Padding,
    /// What came out is not UTF-8 text: nearly always the key of another merchant.
    NotText,
    /// What came out is not a flat message with root `<root>`.
    #[cfg(feature = "xml")]
    NotXml(XmlError),
}

/// Decrypts `req_info` to its text, an XML message with root `<root>`.
///
/// # Errors
/// [`RefundNoticeError`]; with another merchant's key it is [`Padding`](RefundNoticeError::Padding), seldom
/// [`NotText`](RefundNoticeError::NotText).
pub fn decrypt(req_info: &str, key: &ApiKey) -> Result<String, RefundNoticeError> {
    let mut bytes = Base64::decode_vec(req_info).map_err(|_| RefundNoticeError::NotBase64)?;
    let (blocks, rest) = bytes.as_chunks_mut::<BLOCK>();
    if blocks.is_empty() || !rest.is_empty() {
        return Err(RefundNoticeError::Length { found: bytes.len() });
    }
    let cipher = Aes256::new((&*aes_key(key)).into());
    for block in blocks {
        cipher.decrypt_block(block.into());
    }
    strip_padding(&mut bytes)?;
    String::from_utf8(bytes).map_err(|_| RefundNoticeError::NotText)
}

/// Decrypts `req_info` and reads its fields: `out_refund_no`, `refund_status`, `refund_fee` and so on.
///
/// ```
/// use wxpay_core::{ApiKey, refund_notice};
/// let key = ApiKey::new("192006250b4c09247ec02edce69f6a2d")?;
/// let notice = refund_notice::read(
///     "bDP/xixH0hFEaZusu714U7rO4wZDF5SwkOt7MIFNUaladrdy0yQefoW3LYmmUmF3r7t23yZjibKV29fZKVgeUQ==", &key)?;
/// assert_eq!(notice.get("refund_status"), Some("SUCCESS"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// As [`decrypt`], and [`RefundNoticeError::NotXml`].
#[cfg(feature = "xml")]
pub fn read(req_info: &str, key: &ApiKey) -> Result<Params, RefundNoticeError> {
    let text = decrypt(req_info, key)?;
    from_xml_with_root(text.as_bytes(), "root").map_err(RefundNoticeError::NotXml)
}

/// Encrypts a text as WeChat does, for simulated notices: the opposite of [`decrypt`].
pub fn encrypt(text: &str, key: &ApiKey) -> String {
    let mut bytes = text.as_bytes().to_vec();
    // 1 to 16 bytes; a text of whole blocks gets a block of padding.
    let padding = BLOCK - bytes.len() % BLOCK;
    bytes.resize(bytes.len() + padding, u8::try_from(padding).unwrap_or_default());
    let cipher = Aes256::new((&*aes_key(key)).into());
    for block in bytes.as_chunks_mut::<BLOCK>().0 {
        cipher.encrypt_block(block.into());
    }
    Base64::encode_string(&bytes)
}

/// The 32 hex digits themselves are the key. Leading zeros stay: as a number it would lose them.
fn aes_key(key: &ApiKey) -> Zeroizing<[u8; 32]> {
    let digest = Md5::digest(key.as_bytes());
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or_default();
    let mut hex = Zeroizing::new([0; 32]);
    for (pair, byte) in hex.chunks_exact_mut(2).zip(digest) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    hex
}

/// PKCS#7: the last byte says how many bytes like it end the text, 1 to 16.
fn strip_padding(bytes: &mut Vec<u8>) -> Result<(), RefundNoticeError> {
    let length = bytes.last().copied().unwrap_or_default();
    let end = bytes.len().saturating_sub(usize::from(length));
    let tail = bytes.get(end..).unwrap_or_default();
    let is_padding =
        (1..=BLOCK).contains(&usize::from(length)) && tail.iter().all(|byte| *byte == length);
    if !is_padding {
        return Err(RefundNoticeError::Padding);
    }
    bytes.truncate(end);
    Ok(())
}

impl fmt::Display for RefundNoticeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBase64 => f.write_str("req_info: expected base64"),
            Self::Length { found } => {
                write!(f, "req_info: expected blocks of {BLOCK} bytes, found {found} bytes")
            }
            Self::Padding => {
                f.write_str("req_info: cannot be decrypted; is it this merchant's key?")
            }
            Self::NotText => {
                f.write_str("req_info: its content is not text; is it this merchant's key?")
            }
            #[cfg(feature = "xml")]
            Self::NotXml(error) => write!(f, "req_info: its content cannot be read: {error}"),
        }
    }
}

impl core::error::Error for RefundNoticeError {}
