//! What goes on, for whoever waits at a terminal: the newest event, after a second of silence.

use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer};

use crate::foreign::{seen, tame};
use crate::output::table::one_line;

/// What is done within it needs no progress.
const SILENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(100);

/// One line at the bottom of the terminal, which is gone when the work is done.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    /// None where nobody looks.
    bar: Option<ProgressBar>,
    seen: Arc<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    step: Mutex<String>,
}

impl Progress {
    /// Shows progress on the standard error, if that is a terminal and `is_wanted`.
    pub(crate) fn start(is_wanted: bool) -> Self {
        if !(is_wanted && io::stderr().is_terminal()) {
            return Self { bar: None, seen: Arc::default() };
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        // A template that is not one would be seen by whoever changes it: the line has its own style then.
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed}  {wide_msg}") {
            bar.set_style(style);
        }
        let shown = bar.clone();
        std::thread::spawn(move || {
            std::thread::sleep(SILENCE);
            if !shown.is_finished() {
                shown.set_draw_target(ProgressDrawTarget::stderr());
                shown.enable_steady_tick(TICK);
            }
        });
        Self { bar: Some(bar), seen: Arc::default() }
    }

    /// Takes the line away.
    pub(crate) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn show(&self) {
        if let Some(bar) = &self.bar {
            bar.set_message(self.seen.line());
        }
    }
}

impl Seen {
    fn line(&self) -> String {
        let step = self.step.lock().unwrap_or_else(PoisonError::into_inner);
        match self.requests.load(Ordering::Relaxed) {
            0 => step.clone(),
            1 => format!("{step} (1 request)"),
            requests => format!("{step} ({requests} requests)"),
        }
    }

    fn take(&self, level: Level, fields: Fields) {
        if fields.is_request {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        // Requests are counted, and not told one by one.
        if level <= Level::INFO {
            *self.step.lock().unwrap_or_else(PoisonError::into_inner) = fields.text();
        }
    }
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    values: String,
    is_request: bool,
}

impl Fields {
    /// Returns it on one line.
    fn text(self) -> String {
        one_line(&format!("{}{}", self.message, self.values))
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            "method" => self.is_request = true,
            _ => self.values.push_str(&format!(" {value:?}")),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "method" => self.is_request = true,
            _ => self.values.push_str(&format!(" {value}")),
        }
    }
}

impl<S: Subscriber> Layer<S> for Progress {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if self.bar.is_some() {
            let mut fields = Fields::default();
            event.record(&mut fields);
            self.seen.take(*event.metadata().level(), fields);
            self.show();
        }
    }
}

/// Lines that come while the progress is shown stand above it.
impl<'a> MakeWriter<'a> for Progress {
    type Writer = Above;

    fn make_writer(&'a self) -> Above {
        Above(self.bar.clone())
    }
}

/// The standard error above the line of the progress.
pub(crate) struct Above(Option<ProgressBar>);

impl Write for Above {
    /// Writes an event, which comes in one piece.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = told(bytes);
        let write = || io::stderr().write_all(text.as_bytes());
        match &self.0 {
            Some(bar) => bar.suspend(write),
            None => write(),
        }?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Returns an event as it is told: what it quotes of servers is somebody else's.
fn told(bytes: &[u8]) -> String {
    tame(&seen(&String::from_utf8_lossy(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_event_quotes_acts_on_nothing() {
        let told = told(b"WARN a\x1b[2J \xc2\x9bb\n::add-mask::x\n##[error]y\n");
        assert_eq!(told, "WARN a[2J b\n: :add-mask::x\n# #[error]y\n");
        let step = Fields {
            message: "waiting for \u{1b}]0;title\u{7}".into(),
            values: " a\n\u{202e}b".into(),
            is_request: false,
        };
        let line = Seen::default();
        line.take(Level::INFO, step);
        assert_eq!(line.line(), "waiting for ]0;title a b");
    }

    #[test]
    fn an_event_with_a_method_is_a_request_however_it_is_told() {
        use tracing_subscriber::layer::SubscriberExt as _;

        let progress = Progress { bar: Some(ProgressBar::hidden()), seen: Arc::default() };
        tracing::subscriber::with_default(tracing_subscriber::registry().with(progress.clone()), || {
            tracing::debug!(method = "GET", path = "/", "text");
            tracing::debug!(method = %"GET", path = "/", "displayed");
            tracing::debug!(path = "/", "neither");
        });
        assert_eq!(progress.seen.requests.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn steps_are_told_and_requests_counted() {
        let seen = Seen::default();
        let step =
            |message: &str, values: &str| Fields { message: message.into(), values: values.into(), is_request: false };
        let request = || Fields { message: "request".into(), values: " ghcr.io".into(), is_request: true };
        seen.take(Level::INFO, step("reading", " shop.git"));
        assert_eq!(seen.line(), "reading shop.git");
        seen.take(Level::DEBUG, request());
        assert_eq!(seen.line(), "reading shop.git (1 request)");
        seen.take(Level::DEBUG, request());
        seen.take(Level::DEBUG, step("answer", ""));
        seen.take(Level::INFO, step("pushing", ""));
        assert_eq!(seen.line(), "pushing (2 requests)");
    }
}
