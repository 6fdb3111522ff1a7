//! TLS as WeChat's payment host speaks it: one host for all calls, and a client certificate for those that need one.
//!
//! Like the web server in front of WeChat it asks every client for a certificate, lets the handshake succeed without
//! one, and leaves the judgement to the call. The certificates are made anew at every start; their keys are ECDSA,
//! where WeChat's are RSA.

use std::fmt;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::CertificateDer;

use crate::any_certificate::AnyCertificate;
use crate::config::{Merchant, StartError};

/// What a merchant downloads from the merchant platform, as PEM. `Debug` shows no key.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    /// The content of `apiclient_cert.pem`: a certificate whose common name is the mch_id.
    pub cert_pem: String,
    /// The content of `apiclient_key.pem`.
    pub key_pem: String,
}

/// How a request came in, and whose certificate came with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// Over plain HTTP.
    Plain,
    /// Over TLS without a certificate.
    Anonymous,
    /// Over TLS with a certificate this simulator did not issue.
    Stranger,
    /// Over TLS with the certificate of this mch_id.
    Merchant(String),
}

/// The certificates of one run.
pub(crate) struct Authority {
    pub(crate) ca_pem: String,
    pub(crate) server: Arc<ServerConfig>,
    issued: Vec<Issued>,
}

struct Issued {
    mch_id: String,
    der: CertificateDer<'static>,
    identity: ClientIdentity,
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

impl Authority {
    /// Makes an authority, a certificate for the loopback host, and one for every merchant.
    pub(crate) fn new(merchants: &[Merchant]) -> Result<Self, StartError> {
        let certificates = |error: rcgen::Error| failed(&error);
        let issuer = authority().map_err(certificates)?;
        let mut issued: Vec<Issued> = Vec::new();
        for Merchant { mch_id, .. } in merchants {
            if issued.iter().all(|one| one.mch_id != *mch_id) {
                issued.push(issue(mch_id, &issuer).map_err(certificates)?);
            }
        }
        let server = server_config(&issuer)?;
        Ok(Self { ca_pem: issuer.pem(), server: Arc::new(server), issued })
    }

    pub(crate) fn identity(&self, mch_id: &str) -> Option<&ClientIdentity> {
        self.issued.iter().find(|one| one.mch_id == mch_id).map(|one| &one.identity)
    }

    /// Whose certificate the client has shown.
    pub(crate) fn caller(&self, shown: Option<&[CertificateDer<'_>]>) -> Caller {
        let Some(shown) = shown.and_then(<[_]>::first) else { return Caller::Anonymous };
        match self.issued.iter().find(|one| one.der == *shown) {
            Some(one) => Caller::Merchant(one.mch_id.clone()),
            None => Caller::Stranger,
        }
    }
}

fn authority() -> Result<Issuer, rcgen::Error> {
    let mut params = named("wxpay simulator CA");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn issue(mch_id: &str, issuer: &Issuer) -> Result<Issued, rcgen::Error> {
    let mut params = named(mch_id);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, issuer)?;
    let identity = ClientIdentity { cert_pem: certificate.pem(), key_pem: key.serialize_pem() };
    Ok(Issued { mch_id: mch_id.into(), der: certificate.into(), identity })
}

fn server_config(issuer: &Issuer) -> Result<ServerConfig, StartError> {
    let certificates = |error: rcgen::Error| failed(&error);
    let hosts = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let mut params = CertificateParams::new(hosts).map_err(certificates)?;
    params.distinguished_name.push(DnType::CommonName, "wxpay simulator");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate().map_err(certificates)?;
    let certificate = params.signed_by(&key, issuer).map_err(certificates)?;
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let verifier = Arc::new(AnyCertificate::new(&provider));
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(&error))?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.into()], key.into())
        .map_err(|error| failed(&error))
}

/// Parameters with a common name alone.
fn named(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name);
    params
}

fn failed(error: &dyn fmt::Display) -> StartError {
    StartError::Certificates { detail: error.to_string() }
}

impl fmt::Debug for ClientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientIdentity").field("cert_pem", &self.cert_pem).finish_non_exhaustive()
    }
}
