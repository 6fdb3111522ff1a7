//! What all XML calls share: the checks before the call's own rules, and the signed reply around its answer.
//!
//! The order is: POST with a body, strict XML, a known mch_id, the signature, the fields, appid. Up to the signature
//! a refusal is `return_code=FAIL` without a signature; behind it, a signed `result_code=FAIL` with an err_code.

use wxpay_core::messages::{ErrCode, FieldError};
use wxpay_core::xml::{self, XmlError};
use wxpay_core::{Params, SignType, sign, verify};

use super::signature::why_signature_failed;
use super::{Answer, Call, Damage, Fields, Refusal, Request, short_url};
use crate::certificate;
use crate::http::Received;
use crate::world::World;

/// What a fault does to an otherwise right reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tamper<'a> {
    #[default]
    Nothing,
    /// The signature is another's.
    WrongSign,
    /// There is no signature.
    NoSign,
    /// SYSTEMERROR, and nothing was done.
    SystemError,
    /// SYSTEMERROR, and yet it was done.
    SystemErrorApplied,
    /// reverse: not done, and to be called again.
    Recall,
    /// The bill is not what it should be.
    Bill(Damage),
    /// This code, and nothing was done.
    ErrCode(&'a str),
    /// This code, and yet it was done.
    ErrCodeApplied(&'a str),
}

/// A reply's parameters and what the simulator thought.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) params: Params,
    pub(crate) note: String,
}

/// An unsigned refusal: `return_msg` for the merchant, a note for the log.
pub(super) struct NotAccepted {
    pub(super) return_msg: String,
    pub(super) note: String,
}

/// The order a request claims to be about; nothing is checked.
pub(crate) fn claimed_out_trade_no(world: &World, body: &[u8]) -> Option<String> {
    let params = xml::from_xml(body).ok()?;
    let own = |number: &str| (params.get("mch_id").unwrap_or_default().to_owned(), number.into());
    let by_refund_id = params.filled("refund_id").and_then(|id| world.refund_ids.get(id)).cloned();
    let refund_key = by_refund_id.or_else(|| params.filled("out_refund_no").map(own));
    if let Some((_, out_trade_no)) = refund_key.and_then(|key| world.refund_orders.get(&key)) {
        return Some(out_trade_no.clone());
    }
    let by_transaction = params.filled("transaction_id").and_then(|id| world.transactions.get(id));
    match by_transaction {
        Some((_, out_trade_no)) => Some(out_trade_no.clone()),
        None => params.filled("out_trade_no").map(str::to_owned),
    }
}

/// Answers one of the XML calls.
pub(crate) fn answer_xml(
    world: &mut World,
    call: Call,
    received: &Received,
    tamper: Tamper<'_>,
) -> Reply {
    let request = match open(world, call, received) {
        Ok(request) => request,
        Err(refused) => return unsigned(&refused),
    };
    let verified = format!("signature verified ({})", request.sign_type);
    let answer = match tamper {
        Tamper::SystemError => Err(busy(call)),
        Tamper::SystemErrorApplied => checked(world, call, &request).and(Err(busy(call))),
        Tamper::ErrCode(code) => Err(told(call, code)),
        Tamper::ErrCodeApplied(code) => checked(world, call, &request).and(Err(told(call, code))),
        Tamper::Recall => Ok(vec![("recall", "Y".into())]),
        Tamper::Nothing | Tamper::WrongSign | Tamper::NoSign | Tamper::Bill(_) => {
            checked(world, call, &request)
        }
    };
    let note = match &answer {
        Ok(_) => verified,
        Err(refusal) => format!("{verified}; {}: {}", refusal.code, refusal.code.meaning()),
    };
    let sealed = if call.reply_is_signed() {
        seal(world, &request, answer, tamper)
    } else {
        Params::from_pairs(with_codes(Fields::new(), answer)).ok()
    };
    sealed.map_or_else(
        || unsigned(&not_accepted("系统错误", "the reply is too large")),
        |params| Reply { params, note },
    )
}

/// Everything up to the signature, and the fields every request has.
pub(super) fn open(world: &World, call: Call, received: &Received) -> Result<Request, NotAccepted> {
    if received.method != "POST" {
        return Err(not_accepted("REQUIRE_POST_METHOD", "the request is not a POST"));
    }
    let mut params = xml::from_xml(&received.body).map_err(|error| match error {
        XmlError::Empty => not_accepted("POST_DATA_EMPTY", "the request has no body"),
        XmlError::NotUtf8 { .. } => not_accepted("NOT_UTF8", error),
        error => not_accepted("XML_FORMAT_ERROR", error),
    })?;
    if call == Call::ShortUrl {
        short_url::decode(&mut params);
    }
    let mch_id =
        params.filled("mch_id").ok_or(not_accepted("缺少参数", "mch_id: missing"))?.to_owned();
    let merchant =
        world.merchant(&mch_id).ok_or(not_accepted("MCHID_NOT_EXIST", "mch_id: unknown"))?;
    let sign_type = match params.filled("sign_type") {
        None => SignType::Md5,
        Some(word) => word.parse().map_err(|error| not_accepted("参数格式校验错误", error))?,
    };
    let verified = verify(params.clone(), sign_type, &merchant.key).map_err(|error| {
        let why = why_signature_failed(&params, sign_type, merchant, &world.merchants);
        not_accepted("签名错误", format!("{error}; {why}"))
    })?;
    check_sub_merchant(world, call, &mch_id, &params)?;
    match call.check(verified.params()) {
        Err(error) if is_common(error.field) => Err(not_accepted(words(&error), error)),
        // The field errors of the call itself are answered with a signature, by `checked`.
        Ok(()) | Err(_) => {
            let wrong_certificate = certificate::is_of_another(received, &mch_id);
            Ok(Request { params, sign_type, mch_id, wrong_certificate })
        }
    }
}

/// The rules behind the signature: the certificate, the call's fields, appid, then the call itself.
fn checked(world: &mut World, call: Call, request: &Request) -> Answer {
    if request.wrong_certificate {
        return Err(Refusal::new(ErrCode::CertError, "证书验证失败"));
    }
    if let Err(error) = call.check(&request.params) {
        let code = if error.missing { ErrCode::LackParams } else { ErrCode::ParamError };
        return Err(Refusal::new(code, format!("{}:{}", words(&error), error.field)));
    }
    check_appid(world, request)?;
    call.answer(world, request)
}

/// The appid must be there and bound to the merchant.
pub(super) fn check_appid(world: &World, request: &Request) -> Result<(), Refusal> {
    let appid = request.params.get("appid").unwrap_or_default();
    let mut known = world.merchants.iter().filter(|merchant| merchant.appid == appid).peekable();
    if known.peek().is_none() {
        return Err(Refusal::new(ErrCode::AppidNotExist, "appid不存在"));
    }
    if !known.any(|merchant| merchant.mch_id == request.mch_id) {
        return Err(Refusal::new(ErrCode::AppidMchidNotMatch, "appid和mch_id不匹配"));
    }
    Ok(())
}

/// A service provider names a shop of its own (reference: service-provider mode).
fn check_sub_merchant(
    world: &World,
    call: Call,
    mch_id: &str,
    params: &Params,
) -> Result<(), NotAccepted> {
    if !world.is_provider(mch_id) {
        return Ok(());
    }
    let Some(sub_mch_id) = params.filled("sub_mch_id") else {
        if call.is_download() {
            // A bill without one is of all shops.
            return Ok(());
        }
        return Err(not_accepted("受理机构必须传入sub_mch_id", "sub_mch_id: missing"));
    };
    if sub_mch_id == mch_id {
        let note = "sub_mch_id: expected another than mch_id";
        return Err(not_accepted("sub_mch_id与mch_id不能相同", note));
    }
    let Some(shop) = world.shop(mch_id, sub_mch_id) else {
        return Err(not_accepted("受理关系不存在", "sub_mch_id: not a shop of this provider"));
    };
    let own = shop.app.as_ref().map(|(appid, _)| appid.as_str());
    match params.filled("sub_appid") {
        Some(sub_appid) if own != Some(sub_appid) => {
            Err(not_accepted("sub_appid和sub_mch_id不匹配", "sub_appid: not this shop's"))
        }
        Some(_) | None => Ok(()),
    }
}

/// Adds what every reply carries and signs it with the request's algorithm.
fn seal(
    world: &mut World,
    request: &Request,
    answer: Answer,
    tamper: Tamper<'_>,
) -> Option<Params> {
    let mut fields: Fields = vec![("nonce_str", world.ids.nonce_str())];
    for name in ["appid", "mch_id", "sub_appid", "sub_mch_id"] {
        if let Some(value) = request.params.filled(name) {
            fields.push((name, value.into()));
        }
    }
    let mut params = Params::from_pairs(with_codes(fields, answer)).ok()?;
    let key = &world.merchant(&request.mch_id)?.key;
    let signature = match tamper {
        Tamper::NoSign => return Some(params),
        Tamper::WrongSign => world.ids.wrong_signature(request.sign_type.hex_len()),
        Tamper::Nothing
        | Tamper::SystemError
        | Tamper::SystemErrorApplied
        | Tamper::ErrCode(_)
        | Tamper::ErrCodeApplied(_)
        | Tamper::Recall
        | Tamper::Bill(_) => sign(&params, request.sign_type, key).to_string(),
    };
    params.set("sign", &signature).ok()?;
    Some(params)
}

/// The codes that say whether it was done, and what the call itself says.
fn with_codes(mut fields: Fields, answer: Answer) -> Fields {
    fields.extend([("return_code", "SUCCESS".into()), ("return_msg", "OK".into())]);
    match answer {
        Ok(own) => {
            fields.push(("result_code", "SUCCESS".into()));
            fields.extend(own);
        }
        Err(refusal) => {
            fields.extend([
                ("result_code", "FAIL".into()),
                ("err_code", refusal.code.as_str().into()),
                ("err_code_des", refusal.description),
            ]);
            fields.extend(refusal.more);
        }
    }
    fields
}

fn unsigned(refused: &NotAccepted) -> Reply {
    let fields = [("return_code", "FAIL"), ("return_msg", refused.return_msg.as_str())];
    let params = Params::from_pairs(fields).unwrap_or_default();
    Reply { params, note: refused.note.clone() }
}

fn not_accepted(return_msg: &str, note: impl ToString) -> NotAccepted {
    NotAccepted { return_msg: return_msg.into(), note: note.to_string() }
}

fn busy(call: Call) -> Refusal {
    with_recall(call, Refusal::new(ErrCode::SystemError, "系统繁忙，请稍后再试"))
}

/// A code that a fault asks for.
fn told(call: Call, code: &str) -> Refusal {
    let code = ErrCode::from(code);
    let meaning = code.meaning();
    with_recall(call, Refusal::new(code, meaning))
}

/// reverse says whether it is to be called again.
fn with_recall(call: Call, refusal: Refusal) -> Refusal {
    if call != Call::Reverse {
        return refusal;
    }
    let recall = if refusal.code.is_final() { "N" } else { "Y" };
    refusal.with("recall", recall)
}

fn words(error: &FieldError) -> &'static str {
    if error.missing { "缺少参数" } else { "参数格式校验错误" }
}

fn is_common(field: &str) -> bool {
    let common = ["appid", "mch_id", "sub_appid", "sub_mch_id", "nonce_str", "sign", "sign_type"];
    common.contains(&field)
}
