//! Each form of a bill, read in full.

use wxpay_core::Fen;
use wxpay_core::bill::{BillError, RefundPart, TradeRow};

use super::{ALL, PAID, REFUNDED, TOTALS, day, read, row, rows};

fn yuan(text: &str) -> Fen {
    Fen::from_yuan(text).unwrap()
}

fn paid() -> TradeRow {
    TradeRow {
        time: 1_772_415_015,
        appid: "wx0123456789abcdef".into(),
        mch_id: "1900000001".into(),
        sub_mch_id: None,
        device_info: None,
        transaction_id: "4200000000202603020000000017".into(),
        out_trade_no: "T1".into(),
        openid: "oNobody0000000000000000000001".into(),
        trade_type: "JSAPI".into(),
        trade_state: "SUCCESS".into(),
        bank_type: "OTHERS".into(),
        fee_type: "CNY".into(),
        total_fee: yuan("3.50"),
        settlement_total_fee: Some(yuan("3.40")),
        coupon_fee: Some(yuan("0.10")),
        refund: None,
        body: "豆浆".into(),
        attach: String::new(),
        service_fee: Some("0.0204".parse().unwrap()),
        rate: "0.60%".into(),
        rate_note: String::new(),
        others: Vec::new(),
    }
}

fn refund() -> RefundPart {
    RefundPart {
        refund_id: "50000000002026030200000000001".into(),
        out_refund_no: "R1".into(),
        refund_fee: yuan("1.50"),
        settlement_refund_fee: Some(yuan("1.40")),
        coupon_refund_fee: Some(yuan("0.10")),
        refund_type: "ORIGINAL".into(),
        refund_status: "SUCCESS".into(),
        apply_time: None,
        success_time: None,
    }
}

fn refunded() -> TradeRow {
    TradeRow {
        time: 1_772_420_400,
        sub_mch_id: Some("1900000002".into()),
        device_info: Some("till-1".into()),
        trade_state: "REFUND".into(),
        total_fee: Fen::ZERO,
        settlement_total_fee: Some(Fen::ZERO),
        coupon_fee: Some(Fen::ZERO),
        refund: Some(Box::new(refund())),
        attach: "柜台 3".into(),
        service_fee: Some("-0.0084".parse().unwrap()),
        rate_note: "优惠".into(),
        ..paid()
    }
}

#[test]
fn a_days_bill_in_todays_form() {
    assert_eq!(ALL.split(',').count(), 27);
    assert_eq!(rows(&day()), [paid(), refunded()]);
    let summary = read(&day()).1.unwrap();
    let names: Vec<_> = summary.columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names.join(","), TOTALS);
    assert_eq!(summary.columns[1].1, "3.40");
}

/// The sample of the vectors: a BOM, and a comma in the name of the goods.
#[test]
fn the_bill_of_the_vectors() {
    let [row] = &rows(include_str!("../vectors/bill_all.csv"))[..] else {
        panic!("expected one row")
    };
    assert_eq!((row.body.as_str(), row.total_fee.get()), ("a,b商品", 100));
    assert_eq!(row.service_fee.unwrap().units(), 1000);
    assert_eq!((row.time, row.refund.is_none()), (1_767_240_000, true));
}

#[test]
fn columns_are_found_by_name_and_unknown_ones_are_kept() {
    let header: Vec<_> = ALL.split(',').rev().chain(["返还手续费", "新列"]).collect();
    let more = ["0.1", "a,b"];
    let values = |row: [&'static str; 27]| row.into_iter().rev().chain(more).collect::<Vec<_>>();
    let text = format!(
        "{}\n{}\n{}\n总交易单数,没见过\n`2,`?",
        header.join(","),
        row(&values(PAID)),
        row(&values(REFUNDED)),
    );
    let others = vec![("返还手续费".into(), "0.1".into()), ("新列".into(), "a,b".into())];
    let expected = [paid(), refunded()].map(|row| TradeRow { others: others.clone(), ..row });
    assert_eq!(rows(&text), expected);
}

/// The columns of today's form at these places, and the values of a row beside them.
fn without(drop: &[usize], values: &[&'static str; 27]) -> (String, Vec<&'static str>) {
    let keep = |(at, value): (usize, &'static str)| (!drop.contains(&at)).then_some(value);
    let header: Vec<_> = ALL.split(',').enumerate().filter_map(keep).collect();
    (header.join(","), values.iter().copied().enumerate().filter_map(keep).collect())
}

#[test]
fn a_bill_of_payments_has_no_columns_of_refunds() {
    let (header, values) = without(&[14, 15, 16, 17, 18, 19, 25], &PAID);
    assert_eq!(header.split(',').count(), 20);
    // The summary has all its columns; those of refunds have nothing to be compared with.
    let totals = row(&["1", "3.40", "0.00", "0.00", "0.02040", "3.50", "0.00"]);
    assert_eq!(rows(&format!("{header}\n{}\n{TOTALS}\n{totals}", row(&values))), [paid()]);
}

#[test]
fn a_bill_of_refunds_has_their_times() {
    let header = ALL.replace("代金券金额,", "代金券金额,退款申请时间,退款成功时间,");
    assert_eq!(header.split(',').count(), 29);
    let with_times = |apply, success| {
        let mut values = REFUNDED.to_vec();
        values.splice(14..14, [apply, success]);
        row(&values)
    };
    let text = format!(
        "{header}\n{}\n{}\n总交易单数,申请退款总金额\n`2,`3.00\n",
        with_times("2026-03-02 10:59:58", "2026-03-02 11:00:00"),
        with_times("2026-03-02 10:59:58", ""),
    );
    let timed = |success_time| {
        let part = RefundPart { apply_time: Some(1_772_420_398), success_time, ..refund() };
        TradeRow { refund: Some(Box::new(part)), ..refunded() }
    };
    assert_eq!(rows(&text), [timed(Some(1_772_420_400)), timed(None)]);
    let wrong = text.replace("2026-03-02 10:59:58", "20260302105958");
    let error = BillError::Value {
        line: 2,
        column: "退款申请时间".into(),
        expected: "yyyy-MM-dd HH:mm:ss",
    };
    assert_eq!(read(&wrong).1, Err(error));
}

#[test]
fn the_old_form_has_one_amount_of_each_kind() {
    let old = |values: &[&'static str; 27]| without(&[24, 25, 26], values);
    let header = old(&PAID)
        .0
        .replace("特约商户号", "子商户号")
        .replace("应结订单金额", "总金额")
        .replace("代金券金额", "代金券或立减优惠金额")
        .replace("充值券退款金额", "代金券或立减优惠退款金额");
    assert_eq!(header.split(',').count(), 24);
    let totals = "总交易单数,总交易额,总退款金额,总代金券或立减优惠退款金额,手续费总金额";
    let text = format!(
        "{header}\n{}\n{}\n{totals}\n`2,`3.4,`1.40,`0.1,`0.012\n",
        row(&old(&PAID).1),
        row(&old(&REFUNDED).1),
    );
    let part = RefundPart { refund_fee: yuan("1.40"), settlement_refund_fee: None, ..refund() };
    let expected = [
        TradeRow { total_fee: yuan("3.40"), settlement_total_fee: None, ..paid() },
        TradeRow {
            settlement_total_fee: None,
            refund: Some(Box::new(part)),
            rate_note: String::new(),
            ..refunded()
        },
    ];
    assert_eq!(rows(&text), expected);
    // Each of the old totals is compared.
    let (before, totals) = text.split_at(text.rfind("`2,`3.4,").unwrap());
    for wrong in ["`2,`3.5,`1.40,`0.1", "`2,`3.4,`1.41,`0.1", "`2,`3.4,`1.40,`0.2"] {
        let changed = format!("{before}{}", totals.replace("`2,`3.4,`1.40,`0.1", wrong));
        assert!(matches!(read(&changed).1, Err(BillError::Totals { .. })), "{wrong}");
    }
}

#[test]
fn a_day_without_rows_is_a_bill() {
    let totals = row(&["0", "0.00", "0.00", "0.00", "0.00000", "0.00", "0.00"]);
    assert_eq!(rows(&format!("{ALL}\n{TOTALS}\n{totals}\n")), []);
}
