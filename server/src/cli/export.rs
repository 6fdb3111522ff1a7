//! `wxpay export`: a backup, from the running server or from the directory of one that is stopped.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};

use super::lang::{is_chinese, say};
use super::remote::{Remote, RemoteArgs};
use super::remote_error::RemoteError;
use super::{check_config, exit, put, put_json, store_error};
use crate::ambient::{Clock, SystemClock};
use crate::backup::{BackupError, Counts, Lines, Reader, Writer};
use crate::config::Config;
use crate::store::{SledStore, Store};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    #[command(flatten)]
    remote: RemoteArgs,
    /// Where to write it; standard output otherwise · 输出文件,默认为标准输出
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Read the data directory itself: the server is stopped · 服务端已停止,直接读取数据目录
    #[arg(long)]
    offline: bool,
    /// Without a backup: save what is left of a damaged directory · 没有备份时,导出损坏目录中尚存的数据
    #[arg(long, requires = "offline")]
    salvage: bool,
}

const HELP: &str = "\
From the running server: everything of every merchant in the configuration. With --offline: everything there is.
从运行中的服务端导出配置中全部商户的数据;加 --offline 则导出数据目录中的全部内容。
The file holds orders and users, no keys. Bring it back with `wxpay import FILE --into DIR`.
文件含订单与用户信息,不含密钥;用 `wxpay import 文件 --into 目录` 恢复。";

/// Why there is no backup.
enum Failure {
    Remote(RemoteError),
    Output(io::Error),
    Backup(BackupError),
    Exit(ExitCode),
}

pub(super) fn run(args: &Args) -> ExitCode {
    match export(args) {
        Ok(counts) => {
            say_counts(args, counts);
            ExitCode::SUCCESS
        }
        Err(Failure::Exit(code)) => code,
        Err(Failure::Remote(error)) => error.report(),
        Err(Failure::Output(error)) => {
            eprintln!("wxpay: {}: {error}", say("the backup cannot be written", "无法写入备份"));
            ExitCode::from(exit::UNREADABLE)
        }
        Err(Failure::Backup(error)) => {
            let server = say("the server's answer is no whole backup", "服务端返回的备份不完整");
            eprintln!("wxpay: {server}: {error}");
            ExitCode::from(exit::TRY_AGAIN)
        }
    }
}

fn export(args: &Args) -> Result<Counts, Failure> {
    let Some(path) = &args.output else {
        let out = BufWriter::new(io::stdout().lock());
        return write(args, out).map(|(_, counts)| counts);
    };
    let mut part = path.clone().into_os_string();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = to_file(args, &part, path);
    if written.is_err() {
        // A part of a backup is none; what cannot be removed is overwritten next time.
        let _ = fs::remove_file(&part);
    }
    written
}

/// The file has its name when it is whole and on disk.
fn to_file(args: &Args, part: &Path, path: &Path) -> Result<Counts, Failure> {
    let file = private(part).map_err(Failure::Output)?;
    let (out, counts) = write(args, BufWriter::new(file))?;
    let file = out.into_inner().map_err(|error| Failure::Output(error.into_error()))?;
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let done = file.sync_all().and_then(|()| fs::rename(part, path));
    let done = done.and_then(|()| File::open(parent.unwrap_or(Path::new(".")))?.sync_all());
    done.map(|()| counts).map_err(Failure::Output)
}

/// Who bought what is nobody else's business.
fn private(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn write<W: Write>(args: &Args, out: W) -> Result<(W, Counts), Failure> {
    let mut writer = Writer::new(out, SystemClock.now_ms()).map_err(Failure::Output)?;
    if args.offline {
        offline(args, &mut writer)?;
    } else {
        for remote in Remote::open_all(&args.remote).map_err(Failure::Exit)? {
            online(&remote, &mut writer)?;
        }
    }
    writer.finish().map_err(Failure::Output)
}

/// What the server sends is a backup of its own: it is checked to its end, and its lines are passed on.
fn online<W: Write>(remote: &Remote, writer: &mut Writer<W>) -> Result<(), Failure> {
    let mut reader = Reader::default();
    let mut failure = None;
    let read = remote.get_lines("/v1/export", |bytes| {
        let passed = pass_on(bytes, &mut reader, writer);
        passed.map_err(|error| match error {
            Failure::Remote(error) => error,
            other => {
                failure = Some(other);
                RemoteError::Stopped
            }
        })
    });
    match (read, failure) {
        (Err(RemoteError::Stopped), Some(failure)) => Err(failure),
        (Err(error), _) => Err(Failure::Remote(error)),
        (Ok(()), _) => reader.finish().map(|_| ()).map_err(Failure::Backup),
    }
}

fn pass_on<W: Write>(
    bytes: &[u8],
    reader: &mut Reader,
    writer: &mut Writer<W>,
) -> Result<(), Failure> {
    if bytes.starts_with(b"{\"error\"") {
        let error: Value = serde_json::from_slice(bytes).unwrap_or_default();
        let error = error.get("error").cloned().unwrap_or_default();
        return Err(Failure::Remote(RemoteError::Api(Box::new(error))));
    }
    match reader.line(bytes).map_err(Failure::Backup)? {
        Some(line) => writer.line(&line).map_err(Failure::Output),
        None => Ok(()),
    }
}

fn offline<W: Write>(args: &Args, writer: &mut Writer<W>) -> Result<(), Failure> {
    let config = Config::load(&args.remote.config)
        .map_err(|problems| Failure::Exit(check_config::report(&problems)))?;
    let directory = &config.store_path;
    let store = store_error::existing(directory)
        .and_then(|()| match args.salvage {
            true => SledStore::salvage(directory, config.store_cache_bytes),
            false => SledStore::open(directory, config.store_cache_bytes),
        })
        .map_err(|error| Failure::Exit(store_error::report(directory, &error)))?;
    let store: Arc<dyn Store> = Arc::new(store);
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Failure::Output)?;
    let merchant = args.remote.merchant.clone();
    let mut lines = Lines::of(Arc::clone(&store), merchant);
    runtime.block_on(async {
        loop {
            match lines.next().await {
                Ok(Some(page)) => {
                    for line in &page {
                        writer.line(line).map_err(Failure::Output)?;
                    }
                }
                Ok(None) => break,
                Err(error) => {
                    eprintln!("wxpay: {}: {error}", directory.display());
                    return Err(Failure::Exit(ExitCode::from(exit::DAMAGED)));
                }
            }
        }
        store.close().await;
        Ok(())
    })
}

/// On standard error where the backup itself goes to standard output.
fn say_counts(args: &Args, counts: Counts) {
    let Counts { orders, events, rows } = counts;
    let text = match is_chinese() {
        true => format!("已备份:{orders} 个订单,{events} 个事件,{rows} 条其他记录"),
        false => format!("backed up: {orders} orders, {events} events, {rows} other rows"),
    };
    match (&args.output, args.remote.json) {
        (Some(path), true) => {
            put_json(&json!({ "file": path.display().to_string(), "counts": counts }));
        }
        (Some(path), false) => put(&format!("{text}: {}\n", path.display())),
        (None, _) => eprintln!("{text}"),
    }
}
