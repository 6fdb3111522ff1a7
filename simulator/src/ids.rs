//! The ids WeChat hands out, all from one seed, in the shapes real ones have.

use wxpay_core::time;

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const ALPHANUMERIC: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// What WeChat reports most often.
const BANKS: [&str; 3] = ["OTHERS", "CMC", "CFT"];
/// The first characters of all openids under one appid are the same.
const OPENID_PREFIX: usize = 7;
const OPENID_LEN: usize = 28;

/// Makes ids. Not a source of secrets.
#[derive(Debug)]
pub(crate) struct Ids(fastrand::Rng);

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    pub(crate) fn nonce_str(&mut self) -> String {
        self.text(ALPHANUMERIC, 32)
    }

    /// `wx`, Beijing time, 20 hex characters.
    pub(crate) fn prepay_id(&mut self, now_ms: i64) -> String {
        format!("wx{}{}", beijing(now_ms), self.text(HEX, 20))
    }

    /// 28 digits with the date in the middle.
    pub(crate) fn transaction_id(&mut self, now_ms: i64) -> String {
        let date: String = beijing(now_ms).chars().take(8).collect();
        format!("4200000{}{date}{}", self.text(DIGITS, 3), self.text(DIGITS, 10))
    }

    /// 28 digits with the date in the middle.
    pub(crate) fn refund_id(&mut self, now_ms: i64) -> String {
        let date: String = beijing(now_ms).chars().take(8).collect();
        format!("5030000{}{date}{}", self.text(DIGITS, 3), self.text(DIGITS, 10))
    }

    pub(crate) fn coupon_id(&mut self) -> String {
        self.text(DIGITS, 11)
    }

    pub(crate) fn bank_type(&mut self) -> &'static str {
        self.0.choice(BANKS).unwrap_or("OTHERS")
    }

    pub(crate) fn login_code(&mut self) -> String {
        format!("0{}", self.text(ALPHANUMERIC, 31))
    }

    /// 16 bytes as base64.
    pub(crate) fn session_key(&mut self) -> String {
        format!("{}{}==", self.text(BASE64, 21), self.text(b"AQgw", 1))
    }

    pub(crate) fn code_url(&mut self) -> String {
        format!("weixin://wxpay/bizpayurl?pr={}", self.text(ALPHANUMERIC, 9))
    }

    /// 18 digits as a phone shows them to a scanner.
    pub(crate) fn auth_code(&mut self) -> String {
        format!("13{}", self.text(DIGITS, 16))
    }

    pub(crate) fn short_url(&mut self) -> String {
        format!("weixin://wxpay/s/{}", self.text(ALPHANUMERIC, 7))
    }

    /// A signature as another key would make it.
    pub(crate) fn wrong_signature(&mut self, len: usize) -> String {
        self.text(b"0123456789ABCDEF", len)
    }

    fn text(&mut self, alphabet: &[u8], len: usize) -> String {
        (0..len).filter_map(|_| self.0.choice(alphabet)).map(|byte| char::from(*byte)).collect()
    }
}

/// The user's openid under an appid: always the same, whatever the seed, so a server may keep it across runs.
pub(crate) fn openid(appid: &str, user: &str) -> String {
    let mut own = Ids::new(fnv1a(user.as_bytes(), fnv1a(appid.as_bytes(), FNV_START)));
    openid_prefix(appid) + &own.text(ALPHANUMERIC, OPENID_LEN - OPENID_PREFIX)
}

/// Whether an openid can be of a user under this appid.
pub(crate) fn belongs_to(openid: &str, appid: &str) -> bool {
    openid.len() == OPENID_LEN && openid.starts_with(&openid_prefix(appid))
}

fn openid_prefix(appid: &str) -> String {
    let letters = Ids::new(fnv1a(appid.as_bytes(), FNV_START)).text(LETTERS, OPENID_PREFIX - 1);
    format!("o{letters}")
}

/// `yyyyMMddHHmmss` of milliseconds since 1970.
pub(crate) fn beijing(now_ms: i64) -> String {
    time::to_beijing(now_ms.div_euclid(1000)).unwrap_or_default()
}

/// `yyyy-MM-dd HH:mm:ss` of milliseconds since 1970.
pub(crate) fn beijing_dashed(now_ms: i64) -> String {
    let mut text = beijing(now_ms);
    for (at, mark) in [(12, ':'), (10, ':'), (8, ' '), (6, '-'), (4, '-')] {
        if text.len() >= at {
            text.insert(at, mark);
        }
    }
    text
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: small, and the same in every release of the standard library.
fn fnv1a(bytes: &[u8], start: u64) -> u64 {
    bytes
        .iter()
        .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_run() {
        let run = |seed| {
            let mut ids = Ids::new(seed);
            [ids.nonce_str(), ids.prepay_id(0), ids.transaction_id(0), ids.login_code()]
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn ids_have_the_shapes_of_real_ones() {
        let mut ids = Ids::new(1);
        assert_eq!(ids.transaction_id(1_767_240_000_000).len(), 28);
        assert!(ids.prepay_id(1_767_240_000_000).starts_with("wx20260101120000"));
        assert_eq!(ids.session_key().len(), 24);
        assert_eq!(ids.wrong_signature(64).len(), 64);
    }

    #[test]
    fn an_openid_belongs_to_one_appid() {
        let alice = openid("wx0123456789abcdef", "alice");
        assert_eq!(alice, openid("wx0123456789abcdef", "alice"));
        assert_ne!(alice, openid("wx0123456789abcdef", "bob"));
        assert!(belongs_to(&alice, "wx0123456789abcdef"));
        assert!(!belongs_to(&alice, "wxfedcba9876543210"));
        assert!(!belongs_to("oABC", "wx0123456789abcdef"));
    }
}
