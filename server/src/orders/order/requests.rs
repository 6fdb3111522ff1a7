//! What an order is to WeChat: the requests it leads to.

use wxpay_core::messages::Identity;
use wxpay_core::messages::micropay::Micropay;
use wxpay_core::messages::unified_order::UnifiedOrder;

use super::{Order, Terms};

impl Order {
    /// The unifiedorder request, the same every time; `None` before the intent is recorded, and for micropay.
    ///
    /// The payer logged in to the merchant's own program: under sub_appid, if there is one (reference: service-provider
    /// mode).
    pub fn unified_order(&self, identity: &Identity) -> Option<UnifiedOrder> {
        let asked = self.asked.as_ref()?;
        let Terms { body, total_fee, trade_type, expires_ms, extra } = self.terms.clone();
        let (openid, sub_openid) = match identity.sub_appid {
            None => (self.openid.clone(), None),
            Some(_) => (None, self.openid.clone()),
        };
        Some(UnifiedOrder {
            out_trade_no: self.key.out_trade_no.clone(),
            body,
            total_fee,
            trade_type,
            spbill_create_ip: asked.spbill_create_ip.clone(),
            notify_url: asked.notify_url.clone()?,
            openid,
            sub_openid,
            time_start: Some(asked.at_ms / 1000),
            time_expire: Some(expires_ms / 1000),
            attach: extra.attach,
            detail: extra.detail,
            device_info: extra.device_info,
            goods_tag: extra.goods_tag,
            product_id: extra.product_id,
            limit_pay: extra.limit_pay,
            receipt: extra.receipt,
            scene_info: extra.scene_info,
            profit_sharing: extra.profit_sharing,
        })
    }

    /// The micropay request, which is sent once; `None` before the intent is recorded.
    ///
    /// It carries no time_expire: a charge whose outcome is unknown is reversed long before the order expires.
    pub fn micropay(&self, auth_code: &str) -> Option<Micropay> {
        let asked = self.asked.as_ref()?;
        let Terms { body, total_fee, trade_type: _, expires_ms: _, extra } = self.terms.clone();
        Some(Micropay {
            out_trade_no: self.key.out_trade_no.clone(),
            body,
            total_fee,
            auth_code: auth_code.into(),
            spbill_create_ip: asked.spbill_create_ip.clone(),
            time_expire: None,
            attach: extra.attach,
            detail: extra.detail,
            device_info: extra.device_info,
            goods_tag: extra.goods_tag,
            limit_pay: extra.limit_pay,
            scene_info: extra.scene_info,
        })
    }
}
