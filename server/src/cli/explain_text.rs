//! The explanation as a person reads it in a terminal.

use std::io::IsTerminal;

use wxpay_core::explain::{Cause, Field, Lint, Report, Row, Scene, Stopped, Verdict, Weight, Why};

use super::lang::{is_chinese, say};

/// The report as text: the verdict first, then the proof, the fix, and what it rests on.
pub(super) fn text(input: &str, report: &Report) -> String {
    let mut page = Page { chinese: is_chinese(), colours: colours(), text: String::new() };
    page.verdict(input, report);
    for cause in &report.causes {
        page.cause(cause);
    }
    page.lints(&report.lints);
    page.appid_hint(report);
    page.advice(report);
    page.fields(&report.fields);
    page.signatures(report);
    page.tried(report);
    page.text
}

struct Page {
    chinese: bool,
    colours: bool,
    text: String,
}

impl Page {
    fn verdict(&mut self, input: &str, report: &Report) {
        let line = match (report.verdict, report.causes.first()) {
            (Verdict::Match, _) if report.has_trouble() => self.yellow(say(
                "! the signature is right, but there is other trouble",
                "! 签名正确,但还有其他问题",
            )),
            (Verdict::Match, _) => self.green(say("✓ the signature is right", "✓ 签名正确")),
            (Verdict::Mismatch, Some(cause)) if cause.proved => self.red(say(
                "✗ the signature is wrong; the mistake is found and proved",
                "✗ 签名错误,原因已找到并验证",
            )),
            (Verdict::Mismatch, Some(_)) => self.red(say("✗ the signature is wrong", "✗ 签名错误")),
            (Verdict::Mismatch, None) => self.red(say(
                "✗ the signature is wrong, and no known mistake explains it",
                "✗ 签名错误,已知的错误都无法解释",
            )),
            (Verdict::Unsigned, _) => {
                self.yellow(say("! the message is not signed", "! 报文没有签名"))
            }
            (Verdict::NoKey, _) => self.yellow(say(
                "! without a key only the form can be checked (--key-file or WXPAY_API_KEY)",
                "! 没有密钥,只能检查格式(--key-file 或 WXPAY_API_KEY)",
            )),
            (Verdict::Malformed, _) => {
                self.red(say("✗ the message cannot be read", "✗ 无法读取报文"))
            }
        };
        self.line(line);
        if let Some(error) = &report.error {
            self.line(format!("  {error}"));
        }
        if let Some(format) = report.format {
            let size = input.len();
            self.line(format!(
                "  {}",
                self.dim(&format!("{format:?}, {size} bytes").to_lowercase())
            ));
        }
    }

    fn cause(&mut self, cause: &Cause) {
        self.line(String::new());
        for part in &cause.parts {
            self.line(format!("  {}  {}", self.bold(self.title(part.row)), self.dim(part.row.id)));
        }
        self.line(format!(
            "  {}",
            if self.chinese { cause.evidence_zh() } else { cause.evidence_en() }
        ));
        for part in &cause.parts {
            self.line(format!("  {}", self.advice_of(part.row)));
        }
        for fix in cause.fixes() {
            for (language, code) in fix.lines() {
                self.line(format!("    {}  {code}", self.dim(&format!("{language:<6}"))));
            }
        }
    }

    fn lints(&mut self, lints: &[Lint]) {
        if lints.is_empty() {
            return;
        }
        self.line(format!("\n{}", self.bold(say("findings", "格式检查"))));
        for lint in lints {
            let mark = match lint.weight {
                Weight::Error => self.red("✗"),
                Weight::Warning => self.yellow("!"),
                Weight::Info => self.dim("·"),
            };
            self.line(format!("  {mark} {}  {}", self.title(lint.row), self.dim(lint.row.id)));
            if !lint.detail.is_empty() {
                self.line(format!("    {}", visible(&lint.detail)));
            }
        }
    }

    /// What `wx.requestPayment` is given never holds the appId that is signed with it.
    fn appid_hint(&mut self, report: &Report) {
        let lacks = |lint: &Lint| lint.row.id == "E2" && lint.detail == "appId";
        if report.scene == Scene::Invoke && report.lints.iter().any(lacks) {
            self.line(format!(
                "    {}",
                say(
                    "wx.requestPayment's argument does not hold it: add --appid wx…",
                    "wx.requestPayment 的参数里没有 appId:请加上 --appid wx…"
                )
            ));
        }
    }

    fn advice(&mut self, report: &Report) {
        if report.advice.is_empty() {
            return;
        }
        let heading = match report.verdict {
            Verdict::Match => say("if WeChat refuses it all the same", "如果微信仍然拒绝,请检查"),
            Verdict::Mismatch | Verdict::Unsigned | Verdict::NoKey | Verdict::Malformed => {
                say("check these next", "接下来请检查")
            }
        };
        self.line(format!("\n{}", self.bold(heading)));
        for row in &report.advice {
            self.line(format!("  · {}  {}", self.title(row), self.dim(row.id)));
            self.line(format!("    {}", self.advice_of(row)));
        }
    }

    fn fields(&mut self, fields: &[Field]) {
        if fields.is_empty() {
            return;
        }
        self.line(format!("\n{} ({})", self.bold(say("fields", "字段")), fields.len()));
        let width = fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0);
        for field in fields {
            let mark = if field.kept { self.green("✓") } else { self.dim("·") };
            let name = format!("{:<width$}", visible(&field.name), width = width.min(24));
            let why = self.why(field.why);
            self.line(format!("  {mark} {name}  {}{why}", visible(&field.value)));
        }
    }

    fn signatures(&mut self, report: &Report) {
        if !report.string_to_sign.is_empty() {
            self.line(format!("\n{}", self.bold(say("string to sign", "待签名串"))));
            self.line(format!("  {}", visible(&report.string_to_sign)));
        }
        let (Some(right), Some(given)) = (&report.right, &report.given) else { return };
        self.line(format!("\n{}", self.bold(say("signature", "签名"))));
        self.line(format!("  {}  {}", say("given       ", "给出        "), visible(given)));
        for (name, signature) in [("MD5", &right.md5), ("HMAC-SHA256", &right.hmac_sha256)] {
            let mark = if signature == given { self.green("✓") } else { self.red("✗") };
            self.line(format!("  {name:<12}  {signature} {mark}"));
        }
    }

    fn tried(&mut self, report: &Report) {
        let tried = &report.tried;
        if matches!(tried.stopped, Stopped::NotNeeded) {
            return;
        }
        let line = if self.chinese {
            format!("已重算 {} 种单一错误、{} 种组合", tried.singles, tried.pairs)
        } else {
            let single = if tried.singles == 1 { "mistake" } else { "mistakes" };
            let pair = if tried.pairs == 1 { "pair" } else { "pairs" };
            format!("recomputed with {} {single} and {} {pair}", tried.singles, tried.pairs)
        };
        self.line(format!("\n{}", self.dim(&line)));
    }

    fn line(&mut self, line: String) {
        self.text.push_str(&line);
        self.text.push('\n');
    }

    fn title(&self, row: &'static Row) -> &'static str {
        if self.chinese { row.title_zh } else { row.title_en }
    }

    fn advice_of(&self, row: &'static Row) -> &'static str {
        if self.chinese { row.advice_zh } else { row.advice_en }
    }

    fn why(&self, why: Why) -> String {
        let reason = match why {
            Why::Signed => return String::new(),
            Why::Empty => say("empty, not signed", "空值,不参与签名"),
            Why::IsSign => say("the signature itself", "签名本身"),
            Why::Duplicate => say("repeated, the last one counts", "重复,以最后一个为准"),
            Why::NotInSet => say("not part of this signature", "不属于此签名"),
            Why::Added => say("not in the text, but signed", "文中没有,但参与签名"),
            Why::IsKey => say("the key: never send it", "密钥,切勿发送"),
        };
        self.dim(&format!("  ({reason})"))
    }

    fn red(&self, text: &str) -> String {
        self.paint("31", text)
    }

    fn green(&self, text: &str) -> String {
        self.paint("32", text)
    }

    fn yellow(&self, text: &str) -> String {
        self.paint("33", text)
    }

    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }

    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }

    fn paint(&self, code: &str, text: &str) -> String {
        if self.colours { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}

/// Control characters drawn as what they are, so that pasted text cannot move the cursor.
fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => shown.push('␊'),
            '\r' => shown.push('␍'),
            '\t' => shown.push('␉'),
            c if c.is_control() || is_invisible(c) => {
                shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(c)));
            }
            c => shown.push(c),
        }
    }
    shown
}

const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

#[allow(clippy::disallowed_methods, reason = "NO_COLOR is a convention of terminals")]
fn colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var("NO_COLOR").is_err()
}
