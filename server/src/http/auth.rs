//! Who is asking: a merchant's backend (admin key) or a phone (token), and from which address.

use std::net::IpAddr;

use warp::http::HeaderMap;

use super::{ApiError, Peer};
use crate::app::App;
use crate::login::PhoneUser;
use crate::merchant::Merchant;

/// The caller of a route that both may call.
pub(super) enum Caller<'a> {
    Merchant(&'a Merchant),
    Phone(PhoneUser),
}

/// The merchant whose admin key is in `Authorization: Bearer`.
pub(super) fn merchant<'a>(app: &'a App, headers: &HeaderMap) -> Result<&'a Merchant, ApiError> {
    bearer(headers)
        .and_then(|key| app.merchants.by_admin_key(key))
        .ok_or_else(ApiError::unauthorized)
}

/// The user whose token is in the header `token` or in `Authorization: Bearer`.
pub(super) fn phone(app: &App, headers: &HeaderMap) -> Result<PhoneUser, ApiError> {
    token(headers).and_then(|token| app.logins.user(token)).ok_or_else(ApiError::unauthorized)
}

/// Whether a token was sent at all.
pub(super) fn has_token(headers: &HeaderMap) -> bool {
    token(headers).is_some()
}

pub(super) fn either<'a>(app: &'a App, headers: &HeaderMap) -> Result<Caller<'a>, ApiError> {
    match merchant(app, headers) {
        Ok(merchant) => Ok(Caller::Merchant(merchant)),
        Err(_) => phone(app, headers).map(Caller::Phone),
    }
}

/// The client's address: the connection's, or what a proxy we trust says.
pub(super) fn client_ip(app: &App, peer: Peer, headers: &HeaderMap) -> String {
    let trusted = |ip: &IpAddr| app.trusted_proxies.contains(ip);
    let mut client = peer.0.ip().to_canonical();
    if !trusted(&client) {
        return client.to_string();
    }
    // The right-most address that no trusted proxy added.
    let forwarded = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.into_iter().rev() {
        let Ok(ip) = hop.parse::<IpAddr>() else { break };
        client = ip.to_canonical();
        if !trusted(&client) {
            break;
        }
    }
    client.to_string()
}

fn token(headers: &HeaderMap) -> Option<&str> {
    let plain = headers.get("token").and_then(|value| value.to_str().ok());
    plain.filter(|token| !token.is_empty()).or_else(|| bearer(headers))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get("authorization")?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim())
}
