//! The command line. One file a command; each returns the process's exit code.

mod anomalies;
mod answer;
mod bar;
mod bill;
mod bill_rows;
mod check_config;
mod check_store;
mod csv;
mod decrypt_refund;
#[cfg(feature = "demo")]
mod demo;
mod explain;
mod explain_text;
mod export;
mod import;
mod input;
mod lang;
mod orders;
mod pay;
mod reconcile;
mod refund;
mod remote;
mod remote_error;
mod serve;
mod sign;
#[cfg(feature = "demo")]
mod simulate;
mod store_error;
mod table;
mod webhooks;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{secret, telemetry};

const EXIT_CODES: &str = "\
Exit codes · 退出码: 0 done · 完成, 1 refused or not as it should be · 被拒绝或不一致,
  2 wrong arguments or unreadable input · 参数错误或无法读取, 65 damaged data · 数据损坏,
  69 the server is not running, or its address is taken · 服务端未运行或端口被占用,
  70 a defect in wxpay · wxpay 自身缺陷, 73 data directory in use or not empty · 数据目录正被使用或非空,
  75 no answer, or the disk failed: try again · 没有应答或磁盘故障,请重试,
  77 the admin key is not the server's · 管理密钥不符, 78 configuration · 配置错误";

/// WeChat Pay (APIv2): server, simulator, signature tools.
///
/// 微信支付 (APIv2):服务端、本地模拟器、签名工具。
#[derive(Debug, Parser)]
#[command(name = "wxpay", version, about, arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server · 运行服务端
    Serve(serve::Args),
    /// See everything work: server, simulated WeChat and a shop page · 一键演示
    #[cfg(feature = "demo")]
    Demo(demo::Args),
    /// Run a local WeChat Pay to test against · 本地微信支付模拟器
    #[cfg(feature = "demo")]
    Simulate(simulate::Args),
    /// Sign a message · 计算签名
    Sign(sign::SignArgs),
    /// Verify a message's signature · 验证签名
    Verify(sign::VerifyArgs),
    /// Say why a signature is wrong, and prove it · 找出签名错误的原因并验证
    Explain(explain::Args),
    /// An order as the server has it · 查看订单
    Order(orders::ShowArgs),
    /// The newest orders · 订单列表
    Orders(orders::ListArgs),
    /// Ask WeChat what became of an order · 向微信查询订单
    Query(orders::OneArgs),
    /// Close an order: nobody can pay it any more · 关闭订单
    Close(orders::OneArgs),
    /// Take a payment-code order back: unpaid it is closed, paid it is given back whole · 撤销付款码订单
    Reverse(orders::OneArgs),
    /// Show what a user needs to pay: a QR code (NATIVE) or a link (MWEB) · 显示收款二维码或链接
    Pay(pay::Args),
    /// Pay back an order, or a part of it, and look at refunds · 退款与查看退款
    Refund(refund::Args),
    /// What is odd and waits for a person · 异常列表与处理
    Anomalies(anomalies::Args),
    /// How your own system is told what happens, and what could not be told · 通知商户系统的状态与重发
    Webhooks(webhooks::Args),
    /// A day's bill, straight from WeChat · 下载账单
    Bill(bill::Args),
    /// Compare a day's bill with the server's books · 核对账单
    Reconcile(reconcile::Args),
    /// Write a backup, also while the server runs · 备份
    Export(export::Args),
    /// Make a data directory from a backup · 从备份恢复
    Import(import::Args),
    /// Look whether everything in the data directory fits together · 检查数据目录
    CheckStore(check_store::Args),
    /// Decrypt a refund notice · 解密退款通知
    DecryptRefund(decrypt_refund::Args),
    /// Check a configuration and show it, secrets masked · 检查配置
    CheckConfig(check_config::Args),
}

/// Exit codes besides 0 and those of [`RunError`](crate::run::RunError).
mod exit {
    /// `verify`: the signature does not match.
    pub(super) const MISMATCH: u8 = 1;
    /// The server said no, and would say it again.
    pub(super) const REFUSED: u8 = 1;
    /// The input or the key cannot be read.
    pub(super) const UNREADABLE: u8 = 2;
    /// Data is damaged, or a backup is not whole.
    pub(super) const DAMAGED: u8 = 65;
    /// The server is not running, or something else runs at its address.
    pub(super) const UNAVAILABLE: u8 = 69;
    /// A data directory is in use, or there already.
    pub(super) const IN_USE: u8 = 73;
    /// Server or WeChat had no answer, or the disk failed; later they may do better.
    pub(super) const TRY_AGAIN: u8 = 75;
    /// The admin key is not the server's.
    pub(super) const NOT_ALLOWED: u8 = 77;
    /// The configuration is wrong.
    pub(super) const CONFIG: u8 = 78;
}

impl Cli {
    /// Runs the command.
    pub fn run(self) -> ExitCode {
        telemetry::log_panics();
        secret::keep_out_of_core_dumps();
        match self.command {
            Command::Serve(args) => serve::run(&args),
            #[cfg(feature = "demo")]
            Command::Demo(args) => demo::run(&args),
            #[cfg(feature = "demo")]
            Command::Simulate(args) => simulate::run(&args),
            Command::Sign(args) => sign::sign(&args),
            Command::Verify(args) => sign::verify(&args),
            Command::Explain(args) => explain::run(&args),
            Command::Order(args) => orders::show(&args),
            Command::Orders(args) => orders::list(&args),
            Command::Query(args) => orders::query(&args),
            Command::Close(args) => orders::close(&args),
            Command::Reverse(args) => orders::reverse(&args),
            Command::Pay(args) => pay::run(&args),
            Command::Refund(args) => refund::run(&args),
            Command::Anomalies(args) => anomalies::run(&args),
            Command::Webhooks(args) => webhooks::run(&args),
            Command::Bill(args) => bill::run(&args),
            Command::Reconcile(args) => reconcile::run(&args),
            Command::Export(args) => export::run(&args),
            Command::Import(args) => import::run(&args),
            Command::CheckStore(args) => check_store::run(&args),
            Command::DecryptRefund(args) => decrypt_refund::run(&args),
            Command::CheckConfig(args) => check_config::run(&args),
        }
    }
}

/// Writes one line of JSON.
fn put_json(value: &serde_json::Value) {
    put(&format!("{value}\n"));
}

/// Writes to standard output. A reader that has gone away, as in `wxpay explain | head`, is no reason to fail.
fn put(text: &str) {
    let _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
}
