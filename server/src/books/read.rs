//! Reading the bill as it comes, beside the store; then the store beside what the bill has shown.

use futures_util::{StreamExt, stream};
use wxpay_core::bill::{TradeBill, TradeRow};
use wxpay_core::messages::download_bill::{BillType, DownloadError};

use super::compare::{self, Claim};
use super::heal::Candidate;
use super::{Books, Day, ReconcileError, Run};
use crate::gateway::FetchError;
use crate::merchant::Merchant;
use crate::orders::{Order, OrderKey};
use crate::store::{Movement, StoreError};

/// Orders looked up at a time.
const LOOKUPS: usize = 32;
/// Movements read at a time.
const PAGE: usize = 1_000;
/// A payment this far outside of the day is another day's: clocks around midnight are not that far apart.
const SLACK_MS: i64 = 5 * 60 * 1000;
/// Bills are there by ten o'clock of the next day. Before that, "no bill" may only mean "not yet".
const READY_MINUTES: i64 = 10 * 60;

/// Whose a row is.
pub(super) enum Whose {
    /// Another mini program's or sub merchant's of the same number.
    NotOurs,
    /// Ours, with the order if there is one.
    Ours(Option<Box<Order>>),
}

impl Books {
    /// Compares every row. What differs is noted and not acted on: only the end says whether the bill is whole.
    pub(super) async fn read_bill(&self, run: &mut Run<'_>) -> Result<(), ReconcileError> {
        let date = run.date.bill_date();
        let download = self.gateway.download_bill(run.merchant, &date, BillType::All, true).await;
        let mut download = match download {
            Err(FetchError::NoBill(DownloadError::NoBill)) if self.is_ready(run.date) => {
                run.row.has_bill = false;
                return Ok(());
            }
            download => download?,
        };
        let (mut bill, mut rows) = (TradeBill::new(), Vec::new());
        while let Some(chunk) = download.chunk().await? {
            bill.push(&chunk, &mut rows)?;
            self.take_rows(run, &mut rows).await?;
            let (rows, bytes, total_bytes) =
                (run.row.rows, download.received_bytes(), download.total_bytes());
            run.progress.send_modify(|progress| {
                (progress.rows, progress.bytes, progress.total_bytes) = (rows, bytes, total_bytes);
            });
            // Rows from memory never wait: others shall have their turn.
            tokio::task::yield_now().await;
        }
        bill.finish()?;
        Ok(())
    }

    /// Adds the payments and refunds that are on record here and not on the bill.
    pub(super) async fn find_only_here(&self, run: &mut Run<'_>) -> Result<(), ReconcileError> {
        let (merchant, from_ms, to_ms) = (&run.merchant.id, run.date.from_ms(), run.date.to_ms());
        let mut after: Option<Movement> = None;
        loop {
            let page = self.store.movements(merchant, from_ms, to_ms, after.as_ref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            after = page.last().cloned();
            for movement in page {
                self.take_movement(run, movement).await?;
            }
            if is_last {
                return Ok(());
            }
        }
    }

    async fn take_movement(&self, run: &mut Run<'_>, movement: Movement) -> Result<(), StoreError> {
        let refund = movement.out_refund_no.as_deref();
        if run.seen.has(&movement.key.out_trade_no, refund) {
            return Ok(());
        }
        let order = self.store.order(&movement.key).await?;
        let Some(order) = order else { return Err(StoreError::Damaged { what: "movement" }) };
        let Some(difference) = compare::only_here(&movement, &order) else { return Ok(()) };
        if compare::is_near_midnight(&movement, &order, run.date) {
            run.row.near_midnight += 1;
        } else {
            run.differs(Candidate::Here(movement), difference);
        }
        Ok(())
    }

    async fn take_rows(
        &self,
        run: &mut Run<'_>,
        rows: &mut Vec<TradeRow>,
    ) -> Result<(), ReconcileError> {
        for row in rows.iter().filter(|row| row.refund.is_none()) {
            if !is_of(row.time * 1000, run.date) {
                return Err(ReconcileError::OtherDay);
            }
        }
        let merchant = run.merchant;
        let mut found = stream::iter(rows.drain(..))
            .map(|row| async move { self.find(merchant, &row).await.map(|whose| (row, whose)) })
            .buffered(LOOKUPS);
        while let Some(row) = found.next().await {
            let (row, whose) = row?;
            run.row.rows += 1;
            let Whose::Ours(order) = whose else {
                run.row.not_ours += 1;
                continue;
            };
            let claim = Claim::of(&row);
            let refund = claim.refund.as_ref().map(|refund| refund.out_refund_no.as_str());
            // By our own number, even if the bill should call it otherwise.
            let number =
                order.as_ref().map_or(&claim.out_trade_no, |order| &order.key.out_trade_no);
            run.seen.add(number, refund);
            run.row.add(&claim);
            if let Some(difference) = claim.compare(order.as_deref()) {
                run.differs(Candidate::AtWeChat(claim), difference);
            }
        }
        Ok(())
    }

    /// Whose a row is: by WeChat's number of the payment, which stays when a merchant's appid changes; else by the
    /// merchant's number, which is ours only under our own appid.
    async fn find(&self, merchant: &Merchant, row: &TradeRow) -> Result<Whose, StoreError> {
        let key = match self.store.order_of_payment(&row.transaction_id).await? {
            Some(key) if key.merchant != merchant.id => return Ok(Whose::NotOurs),
            Some(key) => key,
            None if compare::is_ours(&merchant.identity, row) => {
                let out_trade_no = row.out_trade_no.clone();
                OrderKey { merchant: merchant.id.clone(), out_trade_no }
            }
            None => return Ok(Whose::NotOurs),
        };
        Ok(Whose::Ours(self.store.order(&key).await?.map(Box::new)))
    }

    fn is_ready(&self, date: Day) -> bool {
        self.clock.now_ms() >= date.back(-1).at_ms(READY_MINUTES)
    }
}

fn is_of(at_ms: i64, date: Day) -> bool {
    (date.from_ms() - SLACK_MS..date.to_ms() + SLACK_MS).contains(&at_ms)
}
