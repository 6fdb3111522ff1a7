//! Beijing time.

use proptest::prelude::*;
use wxpay_core::time;

use super::cases;

proptest! {
    #![proptest_config(cases(1024))]

    // From year 1 to 9999 in Beijing time.
    #[test]
    fn every_second_comes_back_from_its_text(unix_s in -62_135_625_600_i64..253_402_207_200) {
        let text = time::to_beijing(unix_s).unwrap();
        prop_assert_eq!(text.len(), 14);
        prop_assert_eq!(time::from_beijing(&text), Some(unix_s));
    }

    #[test]
    fn every_time_that_is_read_is_written_the_same(
        text in prop_oneof![
            "[0-9]{14}",
            "[0-9]{4}(0[0-9]|1[0-2])[0-3][0-9][0-2][0-9][0-6][0-9](59|60|61)",
            "0000(01|12)(01|31)[01][0-9][0-5][0-9]00",
            "\\PC{0,14}",
        ],
    ) {
        if let Some(unix_s) = time::from_beijing(&text) {
            prop_assert_eq!(time::to_beijing(unix_s), Some(text));
        }
    }

    #[test]
    fn any_number_of_seconds_is_written_or_refused(
        unix_s in prop_oneof![any::<i64>(), -70_000_000_000_i64..300_000_000_000],
    ) {
        if let Some(text) = time::to_beijing(unix_s) {
            prop_assert_eq!(time::from_beijing(&text), Some(unix_s));
        }
    }
}

#[test]
fn the_first_and_the_last_second() {
    for (text, unix_s) in [("00010101000000", -62_135_625_600), ("99991231055959", 253_402_207_199)]
    {
        assert_eq!(time::from_beijing(text), Some(unix_s));
        assert_eq!(time::to_beijing(unix_s).as_deref(), Some(text));
    }
    assert_eq!(time::to_beijing(-62_135_625_601), None);
    for unix_s in [i64::MIN, i64::MAX] {
        assert_eq!(time::to_beijing(unix_s), None);
    }
}
