//! The demo's shop: one page, and the shop's own backend, which does what a merchant's backend does.

use std::net::SocketAddr;
use std::sync::Arc;

use serde_json::{Value, json};
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, StatusCode, header};
use warp::reply::Response;
use warp::{Filter, Reply};
use wxpay_simulator::Simulator;

use crate::secret::Secret;

const PAGE: &str = include_str!("../../../js-demo/dist/shop.html");

/// What the shelf offers. Prices are whole fen and stay on this side.
const ITEMS: [Item; 4] = [
    Item {
        id: "coffee", name: "Flat white", name_zh: "澳白咖啡", price_fen: 1990, emoji: "☕"
    },
    Item {
        id: "book",
        name: "Field notebook",
        name_zh: "旅行笔记本",
        price_fen: 2900,
        emoji: "📓",
    },
    Item { id: "sticker", name: "Sticker", name_zh: "贴纸", price_fen: 29, emoji: "🏷️" },
    Item {
        id: "plant", name: "Desk plant", name_zh: "桌面绿植", price_fen: 6880, emoji: "🪴"
    },
];

struct Item {
    id: &'static str,
    name: &'static str,
    name_zh: &'static str,
    price_fen: u64,
    emoji: &'static str,
}

/// The shop's backend: it holds the admin key and calls the server over HTTP, like any merchant's.
pub struct Shop {
    server_url: String,
    wechat: Simulator,
    admin_key: Secret,
    appid: &'static str,
    client: reqwest::Client,
}

impl std::fmt::Debug for Shop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shop").field("server_url", &self.server_url).finish_non_exhaustive()
    }
}

impl Shop {
    /// A shop in front of the server at `server`.
    ///
    /// # Errors
    /// When the HTTP client cannot be set up.
    pub fn new(
        server: SocketAddr,
        wechat: Simulator,
        admin_key: Secret,
        appid: &'static str,
    ) -> Result<Self, reqwest::Error> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { server_url: format!("http://{server}"), wechat, admin_key, appid, client })
    }

    fn config(&self) -> Value {
        let items = ITEMS.each_ref().map(|Item { id, name, name_zh, price_fen, emoji }| {
            json!({ "id": id, "name": name, "name_zh": name_zh, "price_fen": price_fen, "emoji": emoji })
        });
        json!({ "simulator": self.wechat.base_url(), "appid": self.appid, "items": items })
    }

    /// Creates the order: the price comes from our shelf, the user from the phone's token.
    async fn buy(&self, token: &str, item: &str) -> Result<(StatusCode, Value), reqwest::Error> {
        let Some(item) = ITEMS.iter().find(|offered| offered.id == item) else {
            let body = json!({ "code": "invalid_field", "message": "item: not on the shelf", "field": "item" });
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, body));
        };
        let order = json!({
            "total_fee": item.price_fen,
            "body": format!("街角小店-{}", item.name_zh),
            "user_token": token,
            "attach": item.id,
        });
        let request = self
            .client
            .post(format!("{}/v1/orders", self.server_url))
            .bearer_auth(self.admin_key.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .body(order.to_string());
        let response = request.send().await?;
        let status = response.status();
        let body: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        let status = StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
        if !status.is_success() {
            return Ok((status, body));
        }
        // What the backend said and heard, for whoever reads the page's log; the token is the phone's own.
        let mut sent = order;
        if let Some(token) = sent.get_mut("user_token") {
            *token = json!("***");
        }
        let backend = json!({ "sent": "POST /v1/orders", "body": sent, "status": status.as_u16(), "reply": body });
        let order_id = backend.pointer("/reply/out_trade_no").cloned();
        let reply = json!({ "code": 0, "msg": "success", "orderId": order_id, "backend": backend });
        Ok((StatusCode::OK, reply))
    }
}

/// The page and its two calls.
pub fn routes(shop: Shop) -> BoxedFilter<(Response,)> {
    let shop = Arc::new(shop);
    let with = warp::any().map(move || Arc::clone(&shop));
    let page = warp::path::end().and(warp::get()).map(|| warp::reply::html(PAGE).into_response());
    let config = warp::path!("demo" / "config")
        .and(warp::get())
        .and(with.clone())
        .map(|shop: Arc<Shop>| warp::reply::json(&shop.config()).into_response());
    let buy = warp::path!("demo" / "buy")
        .and(warp::post())
        .and(with)
        .and(warp::header::headers_cloned())
        .and(warp::body::content_length_limit(1024))
        .and(warp::body::bytes())
        .then(buy);
    page.or(config).unify().or(buy).unify().boxed()
}

async fn buy(shop: Arc<Shop>, headers: HeaderMap, body: bytes::Bytes) -> Response {
    let token = headers.get("token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    let item = request.get("item").and_then(Value::as_str).unwrap_or_default();
    let (status, reply) = match shop.buy(token, item).await {
        Ok(answer) => answer,
        Err(error) => {
            let message = error.without_url().to_string();
            (StatusCode::BAD_GATEWAY, json!({ "code": "upstream_unreachable", "message": message }))
        }
    };
    warp::reply::with_status(warp::reply::json(&reply), status).into_response()
}
