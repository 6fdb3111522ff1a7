//! `wxpay order`, `orders`, `query`, `close` and `reverse`: looking at orders, and asking WeChat about one.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::answer;
use super::lang::say;
use super::remote::{Remote, RemoteArgs, segment};
use super::remote_error::RemoteError;
use super::table::{Side, pairs, table, yuan};

#[derive(Debug, clap::Args)]
pub(super) struct OneArgs {
    /// The order's number, out_trade_no · 商户订单号
    #[arg(value_name = "NO")]
    out_trade_no: String,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Also everything that happened to it · 同时显示全部事件
    #[arg(long)]
    events: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// Only orders in this state, such as SUCCESS or NOTPAY · 只看此状态的订单
    #[arg(long, value_name = "STATE")]
    state: Option<String>,
    /// How many, newest first · 条数,从新到旧
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// `wxpay query`.
pub(super) fn query(args: &OneArgs) -> ExitCode {
    post(args, "query", order_text)
}

/// `wxpay close`.
pub(super) fn close(args: &OneArgs) -> ExitCode {
    post(args, "close", |order| {
        let is_closed = text(order, "trade_state") == "CLOSED";
        let said = if is_closed {
            say("The order is closed.", "订单已关闭。")
        } else {
            say(
                "WeChat closes no order younger than five minutes: the server will, as soon as it may.",
                "微信不关闭五分钟内的订单;到时服务端会自动关闭。",
            )
        };
        format!("{}{said}\n", order_text(order))
    })
}

/// `wxpay reverse`.
pub(super) fn reverse(args: &OneArgs) -> ExitCode {
    post(args, "reverse", |order| {
        let is_over = matches!(text(order, "trade_state"), "REVOKED" | "CLOSED");
        let said = if is_over {
            say("The order is reversed.", "订单已撤销。")
        } else {
            say(
                "WeChat has not reversed the order yet: the server goes on asking for it.",
                "微信尚未撤销此订单,服务端会继续请求。",
            )
        };
        format!("{}{said}\n", order_text(order))
    })
}

fn post(args: &OneArgs, action: &str, shown: impl Fn(&Value) -> String) -> ExitCode {
    let path = format!("/v1/orders/{}/{action}", segment(&args.out_trade_no));
    answer::show(&args.remote, |remote| remote.post(&path, &json!({})), shown)
}

/// `wxpay order`.
pub(super) fn show(args: &ShowArgs) -> ExitCode {
    answer::show(
        &args.one.remote,
        |remote| read(remote, args),
        |order| match order.get("events").and_then(Value::as_array) {
            Some(events) => format!("{}\n{}", order_text(order), events_text(events)),
            None => order_text(order),
        },
    )
}

fn read(remote: &Remote, args: &ShowArgs) -> Result<Value, RemoteError> {
    let path = format!("/v1/orders/{}", segment(&args.one.out_trade_no));
    let mut order = remote.get(&path)?;
    if args.events {
        let events = remote.get(&format!("{path}/events"))?;
        if let Some(order) = order.as_object_mut() {
            order.insert("events".into(), events.get("events").cloned().unwrap_or_default());
        }
    }
    Ok(order)
}

/// `wxpay orders`.
pub(super) fn list(args: &ListArgs) -> ExitCode {
    answer::show(
        &args.remote,
        |remote| all(remote, args),
        |answer| match answer::items(answer, "orders") {
            [] => say("No orders.\n", "没有订单。\n").into(),
            orders => list_text(orders),
        },
    )
}

fn all(remote: &Remote, args: &ListArgs) -> Result<Value, RemoteError> {
    let state = args.state.as_ref().map(|state| format!("?state={}", segment(state)));
    let path = format!("/v1/orders{}", state.unwrap_or_default());
    let orders = remote.pages(&path, "orders", usize::from(args.limit))?;
    Ok(json!({ "orders": orders }))
}

fn list_text(orders: &[Value]) -> String {
    let header = [
        (say("order", "订单号"), Side::Left),
        (say("state", "状态"), Side::Left),
        (say("amount", "金额"), Side::Right),
        (say("created", "创建时间"), Side::Left),
        (say("body", "商品"), Side::Left),
    ];
    let rows = orders.iter().map(|order| {
        let column = |name: &str| text(order, name).to_owned();
        vec![
            column("out_trade_no"),
            column("trade_state"),
            amount(order, "total_fee"),
            column("created_at"),
            column("body"),
        ]
    });
    table(&header, &rows.collect::<Vec<_>>())
}

fn order_text(order: &Value) -> String {
    let mut rows = vec![
        (say("order", "订单号"), text(order, "out_trade_no").to_owned()),
        (say("state", "状态"), text(order, "trade_state").to_owned()),
        (say("amount", "金额"), amount(order, "total_fee")),
        (say("body", "商品"), text(order, "body").to_owned()),
    ];
    for (name, title) in [
        ("transaction_id", say("transaction_id", "微信支付单号")),
        ("time_end", say("paid at", "支付时间")),
        ("created_at", say("created", "创建时间")),
        ("expires_at", say("expires", "失效时间")),
        ("openid", say("user", "用户")),
        ("attach", say("attach", "附加数据")),
    ] {
        match text(order, name) {
            "" => {}
            value => rows.push((title, value.to_owned())),
        }
    }
    for refund in list_of(order, "refunds") {
        let (no, fee) = (text(refund, "out_refund_no"), amount(refund, "refund_fee"));
        let status = text(refund, "refund_status");
        rows.push((say("refund", "退款"), format!("{no} {fee} {status}")));
    }
    for anomaly in list_of(order, "anomalies") {
        let settled = match anomaly.get("resolved") {
            Some(_) => say("settled", "已处理"),
            None => say("open: see `wxpay anomalies`", "待处理:见 `wxpay anomalies`"),
        };
        let (id, kind) = (text(anomaly, "id"), text(anomaly, "kind"));
        rows.push((say("anomaly", "异常"), format!("{id} {kind} ({settled})")));
    }
    pairs(&rows)
}

fn events_text(events: &[Value]) -> String {
    let header =
        [("#", Side::Right), (say("at", "时间"), Side::Left), (say("event", "事件"), Side::Left)];
    let row = |event: &Value| {
        let mut event = event.as_object().cloned().unwrap_or_default();
        let seq = event.remove("seq").unwrap_or_default();
        let at_ms = event.remove("at_ms").and_then(|at| at.as_i64()).unwrap_or_default();
        let name = event.remove("event").unwrap_or_default();
        let rest = if event.is_empty() { String::new() } else { Value::Object(event).to_string() };
        vec![seq.to_string(), at(at_ms), format!("{} {rest}", name.as_str().unwrap_or_default())]
    };
    table(&header, &events.iter().map(row).collect::<Vec<_>>())
}

/// Beijing time with its offset.
fn at(ms: i64) -> String {
    let beijing = jiff::tz::Offset::constant(8);
    let at = jiff::Timestamp::from_millisecond(ms);
    at.map(|at| at.display_with_offset(beijing).to_string()).unwrap_or_default()
}

/// A field of text; empty when it is missing.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field of fen, as yuan; empty when it is missing.
pub(super) fn amount(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_u64).map(yuan).unwrap_or_default()
}

fn list_of<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
