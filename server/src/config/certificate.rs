//! Reading and checking the merchant certificate.

use jiff::Timestamp;

use super::Checks;
use super::merchant::MerchantFile;
use super::secrets::Reader;
use crate::certificate::Certificate;
use crate::secret::Secret;

/// From then on a warning is given, in milliseconds before the end.
const LAST_DAYS_MS: i64 = 30 * 24 * 60 * 60 * 1000;

impl Reader<'_> {
    /// `None` when the merchant has none, or when something is wrong with it.
    pub(super) fn certificate(
        &self,
        checks: &mut Checks,
        merchant: &MerchantFile,
    ) -> Option<Certificate> {
        let key = |name: &str| format!("merchants.{}.{name}", merchant.id);
        let (cert_file, key_file) = match (&merchant.cert_file, &merchant.key_file) {
            (Some(cert_file), Some(key_file)) => (cert_file, key_file),
            (None, None) => return None,
            (Some(_), None) => {
                checks.problem(key("key_file"), "missing: cert_file alone opens nothing");
                return None;
            }
            (None, Some(_)) => {
                checks.problem(key("cert_file"), "missing: key_file alone opens nothing");
                return None;
            }
        };
        let cert_pem = checks.take(key("cert_file"), self.text(cert_file));
        let key_pem = self.secret_file(checks, &key("key_file"), key_file);
        let (cert_pem, key_pem) = (cert_pem?, Secret::new(key_pem?));
        let certificate = match Certificate::read(&cert_pem, &key_pem) {
            Ok(certificate) => certificate,
            Err(error) => {
                let name = if error.is_of_key() { "key_file" } else { "cert_file" };
                checks.problem(key(name), error.to_string());
                return None;
            }
        };
        self.check_time(checks, &key("cert_file"), &certificate);
        check_name(checks, &key("cert_file"), &certificate, &merchant.mch_id);
        Some(certificate)
    }

    fn check_time(&self, checks: &mut Checks, key: &str, certificate: &Certificate) {
        let Certificate { begins_ms, ends_ms, .. } = *certificate;
        if ends_ms <= self.now_ms {
            checks.problem(key, format!("expired on {}; get a new certificate", day(ends_ms)));
        } else if ends_ms - self.now_ms < LAST_DAYS_MS {
            checks.warning(key, format!("expires on {}; get a new certificate", day(ends_ms)));
        } else if begins_ms > self.now_ms {
            let what =
                format!("is valid from {} on; is this machine's clock right?", day(begins_ms));
            checks.warning(key, what);
        }
    }
}

/// WeChat names the certificate after the merchant number. Another name that is a number is another merchant's; one
/// that is none says nothing.
fn check_name(checks: &mut Checks, key: &str, certificate: &Certificate, mch_id: &str) {
    let Some(name) = &certificate.common_name else { return };
    let is_number = (8..=10).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_digit());
    if is_number && name != mch_id {
        checks.problem(key, format!("is the certificate of merchant {name}, not of {mch_id}"));
    }
}

/// A date in Beijing.
pub(super) fn day(ms: i64) -> String {
    let beijing = jiff::tz::Offset::constant(8);
    let at = Timestamp::from_millisecond(ms).unwrap_or_default();
    beijing.to_datetime(at).date().to_string()
}

#[cfg(test)]
mod tests;
