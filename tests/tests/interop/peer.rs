//! Foreign libraries that sign and verify.

use std::process::Command;

use serde_json::{Map, Value, json};
use wxpay_core::{Params, SignType};

use crate::runner::{Process, node, python};

pub const LIBRARIES: [Library; 3] = [Library::Tenpay, Library::AxiosPlugin, Library::Wechatpy];

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
