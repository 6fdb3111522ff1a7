//! `wxpay simulate`: the local WeChat Pay alone.

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

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Port on 127.0.0.1; 0 takes a free one · 端口
    #[arg(long, default_value_t = 8087)]
    port: u16,
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
    (config.port, config.speedup, config.seed) = (args.port, args.speedup, args.seed);
    let running = Simulator::start(config).await.map_err(|error| start(error.to_string()))?;
    announce(running.handle().base_url());
    shutdown.await;
    running.shutdown().await;
    Ok(())
}

fn announce(url: &str) {
    put(&format!("{}  {url}\n", say("simulated WeChat Pay", "微信支付模拟器")));
    put(&format!("  appid      {APPID}\n"));
    put(&format!("  mch_id     {MCH_ID}\n"));
    put(&format!("  API key    {API_KEY}\n"));
    put(&format!("  AppSecret  {APP_SECRET}\n"));
    put("\n");
    put(&format!(
        "{}\n",
        say(
            "Open it in a browser to pay the orders you place.",
            "下单后用浏览器打开上面的地址付款。"
        )
    ));
    put(&format!("{}\n", say("Get a login code:", "获取登录 code:")));
    put(&format!("  curl -s {url}/sim/login -d '{{\"appid\":\"{APPID}\",\"user\":\"alice\"}}'\n"));
    put(&format!("{}\n", say("In wxpay.toml:", "在 wxpay.toml 中:")));
    put("  profile = \"test\"\n");
    put("  [wechat]\n");
    put(&format!("  pay_url = \"{url}\"\n"));
    put(&format!("  login_url = \"{url}\"\n"));
    put(&format!("{}\n", say("Ctrl-C ends it.", "按 Ctrl-C 结束。")));
}
