//! The pages, each one file that needs nothing else: `GET /debug` says why a signature is wrong, and asks nothing of this
//! server; `GET /days` shows the merchant's days, and asks the interface with the admin key it is given.

use warp::filters::BoxedFilter;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use warp::reply::{Response, with_header};
use warp::{Filter, Reply};

/// A page and its policy: the same as in the page itself, where a browser would not take `frame-ancestors`.
#[derive(Clone, Copy)]
struct Page {
    text: &'static str,
    policy: &'static str,
}

const DEBUGGER: Page = Page {
    text: include_str!("../../../js-demo/dist/debugger.html"),
    policy: include_str!("../../../js-demo/dist/debugger.csp"),
};

const DAYS: Page = Page {
    text: include_str!("../../../js-demo/dist/days.html"),
    policy: include_str!("../../../js-demo/dist/days.csp"),
};

pub(super) fn pages() -> BoxedFilter<(Response,)> {
    let asked = || warp::get().or(warp::head()).unify();
    let debugger = warp::path!("debug").and(asked()).map(|| reply(DEBUGGER));
    let days = warp::path!("days").and(asked()).map(|| reply(DAYS));
    debugger.or(days).unify().boxed()
}

fn reply(Page { text, policy }: Page) -> Response {
    let page = warp::reply::html(text);
    let page =
        with_header(page, CONTENT_SECURITY_POLICY, format!("{policy}; frame-ancestors 'none'"));
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

    async fn asked(method: &str, path: &str) -> Response {
        let request = Request::builder().method(method).uri(path);
        let request = request.body(Empty::<bytes::Bytes>::new()).unwrap();
        warp::service(pages()).call(request).await.unwrap().map(Into::into)
    }

    #[tokio::test]
    async fn each_page_comes_with_its_policy_and_is_not_kept() {
        for (path, page, connect) in
            [("/debug", DEBUGGER, "connect-src 'none'"), ("/days", DAYS, "connect-src 'self'")]
        {
            assert!(page.text.contains(page.policy), "the page's own policy is the same");
            for method in ["GET", "HEAD"] {
                let reply = asked(method, path).await;
                assert_eq!(reply.status(), StatusCode::OK);
                let header = |name: &str| reply.headers()[name].to_str().unwrap();
                let policy = header("content-security-policy");
                assert!(policy.contains(connect) && policy.contains("default-src 'none'"));
                assert!(!policy.contains("unsafe-inline"), "{policy}");
                assert_eq!(header("cache-control"), "no-store");
                assert_eq!(header("x-content-type-options"), "nosniff");
                assert_eq!(header("content-type"), "text/html; charset=utf-8");
            }
        }
    }

    #[tokio::test]
    async fn they_take_nothing() {
        for path in ["/debug", "/days"] {
            assert_eq!(asked("POST", path).await.status(), StatusCode::METHOD_NOT_ALLOWED);
        }
    }
}
