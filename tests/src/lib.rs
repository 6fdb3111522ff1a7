//! The harness: a server and a simulated WeChat in one process, on ports of their own, with one clock that is stepped.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_debug_implementations,
    reason = "a failed unwrap is a failed test"
)]

mod books;
pub mod disk;
mod fake_login;
mod faults;
mod impostor;
mod logs;
pub mod million;
mod notice;
pub mod process;
mod raw;
mod receiver;
mod refunds;
mod rounds;
pub mod scripted;
mod server;
mod shop;
pub mod store_contract;
mod world;

pub use books::assert_moves_forward;
pub use fake_login::FakeLogin;
pub use faults::{all_faults, fault};
pub use impostor::{Flaw, Impostor};
pub use logs::Logs;
pub use notice::Notice;
pub use raw::Wire;
pub use receiver::{Answer, Received, Receiver};
pub use rounds::Rounds;
pub use server::{RunningServer, StoreKind, patiently};
pub use shop::{
    ADMIN_KEY, API_KEY, APP_SECRET, APPID, BAKERY, CAKE, ENDPOINT, MCH_ID, SHOP, SISTER, Shop, Sub,
    TEA, WEBHOOK_SECRET, outbox,
};
pub use world::{Reply, START_MS, Setup, World};
