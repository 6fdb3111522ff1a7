//! A bill gives the same rows however its bytes arrive, and gives back what was written into it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wxpay_core::bill::TradeRow;
use wxpay_core::{Fen, time};

use super::{ALL, TOTALS, day, read_chunks};

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Splits at any places, in any order, twice at the same too.
fn split<'a>(bytes: &'a [u8], places: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = places.iter().map(|place| place.index(bytes.len() + 1)).collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect()
}

/// Values out of what a reader stumbles over. Only `` ,` `` cannot be inside one: it is what stands between two.
fn value() -> impl Strategy<Value = String> {
    let awkward = select(vec![
        ",",
        "`",
        "\n",
        "\r\n",
        "\r",
        "a",
        "豆浆",
        "总交易单数",
        "总交易单数,",
        "<",
        "\u{feff}",
        " ",
        "0",
    ]);
    vec(awkward, 0..6)
        .prop_map(|parts| parts.concat())
        .prop_filter("stands between two values", |value| !value.contains(",`"))
}

#[derive(Debug, Clone)]
struct Written {
    unix_s: i64,
    transaction_id: String,
    body: String,
    attach: String,
    /// Never a line break: it is the last column, and what would follow could be a row.
    rate_note: String,
    total: u64,
    fee: i64,
    refund: Option<(u64, u64)>,
}

prop_compose! {
    fn written()(
        unix_s in 0..4_000_000_000_i64,
        transaction_id in "[0-9]{28}",
        body in value(),
        attach in value(),
        rate_note in value().prop_map(|note| note.replace(['\n', '\r'], " ")),
        total in 0..=10_000_000_u64,
        fee in -1_000_000..1_000_000_i64,
        refund in proptest::option::of((1..1_000_000_u64, 0..1_000_000_u64)),
    ) -> Written {
        Written { unix_s, transaction_id, body, attach, rate_note, total, fee, refund }
    }
}

fn exact(units: i64) -> String {
    let sign = if units < 0 { "-" } else { "" };
    format!("{sign}{}.{:05}", units.unsigned_abs() / 100_000, units.unsigned_abs() % 100_000)
}

fn yuan(fen: u64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

impl Written {
    fn line(&self) -> String {
        let digits = time::to_beijing(self.unix_s).unwrap();
        let (date, clock) = digits.split_at(8);
        let time = format!(
            "{}-{}-{} {}:{}:{}",
            &date[..4],
            &date[4..6],
            &date[6..],
            &clock[..2],
            &clock[2..4],
            &clock[4..]
        );
        let (asked, settled) = self.refund.unwrap_or_default();
        let values = ALL.split(',').map(|column| match column {
            "交易时间" => time.clone(),
            "微信订单号" => self.transaction_id.clone(),
            "商户订单号" => "T1".into(),
            "交易状态" => "SUCCESS".into(),
            "商品名称" => self.body.clone(),
            "商户数据包" => self.attach.clone(),
            "费率备注" => self.rate_note.clone(),
            "订单金额" | "应结订单金额" => yuan(self.total),
            "手续费" => exact(self.fee),
            "微信退款单号" => self.refund.map_or("0", |_| "5000").into(),
            "申请退款金额" => yuan(asked),
            "退款金额" => yuan(settled),
            _ => String::new(),
        });
        values.map(|value| format!("`{value}")).collect::<Vec<_>>().join(",")
    }

    fn is(&self, row: &TradeRow) -> bool {
        let refund = row.refund.as_ref().map(|refund| {
            (refund.refund_fee.get(), refund.settlement_refund_fee.map_or(0, Fen::get))
        });
        row.time == self.unix_s
            && row.transaction_id == self.transaction_id
            && row.body == self.body
            && row.attach == self.attach
            && row.rate_note == self.rate_note
            && row.total_fee.get() == self.total
            && row.service_fee.map(|fee| fee.units()) == Some(self.fee)
            && refund == self.refund
            && row.others.is_empty()
    }
}

fn bill(rows: &[Written], bom: bool, line_end: &str, last_line_end: bool) -> String {
    let sum = |of: fn(&Written) -> u64| yuan(rows.iter().map(of).sum());
    let total = sum(|row| row.total);
    let settled = sum(|row| row.refund.unwrap_or_default().1);
    let fee = exact(rows.iter().map(|row| row.fee).sum());
    let asked = sum(|row| row.refund.unwrap_or_default().0);
    let count = rows.len();
    let lines = [ALL.to_owned()].into_iter().chain(rows.iter().map(Written::line)).chain([
        TOTALS.to_owned(),
        format!("`{count},`{total},`{settled},`0.00,`{fee},`{total},`{asked}"),
    ]);
    let text = lines.collect::<Vec<_>>().join(line_end);
    let (start, end) =
        (if bom { "\u{feff}" } else { "" }, if last_line_end { line_end } else { "" });
    format!("{start}{text}{end}")
}

proptest! {
    #![proptest_config(cases(512))]

    #[test]
    fn b01_what_was_written_is_read_in_any_chunks(
        rows in vec(written(), 0..8),
        bom: bool,
        line_end in select(vec!["\n", "\r\n"]),
        last_line_end: bool,
        places in vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let text = bill(&rows, bom, line_end, last_line_end);
        let (read, summary) = read_chunks(split(text.as_bytes(), &places));
        prop_assert_eq!(summary.map(|summary| summary.rows), Ok(rows.len() as u64));
        prop_assert_eq!(read.len(), rows.len());
        for (row, written) in read.iter().zip(&rows) {
            prop_assert!(written.is(row), "{:?}\n{:?}", written, row);
        }
        prop_assert_eq!(read_chunks(text.as_bytes().chunks(1)).0, read);
    }

    #[test]
    fn broken_bills_give_the_same_rows_and_error_in_any_chunks(
        changes in vec((any::<prop::sample::Index>(), 0..3_usize, select(b"`,\n\r<0-.\xff".to_vec())), 0..4),
        places in vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let mut bytes = day().into_bytes();
        for (place, kind, byte) in changes {
            let at = place.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        let whole = read_chunks([&bytes[..]]);
        prop_assert_eq!(read_chunks(split(&bytes, &places)), whole.clone());
        prop_assert_eq!(read_chunks(bytes.chunks(1)), whole);
    }

    #[test]
    fn no_bytes_are_too_strange(
        bytes in vec(prop_oneof![any::<u8>(), select(b"`,\n\r<".to_vec())], 0..400),
        with_header: bool,
        places in vec(any::<prop::sample::Index>(), 0..10),
    ) {
        let header = if with_header { format!("{ALL}\n") } else { String::new() };
        let bytes = [header.as_bytes(), &bytes].concat();
        prop_assert_eq!(read_chunks(split(&bytes, &places)), read_chunks([&bytes[..]]));
    }
}
