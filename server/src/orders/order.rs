//! An order, and the events it is made of. Pure: no clock, no I/O.

mod anomaly;
mod refund;
mod requests;
mod reversal;
mod stored;

use serde::{Deserialize, Serialize};
use wxpay_core::messages::{Trade, TradeState, TradeType};
use wxpay_core::{Fen, SignType};

use crate::ambient::happened_ms;

pub use self::anomaly::{Anomaly, FoundAnomaly, Resolution};
pub use self::refund::{Refund, RefundFact, RefundTerms, Refused};
pub use self::reversal::Reversal;

/// Which order: out_trade_no is unique within one merchant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrderKey {
    /// The merchant's id in our configuration.
    pub merchant: String,
    /// The merchant's number of the order.
    pub out_trade_no: String,
}

/// What the merchant ordered. Never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::StoredTerms")]
pub struct Terms {
    /// What the user reads on the bill.
    pub body: String,
    /// The price; set by the merchant's backend alone.
    pub total_fee: Fen,
    /// How it will be paid.
    pub trade_type: TradeType,
    /// Milliseconds since 1970 after which nobody can pay.
    pub expires_ms: i64,
    /// Further fields of unifiedorder, sent as they are.
    #[serde(flatten)]
    pub extra: Extra,
}

/// The optional fields of unifiedorder that a merchant may set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Extra {
    /// Comes back in notices and queries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attach: Option<String>,
    /// JSON text of the goods.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Terminal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_info: Option<String>,
    /// Promotion tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goods_tag: Option<String>,
    /// `no_credit` refuses credit cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_pay: Option<String>,
    /// `Y` allows profit sharing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profit_sharing: Option<String>,
    /// NATIVE needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_id: Option<String>,
    /// `Y` shows the e-invoice entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<String>,
    /// JSON text; MWEB needs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_info: Option<String>,
}

/// What was first sent to WeChat for this order. unifiedorder is repeated exactly, or WeChat refuses; micropay never is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The user's address at that time.
    pub spbill_create_ip: String,
    /// Where the notice goes; micropay has none.
    pub notify_url: Option<String>,
}

/// WeChat's prepay order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LivePrepay {
    /// Milliseconds since 1970 when we got it; it lives two hours, its mweb_url five minutes.
    pub at_ms: i64,
    /// The prepay_id.
    pub prepay_id: String,
    /// NATIVE: text of the QR code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_url: Option<String>,
    /// MWEB: the address to open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mweb_url: Option<String>,
}

/// Where a fact about a trade came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A signed notice.
    Notice,
    /// The signed reply to orderquery.
    Query,
    /// The signed reply to closeorder.
    Close,
    /// The signed reply to micropay.
    Micropay,
    /// The signed reply to reverse.
    Reverse,
}

/// One thing that happened. The log of these is the audit trail; their fold is the order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// 1, 2, 3, … within the order.
    pub seq: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// What happened.
    #[serde(flatten)]
    pub what: EventKind,
}

/// What can happen to an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The merchant's backend created it.
    Created {
        /// What was ordered.
        terms: Box<Terms>,
        /// The algorithm of every message about this order.
        sign_type: SignType,
        /// The only user who may pay, when the merchant named one.
        openid: Option<String>,
    },
    /// The first user who wants to pay becomes its owner.
    Claimed {
        /// The user.
        openid: String,
    },
    /// unifiedorder is about to be sent for the first time.
    PrepayAsked {
        /// The user's address.
        spbill_create_ip: String,
        /// Where the notice goes.
        notify_url: String,
    },
    /// WeChat gave a prepay order.
    PrepayGot {
        /// The prepay_id.
        prepay_id: String,
        /// NATIVE.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code_url: Option<String>,
        /// MWEB.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mweb_url: Option<String>,
    },
    /// micropay is about to be sent, for the only time. The payment code is the user's secret and not part of it.
    MicropayAsked {
        /// The terminal's address.
        spbill_create_ip: String,
    },
    /// micropay did not leave this machine: nothing was taken, and another code may be tried.
    MicropayNotSent,
    /// WeChat refused the charge for good: nothing was and nothing will be taken by it.
    MicropayRefused {
        /// WeChat's no.
        #[serde(flatten)]
        refused: Refused,
    },
    /// It shall be closed: asked for by the merchant, or expired.
    CloseAsked,
    /// Nobody can pay it: WeChat was not told of it, does not know it or its payment, or refused the only charge.
    Withdrawn,
    /// It comes out of a backup in which nobody had tried to pay it yet. What happened since then only WeChat knows.
    Restored,
    /// It shall be reversed: asked for by the merchant, or nobody knows in time whether the user paid.
    ReverseAsked,
    /// WeChat will not reverse it.
    ReverseRefused {
        /// WeChat's no.
        #[serde(flatten)]
        refused: Refused,
    },
    /// WeChat said so, signed.
    Fact {
        /// Where it was said.
        source: Source,
        /// The state.
        trade_state: TradeState,
        /// The payment, in states that have one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        payment: Option<Box<Trade>>,
    },
    /// A refund is about to be sent for the first time.
    RefundAsked {
        /// What shall be paid back.
        terms: Box<RefundTerms>,
    },
    /// WeChat accepted a refund. That is not yet money.
    RefundAccepted {
        /// Which.
        out_refund_no: String,
        /// WeChat's number of it.
        refund_id: String,
    },
    /// WeChat has not accepted a refund and says why; it is asked again, for the same.
    RefundDelayed {
        /// Which.
        out_refund_no: String,
        /// WeChat's words.
        #[serde(flatten)]
        reason: Refused,
    },
    /// WeChat refused a refund for good.
    RefundRefused {
        /// Which.
        out_refund_no: String,
        /// WeChat's no.
        #[serde(flatten)]
        refused: Refused,
    },
    /// WeChat said what became of a refund.
    RefundFact {
        /// Where it was said.
        source: Source,
        /// What.
        #[serde(flatten)]
        fact: Box<RefundFact>,
    },
    /// Something odd.
    Found {
        /// What.
        anomaly: Anomaly,
    },
    /// An anomaly needs no more looking at.
    Resolved {
        /// The event that reported it.
        found_seq: u64,
        /// Why, in the words of whoever settled it.
        note: String,
    },
}

/// An order as its events left it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "stored::StoredOrder")]
pub struct Order {
    /// Which order.
    #[serde(flatten)]
    pub key: OrderKey,
    /// How many events it has; every commit names the revision it was based on.
    pub revision: u64,
    /// Milliseconds since 1970.
    pub created_ms: i64,
    /// What was ordered.
    pub terms: Terms,
    /// The algorithm of every message about this order.
    pub sign_type: SignType,
    /// The only user who may see and pay it.
    pub openid: Option<String>,
    /// What WeChat last said, signed. NOTPAY until it has said anything.
    pub trade_state: TradeState,
    /// The payment.
    pub payment: Option<Trade>,
    /// Intent: what was sent to WeChat.
    pub asked: Option<Asked>,
    /// The prepay order, perhaps stale.
    pub prepay: Option<LivePrepay>,
    /// Why nobody could be charged (micropay).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refused>,
    /// It came out of a backup in which nobody had tried to pay it yet.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_restored: bool,
    /// Intent: it shall be closed, since (milliseconds since 1970).
    pub close_asked_ms: Option<i64>,
    /// Intent: it shall be reversed (micropay).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reversal: Option<Reversal>,
    /// What was paid back, or shall be, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// What is odd, oldest first.
    pub anomalies: Vec<FoundAnomaly>,
}

/// How long a prepay_id or a code_url can be used, minus a margin for the user to finish.
const PREPAY_LIFE_MS: i64 = (2 * 60 - 5) * 60 * 1000;
/// How long a mweb_url can be opened, minus a margin for the browser to get there.
const MWEB_LIFE_MS: i64 = 4 * 60 * 1000;

impl Order {
    /// The order that a `Created` event begins; `None` for any other first event.
    pub fn begin(key: OrderKey, first: &Event) -> Option<Self> {
        let EventKind::Created { terms, sign_type, openid } = &first.what else { return None };
        Some(Self {
            key,
            revision: first.seq,
            created_ms: first.at_ms,
            terms: (**terms).clone(),
            sign_type: *sign_type,
            openid: openid.clone(),
            trade_state: TradeState::NotPay,
            payment: None,
            asked: None,
            prepay: None,
            refused: None,
            is_restored: false,
            close_asked_ms: None,
            reversal: None,
            refunds: Vec::new(),
            anomalies: Vec::new(),
        })
    }

    /// Folds one more event in.
    pub fn fold(&mut self, event: &Event) {
        self.revision = event.seq;
        let at_ms = event.at_ms;
        match &event.what {
            EventKind::Created { .. } => {}
            EventKind::Claimed { openid } => self.openid = Some(openid.clone()),
            EventKind::PrepayAsked { spbill_create_ip, notify_url } => {
                self.asked = Some(Asked {
                    at_ms,
                    spbill_create_ip: spbill_create_ip.clone(),
                    notify_url: Some(notify_url.clone()),
                });
            }
            EventKind::MicropayAsked { spbill_create_ip } => {
                let spbill_create_ip = spbill_create_ip.clone();
                self.asked = Some(Asked { at_ms, spbill_create_ip, notify_url: None });
            }
            EventKind::MicropayNotSent => self.asked = None,
            EventKind::MicropayRefused { refused } => self.refused = Some(refused.clone()),
            EventKind::PrepayGot { prepay_id, code_url, mweb_url } => {
                self.prepay = Some(LivePrepay {
                    at_ms,
                    prepay_id: prepay_id.clone(),
                    code_url: code_url.clone(),
                    mweb_url: mweb_url.clone(),
                });
            }
            EventKind::CloseAsked => self.close_asked_ms = Some(at_ms),
            EventKind::Withdrawn => self.trade_state = TradeState::Closed,
            EventKind::Restored => self.is_restored = true,
            EventKind::ReverseAsked => self.reversal = Some(Reversal::asked(at_ms)),
            EventKind::ReverseRefused { refused } => {
                if let Some(reversal) = &mut self.reversal {
                    reversal.refused = Some(refused.clone());
                }
            }
            EventKind::Fact { trade_state, payment, .. } => {
                self.trade_state = *trade_state;
                if let Some(payment) = payment {
                    self.payment = Some((**payment).clone());
                }
            }
            EventKind::RefundAsked { terms } => {
                self.refunds.push(Refund::asked((**terms).clone(), at_ms));
            }
            EventKind::RefundAccepted { out_refund_no, refund_id } => {
                self.with_refund(out_refund_no, |refund| {
                    refund.delayed = None;
                    refund.refund_id = Some(refund_id.clone());
                });
            }
            EventKind::RefundDelayed { out_refund_no, reason } => {
                self.with_refund(out_refund_no, |refund| refund.delayed = Some(reason.clone()));
            }
            EventKind::RefundRefused { out_refund_no, refused } => {
                self.with_refund(out_refund_no, |refund| {
                    refund.delayed = None;
                    refund.refused = Some(refused.clone());
                });
            }
            EventKind::RefundFact { fact, .. } => {
                self.with_refund(&fact.out_refund_no, |refund| refund.learn(fact));
            }
            EventKind::Found { anomaly } => {
                let anomaly = anomaly.clone();
                self.anomalies.push(FoundAnomaly {
                    seq: event.seq,
                    at_ms,
                    anomaly,
                    resolved: None,
                });
            }
            EventKind::Resolved { found_seq, note } => {
                let found = self.anomalies.iter_mut().find(|found| found.seq == *found_seq);
                if let Some(found) = found {
                    found.resolved = Some(Resolution { at_ms, note: note.clone() });
                }
            }
        }
    }

    fn with_refund(&mut self, out_refund_no: &str, change: impl FnOnce(&mut Refund)) {
        let refund = self.refunds.iter_mut().find(|r| r.terms.out_refund_no == out_refund_no);
        if let Some(refund) = refund {
            change(refund);
        }
    }

    /// Folds a whole log; `None` when it does not begin with `Created` or has a gap.
    pub fn from_events(key: OrderKey, events: &[Event]) -> Option<Self> {
        let (first, rest) = events.split_first()?;
        let mut order = Self::begin(key, first)?;
        for event in rest {
            if event.seq != order.revision + 1 {
                return None;
            }
            order.fold(event);
        }
        Some(order)
    }

    /// Whether WeChat may still have news: not paid, closed or reversed.
    pub const fn is_open(&self) -> bool {
        matches!(
            self.trade_state,
            TradeState::NotPay | TradeState::UserPaying | TradeState::PayError
        )
    }

    /// When it was sent to WeChat for the first time, to count from.
    pub fn asked_ms(&self, now_ms: i64) -> Option<i64> {
        self.asked.as_ref().map(|asked| happened_ms(asked.at_ms, now_ms))
    }

    /// Whether WeChat may know it. Whoever ends an order asks first, if so.
    pub const fn may_be_at_wechat(&self) -> bool {
        self.asked.is_some() || self.is_restored
    }

    /// Whether WeChat may still have news of the order, of its reversal or of one of its refunds.
    pub fn is_watched(&self) -> bool {
        self.is_open() || self.is_reversing() || self.refunds.iter().any(Refund::is_pending)
    }

    /// Whether another amount was paid under its number: it may be somebody else's money, so a person decides.
    pub fn has_odd_payment(&self) -> bool {
        self.anomalies.iter().any(|found| matches!(found.anomaly, Anomaly::AmountMismatch { .. }))
    }

    /// The prepay order, if it can still be used.
    pub fn live_prepay(&self, now_ms: i64) -> Option<&LivePrepay> {
        let life_ms = match self.terms.trade_type {
            TradeType::Mweb => MWEB_LIFE_MS,
            TradeType::Jsapi
            | TradeType::Native
            | TradeType::App
            | TradeType::Micropay
            | TradeType::Facepay => PREPAY_LIFE_MS,
        };
        self.prepay.as_ref().filter(|prepay| now_ms - happened_ms(prepay.at_ms, now_ms) < life_ms)
    }
}

#[cfg(test)]
pub(in crate::orders) mod tests;
