//! Bills: when they are there, what is on them, and what can be wrong with them. Read with core's readers.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use std::io::{Read, Write};

use flate2::read::GzDecoder;
use support::refunds::part;
use support::scanner::{HMAC, reverse, scan};
use support::{NONCE, OTHER_APPID, OTHER_KEY, OTHER_MCH_ID, World, fen, identity, key};
use wxpay_core::bill::{BillError, FundFlow, FundRow, Summary, TradeBill, TradeRow};
use wxpay_core::messages::download_bill::{self, BillType, DownloadError};
use wxpay_core::messages::download_fundflow::{self, AccountType};
use wxpay_core::messages::refund::RefundStatus;
use wxpay_core::messages::{Identity, TradeType};
use wxpay_core::{ApiKey, Params, xml};
use wxpay_simulator::bill::{BillKind, BillRow, RowKind, write};
use wxpay_simulator::{Behaviour, Call, Fault, FaultKind, Outcome, World as Wechat};

const DAY: &str = "20260101";
const DAY_S: i64 = 86_400;

/// The order of one day's business, seen at ten o'clock of the next.
async fn world_with_a_day() -> World {
    let world = World::start().await;
    let order = world.order("T1").with("body", "tea, green").with("attach", "till 3");
    world.place_order(&order).await;
    world.place("T2", HMAC).await;
    world.place("T3", HMAC).await;
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    world.pass_s(60);
    let coupon = Outcome::PayWithCoupon { coupon_fee: fen(30) };
    world.wechat.pay("T2", coupon).await.unwrap();
    scan(&world, "M1", Behaviour::Pays).await;
    world.pass_s(30);
    reverse(&world, "M1").await;
    world.pass_s(22 * 3600);
    world
}

fn request(day: &str, bill_type: BillType, gzip: bool) -> Params {
    download_bill::request(day, bill_type, gzip, &identity(), NONCE, HMAC, &key()).unwrap()
}

async fn download(world: &World, bill_type: BillType, gzip: bool) -> Vec<u8> {
    world.send(Call::DownloadBill, &request(DAY, bill_type, gzip)).await
}

async fn refused(world: &World, day: &str) -> DownloadError {
    let reply = world.send(Call::DownloadBill, &request(day, BillType::All, true)).await;
    download_bill::read_error(&xml::from_xml(&reply).unwrap())
}

fn read(text: &[u8]) -> (Vec<TradeRow>, Result<Summary, BillError>) {
    let (mut bill, mut rows) = (TradeBill::new(), Vec::new());
    let pushed = bill.push(text, &mut rows);
    let finished = pushed.and_then(|()| bill.finish());
    (rows, finished)
}

fn unpack(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(packed).read_to_end(&mut text).map(|_| text)
}

#[tokio::test]
async fn a_bill_is_there_from_ten_o_clock_of_the_next_day_for_three_months() {
    let world = World::start().await;
    world.place("T1", HMAC).await;
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    assert_eq!(refused(&world, DAY).await, DownloadError::NoBill, "the day is not over");
    world.pass_s(12 * 3600);
    assert_eq!(refused(&world, DAY).await, DownloadError::NotReady);
    world.pass_s(10 * 3600 - 1);
    assert_eq!(refused(&world, DAY).await, DownloadError::NotReady);
    world.pass_s(1);
    assert_eq!(read(&download(&world, BillType::All, false).await).0.len(), 1);
    for day in ["20251231", "20260102", "20260103"] {
        assert_eq!(refused(&world, day).await, DownloadError::NoBill, "{day}");
    }
    world.pass_s(90 * DAY_S);
    assert_eq!(read(&download(&world, BillType::All, false).await).0.len(), 1);
    world.pass_s(DAY_S);
    assert_eq!(refused(&world, DAY).await, DownloadError::NoBill);
}

#[tokio::test]
async fn with_bills_at_once_today_s_is_there() {
    let world = World::start_with(|config| config.bills_at_once = true).await;
    assert_eq!(refused(&world, DAY).await, DownloadError::NoBill, "nobody has paid");
    world.place("T1", HMAC).await;
    assert_eq!(refused(&world, DAY).await, DownloadError::NoBill, "an unpaid order is not on it");
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    assert_eq!(read(&download(&world, BillType::All, false).await).0.len(), 1);
}

#[tokio::test]
async fn the_bill_holds_what_really_moved() {
    let world = world_with_a_day().await;
    let text = download(&world, BillType::All, false).await;
    let (rows, summary) = read(&text);
    let lines: Vec<_> = summary.unwrap().columns;
    let value = |name: &str| lines.iter().find(|(column, _)| column == name).unwrap().1.clone();
    assert_eq!(value("总交易单数"), "4");
    assert_eq!((value("订单总金额"), value("应结订单总金额")), ("2.64".into(), "2.34".into()));
    assert_eq!((value("退款总金额"), value("申请退款总金额")), ("0.88".into(), "0.88".into()));

    let ids: Vec<_> =
        rows.iter().map(|row| (row.out_trade_no.as_str(), row.trade_state.as_str())).collect();
    let wanted = [("T1", "SUCCESS"), ("M1", "SUCCESS"), ("T2", "SUCCESS"), ("M1", "REVOKED")];
    assert_eq!(ids, wanted);
    let (paid, coupon, reversed) = (&rows[0], &rows[2], &rows[3]);
    let entry = world.wechat.ledger().remove(0);
    assert_eq!((paid.time * 1000, &paid.transaction_id), (entry.at, &entry.transaction_id));
    assert_eq!((paid.body.as_str(), paid.attach.as_str()), ("tea, green", "till 3"));
    assert_eq!((paid.openid.clone(), paid.sub_mch_id.clone()), (world.alice().openid, None));
    assert_eq!((paid.total_fee, paid.settlement_total_fee), (fen(88), Some(fen(88))));
    assert_eq!((paid.refund.clone(), paid.rate.as_str()), (None, "0.60%"));
    assert_eq!(paid.service_fee.unwrap().to_string(), "0.01000");
    assert_eq!(coupon.total_fee, fen(88));
    assert_eq!((coupon.settlement_total_fee, coupon.coupon_fee), (Some(fen(58)), Some(fen(30))));
    assert_eq!(coupon.service_fee.unwrap().to_string(), "0.00000");
    let refund = reversed.refund.as_ref().unwrap();
    assert_eq!((refund.refund_fee, refund.out_refund_no.as_str()), (fen(88), "M1"));
    assert_eq!((refund.refund_id.len(), refund.refund_status.as_str()), (28, "SUCCESS"));
    assert_eq!(reversed.service_fee.unwrap().to_string(), "-0.01000");
    assert_eq!((reversed.trade_type.as_str(), reversed.total_fee), ("MICROPAY", fen(0)));
    assert!(rows.iter().all(|row| row.others.is_empty()));
}

#[tokio::test]
async fn refunds_are_on_the_bill_of_their_own_day() {
    let world = World::start().await;
    for no in ["T1", "T3"] {
        world.paid(no).await;
    }
    world.place("T2", HMAC).await;
    let coupon = Outcome::PayWithCoupon { coupon_fee: fen(30) };
    world.wechat.pay("T2", coupon).await.unwrap();
    world.wechat.set_refund_outcome("T3", RefundStatus::RefundClose).unwrap();
    world.pass_s(DAY_S);
    for (no, refund_no, fee) in [("T1", "R1", 30), ("T2", "R2", 44), ("T3", "R3", 88)] {
        world.refunded(&part(no, refund_no, fee)).await;
    }
    let ended =
        |world: &Wechat| world.refunds().all(|refund| refund.status != RefundStatus::Processing);
    world.wechat.wait_until(ended).await.unwrap();
    world.pass_s(60);
    world.refunded(&part("T1", "R4", 8)).await;
    world.pass_s(22 * 3600);
    let (paid, _) = read(&download(&world, BillType::All, false).await);
    assert_eq!(paid.len(), 3);
    assert!(paid.iter().all(|row| row.trade_state == "SUCCESS" && row.refund.is_none()));

    let next = request("20260102", BillType::All, false);
    let (rows, summary) = read(&world.send(Call::DownloadBill, &next).await);
    let parts: Vec<_> = rows
        .iter()
        .map(|row| {
            let part = row.refund.as_ref().unwrap();
            let settled = part.settlement_refund_fee.unwrap();
            (row.out_trade_no.as_str(), part.out_refund_no.as_str(), part.refund_fee, settled)
        })
        .collect();
    // A refund that was closed has moved nothing.
    let wanted = [
        ("T1", "R1", fen(30), fen(30)),
        ("T2", "R2", fen(44), fen(29)),
        ("T1", "R4", fen(8), fen(8)),
    ];
    assert_eq!(parts, wanted);
    assert!(rows.iter().all(|row| row.trade_state == "REFUND" && row.total_fee == fen(0)));
    let total = ("申请退款总金额".to_owned(), "0.82".to_owned());
    assert!(summary.unwrap().columns.contains(&total));
    let (known, row) = (world.wechat.refunds(), rows[0].refund.as_ref().unwrap());
    assert_eq!((&row.refund_id, row.refund_status.as_str()), (&known[0].refund_id, "SUCCESS"));
}

#[tokio::test]
async fn bills_are_written_as_wechat_writes_them() {
    let world = world_with_a_day().await;
    for (bill_type, columns, rows) in
        [(BillType::All, 27, 4), (BillType::Success, 20, 3), (BillType::Refund, 29, 1)]
    {
        let text = download(&world, bill_type, false).await;
        let text = String::from_utf8(text).unwrap();
        let lines: Vec<_> = text.strip_prefix('\u{feff}').unwrap().split("\r\n").collect();
        assert_eq!(lines.len(), 1 + rows + 2 + 1, "{bill_type}");
        assert_eq!(lines[0].split(',').count(), columns);
        assert!(lines[1..=rows].iter().all(|line| line.split(",`").count() == columns));
        assert!(lines[1].starts_with("`2026-01-01 12:0"));
        assert!(lines[rows + 1].starts_with("总交易单数,") && lines[rows + 2].starts_with('`'));
        assert_eq!(lines.last(), Some(&""));
        assert!(!text.replace("\r\n", "").contains('\n'));
        let (read_rows, summary) = read(text.as_bytes());
        assert_eq!((read_rows.len(), summary.unwrap().rows), (rows, rows as u64));
    }
    let (refunds, _) = read(&download(&world, BillType::Refund, false).await);
    let refund = refunds[0].refund.as_ref().unwrap();
    assert_eq!(
        (refund.apply_time, refund.success_time),
        (Some(refunds[0].time), refund.apply_time)
    );
    let packed = download(&world, BillType::All, true).await;
    assert!(packed.starts_with(&[0x1f, 0x8b]));
    assert_eq!(unpack(&packed).unwrap(), download(&world, BillType::All, false).await);
    let log = world.wechat.messages(0);
    assert!(log.iter().any(|message| message.body.ends_with("bytes, packed)")));
}

#[tokio::test]
async fn a_bill_is_of_one_merchant() {
    let world = world_with_a_day().await;
    let other = Identity::direct(OTHER_APPID, OTHER_MCH_ID);
    let other_key = ApiKey::new(OTHER_KEY).unwrap();
    let request =
        download_bill::request(DAY, BillType::All, false, &other, NONCE, HMAC, &other_key);
    let reply = world.send(Call::DownloadBill, &request.unwrap()).await;
    let error = download_bill::read_error(&xml::from_xml(&reply).unwrap());
    assert_eq!(error, DownloadError::NoBill);
}

#[tokio::test]
async fn what_is_wrong_is_said_in_unsigned_xml() {
    let world = world_with_a_day().await;
    let ask = async |change: &[(&str, &str)], key: &str| {
        let mut params = request(DAY, BillType::All, true);
        params.remove("sign");
        for (name, value) in change {
            params.set(name, value).unwrap();
        }
        let signed = support::signed(params, HMAC, key);
        xml::from_xml(&world.send(Call::DownloadBill, &signed).await).unwrap()
    };
    for (change, key, return_msg, error_code) in [
        (&[][..], OTHER_KEY, "SIGN ERROR", Some("20001")),
        (&[("bill_date", "20260230")], support::KEY, "data format error", None),
        (&[("bill_date", "")], support::KEY, "missing parameter", None),
        (&[("bill_type", "NONE")], support::KEY, "invalid bill_type", None),
        (&[("bill_type", "RECHARGE_REFUND")], support::KEY, "No Bill Exist", Some("20002")),
        (&[("appid", OTHER_APPID)], support::KEY, "APPID_MCHID_NOT_MATCH", None),
    ] {
        let reply = ask(change, key).await;
        support::assert_fields(&reply, &[("return_code", "FAIL"), ("return_msg", return_msg)]);
        assert_eq!((reply.get("error_code"), reply.get("sign")), (error_code, None));
    }
}

#[tokio::test]
async fn bills_go_wrong_on_command() {
    let world = world_with_a_day().await;
    let fault = |kind| world.wechat.set_fault(Fault::new(Call::DownloadBill, kind)).unwrap();
    for gzip in [false, true] {
        fault(FaultKind::CutBill);
        let mut text = download(&world, BillType::All, gzip).await;
        if gzip {
            text = unpack(&text).unwrap();
        }
        assert!(read(&text).1.is_err(), "it ends in the middle");

        fault(FaultKind::WrongDay);
        let mut text = download(&world, BillType::All, gzip).await;
        if gzip {
            text = unpack(&text).unwrap();
        }
        let (rows, summary) = read(&text);
        assert_eq!(summary.unwrap().rows, 4);
        assert!(rows.iter().all(|row| row.time * 1000 < support::START_MS - 12 * 3_600_000));

        fault(FaultKind::SystemError);
        let reply = download(&world, BillType::All, gzip).await;
        let error = download_bill::read_error(&xml::from_xml(&reply).unwrap());
        assert_eq!(error, DownloadError::Busy);
    }
    fault(FaultKind::DamagedGzip);
    assert!(unpack(&download(&world, BillType::All, true).await).is_err());
    for kind in [FaultKind::WrongSign, FaultKind::NoSign] {
        assert!(world.wechat.set_fault(Fault::new(Call::DownloadBill, kind)).is_err());
    }
    assert!(world.wechat.set_fault(Fault::new(Call::OrderQuery, FaultKind::CutBill)).is_err());
}

async fn fund_flow(world: &World, account: AccountType) -> Vec<u8> {
    let request = download_fundflow::request(DAY, account, false, &identity(), NONCE, &key());
    world.send(Call::DownloadFundFlow, &request.unwrap()).await
}

#[tokio::test]
async fn the_fund_flow_holds_money_and_fees() {
    let world = world_with_a_day().await;
    let text = fund_flow(&world, AccountType::Basic).await;
    let (mut bill, mut rows) = (FundFlow::new(), Vec::<FundRow>::new());
    bill.push(&text, &mut rows).unwrap();
    assert_eq!(bill.finish().unwrap().rows, 6);
    let flow: Vec<_> = rows
        .iter()
        .map(|row| {
            let balance = row.balance.unwrap().units() / 1000;
            (row.voucher_no.as_str(), row.direction.as_str(), row.amount.get(), balance)
        })
        .collect();
    // The fee of 0.58 yuan rounds to nothing; a reversal gives its fee back.
    assert_eq!(
        flow,
        [
            ("T1", "收入", 88, 88),
            ("T1", "支出", 1, 87),
            ("M1", "收入", 88, 175),
            ("M1", "支出", 1, 174),
            ("T2", "收入", 58, 232),
            ("M1", "支出", 87, 145),
        ]
    );
    for account in [AccountType::Fees, AccountType::Operation] {
        let reply = xml::from_xml(&fund_flow(&world, account).await).unwrap();
        support::assert_fields(&reply, &[("return_code", "SUCCESS"), ("result_code", "FAIL")]);
        assert_eq!(download_fundflow::read_error(&reply), DownloadError::NoBill);
    }
    world.wechat.set_fault(Fault::new(Call::DownloadFundFlow, FaultKind::SystemError)).unwrap();
    world.wechat.set_fault(Fault::err_code(Call::DownloadFundFlow, "BILL_CREATING")).unwrap();
    for error in [DownloadError::Busy, DownloadError::NotReady] {
        let reply = xml::from_xml(&fund_flow(&world, AccountType::Basic).await).unwrap();
        assert_eq!(download_fundflow::read_error(&reply), error);
    }
}

/// Reads what is written into it, and keeps nothing.
struct Reader {
    bill: TradeBill,
    largest: usize,
    rows: usize,
}

impl Write for Reader {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut rows = Vec::new();
        self.bill.push(bytes, &mut rows).unwrap();
        self.largest = self.largest.max(bytes.len());
        self.rows += rows.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_bill_of_any_size_is_written_row_by_row() {
    let row = |n: i64| BillRow {
        at_ms: support::START_MS + n,
        appid: support::APPID.into(),
        mch_id: support::MCH_ID.into(),
        sub_mch_id: None,
        device_info: String::new(),
        transaction_id: format!("42000000002026010100{n:08}"),
        out_trade_no: format!("T{n}"),
        openid: "o".into(),
        trade_type: TradeType::Jsapi,
        kind: RowKind::Payment,
        bank_type: "OTHERS".into(),
        total_fee: fen(100),
        settlement_total_fee: fen(100),
        coupon_fee: fen(0),
        body: "tea, `green`".into(),
        attach: String::new(),
    };
    let mut reader = Reader { bill: TradeBill::new(), largest: 0, rows: 0 };
    write(BillKind::All, (0..5_000).map(row), &mut reader).unwrap();
    assert_eq!(reader.rows, 5_000);
    assert!(reader.largest < 1_000, "never more than a header at once");
    let summary = reader.bill.finish().unwrap();
    assert!(summary.columns.contains(&("订单总金额".into(), "5000.00".into())));
}
