//! Signatures of Standard Webhooks 1.0: `v1,` and HMAC-SHA256 over `id.timestamp.body`, base64.

use base64ct::{Base64, Encoding};
use hmac::Mac;
use zeroize::Zeroizing;

use crate::mac::hmac_sha256;

/// How every secret begins.
const PREFIX: &str = "whsec_";
/// Bytes of a secret.
const LENGTH: std::ops::RangeInclusive<usize> = 24..=64;

/// The key of an endpoint's signatures: wiped when dropped, printed as `***`.
#[derive(Clone)]
pub struct WebhookSecret(Zeroizing<Vec<u8>>);

impl WebhookSecret {
    /// Reads `whsec_` and base64.
    ///
    /// # Errors
    /// What was expected; never what was found.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let base64 = text
            .strip_prefix(PREFIX)
            .ok_or("expected whsec_ and base64, as in: echo whsec_$(openssl rand -base64 32)")?;
        let bytes = Base64::decode_vec(base64).map(Zeroizing::new);
        let bytes = bytes.map_err(|_| "expected padded base64 behind whsec_")?;
        if !LENGTH.contains(&bytes.len()) {
            return Err("expected 24 to 64 bytes, as base64 behind whsec_");
        }
        let first = bytes.first();
        if bytes.iter().all(|byte| Some(byte) == first) {
            return Err("is one byte again and again");
        }
        Ok(Self(bytes))
    }

    /// The signature of one message, as it stands in the header `webhook-signature`.
    pub fn sign(&self, id: &str, timestamp_s: i64, body: &[u8]) -> String {
        let mac = hmac_sha256(&self.0)
            .chain_update(format!("{id}.{timestamp_s}."))
            .chain_update(body)
            .finalize();
        format!("v1,{}", Base64::encode_string(&mac.into_bytes()))
    }

    /// Bytes of the secret.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never so: a secret has at least 24 bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    /// The example of the specification's libraries.
    #[test]
    fn the_published_example() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signature =
            secret.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_secret_is_refused() {
        for (text, expected) in [
            ("", "whsec_"),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_"),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "padded base64"),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "padded base64"),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==", "padded base64"),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLS4=", "24 to 64"),
            ("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "again and again"),
        ] {
            let error = WebhookSecret::parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
        let long = format!("whsec_{}", Base64::encode_string(&[7; 65]));
        assert!(WebhookSecret::parse(&long).is_err());
    }

    #[test]
    fn p04_nobody_reads_it_in_a_log() {
        let secret = WebhookSecret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{secret:?}"), "***");
    }
}
