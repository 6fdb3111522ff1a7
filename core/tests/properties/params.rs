//! The parameter set against a sorted map.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wxpay_core::{Params, ParamsError};

use super::{Fields, cases, value};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn params_behave_like_a_sorted_map(steps in vec(step(), 0..60)) {
        let mut params = Params::new();
        let mut model = Fields::new();
        for step in steps {
            match step {
                Step::Insert(name, value) => {
                    let expected = match name.as_str() {
                        "" => Err(ParamsError::EmptyName),
                        name if model.contains_key(name) => {
                            Err(ParamsError::DuplicateName(name.to_owned()))
                        }
                        _ => Ok(()),
                    };
                    prop_assert_eq!(params.insert(&name, &value), expected.clone());
                    if expected.is_ok() {
                        model.insert(name, value);
                    }
                }
                Step::Set(name, value) => {
                    let expected = if name.is_empty() { Err(ParamsError::EmptyName) } else { Ok(()) };
                    prop_assert_eq!(params.set(&name, &value), expected.clone());
                    if expected.is_ok() {
                        model.insert(name, value);
                    }
                }
                Step::Remove(name) => {
                    prop_assert_eq!(params.remove(&name), model.remove(&name).is_some());
                }
                Step::Get(name) => {
                    let expected = model.get(&name).map(String::as_str);
                    prop_assert_eq!(params.get(&name), expected);
                    prop_assert_eq!(params.filled(&name), expected.filter(|value| !value.is_empty()));
                }
            }
            prop_assert_eq!((params.len(), params.is_empty()), (model.len(), model.is_empty()));
            prop_assert!(params.iter().eq(model.iter().map(|(n, v)| (n.as_str(), v.as_str()))));
        }
        prop_assert_eq!(format!("{params:?}"), format!("{model:?}"));
        prop_assert_eq!(Params::from_pairs(&model).unwrap(), params);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Insert(String, String),
    Set(String, String),
    Remove(String),
    Get(String),
}

fn step() -> impl Strategy<Value = Step> {
    // Few names, so that they meet again.
    let name = || select(vec!["", "a", "aa", "b", "A", "_", "é", "sign"]).prop_map(str::to_owned);
    prop_oneof![
        (name(), value()).prop_map(|(name, value)| Step::Insert(name, value)),
        (name(), value()).prop_map(|(name, value)| Step::Set(name, value)),
        name().prop_map(Step::Remove),
        name().prop_map(Step::Get),
    ]
}

/// Two bytes are counted for each pair beside its name and value; what was taken out again counts no more.
#[test]
fn a_set_may_be_exactly_as_large_as_the_limit_says() {
    let text = |bytes: usize| "v".repeat(bytes);
    let mut params = Params::new();
    params.insert("a", &text(Params::MAX_BYTES - 3)).unwrap();
    assert_eq!(params.insert("b", ""), Err(ParamsError::TooLarge));
    assert_eq!(params.set("a", &text(Params::MAX_BYTES - 2)), Err(ParamsError::TooLarge));
    assert_eq!(params.get("a").map(str::len), Some(Params::MAX_BYTES - 3), "unchanged");

    params.set("a", &text(Params::MAX_BYTES - 13)).unwrap();
    params.insert("bcd", "12345").unwrap();
    params.set("bcd", "67890").unwrap();
    assert_eq!(params.set("bcd", "678901"), Err(ParamsError::TooLarge));
    assert_eq!(params.get("bcd"), Some("67890"));
    assert!(params.remove("a"));
    params.set("bcd", &text(Params::MAX_BYTES - 5)).unwrap();
    assert_eq!((params.len(), params.get("bcd").map(str::len)), (1, Some(Params::MAX_BYTES - 5)));
}

/// Names that are equal in their first eight bytes, and names shorter than that.
#[test]
fn sets_differ_when_a_name_or_a_value_does() {
    let one = |pairs: &[(&str, &str)]| Params::from_pairs(pairs.iter().copied()).unwrap();
    let params = one(&[("out_trade_no", "1"), ("out_trad", "2"), ("out_trade", "3"), ("o", "4")]);
    let names: Vec<_> = params.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["o", "out_trad", "out_trade", "out_trade_no"]);
    for name in names {
        let mut other = params.clone();
        other.set(name, "5").unwrap();
        assert_ne!(other, params, "{name}");
        other.remove(name);
        assert_ne!(other, params, "{name}");
    }
}
