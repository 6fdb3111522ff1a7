//! What the phone does before it shows the payment sheet: it checks the second signature, or reads a QR code.

use serde_json::{Map, Value, json};
use wxpay_core::messages::TradeType;
use wxpay_core::{Params, verify};

use crate::calls::why_signature_failed;
use crate::order::Order;
use crate::simulator::Simulator;
use crate::world::World;

/// The arguments of wx.requestPayment, and the appid of the mini program that calls it.
const MINI_PROGRAM: [&str; 6] =
    ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"];
/// What an app hands to the OpenSDK, by the names that are signed.
const APP: [&str; 7] =
    ["appid", "partnerid", "prepayid", "package", "noncestr", "timestamp", "sign"];

/// Why the sheet does not open: the phone's words, and a note for the developer.
struct Failed {
    words: String,
    note: String,
}

/// The order a sheet is shown for.
struct Found {
    order: Order,
    shop_name: String,
}

/// What wx.requestPayment does before the sheet is shown: reads its arguments and checks the second signature.
pub(crate) fn request_payment(simulator: &Simulator, arguments: &Map<String, Value>) -> Value {
    let base_url = simulator.base_url();
    match simulator.read(|world| check_mini_program(world, arguments)) {
        Ok(found) => found.sheet(base_url),
        Err(Failed { words, note }) => {
            json!({"ok": false, "errMsg": format!("requestPayment:fail {words}"), "note": note})
        }
    }
}

/// What the OpenSDK does with an app's PayReq (reference: APP pay).
pub(crate) fn pay_request(simulator: &Simulator, arguments: &Map<String, Value>) -> Value {
    match simulator.read(|world| check_app(world, arguments)) {
        Ok(found) => found.sheet(simulator.base_url()),
        Err(Failed { words, note }) => {
            json!({"ok": false, "errCode": -1, "errMsg": words, "note": note})
        }
    }
}

/// What a phone does with the text of a QR code (reference: NATIVE, mode 2).
pub(crate) fn scan(simulator: &Simulator, code_url: &str) -> Value {
    let found = simulator.read(|world| {
        let order = world
            .code_urls
            .get(code_url)
            .and_then(|prepay_id| Some((world.order(prepay_id)?, prepay_id)));
        let (order, prepay_id) =
            order.ok_or(failed("二维码无效", "code_url: there is no such code_url"))?;
        payable(world, order, prepay_id)
    });
    match found {
        Ok(found) => found.sheet(simulator.base_url()),
        Err(Failed { words, note }) => json!({"ok": false, "errMsg": words, "note": note}),
    }
}

impl Found {
    fn sheet(&self, base_url: &str) -> Value {
        let order = &self.order;
        json!({
            "ok": true,
            "prepay_id": order.prepay_id(),
            "cashier_url": format!("{base_url}/cashier/{}", order.prepay_id()),
            "body": order.field("body"),
            "total_fee": order.total_fee(),
            "merchant_name": self.shop_name,
        })
    }
}

fn check_mini_program(world: &World, arguments: &Map<String, Value>) -> Result<Found, Failed> {
    let mut params = Params::new();
    for name in MINI_PROGRAM {
        let value = text(arguments, name)?;
        let name = if name == "paySign" { "sign" } else { name };
        params.insert(name, value).map_err(|error| failed("parameter error", error))?;
    }
    let package = params.get("package").unwrap_or_default();
    let prepay_id = package.strip_prefix("prepay_id=");
    let prepay_id =
        prepay_id.ok_or(failed("parameter error", "package: expected prepay_id=..."))?;
    check_time(&params, "timeStamp")?;
    let order = world.order(prepay_id);
    let order = order.ok_or(failed("prepay_id无效", "package: there is no such prepay_id"))?;
    check_way(&order, TradeType::Jsapi)?;
    let appid = params.get("appId").unwrap_or_default();
    if appid != order.appid() && appid != order.field("sub_appid") {
        return Err(wrong_sign("appId: the order belongs to another one"));
    }
    if params.get("signType") != Some(order.sign_type.as_str()) {
        let note = format!("signType: the order was made with {}", order.sign_type);
        return Err(wrong_sign(note));
    }
    check_sign(world, &order, &params, "paySign")?;
    payable(world, order, prepay_id)
}

fn check_app(world: &World, arguments: &Map<String, Value>) -> Result<Found, Failed> {
    let mut params = Params::new();
    for name in APP {
        let value = text(arguments, name)?;
        params.insert(name, value).map_err(|error| failed("parameter error", error))?;
    }
    check_time(&params, "timestamp")?;
    if params.get("package") != Some("Sign=WXPay") {
        return Err(failed("parameter error", "package: expected Sign=WXPay"));
    }
    let prepay_id = params.get("prepayid").unwrap_or_default();
    let order = world.order(prepay_id);
    let order = order.ok_or(failed("prepay_id无效", "prepayid: there is no such prepay_id"))?;
    check_way(&order, TradeType::App)?;
    let appid = params.get("appid").unwrap_or_default();
    if appid != order.appid() && appid != order.field("sub_appid") {
        return Err(wrong_sign("appid: the order belongs to another one"));
    }
    let partnerid = params.get("partnerid").unwrap_or_default();
    if partnerid != order.mch_id() && partnerid != order.field("sub_mch_id") {
        return Err(wrong_sign("partnerid: the order belongs to another one"));
    }
    check_sign(world, &order, &params, "sign")?;
    payable(world, order, prepay_id)
}

/// An argument, which must be a filled string.
fn text<'a>(arguments: &'a Map<String, Value>, name: &str) -> Result<&'a str, Failed> {
    let found = match arguments.get(name) {
        Some(Value::String(text)) if !text.is_empty() => return Ok(text),
        Some(Value::String(_)) => "an empty String",
        None => "Undefined",
        Some(Value::Null) => "Null",
        Some(Value::Bool(_)) => "Boolean",
        Some(Value::Number(_)) => "Number",
        Some(Value::Array(_)) => "Array",
        Some(Value::Object(_)) => "Object",
    };
    let words = format!("parameter error: parameter.{name} should be String instead of {found};");
    Err(Failed { words, note: format!("{name}: expected text") })
}

fn check_time(params: &Params, name: &'static str) -> Result<(), Failed> {
    let time = params.get(name).unwrap_or_default();
    if time.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(());
    }
    Err(failed("parameter error", format!("{name}: expected seconds since 1970")))
}

/// A prepay_id opens the sheet in the way it was made for.
fn check_way(order: &Order, way: TradeType) -> Result<(), Failed> {
    if order.trade_type() == way {
        return Ok(());
    }
    let note = format!("trade_type: the order was made for {}", order.trade_type());
    Err(failed("支付场景非法", note))
}

/// The second signature must be made with the order's algorithm and key.
fn check_sign(
    world: &World,
    order: &Order,
    params: &Params,
    name: &'static str,
) -> Result<(), Failed> {
    let merchant = world.merchant_of(order);
    let merchant = merchant.ok_or_else(|| wrong_sign("the merchant is unknown"))?;
    match verify(params.clone(), order.sign_type, &merchant.key) {
        Ok(_) => Ok(()),
        Err(_) => {
            let why = why_signature_failed(params, order.sign_type, merchant, &world.merchants);
            Err(wrong_sign(format!("{name}: {why}")))
        }
    }
}

fn payable(world: &World, order: Order, prepay_id: &str) -> Result<Found, Failed> {
    let payable = order.check_payable(prepay_id, world.now_ms);
    payable.map_err(|error| failed(error.words(), error))?;
    let shop_name = world.shop_name(&order).unwrap_or_default().to_owned();
    Ok(Found { order, shop_name })
}

fn wrong_sign(note: impl ToString) -> Failed {
    failed("支付验证签名失败", note)
}

fn failed(words: &str, note: impl ToString) -> Failed {
    Failed { words: words.into(), note: note.to_string() }
}
