//! Bills of the scripted WeChat: what it knows, as told otherwise.

use std::collections::VecDeque;

use bytes::Bytes;
use futures_util::stream;
use wxpay_core::Fen;
use wxpay_core::messages::TradeType;
use wxpay_core::messages::download_bill::DownloadError;
use wxpay_server::ambient::Clock;
use wxpay_server::books::Day;
use wxpay_server::gateway::{Download, FetchError};
use wxpay_server::merchant::Merchant;
use wxpay_simulator::bill::{self, BillKind, BillRefund, BillRow, RowKind};

use super::{Placed, ScriptedWeChat, State, Taken};

type Edit = Box<dyn FnMut(&mut Vec<BillRow>) + Send>;

/// How bills differ from what is known.
#[derive(Default)]
pub(super) struct Bills {
    next: VecDeque<Result<Vec<u8>, FetchError>>,
    edit: Option<Edit>,
    asked: u32,
}

impl ScriptedWeChat {
    /// The next bill that is asked for is this; several wait in line.
    pub fn next_bill(&self, answer: Result<Vec<u8>, FetchError>) {
        self.state().bills.next.push_back(answer);
    }

    /// From now on every bill's rows go through `edit`.
    pub fn edit_bills(&self, edit: impl FnMut(&mut Vec<BillRow>) + Send + 'static) {
        self.state().bills.edit = Some(Box::new(edit));
    }

    /// How often a bill was asked for.
    pub fn bills_asked(&self) -> u32 {
        self.state().bills.asked
    }

    /// The text of a day's bill.
    pub fn bill_text(&self, merchant: &Merchant, date: Day) -> Option<Vec<u8>> {
        let now_ms = self.clock.now_ms();
        self.state().bill_text(merchant, date, now_ms)
    }

    pub(super) fn bill(&self, merchant: &Merchant, date: &str) -> Result<Download, FetchError> {
        let mut state = self.state();
        state.bills.asked += 1;
        let now_ms = self.clock.now_ms();
        let text = match state.bills.next.pop_front() {
            Some(answer) => answer?,
            None => state
                .bill_text(merchant, date.parse().unwrap(), now_ms)
                .ok_or(FetchError::NoBill(DownloadError::NoBill))?,
        };
        let total_bytes = Some(text.len() as u64);
        let mut chunks: Vec<_> = text.chunks(1_000).map(Bytes::copy_from_slice).collect();
        let first = chunks.remove(0);
        Ok(Download::new(first, stream::iter(chunks.into_iter().map(Ok)), total_bytes))
    }
}

impl State {
    fn bill_text(&mut self, merchant: &Merchant, date: Day, now_ms: i64) -> Option<Vec<u8>> {
        let rows = self.orders.iter().filter_map(|(no, placed)| {
            let paid = row(merchant, no, placed)?;
            let refunds = placed.refunds.iter().map(|taken| taken.row(&paid, now_ms));
            Some(std::iter::once(paid.clone()).chain(refunds).collect::<Vec<_>>())
        });
        let rows = rows.flatten();
        let day = date.from_ms()..date.to_ms();
        let mut rows: Vec<_> = rows.filter(|row| day.contains(&row.at_ms)).collect();
        if let Some(edit) = &mut self.bills.edit {
            edit(&mut rows);
        }
        let mut text = Vec::new();
        bill::write(BillKind::All, rows.iter().cloned(), &mut text).unwrap();
        (!rows.is_empty()).then_some(text)
    }
}

fn row(merchant: &Merchant, out_trade_no: &str, placed: &Placed) -> Option<BillRow> {
    let payment = placed.payment.as_ref()?;
    Some(BillRow {
        at_ms: payment.time_end * 1000,
        appid: merchant.identity.appid.clone(),
        mch_id: merchant.identity.mch_id.clone(),
        sub_mch_id: None,
        device_info: String::new(),
        transaction_id: payment.transaction_id.clone(),
        out_trade_no: out_trade_no.into(),
        openid: payment.openid.clone().unwrap_or_default(),
        trade_type: TradeType::Jsapi,
        kind: RowKind::Payment,
        bank_type: "OTHERS".into(),
        total_fee: payment.total_fee,
        settlement_total_fee: payment.total_fee,
        coupon_fee: Fen::ZERO,
        body: placed.request.body.clone(),
        attach: String::new(),
    })
}

impl Taken {
    fn row(&self, paid: &BillRow, now_ms: i64) -> BillRow {
        let status = self.status(now_ms).as_str();
        let fee = self.request.refund_fee.get();
        let row = refund_row(paid, &self.request.out_refund_no, fee, status);
        let RowKind::Refund(refund) = row.kind else { unreachable!("it is a refund's") };
        let refund_id = self.refund_id.clone();
        let kind = RowKind::Refund(BillRefund { refund_id, ..refund });
        BillRow { at_ms: self.at_ms, kind, ..row }
    }
}

/// The row of a refund of what another row paid for.
pub fn refund_row(paid: &BillRow, out_refund_no: &str, fee: u64, status: &'static str) -> BillRow {
    let fee = Fen::new(fee).unwrap();
    let refund = BillRefund {
        refund_id: format!("50{out_refund_no}"),
        out_refund_no: out_refund_no.into(),
        refund_fee: fee,
        settlement_refund_fee: fee,
        status,
        asked_ms: paid.at_ms,
        success_ms: None,
    };
    BillRow { kind: RowKind::Refund(refund), ..paid.clone() }
}
