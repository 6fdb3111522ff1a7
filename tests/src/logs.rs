//! What the server logs during one test.

use std::io;
use std::sync::{Arc, Mutex, Once};

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Everything this thread logs, as JSON lines, until it is dropped. Tests run on one thread each.
pub struct Logs {
    text: Text,
    _guard: DefaultGuard,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Logs {
    /// Lets no log line be switched off for the whole process: tracing remembers that nobody wanted a line when it is
    /// reached for the first time, and may miss a listener that another test starts at that very moment.
    pub(crate) fn keep_all_lines_on() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| {
            // An error means that the test has a subscriber for all its threads, which is as good.
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        });
    }

    /// Begins to listen.
    pub fn start(level: LevelFilter) -> Self {
        let text = Text::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(text.clone())
            .json()
            .flatten_event(true)
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    /// Everything so far.
    pub fn text(&self) -> String {
        String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines with these words, so far.
    pub fn lines_with(&self, words: &str) -> Vec<String> {
        self.text().lines().filter(|line| line.contains(words)).map(str::to_owned).collect()
    }

    /// Forgets what was logged.
    pub fn clear(&self) {
        self.text.0.lock().unwrap().clear();
    }
}

impl io::Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Text {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
