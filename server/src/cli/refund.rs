//! `wxpay refund`: paying back, and looking at it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Value, json};

use super::lang::{is_chinese, say};
use super::orders::{amount, text};
use super::remote::{Remote, RemoteArgs, segment};
use super::remote_error::RemoteError;
use super::table::{pairs, yuan};
use super::{exit, put, put_json};
use crate::ambient::{Clock, SystemClock, SystemNonces, new_number};

const EXAMPLES: &str = "\
Examples · 示例:
  wxpay refund --order tea-1 --amount-fen 300 --reason 'one cup' --wait
  wxpay refund --show r-1

Without an answer, repeat it with the --number it printed: the same number is the same refund.
没有得到应答时,用打印出的 --number 重试:同一单号就是同一笔退款。

Exit codes · 退出码: 0 recorded; with --wait, paid back · 已记录;加 --wait 则为已退款, 1 refused · 被拒绝,
  75 no last word yet; look again · 尚无最终结果,请稍后再看, 69, 77, 78 as everywhere · 同其他命令";

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("what").args(["order", "show"]).required(true))]
#[command(after_help = EXAMPLES)]
pub(super) struct Args {
    /// The order to pay back, out_trade_no · 要退款的商户订单号
    #[arg(long, value_name = "NO", requires = "amount_fen")]
    order: Option<String>,
    /// How much, in fen · 退款金额(分)
    #[arg(long, value_name = "N", requires = "order")]
    amount_fen: Option<u64>,
    /// Shown to the user · 退款原因
    #[arg(long, value_name = "TEXT", requires = "order")]
    reason: Option<String>,
    /// The refund's number; the same number again is the same refund · 商户退款单号
    #[arg(long, value_name = "NUMBER", requires = "order")]
    number: Option<String>,
    /// Do not ask · 不再确认
    #[arg(long, requires = "order")]
    yes: bool,
    /// Show a refund by its number instead · 查看退款单
    #[arg(long, value_name = "NUMBER")]
    show: Option<String>,
    /// Wait, half an hour at most, until WeChat has had its last word · 等待微信给出最终结果(最多半小时)
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

const POLL: Duration = Duration::from_secs(2);
const POLLS: u32 = 30 * 60 / 2;

pub(super) fn run(args: &Args) -> ExitCode {
    let remote = match Remote::open(&args.remote) {
        Ok(remote) => remote,
        Err(code) => return code,
    };
    let refund = match (&args.show, &args.order, args.amount_fen) {
        (None, Some(order), Some(fen)) => match begin(&remote, args, order, fen) {
            Ok(refund) => Ok(refund),
            Err(code) => return code,
        },
        (Some(number), _, _) => remote.get(&path(number)),
        // clap lets nobody come here.
        (None, _, _) => return ExitCode::from(exit::UNREADABLE),
    };
    let refund =
        refund.and_then(|refund| if args.wait { wait(&remote, refund) } else { Ok(refund) });
    match refund {
        Ok(refund) if args.remote.json => {
            put_json(&refund);
            ended(&refund, args.wait)
        }
        Ok(refund) => {
            put(&refund_text(&refund));
            ended(&refund, args.wait)
        }
        Err(error) => error.report(),
    }
}

/// Asks the person, then the server. The number is made here, so that a repetition is the same refund.
fn begin(remote: &Remote, args: &Args, order: &str, fen: u64) -> Result<Value, ExitCode> {
    if !args.yes && io::stdin().is_terminal() && !confirmed(order, fen) {
        eprintln!("{}", say("Nothing was paid back.", "未退款。"));
        return Err(ExitCode::from(exit::REFUSED));
    }
    let own = args.number.clone();
    let number = own.unwrap_or_else(|| new_number(SystemClock.now_ms(), &SystemNonces));
    let mut body = json!({ "refund_fee": fen, "out_refund_no": number });
    if let (Some(reason), Some(body)) = (&args.reason, body.as_object_mut()) {
        body.insert("refund_desc".into(), json!(reason));
    }
    let path = format!("/v1/orders/{}/refunds", segment(order));
    remote.post(&path, &body).map_err(|error| {
        let code = error.report();
        if is_unknown(&error) {
            eprintln!("{}", repeat_hint(&number));
        }
        code
    })
}

/// Whether the refund may have been recorded all the same.
fn is_unknown(error: &RemoteError) -> bool {
    match error {
        RemoteError::Silent { .. } | RemoteError::Broken { .. } => true,
        RemoteError::Api(_) => matches!(error.code(), Some("request_timeout" | "internal")),
        RemoteError::NotRunning { .. } | RemoteError::NotOurs { .. } | RemoteError::Stopped => {
            false
        }
    }
}

fn repeat_hint(number: &str) -> String {
    match is_chinese() {
        true => format!("用 --number {number} 重试:同一单号不会重复退款"),
        false => format!("repeat it with --number {number}: the same number pays back once"),
    }
}

fn confirmed(order: &str, fen: u64) -> bool {
    let fee = yuan(fen);
    let question = match is_chinese() {
        true => format!("订单 {order} 退款 {fee},确认吗?[y/N] "),
        false => format!("Pay back {fee} of order {order}? [y/N] "),
    };
    eprint!("{question}");
    // Whoever cannot be asked has not agreed.
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let read = io::stdin().lock().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "Y" | "yes" | "是")
}

fn wait(remote: &Remote, mut refund: Value) -> Result<Value, RemoteError> {
    let number = text(&refund, "out_refund_no").to_owned();
    for _ in 0..POLLS {
        if !is_pending(&refund) {
            break;
        }
        std::thread::sleep(POLL);
        refund = remote.get(&path(&number))?;
    }
    Ok(refund)
}

/// 0 unless somebody waited for money that does not come (1), or has not come yet (75).
fn ended(refund: &Value, has_waited: bool) -> ExitCode {
    match text(refund, "refund_status") {
        _ if !has_waited => ExitCode::SUCCESS,
        "SUCCESS" => ExitCode::SUCCESS,
        _ if is_pending(refund) => ExitCode::from(exit::TRY_AGAIN),
        _ => ExitCode::from(exit::REFUSED),
    }
}

fn is_pending(refund: &Value) -> bool {
    refund.get("pending").and_then(Value::as_bool).unwrap_or_default()
}

fn path(number: &str) -> String {
    format!("/v1/refunds/{}", segment(number))
}

fn refund_text(refund: &Value) -> String {
    let mut rows = vec![
        (say("refund", "商户退款单号"), text(refund, "out_refund_no").to_owned()),
        (say("order", "订单号"), text(refund, "out_trade_no").to_owned()),
        (say("amount", "退款金额"), amount(refund, "refund_fee")),
        (say("of", "订单金额"), amount(refund, "total_fee")),
        (say("state", "状态"), state(refund)),
    ];
    for (name, title) in [
        ("refund_id", say("refund_id", "微信退款单号")),
        ("refund_desc", say("reason", "退款原因")),
        ("refund_recv_accout", say("to", "退款入账账户")),
        ("asked_at", say("asked", "申请时间")),
        ("success_time", say("paid back", "到账时间")),
    ] {
        match text(refund, name) {
            "" => {}
            value => rows.push((title, value.to_owned())),
        }
    }
    pairs(&rows)
}

/// WeChat's word; before there is one, what is known.
fn state(refund: &Value) -> String {
    let reason = |name: &str| {
        let said = refund.get(name)?;
        Some(format!("{} {}", text(said, "code"), text(said, "description")).trim().to_owned())
    };
    if let Some(refused) = reason("refused") {
        format!("{}: {refused}", say("refused for good", "微信已拒绝"))
    } else if let Some(delayed) = reason("delayed") {
        format!("{}: {delayed}", say("WeChat is asked again", "稍后自动重试"))
    } else if text(refund, "refund_id").is_empty() {
        say("recorded, not accepted yet", "已记录,尚未受理").into()
    } else {
        match text(refund, "refund_status") {
            "" => say("accepted", "已受理").into(),
            status => status.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_wechats_word_or_what_is_known() {
        for (refund, expected) in [
            (json!({ "pending": true }), "recorded, not accepted yet"),
            (json!({ "delayed": { "code": "NOTENOUGH" } }), "WeChat is asked again: NOTENOUGH"),
            (
                json!({ "refused": { "code": "ERROR", "description": "closed" } }),
                "refused for good: ERROR closed",
            ),
            (json!({ "refund_id": "50" }), "accepted"),
            (json!({ "refund_id": "50", "refund_status": "CHANGE" }), "CHANGE"),
        ] {
            if !is_chinese() {
                assert_eq!(state(&refund), expected);
            }
        }
    }
}
