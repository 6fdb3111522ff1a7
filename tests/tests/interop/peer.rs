//! A foreign library in a process of its own, asked by JSON lines (the runners are in `tests/interop/`).

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::{Map, Value, json};
use wxpay_core::{Params, SignType};

pub const LIBRARIES: [Library; 3] = [Library::Tenpay, Library::AxiosPlugin, Library::Wechatpy];

const INSTALL: &str = "run cargo xtask test (or only: cargo xtask doctor --fix)";
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// npm `tenpay`.
    Tenpay,
    /// npm `wechatpay-axios-plugin`.
    AxiosPlugin,
    /// PyPI `wechatpy`.
    Wechatpy,
}

impl Library {
    /// The algorithms with which it verifies messages.
    pub fn verifies(self) -> &'static [SignType] {
        match self {
            Self::Tenpay | Self::AxiosPlugin => &[SignType::Md5, SignType::HmacSha256],
            Self::Wechatpy => &[SignType::Md5],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Tenpay => "tenpay",
            Self::AxiosPlugin => "wechatpay-axios-plugin",
            Self::Wechatpy => "wechatpy",
        }
    }

    fn command(self) -> Command {
        match self {
            Self::Tenpay | Self::AxiosPlugin => node(self.name()),
            Self::Wechatpy => python("wechatpy_runner.py"),
        }
    }
}

/// A running library.
pub struct Peer {
    library: Library,
    process: Process,
}

impl Peer {
    pub fn start(library: Library) -> Self {
        Self { library, process: Process::start(library.name(), library.command()) }
    }

    pub fn library(&self) -> Library {
        self.library
    }

    pub fn sign(&self, params: &Params, sign_type: SignType, key: &str) -> String {
        let mut request = request("sign", sign_type, key);
        request["params"] = fields(params);
        text(&self.ask(request), "sign")
    }

    /// The fields as the library read them, or `None` if it found the signature wrong.
    pub fn verify(&self, xml: &str, sign_type: SignType, key: &str) -> Option<Params> {
        let mut request = request("verify", sign_type, key);
        request["xml"] = xml.into();
        let answer = self.ask(request);
        answer["ok"].as_bool().expect("ok").then(|| params(&answer))
    }

    pub fn to_xml(&self, params: &Params) -> String {
        text(&self.ask(json!({ "op": "to_xml", "params": fields(params) })), "xml")
    }

    /// The second signature, with a time and a nonce of the library's own.
    pub fn invoke(&self, appid: &str, prepay_id: &str, sign_type: SignType, key: &str) -> Params {
        let mut request = request("invoke", sign_type, key);
        request["params"] = json!({ "appid": appid, "prepay_id": prepay_id });
        params(&self.ask(request))
    }

    fn ask(&self, request: Value) -> Value {
        self.process.ask(request)
    }
}

/// A process that answers JSON lines; it ends with this value.
pub struct Process {
    library: &'static str,
    child: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
}

impl Process {
    pub fn start(library: &'static str, mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child =
            command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; {INSTALL}"));
        let requests = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { library, child, requests, answers }
    }

    pub fn ask(&self, mut request: Value) -> Value {
        request["lib"] = self.library.into();
        writeln!(&self.requests, "{request}").unwrap();
        let line = self.answers.recv_timeout(ANSWER_TIMEOUT).unwrap_or_else(|error| {
            panic!("{} gave no answer ({error}) to {request}", self.library)
        });
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer.get("error").is_none(), "{}: {answer} to {request}", self.library);
        answer
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a package of npm.
pub fn node(package: &str) -> Command {
    require(&runners().join("node_modules").join(package));
    let mut command = Command::new("node");
    command.arg(runners().join("node_runner.mjs"));
    command
}

/// Runs a package of PyPI.
pub fn python(runner: &str) -> Command {
    // Cargo's `<target>/tmp`; the environment lies beside it.
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("interop/venv/bin/python");
    require(&python);
    let mut command = Command::new(python);
    command.arg(runners().join(runner));
    command
}

fn runners() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

fn request(operation: &str, sign_type: SignType, key: &str) -> Value {
    json!({ "op": operation, "sign_type": sign_type.as_str(), "key": key })
}

fn fields(params: &Params) -> Value {
    params.iter().map(|(name, value)| (name.to_owned(), value.into())).collect::<Map<_, _>>().into()
}

fn params(answer: &Value) -> Params {
    let fields = answer["params"].as_object().expect("params");
    Params::from_pairs(fields.iter().map(|(name, value)| (name, value.as_str().expect(name))))
        .unwrap()
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().expect(name).to_owned()
}

fn require(path: &Path) {
    assert!(path.exists(), "{} is not there: {INSTALL}", path.display());
}
