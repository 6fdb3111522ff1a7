//! File descriptors. A connection takes one, and perhaps another for a call to WeChat: a server that spends its last on
//! connections can neither ask WeChat nor tell anybody anything.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the store, the log, webhooks and the system itself need.
const RESERVE: u64 = 64;

/// As many connections as there are descriptors for, but not more than `wanted`. Asks the system for more descriptors
/// first, as far as it gives them to anybody who asks.
pub(crate) fn connections(wanted: usize) -> usize {
    let needed =
        u64::try_from(wanted).unwrap_or(u64::MAX).saturating_mul(2).saturating_add(RESERVE);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let Some(current) = current.filter(|current| *current < needed) else { return wanted };
    let allowed = maximum.map_or(needed, |maximum| maximum.min(needed));
    let raised = Rlimit { current: Some(allowed), maximum };
    let descriptors = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => allowed,
        Err(_) => current,
    };
    fitting(wanted, descriptors)
}

fn fitting(wanted: usize, descriptors: u64) -> usize {
    let places = descriptors.saturating_sub(RESERVE) / 2;
    usize::try_from(places).unwrap_or(usize::MAX).clamp(1, wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_what_is_not_reserved_is_for_connections() {
        for (wanted, descriptors, expected) in [
            (4_096, 256, 96),
            (4_096, 1_024, 480),
            (4_096, 8_256, 4_096),
            (4_096, 8_255, 4_095),
            (10, 1_000_000, 10),
            (10, 3, 1),
            (1, 0, 1),
        ] {
            assert_eq!(fitting(wanted, descriptors), expected, "{wanted} with {descriptors}");
        }
    }
}
