//! What a bill has shown, in 16 bytes each: a bill of a million rows takes 16 MB, and twice that while the list grows.

use sha2::{Digest, Sha256};

/// Payments and refunds that were on the bill.
#[derive(Debug, Default)]
pub(super) struct Seen {
    marks: Vec<[u8; 16]>,
    is_sorted: bool,
}

impl Seen {
    /// A payment (without out_refund_no) or a refund was there.
    pub(super) fn add(&mut self, out_trade_no: &str, out_refund_no: Option<&str>) {
        self.is_sorted = false;
        self.marks.push(mark(out_trade_no, out_refund_no));
    }

    /// Whether it was.
    pub(super) fn has(&mut self, out_trade_no: &str, out_refund_no: Option<&str>) -> bool {
        if !self.is_sorted {
            self.marks.sort_unstable();
            self.is_sorted = true;
        }
        self.marks.binary_search(&mark(out_trade_no, out_refund_no)).is_ok()
    }
}

/// Half of a SHA-256: nobody can choose two numbers with the same mark.
fn mark(out_trade_no: &str, out_refund_no: Option<&str>) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(out_trade_no.as_bytes());
    if let Some(number) = out_refund_no {
        // No number contains it.
        hash.update([0]);
        hash.update(number.as_bytes());
    }
    let mut mark = [0; 16];
    mark.iter_mut().zip(hash.finalize()).for_each(|(to, byte)| *to = byte);
    mark
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payments_and_refunds_are_told_apart() {
        let mut seen = Seen::default();
        seen.add("T1", None);
        seen.add("T2", Some("R1"));
        assert!(seen.has("T1", None) && seen.has("T2", Some("R1")));
        assert!(!seen.has("T2", None) && !seen.has("T1", Some("R1")) && !seen.has("T1R1", None));
        seen.add("T0", None);
        assert!(seen.has("T0", None) && seen.has("T1", None));
    }
}
