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
