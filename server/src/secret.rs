//! Text that must not be seen.

#[cfg(target_os = "linux")]
use rustix::process::DumpableBehavior;
use rustix::process::{Resource, Rlimit, setrlimit};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// From now on a crash of this process leaves no image of its memory, which holds keys. On Linux nobody but root may
/// look into it either.
pub fn keep_out_of_core_dumps() {
    // Less than before is always allowed; where the system knows no such thing, it is the operator's to set.
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    let _ = setrlimit(Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

/// A secret text: wiped when dropped, compared in constant time, printed as `***`.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Shows it to the one place that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `other` is the same text; takes the same time wherever they differ.
    pub fn matches(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p04_a_secret_prints_stars() {
        let secret = Secret::new("5e2a9d0c7b1f4e88".into());
        assert_eq!(format!("{secret:?} {:?}", Some(&secret)), "*** Some(***)");
    }

    /// All of it is looked at, wherever the first difference is; the source says so, and no stopwatch is needed.
    #[test]
    fn a08_secrets_are_compared_in_constant_time() {
        let secret = Secret::new("admin0key".into());
        for other in ["", "a", "admin0ke", "Admin0key", "admin0kez", "admin0key0"] {
            assert!(!secret.matches(other), "{other}");
        }
        assert!(secret.matches("admin0key"));
        let (own, _) = include_str!("secret.rs").split_once("#[cfg(test)]").unwrap_or_default();
        assert!(own.contains(".ct_eq(") && !own.contains("impl PartialEq for Secret"));
        for (file, source) in [
            ("auth.rs", include_str!("http/auth.rs")),
            ("merchant.rs", include_str!("merchant.rs")),
            ("login.rs", include_str!("login.rs")),
        ] {
            let compared = source.contains("expose() ==") || source.contains("== secret.expose()");
            assert!(!compared, "{file} compares a secret by ==");
        }
    }
}
