//! Every call of the document: who makes it, and with what.

/// Who usually calls.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Who {
    Nobody,
    Phone,
    Backend,
    WeChat,
}

/// What a field usually holds.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    AnomalyState,
    AuthCode,
    Code,
    Cursor,
    Date,
    Expire,
    Fee,
    Flag,
    Ip,
    Key,
    Letter,
    Limit,
    LimitPay,
    Merchant,
    OrderNo,
    RefundNo,
    Scene,
    State,
    Text,
    Time,
    Token,
    TradeType,
    Url,
}

/// A call of the document: who makes it, and the fields of its body or its query; `!` marks those that it needs.
pub(crate) struct Call(
    pub(crate) &'static str,
    pub(crate) Who,
    pub(crate) &'static [(&'static str, Kind)],
);

use Kind::*;
use Who::*;

/// All of them; that none is missing is compared with the document.
pub(crate) const CALLS: &[Call] = &[
    Call(
        "POST /v1/login",
        Nobody,
        &[("!code", Code), ("nickname", Text), ("photo", Url), ("merchant", Merchant)],
    ),
    Call("POST /v1/pay", Phone, &[("!orderId", OrderNo), ("code", Code), ("merchant", Merchant)]),
    Call("POST /v1/query", Phone, &[("!orderId", OrderNo)]),
    Call("GET /v1/orders/{no}", Phone, &[]),
    Call(
        "POST /v1/orders",
        Backend,
        &[
            ("!total_fee", Fee),
            ("!body", Text),
            ("trade_type", TradeType),
            ("out_trade_no", OrderNo),
            ("openid", Text),
            ("user_token", Token),
            ("expire_s", Expire),
            ("attach", Text),
            ("detail", Text),
            ("device_info", Text),
            ("goods_tag", Text),
            ("limit_pay", LimitPay),
            ("product_id", Text),
            ("profit_sharing", Flag),
            ("receipt", Flag),
            ("scene_info", Scene),
        ],
    ),
    Call(
        "GET /v1/orders",
        Backend,
        &[
            ("state", State),
            ("created_from", Time),
            ("created_to", Time),
            ("limit", Limit),
            ("cursor", Cursor),
        ],
    ),
    Call("GET /v1/orders/{no}/events", Backend, &[]),
    Call("POST /v1/orders/{no}/query", Backend, &[]),
    Call("POST /v1/orders/{no}/close", Backend, &[]),
    Call("POST /v1/orders/{no}/pay", Backend, &[("client_ip", Ip), ("redirect_url", Url)]),
    Call("POST /v1/orders/{no}/micropay", Backend, &[("!auth_code", AuthCode), ("client_ip", Ip)]),
    Call("POST /v1/orders/{no}/reverse", Backend, &[]),
    Call("POST /v1/auth-code-to-openid", Backend, &[("!auth_code", AuthCode)]),
    Call("GET /pay/{merchant}/{no}", Nobody, &[("!key", Key)]),
    Call(
        "POST /v1/orders/{no}/refunds",
        Backend,
        &[
            ("!refund_fee", Fee),
            ("out_refund_no", RefundNo),
            ("refund_desc", Text),
            ("refund_account", Text),
            ("total_fee", Fee),
            ("refund_fee_type", Text),
        ],
    ),
    Call("GET /v1/orders/{no}/refunds", Backend, &[]),
    Call("GET /v1/refunds/{out_refund_no}", Backend, &[]),
    Call("GET /v1/webhooks", Backend, &[]),
    Call("GET /v1/webhooks/{id}/dead", Backend, &[("limit", Limit), ("cursor", Cursor)]),
    Call("POST /v1/webhooks/{id}/replay", Backend, &[("id", Letter)]),
    Call("POST /v1/webhooks/{id}/test", Backend, &[]),
    Call(
        "GET /v1/anomalies",
        Backend,
        &[("state", AnomalyState), ("limit", Limit), ("cursor", Cursor)],
    ),
    Call("POST /v1/anomalies/{id}/resolve", Backend, &[("!note", Text)]),
    Call("POST /v1/reconcile", Backend, &[("!date", Date)]),
    Call("GET /v1/days", Backend, &[("!from", Date), ("!to", Date)]),
    Call("GET /v1/days/{date}", Backend, &[]),
    Call("GET /v1/export", Backend, &[]),
    Call("POST /v1/notify/{merchant}/pay", WeChat, &[]),
    Call("POST /v1/notify/{merchant}/refund", WeChat, &[]),
    Call("GET /debug", Nobody, &[]),
    Call("GET /days", Nobody, &[]),
    Call("GET /healthz", Nobody, &[]),
    Call("GET /readyz", Nobody, &[]),
];

/// What makes something for the others to meet, and so is asked for more often.
pub(crate) const FREQUENT: [&str; 8] = [
    "POST /v1/orders",
    "POST /v1/orders",
    "POST /v1/pay",
    "POST /v1/pay",
    "POST /v1/orders/{no}/refunds",
    "POST /v1/orders/{no}/refunds",
    "POST /v1/orders/{no}/micropay",
    "POST /v1/orders/{no}/pay",
];
