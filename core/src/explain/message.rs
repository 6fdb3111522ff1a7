//! What a reading means: which scene, which fields are signed under which names, which algorithm.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::Options;
use super::plan::Pair;
use super::read::{ReadField, Reading};
use super::report::{Scene, Why};
use super::seek::same_name;
use crate::SignType;

/// The fields of the second signature for a mini program or JSAPI.
pub(super) const INVOKE: [&str; 5] = ["appId", "nonceStr", "package", "signType", "timeStamp"];
/// The fields of the second signature for an app.
pub(super) const APP: [&str; 6] =
    ["appid", "noncestr", "package", "partnerid", "prepayid", "timestamp"];

/// A reading, understood.
pub(super) struct Message<'a> {
    pub(super) scene: Scene,
    pub(super) fields: &'a [ReadField],
    /// For every field, why it is signed or not and under which other name.
    pub(super) states: Vec<(Why, Option<&'static str>)>,
    /// The names of the signed set that were pasted in another spelling, and that spelling.
    pub(super) renamed: Vec<(&'static str, &'a str)>,
    /// All fields in the order of the text, then what was added.
    pub(super) pairs: Vec<Pair<'a>>,
    /// Names that were not in the text but belong to the signed set.
    pub(super) added: Vec<(&'static str, Cow<'a, str>)>,
    /// The message's own signature.
    pub(super) own_sign: Option<&'a str>,
    /// The algorithm that applies.
    pub(super) sign_type: SignType,
    /// Whether the message or the caller says so.
    pub(super) sign_type_known: bool,
}

impl<'a> Message<'a> {
    pub(super) fn new(reading: &'a Reading, options: &Options<'a>) -> Self {
        let fields = reading.fields.as_slice();
        let scene = options.scene.unwrap_or_else(|| guess_scene(reading));
        let sign_name = if scene == Scene::Invoke { "paySign" } else { "sign" };
        let own_sign = last(fields, sign_name)
            .map(|field| field.value.as_str())
            .filter(|sign| !sign.is_empty());
        let named = fields
            .iter()
            .find(|field| matches!(field.name.as_str(), "sign_type" | "signType" | "signtype"));
        let named = named.and_then(|field| field.value.parse().ok());
        let given = options.sign.or(own_sign).map(str::trim);
        let by_length = match given.map(str::len) {
            Some(64) => SignType::HmacSha256,
            _ => SignType::Md5,
        };
        let known = named.or(options.sign_type);
        // A request without sign_type is signed with MD5; everything else takes the exchange's algorithm.
        let fallback = if scene == Scene::Request { SignType::Md5 } else { by_length };
        let mut message = Self {
            scene,
            fields,
            states: Vec::with_capacity(fields.len()),
            renamed: Vec::new(),
            pairs: Vec::with_capacity(fields.len() + 2),
            added: Vec::new(),
            own_sign,
            sign_type: known.unwrap_or(fallback),
            sign_type_known: known.is_some(),
        };
        message.place(sign_name, options);
        message.complete(options);
        message
    }

    /// The value that is signed under this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|pair| pair.name == name && pair.signed).map(|pair| &*pair.value)
    }

    /// The field of this name, as pasted.
    pub(super) fn field(&self, name: &str) -> Option<&'a ReadField> {
        last(self.fields, name)
    }

    fn place(&mut self, sign_name: &str, options: &Options<'_>) {
        for (index, field) in self.fields.iter().enumerate() {
            let canonical = match self.scene {
                Scene::Invoke => canonical(&field.name, &INVOKE),
                Scene::App => canonical(&field.name, &APP),
                Scene::Request | Scene::Reply | Scene::Notice | Scene::RefundNotice => None,
            };
            let in_set = !matches!(self.scene, Scene::Invoke | Scene::App) || canonical.is_some();
            let signed_as = canonical.filter(|name| *name != field.name);
            let again = self.fields.iter().skip(index + 1).any(|later| later.name == field.name);
            let is_key = options
                .keys
                .iter()
                .any(|key| key.bytes == field.value.as_bytes() && !key.bytes.is_empty());
            let why = if field.name == sign_name || field.name == "sign" {
                Why::IsSign
            } else if is_key {
                Why::IsKey
            } else if field.value.is_empty() {
                Why::Empty
            } else if again {
                Why::Duplicate
            } else if !in_set {
                Why::NotInSet
            } else {
                Why::Signed
            };
            self.states.push((why, signed_as));
            if let Some(name) = signed_as {
                self.renamed.push((name, &field.name));
            }
            self.pairs.push(Pair {
                name: Cow::Borrowed(canonical.unwrap_or(&field.name)),
                value: Cow::Borrowed(&field.value),
                signed: why == Why::Signed,
            });
        }
    }

    /// Adds what the client is not given but the signature covers.
    fn complete(&mut self, options: &Options<'a>) {
        if self.scene != Scene::Invoke {
            return;
        }
        if self.get("appId").is_none()
            && let Some(appid) = options.appid
        {
            self.add("appId", Cow::Borrowed(appid));
        }
        if self.get("signType").is_none() {
            self.add("signType", Cow::Borrowed(self.sign_type.as_str()));
        }
        if self.get("package").is_none()
            && let Some(field) = self.field("prepay_id").filter(|field| !field.value.is_empty())
        {
            let mut package = alloc::string::String::from("prepay_id=");
            package.push_str(&field.value);
            self.add("package", Cow::Owned(package));
        }
    }

    fn add(&mut self, name: &'static str, value: Cow<'a, str>) {
        self.added.push((name, value.clone()));
        self.pairs.push(Pair { name: Cow::Borrowed(name), value, signed: true });
    }
}

fn last<'a>(fields: &'a [ReadField], name: &str) -> Option<&'a ReadField> {
    fields.iter().rev().find(|field| field.name == name)
}

/// The name of the set that differs only by case or `_`.
fn canonical(name: &str, set: &[&'static str]) -> Option<&'static str> {
    let name = if name.eq_ignore_ascii_case("packageValue") { "package" } else { name };
    set.iter().find(|known| same_name(known, name)).copied()
}

fn guess_scene(reading: &Reading) -> Scene {
    let has = |name: &str| reading.fields.iter().any(|field| field.name.eq_ignore_ascii_case(name));
    if has("req_info") {
        Scene::RefundNotice
    } else if has("prepayid") || has("partnerid") {
        Scene::App
    } else if has("paySign") || has("package") || has("timeStamp") && has("nonceStr") {
        Scene::Invoke
    } else if (has("return_code") || has("result_code"))
        && has("transaction_id")
        && has("time_end")
        && !has("trade_state")
    {
        Scene::Notice
    } else if has("return_code") || has("result_code") {
        Scene::Reply
    } else {
        Scene::Request
    }
}
