//! The server a merchant runs to take WeChat Pay in a mini program.
//!
//! Between the socket and the disk or WeChat there are three steps: [`http`] (HTTP words), [`orders`] (rules),
//! [`store`] and [`gateway`] (ports).

pub mod ambient;
pub mod app;
pub mod backup;
pub mod books;
pub mod certificate;
pub mod cli;
pub mod config;
#[cfg(feature = "demo")]
pub mod demo;
mod descriptors;
pub mod gateway;
mod hex;
pub mod http;
pub mod login;
mod mac;
pub mod merchant;
pub mod orders;
pub mod outbox;
pub mod qr;
pub mod run;
pub mod secret;
pub mod store;
pub mod telemetry;
