//! `wxpay demo`: the real server, a simulated WeChat and a shop page, in one process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wxpay_core::messages::Identity;
use wxpay_core::{ApiKey, SignType};
use wxpay_simulator::{self as simulator, Simulator};

use super::lang::say;
use super::put;
use super::serve::{block_on, finish};
use crate::ambient::{NonceSource, SystemNonces};
use crate::certificate::Certificate;
use crate::config::Config;
use crate::demo;
use crate::gateway::WeChatConfig;
use crate::http::Limits;
use crate::merchant::{Merchant, Merchants};
use crate::outbox::WebhookLimits;
use crate::run::{RunError, Server, listen, termination};
use crate::secret::Secret;
use crate::telemetry;

const APPID: &str = "wxde30000000000000";
const MCH_ID: &str = "1900000109";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Port of shop page and server on 127.0.0.1; 0 takes a free one · 商店页面与服务端端口
    #[arg(long, default_value_t = 8086)]
    port: u16,
    /// Port of the simulated WeChat on 127.0.0.1; 0 takes a free one · 微信模拟器端口
    #[arg(long, default_value_t = 8087)]
    simulator_port: u16,
    /// Keep the orders in this directory; without, they are gone at the end · 订单数据目录
    #[arg(long)]
    data: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    if let Err(error) = telemetry::start("warn") {
        eprintln!("wxpay: {error}");
    }
    let temporary = std::env::temp_dir().join(format!("wxpay-demo-{}", std::process::id()));
    let data = args.data.clone().unwrap_or_else(|| temporary.clone());
    let result = block_on(demo(args, &data));
    // Only what this run has made; an error means that it made nothing.
    let _ = std::fs::remove_dir_all(temporary);
    finish(result)
}

async fn demo(args: &Args, data: &Path) -> Result<(), RunError> {
    let shutdown = termination().map_err(|error| start(error.to_string()))?;
    let key_text = SystemNonces.nonce();
    let mut merchant = merchant(&key_text)?;
    let mut config = simulator::Config::new(vec![simulator::Merchant {
        appid: APPID.into(),
        mch_id: MCH_ID.into(),
        key: merchant.api_key.clone(),
        app_secret: merchant.app_secret.expose().into(),
        name: say("Corner Shop", "街角小店").into(),
    }]);
    config.port = args.simulator_port;
    let wechat = Simulator::start(config).await.map_err(|error| start(error.to_string()))?;
    let handle = wechat.handle();
    merchant.certificate = Some(certificate(&handle)?);
    let admin_key = merchant.admin_key.clone();
    let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await?;
    let address = listener.local_addr().map_err(|error| start(error.to_string()))?;
    let config = server_config(address, data, &handle, merchant)?;
    let server = Server::on(listener, config).await?;
    let shop = demo::Shop::new(address, handle.clone(), admin_key, APPID)
        .map_err(|error| start(error.to_string()))?;
    announce(address, handle.base_url(), &key_text);
    let result = server.run(Some(demo::routes(shop)), shutdown).await;
    wechat.shutdown().await;
    result
}

/// Fresh secrets for every run: they are worth nothing afterwards.
fn merchant(key_text: &str) -> Result<Merchant, RunError> {
    let api_key = ApiKey::new(key_text).map_err(|error| start(error.to_string()))?.prepared();
    Ok(Merchant {
        id: "demo".into(),
        identity: Identity::direct(APPID, MCH_ID),
        sign_type: SignType::HmacSha256,
        api_key,
        old_api_key: None,
        app_secret: Secret::new(SystemNonces.nonce()),
        admin_key: Secret::new(SystemNonces.nonce()),
        certificate: None,
        webhooks: Vec::new(),
    })
}

/// The certificate that the simulated WeChat has made for the merchant.
fn certificate(wechat: &Simulator) -> Result<Certificate, RunError> {
    let identity = wechat.client_identity_pem(MCH_ID).ok_or(start("no certificate".into()))?;
    let key = Secret::new(identity.key_pem);
    Certificate::read(&identity.cert_pem, &key).map_err(|error| start(error.to_string()))
}

fn server_config(
    listen: SocketAddr,
    data: &Path,
    wechat: &Simulator,
    merchant: Merchant,
) -> Result<Config, RunError> {
    let url = |text: &str| text.parse().map_err(|_| start("bad simulator address".into()));
    Ok(Config {
        listen,
        public_url: format!("http://{listen}"),
        trusted_proxies: Vec::new(),
        limits: Limits {
            max_connections: 256,
            header_timeout_ms: 5_000,
            body_timeout_ms: 10_000,
            request_timeout_ms: 15_000,
            drain_timeout_ms: 500,
        },
        store_path: data.to_owned(),
        store_cache_bytes: 16 * 1024 * 1024,
        wechat: WeChatConfig {
            // Over TLS: refunds need the merchant certificate.
            pay_url: url(wechat.cashier_tls_url())?,
            backup_pay_url: None,
            report: false,
            login_url: url(wechat.base_url())?,
            connect_timeout_ms: 3_000,
            total_timeout_ms: 10_000,
            allow_http: true,
            ca_pem: Some(wechat.ca_pem().into()),
        },
        webhooks: WebhookLimits { timeout_ms: 5_000, max_in_flight: 8 },
        order_expire_s: 7_200,
        refund_paid_after_close: false,
        token_s: 7 * 24 * 3_600,
        daily: None,
        log_level: "warn".into(),
        merchants: Merchants::new(vec![merchant]),
        warnings: Vec::new(),
    })
}

/// The key opens nothing but this demo; whoever opens a message in the debugger needs it.
fn announce(shop: SocketAddr, wechat_url: &str, key_text: &str) {
    put("\n");
    put(&format!("  {}\n", say("wxpay demo is running", "wxpay 演示已启动")));
    put("\n");
    put(&format!("  {}  http://{shop}/\n", say("open this page    ", "请打开此页面  ")));
    put(&format!("  {}  {wechat_url}/\n", say("simulated WeChat  ", "微信模拟器    ")));
    put(&format!("  {}  http://{shop}/debug\n", say("signature debugger", "签名诊断页面  ")));
    put(&format!("  {}  {key_text}\n", say("the demo's API key", "演示用 API 密钥")));
    put("\n");
    put(&format!("  {}\n", say("Ctrl-C ends it.", "按 Ctrl-C 结束。")));
    put("\n");
}

const fn start(error: String) -> RunError {
    RunError::Start(error)
}
