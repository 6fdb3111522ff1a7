//! What the modules export: each call takes its first `bytes` bytes from the room and leaves its answer there. What the
//! numbers mean: `room.rs`; what the texts hold: `calls.rs` and `explain.rs`.

use wasm_bindgen::prelude::wasm_bindgen;

use crate::flat::text;
use crate::room::answer;

#[cfg(feature = "calls")]
mod calls {
    use super::{answer, text, wasm_bindgen};
    use crate::calls;

    #[wasm_bindgen]
    pub fn sign(bytes: usize) -> i32 {
        answer(bytes, |input| calls::sign(text(input)?))
    }

    #[wasm_bindgen]
    pub fn verify(bytes: usize) -> i32 {
        answer(bytes, |input| calls::verify(text(input)?))
    }

    #[wasm_bindgen]
    pub fn verify_xml(bytes: usize) -> i32 {
        answer(bytes, calls::verify_xml)
    }

    #[wasm_bindgen]
    pub fn string_to_sign(bytes: usize) -> i32 {
        answer(bytes, |input| calls::string_to_sign(text(input)?))
    }

    #[wasm_bindgen]
    pub fn invoke(bytes: usize) -> i32 {
        answer(bytes, |input| calls::invoke(text(input)?))
    }

    #[wasm_bindgen]
    pub fn parse_xml(bytes: usize) -> i32 {
        answer(bytes, calls::parse_xml)
    }

    #[wasm_bindgen]
    pub fn build_xml(bytes: usize) -> i32 {
        answer(bytes, |input| calls::build_xml(text(input)?))
    }

    #[wasm_bindgen]
    pub fn decrypt_refund_notice(bytes: usize) -> i32 {
        answer(bytes, |input| calls::decrypt_refund_notice(text(input)?))
    }
}

#[cfg(feature = "explain")]
mod explain {
    use super::{answer, text, wasm_bindgen};

    #[wasm_bindgen]
    pub fn explain(bytes: usize) -> i32 {
        answer(bytes, |input| crate::explain::explain(text(input)?))
    }
}
