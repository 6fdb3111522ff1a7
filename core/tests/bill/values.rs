//! What values may hold, and how lines may end.

use super::{ALL, PAID, TOTALS, day, read_chunks, row, rows};

/// A bill of one row with this name of the goods and this note on the rate, the last column.
fn with(body: &str, rate_note: &str, line_end: &str) -> String {
    let mut values = PAID;
    values[20] = body;
    values[26] = rate_note;
    let totals = row(&["1", "3.40", "0.00", "0.00", "0.02040", "3.50", "0.00"]);
    [ALL, &row(&values), TOTALS, &totals, ""].join(line_end)
}

#[test]
fn b01_values_may_hold_commas_line_breaks_and_backticks() {
    for body in [
        "a,b",
        ",",
        ",,",
        "a,",
        "`",
        "``",
        "`a",
        "a`",
        "a\nb",
        "a\r\nb",
        "\n",
        "\n\n",
        "a\n`b",
        "a\n总交易单数,应结订单总金额,退款总金额",
        "a\n总交易单数",
        "\"a\"",
        "  ",
        "豆浆 🥛",
        "<xml>",
        "\u{feff}",
    ] {
        for line_end in ["\n", "\r\n"] {
            let read = rows(&with(body, "", line_end));
            assert_eq!(read.len(), 1, "{body:?}");
            assert_eq!((read[0].body.as_str(), read[0].rate_note.as_str()), (body, ""));
        }
    }
    // The last value ends where a row or the summary begins.
    for note in ["a,b", "a\nb", "a\n", "\nb", "a\n总计"] {
        for line_end in ["\n", "\r\n"] {
            assert_eq!(rows(&with("豆浆", note, line_end))[0].rate_note, note, "{note:?}");
        }
    }
}

#[test]
fn lines_may_end_either_way_and_the_last_not_at_all() {
    let expected = rows(&day());
    let bom = format!("\u{feff}{}", day());
    let no_end = day().trim_end().to_owned();
    for text in [&bom, &no_end, &format!("{}\n\r\n ", day())] {
        assert_eq!(rows(text), expected);
        assert_eq!(rows(&text.replace('\n', "\r\n")), expected);
    }
}

#[test]
fn rows_come_as_soon_as_the_next_line_tells_that_they_are_whole() {
    let text = day();
    let mut seen = Vec::new();
    for (at, _) in text.match_indices('\n') {
        let (rows, _) = read_chunks([&text.as_bytes()[..=at]]);
        seen.push(rows.len());
    }
    assert_eq!(seen, [0, 0, 1, 2, 2]);
}
