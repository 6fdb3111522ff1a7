//! What is measured with a million orders, in small: `cargo xtask bench million` is the whole of it.

use std::collections::BTreeMap;

use tempfile::TempDir;
use wxpay_tests::million::{Scale, measure};

/// A past comes in by a backup, is served, killed, served again, compared with its bill, backed up and checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_past_is_served_compared_and_backed_up() {
    let directory = TempDir::new().unwrap();
    let mut figures = BTreeMap::new();
    let scale = Scale { orders: 2_000, turns: 1, calls: 16 };
    let mut say = |of: &str, what: &str, figure: u64| {
        let earlier = figures.insert(format!("{of} {what}"), figure);
        assert_eq!(earlier, None, "{of} {what} was said twice");
    };
    measure(scale, directory.path(), &mut say).await;
    assert_eq!((figures["few orders"], figures["many orders"]), (1_000, 2_000));
    let nothing: Vec<_> = figures.iter().filter(|(_, figure)| **figure == 0).collect();
    assert!(nothing.iter().all(|(what, _)| what.ends_with("the server adds")), "{nothing:?}");
}
