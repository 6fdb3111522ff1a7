//! docs/performance.svg: one bar for each ratio, on a scale of powers of ten around 1.

use std::fmt::Write;

use super::page;

const WIDTH: f64 = 760.0;
/// Where a ratio of 1 lies, and how far a power of ten is from it.
const ONE: f64 = 640.0;
const DECADE: f64 = 105.0;
const LINE: f64 = 22.0;

/// The chart of a page's tables. Its colours are readable on white and on GitHub's dark grey alike.
pub fn svg(page: &str) -> String {
    let lines: usize = page::sections(page).map(|(_, text)| page::rows(text).count() + 2).sum();
    let height = LINE * (lines as f64 + 1.5);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-label=\"What our calls cost for one of theirs\" font-family=\"system-ui, sans-serif\" font-size=\"13\">\n\
         <style>text {{ fill: #57606a }} .title {{ font-weight: 600; fill: #1f2328 }} line {{ stroke: #8b949e }} \
         .less {{ fill: #2da44e }} .more {{ fill: #bf8700 }}\n\
         @media (prefers-color-scheme: dark) {{ text {{ fill: #9198a1 }} .title {{ fill: #f0f6fc }} }}</style>\n"
    );
    let mut y = LINE;
    for (title, text) in page::sections(page) {
        let _ = writeln!(svg, "<text class=\"title\" x=\"8\" y=\"{y}\">{}</text>", escaped(title));
        for (what, against, shown) in page::rows(text) {
            y += LINE;
            bar(&mut svg, &format!("{what}, beside {against}"), shown, y);
        }
        y += 2.0 * LINE;
    }
    let (end, label) = (y - LINE, y - LINE / 4.0);
    let _ = writeln!(svg, "<line x1=\"{ONE}\" y1=\"8\" x2=\"{ONE}\" y2=\"{end}\"/>");
    let _ = writeln!(
        svg,
        "<text x=\"{ONE}\" y=\"{label}\" text-anchor=\"middle\">the same; to the left we cost less</text>\n</svg>"
    );
    svg
}

fn bar(svg: &mut String, name: &str, shown: &str, y: f64) {
    let length = page::ratio(shown).unwrap_or(1.0).log10() * DECADE;
    let (x, class) = if length < 0.0 { (ONE + length, "less") } else { (ONE, "more") };
    let (top, width) = (y - 11.0, length.abs().max(1.0));
    let _ = writeln!(svg, "<text x=\"8\" y=\"{y}\">{}</text>", escaped(name));
    let _ = writeln!(
        svg,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"14\" rx=\"2\"/>"
    );
    let behind = ONE + length.max(0.0) + 6.0;
    let _ = writeln!(svg, "<text x=\"{behind:.1}\" y=\"{y}\">{shown}</text>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
