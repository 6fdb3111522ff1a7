//! Signing and verifying.

use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wxpay_core::xml::{from_xml, to_xml};
use wxpay_core::{
    ApiKey, Params, ParamsError, SignType, VerifyError, add_sign, sign, sign_pairs, verify,
};

use super::support::{self, KEY, key, plain_sign};
use super::{cases, fields, name, own, pairs, value};

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn s07_any_order_in_gives_the_same_set_and_sign(
        (sorted, shuffled) in fields().prop_flat_map(|fields| {
            let pairs: Vec<_> = fields.into_iter().collect();
            (Just(pairs.clone()), Just(pairs).prop_shuffle())
        }),
        sign_type in sign_type(),
    ) {
        let (sorted, shuffled) =
            (Params::from_pairs(sorted).unwrap(), Params::from_pairs(shuffled).unwrap());
        prop_assert_eq!(pairs(&sorted), pairs(&shuffled));
        prop_assert_eq!(sign(&sorted, sign_type, &key()), sign(&shuffled, sign_type, &key()));
    }

    #[test]
    fn s06_sign_is_what_a_plain_reading_of_the_rules_gives(
        fields in btree_map(prop_oneof!["\\PC{1,12}", name()], value(), 0..24),
        sign_type in sign_type(),
        key in "[!-~]{32}",
    ) {
        let params = Params::from_pairs(&fields).unwrap();
        let found = sign(&params, sign_type, &ApiKey::new(&key).unwrap());
        prop_assert_eq!(found.to_string(), plain_sign(&fields, sign_type, &key));
    }

    #[test]
    fn pairs_in_any_order_have_the_signature_of_their_set(
        pairs in btree_map(name(), value(), 0..80)
            .prop_flat_map(|fields| Just(fields.into_iter().collect::<Vec<_>>()).prop_shuffle()),
        sign_type in sign_type(),
    ) {
        let params = Params::from_pairs(pairs.iter().cloned()).unwrap();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let found = sign_pairs(&pairs, sign_type, &key()).unwrap();
        prop_assert_eq!(found, sign(&params, sign_type, &key()));
        if let Some((name, _)) = pairs.first() {
            let twice = [&pairs[..], &[(name, "1")]].concat();
            let duplicate = ParamsError::DuplicateName((*name).to_owned());
            prop_assert_eq!(sign_pairs(&twice, sign_type, &key()), Err(duplicate));
            let nameless = [&pairs[..], &[("", "1")]].concat();
            let refused = sign_pairs(&nameless, sign_type, &key());
            prop_assert_eq!(refused, Err(ParamsError::EmptyName));
        }
    }

    #[test]
    fn what_was_signed_verifies((params, sign_type) in signed()) {
        let verified = verify(params.clone(), sign_type, &key()).unwrap();
        prop_assert_eq!(verified.params(), &params);
    }

    #[test]
    fn one_changed_character_of_a_value_or_name_is_noticed(
        (params, sign_type) in signed(),
        field in any::<Index>(),
        at in any::<Index>(),
        replacement in prop_oneof![select(vec!['0', 'A', 'a', '=', '&', ' ']), any::<char>()],
        change_name in any::<bool>(),
    ) {
        let mut pairs = pairs(&params);
        let field = field.index(pairs.len());
        let (name, value) = &mut pairs[field];
        let is_signed = !value.is_empty();
        if change_name {
            *name = with_other_char(name, at, replacement);
        } else if is_signed {
            *value = with_other_char(value, at, replacement);
        }
        // A name that now is another field's name makes no set at all; an empty field is not signed.
        if let (Ok(changed), true) = (Params::from_pairs(pairs), is_signed) {
            prop_assert!(verify(changed, sign_type, &key()).is_err());
        }
    }

    #[test]
    fn one_changed_byte_of_a_message_is_noticed_or_means_nothing(
        (params, sign_type) in signed(),
        at in any::<Index>(),
        byte in prop_oneof![any::<u8>(), select(b" <>&;/]=".to_vec())],
    ) {
        let mut bytes = to_xml(&params).unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let read = from_xml(&bytes).ok().and_then(|p| verify(p, sign_type, &key()).ok());
        if let Some(verified) = read {
            let filled = |params: &Params| -> Vec<_> { params.signed().map(own).collect() };
            prop_assert_eq!(filled(verified.params()), filled(&params));
        }
    }

    #[test]
    fn another_key_or_a_missing_or_added_field_is_noticed(
        (params, sign_type) in signed(),
        field in any::<Index>(),
        (new_name, new_value) in (name(), value()),
    ) {
        let other = ApiKey::new(&KEY.to_uppercase()).unwrap();
        prop_assert_eq!(verify(params.clone(), sign_type, &other), Err(VerifyError::Mismatch));

        let mut fewer = params.clone();
        let signed: Vec<_> = params.signed().map(own).collect();
        if !signed.is_empty() {
            fewer.remove(&signed[field.index(signed.len())].0);
            prop_assert_eq!(verify(fewer, sign_type, &key()), Err(VerifyError::Mismatch));
        }
        let mut more = params;
        if new_name != "sign_type" && !new_value.is_empty() && more.insert(&new_name, &new_value).is_ok() {
            prop_assert_eq!(verify(more, sign_type, &key()), Err(VerifyError::Mismatch));
        }
    }
}

/// By their bytes, as WeChat's samples do: capitals first, then small letters, then what is not ASCII.
#[test]
fn s07_fields_are_sorted_by_the_bytes_of_their_names() {
    let names = ["订单", "é", "z", "a_b", "a", "aB", "_", "Z", "A", "0", "～"];
    let pairs = names.map(|name| (name, "1"));
    let text = wxpay_core::string_to_sign(&Params::from_pairs(pairs).unwrap());
    assert_eq!(text, "0=1&A=1&Z=1&_=1&a=1&aB=1&a_b=1&z=1&é=1&订单=1&～=1");
}

fn sign_type() -> impl Strategy<Value = SignType> {
    select(support::BOTH.to_vec())
}

/// A set, with its signature, for which `sign_type` is not a field that could disagree.
fn signed() -> impl Strategy<Value = (Params, SignType)> {
    (btree_map(name(), value(), 1..12), sign_type()).prop_map(|(mut fields, sign_type)| {
        fields.remove("sign_type");
        let mut params = Params::from_pairs(fields).unwrap();
        add_sign(&mut params, sign_type, &key()).unwrap();
        (params, sign_type)
    })
}

/// `text` with its character at `at` replaced by another one.
fn with_other_char(text: &str, at: Index, replacement: char) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = at.index(chars.len());
    chars[at] = if chars[at] == replacement { '~' } else { replacement };
    chars.into_iter().collect()
}
