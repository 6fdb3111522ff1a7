//! `wxpay simulate`: the local WeChat Pay alone.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use wxpay_core::ApiKey;
use wxpay_simulator::{Config, Merchant, Simulator};

use super::lang::say;
use super::put;
use super::serve::{block_on, finish};
use crate::run::{RunError, termination};

/// Public values, the same on every machine: they open nothing but this simulator.
const APPID: &str = "wx5150000000000000";
const MCH_ID: &str = "1900000109";
const API_KEY: &str = "simulator0key0simulator0key00001";
const APP_SECRET: &str = "5150a2c4e6f80b1d3f5a7c9e1b3d5f70";
const ADMIN_KEY: &str = "simulator0admin0simulator0admin00001";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Port on 127.0.0.1; 0 takes a free one · 端口
    #[arg(long, default_value_t = 8087)]
    port: u16,
    /// Port of the payment host over TLS, which refunds need; 0 takes a free one · TLS 端口(退款需要)
    #[arg(long, default_value_t = 8088)]
    tls_port: u16,
    /// Write the merchant certificate and the root into this directory, for refunds · 把商户证书写入此目录
    #[arg(long, value_name = "DIR")]
    certificates: Option<PathBuf>,
    /// Divides the waits between two attempts at a notice: 1000 turns minutes into moments · 通知重试加速倍数
    #[arg(long, default_value_t = 1)]
    speedup: u32,
    /// All ids come from this number, so that a run can be repeated · 随机种子
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(args: &Args) -> ExitCode {
    finish(block_on(simulate(args)))
}

async fn simulate(args: &Args) -> Result<(), RunError> {
    let start = |error: String| RunError::Start(error);
    let shutdown = termination().map_err(|error| start(error.to_string()))?;
    let merchant = Merchant {
        appid: APPID.into(),
        mch_id: MCH_ID.into(),
        key: ApiKey::new(API_KEY).map_err(|error| start(error.to_string()))?,
        app_secret: APP_SECRET.into(),
        name: "Corner Shop 街角小店".into(),
    };
    let mut config = Config::new(vec![merchant]);
    (config.port, config.tls_port) = (args.port, args.tls_port);
    (config.speedup, config.seed) = (args.speedup, args.seed);
    let running = Simulator::start(config).await.map_err(|error| start(error.to_string()))?;
    if let Some(directory) = &args.certificates {
        let written = running.write_certificates(MCH_ID, directory);
        written.map_err(|error| start(error.to_string()))?;
    }
    announce(&running.handle(), args.certificates.as_deref());
    shutdown.await;
    running.shutdown().await;
    Ok(())
}

fn announce(wechat: &Simulator, certificates: Option<&Path>) {
    let url = wechat.base_url();
    put(&format!("{}  {url}\n\n", say("simulated WeChat Pay", "微信支付模拟器")));
    put(&format!(
        "{}\n",
        say(
            "Open it in a browser to pay the orders you place.",
            "下单后用浏览器打开上面的地址付款。"
        )
    ));
    put(&format!("\n{}\n", say("Get a login code:", "获取登录 code:")));
    put(&format!("  curl -s {url}/sim/login -d '{{\"appid\":\"{APPID}\",\"user\":\"alice\"}}'\n"));
    let keys = say("The keys, each in its file:", "把密钥写入文件:");
    put(&format!("\n{keys}\n"));
    put(&format!("  printf %s {API_KEY} > shop.key\n"));
    put(&format!("  printf %s {APP_SECRET} > shop.secret\n"));
    put(&format!("  printf %s {ADMIN_KEY} > shop.admin\n"));
    put("  chmod 600 shop.key shop.secret shop.admin\n");
    put(&format!(
        "\n{}\n",
        say("A whole wxpay.toml for `wxpay serve`:", "用于 `wxpay serve` 的完整 wxpay.toml:")
    ));
    put(&settings(wechat, certificates));
    if certificates.is_none() {
        put(&format!(
            "\n{}\n",
            say(
                "Start it with --certificates DIR to try refunds.",
                "加上 --certificates 目录 可测试退款。"
            )
        ));
    }
    put(&format!("\n{}\n", say("Ctrl-C ends it.", "按 Ctrl-C 结束。")));
}

/// A configuration that works with this simulator; notices reach plain addresses of this machine only.
fn settings(wechat: &Simulator, certificates: Option<&Path>) -> String {
    let login_url = wechat.base_url();
    let pay_url = certificates.map_or(login_url, |_| wechat.cashier_tls_url());
    let file = |key: &str, name: &str| match certificates {
        Some(directory) => format!("  {key} = {:?}\n", directory.join(name)),
        None => String::new(),
    };
    let ca_file = file("ca_file", "ca.pem");
    let cert_file = file("cert_file", "apiclient_cert.pem");
    let key_file = file("key_file", "apiclient_key.pem");
    format!(
        "  profile = \"test\"
  [http]
  public_url = \"http://127.0.0.1:8080\"
  [wechat]
  pay_url = \"{pay_url}\"
  login_url = \"{login_url}\"
{ca_file}  [[merchants]]
  id = \"shop\"
  appid = \"{APPID}\"
  mch_id = \"{MCH_ID}\"
  api_key_file = \"shop.key\"
  app_secret_file = \"shop.secret\"
  admin_key_file = \"shop.admin\"
{cert_file}{key_file}"
    )
}
