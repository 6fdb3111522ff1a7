//! Which payment notices are taken, and that nothing else ever changes an order.

use reqwest::Method;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;
use wxpay_core::SignType;
use wxpay_core::messages::TradeState;
use wxpay_server::orders::{Event, Order};
use wxpay_simulator::{Call, Fault, FaultKind, NoticeKind, Outcome};
use wxpay_tests::{BAKERY, Logs, Notice, Reply, SHOP, SISTER, Setup, Shop, Wire, World};

const HMAC: SignType = SignType::HmacSha256;
const SUCCESS: &str = "<xml><return_code><![CDATA[SUCCESS]]></return_code>\
    <return_msg><![CDATA[OK]]></return_msg></xml>";
const FAIL: &str = "<xml><return_code><![CDATA[FAIL]]></return_code>\
    <return_msg><![CDATA[FAIL]]></return_msg></xml>";
const TOTAL_FEE: u64 = 10_000;

/// A world with one order that waits for its payment, and everything the server logs.
struct Scene {
    world: World,
    no: String,
    logs: Logs,
    before: (Order, Vec<Event>),
}

impl Scene {
    async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    async fn with(setup: Setup) -> Self {
        let world = World::with(setup).await;
        let token = world.log_in("alice").await;
        let no = world.prepaid(&token, TOTAL_FEE).await;
        let logs = Logs::start(LevelFilter::TRACE);
        let before = (world.order(&no).await, world.events(&no).await);
        Self { world, no, logs, before }
    }

    /// "It was paid", true in every field, without a signature.
    fn notice(&self) -> Notice {
        Notice::paid(&SHOP, &self.no, TOTAL_FEE)
    }

    async fn assert_refused(&self, body: impl Into<reqwest::Body>, status: u16, reason: &str) {
        self.logs.clear();
        let reply = self.world.notify(body).await;
        self.assert_refusal(&reply, status, reason).await;
    }

    /// FAIL, nothing changed, one line that says why, and in it nothing a forger could use.
    async fn assert_refusal(&self, reply: &Reply, status: u16, reason: &str) {
        assert_eq!((reply.status, reply.text.as_str()), (status, FAIL), "{reason}");
        let type_of_body = reply.headers["content-type"].to_str().unwrap();
        assert!(type_of_body.starts_with("text/xml"), "{type_of_body}");
        let now = (self.world.order(&self.no).await, self.world.events(&self.no).await);
        assert_eq!(now, self.before, "{reason}");
        let lines = self.logs.lines_with("notice refused");
        assert_eq!(lines.len(), 1, "{lines:?}");
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        let logged = line["reason"].as_str().unwrap();
        assert!(logged.contains(reason), "{logged:?} should say {reason:?}");
        assert_eq!(line["level"], "WARN");
        assert!(line["request_id"].as_str().is_some_and(|id| id.len() == 32), "{line}");
        let right = self.notice().signature(self.before.0.sign_type, &SHOP);
        for secret in [SHOP.api_key, SHOP.app_secret, SHOP.admin_key, &right] {
            assert!(!self.logs.text().contains(secret), "{secret} in {}", self.logs.text());
        }
    }

    async fn assert_taken(&self, body: impl Into<reqwest::Body>) {
        let reply = self.world.notify(body).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS), "{}", self.logs.text());
        let order = self.world.order(&self.no).await;
        assert_eq!(order.trade_state, TradeState::Success);
        assert_eq!(order.payment.unwrap().total_fee.get(), TOTAL_FEE);
        assert_eq!(self.world.topics(&self.no).await, ["order.paid"]);
        assert_eq!(self.logs.lines_with("notice taken").len(), 1);
    }
}

#[tokio::test]
async fn a_notice_with_any_field_changed_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    for name in genuine.names() {
        if name == "sign" || name == "out_trade_no" || name == "return_code" {
            continue;
        }
        let changed = format!("{}1", genuine.get(&name));
        let wrong = "sign: does not match the fields and the key";
        scene.assert_refused(genuine.clone().with(&name, &changed).xml(), 400, wrong).await;
        scene.assert_refused(genuine.clone().without(&name).xml(), 400, wrong).await;
    }
    let more = genuine.clone().with("attach", "more");
    scene.assert_refused(more.xml(), 400, "sign: does not match the fields and the key").await;
    let other = genuine.clone().with("out_trade_no", "another");
    scene.assert_refused(other.xml(), 404, "out_trade_no: no such order here").await;
    let failed = genuine.clone().with("return_code", "FAIL");
    scene.assert_refused(failed.xml(), 400, "sign: does not match the fields and the key").await;
    let odd = genuine.with("return_code", "MAYBE");
    scene.assert_refused(odd.xml(), 400, "return_code: expected one of SUCCESS, FAIL").await;
}

#[tokio::test]
async fn a_notice_without_a_right_signature_is_refused() {
    let scene = Scene::start().await;
    let notice = scene.notice();
    let right = notice.signature(HMAC, &SHOP);
    let malformed = "sign: expected 64 upper-case hex characters";
    let mismatch = "sign: does not match the fields and the key";
    let lower_key = Shop { api_key: "test0key0test0key0test0key0test9", ..SHOP };
    for (signature, reason) in [
        ("", "sign: missing"),
        ("   ", malformed),
        (&right.to_lowercase(), malformed),
        (&right[..63], malformed),
        (&format!("{right}0"), malformed),
        (&format!(" {right}"), malformed),
        (&right.replace(&right[..1], "G"), malformed),
        (&notice.signature(SignType::Md5, &SHOP), malformed),
        (&notice.signature(HMAC, &BAKERY), mismatch),
        (&notice.signature(HMAC, &lower_key), mismatch),
        (&"0".repeat(64), mismatch),
    ] {
        let notice = notice.clone().with("sign", signature);
        scene.assert_refused(notice.xml(), 400, reason).await;
    }
    scene.assert_refused(notice.xml(), 400, "sign: missing").await;
}

#[tokio::test]
async fn a_signed_sign_type_other_than_the_order_s_is_refused() {
    let scene = Scene::start().await;
    for word in ["SHA1", "md5 ", "HMAC-SHA1", "hmac-sha256", "MD5"] {
        let notice = scene.notice().with("sign_type", word).signed(HMAC, &SHOP);
        let reason = "sign_type: not the algorithm this order was made with";
        scene.assert_refused(notice.xml(), 400, reason).await;
    }
    let downgraded = scene.notice().with("sign_type", "MD5").signed(SignType::Md5, &SHOP);
    scene.assert_refused(downgraded.xml(), 400, "sign: expected 64 upper-case hex").await;
}

#[tokio::test]
async fn a_genuine_notice_for_something_else_is_refused() {
    let scene = Scene::start().await;
    let notice = scene.notice();
    for (changed, reason) in [
        (notice.clone().with("appid", SISTER.appid), "appid: names another merchant"),
        (notice.clone().without("appid"), "appid: names another merchant"),
        (notice.clone().with("mch_id", BAKERY.mch_id), "mch_id: names another merchant"),
        (notice.clone().without("mch_id"), "mch_id: names another merchant"),
        (notice.clone().with("total_fee", "1"), "total_fee: the order is 10000 fen"),
        (notice.clone().with("total_fee", "10001"), "total_fee: the order is 10000 fen"),
        (notice.clone().with("fee_type", "USD"), "fee_type: the order is in CNY"),
    ] {
        scene.assert_refused(changed.signed(HMAC, &SHOP).xml(), 400, reason).await;
    }
    for total_fee in
        ["0", "-1", "10000.0", "1e4", "010000", "+10000", "9223372036854775808", "１００００"]
    {
        let notice = notice.clone().with("total_fee", total_fee).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, "total_fee: expected a whole number of fen").await;
    }
    for name in ["total_fee", "transaction_id", "time_end", "result_code"] {
        let notice = notice.clone().without(name).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, &format!("{name}: missing")).await;
    }
    for name in ["return_code", "out_trade_no"] {
        let notice = notice.clone().without(name).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, &format!("{name}: missing")).await;
    }
    for (name, value) in [("time_end", "2026-01-01"), ("out_trade_no", "a b"), ("cash_fee", "many")]
    {
        let notice = notice.clone().with(name, value).signed(HMAC, &SHOP);
        scene.assert_refused(notice.xml(), 400, &format!("{name}: expected")).await;
    }
}

#[tokio::test]
async fn a_notice_for_an_order_nobody_made_is_refused() {
    let scene = Scene::start().await;
    let genuine = Notice::paid(&SHOP, "nobody-made-this", 1).signed(HMAC, &SHOP);
    let reason = "out_trade_no: no such order here, but the notice is genuine";
    scene.assert_refused(genuine.xml(), 404, reason).await;
    let forged = Notice::paid(&SHOP, "nobody-made-this", 1).signed(HMAC, &BAKERY);
    scene.assert_refused(forged.xml(), 404, "out_trade_no: no such order here").await;
    assert!(!scene.logs.text().contains("genuine"));
}

#[tokio::test]
async fn a_notice_at_another_merchant_s_address_is_refused() {
    let shops = vec![SHOP, BAKERY, SISTER];
    let scene = Scene::with(Setup { shops, ..Setup::default() }).await;
    let genuine = scene.notice().signed(HMAC, &SHOP).xml();
    for shop in [BAKERY, SISTER] {
        scene.logs.clear();
        let reply = scene.world.notify_at(&shop, genuine.clone()).await;
        scene.assert_refusal(&reply, 404, "out_trade_no: no such order here").await;
    }
    for path in ["/v1/notify/nobody/pay", "/v1/notify/SHOP/pay", "/v1/notify/%73hop/pay"] {
        scene.logs.clear();
        let reply = scene.world.call(Method::POST, path, &[], genuine.clone()).await;
        scene.assert_refusal(&reply, 404, "the path names no configured merchant").await;
    }
    // SISTER has the same key: her signature is right for SHOP, and still the notice is not SHOP's.
    let sisters = scene.notice().with("appid", SISTER.appid).signed(HMAC, &SISTER);
    scene.assert_refused(sisters.xml(), 400, "appid: names another merchant").await;

    // An order of the same number at each shop: each notice pays its own, and no other.
    let body = json!({ "total_fee": TOTAL_FEE, "body": "tea", "out_trade_no": scene.no });
    for shop in [SISTER, BAKERY] {
        let made = scene.world.backend_of(&shop, Method::POST, "/v1/orders", body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let crossed = scene.world.notify_at(&shop, genuine.clone()).await;
        assert_eq!((crossed.status, crossed.text.as_str()), (400, FAIL));
        let path = format!("/v1/orders/{}", scene.no);
        let seen = scene.world.backend_of(&shop, Method::GET, &path, json!(null)).await;
        assert_eq!(
            (&seen.json["trade_state"], &seen.json["revision"]),
            (&json!("NOTPAY"), &json!(1))
        );
    }
    scene.assert_taken(genuine).await;
}

#[tokio::test]
async fn what_is_not_flat_xml_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    let xml = genuine.xml();
    let form = format!("out_trade_no={}&total_fee=10000&sign={}", scene.no, genuine.get("sign"));
    let dtd = |declaration: &str| format!("<!DOCTYPE xml [{declaration}]>{xml}");
    let bad: Vec<String> = vec![
        String::new(),
        "   \n".into(),
        "not xml at all".into(),
        json!({ "out_trade_no": scene.no, "return_code": "SUCCESS" }).to_string(),
        form,
        "<xml/>".into(),
        "<xml></xml>".into(),
        xml.replace("<xml>", "<root>").replace("</xml>", "</root>"),
        xml.replace("</xml>", ""),
        xml.replace("</xml>", "</XML>"),
        xml.replace("<xml>", "<xml version=\"1\">"),
        xml.replace("<xml>", "<xml xmlns:a=\"http://example.com/a\">"),
        format!("{xml}{xml}"),
        format!("{xml}junk"),
        format!("junk{xml}"),
        format!("<!-- note -->{xml}"),
        format!("<?php echo 1 ?>{xml}"),
        format!("<?xml version=\"1.0\" encoding=\"GBK\"?>{xml}"),
        dtd(""),
        dtd("<!ENTITY a \"1\">"),
        dtd("<!ENTITY a SYSTEM \"file:///etc/passwd\">"),
        dtd("<!ENTITY % a SYSTEM \"http://127.0.0.1:1/\"> %a;"),
        genuine.xml_with("<attach>&a;</attach>"),
        genuine.xml_with("<attach>&#0;</attach>"),
        genuine.xml_with("<attach>&#xD800;</attach>"),
        genuine.xml_with("<total_fee>10000</total_fee>"),
        genuine.xml_with("<total_fee>1</total_fee>"),
        genuine.xml_with(&format!("<sign>{}</sign>", genuine.get("sign"))),
        genuine.xml_with("<attach><total_fee>1</total_fee></attach>"),
        genuine.xml_with("<attach a=\"1\">x</attach>"),
        genuine.xml_with("<xi:include href=\"file:///etc/passwd\"/>"),
        genuine.xml_with("<attach>\u{1}</attach>"),
        genuine.xml_with("<attach>\u{0}</attach>"),
        genuine.xml_with("stray text"),
        genuine.xml_with("<attach>never closed"),
        genuine.xml_with(&"<a>".repeat(2_000)),
        genuine.xml_with(&(0..600).map(|n| format!("<f{n}>1</f{n}>")).collect::<String>()),
        genuine.xml_with(&format!("<{}>1</{}>", "n".repeat(65), "n".repeat(65))),
    ];
    for body in bad {
        scene.assert_refused(body, 400, "").await;
    }
    // Another spelling is another field, and it is not signed.
    let spelling = genuine.xml_with("<Total_Fee>1</Total_Fee>");
    scene.assert_refused(spelling, 400, "sign: does not match the fields and the key").await;
}

#[tokio::test]
async fn what_is_not_utf_8_is_refused() {
    let scene = Scene::start().await;
    let xml = scene.notice().signed(HMAC, &SHOP).xml();
    let utf16: Vec<u8> = xml.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let with_mark = [&[0xfe, 0xff], utf16.as_slice()].concat();
    let gbk = [b"<xml><attach>", [0xd6, 0xd0].as_slice(), b"</attach></xml>"].concat();
    let cut = [b"<xml><attach>", "中".as_bytes().split_at(2).0, b"</attach></xml>"].concat();
    for body in [utf16, with_mark, gbk, cut] {
        scene.assert_refused(body, 400, "").await;
    }
}

#[tokio::test]
async fn more_than_64_kib_are_refused_however_they_come() {
    let scene = Scene::start().await;
    let fill = |bytes: usize| {
        let xml = scene.notice().with("attach", "x").signed(HMAC, &SHOP).xml();
        format!("{xml}{}", " ".repeat(bytes - xml.len()))
    };
    for bytes in [64 * 1024 + 1, 1024 * 1024] {
        scene.assert_refused(fill(bytes), 413, "exceeds 65536 bytes").await;
        scene.logs.clear();
        let reply = send_chunked(&scene, &fill(bytes)).await;
        assert!(reply.starts_with("HTTP/1.1 413 ") && reply.contains(FAIL), "{reply}");
        assert_eq!(scene.logs.lines_with("exceeds 65536 bytes").len(), 1);
        assert_eq!(scene.world.events(&scene.no).await, scene.before.1);
    }
    scene.assert_taken(fill(64 * 1024)).await;
}

async fn send_chunked(scene: &Scene, body: &str) -> String {
    let mut wire = Wire::open(&scene.world.server.url).await;
    let head = "POST /v1/notify/shop/pay HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
        transfer-encoding: chunked\r\n\r\n";
    wire.send(head).await;
    for chunk in body.as_bytes().chunks(1_000) {
        wire.send(format!("{:x}\r\n", chunk.len())).await;
        wire.send(chunk).await;
        wire.send("\r\n").await;
    }
    wire.send("0\r\n\r\n").await;
    wire.read_to_end().await
}

#[tokio::test]
async fn a_chunked_notice_is_taken() {
    let scene = Scene::start().await;
    let reply = send_chunked(&scene, &scene.notice().signed(HMAC, &SHOP).xml()).await;
    assert!(reply.starts_with("HTTP/1.1 200 ") && reply.contains(SUCCESS), "{reply}");
    assert_eq!(scene.world.order(&scene.no).await.trade_state, TradeState::Success);
}

#[tokio::test]
async fn unusual_but_genuine_notices_are_taken() {
    type Unusual = fn(Notice) -> String;
    let unusual: [(&str, Unusual); 10] = [
        ("plain", |notice| notice.signed(HMAC, &SHOP).xml()),
        ("unknown fields", |notice| {
            notice.with("new_field", "1").with("promotion_detail", "{}").signed(HMAC, &SHOP).xml()
        }),
        ("empty attach", |notice| notice.signed(HMAC, &SHOP).xml_with("<attach></attach>")),
        ("self-closed attach", |notice| notice.signed(HMAC, &SHOP).xml_with("<attach/>")),
        ("sign_type given", |notice| {
            notice.with("sign_type", "HMAC-SHA256").signed(HMAC, &SHOP).xml()
        }),
        ("byte order mark", |notice| format!("\u{feff}{}", notice.signed(HMAC, &SHOP).xml())),
        ("declaration", |notice| {
            let xml = notice.signed(HMAC, &SHOP).xml();
            format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n{xml}\n")
        }),
        ("entities", |notice| {
            let notice = notice.with("attach", "a&b=<c>\"'中").signed(HMAC, &SHOP);
            notice
                .xml()
                .replace("<![CDATA[a&b=<c>\"'中]]>", "a&amp;b=&lt;c&gt;&quot;&apos;&#20013;")
        }),
        ("a value like a pair", |notice| {
            notice.with("attach", "1&key=2&total_fee=1").signed(HMAC, &SHOP).xml()
        }),
        ("coupons, no fee_type", |notice| {
            let notice = notice.without("fee_type").with("cash_fee", "9900");
            let notice = notice.with("coupon_fee", "100").with("settlement_total_fee", "9900");
            let notice = notice.with("coupon_id_0", "10000").with("coupon_fee_0", "100");
            notice.with("coupon_count", "1").signed(HMAC, &SHOP).xml()
        }),
    ];
    for (what, write) in unusual {
        let scene = Scene::start().await;
        let body = write(scene.notice());
        println!("{what}");
        scene.assert_taken(body).await;
    }
}

#[tokio::test]
async fn any_content_type_is_taken() {
    for content_type in [None, Some("application/json"), Some("text/plain"), Some("?")] {
        let scene = Scene::start().await;
        let headers: Vec<_> =
            content_type.map(|value| ("content-type", value)).into_iter().collect();
        let body = scene.notice().signed(HMAC, &SHOP).xml();
        let reply = scene.world.call(Method::POST, "/v1/notify/shop/pay", &headers, body).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS), "{content_type:?}");
        assert_eq!(scene.world.order(&scene.no).await.trade_state, TradeState::Success);
    }
}

#[tokio::test]
async fn an_md5_order_takes_md5_notices_only() {
    let setup = Setup { sign_type: SignType::Md5, ..Setup::default() };
    let scene = Scene::with(setup).await;
    let hmac = scene.notice().signed(HMAC, &SHOP).xml();
    scene.assert_refused(hmac, 400, "sign: expected 32 upper-case hex characters").await;
    scene.logs.clear();
    scene.assert_taken(scene.notice().signed(SignType::Md5, &SHOP).xml()).await;
}

#[tokio::test]
async fn a_duplicate_is_acknowledged_and_changes_nothing() {
    let scene = Scene::start().await;
    let notice = scene.notice().signed(HMAC, &SHOP);
    scene.assert_taken(notice.xml()).await;
    let after = (scene.world.order(&scene.no).await, scene.world.events(&scene.no).await);
    for again in [notice.clone(), scene.notice().with("nonce_str", "other").signed(HMAC, &SHOP)] {
        let reply = scene.world.notify(again.xml()).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS));
    }
    // Even now a wrong one is refused.
    let wrong = notice.with("total_fee", "1").signed(HMAC, &SHOP);
    assert_eq!(scene.world.notify(wrong.xml()).await.text, FAIL);
    let now = (scene.world.order(&scene.no).await, scene.world.events(&scene.no).await);
    assert_eq!(now, after);
}

#[tokio::test]
async fn a_hundred_notices_at_once_are_one_payment() {
    let world = World::with(Setup { durable: true, ..Setup::default() }).await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, TOTAL_FEE).await;
    let before = world.order(&no).await.revision;
    let xml = Notice::paid(&SHOP, &no, TOTAL_FEE).signed(HMAC, &SHOP).xml();
    let all = futures_util::future::join_all((0..100).map(|_| world.notify(xml.clone()))).await;
    for reply in all {
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS));
    }
    assert_eq!(world.order(&no).await.revision, before + 1);
    assert_eq!(world.topics(&no).await, ["order.paid"]);
    world.assert_logs_hold(&world.all_orders().await).await;
}

#[tokio::test]
async fn a_notice_of_failure_is_acknowledged_and_only_makes_us_ask() {
    let scene = Scene::start().await;
    let failed = scene.notice().with("result_code", "FAIL").with("err_code", "SYSTEMERROR");
    let reply = scene.world.notify(failed.signed(HMAC, &SHOP).xml()).await;
    assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS));
    assert_eq!(scene.world.order(&scene.no).await, scene.before.0);
    let queries = scene.world.wechat.calls(Call::OrderQuery, Some(&scene.no));
    scene.world.pass_s(5).await;
    assert_eq!(scene.world.wechat.calls(Call::OrderQuery, Some(&scene.no)), queries + 1);
    assert_eq!(scene.world.order(&scene.no).await.trade_state, TradeState::NotPay);
}

#[tokio::test]
async fn the_simulator_s_bad_notices_are_refused_too() {
    let setup = Setup { shops: vec![SHOP, BAKERY], ..Setup::default() };
    let world = World::with(setup).await;
    let token = world.log_in("alice").await;
    let no = world.prepaid(&token, TOTAL_FEE).await;
    let before = world.order(&no).await;
    for kind in [NoticeKind::Forged, NoticeKind::WrongAmount, NoticeKind::OtherMerchant] {
        let reply = world.wechat.send_notice(&no, kind).await.unwrap();
        assert_eq!((reply.accepted, reply.body.as_str()), (false, FAIL), "{kind:?}");
        assert_eq!(world.order(&no).await, before, "{kind:?}");
    }
    world.wechat.set_fault(Fault::new(Call::Notice, FaultKind::Double)).unwrap();
    world.wechat.pay(&no, Outcome::Pay).await.unwrap();
    world.acknowledged(&no).await;
    let again = world.wechat.send_notice(&no, NoticeKind::Again).await.unwrap();
    assert!(again.accepted);
    world.assert_books_agree().await;
}
