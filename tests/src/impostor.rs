//! A host that takes TLS connections with a certificate that is not to be believed.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing: the same host is believed, so that it is the flaw that counts.
    None,
    /// Its time is over.
    Expired,
    /// It is another host's.
    OtherHost,
    /// Nobody has heard of who gave it out.
    Stranger,
}

/// The host. It says nothing to those who believe it.
pub struct Impostor {
    /// Where it is.
    pub url: String,
    /// The authority that a client is told to trust.
    pub ca_pem: String,
    believed: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Impostor {
    /// Listens on a port of its own.
    pub async fn start(flaw: Flaw) -> Self {
        let (trusted, stranger) = (authority(), authority());
        let issuer = if flaw == Flaw::Stranger { &stranger } else { &trusted };
        let host = if flaw == Flaw::OtherHost { "pay.example.com" } else { "127.0.0.1" };
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        if flaw == Flaw::Expired {
            (params.not_before, params.not_after) =
                (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let believed = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), {
            let believed = Arc::clone(&believed);
            move || {
                believed.fetch_add(1, Ordering::SeqCst);
            }
        }));
        Self { url, ca_pem: trusted.pem(), believed, task }
    }

    /// How many have believed it.
    pub fn believed(&self) -> usize {
        self.believed.load(Ordering::SeqCst)
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Test authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// In TLS 1.3 a client believes when it sends something, and not before.
async fn accept(listener: TcpListener, acceptor: TlsAcceptor, believed: impl Fn()) {
    while let Ok((stream, _)) = listener.accept().await {
        let Ok(mut stream) = acceptor.accept(stream).await else { continue };
        let mut part = [0; 64];
        if tokio::io::AsyncReadExt::read(&mut stream, &mut part).await.is_ok_and(|n| n > 0) {
            believed();
        }
    }
}
