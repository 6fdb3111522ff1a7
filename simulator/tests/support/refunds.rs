//! A merchant that refunds: requests by core, over TLS with the merchant certificate.

use wxpay_core::messages::refund::{self, Accepted, Refund, RefundStatus};
use wxpay_core::messages::refund_query::{self, By, Found, Page};
use wxpay_core::{Params, SignType, xml};
use wxpay_simulator::{Call, Outcome};

use super::secure::Client;
use super::{MCH_ID, NONCE, World, fen, identity, key};

const HMAC: SignType = SignType::HmacSha256;

/// A part of an order of 88 fen.
pub fn part(out_trade_no: &str, out_refund_no: &str, refund_fee: u64) -> Refund {
    Refund {
        out_trade_no: out_trade_no.into(),
        out_refund_no: out_refund_no.into(),
        total_fee: fen(88),
        refund_fee: fen(refund_fee),
        refund_desc: Some("the tea was cold 茶凉了".into()),
        refund_account: None,
        notify_url: None,
    }
}

pub fn request(refund: &Refund) -> Params {
    refund.to_params(&identity(), NONCE, HMAC, &key()).unwrap()
}

impl World {
    /// Places an order of 88 fen and pays it.
    pub async fn paid(&self, out_trade_no: &str) {
        self.place(out_trade_no, HMAC).await;
        self.wechat.pay(out_trade_no, Outcome::Pay).await.unwrap();
    }

    /// Sends a request as it is, with the merchant certificate.
    pub async fn call_with_certificate(&self, call: Call, params: &Params) -> Params {
        let path = self.url(call).replace(self.wechat.base_url(), "");
        let body = xml::to_xml(params).unwrap();
        let reply = Client::of(&self.wechat, MCH_ID).post(&path, body).await.unwrap();
        assert_eq!(reply.status(), 200);
        xml::from_xml(&reply.bytes().await.unwrap()).unwrap()
    }

    pub async fn refund(&self, refund: &Refund) -> Params {
        self.call_with_certificate(Call::Refund, &request(refund)).await
    }

    /// The same, when the answer is yes.
    pub async fn refunded(&self, refund: &Refund) -> Accepted {
        let reply = self.refund(refund).await;
        refund::read_reply(reply, refund, &identity(), HMAC, &key()).unwrap()
    }

    /// The same, when the answer is no: its code.
    pub async fn refused(&self, refund: &Refund) -> String {
        let reply = self.refund(refund).await;
        assert_eq!(reply.get("result_code"), Some("FAIL"), "{reply:?}");
        reply.get("err_code").unwrap().to_owned()
    }

    pub async fn ask_refund(&self, by: By<'_>, offset: u64) -> Params {
        let request = refund_query::request(by, offset, &identity(), NONCE, HMAC, &key());
        self.call(Call::RefundQuery, &request.unwrap()).await
    }

    pub async fn refund_page(&self, by: By<'_>, offset: u64) -> Page {
        let reply = self.ask_refund(by, offset).await;
        let found = refund_query::read_reply(reply, by, &identity(), HMAC, &key());
        let Found::Page(page) = found.unwrap() else { panic!("there are refunds") };
        page
    }

    pub fn status(&self, out_refund_no: &str) -> RefundStatus {
        self.wechat.refund(out_refund_no).unwrap().status
    }

    pub async fn ended(&self, out_refund_no: &str, status: RefundStatus) {
        let done = self.wechat.wait_until(|world| {
            world.refund(out_refund_no).is_some_and(|refund| refund.status == status)
        });
        done.await.unwrap();
    }
}
