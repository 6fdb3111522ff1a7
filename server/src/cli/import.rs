//! `wxpay import`: a new data directory from a backup.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use super::exit;
use super::lang::{is_chinese, say};
use super::{put, put_json};
use crate::backup::{BackupError, Counts, import};
use crate::store::is_of_disk;

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The backup · 备份文件
    backup: PathBuf,
    /// The data directory to make; it must not exist, or be empty · 要新建的数据目录
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Answer in JSON · 以 JSON 输出
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
The backup is checked as a whole before anything is made, and the directory has its name when it is complete.
先完整校验备份,再建立目录;目录完整后才会以该名称出现。
Then set [store] path to it, and start the server. It asks WeChat about every open order.
之后把 [store] path 指向该目录并启动服务端;它会向微信查询所有未完结的订单。

Exit codes · 退出码: 0 made · 成功, 2 unreadable · 无法读取, 65 not a whole backup · 备份不完整, 73 the directory is not empty · 目录非空,
  75 the disk failed or is full · 磁盘故障或已满";

/// sled's cache while the directory is built.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

pub(super) fn run(args: &Args) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(1).build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("wxpay: {error}");
            return ExitCode::from(exit::UNREADABLE);
        }
    };
    match runtime.block_on(import(&args.backup, &args.into, CACHE_BYTES)) {
        Ok(counts) => {
            say_counts(args, counts);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("wxpay: {}: {}", subject(args, &error).display(), text(&error));
            eprintln!("{}", say("Nothing was made.", "没有建立任何内容。"));
            ExitCode::from(code(&error))
        }
    }
}

fn say_counts(args: &Args, counts: Counts) {
    let Counts { orders, events, rows } = counts;
    let directory = args.into.display().to_string();
    if args.json {
        put_json(&json!({ "directory": directory, "counts": counts }));
    } else if is_chinese() {
        put(&format!("已建立 {directory}:{orders} 个订单,{events} 个事件,{rows} 条其他记录\n"));
    } else {
        put(&format!("made {directory}: {orders} orders, {events} events, {rows} other rows\n"));
    }
}

fn code(error: &BackupError) -> u8 {
    match error {
        BackupError::Directory(error) if is_of_disk(error) => exit::TRY_AGAIN,
        BackupError::Io(_) | BackupError::Directory(_) => exit::UNREADABLE,
        BackupError::NotABackup
        | BackupError::NewerVersion { .. }
        | BackupError::Line { .. }
        | BackupError::Gap { .. }
        | BackupError::CutOff
        | BackupError::Changed
        | BackupError::Twice { .. } => exit::DAMAGED,
        BackupError::NotEmpty | BackupError::AtWork { .. } => exit::IN_USE,
        BackupError::Store(_) => exit::TRY_AGAIN,
    }
}

/// What the error is about: the backup, or the directory.
fn subject<'a>(args: &'a Args, error: &BackupError) -> &'a Path {
    match (error, code(error)) {
        (BackupError::Directory(_), _) | (_, exit::IN_USE | exit::TRY_AGAIN) => &args.into,
        _ => &args.backup,
    }
}

fn text(error: &BackupError) -> String {
    if !is_chinese() {
        return error.to_string();
    }
    match error {
        BackupError::NotABackup => "不是 `wxpay export` 的备份文件".into(),
        BackupError::NewerVersion { found } => format!("备份由更新的版本生成(格式 {found})"),
        BackupError::Line { number, .. } => format!("第 {number} 行无法使用"),
        BackupError::Gap { out_trade_no } => format!("订单 {out_trade_no} 的事件不连续"),
        BackupError::CutOff => "备份不完整:缺少最后一行".into(),
        BackupError::Changed => "备份被改动过:内容与最后一行的校验不符".into(),
        BackupError::Twice { what } => format!("备份中重复出现:{what}"),
        BackupError::NotEmpty => "目录非空:请指定新的目录".into(),
        BackupError::AtWork { directory } => {
            format!("{directory} 已存在:另一个导入正在进行或曾中断;若没有在进行,请删除它")
        }
        BackupError::Io(_) | BackupError::Directory(_) | BackupError::Store(_) => error.to_string(),
    }
}
