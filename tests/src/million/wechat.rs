//! A WeChat that knows one user and has one bill, in a file. Of everything else it says 404.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use super::seed::REGULAR;

/// Listens on loopback for as long as the process lives; says where.
pub fn start(bill: &Path) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let bill = bill.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let bill = bill.clone();
            // A client that has gone away is no reason to end.
            std::thread::spawn(move || stream.and_then(|stream| answer(&stream, &bill)));
        }
    });
    url
}

fn answer(mut stream: &TcpStream, bill: &PathBuf) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    while !line.trim().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    if path == "/pay/downloadbill" {
        let mut bill = File::open(bill)?;
        head(stream, "200 OK", bill.metadata()?.len())?;
        io::copy(&mut bill, &mut stream).map(drop)
    } else if path.starts_with("/sns/jscode2session") {
        let body = format!(r#"{{"openid":"{REGULAR}","session_key":"c2Vzc2lvbiBrZXkgMDAwMA=="}}"#);
        head(stream, "200 OK", body.len() as u64)?;
        stream.write_all(body.as_bytes())
    } else {
        head(stream, "404 Not Found", 0)
    }
}

fn head(mut stream: &TcpStream, status: &str, length: u64) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")
}
