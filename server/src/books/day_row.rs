//! What remains of a comparison: one record a day.

use serde::{Deserialize, Serialize};
use wxpay_core::Fen;

use super::compare::Claim;
use super::{Day, Difference, DifferenceKind, Outcome};

/// How many differences a record holds.
const MAX_FIRST: usize = 50;

/// How a day's bill compared with our books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRow {
    /// The merchant's id in our configuration.
    pub merchant: String,
    /// The day.
    pub date: Day,
    /// Milliseconds since 1970 when the comparison was finished.
    pub finished_ms: i64,
    /// Whether WeChat had a bill; without one nothing was paid that day.
    pub has_bill: bool,
    /// Rows of the bill.
    pub rows: u64,
    /// Rows of other mini programs or sub merchants of the same merchant number.
    pub not_ours: u64,
    /// Payments on the bill.
    pub paid: Sum,
    /// Refunds and reversals on the bill.
    pub refunded: Sum,
    /// Differences that remain, unanswered ones included.
    pub differences: Counts,
    /// Differences that are none any more.
    pub healed: u64,
    /// Differences that WeChat could not be asked about.
    pub unanswered: u64,
    /// Payments and refunds of the minute around midnight that may stand on the neighbouring day's bill.
    pub near_midnight: u64,
    /// The first fifty differences; those that remain come first.
    pub first: Vec<Difference>,
}

/// How many, and how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sum {
    /// How many.
    pub count: u64,
    /// How much.
    pub fee: Fen,
}

/// Differences by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// [`DifferenceKind::OnlyAtWechat`].
    pub only_at_wechat: u64,
    /// [`DifferenceKind::OnlyHere`].
    pub only_here: u64,
    /// [`DifferenceKind::AmountDiffers`].
    pub amount_differs: u64,
    /// [`DifferenceKind::RefundDiffers`].
    pub refund_differs: u64,
}

impl DayRow {
    pub(super) fn new(merchant: &str, date: Day) -> Self {
        Self {
            merchant: merchant.into(),
            date,
            finished_ms: 0,
            has_bill: true,
            rows: 0,
            not_ours: 0,
            paid: Sum::default(),
            refunded: Sum::default(),
            differences: Counts::default(),
            healed: 0,
            unanswered: 0,
            near_midnight: 0,
            first: Vec::new(),
        }
    }

    /// Whether everything WeChat could be asked about was.
    pub const fn is_complete(&self) -> bool {
        self.unanswered == 0
    }

    /// Adds a row of ours to the sums.
    pub(super) fn add(&mut self, claim: &Claim) {
        match &claim.refund {
            Some(refund) if refund.pays_back() => self.refunded.add(refund.fee),
            Some(_) => {}
            None if claim.is_reversal() => self.refunded.add(claim.fee),
            None => self.paid.add(claim.fee),
        }
    }

    /// Counts a difference whose outcome is known.
    pub(super) fn count(&mut self, difference: &Difference) {
        match difference.outcome {
            Outcome::Healed => {
                self.healed += 1;
                return;
            }
            Outcome::Unanswered => self.unanswered += 1,
            Outcome::Remains => {}
        }
        *match difference.kind {
            DifferenceKind::OnlyAtWechat => &mut self.differences.only_at_wechat,
            DifferenceKind::OnlyHere => &mut self.differences.only_here,
            DifferenceKind::AmountDiffers => &mut self.differences.amount_differs,
            DifferenceKind::RefundDiffers => &mut self.differences.refund_differs,
        } += 1;
    }

    pub(super) fn finish(&mut self, differences: &[Difference], now_ms: i64) {
        let is_healed = |difference: &&Difference| difference.outcome == Outcome::Healed;
        let remaining = differences.iter().filter(|difference| !is_healed(difference));
        let ordered = remaining.chain(differences.iter().filter(is_healed));
        self.first = ordered.take(MAX_FIRST).cloned().collect();
        self.finished_ms = now_ms;
    }
}

impl Sum {
    fn add(&mut self, fee: Fen) {
        self.count += 1;
        self.fee = self.fee.checked_add(fee).unwrap_or(Fen::MAX);
    }
}

impl Counts {
    /// All of them.
    pub const fn total(&self) -> u64 {
        self.only_at_wechat + self.only_here + self.amount_differs + self.refund_differs
    }
}
