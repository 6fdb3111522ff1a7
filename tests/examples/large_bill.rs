//! A WeChat that has one bill, of as many rows as one likes, made while it is sent: to see what a large bill costs.
//!
//! `cargo run -p wxpay-tests --example large_bill -- 1000000` prints its address. Set it as `[wechat] pay_url` in a
//! configuration with `profile = "test"`, then run `wxpay bill --date D --csv -o bill.csv`, or `wxpay reconcile --date D`.
//! Half of the rows are of the appid `wx7e57000000000001`, the others of another one. Whatever else is asked gets a 404.
#![allow(clippy::unwrap_used, reason = "a tool of one's own")]

use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use wxpay_core::messages::TradeType;
use wxpay_core::{Fen, Params, time, xml};
use wxpay_simulator::bill::{BillKind, BillRow, RowKind, write};
use wxpay_tests::{APPID, MCH_ID};

fn main() {
    let rows: u64 = std::env::args().nth(1).and_then(|rows| rows.parse().ok()).unwrap_or(1_000_000);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    println!("http://{}", listener.local_addr().unwrap());
    for stream in listener.incoming() {
        // A client that has gone away is no reason to end.
        if let Err(error) = answer(&stream.unwrap(), rows) {
            eprintln!("{error}");
        }
    }
}

fn answer(stream: &TcpStream, rows: u64) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut path, mut length) = (String::new(), 0);
    for line in reader.by_ref().lines() {
        let line = line?.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        } else if line.starts_with("post ") {
            path = line.split(' ').nth(1).unwrap_or_default().into();
        } else if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut to = BufWriter::new(stream);
    let request = xml::from_xml(&body).ok().filter(|_| path == "/pay/downloadbill");
    let Some(request) = request else {
        return write!(
            to,
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        );
    };
    let mut size = Size(0);
    write(BillKind::All, bill(&request, rows), &mut size)?;
    write!(to, "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", size.0)?;
    write(BillKind::All, bill(&request, rows), &mut to)?;
    to.flush()
}

/// Counts what is written.
struct Size(u64);

impl Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn bill(request: &Params, rows: u64) -> impl Iterator<Item = BillRow> {
    let date = request.get("bill_date").unwrap_or_default();
    let start_s = time::from_beijing(&format!("{date}000000")).unwrap_or_default();
    (0..rows).map(move |n| {
        let fee = Fen::new(100 + n % 9_900).unwrap_or(Fen::ZERO);
        BillRow {
            at_ms: (start_s + i64::try_from(n * 86_400 / rows).unwrap_or_default()) * 1000,
            appid: if n % 2 == 0 { APPID.into() } else { "wx7e57000000000009".into() },
            mch_id: MCH_ID.into(),
            sub_mch_id: None,
            device_info: String::new(),
            transaction_id: format!("42{n:026}"),
            out_trade_no: format!("LARGE{n:010}"),
            openid: format!("oUSER{:022}", n % 100_000),
            trade_type: TradeType::Jsapi,
            kind: RowKind::Payment,
            bank_type: "OTHERS".into(),
            total_fee: fee,
            settlement_total_fee: fee,
            coupon_fee: Fen::ZERO,
            body: "Corner shop, tea".into(),
            attach: String::new(),
        }
    })
}
