//! The part of Unicode normalisation (NFC, NFD) that shop texts meet: Latin-1 letters, kana with marks, Hangul.
//! A whole table would be larger than everything else here.

use alloc::string::String;

/// Letter, mark, and the two in one.
const LATIN: [(&str, char, &str); 7] = [
    ("AEIOUaeiouNn", '\u{300}', "ÀÈÌÒÙàèìòùǸǹ"),
    ("AEIOUYaeiouy", '\u{301}', "ÁÉÍÓÚÝáéíóúý"),
    ("AEIOUaeiou", '\u{302}', "ÂÊÎÔÛâêîôû"),
    ("ANOano", '\u{303}', "ÃÑÕãñõ"),
    ("AEIOUaeiouy", '\u{308}', "ÄËÏÖÜäëïöüÿ"),
    ("Aa", '\u{30a}', "Åå"),
    ("CcSs", '\u{327}', "ÇçŞş"),
];
/// Kana whose next code point is the voiced form; of `HALF` the next but one is the half-voiced form.
const VOICED: &str =
    "かきくけこさしすせそたちつてとはひふへほカキクケコサシスセソタチツテトハヒフヘホ";
const HALF: &str = "はひふへほハヒフヘホ";

pub(super) fn decompose(value: &str, out: &mut String) {
    for c in value.chars() {
        match split(c) {
            Some((base, mark)) => out.extend([base, mark]),
            None => hangul_parts(c, out),
        }
    }
}

pub(super) fn compose(value: &str, out: &mut String) {
    for c in value.chars() {
        let joined = out.chars().next_back().and_then(|last| join(last, c));
        match joined {
            Some(joined) => {
                out.pop();
                out.push(joined);
            }
            None => out.push(c),
        }
    }
}

fn split(c: char) -> Option<(char, char)> {
    for (bases, mark, whole) in LATIN {
        if let Some((base, _)) = bases.chars().zip(whole.chars()).find(|(_, whole)| *whole == c) {
            return Some((base, mark));
        }
    }
    let back = |by: u32, set: &str| {
        char::from_u32(u32::from(c).checked_sub(by)?).filter(|base| is_in(set, *base))
    };
    match back(1, VOICED) {
        Some(base) => Some((base, '\u{3099}')),
        None => back(2, HALF).map(|base| (base, '\u{309a}')),
    }
}

fn join(base: char, mark: char) -> Option<char> {
    for (bases, this, whole) in LATIN {
        if this == mark {
            return bases.chars().zip(whole.chars()).find(|(b, _)| *b == base).map(|(_, c)| c);
        }
    }
    let (base, mark) = (u32::from(base), u32::from(mark));
    match mark {
        0x3099 => char::from_u32(base).filter(|c| is_in(VOICED, *c)).and(char::from_u32(base + 1)),
        0x309a => char::from_u32(base).filter(|c| is_in(HALF, *c)).and(char::from_u32(base + 2)),
        0x1161..=0x1175 if (0x1100..0x1113).contains(&base) => {
            char::from_u32(0xac00 + ((base - 0x1100) * 21 + mark - 0x1161) * 28)
        }
        0x11a8..=0x11c2
            if (0xac00..0xd7a4).contains(&base) && (base - 0xac00).is_multiple_of(28) =>
        {
            char::from_u32(base + mark - 0x11a7)
        }
        _ => None,
    }
}

fn is_in(set: &str, c: char) -> bool {
    set.chars().any(|known| known == c)
}

fn hangul_parts(c: char, out: &mut String) {
    let index = u32::from(c).wrapping_sub(0xac00);
    if index >= 11_172 {
        return out.push(c);
    }
    let tail = index % 28;
    let parts = [0x1100 + index / 588, 0x1161 + index % 588 / 28, 0x11a7 + tail];
    let count = if tail == 0 { 2 } else { 3 };
    out.extend(parts.into_iter().take(count).filter_map(char::from_u32));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composed(text: &str) -> String {
        let mut out = String::new();
        compose(text, &mut out);
        out
    }

    fn decomposed(text: &str) -> String {
        let mut out = String::new();
        decompose(text, &mut out);
        out
    }

    #[test]
    fn what_the_standard_gives_for_shop_texts() {
        for (whole, parts) in [
            ("é", "e\u{301}"),
            ("Å", "A\u{30a}"),
            ("ñandú", "n\u{303}andu\u{301}"),
            ("ÿ", "y\u{308}"),
            ("Çş", "C\u{327}s\u{327}"),
            ("がぎ", "か\u{3099}き\u{3099}"),
            ("ぱポ", "は\u{309a}ホ\u{309a}"),
            ("가", "\u{1100}\u{1161}"),
            ("각", "\u{1100}\u{1161}\u{11a8}"),
            ("뚜껑", "\u{1104}\u{116e}\u{1101}\u{1165}\u{11bc}"),
            ("힣", "\u{1112}\u{1175}\u{11c2}"),
        ] {
            assert_eq!((composed(parts).as_str(), decomposed(whole).as_str()), (whole, parts));
        }
    }

    #[test]
    fn what_does_not_belong_together_stays_apart() {
        for text in [
            "\u{301}e",
            "e\u{30a}",
            "あ\u{3099}",
            "か\u{309a}",
            "が\u{3099}",
            "각\u{11a8}",
            "가\u{11a7}",
            "가\u{11c3}",
            "\u{1113}\u{1161}",
            "\u{1100}\u{1176}",
            "\u{1100}\u{1160}",
            "\u{10ff}\u{1161}",
            "\u{d7a4}\u{11a8}",
            "\u{abff}\u{11a8}",
        ] {
            assert_eq!(composed(text), text);
        }
    }

    #[test]
    fn whatever_is_taken_apart_goes_together_again() {
        for c in '\0'..='\u{ffff}' {
            let text = String::from(c);
            let parts = decomposed(&text);
            assert_eq!(composed(&parts), text);
            let is_hangul = ('가'..='힣').contains(&c);
            assert_eq!(parts.chars().count() == 1, parts == text, "{c}");
            assert!(
                !is_hangul || parts.chars().all(|part| ('\u{1100}'..='\u{11c2}').contains(&part))
            );
        }
    }
}
