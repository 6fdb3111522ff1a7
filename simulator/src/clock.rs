//! The simulator's time. Tests pass a stepped clock; nothing else here asks the machine what time it is.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The machine's clock.
pub(crate) fn system() -> Now {
    Arc::new(|| {
        #[allow(
            clippy::disallowed_methods,
            reason = "the one place where the simulator takes the time"
        )]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
    })
}
