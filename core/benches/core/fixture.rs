//! One order of 12 fields and one notice of 21 elements, with signatures from an independent program.

use serde_json::Value;
use wxpay_core::{ApiKey, Params, xml};

/// What the measured calls work on.
pub struct Fixture {
    /// Prepared, as the server's is.
    pub key: ApiKey,
    /// Not prepared.
    pub fresh_key: ApiKey,
    pub raw_key: String,
    /// The order's fields, in the order in which a merchant's code would write them down.
    order: Vec<(String, String)>,
    pub order_md5: String,
    pub order_hmac_sha256: String,
    pub notice_md5: String,
    pub notice_hmac_sha256: String,
}

impl Fixture {
    pub fn read() -> Self {
        let data: Value = serde_json::from_str(include_str!("../fixture.json")).unwrap();
        let text = |pointer: &str| data.pointer(pointer).unwrap().as_str().unwrap().to_owned();
        let order = ORDER.iter().map(|name| {
            let value = text(&format!("/order/params/{name}"));
            ((*name).to_owned(), value)
        });
        Self {
            key: ApiKey::new(&text("/key")).unwrap().prepared(),
            fresh_key: ApiKey::new(&text("/key")).unwrap(),
            raw_key: text("/key"),
            order: order.collect(),
            order_md5: text("/order/md5"),
            order_hmac_sha256: text("/order/hmac_sha256"),
            notice_md5: text("/notice/xml_md5"),
            notice_hmac_sha256: text("/notice/xml_hmac_sha256"),
        }
    }

    /// The order, unsorted.
    pub fn order(&self) -> Vec<(&str, &str)> {
        self.order.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The bytes that are hashed for the order, the key at their end.
    pub fn order_bytes(&self) -> Vec<u8> {
        self.signed_bytes(&Params::from_pairs(self.order()).unwrap())
    }

    /// The same for a notice.
    pub fn notice_bytes(&self, notice: &str) -> Vec<u8> {
        self.signed_bytes(&xml::from_xml(notice.as_bytes()).unwrap())
    }

    fn signed_bytes(&self, params: &Params) -> Vec<u8> {
        let text = wxpay_core::string_to_sign(params);
        format!("{text}&key={}", self.raw_key).into_bytes()
    }
}

/// serde_json sorts the names of an object; a bench of sorting must not be handed sorted fields.
const ORDER: [&str; 12] = [
    "appid",
    "mch_id",
    "device_info",
    "nonce_str",
    "body",
    "attach",
    "out_trade_no",
    "total_fee",
    "spbill_create_ip",
    "notify_url",
    "trade_type",
    "openid",
];
