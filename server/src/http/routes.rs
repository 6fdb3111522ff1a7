//! Every route, on one page.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use warp::filters::BoxedFilter;
use warp::http::StatusCode;
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use super::api::{
    anomalies, export, health, login, micropay, native_page, notify, notify_refund, offer, orders,
    pay, query, reconcile, refunds, webhooks,
};
use super::body::{self, JSON_MAX_BYTES, NOTICE_MAX_BYTES};
use super::{ApiError, Limits, Peer};
use crate::app::App;

/// The whole HTTP interface.
pub fn routes(app: &Arc<App>, limits: &Limits) -> BoxedFilter<(Response,)> {
    let slow = Duration::from_millis(limits.body_timeout_ms);
    // Every route before the right one costs a look: what comes most often is first.
    let routes = wechat(app, slow)
        .or(phone(app, slow))
        .unify()
        .or(merchant(app, slow))
        .unify()
        .or(cashier(app, slow))
        .unify()
        .or(bills(app, slow))
        .unify()
        .or(paying_back(app, slow))
        .unify()
        .or(endpoints(app, slow))
        .unify()
        .or(health_checks(app))
        .unify();
    #[cfg(feature = "pages")]
    let routes = routes.or(super::pages::pages()).unify();
    routes.recover(no_route).unify().boxed()
}

/// What the mini program calls.
fn phone(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let login = post(app, "login").and(raw_query()).and(json(slow)).then(login::login);
    let pay = post(app, "pay")
        .and(raw_query())
        .and(warp::header::headers_cloned())
        .and(warp::ext::get::<Peer>())
        .and(json(slow))
        .then(pay::pay);
    let query =
        post(app, "query").and(warp::header::headers_cloned()).and(json(slow)).then(query::query);
    reply(login).or(reply(pay)).unify().or(reply(query)).unify().boxed()
}

/// What the merchant's backend calls; one order can be read by its owner's phone, too.
fn merchant(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let orders = || with(app).and(warp::path!("v1" / "orders" / ..));
    let headers = || warp::header::headers_cloned();
    let create = orders()
        .and(warp::path::end())
        .and(warp::post())
        .and(headers())
        .and(json(slow))
        .then(orders::create);
    let list = orders()
        .and(warp::path::end())
        .and(warp::get())
        .and(headers())
        .and(raw_query())
        .then(orders::list);
    let show = orders()
        .and(warp::path::param())
        .and(warp::path::end())
        .and(warp::get())
        .and(headers())
        .then(orders::show);
    let of_order = |name: &'static str| {
        orders().and(warp::path::param()).and(warp::path(name)).and(warp::path::end())
    };
    let close = of_order("close").and(warp::post()).and(headers()).then(orders::close);
    let query = of_order("query").and(warp::post()).and(headers()).then(orders::query);
    let events = of_order("events").and(warp::get()).and(headers()).then(orders::events);
    let lists = reply(create).or(reply(list)).unify().or(reply(show)).unify();
    let orders = lists.or(reply(close)).unify().or(reply(query)).unify().or(reply(events)).unify();
    orders.or(books(app, slow)).unify().boxed()
}

/// What the merchant's people look at.
fn books(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let anomalies = || with(app).and(warp::path!("v1" / "anomalies" / ..));
    let headers = || warp::header::headers_cloned();
    let list = anomalies()
        .and(warp::path::end())
        .and(warp::get())
        .and(headers())
        .and(raw_query())
        .then(anomalies::list);
    let resolve = anomalies()
        .and(warp::path::param())
        .and(warp::path("resolve"))
        .and(warp::path::end())
        .and(warp::post())
        .and(headers())
        .and(json(slow))
        .then(anomalies::resolve);
    let export = with(app).and(warp::path!("v1" / "export")).and(warp::get()).and(headers());
    let export = export.then(export::export);
    reply(list).or(reply(resolve)).unify().or(reply(export)).unify().boxed()
}

/// How the merchant's webhooks do.
fn endpoints(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let all = || with(app).and(warp::path!("v1" / "webhooks" / ..));
    let one = |name: &'static str| {
        let path = warp::path::param().and(warp::path(name)).and(warp::path::end());
        all().and(path).boxed()
    };
    let headers = || warp::header::headers_cloned();
    let list = all().and(warp::path::end()).and(warp::get()).and(headers()).then(webhooks::list);
    let dead = one("dead").and(warp::get()).and(headers()).and(raw_query()).then(webhooks::dead);
    let replay =
        one("replay").and(warp::post()).and(headers()).and(json(slow)).then(webhooks::replay);
    let test = one("test").and(warp::post()).and(headers()).then(webhooks::test);
    reply(list).or(reply(dead)).unify().or(reply(replay)).unify().or(reply(test)).unify().boxed()
}

/// What the merchant's backend calls for payments outside of a mini program.
fn cashier(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let headers = || warp::header::headers_cloned();
    let order = |action: &'static str| {
        with(app)
            .and(warp::path!("v1" / "orders" / String / ..))
            .and(warp::path(action))
            .and(warp::path::end())
            .and(warp::post())
            .and(headers())
    };
    let peer = warp::ext::get::<Peer>;
    let offer = order("pay").and(peer()).and(json(slow)).then(offer::offer);
    let charge = order("micropay").and(peer()).and(json(slow)).then(micropay::charge);
    let reverse = order("reverse").then(micropay::reverse);
    let payer = post(app, "auth-code-to-openid")
        .and(headers())
        .and(json(slow))
        .then(micropay::auth_code_to_openid);
    let page = with(app)
        .and(warp::path!("pay" / String / String))
        .and(warp::get())
        .and(raw_query())
        .then(native_page::page);
    reply(offer)
        .or(reply(page))
        .unify()
        .or(reply(charge))
        .unify()
        .or(reply(reverse))
        .unify()
        .or(reply(payer))
        .unify()
        .boxed()
}

/// Bills beside our books: what the merchant's backend, the command line and the summary page call.
fn bills(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let headers = || warp::header::headers_cloned();
    let compare = post(app, "reconcile").and(headers()).and(json(slow)).then(reconcile::reconcile);
    let show = with(app)
        .and(warp::path!("v1" / "days" / String))
        .and(warp::get())
        .and(headers())
        .then(reconcile::show);
    let list = with(app)
        .and(warp::path!("v1" / "days"))
        .and(warp::get())
        .and(headers())
        .and(raw_query())
        .then(reconcile::list);
    reply(compare).or(reply(show)).unify().or(reply(list)).unify().boxed()
}

/// Paying back, which the merchant's backend alone may do.
fn paying_back(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let headers = || warp::header::headers_cloned();
    let of_order = || with(app).and(warp::path!("v1" / "orders" / String / "refunds"));
    let create = of_order().and(warp::post()).and(headers()).and(json(slow)).then(refunds::create);
    let list = of_order().and(warp::get()).and(headers()).then(refunds::list);
    let show = with(app)
        .and(warp::path!("v1" / "refunds" / String))
        .and(warp::get())
        .and(headers())
        .then(refunds::show);
    reply(create).or(reply(list)).unify().or(reply(show)).unify().boxed()
}

/// What WeChat calls.
fn wechat(app: &Arc<App>, slow: Duration) -> BoxedFilter<(Response,)> {
    let notify = |name: &'static str| {
        with(app)
            .and(warp::path!("v1" / "notify" / String / ..))
            .and(warp::path(name))
            .and(warp::path::end())
            .and(warp::post())
            .and(body::raw(NOTICE_MAX_BYTES, slow))
    };
    let pay = notify("pay").then(notify::pay_notice);
    let refund = notify("refund").then(notify_refund::refund_notice);
    pay.or(refund).unify().boxed()
}

/// What the supervisor calls.
fn health_checks(app: &Arc<App>) -> BoxedFilter<(Response,)> {
    let alive = warp::path!("healthz").and(warp::get()).map(health::alive);
    let ready = with(app).and(warp::path!("readyz")).and(warp::get()).map(health::ready);
    alive.or(ready).unify().boxed()
}

fn post(app: &Arc<App>, name: &'static str) -> BoxedFilter<(Arc<App>,)> {
    let path = warp::path("v1").and(warp::path(name)).and(warp::path::end());
    path.and(warp::post()).and(with(app)).boxed()
}

fn with(app: &Arc<App>) -> BoxedFilter<(Arc<App>,)> {
    let app = Arc::clone(app);
    warp::any().map(move || Arc::clone(&app)).boxed()
}

/// The query as it was sent; empty without one.
fn raw_query() -> BoxedFilter<(String,)> {
    warp::query::raw().or(warp::any().map(String::new)).unify().boxed()
}

fn json(
    slow: Duration,
) -> impl Filter<Extract = (Result<bytes::Bytes, body::BodyError>,), Error = Rejection> + Clone + Send
{
    body::raw(JSON_MAX_BYTES, slow)
}

/// A handler's result as a reply: every final error goes through `ApiError`.
fn reply<F, R>(route: F) -> BoxedFilter<(Response,)>
where
    F: Filter<Extract = (Result<R, ApiError>,), Error = Rejection> + Clone + Send + Sync + 'static,
    R: Reply,
{
    route
        .map(|result: Result<R, ApiError>| match result {
            Ok(reply) => reply.into_response(),
            Err(error) => error.into_response(),
        })
        .boxed()
}

/// Rejections only say that no route fits.
async fn no_route(rejection: Rejection) -> Result<Response, Infallible> {
    let error = if rejection.is_not_found() {
        ApiError::not_found()
    } else if rejection.find::<warp::reject::MethodNotAllowed>().is_some() {
        let message = "this address takes another method";
        ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    } else {
        ApiError::new(StatusCode::BAD_REQUEST, "bad_request", "the request cannot be read")
            .because(format!("{rejection:?}"))
    };
    Ok(error.into_response())
}
