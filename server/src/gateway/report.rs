//! payitil/report, when it is switched on: tells WeChat how its calls went, behind the back of whoever made them.

use std::sync::Arc;

use reqwest::{Client, Url};
use tokio::sync::mpsc;
use wxpay_core::Params;
use wxpay_core::messages::report::{self, Reported, State};
use wxpay_core::xml::to_xml;

use super::{GatewayError, Merchant};
use crate::ambient::{Clock, NonceSource};

/// Reports that wait; when there are more, the newest are dropped: nothing depends on them.
const WAITING: usize = 64;

/// The desk where reports are handed in.
pub(super) struct Reports {
    queue: mpsc::Sender<Job>,
    clock: Arc<dyn Clock>,
}

struct Job {
    merchant: Merchant,
    interface_url: String,
    user_ip: String,
    trade: Reported,
}

/// A call that is under way.
pub(super) struct Begun {
    out_trade_no: String,
    user_ip: String,
    begin_time: i64,
}

impl Reports {
    /// Starts the task that sends. It ends with the last desk.
    pub(super) fn start(
        client: Client,
        pay_url: Url,
        nonces: Arc<dyn NonceSource>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (queue, jobs) = mpsc::channel(WAITING);
        tokio::spawn(send_all(client, pay_url, nonces, jobs));
        Self { queue, clock }
    }

    /// Takes down when a call began; `None` for calls without a user's address, which no report can be about.
    pub(super) fn begin(&self, params: &Params) -> Option<Begun> {
        Some(Begun {
            out_trade_no: params.filled("out_trade_no")?.into(),
            user_ip: params.filled("spbill_create_ip")?.into(),
            begin_time: self.clock.now_ms() / 1000,
        })
    }

    /// Hands in how the call ended, without waiting for anything.
    pub(super) fn end(
        &self,
        begun: Begun,
        merchant: &Merchant,
        url: &Url,
        outcome: Result<&Params, &GatewayError>,
    ) {
        let Begun { out_trade_no, user_ip, begin_time } = begun;
        let end_time = self.clock.now_ms() / 1000;
        let (state, err_msg) = match outcome {
            Ok(reply) if reply.get("result_code") == Some("SUCCESS") => (State::Ok, None),
            Ok(reply) => (State::Fail, reply.filled("err_code").map(Into::into)),
            Err(error) => (State::Fail, Some(word(error).into())),
        };
        let trade = Reported { out_trade_no, begin_time, end_time, state, err_msg };
        let (merchant, interface_url) = (merchant.clone(), url.to_string());
        if self.queue.try_send(Job { merchant, interface_url, user_ip, trade }).is_err() {
            tracing::debug!("a report was dropped");
        }
    }
}

async fn send_all(
    client: Client,
    pay_url: Url,
    nonces: Arc<dyn NonceSource>,
    mut jobs: mpsc::Receiver<Job>,
) {
    while let Some(Job { merchant, interface_url, user_ip, trade }) = jobs.recv().await {
        let Merchant { identity, sign_type, api_key, .. } = &merchant;
        let nonce = nonces.nonce();
        let trades = [trade];
        let request = report::request(
            &interface_url,
            &user_ip,
            &trades,
            identity,
            &nonce,
            *sign_type,
            api_key,
        );
        let Some(body) = request.ok().and_then(|request| to_xml(&request).ok()) else { continue };
        let mut url = pay_url.clone();
        url.set_path(report::PATH);
        let request = client.post(url).header("content-type", "text/xml; charset=utf-8");
        if let Err(error) = request.body(body).send().await {
            tracing::debug!(error = %error.without_url(), "a report was in vain");
        }
    }
}

/// What happened, in a word.
const fn word(error: &GatewayError) -> &'static str {
    match error {
        GatewayError::Invalid(_) | GatewayError::NoCertificate => "not made",
        GatewayError::NotSent { .. } => "not reached",
        GatewayError::Unknown(_) => "no usable reply",
        GatewayError::Refused { .. } => "refused",
    }
}
