//! The merchant certificate, with which WeChat lets a merchant pay money back.

use reqwest::Identity;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::secret::Secret;

/// A certificate and its key, as the merchant platform gives them out: they fit each other.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// Both, as PEM.
    pem: Secret,
    /// Whose it is: for WeChat's certificates, the mch_id.
    pub common_name: Option<String>,
    /// Not valid before, milliseconds since 1970.
    pub begins_ms: i64,
    /// Not valid after, milliseconds since 1970.
    pub ends_ms: i64,
}

/// Why a certificate and a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateError {
    /// There is no PEM certificate in what should be one.
    NoCertificate,
    /// There is a private key where the certificate should be, and no certificate.
    KeyInstead,
    /// The certificate is no X.509.
    NotX509,
    /// There is no PEM private key in what should be one.
    NoKey,
    /// There is a certificate where the private key should be, and no key.
    CertificateInstead,
    /// The key has a password.
    LockedKey,
    /// The key is of a kind that TLS cannot use, or damaged.
    UnusableKey,
    /// The key is another certificate's.
    KeyMismatch,
}

impl CertificateError {
    /// Whether it is the key's file, rather than the certificate's, that is wrong.
    pub const fn is_of_key(self) -> bool {
        match self {
            Self::NoCertificate | Self::KeyInstead | Self::NotX509 => false,
            Self::NoKey
            | Self::CertificateInstead
            | Self::LockedKey
            | Self::UnusableKey
            | Self::KeyMismatch => true,
        }
    }
}

impl Certificate {
    /// Reads the contents of `apiclient_cert.pem` and `apiclient_key.pem`.
    ///
    /// # Errors
    /// [`CertificateError`] says which of the two is wrong, and how.
    pub fn read(cert_pem: &str, key_pem: &Secret) -> Result<Self, CertificateError> {
        let key_text = key_pem.expose();
        let der = certificate(cert_pem)?;
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| CertificateError::NotX509)?;
        let key = private_key(key_text)?;
        let signer = ring::default_provider().key_provider.load_private_key(key);
        let signer = signer.map_err(|_| CertificateError::UnusableKey)?;
        let fits = |public: rustls::pki_types::SubjectPublicKeyInfoDer<'_>| {
            public.as_ref() == parsed.public_key().raw
        };
        // Every kind of key that ring takes tells its public half.
        if !signer.public_key().is_some_and(fits) {
            return Err(CertificateError::KeyMismatch);
        }
        let common_name = parsed.subject().iter_common_name().find_map(|name| name.as_str().ok());
        let validity = parsed.validity();
        Ok(Self {
            pem: Secret::new(format!("{}\n{key_text}", cert_pem.trim_end())),
            common_name: common_name.map(Into::into),
            begins_ms: validity.not_before.timestamp().saturating_mul(1000),
            ends_ms: validity.not_after.timestamp().saturating_mul(1000),
        })
    }

    /// As the HTTP client wants it.
    ///
    /// # Errors
    /// reqwest's, without any part of the key.
    pub fn identity(&self) -> Result<Identity, reqwest::Error> {
        Identity::from_pem(self.pem.expose().as_bytes())
    }
}

/// The first certificate: the merchant's own comes before those of its authorities.
fn certificate(text: &str) -> Result<CertificateDer<'static>, CertificateError> {
    CertificateDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        pem::Error::NoItemsFound if PrivateKeyDer::from_pem_slice(text.as_bytes()).is_ok() => {
            CertificateError::KeyInstead
        }
        _ => CertificateError::NoCertificate,
    })
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| match error {
        _ if text.contains("ENCRYPTED") => CertificateError::LockedKey,
        pem::Error::NoItemsFound if CertificateDer::from_pem_slice(text.as_bytes()).is_ok() => {
            CertificateError::CertificateInstead
        }
        _ => CertificateError::NoKey,
    })
}

impl std::fmt::Display for CertificateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NoCertificate => {
                "holds no PEM certificate; expected the content of apiclient_cert.pem"
            }
            Self::KeyInstead => "holds the private key; that belongs into key_file",
            Self::NotX509 => "holds a certificate that cannot be read; download it anew",
            Self::NoKey => "holds no PEM private key; expected the content of apiclient_key.pem",
            Self::CertificateInstead => "holds a certificate; that belongs into cert_file",
            Self::LockedKey => "holds a key with a password; expected one without",
            Self::UnusableKey => "holds a key that TLS cannot use; download it anew",
            Self::KeyMismatch => {
                "holds the key of another certificate; take both files from one download"
            }
        })
    }
}

impl std::error::Error for CertificateError {}

#[cfg(test)]
mod tests;
