mod compare;
mod lints;
mod mistakes;
mod refund;
mod search;
mod support;
mod transcript;
mod vectors;
