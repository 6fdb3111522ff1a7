//! The wire log: every request, reply and notice, with secrets masked.

use std::collections::VecDeque;

use serde::Serialize;

/// The most messages kept.
const KEPT: usize = 2_000;
/// The most of a body kept, in bytes.
const BODY_BYTES: usize = 16 * 1024;
/// Where secrets stand: everything from the first text up to the second is masked.
const SECRETS: [(&str, &str); 4] =
    [("secret=", "&"), ("\"secret\":\"", "\""), ("\"session_key\":\"", "\""), ("<key>", "</key>")];

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Party {
    /// The merchant's server.
    Server,
    /// WeChat, which is this simulator.
    Wechat,
    /// The mini program on the phone.
    Shop,
}

/// One message on the wire.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    /// Counts from 1.
    pub n: u64,
    /// A request and its reply share it.
    pub exchange: u64,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// The sender.
    pub from: Party,
    /// The receiver.
    pub to: Party,
    /// Such as `unifiedorder request`.
    pub title: String,
    /// The request's method.
    pub method: String,
    /// The request's URL.
    pub url: String,
    /// The reply's status; absent in a request, and where no reply came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Of the body.
    pub content_type: String,
    /// As sent, cut at 16 KiB.
    pub body: String,
    /// What the simulator thought of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What both messages of an exchange have in common.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) number: u64,
    pub(crate) from: Party,
    pub(crate) to: Party,
    pub(crate) call: String,
    pub(crate) method: String,
    pub(crate) url: String,
}

/// One side of an exchange.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// None in a request, and where no reply came.
    pub(crate) status: Option<u16>,
    pub(crate) content_type: &'a str,
    pub(crate) body: &'a [u8],
    /// May be empty.
    pub(crate) note: &'a str,
}

/// The bounded log.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    kept: VecDeque<Message>,
    last: u64,
    exchanges: u64,
}

impl Messages {
    pub(crate) fn after(&self, after: u64) -> impl Iterator<Item = &Message> {
        self.kept.iter().filter(move |message| message.n > after)
    }

    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Writes down a request and opens its exchange.
    pub(crate) fn request(
        &mut self,
        (from, to): (Party, Party),
        call: &str,
        (method, url): (&str, &str),
        said: Said<'_>,
        at_ms: i64,
    ) -> Exchange {
        self.exchanges += 1;
        let exchange = Exchange {
            number: self.exchanges,
            from,
            to,
            call: call.into(),
            method: method.into(),
            url: mask(url),
        };
        self.push(&exchange, (from, to), format!("{call} request"), said, at_ms);
        exchange
    }

    /// Writes down a reply. Without a status no reply came, and the note says why.
    pub(crate) fn reply(&mut self, exchange: &Exchange, said: Said<'_>, at_ms: i64) {
        let word = if said.status.is_some() { "reply" } else { "no reply" };
        let title = format!("{} {word}", exchange.call);
        tracing::info!(status = said.status, note = said.note, "{} {title}", exchange.number);
        self.push(exchange, (exchange.to, exchange.from), title, said, at_ms);
    }

    fn push(
        &mut self,
        exchange: &Exchange,
        (from, to): (Party, Party),
        title: String,
        said: Said<'_>,
        at_ms: i64,
    ) {
        self.last += 1;
        if self.kept.len() == KEPT {
            self.kept.pop_front();
        }
        let body = String::from_utf8_lossy(said.body.get(..BODY_BYTES).unwrap_or(said.body));
        self.kept.push_back(Message {
            n: self.last,
            exchange: exchange.number,
            at_ms,
            from,
            to,
            title,
            method: exchange.method.clone(),
            url: exchange.url.clone(),
            status: said.status,
            content_type: said.content_type.into(),
            body: mask(&body),
            note: Some(said.note.to_owned()).filter(|note| !note.is_empty()),
        });
    }
}

/// Puts `***` where secrets stand.
fn mask(text: &str) -> String {
    SECRETS.iter().fold(text.to_owned(), |text, (start, end)| mask_between(&text, start, end))
}

fn mask_between(text: &str, start: &str, end: &str) -> String {
    let mut parts = text.split(start);
    let mut masked = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.find(end).and_then(|at| part.get(at..)).unwrap_or_default();
        masked.extend([start, "***", rest]);
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_wherever_they_stand() {
        assert_eq!(mask("/x?appid=a&secret=s3cret&js_code=c"), "/x?appid=a&secret=***&js_code=c");
        assert_eq!(mask("/x?secret=s3cret"), "/x?secret=***");
        assert_eq!(
            mask(r#"{"session_key":"abc","openid":"o"}"#),
            r#"{"session_key":"***","openid":"o"}"#
        );
        assert_eq!(mask("<xml><key>k</key></xml>"), "<xml><key>***</key></xml>");
        assert_eq!(mask("<xml><body>b</body></xml>"), "<xml><body>b</body></xml>");
    }

    #[test]
    fn the_log_is_bounded() {
        let mut log = Messages::default();
        for _ in 0..KEPT {
            let parties = (Party::Server, Party::Wechat);
            let exchange = log.request(parties, "orderquery", ("POST", "/"), Said::default(), 0);
            log.reply(&exchange, Said::default(), 0);
        }
        assert_eq!(log.after(0).count(), KEPT);
        assert_eq!(log.last(), 2 * KEPT as u64);
        assert_eq!(
            log.after(log.last() - 1).map(|message| message.n).collect::<Vec<_>>(),
            [log.last()]
        );
    }
}
