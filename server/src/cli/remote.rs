//! How commands reach the running server: its HTTP interface, with the merchant's admin key from the configuration.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Client, RequestBuilder, Response, Url, redirect};
use serde_json::Value;
use tokio::runtime::Runtime;

use super::lang::say;
use super::remote_error::RemoteError;
use super::{check_config, exit};
use crate::config::Config;
use crate::merchant::{Merchant, Merchants};
use crate::secret::Secret;

/// Which server, for which merchant, and how to answer. Flatten it into the arguments of a command.
#[derive(Debug, clap::Args)]
pub(super) struct RemoteArgs {
    /// The server's configuration file: its address and admin key · 服务端的配置文件
    #[arg(long, default_value = "wxpay.toml", value_name = "FILE")]
    pub(super) config: PathBuf,
    /// The merchant, if there are several · 商户 id(配置了多个商户时)
    #[arg(long, value_name = "ID")]
    pub(super) merchant: Option<String>,
    /// The server's address, if it is not http.listen on this machine · 服务端地址,默认为本机的 http.listen
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Answer in JSON · 以 JSON 输出
    #[arg(long)]
    pub(super) json: bool,
}

/// A running server, as one merchant sees it.
pub(super) struct Remote {
    runtime: Runtime,
    client: Client,
    /// Without a slash at the end.
    server: String,
    admin_key: Secret,
}

const CONNECT: Duration = Duration::from_secs(3);
/// The longest silence: the server answers each request within its own limit, and a stream has more to say before this.
const SILENCE: Duration = Duration::from_secs(120);
/// The largest answer that is not a stream, and the longest line of one, in bytes.
const MAX_BYTES: usize = 16 * 1024 * 1024;

impl Remote {
    /// Reads the configuration. The server is called by the first request, not here.
    ///
    /// # Errors
    /// The exit code; what is wrong has been said.
    pub(super) fn open(args: &RemoteArgs) -> Result<Self, ExitCode> {
        let config = load(args)?;
        let merchant = merchant(&config.merchants, args.merchant.as_deref()).map_err(usage)?;
        Self::to(server(args, &config)?, merchant.admin_key.clone()).map_err(usage)
    }

    /// The server as each merchant sees it, or as the one that is named.
    ///
    /// # Errors
    /// The exit code; what is wrong has been said.
    pub(super) fn open_all(args: &RemoteArgs) -> Result<Vec<Self>, ExitCode> {
        if args.merchant.is_some() {
            return Ok(vec![Self::open(args)?]);
        }
        let config = load(args)?;
        let server = server(args, &config)?;
        let keys = config.merchants.iter().map(|merchant| merchant.admin_key.clone());
        keys.map(|key| Self::to(server.clone(), key).map_err(usage)).collect()
    }

    fn to(server: String, admin_key: Secret) -> Result<Self, String> {
        // An error means that a provider is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .connect_timeout(CONNECT)
            .read_timeout(SILENCE)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build();
        let client = client.map_err(|error| error.without_url().to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        Ok(Self { runtime, client, server, admin_key })
    }

    /// GET; `path` begins with a slash and may have a query.
    pub(super) fn get(&self, path: &str) -> Result<Value, RemoteError> {
        self.runtime.block_on(self.json(self.client.get(self.url(path))))
    }

    /// The rows `name` of a list that comes in pages, at most `wanted`; `path` may have a query.
    pub(super) fn pages(
        &self,
        path: &str,
        name: &str,
        wanted: usize,
    ) -> Result<Vec<Value>, RemoteError> {
        let mut path = path.to_owned();
        path.push(if path.contains('?') { '&' } else { '?' });
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        while rows.len() < wanted {
            let limit = (wanted - rows.len()).min(100);
            let mut page = self.get(&format!("{path}limit={limit}{cursor}"))?;
            if let Some(Value::Array(more)) = page.get_mut(name).map(Value::take) {
                rows.extend(more);
            }
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={}", segment(next)),
                None => break,
            }
        }
        Ok(rows)
    }

    /// POST of a JSON body.
    pub(super) fn post(&self, path: &str, body: &Value) -> Result<Value, RemoteError> {
        self.runtime.block_on(self.json(self.posting(path, body)))
    }

    /// POST of a JSON body; each line of the answer is one JSON value. A line `{"error":{code,message}}` ends it.
    pub(super) fn post_lines(
        &self,
        path: &str,
        body: &Value,
        mut on_line: impl FnMut(Value),
    ) -> Result<(), RemoteError> {
        let request = self.posting(path, body);
        self.runtime.block_on(self.lines(request, &mut |line| {
            let value: Value =
                serde_json::from_slice(line).map_err(|_| self.not_ours("not JSON"))?;
            match value.get("error") {
                Some(error) => Err(RemoteError::Api(Box::new(error.clone()))),
                None => {
                    on_line(value);
                    Ok(())
                }
            }
        }))
    }

    /// GET; hands over each line of the answer as it is, without its line break.
    pub(super) fn get_lines(
        &self,
        path: &str,
        mut on_line: impl FnMut(&[u8]) -> Result<(), RemoteError>,
    ) -> Result<(), RemoteError> {
        self.runtime.block_on(self.lines(self.client.get(self.url(path)), &mut on_line))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server)
    }

    fn posting(&self, path: &str, body: &Value) -> RequestBuilder {
        let request = self.client.post(self.url(path));
        request.header("content-type", "application/json").body(body.to_string())
    }

    async fn json(&self, request: RequestBuilder) -> Result<Value, RemoteError> {
        let response = self.send(request).await?;
        let body = self.body(response).await?;
        serde_json::from_slice(&body).map_err(|_| self.not_ours("not JSON"))
    }

    async fn lines(
        &self,
        request: RequestBuilder,
        on_line: &mut dyn FnMut(&[u8]) -> Result<(), RemoteError>,
    ) -> Result<(), RemoteError> {
        let mut response = self.send(request).await?;
        let mut rest: Vec<u8> = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            for part in chunk.split_inclusive(|byte| *byte == b'\n') {
                if rest.len() + part.len() > MAX_BYTES {
                    return Err(self.not_ours("a line is too long"));
                }
                rest.extend_from_slice(part);
                if rest.pop_if(|byte| *byte == b'\n').is_some() {
                    on_line(&rest)?;
                    rest.clear();
                }
            }
        }
        if rest.is_empty() { Ok(()) } else { Err(self.not_ours("the last line is cut off")) }
    }

    /// Sends with the admin key. An answer that is no success becomes the error it tells of.
    async fn send(&self, request: RequestBuilder) -> Result<Response, RemoteError> {
        let request = request.bearer_auth(self.admin_key.expose());
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body = self.body(response).await?;
        let error: Value = serde_json::from_slice(&body).unwrap_or_default();
        if error.get("code").is_some_and(Value::is_string) {
            Err(RemoteError::Api(Box::new(error)))
        } else {
            Err(self.not_ours(&format!("HTTP status {}", status.as_u16())))
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, RemoteError> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if body.len() + chunk.len() > MAX_BYTES {
                return Err(self.not_ours("the answer is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn broken(&self, error: reqwest::Error) -> RemoteError {
        let server = self.server.clone();
        let error = error.without_url();
        if error.is_connect() {
            RemoteError::NotRunning { server }
        } else if error.is_timeout() {
            RemoteError::Silent { server }
        } else {
            RemoteError::Broken { server, detail: error.to_string() }
        }
    }

    fn not_ours(&self, found: &str) -> RemoteError {
        RemoteError::NotOurs { server: self.server.clone(), found: found.into() }
    }
}

fn load(args: &RemoteArgs) -> Result<Config, ExitCode> {
    Config::load(&args.config).map_err(|problems| check_config::report(&problems))
}

fn server(args: &RemoteArgs, config: &Config) -> Result<String, ExitCode> {
    match &args.server {
        Some(text) => given(text).map_err(usage),
        None => Ok(local(config.listen)),
    }
}

fn usage(error: String) -> ExitCode {
    eprintln!("wxpay: {error}");
    ExitCode::from(exit::UNREADABLE)
}

/// A part of a path, such as an order's number.
pub(super) fn segment(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The merchant of this id, or the only one there is.
pub(super) fn merchant<'a>(
    merchants: &'a Merchants,
    id: Option<&str>,
) -> Result<&'a Merchant, String> {
    let found = match id {
        Some(id) => merchants.get(id),
        None => merchants.only(),
    };
    found.ok_or_else(|| {
        let ids: Vec<&str> = merchants.iter().map(|merchant| merchant.id.as_str()).collect();
        format!("--merchant: {} {}", say("expected one of", "应为以下之一:"), ids.join(", "))
    })
}

/// Where a server that listens there is found from its own machine.
fn local(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

/// The admin key goes there, so it goes encrypted, or does not leave the machine.
fn given(text: &str) -> Result<String, String> {
    let wrong = || {
        let expected = say(
            "expected https://HOST, or http:// on this machine: the admin key goes there",
            "应为 https://主机;只有本机可用 http://,因为会发送管理密钥",
        );
        format!("--server: {expected}")
    };
    let url: Url = text.parse().map_err(|_| wrong())?;
    let here = crate::config::is_loopback(&url);
    let safe = url.scheme() == "https" || (url.scheme() == "http" && here);
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if safe && plain && url.password().is_none() {
        Ok(text.trim_end_matches('/').to_owned())
    } else {
        Err(wrong())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_machine_finds_it() {
        for (listen, url) in [
            ("0.0.0.0:8080", "http://127.0.0.1:8080"),
            ("[::]:8080", "http://[::1]:8080"),
            ("10.1.2.3:80", "http://10.1.2.3:80"),
        ] {
            assert_eq!(listen.parse().map(local), Ok(url.to_owned()));
        }
    }

    #[test]
    fn the_admin_key_does_not_leave_the_machine_in_the_open() {
        for text in
            ["http://pay.example.com", "ftp://127.0.0.1", "pay", "https://a:b@c", "https://a?b"]
        {
            assert!(given(text).is_err(), "{text}");
        }
        for text in ["https://pay.example.com/wx", "http://127.0.0.1:80", "http://[::1]"] {
            assert_eq!(given(&format!("{text}/")), Ok(text.to_owned()));
        }
    }

    #[test]
    fn an_order_number_is_one_segment() {
        assert_eq!(segment("a|b/c"), "a%7Cb%2Fc");
    }
}
