//! `wxpay check-store`: whether everything in the data directory fits together.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::json;

use super::lang::say;
use super::{check_config, exit, put, put_json, store_error};
use crate::config::Config;
use crate::store::{CheckReport, SledStore};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The configuration that names the data directory · 配置文件
    #[arg(long, default_value = "wxpay.toml", value_name = "FILE")]
    config: PathBuf,
    /// The data directory itself · 数据目录
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,
    /// Answer in JSON · 以 JSON 输出
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
The server is stopped. Each order's log must be whole, its record the fold of the log, and each index say what the logs
say and no more. Records and indexes are built anew by `wxpay export --offline` and `wxpay import`.
须先停止服务端。检查每个订单的事件是否连续、记录是否与事件一致、索引是否齐全;
记录与索引可用 `wxpay export --offline` 与 `wxpay import` 重建。

Exit codes · 退出码: 0 all is well · 正常, 1 problems · 有问题, 65 damaged · 已损坏, 73 in use · 正被使用";

/// sled's cache while it is read.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn run(args: &Args) -> ExitCode {
    let directory = match &args.data {
        Some(directory) => directory.clone(),
        None => match Config::load(&args.config) {
            Ok(config) => config.store_path,
            Err(problems) => return check_config::report(&problems),
        },
    };
    let report =
        store_error::existing(&directory).and_then(|()| SledStore::check(&directory, CACHE_BYTES));
    match report {
        Ok(report) => {
            if args.json {
                put_json(&as_json(&report));
            } else {
                put(&as_text(&report));
            }
            let is_well = report.problem_count == 0;
            if is_well { ExitCode::SUCCESS } else { ExitCode::from(exit::MISMATCH) }
        }
        Err(error) => store_error::report(&directory, &error),
    }
}

fn as_json(report: &CheckReport) -> serde_json::Value {
    let problems = report.problems.iter();
    let problems: Vec<_> =
        problems.map(|problem| json!({ "row": problem.row, "what": problem.what })).collect();
    json!({
        "ok": report.problem_count == 0,
        "counts": report.counts,
        "problem_count": report.problem_count,
        "problems": problems,
    })
}

fn as_text(report: &CheckReport) -> String {
    let counts: Vec<_> =
        report.counts.iter().map(|(kind, count)| (*kind, count.to_string())).collect();
    let mut text = super::table::pairs(&counts);
    for problem in &report.problems {
        text.push_str(&format!("✗ {} {}\n", problem.row, problem.what));
    }
    if report.problem_count == 0 {
        text.push_str(say("✓ everything fits together\n", "✓ 全部一致\n"));
    } else {
        let count = report.problem_count;
        text.push_str(&format!(
            "{}: {count}\n{}\n",
            say("problems", "问题数"),
            say(
                "Records and indexes are built anew by `wxpay export --offline -o FILE` and \
                 `wxpay import FILE --into NEW-DIRECTORY`; where events are wrong, by a backup.",
                "记录与索引可用 `wxpay export --offline -o 文件` 和 `wxpay import 文件 --into 新目录` 重建;\
                 事件有误时请用备份恢复。",
            )
        ));
    }
    text
}
