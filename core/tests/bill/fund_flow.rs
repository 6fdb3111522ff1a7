//! The bill of downloadfundflow.

use wxpay_core::Fen;
use wxpay_core::bill::{BillError, FundFlow, FundRow, Summary};

const TEXT: &str = "\u{feff}记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额（元）,\
账户结余（元）,资金变更提交申请人,备注,业务凭证号
`2026-03-02 09:30:15,`4200000000202603020000000017,`1,`交易,`交易,`收入,`3.50,`103.48,`system,`a,b,`T1
`2026-03-02 09:30:15,`4200000000202603020000000017,`2,`扣除交易手续费,`扣除交易手续费,`支出,`0.02,`103.46,`system,`,`T1
`2026-03-02 11:00:00,`50000000002026030200000000001,`3,`退款,`退款,`支出,`1.50,`-0.01,`1900000001,`行1
行2,`R1
资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额
`3,`1,`3.50,`2,`1.52
";

fn read(text: &str) -> (Vec<FundRow>, Result<Summary, BillError>) {
    let (mut bill, mut rows) = (FundFlow::new(), Vec::new());
    for chunk in text.as_bytes().chunks(5) {
        if let Err(error) = bill.push(chunk, &mut rows) {
            return (rows, Err(error));
        }
    }
    (rows, bill.finish())
}

#[test]
fn what_went_in_and_out_is_read() {
    let (rows, summary) = read(TEXT);
    assert_eq!(summary.unwrap().rows, 3);
    let first = FundRow {
        time: 1_772_415_015,
        business_no: "4200000000202603020000000017".into(),
        flow_no: "1".into(),
        business_name: "交易".into(),
        business_type: "交易".into(),
        direction: "收入".into(),
        amount: Fen::new(350).unwrap(),
        balance: Some("103.48".parse().unwrap()),
        submitted_by: "system".into(),
        note: "a,b".into(),
        voucher_no: "T1".into(),
        others: Vec::new(),
    };
    assert_eq!(rows[0], first);
    assert_eq!((rows[1].direction.as_str(), rows[1].amount.get()), ("支出", 2));
    assert_eq!((rows[2].note.as_str(), rows[2].voucher_no.as_str()), ("行1\n行2", "R1"));
    assert_eq!(rows[2].balance.unwrap().units(), -1000);

    let narrow = TEXT.replace('（', "(").replace('）', ")").replace("备注", "新列");
    let others = vec![("新列".into(), "a,b".into())];
    let (rows, summary) = read(&narrow);
    assert!(summary.is_ok());
    assert_eq!(rows[0], FundRow { note: String::new(), others, ..first });
}

#[test]
fn its_totals_are_compared_by_direction() {
    for (from, to, name) in [
        ("`3,`1,", "`4,`1,", "资金流水总笔数"),
        ("`3,`1,", "`3,`2,", "收入笔数"),
        ("`1,`3.50", "`1,`3.51", "收入金额"),
        ("`2,`1.52", "`3,`1.52", "支出笔数"),
        ("`2,`1.52", "`2,`1.53", "支出金额"),
        ("`收入", "`支出", "收入笔数"),
    ] {
        assert!(TEXT.contains(from));
        let found = read(&TEXT.replacen(from, to, 1)).1;
        assert_eq!(found, Err(BillError::Totals { name }), "{from}");
    }
    let cut = TEXT.find("资金流水总笔数").unwrap();
    assert_eq!(read(&TEXT[..cut]), (read(TEXT).0[..2].to_vec(), Err(BillError::Truncated)));
}

#[test]
fn a_bill_of_payments_is_not_one_of_money() {
    let error = BillError::MissingColumn { name: "记账时间" };
    assert_eq!(read(&super::day()).1, Err(error));
    assert_eq!(read("<xml></xml>").1, Err(BillError::Xml));
    assert_eq!(super::read(TEXT).1, Err(BillError::MissingColumn { name: "交易时间" }));
}
