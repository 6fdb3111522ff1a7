//! The contract, put to each store.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use wxpay_server::store::{MemoryStore, Store};
use wxpay_tests::store_contract as contract;

/// One test for each promise and store.
macro_rules! promises {
    ($($promise:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                super::contract::$promise(&super::memory).await;
            })*
        }

        mod sled {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let stores = super::SledStores::new();
                super::contract::$promise(&|| stores.next()).await;
            })*
        }
    };
}

promises![
    a_refused_change_leaves_no_trace,
    an_accepted_change_is_there_whole,
    exactly_one_of_many_changes_on_one_revision_wins,
    exactly_one_of_many_creations_of_one_number_wins,
    a_transaction_id_belongs_to_one_order,
    an_idempotency_key_makes_one_creation,
    a_read_sees_every_answered_change,
    a_closed_store_takes_nothing_more,
    pages_hold_while_orders_arrive,
    a_cursor_does_not_undo_a_filter,
    merchants_lists_are_their_own,
    events_are_contiguous_and_fold_to_the_record,
    open_orders_are_those_without_an_end,
    an_order_that_has_ended_is_not_open_again,
    the_outbox_is_in_order,
    outbox_rows_are_counted,
    every_end_is_told_once,
    users_are_kept_per_merchant,
    a_refund_number_belongs_to_one_order,
    movements_are_in_order_and_paged,
    anomalies_are_found_and_settled,
    a_webhook_is_moved_once,
    logs_are_whole_and_paged,
    what_is_brought_back_is_the_same,
    days_are_in_order_and_replaced,
    the_first_order_is_the_oldest,
];

#[test]
fn memory_lists_are_those_of_a_naive_model() {
    contract::lists_are_those_of_a_naive_model(&memory);
}

#[test]
fn sled_lists_are_those_of_a_naive_model() {
    let stores = SledStores::new();
    contract::lists_are_those_of_a_naive_model(&|| stores.next());
}

fn memory() -> Arc<dyn Store> {
    Arc::new(MemoryStore::new())
}

/// Embedded stores, each in a directory of its own.
struct SledStores {
    directory: TempDir,
    made: AtomicUsize,
}

impl SledStores {
    fn new() -> Self {
        Self { directory: TempDir::new().unwrap(), made: AtomicUsize::new(0) }
    }

    fn next(&self) -> Arc<dyn Store> {
        let number = self.made.fetch_add(1, Ordering::SeqCst);
        Arc::new(super::open(&self.directory.path().join(number.to_string())))
    }
}
