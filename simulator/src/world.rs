//! Everything the simulated WeChat knows. One lock guards it; nothing in here waits.

use std::collections::{BTreeMap, HashMap};

use wxpay_core::Fen;

use crate::calls::Call;
use crate::config::{Config, Merchant, RefundRules, SubMerchant};
use crate::faults::Faults;
use crate::ids::Ids;
use crate::ledger::LedgerEntry;
use crate::messages::{Message, Messages};
use crate::order::Order;
use crate::payment::{Outcome, PayError, Payer, Payment};
use crate::refunding::RefundKey;
use crate::scanner::{AuthCode, Due};

/// The way of an mweb_url, up to the prepay_id.
pub(crate) const MWEB_PATH: &str = "/h5?prepay_id=";

/// WeChat's state.
#[derive(Debug)]
pub struct World {
    pub(crate) merchants: Vec<Merchant>,
    pub(crate) sub_merchants: Vec<SubMerchant>,
    pub(crate) bills_at_once: bool,
    /// Milliseconds since 1970, renewed before every use.
    pub(crate) now_ms: i64,
    /// Where this simulator listens.
    pub(crate) base_url: String,
    pub(crate) ids: Ids,
    /// By merchant number and the merchant's order number.
    pub(crate) orders: BTreeMap<OrderKey, Order>,
    /// Every prepay_id ever given out.
    pub(crate) prepays: HashMap<String, OrderKey>,
    /// The prepay_id of every code_url.
    pub(crate) code_urls: HashMap<String, String>,
    /// The short URL of every long one.
    pub(crate) short_urls: HashMap<String, String>,
    pub(crate) transactions: HashMap<String, OrderKey>,
    /// The order of every refund, by the merchant's number of it.
    pub(crate) refund_orders: HashMap<RefundKey, OrderKey>,
    pub(crate) refund_ids: HashMap<String, RefundKey>,
    /// Refunds that the call now being answered has begun.
    pub(crate) started: Vec<RefundKey>,
    pub(crate) refund_rules: RefundRules,
    /// By mch_id, in fen: what was put into the balance by hand, or taken out.
    pub(crate) balances: HashMap<String, i64>,
    pub(crate) codes: HashMap<String, LoginCode>,
    /// The names of users by their openids, as far as they have logged in.
    pub(crate) users: HashMap<String, String>,
    pub(crate) auth_codes: HashMap<String, AuthCode>,
    /// The passwords that end by themselves.
    pub(crate) dues: Vec<Due>,
    pub(crate) log: Messages,
    pub(crate) faults: Faults,
    pub(crate) ledger: Vec<LedgerEntry>,
    calls: HashMap<(Call, String), u64>,
}

/// `(mch_id, out_trade_no)`.
pub(crate) type OrderKey = (String, String);

/// A code of wx.login.
#[derive(Debug)]
pub(crate) struct LoginCode {
    pub(crate) appid: String,
    pub(crate) openid: String,
    pub(crate) made_ms: i64,
    pub(crate) used: bool,
}

impl World {
    pub(crate) fn new(config: &Config, base_url: String) -> Self {
        Self {
            merchants: config.merchants.clone(),
            sub_merchants: config.sub_merchants.clone(),
            bills_at_once: config.bills_at_once,
            now_ms: (config.now)(),
            base_url,
            ids: Ids::new(config.seed),
            orders: BTreeMap::new(),
            prepays: HashMap::new(),
            code_urls: HashMap::new(),
            short_urls: HashMap::new(),
            transactions: HashMap::new(),
            refund_orders: HashMap::new(),
            refund_ids: HashMap::new(),
            started: Vec::new(),
            refund_rules: config.refund_rules(),
            balances: HashMap::new(),
            codes: HashMap::new(),
            users: HashMap::new(),
            auth_codes: HashMap::new(),
            dues: Vec::new(),
            log: Messages::default(),
            faults: Faults::default(),
            ledger: Vec::new(),
            calls: HashMap::new(),
        }
    }

    /// All orders, by merchant and number, as they are now.
    pub fn orders(&self) -> impl Iterator<Item = Order> {
        self.orders.values().map(|order| {
            let mut order = order.clone();
            order.pass_time(self.now_ms);
            order
        })
    }

    /// An order by its out_trade_no, a prepay_id, code_url or mweb_url. If two merchants use the number, the first merchant's.
    pub fn order(&self, name: &str) -> Option<Order> {
        let mut order = self.orders.get(&self.key_of(name)?)?.clone();
        order.pass_time(self.now_ms);
        Some(order)
    }

    /// Payments and refunds, oldest first; a refund stands where it was asked for.
    pub fn ledger(&self) -> &[LedgerEntry] {
        &self.ledger
    }

    /// The messages after number `after`, oldest first. Only the newest 2,000 are kept.
    pub fn messages(&self, after: u64) -> impl Iterator<Item = &Message> {
        self.log.after(after)
    }

    /// How often a call came, or a notice went out, about one order; `None` counts all.
    pub fn calls(&self, call: Call, out_trade_no: Option<&str>) -> u64 {
        let counts = self.calls.iter().filter(|((counted, number), _)| {
            *counted == call && out_trade_no.is_none_or(|wanted| wanted == number)
        });
        counts.map(|(_, count)| count).sum()
    }

    pub(crate) fn count(&mut self, call: Call, out_trade_no: &str) {
        *self.calls.entry((call, out_trade_no.into())).or_default() += 1;
    }

    pub(crate) fn key_of(&self, name: &str) -> Option<OrderKey> {
        let by_number = || {
            let keys =
                self.merchants.iter().map(|merchant| (merchant.mch_id.clone(), name.to_owned()));
            keys.into_iter().find(|key| self.orders.contains_key(key))
        };
        self.prepays.get(self.prepay_id_of(name)).cloned().or_else(by_number)
    }

    /// What a person opens stands for a prepay_id; anything else stands for itself.
    fn prepay_id_of<'a>(&'a self, name: &'a str) -> &'a str {
        match self.code_urls.get(name) {
            Some(prepay_id) => prepay_id,
            None => mweb_prepay_id(name).unwrap_or(name),
        }
    }

    /// The order, grown as old as it is.
    pub(crate) fn find(&mut self, key: &OrderKey) -> Option<&mut Order> {
        let order = self.orders.get_mut(key)?;
        order.pass_time(self.now_ms);
        Some(order)
    }

    pub(crate) fn merchant(&self, mch_id: &str) -> Option<&Merchant> {
        self.merchants.iter().find(|merchant| merchant.mch_id == mch_id)
    }

    /// The AppSecret of a mini program, of a merchant or of a provider's shop.
    pub(crate) fn app_secret(&self, appid: &str) -> Option<&str> {
        let own = self.merchants.iter().find(|merchant| merchant.appid == appid);
        own.map(|merchant| merchant.app_secret.as_str()).or_else(|| {
            let mut apps = self.sub_merchants.iter().filter_map(|shop| shop.app.as_ref());
            apps.find(|(sub_appid, _)| sub_appid == appid).map(|(_, secret)| secret.as_str())
        })
    }

    /// Whether shops are known under a merchant number.
    pub(crate) fn is_provider(&self, mch_id: &str) -> bool {
        self.sub_merchants.iter().any(|shop| shop.mch_id == mch_id)
    }

    /// A shop of a service provider.
    pub(crate) fn shop(&self, mch_id: &str, sub_mch_id: &str) -> Option<&SubMerchant> {
        self.sub_merchants
            .iter()
            .find(|shop| shop.mch_id == mch_id && shop.sub_mch_id == sub_mch_id)
    }

    /// What the cashier calls an order's shop.
    pub(crate) fn shop_name(&self, order: &Order) -> Option<&str> {
        match self.shop(order.mch_id(), order.field("sub_mch_id")) {
            Some(shop) => Some(&shop.name),
            None => self.merchant_of(order).map(|merchant| merchant.name.as_str()),
        }
    }

    /// The merchant under whose appid an order was made.
    pub(crate) fn merchant_of(&self, order: &Order) -> Option<&Merchant> {
        self.merchants
            .iter()
            .find(|merchant| merchant.mch_id == order.mch_id() && merchant.appid == order.appid())
    }

    /// A person at the cashier. `name` is a prepay_id, code_url or mweb_url, or an out_trade_no for its newest
    /// prepay_id.
    ///
    /// `Ok(None)` when no money moved.
    pub(crate) fn pay(
        &mut self,
        name: &str,
        outcome: Outcome,
    ) -> Result<Option<Payment>, PayError> {
        let now_ms = self.now_ms;
        let key = self.key_of(name).ok_or(PayError::UnknownOrder)?;
        let prepay_id = self.prepay_id_of(name).to_owned();
        let order = self.find(&key).ok_or(PayError::UnknownOrder)?;
        let coupon_fee = match outcome {
            Outcome::Pay => None,
            Outcome::PayWithCoupon { coupon_fee } => Some(coupon_fee),
            Outcome::Fail | Outcome::Cancel => return Ok(None),
        };
        let prepay_id = if name == key.1 { order.prepay_id.clone() } else { prepay_id };
        order.check_payable(&prepay_id, now_ms)?;
        if mweb_prepay_id(name).is_some() && !order.mweb_is_live(now_ms) {
            return Err(PayError::PrepayExpired);
        }
        if coupon_fee.is_some_and(|fee| fee == Fen::ZERO || fee >= order.total_fee) {
            return Err(PayError::BadCoupon);
        }
        let order = order.clone();
        let payer = self.payer_at_cashier(&order);
        Ok(self.take_money(&key, payer, coupon_fee, now_ms))
    }

    /// The user an order names, or alice: NATIVE, APP and MWEB orders name nobody.
    pub(crate) fn payer_at_cashier(&self, order: &Order) -> Payer {
        let named = ["openid", "sub_openid"]
            .into_iter()
            .find_map(|name| order.request.filled(name).and_then(|openid| self.users.get(openid)));
        Payer::new(order, named.map_or("alice", String::as_str))
    }

    /// Moves the money of an order.
    pub(crate) fn take_money(
        &mut self,
        key: &OrderKey,
        payer: Payer,
        coupon_fee: Option<Fen>,
        at_ms: i64,
    ) -> Option<Payment> {
        let order = self.orders.get_mut(key)?;
        let payment = Payment::new(payer, coupon_fee, at_ms, &mut self.ids);
        order.payment = Some(payment.clone());
        let total_fee = order.total_fee;
        self.enter("pay", key, payment.transaction_id.clone(), total_fee, at_ms);
        self.transactions.insert(payment.transaction_id.clone(), key.clone());
        Some(payment)
    }
}

/// The prepay_id in an mweb_url.
fn mweb_prepay_id(name: &str) -> Option<&str> {
    let (_, rest) = name.split_once(MWEB_PATH)?;
    Some(rest.split('&').next().unwrap_or(rest))
}
