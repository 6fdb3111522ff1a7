//! Bills that are none, are cut off, or were changed.

use wxpay_core::bill::{BillError, MAX_ROW_BYTES};

use super::{ALL, PAID, TOTALS, day, read, read_chunks, row, rows};

fn error(text: &str) -> BillError {
    read(text).1.unwrap_err()
}

#[test]
fn an_xml_message_is_recognised_at_its_first_byte() {
    for text in
        ["<", "<xml><return_code>FAIL</return_code></xml>", "\u{feff}<xml>", "<html>\n</html>"]
    {
        assert_eq!(error(text), BillError::Xml);
    }
    assert_eq!(
        read_chunks(["\u{feff}<".as_bytes()].into_iter().flat_map(|b| b.chunks(1))).1,
        Err(BillError::Xml)
    );
    // Later it is a value like any other.
    assert_eq!(rows(&day().replace("豆浆", "<xml>")).len(), 2);
}

#[test]
fn b02_a_bill_cut_anywhere_is_found_out() {
    let text = day();
    let expected = rows(&text);
    let mut whole = 0;
    for cut in 0..text.len() {
        let (rows, summary) = read_chunks([&text.as_bytes()[..cut]]);
        assert_eq!(rows, expected[..rows.len()], "cut at {cut}: no row is half");
        // Without its line break, and without the last zero of the last total, nothing is missing.
        if summary.is_ok() {
            whole += 1;
            assert_eq!(rows.len(), 2);
            assert!(cut >= text.len() - 2, "cut at {cut}");
        }
    }
    assert_eq!(whole, 2);
    assert_eq!(error(""), BillError::Empty);
    let after = |part: &str| text.find(part).unwrap() + part.len();
    for end in [ALL, "`1.50,`优惠\n", "总交易单数,应", TOTALS, "`2,`3.40"] {
        assert_eq!(error(&text[..after(end)]), BillError::Truncated, "{end}");
    }
}

#[test]
fn b01_a_bill_that_lost_or_gained_a_row_is_found_out() {
    let text = day();
    let rows: Vec<_> = text.lines().collect();
    let totals = |name| BillError::Totals { name };
    let without = |at: usize| {
        let mut rows = rows.clone();
        rows.remove(at);
        rows.join("\n")
    };
    assert_eq!(error(&without(1)), totals("总交易单数"));
    assert_eq!(error(&without(2)), totals("总交易单数"));
    assert_eq!(error(&text.replace(rows[1], &format!("{0}\n{0}", rows[1]))), totals("总交易单数"));
    for (from, to, name) in [
        ("`3.40,`0.10,", "`3.41,`0.10,", "应结订单总金额"),
        ("`1.40,`0.10,", "`1.41,`0.10,", "退款总金额"),
        ("`1.40,`0.10,`ORIGINAL", "`1.40,`0.11,`ORIGINAL", "充值券退款总金额"),
        ("`-0.00840", "`0.00840", "手续费总金额"),
        ("`0.60%,`3.50", "`0.60%,`3.05", "订单总金额"),
        ("`0.00,`1.50,", "`0.00,`1.51,", "申请退款总金额"),
    ] {
        assert!(text.contains(from));
        assert_eq!(error(&text.replacen(from, to, 1)), totals(name), "{from}");
    }
}

#[test]
fn a_header_of_something_else_is_refused() {
    for required in ["交易时间", "微信订单号", "商户订单号", "交易状态", "订单金额"]
    {
        // 应结订单金额 holds the last name, too.
        let header = ALL.replace(&format!("{required},"), "x,").replace("应结x,", "应结订单金额,");
        let text = day().replace(ALL, &header);
        let name = BillError::MissingColumn { name: required };
        assert!(matches!(error(&text), BillError::MissingColumn { .. }), "{required}");
        if header.split(',').filter(|column| *column == "x").count() == 1 {
            assert_eq!(error(&text), name);
        }
    }
    assert_eq!(error("not found"), BillError::MissingColumn { name: "交易时间" });
    assert_eq!(error("\n\n"), BillError::MissingColumn { name: "交易时间" });
    let twice = day().replace("设备号", "商户号");
    assert_eq!(error(&twice), BillError::DuplicateColumn { name: "商户号".into() });
    let no_amount = "交易时间,微信订单号,商户订单号,交易状态,订单金额,微信退款单号\n\
        `2026-03-02 11:00:00,`4,`T1,`REFUND,`0.00,`5\n总交易单数\n`1";
    assert_eq!(error(no_amount), BillError::MissingColumn { name: "退款金额" });
}

#[test]
fn a_value_its_column_cannot_hold_is_named() {
    for (column, value) in [
        ("交易时间", "2026-03-02T09:30:15"),
        ("交易时间", ""),
        ("应结订单金额", "3.405"),
        ("应结订单金额", "-3.40"),
        ("订单金额", "3,50"),
        ("订单金额", ""),
        ("订单金额", "¥3.50"),
        ("手续费", "0.000001"),
        ("手续费", "--1"),
        ("代金券金额", "¤"),
    ] {
        let at = ALL.split(',').position(|name| name == column).unwrap();
        let mut values = PAID;
        values[at] = value;
        let text = day().replace(&row(&PAID), &row(&values));
        let error = error(&text);
        let BillError::Value { line: 2, column: found, .. } = &error else {
            panic!("{column} {value}: found {error:?}")
        };
        assert_eq!(found, column);
        assert!(value.is_empty() || !error.to_string().contains(value), "{error}");
    }
    let nonsense = day().replace("`2,`3.40", "`two,`3.40");
    let expected =
        BillError::Value { line: 5, column: "总交易单数".into(), expected: "a number" };
    assert_eq!(error(&nonsense), expected);
}

#[test]
fn rows_have_as_many_values_as_the_header_has_names() {
    let (more, less) = (row(&[&PAID[..], &["x"]].concat()), row(&PAID[..26]));
    let text = day();
    let count = |found| BillError::FieldCount { line: 2, expected: 27, found };
    assert_eq!(error(&text.replace(&row(&PAID), &more)), count(28));
    // A row with too few goes on, and so has too many.
    assert_eq!(error(&text.replace(&row(&PAID), &less)), count(52));
    let short = text.replace("`3.50,`1.50\n", "`3.50\n");
    assert_eq!(error(&short), BillError::FieldCount { line: 5, expected: 7, found: 6 });
    let long = text.replace("`3.50,`1.50\n", "`3.50,`1.50,`0\n");
    assert_eq!(error(&long), BillError::FieldCount { line: 5, expected: 7, found: 8 });
}

#[test]
fn lines_that_belong_nowhere_are_refused() {
    let text = day();
    let unexpected = |line| BillError::Unexpected { line };
    assert_eq!(error(&text.replace(ALL, &format!("{ALL}\nx"))), unexpected(2));
    assert_eq!(error(&text.replace(TOTALS, &format!("{TOTALS}\nx"))), unexpected(5));
    assert_eq!(error(&format!("{text}x")), unexpected(6));
    assert_eq!(error(&format!("{text}`1\n")), unexpected(6));
    assert_eq!(error(&format!("{text}{text}")), unexpected(6));
}

#[test]
fn b01_bytes_that_are_no_text_are_refused() {
    let mut bytes = day().into_bytes();
    let at = bytes.iter().position(|byte| *byte == b'`').unwrap();
    bytes[at + 3] = 0xff;
    assert_eq!(read_chunks([&bytes[..]]).1, Err(BillError::NotUtf8 { line: 2 }));
    // Cut inside a character of the header.
    assert_eq!(read_chunks([&day().as_bytes()[..1]]).1, Err(BillError::NotUtf8 { line: 1 }));
}

#[test]
fn what_is_held_in_memory_is_bounded() {
    let long = "x".repeat(MAX_ROW_BYTES + 1);
    assert_eq!(error(&long), BillError::TooLong { line: 1 });
    assert_eq!(error(&day().replace("豆浆", &long)), BillError::TooLong { line: 2 });
    // A row that never gets all its values does not grow for ever.
    let endless = format!("{ALL}\n`{}", "x\n".repeat(MAX_ROW_BYTES));
    assert_eq!(error(&endless), BillError::TooLong { line: 2 });
    let fits = "x".repeat(MAX_ROW_BYTES / 2);
    assert_eq!(rows(&day().replacen("豆浆", &fits, 1))[0].body, fits);
}

#[test]
fn errors_are_sentences() {
    for error in [
        BillError::Empty,
        BillError::Xml,
        BillError::Truncated,
        BillError::NotUtf8 { line: 3 },
        BillError::TooLong { line: 3 },
        BillError::Unexpected { line: 3 },
        BillError::FieldCount { line: 3, expected: 27, found: 26 },
        BillError::MissingColumn { name: "交易时间" },
        BillError::DuplicateColumn { name: "交易时间".into() },
        BillError::Totals { name: "交易时间" },
        BillError::Value { line: 3, column: "交易时间".into(), expected: "a number" },
    ] {
        let words = error.to_string();
        let names_its_place = ["3", "交易时间", "bill"].iter().any(|place| words.contains(place));
        assert!(names_its_place, "{words}");
    }
}
