//! Tables for people: columns aligned by what a terminal shows, where a Chinese character takes two places.

use unicode_width::UnicodeWidthStr;

/// Which side of a column its text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    /// For amounts and counts.
    Right,
}

/// A header and rows as aligned lines. A row shorter than the header has empty cells at its end.
pub(super) fn table(header: &[(&str, Side)], rows: &[Vec<String>]) -> String {
    let titles: Vec<String> = header.iter().map(|(title, _)| (*title).to_owned()).collect();
    let cell =
        |row: &[String], column: usize| row.get(column).map(|cell| shown(cell)).unwrap_or_default();
    let widths: Vec<usize> = (0..header.len())
        .map(|column| {
            let cells = rows.iter().chain([&titles]).map(|row| cell(row, column).width());
            cells.max().unwrap_or_default()
        })
        .collect();
    let mut text = String::new();
    for row in [&titles].into_iter().chain(rows) {
        let mut line = String::new();
        for (column, ((_, side), width)) in header.iter().zip(&widths).enumerate() {
            let cell = cell(row, column);
            let gap = " ".repeat(width.saturating_sub(cell.width()));
            let between = if column == 0 { "" } else { "  " };
            line = match side {
                Side::Left => format!("{line}{between}{cell}{gap}"),
                Side::Right => format!("{line}{between}{gap}{cell}"),
            };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `name  value` lines, the values aligned.
pub(super) fn pairs(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.width()).max().unwrap_or_default();
    let line = |(name, value): &(&str, String)| {
        format!("{name}{}  {}\n", " ".repeat(width - name.width()), shown(value))
    };
    pairs.iter().map(line).collect()
}

/// Amounts for people: yuan with two digits.
pub(super) fn yuan(fen: u64) -> String {
    format!("¥{}.{:02}", fen / 100, fen % 100)
}

/// What a user or a merchant wrote stays one line, and moves no cursor.
fn shown(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '·' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_text_takes_two_places_a_character() {
        let header = [("no", Side::Left), ("body", Side::Left), ("fen", Side::Right)];
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["1", "奶茶", "5"]), row(["22", "tea\n\u{1b}[2J", "1500"])];
        let text = table(&header, &rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines, ["no  body       fen", "1   奶茶         5", "22  tea··[2J  1500"]);
    }

    #[test]
    fn pairs_line_up() {
        assert_eq!(pairs(&[("订单", "a".into()), ("x", yuan(1_05))]), "订单  a\nx     ¥1.05\n");
    }
}
