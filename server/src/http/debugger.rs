//! `GET /debug`: the page that says why a signature is wrong. It asks nothing of this server and sends nothing to it.

use warp::filters::BoxedFilter;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use warp::reply::{Response, with_header};
use warp::{Filter, Reply};

const PAGE: &str = include_str!("../../../js-demo/dist/debugger.html");
/// The same policy as in the page itself, where a browser would not take `frame-ancestors`.
const POLICY: &str = include_str!("../../../js-demo/dist/debugger.csp");

pub(super) fn page() -> BoxedFilter<(Response,)> {
    let asked = warp::get().or(warp::head()).unify();
    warp::path!("debug").and(asked).map(reply).boxed()
}

fn reply() -> Response {
    let page = warp::reply::html(PAGE);
    let page =
        with_header(page, CONTENT_SECURITY_POLICY, format!("{POLICY}; frame-ancestors 'none'"));
    let page = with_header(page, CACHE_CONTROL, "no-store");
    let page = with_header(page, REFERRER_POLICY, "no-referrer");
    with_header(page, X_CONTENT_TYPE_OPTIONS, "nosniff").into_response()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test ends with a panic")]

    use http_body_util::Empty;
    use tower_service::Service;
    use warp::http::{Request, StatusCode};

    use super::*;

    async fn asked(method: &str) -> Response {
        let request = Request::builder().method(method).uri("/debug");
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        warp::service(page()).call(request).await.unwrap().map(Into::into)
    }

    #[tokio::test]
    async fn the_page_comes_with_its_policy_and_is_not_kept() {
        assert!(PAGE.contains(POLICY), "the page's own policy is the same");
        for method in ["GET", "HEAD"] {
            let reply = asked(method).await;
            assert_eq!(reply.status(), StatusCode::OK);
            let header = |name: &str| reply.headers()[name].to_str().unwrap();
            assert!(header("content-security-policy").contains("connect-src 'none'"));
            assert_eq!(header("cache-control"), "no-store");
            assert_eq!(header("x-content-type-options"), "nosniff");
            assert_eq!(header("content-type"), "text/html; charset=utf-8");
        }
    }

    #[tokio::test]
    async fn it_takes_nothing() {
        assert_eq!(asked("POST").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
