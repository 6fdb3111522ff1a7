//! Which calls need the merchant certificate, and what happens without it.
//!
//! The web server in front of WeChat answers a request without one, and one with a certificate of no merchant, by an
//! HTML page with status 400. That a merchant's certificate belongs to another than the request names is found behind
//! it, and is answered in XML.

use hyper::StatusCode;
use wxpay_core::messages::{download_fundflow, refund, reverse};

use crate::http::{Received, Sent};
use crate::tls::Caller;

/// The paths that need a certificate.
const PATHS: [&str; 3] = [refund::PATH, reverse::PATH, download_fundflow::PATH];

const MISSING: &str = "<html>\r\n<head><title>400 No required SSL certificate was sent</title></head>\r\n\
    <body><h1>400 Bad Request</h1>No required SSL certificate was sent</body>\r\n</html>\r\n";
const UNKNOWN: &str = "<html>\r\n<head><title>400 The SSL certificate error</title></head>\r\n\
    <body><h1>400 Bad Request</h1>The SSL certificate error</body>\r\n</html>\r\n";

/// The web server's no, and a note that says why.
pub(crate) fn refused(received: &Received) -> Option<(Sent, &'static str)> {
    let (page, note) = match received.caller {
        _ if !is_needed(received) => return None,
        Caller::Merchant(_) => return None,
        Caller::Plain => (MISSING, "this call needs TLS and the merchant certificate"),
        Caller::Anonymous => (MISSING, "no merchant certificate was sent"),
        Caller::Stranger => {
            (UNKNOWN, "the certificate is not this simulator's; it makes new ones at every start")
        }
    };
    Some((Sent::new(StatusCode::BAD_REQUEST, "text/html", page), note))
}

/// Whether a needed certificate is another merchant's.
pub(crate) fn is_of_another(received: &Received, mch_id: &str) -> bool {
    let is_theirs = matches!(&received.caller, Caller::Merchant(owner) if owner == mch_id);
    is_needed(received) && !is_theirs
}

fn is_needed(received: &Received) -> bool {
    PATHS.contains(&received.path.as_str())
}
