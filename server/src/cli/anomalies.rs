//! `wxpay anomalies`: what is odd and waits for a person, and settling it.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::answer;
use super::lang::say;
use super::orders::{amount, text};
use super::remote::{Remote, RemoteArgs, segment};
use super::remote_error::RemoteError;
use super::table::{Side, table};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, after_help = HELP)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Option<Action>,
    /// Also those that are settled · 包括已处理的
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Settle one: it needs no more looking at · 标记为已处理
    Resolve(ResolveArgs),
}

#[derive(Debug, clap::Args)]
struct ResolveArgs {
    /// Its id in the list · 列表中的 id
    id: String,
    /// What was done, in a line · 处理说明
    #[arg(long)]
    note: String,
    #[command(flatten)]
    remote: RemoteArgs,
}

const HELP: &str = "\
Kinds and the way out · 类型与处理办法:
  amount_mismatch   another amount or currency was paid; the order is not paid: refund it on the merchant platform
                    实付金额或币种与订单不符,订单不算已支付:请在商户平台退款
  paid_after_close  paid although the order was closed: deliver, or `wxpay refund`
                    关闭后仍被支付:发货,或用 `wxpay refund` 退款
  second_payment    the order was paid twice: refund the second payment on the merchant platform
                    同一订单重复支付:请在商户平台退还第二笔
  orphan_notice     a payment of an order that is not here: restore the backup that has it, or refund
                    支付的订单不在本系统:恢复含有它的备份,或退款
  refund_abnormal   a refund did not reach the user: handle it on the merchant platform
                    退款异常:请在商户平台处理
  foreign_refund    a refund that was not asked for here
                    不是由本系统发起的退款";

pub(super) fn run(args: &Args) -> ExitCode {
    match &args.action {
        Some(Action::Resolve(resolve)) => settle(resolve),
        None => list(args),
    }
}

fn list(args: &Args) -> ExitCode {
    answer::show(
        &args.remote,
        |remote| all(remote, args.all),
        |answer| match answer::items(answer, "anomalies") {
            [] => say("Nothing is odd.\n", "没有异常。\n").into(),
            anomalies => list_text(anomalies),
        },
    )
}

fn settle(args: &ResolveArgs) -> ExitCode {
    let path = format!("/v1/anomalies/{}/resolve", segment(&args.id));
    let body = json!({ "note": args.note });
    let text = |anomaly: &Value| list_text(std::slice::from_ref(anomaly));
    answer::show(&args.remote, |remote| remote.post(&path, &body), text)
}

/// Oldest first: the server lists them by id.
fn all(remote: &Remote, settled_too: bool) -> Result<Value, RemoteError> {
    let state = if settled_too { "all" } else { "open" };
    let path = format!("/v1/anomalies?state={state}");
    let mut anomalies = remote.pages(&path, "anomalies", usize::MAX)?;
    anomalies.sort_by(|a, b| text(a, "at").cmp(text(b, "at")));
    Ok(json!({ "anomalies": anomalies }))
}

fn list_text(anomalies: &[Value]) -> String {
    let header = [
        ("id", Side::Left),
        (say("at", "时间"), Side::Left),
        (say("order", "订单号"), Side::Left),
        (say("kind", "类型"), Side::Left),
        (say("payment or refund", "支付或退款单号"), Side::Left),
        (say("amount", "金额"), Side::Right),
        (say("settled", "处理"), Side::Left),
    ];
    let row = |anomaly: &Value| {
        let of = |names: [&str; 2]| names.map(|name| text(anomaly, name)).concat();
        let fee = ["total_fee", "refund_fee"].map(|name| amount(anomaly, name)).concat();
        let settled = anomaly.get("resolved").map(|resolved| text(resolved, "note"));
        vec![
            text(anomaly, "id").into(),
            text(anomaly, "at").into(),
            text(anomaly, "out_trade_no").into(),
            text(anomaly, "kind").into(),
            of(["transaction_id", "out_refund_no"]),
            format!("{fee} {}", text(anomaly, "fee_type")).trim_end().into(),
            settled.unwrap_or("-").into(),
        ]
    };
    table(&header, &anomalies.iter().map(row).collect::<Vec<_>>())
}
