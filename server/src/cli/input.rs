//! What the signature tools read: a message in any form people have, and a key that never stands in a command line.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use wxpay_core::explain::{Format, Kind, MAX_BYTES, read};
use wxpay_core::xml::from_xml;
use wxpay_core::{ApiKey, Params};
use zeroize::Zeroizing;

use super::lang::say;

/// The message and the key.
#[derive(Debug, clap::Args)]
pub(super) struct Input {
    /// File with the message: XML, JSON or k=v lines; - is standard input · 报文文件(XML、JSON 或 k=v 行),- 为标准输入
    #[arg(default_value = "-", value_name = "FILE")]
    message: PathBuf,
    /// File that holds the APIv2 key and nothing else · API 密钥文件,只含密钥
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Environment variable that holds the APIv2 key · 存放 API 密钥的环境变量
    #[arg(long, default_value = "WXPAY_API_KEY", value_name = "NAME")]
    key_env: String,
    /// Answer in JSON · 以 JSON 输出
    #[arg(long)]
    pub(super) json: bool,
}

impl Input {
    /// Reads the message.
    pub(super) fn params(&self) -> Result<Params, String> {
        self.params_of(&read_text(&self.message)?)
    }

    /// Reads a message that was read as text before.
    pub(super) fn params_of(&self, text: &str) -> Result<Params, String> {
        let reading = read(text, None).map_err(|error| error.to_string())?;
        if reading.format == Format::Xml {
            // XML is what WeChat speaks, so it is read as strictly as the server reads it.
            return from_xml(document(text).as_bytes()).map_err(|error| error.to_string());
        }
        for field in &reading.fields {
            if field.kind == Kind::Number && field.value.bytes().any(|b| !b.is_ascii_digit()) {
                let expected = "expected an integer, or text in quotes";
                return Err(format!("{}: {expected}", field.name));
            }
        }
        reading.params().map_err(|error| error.to_string())
    }

    /// Reads the message as it is.
    pub(super) fn text(&self) -> Result<String, String> {
        read_text(&self.message)
    }

    /// Takes the key from the file, the environment or a prompt.
    pub(super) fn key(&self) -> Result<ApiKey, String> {
        let text = match self.given_key()? {
            Some(text) => text,
            None => self.prompt()?,
        };
        ApiKey::new(&text).map_err(|error| format!("key: {error}"))
    }

    /// Takes the key from the file or the environment, whatever it looks like.
    pub(super) fn given_key(&self) -> Result<Option<Zeroizing<String>>, String> {
        match &self.key_file {
            Some(path) => read_key_file(path).map(Some),
            None => Ok(environment(&self.key_env)),
        }
    }

    fn prompt(&self) -> Result<Zeroizing<String>, String> {
        if !std::io::stdin().is_terminal() || self.message == Path::new("-") {
            return Err(say(
                "no key: give --key-file or set WXPAY_API_KEY",
                "缺少密钥:请用 --key-file 或环境变量 WXPAY_API_KEY",
            )
            .into());
        }
        let typed = rpassword::prompt_password(say("APIv2 key: ", "API 密钥: "));
        typed.map(Zeroizing::new).map_err(|error| format!("key: {error}"))
    }
}

/// The XML alone, where a log line or a curl command stands around it.
fn document(text: &str) -> &str {
    let document = text.find("<xml>").zip(text.rfind("</xml>")).and_then(|(start, end)| {
        let around = !text.trim_start().starts_with('<');
        text.get(start..end + "</xml>".len()).filter(|_| around)
    });
    document.unwrap_or_else(|| text.trim())
}

fn read_text(path: &Path) -> Result<String, String> {
    if path != Path::new("-") {
        return read_file(path);
    }
    let mut text = String::new();
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX) + 1;
    let read = std::io::stdin().lock().take(limit).read_to_string(&mut text);
    read.map(|_| text).map_err(|error| format!("standard input: {error}"))
}

/// Reads a key; a file that ends in a line break is what every editor makes.
pub(super) fn read_key_file(path: &Path) -> Result<Zeroizing<String>, String> {
    // The name is not repeated: it may be the key itself, given by mistake.
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|error| {
        format!("{}: {error}", say("the key file cannot be read", "无法读取密钥文件"))
    })?;
    let line = text.strip_suffix('\n').map_or(text.as_str(), |line| line.trim_end_matches('\r'));
    Ok(Zeroizing::new(line.to_owned()))
}

pub(super) fn read_file(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

#[allow(clippy::disallowed_methods, reason = "the tools take their key from the environment")]
fn environment(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().map(Zeroizing::new)
}
