//! A stateful local WeChat Pay for tests and demonstrations.
//!
//! It keeps orders, users and a ledger, checks requests as strictly as WeChat does, sends payment notices until they
//! are acknowledged, shows a cashier page to a person, and makes on command the faults a merchant's server must
//! survive. It listens on loopback only and delivers notices to loopback only. A second port speaks TLS and takes the
//! merchant certificate, which refunds need; the simulator gives out both the certificates and their authority.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use wxpay_core::ApiKey;
//! use wxpay_simulator::{Config, Merchant, Simulator};
//!
//! let merchant = Merchant {
//!     appid: "wx0123456789abcdef".into(),
//!     mch_id: "1900000001".into(),
//!     key: ApiKey::new("00112233445566778899aabbccddeeff")?,
//!     app_secret: "ffeeddccbbaa99887766554433221100".into(),
//!     name: "Corner shop".into(),
//! };
//! let wechat = Simulator::start(Config::new(vec![merchant])).await?;
//! let login = wechat.login("wx0123456789abcdef", "alice")?;
//! println!("{} {}", wechat.base_url(), login.code);
//! wechat.shutdown().await;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod any_certificate;
pub mod bill;
mod calls;
mod cashier;
mod certificate;
mod certificate_files;
mod client;
mod clock;
mod config;
mod control;
mod exchange;
mod faults;
mod home;
mod http;
mod ids;
mod ledger;
mod listener;
mod messages;
mod notices;
mod order;
mod page;
mod payment;
mod refund;
mod refund_notices;
mod refunding;
mod running;
mod scanner;
mod sheet;
mod simulator;
mod subject;
mod tls;
mod wire;
mod world;

pub use calls::Call;
pub use certificate_files::CertificateFilesError;
pub use client::SendError;
pub use clock::Now;
pub use config::{Config, Merchant, StartError, SubMerchant};
pub use faults::{Fault, FaultError, FaultKind};
pub use ledger::{LedgerEntry, RefundEntry};
pub use messages::{Message, Party};
pub use notices::{NoticeError, NoticeKind, NoticeReply, REPEATS_S};
pub use order::Order;
pub use payment::{Outcome, PayError, Payment};
pub use refund::Refund;
pub use refund_notices::{RefundNoticeKind, UnknownOrderError};
pub use running::Running;
pub use scanner::{Behaviour, Ending};
pub use simulator::{CashierReply, Login, LoginError, Simulator, WaitError};
pub use tls::ClientIdentity;
pub use world::World;
