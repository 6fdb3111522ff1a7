//! `wxpay webhooks`: how the merchant's endpoints do, what could not be told, telling it again, trying one.

use std::process::ExitCode;

use serde_json::{Value, json};

use super::answer::items;
use super::exit;
use super::lang::say;
use super::orders::text;
use super::remote::{Remote, RemoteArgs, segment};
use super::remote_error::RemoteError;
use super::table::{Side, table};
use super::{put, put_json};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// The endpoints, and what waits for them · 端点及待发数量
    List(ListArgs),
    /// What is not sent any more · 已放弃的消息
    Dead(DeadArgs),
    /// Send dead letters again · 重发已放弃的消息
    Replay(ReplayArgs),
    /// Send a signed test message now · 立即发送一条签名的测试消息
    Test(TestArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
struct DeadArgs {
    /// The endpoint's id · 端点 id
    endpoint: String,
    /// How many, oldest first · 条数,从旧到新
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    limit: u16,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
#[command(override_usage = "wxpay webhooks replay [OPTIONS] <ENDPOINT> <ID|--all>")]
struct ReplayArgs {
    /// The endpoint's id · 端点 id
    endpoint: String,
    /// The message, as `wxpay webhooks dead` shows it · 消息 id
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<String>,
    /// All of them · 全部
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    remote: RemoteArgs,
}

#[derive(Debug, clap::Args)]
struct TestArgs {
    /// The endpoint's id · 端点 id
    endpoint: String,
    #[command(flatten)]
    remote: RemoteArgs,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let remote = match Remote::open(args.action.remote()) {
        Ok(remote) => remote,
        Err(code) => return code,
    };
    let done = match &args.action {
        Action::List(args) => list(&remote, args),
        Action::Dead(args) => dead(&remote, args),
        Action::Replay(args) => replay(&remote, args),
        Action::Test(args) => test(&remote, args),
    };
    done.unwrap_or_else(|error| error.report())
}

impl Action {
    const fn remote(&self) -> &RemoteArgs {
        match self {
            Self::List(args) => &args.remote,
            Self::Dead(args) => &args.remote,
            Self::Replay(args) => &args.remote,
            Self::Test(args) => &args.remote,
        }
    }
}

fn list(remote: &Remote, args: &ListArgs) -> Result<ExitCode, RemoteError> {
    let answer = remote.get("/v1/webhooks")?;
    let webhooks = items(&answer, "webhooks");
    if args.remote.json {
        put_json(&answer);
    } else if webhooks.is_empty() {
        put(say(
            "No [[merchants.webhooks]] is configured.\n",
            "没有配置 [[merchants.webhooks]]。\n",
        ));
    } else {
        put(&list_text(webhooks));
    }
    Ok(ExitCode::SUCCESS)
}

fn dead(remote: &Remote, args: &DeadArgs) -> Result<ExitCode, RemoteError> {
    let path = format!("/v1/webhooks/{}/dead", segment(&args.endpoint));
    let letters = remote.pages(&path, "letters", usize::from(args.limit))?;
    if args.remote.json {
        put_json(&json!({ "letters": letters }));
    } else if letters.is_empty() {
        put(say("Nothing is dead.\n", "没有已放弃的消息。\n"));
    } else {
        put(&letters_text(&letters));
    }
    Ok(ExitCode::SUCCESS)
}

fn replay(remote: &Remote, args: &ReplayArgs) -> Result<ExitCode, RemoteError> {
    let path = format!("/v1/webhooks/{}/replay", segment(&args.endpoint));
    let body = args.id.as_ref().map_or_else(|| json!({}), |id| json!({ "id": id }));
    let answer = remote.post(&path, &body)?;
    if args.remote.json {
        put_json(&answer);
    } else {
        put(&format!("{} {}\n", say("to be sent again:", "将重发:"), count(&answer, "replayed")));
    }
    Ok(ExitCode::SUCCESS)
}

/// Exit code 1 when the endpoint did not take it.
fn test(remote: &Remote, args: &TestArgs) -> Result<ExitCode, RemoteError> {
    let path = format!("/v1/webhooks/{}/test", segment(&args.endpoint));
    let answer = remote.post(&path, &json!({}))?;
    let is_delivered = answer.get("delivered") == Some(&Value::Bool(true));
    if args.remote.json {
        put_json(&answer);
    } else if is_delivered {
        let status = count(&answer, "status");
        put(&format!("{} (HTTP status {status})\n", say("delivered", "已送达")));
    } else {
        put(&format!("{} {}\n", say("not delivered:", "未送达:"), text(&answer, "reason")));
    }
    Ok(if is_delivered { ExitCode::SUCCESS } else { ExitCode::from(exit::REFUSED) })
}

fn list_text(webhooks: &[Value]) -> String {
    let header = [
        ("id", Side::Left),
        (say("address", "地址"), Side::Left),
        (say("waiting", "待发"), Side::Right),
        (say("dead", "放弃"), Side::Right),
        (say("last success", "最近成功"), Side::Left),
        (say("last failure", "最近失败"), Side::Left),
        ("", Side::Left),
    ];
    let row = |webhook: &Value| {
        let disabled = webhook.get("disabled") == Some(&Value::Bool(true));
        let or_dash = |name: &str| match text(webhook, name) {
            "" => "-".into(),
            at => at.to_owned(),
        };
        vec![
            text(webhook, "id").into(),
            text(webhook, "url").into(),
            count(webhook, "waiting"),
            count(webhook, "dead"),
            or_dash("last_success_at"),
            or_dash("last_failure_at"),
            if disabled {
                say("disabled", "已停用").into()
            } else {
                text(webhook, "last_failure").into()
            },
        ]
    };
    table(&header, &webhooks.iter().map(row).collect::<Vec<_>>())
}

fn letters_text(letters: &[Value]) -> String {
    let header = [
        ("id", Side::Left),
        (say("type", "类型"), Side::Left),
        (say("happened", "发生时间"), Side::Left),
        (say("attempts", "次数"), Side::Right),
        (say("reason", "原因"), Side::Left),
    ];
    let row = |letter: &Value| {
        vec![
            text(letter, "id").into(),
            text(letter, "type").into(),
            text(letter, "happened_at").into(),
            count(letter, "attempts"),
            text(letter, "reason").into(),
        ]
    };
    table(&header, &letters.iter().map(row).collect::<Vec<_>>())
}

fn count(value: &Value, name: &str) -> String {
    value.get(name).and_then(Value::as_u64).unwrap_or_default().to_string()
}
