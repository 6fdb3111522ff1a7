//! wxpay.
fn main() {}
