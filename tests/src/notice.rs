//! Payment notices made by hand: everything WeChat could send, and everything it would not.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use wxpay_core::{ApiKey, Params, SignType, sign, xml};

use crate::shop::Shop;

/// A notice in the making.
#[derive(Debug, Clone)]
pub struct Notice(Params);

impl Notice {
    /// "This order was paid", complete but for the signature.
    pub fn paid(shop: &Shop, out_trade_no: &str, total_fee: u64) -> Self {
        let total_fee = total_fee.to_string();
        Self(
            Params::from_pairs([
                ("return_code", "SUCCESS"),
                ("result_code", "SUCCESS"),
                ("appid", shop.appid),
                ("mch_id", shop.mch_id),
                ("nonce_str", "5d2b6c2a8db53831f7eda20af46e531c"),
                ("openid", "oTESTER0000000000000000000001"),
                ("is_subscribe", "N"),
                ("trade_type", "JSAPI"),
                ("bank_type", "OTHERS"),
                ("total_fee", &total_fee),
                ("fee_type", "CNY"),
                ("cash_fee", &total_fee),
                ("transaction_id", "4200000001202601010000000001"),
                ("out_trade_no", out_trade_no),
                ("time_end", "20260101120010"),
            ])
            .unwrap(),
        )
    }

    /// With another value, or another field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.set(name, value).unwrap();
        self
    }

    /// Without a field.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        assert!(self.0.remove(name), "there is no {name}");
        self
    }

    /// The right signature.
    pub fn signature(&self, sign_type: SignType, shop: &Shop) -> String {
        sign(&self.0, sign_type, &shop.key()).to_string()
    }

    /// What somebody with this key would sign.
    pub fn sign_with(&self, sign_type: SignType, key: &ApiKey) -> String {
        sign(&self.0, sign_type, key).to_string()
    }

    /// What somebody without a key would sign: HMAC-SHA256 with an empty one, which [`ApiKey`] cannot be.
    pub fn sign_with_nothing(&self) -> String {
        let fields = self.0.iter().filter(|(name, value)| *name != "sign" && !value.is_empty());
        let text: String = fields.map(|(name, value)| format!("{name}={value}&")).collect();
        let mac = Hmac::<Sha256>::new_from_slice(b"").unwrap().chain_update(text + "key=");
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Signed by this shop's key.
    #[must_use]
    pub fn signed(self, sign_type: SignType, shop: &Shop) -> Self {
        let signature = self.signature(sign_type, shop);
        self.with("sign", &signature)
    }

    /// The names of all fields.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// A field's value.
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).unwrap()
    }

    /// The message.
    pub fn xml(&self) -> String {
        xml::to_xml(&self.0).unwrap()
    }

    /// The message with an element more, put in as it is.
    pub fn xml_with(&self, element: &str) -> String {
        self.xml().replacen("</xml>", &format!("{element}</xml>"), 1)
    }
}
