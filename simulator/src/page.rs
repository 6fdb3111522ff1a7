//! The cashier page: plain HTML that works without scripts, in Chinese and English.

use wxpay_core::Fen;

use crate::cashier::encoded;
use crate::http::Received;
use crate::order::Order;
use crate::payment::PayError;

const TEMPLATE: &str = include_str!("cashier.html");

/// The page's languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lang {
    Zh,
    En,
}

/// What the page shows.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) order: &'a Order,
    pub(crate) merchant_name: &'a str,
    pub(crate) payable: Result<(), PayError>,
    /// What the last button did, when it was not a payment.
    pub(crate) last: Option<&'a str>,
    /// Where the browser came from, in an H5 payment.
    pub(crate) back: Option<&'a str>,
    pub(crate) lang: Lang,
}

impl Lang {
    /// The language asked for in the URL, or else the browser's.
    pub(crate) fn of(received: &Received) -> Self {
        match received.query("lang").as_deref() {
            Some("zh") => Self::Zh,
            Some("en") => Self::En,
            _ if received.accept_language.to_ascii_lowercase().starts_with("zh") => Self::Zh,
            _ => Self::En,
        }
    }

    pub(crate) const fn code(self) -> &'static str {
        self.say("zh", "en")
    }

    pub(crate) const fn say(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Zh => Self::En,
            Self::En => Self::Zh,
        }
    }
}

impl Page<'_> {
    /// The whole page.
    pub(crate) fn html(&self) -> String {
        fill(TEMPLATE, |name| self.part(name))
    }

    fn part(&self, name: &str) -> String {
        let lang = self.lang;
        let other = lang.other();
        match name {
            "lang" => lang.code().into(),
            "title" => lang.say("模拟微信支付收银台", "Simulated WeChat Pay cashier").into(),
            "badge" => lang.say("模拟微信支付", "Simulated WeChat Pay").into(),
            "other_lang" => other.code().into(),
            "other_lang_name" => other.say("中文", "English").into(),
            "other_lang_url" => self.url(other),
            "notice" => self.notice(),
            "head" => self.head(),
            "label_goods" => lang.say("商品", "Goods").into(),
            "goods" => escape(self.order.field("body")),
            "label_number" => lang.say("商户单号", "Order").into(),
            "number" => escape(self.order.out_trade_no()),
            "actions" => self.actions(),
            "foot" => lang
                .say(
                    "这是本机的模拟器，不会发生真实扣款。",
                    "A simulator on this machine. No real money moves.",
                )
                .into(),
            _ => String::new(),
        }
    }

    fn url(&self, lang: Lang) -> String {
        let back = self.back.map(|back| format!("&amp;redirect_url={}", encoded(back)));
        let back = back.unwrap_or_default();
        format!("/cashier/{}?lang={}{back}", escape(self.order.prepay_id()), lang.code())
    }

    fn notice(&self) -> String {
        let lang = self.lang;
        let text = match (self.payable, self.last) {
            (Ok(()), Some("fail")) => lang.say(
                "余额不足，订单仍未支付。",
                "The balance is too low. The order is still unpaid.",
            ),
            (Ok(()), Some("cancel")) => {
                lang.say("已取消，订单仍未支付。", "Cancelled. The order is still unpaid.")
            }
            _ => return String::new(),
        };
        format!("<p class=\"say\" role=\"status\">{text}</p>")
    }

    /// The amount while it can be paid, and what became of the order afterwards.
    fn head(&self) -> String {
        let amount = self.order.total_fee().to_yuan();
        let shop = escape(self.merchant_name);
        let amount =
            format!("<p class=\"shop\">{shop}</p><p class=\"amount\"><small>¥</small>{amount}</p>");
        let Err(error) = self.payable else {
            return amount;
        };
        let (class, sign, title, text) = over(error, self.lang);
        format!(
            "<div class=\"done {class}\"><b aria-hidden=\"true\">{sign}</b><h1>{title}</h1><p>{text}</p></div>{amount}"
        )
    }

    fn actions(&self) -> String {
        let lang = self.lang;
        if self.payable.is_err() {
            let text = lang.say("返回商家", "Back to the shop");
            let link =
                |back| format!("<p class=\"shop\"><a href=\"{}\">{text}</a></p>", escape(back));
            return self.back.map(link).unwrap_or_default();
        }
        let url = self.url(lang);
        let coupon = self.coupon();
        let pay = lang.say("支付", "Pay");
        let fail = lang.say("余额不足", "Balance too low");
        let cancel = lang.say("取消", "Cancel");
        format!(
            "<form method=\"post\" action=\"{url}\">{coupon}\
             <button class=\"pay\" name=\"action\" value=\"pay\">{pay} ¥{}</button>\
             <div class=\"pair\"><button name=\"action\" value=\"fail\">{fail}</button>\
             <button name=\"action\" value=\"cancel\">{cancel}</button></div></form>",
            self.order.total_fee().to_yuan()
        )
    }

    /// A tenth of the amount, when that is a fen at least.
    fn coupon(&self) -> String {
        let Ok(fee) = Fen::new(self.order.total_fee().get() / 10) else { return String::new() };
        if fee == Fen::ZERO {
            return String::new();
        }
        let text = self.lang.say("使用代金券", "Use a coupon");
        format!(
            "<label><span>{text}</span>−¥{}<input type=\"checkbox\" name=\"coupon_fee\" value=\"{fee}\"></label>",
            fee.to_yuan()
        )
    }
}

/// The look and the words of an order that cannot be paid any more.
fn over(error: PayError, lang: Lang) -> (&'static str, &'static str, &'static str, &'static str) {
    let back = lang.say("可以返回商家了。", "You can go back to the shop.");
    let again = lang.say("请回到商家重新发起支付。", "Go back to the shop and start again.");
    match error {
        PayError::Paid => ("", "✓", lang.say("支付成功", "Paid"), back),
        PayError::Closed => ("over", "×", lang.say("订单已关闭", "The order is closed"), again),
        PayError::OrderExpired => {
            ("over", "×", lang.say("订单已过期", "The order has expired"), again)
        }
        PayError::PrepayExpired
        | PayError::UnknownOrder
        | PayError::BadCoupon
        | PayError::NoCashier => {
            ("over", "×", lang.say("支付已失效", "This payment has expired"), again)
        }
    }
}

/// Puts parts into a template in one pass, so that nothing in a part is taken for a name.
pub(crate) fn fill(template: &str, part: impl Fn(&str) -> String) -> String {
    let mut pieces = template.split("{{");
    let mut page = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or(("", piece));
        page.extend([&part(name), rest]);
    }
    page
}

pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_of_the_template_is_filled_once() {
        assert_eq!(
            fill("a{{x}}b{{y}}c", |name| format!("<{name}{{{{z}}}}>")),
            "a<x{{z}}>b<y{{z}}>c"
        );
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<b a='1' c=\"2\">&"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;");
    }
}
