//! Notices as they come: broken, large, unusual, repeated; and which of them are taken.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use wxpay_core::messages::TradeState;
use wxpay_core::{Fen, SignType};
use wxpay_simulator::{Call, REPEATS_S};
use wxpay_tests::{Notice, SHOP, Setup, Wire, World};

use crate::scene::{FAIL, HMAC, SUCCESS, Scene, TOTAL_FEE};

/// Nothing is declared, nothing expanded, and nobody is asked for an entity: not even a port of this machine.
#[tokio::test]
async fn x01_a_notice_with_a_doctype_is_refused_and_nothing_is_fetched() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    let xml = genuine.xml();
    let bait = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    bait.set_nonblocking(true).unwrap();
    let url = format!("http://{}/x", bait.local_addr().unwrap());
    let dtd = |declaration: &str| format!("<!DOCTYPE xml [{declaration}]>{xml}");
    let laughs: String = (1..10)
        .map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10)))
        .collect();
    for body in [
        dtd(""),
        dtd("<!ENTITY a \"1\">"),
        dtd("<!ENTITY a SYSTEM \"file:///etc/passwd\">"),
        dtd(&format!("<!ENTITY a SYSTEM \"{url}\">")),
        dtd(&format!("<!ENTITY % a SYSTEM \"{url}\"> %a;")),
        format!("<!DOCTYPE xml SYSTEM \"{url}\">{xml}"),
        dtd(&format!("<!ENTITY e0 \"ha\">{laughs}"))
            .replace("</xml>", "<attach>&e9;</attach></xml>"),
        genuine.xml_with("<attach>&a;</attach>"),
        genuine.xml_with(&format!("<xi:include href=\"{url}\"/>")),
    ] {
        let started = Instant::now();
        scene.assert_refused(body, 400, "").await;
        assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    }
    let nobody = bait.accept().map(|_| ()).map_err(|error| error.kind());
    assert_eq!(nobody, Err(ErrorKind::WouldBlock), "somebody came for the entity");
}

#[tokio::test]
async fn x02_a_notice_with_a_field_twice_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    for element in [
        "<total_fee>10000</total_fee>",
        "<total_fee>1</total_fee>",
        &format!("<sign>{}</sign>", genuine.get("sign")),
        "<sign></sign>",
    ] {
        scene.assert_refused(genuine.xml_with(element), 400, "appears twice").await;
    }
    // Another spelling is another field, and it is not signed.
    let spelling = genuine.xml_with("<Total_Fee>1</Total_Fee>");
    scene.assert_refused(spelling, 400, "sign: does not match the fields and the key").await;
}

#[tokio::test]
async fn x03_a_notice_that_is_not_flat_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    let xml = genuine.xml();
    for body in [
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
        genuine.xml_with("<attach><total_fee>1</total_fee></attach>"),
        genuine.xml_with("<attach a=\"1\">x</attach>"),
        genuine.xml_with("stray text"),
        genuine.xml_with("<attach>never closed"),
        genuine.xml_with("<attach>1</other>"),
    ] {
        scene.assert_refused(body, 400, "").await;
    }
}

#[tokio::test]
async fn x04_a_notice_with_too_much_in_it_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    let fields = |count: u32| (0..count).map(|n| format!("<f{n}/>")).collect::<String>();
    for body in [
        genuine.xml_with(&"<a>".repeat(2_000)),
        genuine.xml_with(&fields(600)),
        genuine.xml_with(&fields(6_000)),
        genuine.xml_with(&format!("<{}>1</{}>", "n".repeat(65), "n".repeat(65))),
    ] {
        scene.assert_refused(body, 400, "").await;
    }
    let deep = genuine.xml_with(&"<a>".repeat(200_000));
    scene.assert_refused(deep, 413, "exceeds 65536 bytes").await;
}

#[tokio::test]
async fn x05_a_notice_with_characters_outside_xml_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    for element in [
        "<attach>\u{1}</attach>",
        "<attach>\u{0}</attach>",
        "<attach>\u{1b}[31m</attach>",
        "<attach>&#0;</attach>",
        "<attach>&#xD800;</attach>",
    ] {
        scene.assert_refused(genuine.xml_with(element), 400, "").await;
    }
    let xml = genuine.xml();
    let declared = format!("<?xml version=\"1.0\" encoding=\"GBK\"?>{xml}");
    scene.assert_refused(declared, 400, "an encoding other than UTF-8").await;
}

#[tokio::test]
async fn x07_what_is_no_xml_is_refused() {
    let scene = Scene::start().await;
    let genuine = scene.notice().signed(HMAC, &SHOP);
    let form = format!("out_trade_no={}&total_fee=10000&sign={}", scene.no, genuine.get("sign"));
    let json = json!({ "out_trade_no": scene.no, "return_code": "SUCCESS" }).to_string();
    for body in ["", "   \n", "not xml at all", "<xml/>", "<xml></xml>", &json, &form] {
        scene.assert_refused(body.to_owned(), 400, "").await;
    }
}

#[tokio::test]
async fn x05_what_is_not_utf_8_is_refused() {
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
async fn x04_more_than_64_kib_are_refused_however_they_come() {
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
    let unusual: [(&str, Unusual); 8] = [
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
    ];
    for (what, write) in unusual {
        let scene = Scene::start().await;
        let body = write(scene.notice());
        println!("{what}");
        scene.assert_taken(body).await;
    }
}

/// Values are values, whatever they look like in the text that is signed.
#[tokio::test]
async fn s06_values_that_look_like_pairs_are_values() {
    for attach in ["1&key=2&total_fee=1", "=", "&", "a=1&b=2", "&sign=0&key=", "x&appid=wx0"] {
        let scene = Scene::start().await;
        let notice = scene.notice().with("attach", attach).signed(HMAC, &SHOP);
        scene.assert_taken(notice.xml()).await;
        let order = scene.world.order(&scene.no).await;
        assert_eq!(order.payment.unwrap().attach.as_deref(), Some(attach));
        // Cut elsewhere, the text is another message.
        let scene = Scene::start().await;
        let notice = scene.notice().with("attach", attach).signed(HMAC, &SHOP);
        let cut = notice.with("attach", "1").with("total_fee", "1");
        scene.assert_refused(cut.xml(), 400, "sign: does not match the fields and the key").await;
    }
}

/// What the user pays by coupons is paid; no currency is yuan.
#[tokio::test]
async fn m03_coupons_and_no_currency_are_taken() {
    let scene = Scene::start().await;
    let notice = scene.notice().without("fee_type").with("cash_fee", "9900");
    let notice = notice.with("coupon_fee", "100").with("settlement_total_fee", "9900");
    let notice = notice.with("coupon_id_0", "10000").with("coupon_fee_0", "100");
    scene.assert_taken(notice.with("coupon_count", "1").signed(HMAC, &SHOP).xml()).await;
    let payment = scene.world.order(&scene.no).await.payment.unwrap();
    assert_eq!((payment.total_fee.get(), payment.fee_type.as_str()), (TOTAL_FEE, "CNY"));
    assert_eq!(payment.cash_fee, Fen::new(9_900).ok());
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
async fn t01_a_duplicate_is_acknowledged_and_changes_nothing() {
    let scene = Scene::start().await;
    let notice = scene.notice().signed(HMAC, &SHOP);
    scene.assert_taken(notice.xml()).await;
    let after = (scene.world.order(&scene.no).await, scene.world.events(&scene.no).await);
    for again in [notice.clone(), scene.notice().with("nonce_str", "other").signed(HMAC, &SHOP)] {
        let reply = scene.world.notify(again.xml()).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS));
    }
    let now = (scene.world.order(&scene.no).await, scene.world.events(&scene.no).await);
    assert_eq!(now, after);
}

/// WeChat's own repeats, over some 24 hours: the last one is as welcome as the first.
#[tokio::test]
async fn t01_fifteen_repeats_over_a_day_are_one_payment() {
    let scene = Scene::start().await;
    let notice = scene.notice().signed(HMAC, &SHOP);
    scene.assert_taken(notice.xml()).await;
    let after = (scene.world.order(&scene.no).await, scene.world.events(&scene.no).await);
    for gap_s in REPEATS_S {
        scene.world.pass_s(i64::try_from(gap_s).unwrap()).await;
        let reply = scene.world.notify(notice.xml()).await;
        assert_eq!((reply.status, reply.text.as_str()), (200, SUCCESS));
    }
    let now = (scene.world.order(&scene.no).await, scene.world.events(&scene.no).await);
    assert_eq!(now, after);
    assert_eq!(scene.world.topics(&scene.no).await, ["order.paid"]);
    assert_eq!(scene.logs.lines_with("order changed").len(), 1);
}

#[tokio::test]
async fn k01_a_hundred_notices_at_once_are_one_payment() {
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
async fn t06_a_notice_of_failure_is_acknowledged_and_only_makes_us_ask() {
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
