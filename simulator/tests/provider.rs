//! Service-provider mode: which shops a provider may name, and how shops and payers are named back.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed unwrap is a failed test"
)]

mod support;

use support::scanner::{HMAC, charge};
use support::shop::Shop;
use support::{APPID, KEY, MCH_ID, NONCE, Order, SECRET, World, assert_fields, client, key};
use wxpay_core::bill::TradeBill;
use wxpay_core::messages::download_bill::{self, BillType};
use wxpay_core::messages::{
    Identity, TradeType, auth_code_to_openid, close_order, code2session, order_query,
};
use wxpay_core::{Params, verify, xml};
use wxpay_simulator::{Behaviour, Call, Config, Outcome, Simulator, StartError, SubMerchant};

const TEA: &str = "1900000007";
const CAKE: &str = "1900000008";
const TEA_APPID: &str = "wx00000000000000a7";
const TEA_SECRET: &str = "00000000000000000000000000000007";

fn shops() -> Vec<SubMerchant> {
    let shop = |sub_mch_id: &str, app: Option<(&str, &str)>, name: &str| SubMerchant {
        mch_id: MCH_ID.into(),
        sub_mch_id: sub_mch_id.into(),
        app: app.map(|(appid, secret)| (appid.into(), secret.into())),
        name: name.into(),
    };
    vec![shop(TEA, Some((TEA_APPID, TEA_SECRET)), "Tea shop"), shop(CAKE, None, "Cake shop")]
}

async fn start() -> World {
    World::start_with(|config| config.sub_merchants = shops()).await
}

fn order(world: &World, no: &str, shop: &str) -> Order {
    world.order(no).with("sub_mch_id", shop)
}

fn at(shop: &str) -> Identity {
    Identity {
        appid: APPID.into(),
        mch_id: MCH_ID.into(),
        sub_appid: None,
        sub_mch_id: Some(shop.into()),
    }
}

async fn query(world: &World, no: &str, shop: &str) -> Params {
    let request = order_query::request(no, &at(shop), NONCE, HMAC, &key()).unwrap();
    world.call(Call::OrderQuery, &request).await
}

#[tokio::test]
async fn a_provider_names_one_of_its_shops() {
    let world = start().await;
    for (sub_mch_id, sub_appid, return_msg) in [
        ("", "", "受理机构必须传入sub_mch_id"),
        (MCH_ID, "", "sub_mch_id与mch_id不能相同"),
        ("1900000009", "", "受理关系不存在"),
        (CAKE, TEA_APPID, "sub_appid和sub_mch_id不匹配"),
    ] {
        let request = order(&world, "T1", sub_mch_id).with("sub_appid", sub_appid);
        let reply = world.call(Call::UnifiedOrder, &request.params()).await;
        assert_fields(&reply, &[("return_code", "FAIL"), ("return_msg", return_msg)]);
        assert_eq!(reply.get("sign"), None);
    }
    assert!(world.wechat.orders().is_empty());
}

#[tokio::test]
async fn the_payer_is_named_under_both_appids() {
    let world = start().await;
    let shop = Shop::start([]).await;
    let bob = world.wechat.login(TEA_APPID, "bob").unwrap();
    let bob_at_provider = world.wechat.login(APPID, "bob").unwrap().openid;
    let mut order = order(&world, "T1", TEA)
        .with("openid", "")
        .with("sub_appid", TEA_APPID)
        .with("sub_openid", bob.openid.clone());
    order.notify_url = shop.notify_url.clone();
    let prepay_id = world.place_order(&order).await;
    let page = format!("{}/cashier/{prepay_id}", world.wechat.base_url());
    assert!(client::get(&page).await.unwrap().text().contains("Tea shop"));
    world.wechat.pay("T1", Outcome::Pay).await.unwrap();
    world
        .wechat
        .wait_until(|world| world.order("T1").unwrap().notice_acknowledged())
        .await
        .unwrap();
    let names = [
        ("openid", bob_at_provider.as_str()),
        ("is_subscribe", "N"),
        ("sub_openid", &bob.openid),
        ("sub_is_subscribe", "N"),
        ("sub_mch_id", TEA),
    ];
    let notice = shop.received().remove(0);
    assert_fields(&notice, &names);
    assert_fields(&notice, &[("sub_appid", TEA_APPID)]);
    verify(notice, HMAC, &key()).unwrap();
    assert_fields(&query(&world, "T1", TEA).await, &names);
}

#[tokio::test]
async fn openid_and_sub_openid_go_by_their_appids() {
    let world = start().await;
    let sub_openid = world.wechat.login(TEA_APPID, "alice").unwrap().openid;
    let by_sub = |no| order(&world, no, TEA).with("openid", "").with("sub_openid", &sub_openid);
    // Without sub_appid nobody knows whose sub_openid it is.
    let reply = world.call(Call::UnifiedOrder, &by_sub("T1").params()).await;
    assert_fields(&reply, &[("err_code", "PARAM_ERROR")]);
    let neither = order(&world, "T1", TEA).with("openid", "").with("sub_appid", TEA_APPID);
    let reply = world.call(Call::UnifiedOrder, &neither.params()).await;
    assert_fields(&reply, &[("err_code", "LACK_PARAMS")]);
    let crossed = order(&world, "T1", TEA).with("openid", sub_openid.clone());
    let reply = world.call(Call::UnifiedOrder, &crossed.params()).await;
    assert_fields(&reply, &[("err_code_des", "appid和openid不匹配")]);
    world.place_order(&by_sub("T1").with("sub_appid", TEA_APPID)).await;
    world.place_order(&order(&world, "T2", TEA)).await;
}

#[tokio::test]
async fn a_number_is_unique_across_the_shops_of_a_provider() {
    let world = start().await;
    world.place_order(&order(&world, "T1", TEA)).await;
    let reply = world.call(Call::UnifiedOrder, &order(&world, "T1", CAKE).params()).await;
    assert_fields(&reply, &[("err_code", "INVALID_REQUEST")]);
    assert!(reply.get("err_code_des").unwrap().contains("201 商户订单号重复"));
}

#[tokio::test]
async fn another_shop_s_order_is_out_of_reach() {
    let world = start().await;
    world.place_order(&order(&world, "T1", TEA)).await;
    world.pass_s(300);
    let close = close_order::request("T1", &at(CAKE), NONCE, HMAC, &key()).unwrap();
    for reply in [query(&world, "T1", CAKE).await, world.call(Call::CloseOrder, &close).await] {
        assert_fields(&reply, &[("result_code", "FAIL"), ("sub_mch_id", CAKE)]);
        assert_fields(&reply, &[("err_code_des", "子商户号和订单信息不匹配")]);
    }
    assert_fields(&query(&world, "T1", TEA).await, &[("trade_state", "NOTPAY")]);
}

#[tokio::test]
async fn a_shop_scans_codes_too() {
    let world = start().await;
    let identity = Identity { sub_appid: Some(TEA_APPID.into()), ..at(TEA) };
    let code = world.wechat.auth_code("alice", Behaviour::Pays);
    let sub_openid = world.wechat.login(TEA_APPID, "alice").unwrap().openid;
    let request = auth_code_to_openid::request(&code, &identity, NONCE, HMAC, &key()).unwrap();
    let reply = world.call(Call::AuthCodeToOpenid, &request).await;
    let payer = auth_code_to_openid::read_reply(reply, &identity, HMAC, &key()).unwrap();
    assert_eq!((payer.openid, payer.sub_openid), (world.alice().openid, Some(sub_openid.clone())));
    let request = charge("M1", &code).to_params(&identity, NONCE, HMAC, &key()).unwrap();
    let reply = world.call(Call::Micropay, &request).await;
    assert_fields(&reply, &[("sub_mch_id", TEA), ("sub_openid", &sub_openid)]);
    assert_eq!(world.wechat.order("M1").unwrap().trade_type(), TradeType::Micropay);
}

#[tokio::test]
async fn a_bill_is_the_provider_s_or_one_shop_s() {
    let world = World::start_with(|config| {
        config.sub_merchants = shops();
        config.bills_at_once = true;
    })
    .await;
    for (no, shop) in [("T1", TEA), ("T2", CAKE), ("T3", CAKE)] {
        world.place_order(&order(&world, no, shop)).await;
        world.wechat.pay(no, Outcome::Pay).await.unwrap();
    }
    let (whole, cake) = (Identity::direct(APPID, MCH_ID), at(CAKE));
    for (identity, numbers) in [(whole, vec!["T1", "T2", "T3"]), (cake, vec!["T2", "T3"])] {
        let request = download_bill::request(
            "20260101",
            BillType::All,
            false,
            &identity,
            NONCE,
            HMAC,
            &key(),
        );
        let text = world.send(Call::DownloadBill, &request.unwrap()).await;
        let (mut bill, mut rows) = (TradeBill::new(), Vec::new());
        bill.push(&text, &mut rows).unwrap();
        bill.finish().unwrap();
        assert_eq!(rows.iter().map(|row| row.out_trade_no.as_str()).collect::<Vec<_>>(), numbers);
        assert_eq!(rows.last().unwrap().sub_mch_id.as_deref(), Some(CAKE));
    }
}

#[tokio::test]
async fn a_shop_s_mini_program_logs_in() {
    let world = start().await;
    let login = world.wechat.login(TEA_APPID, "alice").unwrap();
    for (secret, ok) in [(SECRET, false), (TEA_SECRET, true)] {
        let query: Vec<String> = code2session::query(TEA_APPID, secret, &login.code)
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let url = format!("{}?{}", world.url(Call::Code2Session), query.join("&"));
        let session = client::get(&url).await.unwrap().json();
        assert_eq!(session["openid"] == login.openid.as_str(), ok, "{session}");
    }
}

#[tokio::test]
async fn a_shop_needs_a_provider_that_is_there() {
    for (mch_id, sub_mch_id) in [("1999999999", TEA), (MCH_ID, MCH_ID)] {
        let mut config = Config::new(support::merchants());
        let mut shop = shops().remove(0);
        (shop.mch_id, shop.sub_mch_id) = (mch_id.into(), sub_mch_id.into());
        assert!(!format!("{shop:?}").contains(TEA_SECRET));
        config.sub_merchants = vec![shop];
        let error = Simulator::start(config).await.unwrap_err();
        assert!(matches!(error, StartError::SubMerchant), "{error}");
    }
    let world = start().await;
    let body = xml::to_xml(&support::signed(world.order("T1").unsigned(), HMAC, KEY)).unwrap();
    client::post(&world.url(Call::UnifiedOrder), "text/xml", body).await.unwrap();
    assert!(world.last_note().starts_with("sub_mch_id: missing"), "{}", world.last_note());
}
