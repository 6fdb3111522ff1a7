//! Money.

use proptest::prelude::*;
use wxpay_core::{Fen, FenError};

use super::cases;

proptest! {
    #![proptest_config(cases(1024))]

    #[test]
    fn fen_and_yuan_are_inverse(fen in 0..=Fen::MAX.get()) {
        let amount = Fen::new(fen).unwrap();
        prop_assert_eq!(Fen::from_yuan(&amount.to_yuan()), Ok(amount));
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
    }

    #[test]
    fn m04_money_is_read_exactly_or_not_at_all(
        text in prop_oneof!["\\PC{0,12}", "[0-9]{1,18}", "[0-9]{0,17}[.][0-9]{0,3}", "[-+0-9.,eE０-９ ]{0,8}"],
    ) {
        prop_assert_eq!(text.parse::<Fen>().ok().map(Fen::get), plain_fen(&text));
        prop_assert_eq!(Fen::from_yuan(&text).ok().map(Fen::get), plain_yuan(&text));
    }

    #[test]
    fn sums_and_differences_stay_in_range(a in 0..=Fen::MAX.get(), b in 0..=Fen::MAX.get()) {
        let (x, y) = (Fen::new(a).unwrap(), Fen::new(b).unwrap());
        prop_assert_eq!(x.checked_add(y).map(Fen::get), Some(a + b).filter(|sum| *sum <= Fen::MAX.get()));
        prop_assert_eq!(x.checked_sub(y).map(Fen::get), a.checked_sub(b));
    }

    #[test]
    fn numbers_above_the_largest_amount_are_refused(fen in Fen::MAX.get() + 1..) {
        prop_assert_eq!(Fen::new(fen), Err(FenError::TooLarge));
        prop_assert_eq!(fen.to_string().parse::<Fen>(), Err(FenError::TooLarge));
    }
}

/// Fen in plain words: digits, no leading zero, within 53 bits.
fn plain_fen(text: &str) -> Option<u64> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text && number <= Fen::MAX.get()).then_some(number)
}

/// Yuan in plain words: whole yuan as above, and nothing or a point with one or two digits.
fn plain_yuan(text: &str) -> Option<u64> {
    let (yuan, decimals) = match text.split_once('.') {
        None => (text, "00".to_owned()),
        Some((yuan, decimals)) => (yuan, decimals.to_owned()),
    };
    let decimals = if decimals.len() == 1 { decimals + "0" } else { decimals };
    let is_pair = decimals.len() == 2 && decimals.chars().all(|c| c.is_ascii_digit());
    let fen =
        plain_fen(yuan)?.checked_mul(100)? + decimals.parse::<u64>().ok().filter(|_| is_pair)?;
    (fen <= Fen::MAX.get()).then_some(fen)
}
