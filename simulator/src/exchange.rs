//! One call from request to reply: written down, spoiled by a fault if one is set, answered.

use std::time::Duration;

use hyper::StatusCode;

use crate::calls::{self, Call, Damage, Downloaded, Tamper};
use crate::certificate;
use crate::faults::{Fault, FaultKind};
use crate::http::{Dropped, Received, Sent};
use crate::messages::{Exchange, Party, Said};
use crate::notices::NoticeKind;
use crate::simulator::Simulator;
use crate::wire;
use crate::world::World;

/// Says in the reply what the log says, for people who look at the wire.
const NOTE_HEADER: &str = "wxpay-simulator-note";
const PACKED: &str = "application/x-gzip";
const HTML_500: &str = "<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n\
    <body><h1>500 Internal Server Error</h1></body>\r\n</html>\r\n";

/// A reply and what the simulator thought.
struct Answered {
    sent: Sent,
    note: String,
}

/// Answers one of WeChat's calls.
pub(crate) async fn exchange(
    simulator: &Simulator,
    call: Call,
    received: &Received,
) -> Result<Sent, Dropped> {
    if let Some((sent, note)) = certificate::refused(received) {
        let parties = (Party::Server, Party::Wechat);
        let exchange = note_request(simulator, parties, call.as_str(), received);
        return Ok(close(simulator, &exchange, Answered { sent, note: note.into() }));
    }
    let opened = open(simulator, call, received);
    let Some(fault) = opened.fault else {
        let answered = answer(simulator, call, received, Tamper::Nothing).await;
        return Ok(close(simulator, &opened.exchange, answered));
    };
    match spoil(simulator, call, received, &fault, opened.out_trade_no.as_deref()).await {
        Some(mut answered) => {
            let separator = if answered.note.is_empty() { "" } else { "; " };
            answered.note = format!("{}{separator}fault {}", answered.note, fault.kind);
            Ok(close(simulator, &opened.exchange, answered))
        }
        None => {
            let note = format!("fault {}", fault.kind);
            simulator.with(|world| {
                let said = Said { note: &note, ..Said::default() };
                world.log.reply(&opened.exchange, said, world.now_ms);
            });
            if fault.kind == FaultKind::Hang {
                // Ends with the connection: when the client gives up, or at shutdown.
                std::future::pending::<()>().await;
            }
            Err(Dropped)
        }
    }
}

/// Writes down what the phone asks and gets; faults do not touch it.
pub(crate) async fn noted(
    simulator: &Simulator,
    call: &str,
    received: &Received,
    reply: impl Future<Output = Sent>,
) -> Sent {
    let exchange = note_request(simulator, (Party::Shop, Party::Wechat), call, received);
    let sent = reply.await;
    note_reply(simulator, &exchange, &sent, "");
    sent
}

struct Opened {
    exchange: Exchange,
    out_trade_no: Option<String>,
    fault: Option<Fault>,
}

fn open(simulator: &Simulator, call: Call, received: &Received) -> Opened {
    let exchange = note_request(simulator, (Party::Server, Party::Wechat), call.as_str(), received);
    simulator.with(|world| {
        let out_trade_no = calls::claimed_out_trade_no(world, &received.body);
        world.count(call, out_trade_no.as_deref().unwrap_or_default());
        let fault = world.faults.take(call, out_trade_no.as_deref(), |_| true);
        Opened { exchange, out_trade_no, fault }
    })
}

/// Writes the reply down and makes it ready to send.
fn close(simulator: &Simulator, exchange: &Exchange, answered: Answered) -> Sent {
    let Answered { sent, note } = answered;
    note_reply(simulator, exchange, &sent, &note);
    if note.is_empty() { sent } else { sent.with_header(NOTE_HEADER, note) }
}

fn note_request(
    simulator: &Simulator,
    parties: (Party, Party),
    call: &str,
    received: &Received,
) -> Exchange {
    let url = format!("{}{}", received.origin, received.path_and_query());
    let said =
        Said { content_type: &received.content_type, body: &received.body, ..Said::default() };
    simulator.with(|world| {
        let target = (received.method.as_str(), url.as_str());
        world.log.request(parties, call, target, said, world.now_ms)
    })
}

fn note_reply(simulator: &Simulator, exchange: &Exchange, sent: &Sent, note: &str) {
    let packed = format!("({} bytes, packed)", sent.body.len());
    let body = if sent.content_type == PACKED { packed.as_bytes() } else { &sent.body };
    simulator.with(|world| {
        let said = Said {
            status: Some(sent.status.as_u16()),
            content_type: sent.content_type,
            body,
            note,
        };
        world.log.reply(exchange, said, world.now_ms);
    });
}

/// The reply under a fault; `None` when there is to be none.
async fn spoil(
    simulator: &Simulator,
    call: Call,
    received: &Received,
    fault: &Fault,
    out_trade_no: Option<&str>,
) -> Option<Answered> {
    let answer = |tamper| answer(simulator, call, received, tamper);
    let err_code = fault.err_code.as_deref().unwrap_or_default();
    let bare = |sent| Answered { sent, note: String::new() };
    match fault.kind {
        FaultKind::Hang | FaultKind::ResetBefore => None,
        FaultKind::ResetAfter => {
            answer(Tamper::Nothing).await;
            None
        }
        FaultKind::Late => {
            let (simulator, received) = (simulator.clone(), received.clone());
            let delay = Duration::from_millis(fault.delay_ms);
            tokio::spawn(async move {
                tokio::time::sleep(delay).await;
                self::answer(&simulator, call, &received, Tamper::Nothing).await;
            });
            None
        }
        FaultKind::Delay => {
            let answered = answer(Tamper::Nothing).await;
            tokio::time::sleep(Duration::from_millis(fault.delay_ms)).await;
            Some(answered)
        }
        FaultKind::Http500 => {
            Some(bare(Sent::new(StatusCode::INTERNAL_SERVER_ERROR, "text/html", HTML_500)))
        }
        FaultKind::Empty200 => Some(bare(Sent::new(StatusCode::OK, "text/xml", ""))),
        FaultKind::Truncate => {
            let mut answered = answer(Tamper::Nothing).await;
            answered.sent.cut_in_half();
            Some(answered)
        }
        FaultKind::WrongSign => Some(answer(Tamper::WrongSign).await),
        FaultKind::NoSign => Some(answer(Tamper::NoSign).await),
        FaultKind::SystemError => Some(answer(Tamper::SystemError).await),
        FaultKind::SystemErrorApplied => Some(answer(Tamper::SystemErrorApplied).await),
        FaultKind::ErrCode => Some(answer(Tamper::ErrCode(err_code)).await),
        FaultKind::ErrCodeApplied => Some(answer(Tamper::ErrCodeApplied(err_code)).await),
        FaultKind::Recall => Some(answer(Tamper::Recall).await),
        FaultKind::CutBill => Some(answer(Tamper::Bill(Damage::Cut)).await),
        FaultKind::WrongDay => Some(answer(Tamper::Bill(Damage::OtherDay)).await),
        FaultKind::DamagedGzip => Some(answer(Tamper::Bill(Damage::Gzip)).await),
        FaultKind::BeforeReply => {
            let answered = answer(Tamper::Nothing).await;
            if call == Call::RefundQuery {
                simulator.end_refunds(out_trade_no.unwrap_or_default()).await;
            } else if let Some(out_trade_no) = out_trade_no {
                // An unpaid order has no notice; what became of any other, the log tells.
                let _ = simulator.send_notice(out_trade_no, NoticeKind::Again).await;
            }
            Some(answered)
        }
        FaultKind::Lose
        | FaultKind::Double
        | FaultKind::BadSign
        | FaultKind::BadKey
        | FaultKind::Garbled => Some(answer(Tamper::Nothing).await),
    }
}

async fn answer(
    simulator: &Simulator,
    call: Call,
    received: &Received,
    tamper: Tamper<'_>,
) -> Answered {
    let (answered, started) = simulator.with(|world| {
        let answered = answer_now(world, call, received, tamper);
        (answered, std::mem::take(&mut world.started))
    });
    for refund in started {
        simulator.start_refund(refund).await;
    }
    answered
}

fn answer_now(world: &mut World, call: Call, received: &Received, tamper: Tamper<'_>) -> Answered {
    if call == Call::Code2Session {
        let (body, note) = calls::answer_code2session(world, received, tamper);
        return Answered { sent: Sent::new(StatusCode::OK, "text/plain", body), note };
    }
    if call.is_download() {
        let (downloaded, note) = calls::answer_download(world, call, received, tamper);
        return Answered { sent: download(downloaded), note };
    }
    let reply = calls::answer_xml(world, call, received, tamper);
    let body = wire::to_xml(&reply.params);
    Answered { sent: Sent::new(StatusCode::OK, "text/xml; charset=utf-8", body), note: reply.note }
}

fn download(downloaded: Downloaded) -> Sent {
    match downloaded {
        Downloaded::Text(text) => Sent::new(StatusCode::OK, "text/plain; charset=utf-8", text),
        Downloaded::Packed(packed) => Sent::new(StatusCode::OK, PACKED, packed),
        Downloaded::Refused(params) => {
            Sent::new(StatusCode::OK, "text/xml; charset=utf-8", wire::to_xml(&params))
        }
    }
}
