//! downloadbill and downloadfundflow: text when there is a bill, unsigned XML when there is none (reference:
//! downloadbill, downloadfundflow).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use wxpay_core::messages::ErrCode;
use wxpay_core::{Params, messages::FieldError};

use super::envelope::{Tamper, open};
use super::{Call, Request, envelope};
use crate::bill::{self, BillKind, BillRow, Day, Ready, RowKind};
use crate::http::Received;
use crate::world::World;

const DAY_MS: i64 = 24 * 3_600_000;

/// What a fault does to a bill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Damage {
    /// The second half is missing, and nothing on the wire tells.
    Cut,
    /// It is that of the day before.
    OtherDay,
    /// The packed bytes are broken.
    Gzip,
}

/// What comes back.
#[derive(Debug)]
pub(crate) enum Downloaded {
    Text(Vec<u8>),
    Packed(Vec<u8>),
    Refused(Params),
}

/// Why there is no bill.
struct NoBill {
    /// Of downloadfundflow.
    code: ErrCode,
    /// The words of downloadbill.
    return_msg: String,
}

/// The reply and a note.
pub(crate) fn answer(
    world: &World,
    call: Call,
    received: &Received,
    tamper: Tamper<'_>,
) -> (Downloaded, String) {
    let request = match open(world, call, received) {
        Ok(request) => request,
        Err(refused) => return (not_accepted(call, &refused.return_msg), refused.note),
    };
    let made = match tamper {
        Tamper::SystemError | Tamper::SystemErrorApplied => Err(busy()),
        Tamper::ErrCode(code) | Tamper::ErrCodeApplied(code) => {
            Err(NoBill { code: ErrCode::from(code), return_msg: code.into() })
        }
        Tamper::Bill(damage) => make(world, call, &request, Some(damage)),
        Tamper::Nothing | Tamper::WrongSign | Tamper::NoSign | Tamper::Recall => {
            make(world, call, &request, None)
        }
    };
    match made {
        Ok(bill) => (bill, format!("signature verified ({})", request.sign_type)),
        Err(no_bill) => {
            let note = format!("signature verified ({}); no bill", request.sign_type);
            (refused(call, &no_bill), note)
        }
    }
}

fn make(
    world: &World,
    call: Call,
    request: &Request,
    damage: Option<Damage>,
) -> Result<Downloaded, NoBill> {
    if request.wrong_certificate {
        return Err(NoBill { code: ErrCode::CertError, return_msg: "证书验证失败".into() });
    }
    call.check(&request.params).map_err(bad_field)?;
    envelope::check_appid(world, request).map_err(|refusal| NoBill {
        return_msg: refusal.code.as_str().into(),
        code: refusal.code,
    })?;
    let bill_date = request.params.get("bill_date").unwrap_or_default();
    let day = Day::new(bill_date).ok_or_else(none)?;
    match day.ready(world) {
        Ready::Yes => {}
        Ready::NotYet => return Err(creating()),
        Ready::Never => return Err(none()),
    }
    let mut text = write_bill(world, call, request, day, damage)?;
    if damage == Some(Damage::Cut) {
        text.truncate(text.len() / 2);
    }
    if request.params.filled("tar_type").is_none() {
        return Ok(Downloaded::Text(text));
    }
    let mut packed = pack(&text).map_err(|_| busy())?;
    if damage == Some(Damage::Gzip) {
        let middle = packed.len() / 2;
        packed.iter_mut().skip(middle).take(8).for_each(|byte| *byte = !*byte);
    }
    Ok(Downloaded::Packed(packed))
}

/// The bill's text; an empty bill does not exist.
fn write_bill(
    world: &World,
    call: Call,
    request: &Request,
    day: Day,
    damage: Option<Damage>,
) -> Result<Vec<u8>, NoBill> {
    let back_ms = if damage == Some(Damage::OtherDay) { DAY_MS } else { 0 };
    let mut text = Vec::new();
    let params = &request.params;
    let written = if call == Call::DownloadFundFlow {
        let mut rows = bill::fund_flow_rows(world, &request.mch_id, day);
        if params.get("account_type") != Some("Basic") || rows.is_empty() {
            return Err(none());
        }
        rows.iter_mut().for_each(|row| row.at_ms -= back_ms);
        bill::write_fund_flow(rows, &mut text)
    } else {
        let wanted = params.filled("bill_type").unwrap_or("ALL");
        let kind = kind(wanted).ok_or_else(none)?;
        let sub_mch_id = params.filled("sub_mch_id");
        let mut rows = bill::bill_rows(world, &request.mch_id, sub_mch_id, day);
        rows.retain(|row| is_on(kind, row));
        if rows.is_empty() {
            return Err(none());
        }
        rows.iter_mut().for_each(|row| row.at_ms -= back_ms);
        bill::write(kind, rows, &mut text)
    };
    written.map(|()| text).map_err(|_| busy())
}

/// Recharge coupons are not simulated, so there is never a bill of their refunds.
fn kind(bill_type: &str) -> Option<BillKind> {
    match bill_type {
        "ALL" => Some(BillKind::All),
        "SUCCESS" => Some(BillKind::Success),
        "REFUND" => Some(BillKind::Refund),
        _ => None,
    }
}

fn is_on(kind: BillKind, row: &BillRow) -> bool {
    match (kind, &row.kind) {
        (BillKind::All, _)
        | (BillKind::Success, RowKind::Payment)
        | (BillKind::Refund, RowKind::Refund(_) | RowKind::Reversal(_)) => true,
        (BillKind::Success, RowKind::Refund(_) | RowKind::Reversal(_))
        | (BillKind::Refund, RowKind::Payment) => false,
    }
}

fn pack(text: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

fn none() -> NoBill {
    NoBill { code: ErrCode::NoBillExist, return_msg: "No Bill Exist".into() }
}

fn creating() -> NoBill {
    NoBill { code: ErrCode::BillCreating, return_msg: "Bill Creating".into() }
}

fn busy() -> NoBill {
    NoBill { code: ErrCode::SystemError, return_msg: ErrCode::SystemError.as_str().into() }
}

fn bad_field(error: FieldError) -> NoBill {
    let return_msg = match (error.missing, error.field) {
        (true, _) => "missing parameter",
        (false, "bill_type") => "invalid bill_type",
        (false, _) => "data format error",
    };
    NoBill { code: ErrCode::ParamError, return_msg: return_msg.into() }
}

fn refused(call: Call, no_bill: &NoBill) -> Downloaded {
    if call == Call::DownloadFundFlow {
        return xml(&[
            ("return_code", "SUCCESS"),
            ("result_code", "FAIL"),
            ("err_code", no_bill.code.as_str()),
            ("err_code_des", &no_bill.return_msg),
        ]);
    }
    let is_none = no_bill.code == ErrCode::NoBillExist;
    bill_error(&no_bill.return_msg, is_none.then_some("20002"))
}

/// What comes before the fields are looked at, in the words of the call.
fn not_accepted(call: Call, return_msg: &str) -> Downloaded {
    if call == Call::DownloadFundFlow {
        return xml(&[("return_code", "FAIL"), ("return_msg", return_msg)]);
    }
    match return_msg {
        "签名错误" => bill_error("SIGN ERROR", Some("20001")),
        "缺少参数" => bill_error("missing parameter", None),
        "参数格式校验错误" => bill_error("data format error", None),
        other => bill_error(other, None),
    }
}

/// downloadbill has an `error_code` of its own; only two of them are known.
fn bill_error(return_msg: &str, error_code: Option<&str>) -> Downloaded {
    let mut fields = vec![("return_code", "FAIL"), ("return_msg", return_msg)];
    fields.extend(error_code.map(|code| ("error_code", code)));
    xml(&fields)
}

fn xml(fields: &[(&str, &str)]) -> Downloaded {
    Downloaded::Refused(Params::from_pairs(fields.iter().copied()).unwrap_or_default())
}
