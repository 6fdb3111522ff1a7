//! Where a webhook may go. A name is looked up once, every address it has is checked, and only those are connected to:
//! nobody's DNS makes this server call what stands beside it.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use futures_util::future::BoxFuture;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What kind of place an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The internet.
    Public,
    /// This machine, or a network of the merchant's own.
    Private,
    /// A cloud's metadata, a neighbour on the link, everybody, nobody, or an example.
    Never,
}

/// Which places an endpoint may be at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The internet.
    Public,
    /// The internet or a private network (https, allow_private).
    Any,
    /// A private network alone: nothing goes over the internet unencrypted (http, allow_private).
    Private,
}

/// Looks a name up; the port is 0.
type Lookup = dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync;

/// A resolver that gives no address out of reach.
pub(super) struct Guarded {
    reach: Reach,
    lookup: Arc<Lookup>,
}

/// An address is out of an endpoint's reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfReach(Reach);

impl std::fmt::Display for OutOfReach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Reach::Public => "the address is not on the internet, and allow_private is not set",
            Reach::Any => "the address is nobody's, or a cloud's metadata service",
            Reach::Private => {
                "the address is not in a private network, and http is allowed only there"
            }
        })
    }
}

impl std::error::Error for OutOfReach {}

impl Reach {
    pub(crate) fn of(url: &Url, allow_private: bool) -> Self {
        match (allow_private, url.scheme() == "http") {
            (false, _) => Self::Public,
            (true, false) => Self::Any,
            (true, true) => Self::Private,
        }
    }

    pub(super) fn check(self, ip: IpAddr) -> Result<(), OutOfReach> {
        let reached = match place(ip) {
            Place::Public => self != Self::Private,
            Place::Private => self != Self::Public,
            Place::Never => false,
        };
        if reached { Ok(()) } else { Err(OutOfReach(self)) }
    }

    /// A host that is written as an address is never looked up, so it is checked here.
    pub(crate) fn check_host(self, url: &Url) -> Result<(), OutOfReach> {
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        host.parse().map_or(Ok(()), |ip| self.check(ip))
    }
}

impl Guarded {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            lookup: Arc::new(|name| {
                Box::pin(async move {
                    let found = tokio::net::lookup_host((name, 0)).await?;
                    Ok(found.map(|address| address.ip()).collect())
                })
            }),
        }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (reach, found) = (self.reach, (self.lookup)(name.as_str().to_owned()));
        Box::pin(async move {
            let found = found.await?;
            // One bad address spoils the name: it is either a trick or a mistake.
            found.iter().try_for_each(|ip| reach.check(*ip))?;
            Ok(Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0))) as Addrs)
        })
    }
}

fn place(ip: IpAddr) -> Place {
    match ip {
        IpAddr::V4(ip) => place_v4(ip),
        IpAddr::V6(ip) => match inner_v4(ip) {
            Some(inner) => place_v4(inner),
            None => place_v6(ip),
        },
    }
}

fn place_v4(ip: Ipv4Addr) -> Place {
    match ip.octets() {
        // Alibaba Cloud's metadata, inside a range that carriers use.
        [100, 100, 100, 200] => Place::Never,
        [127 | 10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => {
            Place::Private
        }
        // This host, link-local with the other clouds' metadata, protocol assignments, examples, benchmarks, multicast,
        // reserved, broadcast.
        [0, ..]
        | [169, 254, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Place::Never,
        _ => Place::Public,
    }
}

fn place_v6(ip: Ipv6Addr) -> Place {
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Place::Private,
        // AWS's metadata.
        [0xfd00, 0xec2, ..] => Place::Never,
        [0xfc00..=0xfdff, ..] => Place::Private,
        // Teredo, benchmarks and other assignments, examples.
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Place::Never,
        [0x2000..=0x3fff, ..] => Place::Public,
        _ => Place::Never,
    }
}

/// The IPv4 address that an IPv6 one stands for: mapped, translated (NAT64) or tunnelled (6to4).
fn inner_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b] = match ip.segments() {
        [0, 0, 0, 0, 0, 0xffff, a, b] | [0x64, 0xff9b, 0, 0, 0, 0, a, b] => [a, b],
        [0x2002, a, b, ..] => [a, b],
        _ => return None,
    };
    Some(Ipv4Addr::from((u32::from(a) << 16) | u32::from(b)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn addresses_have_their_places() {
        for (place_of, addresses) in [
            (
                Place::Public,
                "1.1.1.1 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 172.15.0.1 172.32.0.1 \
                192.167.1.1 169.253.1.1 223.255.255.255 2400:3200::1 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 \
                2002:101:101::1",
            ),
            (
                Place::Private,
                "127.0.0.1 127.255.255.255 10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 100.64.0.1 \
                ::1 fc00::1 fd12:3456::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 2002:7f00:1::",
            ),
            (
                Place::Never,
                "0.0.0.0 0.1.2.3 169.254.169.254 169.254.0.23 100.100.100.200 192.0.0.192 192.0.2.1 \
                198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1 255.255.255.255 :: ::127.0.0.1 fe80::1 fec0::1 \
                ff02::1 fd00:ec2::254 2001:db8::1 2001::1 ::ffff:169.254.169.254 ::ffff:0.0.0.0 64:ff9b::a9fe:a9fe \
                2002:a9fe:a9fe:: 100::1 3fff::1",
            ),
        ] {
            for address in addresses.split_whitespace() {
                assert_eq!(place(address.parse().unwrap()), place_of, "{address}");
            }
        }
    }

    #[test]
    fn however_an_address_is_written() {
        for url in [
            "https://127.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://[::ffff:7f00:1]",
            "https://017700000001",
        ] {
            let url: Url = url.parse().unwrap();
            assert!(Reach::Public.check_host(&url).is_err(), "{url}");
            assert!(Reach::Any.check_host(&url).is_ok(), "{url}");
        }
        for url in [
            "https://169.254.169.254/latest",
            "https://[::ffff:169.254.169.254]",
            "https://0.0.0.0",
            "https://[::]",
        ] {
            let url: Url = url.parse().unwrap();
            for reach in [Reach::Public, Reach::Any, Reach::Private] {
                assert!(reach.check_host(&url).is_err(), "{url} {reach:?}");
            }
        }
    }

    #[test]
    fn plain_http_stays_at_home() {
        let url: Url = "http://example.com".parse().unwrap();
        let reach = Reach::of(&url, true);
        assert!(reach.check([1, 1, 1, 1].into()).is_err());
        assert!(reach.check([10, 0, 0, 1].into()).is_ok());
        assert_eq!(Reach::of(&url, false), Reach::Public);
        assert_eq!(Reach::of(&"https://example.com".parse().unwrap(), true), Reach::Any);
    }

    async fn resolved(reach: Reach, addresses: &'static [&'static str]) -> Result<usize, String> {
        let lookup: Arc<Lookup> = Arc::new(|_| {
            Box::pin(async { Ok(addresses.iter().map(|ip| ip.parse().unwrap()).collect()) })
        });
        let found = Guarded { reach, lookup }.resolve("shop.example".parse().unwrap()).await;
        found.map(Iterator::count).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn a_name_is_as_good_as_its_worst_address() {
        assert_eq!(resolved(Reach::Public, &["1.1.1.1", "2400:3200::1"]).await, Ok(2));
        for addresses in [
            &["127.0.0.1"] as &[_],
            &["1.1.1.1", "127.0.0.1"],
            &["1.1.1.1", "::ffff:10.0.0.1"],
            &["169.254.169.254"],
        ] {
            let refused = resolved(Reach::Public, addresses).await.unwrap_err();
            assert!(refused.contains("not on the internet"), "{refused}");
        }
        assert_eq!(resolved(Reach::Any, &["1.1.1.1", "127.0.0.1"]).await, Ok(2));
        assert!(resolved(Reach::Any, &["10.0.0.1", "169.254.169.254"]).await.is_err());
    }

    #[tokio::test]
    async fn the_systems_own_names_are_checked_too() {
        let refused = Guarded::new(Reach::Public).resolve("localhost".parse().unwrap()).await;
        assert!(refused.is_err_and(|error| error.is::<OutOfReach>()));
        assert!(Guarded::new(Reach::Private).resolve("localhost".parse().unwrap()).await.is_ok());
    }
}
