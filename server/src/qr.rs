//! QR codes: as an image for pages, as text for terminals.

use qrcode::render::{svg, unicode};
use qrcode::{EcLevel, QrCode};

/// The side of the image, in CSS pixels, at least.
const SIDE: u32 = 256;

/// An SVG element with its quiet zone, for a page or a file; `None` when the text is too long for a QR code.
pub fn svg(text: &str) -> Option<String> {
    let image = code(text)?.render::<svg::Color<'_>>().min_dimensions(SIDE, SIDE).build();
    // The declaration before it has no place in a page, and is not needed in a file.
    let element = image.find("<svg").and_then(|at| image.get(at..)).map(ToOwned::to_owned);
    element.or(Some(image))
}

/// Half blocks, two rows a line, with the quiet zone; right on a dark terminal, and readable for phones on a light one.
pub fn terminal(text: &str) -> Option<String> {
    let code = code(text)?;
    let mut renderer = code.render::<unicode::Dense1x2>();
    Some(renderer.dark_color(unicode::Dense1x2::Light).light_color(unicode::Dense1x2::Dark).build())
}

fn code(text: &str) -> Option<QrCode> {
    QrCode::with_error_correction_level(text, EcLevel::M).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_code_url_fits_and_a_book_does_not() {
        let code_url = "weixin://wxpay/bizpayurl?pr=abcdefg1";
        assert!(svg(code_url).unwrap().starts_with("<svg"));
        let text = terminal(code_url).unwrap();
        let widths: std::collections::BTreeSet<_> =
            text.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 1, "a rectangle: {text}");
        assert_eq!(svg(&"x".repeat(3_000)), None);
    }
}
