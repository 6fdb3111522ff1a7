//! `wxpay bill`: a day's bill, straight from WeChat. Needs the configuration, no running server.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::json;
use wxpay_core::bill::{BillError, FundFlow, Summary, TradeBill};
use wxpay_core::messages::download_bill::{BillType, DownloadError};
use wxpay_core::messages::download_fundflow::AccountType;

use super::bar::Bar;
use super::bill_rows::{Cells, Sheet, object, total_name};
use super::lang::say;
use super::remote::merchant;
use super::table::{Side, pairs, table};
use super::{check_config, csv, exit, put};
use crate::ambient::SystemNonces;
use crate::books::Day;
use crate::config::Config;
use crate::gateway::{Download, FetchError, Gateway, GatewayError, WeChat};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(super) struct Args {
    /// The configuration file · 配置文件
    #[arg(long, default_value = "wxpay.toml", value_name = "FILE")]
    config: PathBuf,
    /// The merchant, if there are several · 商户 id(配置了多个商户时)
    #[arg(long, value_name = "ID")]
    merchant: Option<String>,
    /// The day, Beijing time, such as 2026-01-31 · 日期(北京时间)
    #[arg(long, value_name = "DATE")]
    date: Day,
    /// Which rows: ALL, SUCCESS, REFUND or RECHARGE_REFUND · 账单类型
    #[arg(long = "type", value_name = "TYPE", default_value = "ALL", value_parser = bill_type)]
    bill_type: BillType,
    /// The money of an account instead: Basic, Operation or Fees; needs the merchant certificate · 改为下载资金账单,需要商户证书
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "bill_type", value_parser = account_type)]
    fundflow: Option<AccountType>,
    /// Have it sent packed, for large bills · 以 GZIP 压缩传输
    #[arg(long)]
    gzip: bool,
    /// Write it here instead of standard output: as WeChat wrote it, or as CSV or JSON · 写入文件
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// All columns as CSV, amounts in yuan · 以 CSV 输出全部列,金额单位为元
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Rows as JSON lines, amounts in fen · 每行一个 JSON,金额单位为分
    #[arg(long)]
    json: bool,
}

const HELP: &str = "\
Examples · 示例:
  wxpay bill --date 2026-01-31
  wxpay bill --date 2026-01-31 --gzip -o 20260131.csv
  wxpay bill --date 2026-01-31 --fundflow Basic --csv

A bill is checked against its own summary; a file is there only when the bill was whole.
账单会与其汇总行核对;只有完整的账单才会写成文件。

Exit codes · 退出码: 0 a whole bill · 完整的账单, 1 WeChat has none, or refuses · 微信没有账单或拒绝,
  2 wrong arguments · 参数错误, 75 not ready, or broken on its way; try again · 尚未生成或传输中断,请重试,
  78 configuration · 配置错误";

/// Rows a terminal shows; the rest is counted.
const SHOWN: usize = 200;

fn bill_type(text: &str) -> Result<BillType, String> {
    text.to_uppercase().parse().map_err(|()| BillType::WORDS.join(", "))
}

fn account_type(text: &str) -> Result<AccountType, String> {
    let is_it = |word: &&&str| word.eq_ignore_ascii_case(text);
    let word = AccountType::WORDS.iter().find(is_it).copied().unwrap_or_default();
    word.parse().map_err(|()| AccountType::WORDS.join(", "))
}

/// Why there is no bill.
enum Failure {
    Fetch(FetchError),
    Bill(BillError),
    Write(io::Error),
}

pub(super) fn run(args: &Args) -> ExitCode {
    let config = match Config::load(&args.config) {
        Ok(config) => config,
        Err(problems) => return check_config::report(&problems),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(fetch(args, config)),
        Err(error) => Err((exit::UNREADABLE, error.to_string())),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, text)) => {
            eprintln!("wxpay: {text}");
            ExitCode::from(code)
        }
    }
}

async fn fetch(args: &Args, config: Config) -> Result<(), (u8, String)> {
    let merchants = config.merchants;
    let merchant = merchant(&merchants, args.merchant.as_deref())
        .map_err(|error| (exit::UNREADABLE, error))?;
    let gateway = WeChat::new(config.wechat, &merchants, Arc::new(SystemNonces))
        .map_err(|error| (exit::CONFIG, error.to_string()))?;
    let date = args.date.bill_date();
    let (download, sheet) = match args.fundflow {
        Some(account) => {
            let download = gateway.download_fundflow(merchant, &date, account, args.gzip).await;
            (download, Sheet::Fund(FundFlow::new()))
        }
        None => {
            let download = gateway.download_bill(merchant, &date, args.bill_type, args.gzip).await;
            (download, Sheet::Trade(TradeBill::new()))
        }
    };
    let download = download.map_err(|error| Failure::Fetch(error).said())?;
    let summary = write(args, download, sheet).await.map_err(Failure::said)?;
    // Beside rows for programs, and beside a file that goes to standard output, totals are for the person.
    let text = totals(&summary);
    if args.output.is_none() && (args.csv || args.json) {
        eprint!("{text}");
    } else {
        put(&text);
    }
    Ok(())
}

/// Reads the bill to its end and writes it as it comes.
async fn write(args: &Args, mut download: Download, mut sheet: Sheet) -> Result<Summary, Failure> {
    let mut out = Out::new(args, &sheet).map_err(Failure::Write)?;
    let mut bar = Bar::new();
    let mut rows = 0;
    loop {
        let chunk = download.chunk().await.map_err(|error| Failure::Fetch(error.into()))?;
        let Some(chunk) = chunk else { break };
        out.raw(&chunk).map_err(Failure::Write)?;
        for cells in sheet.push(&chunk).map_err(Failure::Bill)? {
            rows += 1;
            out.row(&cells).map_err(Failure::Write)?;
        }
        let text = format!("{rows} {}", say("rows", "行"));
        bar.show(download.received_bytes(), download.total_bytes(), &text);
    }
    bar.clear();
    let shown = sheet.shown();
    let summary = sheet.finish().map_err(Failure::Bill)?;
    out.finish(&shown, &summary).map_err(Failure::Write)?;
    Ok(summary)
}

/// Where the bill goes, and in which form.
struct Out {
    form: Form,
    to: Box<dyn Write>,
    file: Option<Unfinished>,
}

enum Form {
    Raw,
    Csv,
    Json,
    /// The first rows, for a person.
    Table(Vec<Cells>),
}

/// A file under another name until it is whole; gone when it never will be.
struct Unfinished {
    path: PathBuf,
    part: PathBuf,
    is_whole: bool,
}

impl Out {
    fn new(args: &Args, sheet: &Sheet) -> io::Result<Self> {
        let form = match (&args.output, args.csv, args.json) {
            (_, true, _) => Form::Csv,
            (_, _, true) => Form::Json,
            (Some(_), false, false) => Form::Raw,
            (None, false, false) => Form::Table(Vec::new()),
        };
        let file = args.output.as_deref().map(Unfinished::new);
        let mut to: Box<dyn Write> = match &file {
            Some(file) => Box::new(BufWriter::new(File::create(&file.part)?)),
            None => Box::new(BufWriter::new(io::stdout())),
        };
        if let Form::Csv = form {
            // A mark for spreadsheets, which take the file for something else than UTF-8 without it.
            let mark = if file.is_some() { "\u{feff}" } else { "" };
            let names = sheet.names().into_iter().map(str::to_owned);
            write!(to, "{mark}{}", csv::line(names))?;
        }
        Ok(Self { form, to, file })
    }

    fn raw(&mut self, chunk: &[u8]) -> io::Result<()> {
        match self.form {
            Form::Raw => self.to.write_all(chunk),
            Form::Csv | Form::Json | Form::Table(_) => Ok(()),
        }
    }

    fn row(&mut self, cells: &Cells) -> io::Result<()> {
        match &mut self.form {
            Form::Raw => Ok(()),
            Form::Csv => {
                let line = csv::line(cells.iter().map(|(_, cell)| cell.plain()));
                self.to.write_all(line.as_bytes())
            }
            Form::Json => writeln!(self.to, "{}", object(cells)),
            Form::Table(rows) => {
                if rows.len() < SHOWN {
                    rows.push(cells.clone());
                }
                Ok(())
            }
        }
    }

    fn finish(
        mut self,
        columns: &[(&'static str, &'static str, Side)],
        summary: &Summary,
    ) -> io::Result<()> {
        match &self.form {
            Form::Table(rows) => self.to.write_all(as_table(columns, rows, summary).as_bytes())?,
            Form::Json => writeln!(self.to, "{}", json!({ "rows": summary.rows }))?,
            Form::Raw | Form::Csv => {}
        }
        self.to.flush()?;
        drop(self.to);
        match self.file {
            Some(file) => file.finish(),
            None => Ok(()),
        }
    }
}

impl Unfinished {
    fn new(path: &Path) -> Self {
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        Self { path: path.to_owned(), part: part.into(), is_whole: false }
    }

    fn finish(mut self) -> io::Result<()> {
        std::fs::rename(&self.part, &self.path)?;
        self.is_whole = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.is_whole {
            // If it cannot be removed, its name still says that it is a part.
            let _ = std::fs::remove_file(&self.part);
        }
    }
}

fn as_table(
    columns: &[(&'static str, &'static str, Side)],
    rows: &[Cells],
    summary: &Summary,
) -> String {
    let header: Vec<_> = columns.iter().map(|(_, title, side)| (*title, *side)).collect();
    let shown = |cells: &Cells| -> Vec<String> {
        let value = |name: &str| cells.iter().find(|(own, _)| *own == name);
        let cell = |(name, _, _): &(&str, &str, Side)| {
            value(name).map(|(_, cell)| cell.shown()).unwrap_or_default()
        };
        columns.iter().map(cell).collect()
    };
    let mut text = table(&header, &rows.iter().map(shown).collect::<Vec<_>>());
    let more = summary.rows - rows.len() as u64;
    if more > 0 {
        let hint = say("more; all of them with --csv or -o", "行未显示;用 --csv 或 -o 输出全部");
        text.push_str(&format!("… {more} {hint}\n"));
    }
    text.push('\n');
    text
}

fn totals(summary: &Summary) -> String {
    let names: Vec<String> = summary.columns.iter().map(|(name, _)| total_name(name)).collect();
    let values = summary.columns.iter().map(|(_, value)| value.clone());
    let lines: Vec<_> = names.iter().map(String::as_str).zip(values).collect();
    pairs(&lines)
}

impl Failure {
    fn said(self) -> (u8, String) {
        match self {
            Self::Write(error) => (exit::UNREADABLE, error.to_string()),
            Self::Bill(error) => (exit::TRY_AGAIN, format!("{}: {error}", damaged())),
            Self::Fetch(FetchError::NoBill(error)) => match error {
                DownloadError::NoBill => (exit::REFUSED, none()),
                DownloadError::NotReady | DownloadError::Busy => {
                    (exit::TRY_AGAIN, error.to_string())
                }
                DownloadError::Refused { .. } => (exit::REFUSED, error.to_string()),
            },
            Self::Fetch(FetchError::Gateway(error)) => match error {
                GatewayError::NotSent { .. } | GatewayError::Unknown(_) => {
                    (exit::TRY_AGAIN, error.to_string())
                }
                GatewayError::NoCertificate => (exit::CONFIG, error.to_string()),
                GatewayError::Invalid(_) | GatewayError::Refused { .. } => {
                    (exit::REFUSED, error.to_string())
                }
            },
        }
    }
}

fn none() -> String {
    let english = "WeChat has no bill of this day: nobody paid, it is not over, or it is over three months ago";
    say(english, "微信没有当天的账单:当天无人付款、尚未结束,或已超过三个月").to_owned()
}

fn damaged() -> &'static str {
    say("the bill cannot be used", "账单无法使用")
}
