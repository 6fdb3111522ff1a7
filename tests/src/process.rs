//! The real binary as a process of its own: found beside the tests, configured by files, watched by its log.

use std::ffi::OsStr;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use wxpay_simulator::Running;

use crate::shop::{ENDPOINT, SHOP, WEBHOOK_SECRET};

/// How long anything may take before the test gives up.
pub const SOON: Duration = Duration::from_secs(20);

/// The binary, which cargo puts beside the directory of the test executables.
pub fn binary() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let directory = test.parent().and_then(Path::parent).unwrap();
    let binary = directory.join(format!("wxpay{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is missing: run `cargo build -p wxpay-server --features demo` first",
        binary.display()
    );
    binary
}

/// `wxpay` with arguments, in an environment of its own: no locale and no WXPAY variable of the caller's.
pub fn wxpay<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(binary());
    command.args(arguments).env_clear().env("LANG", "C.UTF-8").stdin(Stdio::null());
    command.kill_on_drop(true);
    command
}

/// Runs to the end.
pub async fn output(command: &mut Command) -> Output {
    timeout(SOON, command.output()).await.expect("it should have ended by now").unwrap()
}

/// A port for a server that must be found again after a restart. The system hands out higher ones to clients, so nobody
/// takes it while the server is down.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // A block for each test process: several may run at a time, with ids that follow each other.
    let first = 20_000 + u16::try_from(std::process::id() % 187 * 64).unwrap();
    let free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    std::iter::from_fn(|| Some(first + TAKEN.fetch_add(1, Ordering::SeqCst)))
        .take(1_000)
        .find(|port| free(*port))
        .expect("a free port")
}

/// A client for loopback. reqwest wants a TLS provider even there.
pub fn http_client() -> reqwest::Client {
    // An error means that there is one already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(SOON).build().unwrap()
}

/// A directory with a configuration, its key files and the data.
pub struct Site {
    directory: TempDir,
    port: u16,
}

impl Site {
    /// A working configuration in profile `test` that talks to the simulated WeChat at `wechat_url`.
    pub fn new(wechat_url: &str) -> Self {
        let site = Self { directory: TempDir::new().unwrap(), port: free_port() };
        for (name, secret) in [
            ("shop.key", SHOP.api_key),
            ("shop.secret", SHOP.app_secret),
            ("shop.admin", SHOP.admin_key),
        ] {
            site.write_secret(name, secret);
        }
        let config = site.config(wechat_url);
        site.write_config(&config);
        site
    }

    /// The text of the working configuration.
    pub fn config(&self, wechat_url: &str) -> String {
        let port = self.port;
        format!(
            "profile = \"test\"\n\
             [http]\nlisten = \"127.0.0.1:{port}\"\npublic_url = \"http://127.0.0.1:{port}\"\n\
             drain_timeout_ms = 2000\n\
             [store]\npath = \"data\"\ncache_mb = 4\n\
             [wechat]\npay_url = \"{wechat_url}\"\nlogin_url = \"{wechat_url}\"\n\
             [[merchants]]\nid = \"shop\"\nappid = \"{}\"\nmch_id = \"{}\"\n\
             api_key_file = \"shop.key\"\napp_secret_file = \"shop.secret\"\n\
             admin_key_file = \"shop.admin\"\n",
            SHOP.appid, SHOP.mch_id
        )
    }

    /// The same for a merchant that can pay back: over TLS, with the certificate that WeChat has given out.
    pub fn config_with_certificate(&self, wechat: &Running) -> String {
        wechat.write_certificates(SHOP.mch_id, self.path()).unwrap();
        let text = self.config(wechat.base_url());
        let plain = format!("pay_url = \"{}\"", wechat.base_url());
        let secure = format!("pay_url = \"{}\"\nca_file = \"ca.pem\"", wechat.cashier_tls_url());
        assert!(text.contains(&plain), "{text}");
        let certificate = "cert_file = \"apiclient_cert.pem\"\nkey_file = \"apiclient_key.pem\"\n";
        text.replace(&plain, &secure) + certificate
    }

    /// The working configuration with an endpoint of the merchant's own system.
    pub fn config_with_webhook(&self, wechat_url: &str, url: &str) -> String {
        self.with_webhook(self.config(wechat_url), url)
    }

    /// A configuration with an endpoint of the merchant's own system, whose secret is written.
    pub fn with_webhook(&self, config: String, url: &str) -> String {
        self.write_secret("books.webhook", WEBHOOK_SECRET);
        config
            + &format!(
                "[[merchants.webhooks]]\nid = \"{ENDPOINT}\"\nurl = \"{url}\"\n\
                 secret_file = \"books.webhook\"\nallow_private = true\n"
            )
    }

    /// Replaces the configuration.
    pub fn write_config(&self, text: &str) {
        fs::write(self.config_path(), text).unwrap();
    }

    /// Writes a key file that only its owner can read.
    pub fn write_secret(&self, name: &str, secret: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.path().join(name);
        fs::write(&path, secret).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Where the orders are.
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// The configuration file.
    pub fn config_path(&self) -> PathBuf {
        self.path().join("wxpay.toml")
    }

    /// Where the server listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The command that serves it.
    pub fn command(&self) -> Command {
        wxpay([OsStr::new("serve"), OsStr::new("--config"), self.config_path().as_os_str()])
    }

    /// Serves it, and waits until it listens.
    pub async fn serve(&self) -> Process {
        self.serve_by(&mut self.command()).await
    }

    /// Serves it by a command of the caller's, and waits until it listens.
    pub async fn serve_by(&self, command: &mut Command) -> Process {
        let process = Process::spawn(command);
        process.wait_for_log(|line| line["message"] == "listening").await;
        process
    }
}

/// A running `wxpay` and its log. Dropping it kills it.
pub struct Process {
    child: Child,
    log: watch::Receiver<Vec<String>>,
}

impl Process {
    /// Starts a command and reads its standard error from then on.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (lines, log) = watch::channel(Vec::new());
        tokio::spawn(read_lines(child.stderr.take().unwrap(), lines));
        Self { child, log }
    }

    /// Waits for a line of the log.
    pub async fn wait_for_log(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let parsed = |line: &String| serde_json::from_str(line).unwrap_or(Value::Null);
        let find = |lines: &[String]| lines.iter().map(parsed).find(&wanted);
        self.wait_until(|lines| find(lines).is_some()).await;
        find(&self.log()).unwrap()
    }

    /// Waits until the log is as wanted.
    pub async fn wait_until(&self, wanted: impl Fn(&[String]) -> bool) {
        let has_come = self.comes(wanted).await;
        assert!(has_come, "what was waited for is not in the log:\n{}", self.log().join("\n"));
    }

    /// Waits until the log is as wanted, or will never be: the process has ended.
    pub async fn comes(&self, wanted: impl Fn(&[String]) -> bool) -> bool {
        let mut log = self.log.clone();
        let waiting = timeout(SOON, log.wait_for(|lines| wanted(lines))).await;
        waiting.is_ok_and(|log| log.is_ok())
    }

    /// The log so far, line by line.
    pub fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// SIGTERM: please end.
    pub fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// SIGSTOP: not one instruction more. Returns when the last thread has stopped.
    pub async fn freeze(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
        let threads = format!("/proc/{}/task", self.pid().as_raw_nonzero());
        let is_stopped = || {
            fs::read_dir(&threads).unwrap().all(|thread| {
                let stat = fs::read_to_string(thread.unwrap().path().join("stat"));
                // `pid (name) state …`; a name may contain anything. A thread that has ended is gone.
                stat.is_ok_and(|stat| stat.rsplit(')').next().unwrap().starts_with(" T"))
            })
        };
        let stopped = async {
            while !is_stopped() {
                tokio::task::yield_now().await;
            }
        };
        timeout(SOON, stopped).await.expect("it should have stopped by now");
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        let pid = self.child.id().and_then(|id| Pid::from_raw(i32::try_from(id).unwrap()));
        pid.expect("it has ended already")
    }

    /// SIGKILL: no chance to do anything. Returns when it is gone; gives back its log.
    pub async fn kill(mut self) -> Vec<String> {
        self.child.kill().await.unwrap();
        self.whole_log().await
    }

    /// Waits for the end; gives back the whole log as well.
    pub async fn wait(mut self) -> (ExitStatus, Vec<String>) {
        let status = timeout(SOON, self.child.wait()).await;
        let status = status.expect("it should have ended by now").unwrap();
        (status, self.whole_log().await)
    }

    /// The reader drops its end when it has read the last line.
    async fn whole_log(&mut self) -> Vec<String> {
        let end = async { while self.log.changed().await.is_ok() {} };
        timeout(SOON, end).await.unwrap();
        self.log()
    }
}

async fn read_lines(pipe: impl AsyncRead + Unpin, log: watch::Sender<Vec<String>>) {
    let mut lines = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.send_modify(|lines| lines.push(line));
    }
}
