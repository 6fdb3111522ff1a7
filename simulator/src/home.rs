//! The start page: the newest orders, each with its way to the cashier.

use hyper::StatusCode;

use crate::cashier::html;
use crate::http::{Received, Sent};
use crate::order::Order;
use crate::page::{Lang, escape, fill};
use crate::simulator::Simulator;

const TEMPLATE: &str = include_str!("home.html");
/// How many orders the page shows.
const SHOWN: usize = 50;

pub(crate) fn answer(simulator: &Simulator, received: &Received) -> Sent {
    if received.method != "GET" {
        return Sent::text(StatusCode::METHOD_NOT_ALLOWED, "this page takes GET\n");
    }
    let lang = Lang::of(received);
    let mut orders = simulator.orders();
    orders.sort_by_key(|order| std::cmp::Reverse(order.created_ms));
    html(fill(TEMPLATE, |name| part(name, lang, &orders)))
}

fn part(name: &str, lang: Lang, orders: &[Order]) -> String {
    match name {
        "lang" => lang.code().into(),
        "title" => lang.say("微信支付模拟器", "Simulated WeChat Pay").into(),
        "other_lang" => lang.other().code().into(),
        "other_lang_name" => lang.other().say("中文", "English").into(),
        "intro" => lang
            .say(
                "下单后,订单会出现在这里;点开订单即可在收银台付款。不会发生真实扣款。",
                "Orders appear here as they are placed; open one to pay it at the cashier. No real money moves.",
            )
            .into(),
        "orders" if orders.is_empty() => {
            let none = lang.say("还没有订单", "No order yet");
            format!("<li class=\"none\">{none}</li>")
        }
        "orders" => orders.iter().take(SHOWN).map(|order| row(order, lang)).collect(),
        _ => String::new(),
    }
}

fn row(order: &Order, lang: Lang) -> String {
    let body = escape(order.field("body"));
    let title = match order.prepay_id() {
        // The merchant scans the user's code.
        "" => format!("<span>{body}</span>"),
        id => format!("<a href=\"/cashier/{}?lang={}\">{body}</a>", escape(id), lang.code()),
    };
    format!(
        "<li>{title}<span class=\"amount\">¥{}</span>\
         <code>{}</code><span class=\"state\">{}</span></li>",
        order.total_fee().to_yuan(),
        escape(order.out_trade_no()),
        order.trade_state(),
    )
}
