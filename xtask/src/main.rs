//! Every command a person or CI types.
fn main() {}
