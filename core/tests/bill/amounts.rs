//! Exact amounts of yuan.

use proptest::prelude::*;
use wxpay_core::bill::{ExactYuan, ExactYuanError};

#[test]
fn amounts_are_read_exactly_or_refused() {
    for (text, units) in [
        ("0", 0),
        ("-0.00000", 0),
        ("0.00001", 1),
        ("-0.00001", -1),
        ("0.6", 60_000),
        ("19.90", 1_990_000),
        ("-1.5", -150_000),
        ("00.1", 10_000),
        ("92233720368547.75807", i64::MAX),
    ] {
        assert_eq!(text.parse::<ExactYuan>().unwrap().units(), units, "{text}");
    }
    for (text, error) in [
        ("", ExactYuanError::NotDecimal),
        ("-", ExactYuanError::NotDecimal),
        (".5", ExactYuanError::NotDecimal),
        ("1.", ExactYuanError::NotDecimal),
        ("+1", ExactYuanError::NotDecimal),
        ("--1", ExactYuanError::NotDecimal),
        ("1.-5", ExactYuanError::NotDecimal),
        ("1e2", ExactYuanError::NotDecimal),
        ("1,000", ExactYuanError::NotDecimal),
        ("１", ExactYuanError::NotDecimal),
        ("0.000001", ExactYuanError::TooPrecise),
        ("92233720368547.75808", ExactYuanError::TooLarge),
        ("99999999999999999999", ExactYuanError::TooLarge),
    ] {
        assert_eq!(text.parse::<ExactYuan>(), Err(error), "{text}");
    }
    let most: ExactYuan = "92233720368547.75807".parse().unwrap();
    assert_eq!(most.checked_add("0.00001".parse().unwrap()), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_amount_comes_back_from_its_text(units in -i64::MAX..=i64::MAX) {
        let text = format!(
            "{}{}.{:05}",
            if units < 0 { "-" } else { "" },
            units.unsigned_abs() / 100_000,
            units.unsigned_abs() % 100_000,
        );
        let amount: ExactYuan = text.parse().unwrap();
        prop_assert_eq!((amount.units(), amount.to_string()), (units, text));
    }
}
