//! Reading secrets from files and environment variables.

use std::path::Path;

use wxpay_core::ApiKey;
use zeroize::Zeroizing;

use super::Checks;
use super::merchant::MerchantFile;
use crate::books::Day;
use crate::merchant::OldKey;
use crate::secret::Secret;

/// Where one secret comes from.
pub(super) struct Place<'a> {
    pub(super) key: String,
    pub(super) file: Option<&'a str>,
    pub(super) variable: Option<&'a str>,
}

/// How to read secrets: the directory of the configuration, and the environment.
pub(super) struct Reader<'a> {
    pub(super) directory: &'a Path,
    pub(super) environment: &'a dyn Fn(&str) -> Option<String>,
    pub(super) is_production: bool,
    /// Milliseconds since 1970.
    pub(super) now_ms: i64,
}

impl Reader<'_> {
    pub(super) fn api_key(&self, checks: &mut Checks, merchant: &MerchantFile) -> Option<ApiKey> {
        let key = format!("merchants.{}.api_key", merchant.id);
        let (file, variable) = (merchant.api_key_file.as_deref(), merchant.api_key_env.as_deref());
        self.key_at(checks, Place { key, file, variable })
    }

    /// The former key, if one is given; `None` also when something is wrong with it.
    pub(super) fn old_api_key(
        &self,
        checks: &mut Checks,
        merchant: &MerchantFile,
        present: Option<&ApiKey>,
    ) -> Option<OldKey> {
        let key = format!("merchants.{}.old_api_key", merchant.id);
        let until_key = format!("{key}_until");
        let file = merchant.old_api_key_file.as_deref();
        let variable = merchant.old_api_key_env.as_deref();
        let until = merchant.old_api_key_until.as_deref();
        if file.is_none() && variable.is_none() {
            if until.is_some() {
                checks.problem(until_key, "there is no old_api_key_file or old_api_key_env");
            }
            return None;
        }
        let old = self.key_at(checks, Place { key: key.clone(), file, variable });
        let until_ms = checks.take(&until_key, self.last_day(until));
        if old.as_ref().is_some_and(|old| Some(old) == present) {
            checks.problem(key, "is the present key");
        } else if until_ms.is_some_and(|until_ms| until_ms <= self.now_ms) {
            checks.warning(until_key, "is over: the old key is believed no more; take it out");
        }
        Some(OldKey { key: old?, until_ms: until_ms? })
    }

    /// When the day is over. WeChat repeats a notice for a day or so: who needs weeks has forgotten it.
    fn last_day(&self, day: Option<&str>) -> Result<i64, String> {
        let until_ms = day.and_then(|day| day.parse::<Day>().ok()).map(Day::to_ms);
        until_ms
            .filter(|until_ms| until_ms - self.now_ms <= OLD_KEY_MS)
            .ok_or_else(|| "expected a day such as 2026-01-31, at most 31 days from now".into())
    }

    fn key_at(&self, checks: &mut Checks, place: Place<'_>) -> Option<ApiKey> {
        let secret = self.read(checks, &place)?;
        let key = place.key;
        if is_placeholder(&secret) {
            checks.problem(key, "looks like a placeholder");
            return None;
        }
        if self.is_production && PUBLISHED.contains(&secret.expose()) {
            checks.problem(key, "is a published sample: anybody can sign with it");
            return None;
        }
        let api_key = ApiKey::new(secret.expose()).map(ApiKey::prepared);
        checks.take(key, api_key.map_err(|error| error.to_string()))
    }

    pub(super) fn app_secret(
        &self,
        checks: &mut Checks,
        merchant: &MerchantFile,
    ) -> Option<Secret> {
        let key = format!("merchants.{}.app_secret", merchant.id);
        let file = merchant.app_secret_file.as_deref();
        let place = Place { key, file, variable: merchant.app_secret_env.as_deref() };
        self.long_enough(checks, &place, 16)
    }

    pub(super) fn admin_key(&self, checks: &mut Checks, merchant: &MerchantFile) -> Option<Secret> {
        let key = format!("merchants.{}.admin_key", merchant.id);
        let file = merchant.admin_key_file.as_deref();
        let place = Place { key, file, variable: merchant.admin_key_env.as_deref() };
        self.long_enough(checks, &place, 32)
    }

    fn long_enough(&self, checks: &mut Checks, place: &Place<'_>, min: usize) -> Option<Secret> {
        let secret = self.read(checks, place)?;
        let text = secret.expose();
        let what = if text.chars().any(char::is_whitespace) {
            "contains white space; look for a line break at the end".into()
        } else if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            "contains a character that is not printable ASCII".into()
        } else if text.len() < min || is_placeholder(&secret) {
            format!("expected at least {min} characters, and not a placeholder")
        } else {
            return Some(secret);
        };
        checks.problem(&place.key, what);
        None
    }

    pub(super) fn read(&self, checks: &mut Checks, place: &Place<'_>) -> Option<Secret> {
        let Place { key, file, variable } = place;
        let read = match (file, variable) {
            (Some(file), None) => self.file(checks, &format!("{key}_file"), file),
            (None, Some(name)) => (self.environment)(name).ok_or_else(|| match is_variable(name) {
                true => format!("the environment variable {name} is not set"),
                false => "the environment variable that _env names is not set".into(),
            }),
            (Some(_), Some(_)) => Err("give either _file or _env, not both".into()),
            (None, None) => Err("missing: give a file (_file) or a variable (_env)".into()),
        };
        checks.take(key, read).map(Secret::new)
    }

    /// The text of a file that only its owner should read.
    pub(super) fn secret_file(&self, checks: &mut Checks, key: &str, file: &str) -> Option<String> {
        let read = self.file(checks, key, file);
        checks.take(key, read)
    }

    fn file(&self, checks: &mut Checks, key: &str, file: &str) -> Result<String, String> {
        if is_readable_by_others(&self.directory.join(file)) {
            checks.warning(key, format!("{file} can be read by other users; chmod 600 it"));
        }
        self.text(file)
    }

    /// The text of a file, found from the configuration's directory.
    pub(super) fn text(&self, file: &str) -> Result<String, String> {
        std::fs::read_to_string(self.directory.join(file)).map_err(|error| match is_path(file) {
            _ if error.kind() == std::io::ErrorKind::InvalidData => {
                "is no text; expected a .pem file, say, and not a .p12".into()
            }
            true => format!("{file}: {error}"),
            false => format!("the file that _file names cannot be read: {error}"),
        })
    }
}

/// How long a former key may be believed, in milliseconds from now.
const OLD_KEY_MS: i64 = 31 * 24 * 60 * 60 * 1000;

/// Keys that stand in documents: WeChat's own sample, and that of `wxpay simulate`.
const PUBLISHED: [&str; 2] =
    ["192006250b4c09247ec02edce69f6a2d", "simulator0key0simulator0key00001"];

/// What people write where a secret shall stand one day.
const FILLERS: [&str; 8] =
    ["your_", "your-", "yourkey", "yoursecret", "changeme", "change_me", "placeholder", "example"];

/// Real keys have about 14 different characters; `xxxxxxxx…` and `12341234…` do not.
fn is_placeholder(secret: &Secret) -> bool {
    let distinct: std::collections::BTreeSet<_> = secret.expose().chars().collect();
    let lower = Zeroizing::new(secret.expose().to_ascii_lowercase());
    distinct.len() < 6 || FILLERS.iter().any(|filler| lower.contains(filler))
}

/// Whether a text is surely meant as a path, not the secret itself in the wrong place.
fn is_path(text: &str) -> bool {
    text.contains(['/', '.'])
}

/// Whether a text is surely meant as the name of a variable.
fn is_variable(text: &str) -> bool {
    text.contains('_')
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn is_readable_by_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}
