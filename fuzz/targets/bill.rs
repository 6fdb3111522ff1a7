//! Bills of both kinds: cut into pieces anywhere, the same rows and the same end.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wxpay_core::bill::{BillError, FundFlow, Summary, TradeBill};

fuzz_target!(|input: (u8, &[u8])| {
    let (piece, bytes) = input;
    let size = usize::from(piece) + 1;
    assert_eq!(trade(bytes, size), trade(bytes, bytes.len().max(1)), "trade bill");
    assert_eq!(fund_flow(bytes, size), fund_flow(bytes, bytes.len().max(1)), "fund flow");
});

type Read = (String, Result<Summary, BillError>);

fn trade(bytes: &[u8], size: usize) -> Read {
    let (mut bill, mut rows) = (TradeBill::new(), Vec::new());
    for chunk in bytes.chunks(size) {
        if let Err(error) = bill.push(chunk, &mut rows) {
            return (format!("{rows:?}"), Err(error));
        }
    }
    (format!("{rows:?}"), bill.finish())
}

fn fund_flow(bytes: &[u8], size: usize) -> Read {
    let (mut bill, mut rows) = (FundFlow::new(), Vec::new());
    for chunk in bytes.chunks(size) {
        if let Err(error) = bill.push(chunk, &mut rows) {
            return (format!("{rows:?}"), Err(error));
        }
    }
    (format!("{rows:?}"), bill.finish())
}
