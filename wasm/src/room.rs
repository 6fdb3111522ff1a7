//! The room: the one place in the module's memory through which texts cross.
//!
//! JavaScript asks for a room, writes there what a call takes, and calls with how many bytes that were. The answer lies
//! in the same place. So nothing but numbers is passed, and the module imports nothing.

use std::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use crate::CallError;

thread_local! {
    static ROOM: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Where the room lies, which from now on has at least so many bytes.
#[wasm_bindgen(skip_jsdoc)]
pub fn room(bytes: usize) -> *mut u8 {
    ROOM.with_borrow_mut(|room| {
        if room.len() < bytes {
            room.resize(bytes, 0);
        }
        room.as_mut_ptr()
    })
}

/// Makes a call of the first bytes of the room, wipes them, and leaves the answer there. Gives the answer's length;
/// less than zero is the length of an error's text.
pub(crate) fn answer(bytes: usize, call: fn(&[u8]) -> Result<String, CallError>) -> i32 {
    ROOM.with_borrow_mut(|room| {
        let input = room.get_mut(..bytes).unwrap_or_default();
        let answer = call(input);
        // There may be a key in it. The room stays, so no compiler leaves this out.
        input.fill(0);
        match answer {
            Ok(text) => leave(room, &text),
            Err(error) => -leave(room, &error.text()),
        }
    })
}

fn leave(room: &mut Vec<u8>, text: &str) -> i32 {
    if room.len() < text.len() {
        room.resize(text.len(), 0);
    }
    if let Some(place) = room.get_mut(..text.len()) {
        place.copy_from_slice(text.as_bytes());
    }
    i32::try_from(text.len()).unwrap_or_default()
}
