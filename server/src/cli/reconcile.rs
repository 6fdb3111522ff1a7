//! `wxpay reconcile`: a day's bill beside the running server's books.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::bar::Bar;
use super::csv;
use super::exit;
use super::lang::say;
use super::put;
use super::remote::{Remote, RemoteArgs};
use super::table::{Side as Align, pairs, table, yuan};
use crate::books::{Day, DayRow, Difference, DifferenceKind, Outcome, Progress, Side};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// The day, Beijing time, such as 2026-01-31; over, and at most three months ago · 日期(北京时间),须已结束且在三个月内
    #[arg(long, value_name = "DATE")]
    date: Day,
    /// List the differences as CSV, amounts in yuan · 以 CSV 列出差异,金额单位为元
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

const HELP: &str = "\
Examples · 示例:
  wxpay reconcile --date 2026-01-31
  wxpay reconcile --merchant shop --date 2026-01-31 --csv > differences.csv

What WeChat took and is missing here is asked for and healed. --csv lists at most 10000 differences.
微信已收款而本地缺少的,会向微信查询并补上。--csv 最多列出 10000 条差异。

Exit codes · 退出码: 0 bill and books agree · 账单一致, 1 they differ · 有差异,
  2 wrong arguments · 参数错误, 69 the server is not running · 服务端未运行,
  75 no bill that can be used; try again · 没有可用的账单,请重试, 77, 78 configuration · 配置错误";

/// Differences a terminal shows; the rest is counted.
const SHOWN: usize = 200;

pub(super) fn run(args: &Args) -> ExitCode {
    let remote = match Remote::open(&args.remote) {
        Ok(remote) => remote,
        Err(code) => return code,
    };
    let mut said = Said::default();
    let mut bar = Bar::new();
    let body = json!({ "date": args.date.to_string() });
    let outcome = remote.post_lines("/v1/reconcile", &body, |line| said.take(line, &mut bar));
    bar.clear();
    if let Err(error) = outcome {
        let is_argument = error.code() == Some("invalid_field");
        let code = error.report();
        return if is_argument { ExitCode::from(exit::UNREADABLE) } else { code };
    }
    let Some(day) = &said.day else {
        let cut = say("the server broke off without a result", "服务端中断,没有结果");
        eprintln!("wxpay: {cut}");
        return ExitCode::from(exit::TRY_AGAIN);
    };
    if args.remote.json {
        put(&format!("{}\n", json!({ "summary": day, "differences": said.differences })));
    } else if args.csv {
        put(&as_csv(&said.differences));
    } else {
        put(&as_text(day, &said.differences));
    }
    if day.differences.total() == 0 { ExitCode::SUCCESS } else { ExitCode::from(exit::MISMATCH) }
}

/// What the server has said.
#[derive(Default)]
struct Said {
    differences: Vec<Difference>,
    day: Option<DayRow>,
}

impl Said {
    fn take(&mut self, mut line: Value, bar: &mut Bar) {
        let mut part = |name: &str| line.get_mut(name).map(Value::take);
        if let Some(progress) = part("progress") {
            if let Ok(progress) = serde_json::from_value::<Progress>(progress) {
                show(bar, &progress);
            }
        } else if let Some(difference) = part("difference") {
            self.differences.extend(serde_json::from_value::<Difference>(difference));
        } else if let Some(summary) = part("summary") {
            self.day = serde_json::from_value(summary).ok();
        }
    }
}

fn show(bar: &mut Bar, progress: &Progress) {
    let Progress { rows, bytes, total_bytes, differences, asked } = *progress;
    let mut text = format!("{rows} {}", say("rows", "行"));
    if differences > 0 {
        text = format!("{text}, {differences} {}", say("differences", "条差异"));
    }
    if asked > 0 {
        text = format!("{text}, {asked} {}", say("asked about", "条已查询"));
    }
    bar.show(bytes, total_bytes, &text);
}

fn as_text(day: &DayRow, differences: &[Difference]) -> String {
    let sum = |sum: &crate::books::Sum| format!("{}  ({})", yuan(sum.fee.get()), sum.count);
    let mut lines = vec![
        (say("day", "日期"), day.date.to_string()),
        (say("paid", "收款"), sum(&day.paid)),
        (say("refunded", "退款"), sum(&day.refunded)),
        (say("rows of the bill", "账单行数"), day.rows.to_string()),
    ];
    let counted = [
        (say("of others", "其他小程序或子商户"), day.not_ours),
        (say("near midnight", "临近零点,可能在相邻日账单"), day.near_midnight),
        (say("healed", "已补上"), day.healed),
        (say("not answered", "微信未应答"), day.unanswered),
    ];
    lines.extend(counted.iter().filter(|(_, n)| *n > 0).map(|(name, n)| (*name, n.to_string())));
    lines.push((say("differences", "差异"), day.differences.total().to_string()));
    let mut text = pairs(&lines);
    if !day.has_bill {
        text.push_str(say("WeChat has no bill of this day.\n", "微信没有当天的账单。\n"));
    }
    if differences.is_empty() {
        let agree = say("\n✓ Bill and books agree.\n", "\n✓ 账单与本地记录一致。\n");
        return text + if day.differences.total() == 0 { agree } else { "" };
    }
    let header = [
        (say("difference", "差异"), Align::Left),
        (say("order", "商户订单号"), Align::Left),
        (say("refund", "商户退款单号"), Align::Left),
        (say("at WeChat", "微信"), Align::Right),
        ("", Align::Left),
        (say("here", "本地"), Align::Right),
        ("", Align::Left),
        (say("outcome", "结果"), Align::Left),
    ];
    let rows: Vec<Vec<String>> = differences.iter().take(SHOWN).map(row).collect();
    let all = day.differences.total() + day.healed;
    let more = all.saturating_sub(rows.len() as u64);
    text = format!("{text}\n{}", table(&header, &rows));
    if more > 0 {
        let hint = say("more; list them with --csv", "条未显示;用 --csv 列出");
        text.push_str(&format!("… {more} {hint}\n"));
    }
    text
}

fn row(difference: &Difference) -> Vec<String> {
    let [at_wechat, here] = [&difference.at_wechat, &difference.here].map(|side| match side {
        Some(Side { fee, fee_type, state, .. }) => {
            let money = match fee_type {
                Some(currency) => format!("{} {currency}", fee.to_yuan()),
                None => yuan(fee.get()),
            };
            [money, state.clone()]
        }
        None => ["-".into(), String::new()],
    });
    let [kind, outcome] = words(difference).map(str::to_owned);
    let refund = difference.out_refund_no.clone().unwrap_or_default();
    let mut cells = vec![kind, difference.out_trade_no.clone(), refund];
    cells.extend(at_wechat.into_iter().chain(here));
    cells.push(outcome);
    cells
}

fn words(difference: &Difference) -> [&'static str; 2] {
    let kind = match difference.kind {
        DifferenceKind::OnlyAtWechat => say("only at WeChat", "仅微信有"),
        DifferenceKind::OnlyHere => say("only here", "仅本地有"),
        DifferenceKind::AmountDiffers => say("amount differs", "金额不同"),
        DifferenceKind::RefundDiffers => say("refund differs", "退款不同"),
    };
    let outcome = match difference.outcome {
        Outcome::Healed => say("healed", "已补上"),
        Outcome::Remains => say("remains", "仍有差异"),
        Outcome::Unanswered => say("not answered", "微信未应答"),
    };
    [kind, outcome]
}

/// Words for programs: those of the JSON interface.
fn as_csv(differences: &[Difference]) -> String {
    const HEADER: [&str; 11] = [
        "kind",
        "outcome",
        "out_trade_no",
        "out_refund_no",
        "at",
        "wechat_fee",
        "wechat_state",
        "wechat_transaction_id",
        "here_fee",
        "here_state",
        "here_transaction_id",
    ];
    let word = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let mut text = csv::line(HEADER.map(str::to_owned));
    for difference in differences {
        let side = |side: &Option<Side>| match side {
            Some(side) => {
                let number = side.transaction_id.clone().unwrap_or_default();
                [side.fee.to_yuan(), side.state.clone(), number]
            }
            None => Default::default(),
        };
        let [wechat_fee, wechat_state, wechat_id] = side(&difference.at_wechat);
        let [here_fee, here_state, here_id] = side(&difference.here);
        text.push_str(&csv::line([
            word(json!(difference.kind)),
            word(json!(difference.outcome)),
            difference.out_trade_no.clone(),
            difference.out_refund_no.clone().unwrap_or_default(),
            csv::beijing(difference.at_ms / 1000),
            wechat_fee,
            wechat_state,
            wechat_id,
            here_fee,
            here_state,
            here_id,
        ]));
    }
    text
}
