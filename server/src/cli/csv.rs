//! CSV as spreadsheets read it: quoted where it must be, and never taken for a formula.

use wxpay_core::time;

/// One line.
pub(super) fn line(values: impl IntoIterator<Item = String>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| quoted(&value)).collect();
    format!("{}\r\n", values.join(","))
}

/// `yyyy-MM-dd HH:mm:ss` in Beijing; empty for what is no time.
pub(super) fn beijing(unix_s: i64) -> String {
    let digits = time::to_beijing(unix_s).unwrap_or_default();
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    match digits.len() {
        14 => format!(
            "{}-{}-{} {}:{}:{}",
            part(0, 4),
            part(4, 6),
            part(6, 8),
            part(8, 10),
            part(10, 12),
            part(12, 14)
        ),
        _ => String::new(),
    }
}

/// A text that begins like a formula gets an apostrophe; a number that is negative does not.
fn quoted(value: &str) -> String {
    let is_number = value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.'));
    let is_formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number;
    let value = if is_formula { format!("'{value}") } else { value.to_owned() };
    if value.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_wrote_stays_one_value_and_no_formula() {
        let values = ["a,b", "say \"hi\"", "two\nlines", "=1+1", "-0.06", "+1", "茶"];
        assert_eq!(
            line(values.map(str::to_owned)),
            "\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",'=1+1,-0.06,'+1,茶\r\n"
        );
    }

    #[test]
    fn times_are_beijings() {
        assert_eq!(beijing(1_767_240_000), "2026-01-01 12:00:00");
    }
}
