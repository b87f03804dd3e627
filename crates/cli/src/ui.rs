//! What people see: results on the standard output, everything else on the standard error.

use std::cell::Cell;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

use crate::args::{Colour, Format, Global};
use crate::env::Env;

/// Where output goes, and how.
#[derive(Debug)]
pub(crate) struct Ui {
    pub(crate) format: Format,
    quiet: bool,
    colour: bool,
    is_lost: Cell<bool>,
}

impl Ui {
    pub(crate) fn new(global: &Global, env: &Env) -> Self {
        let colour = match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if env.no_color => false,
            Colour::Auto => env.force_color || std::io::stderr().is_terminal(),
        };
        Self { format: global.output, quiet: global.quiet, colour, is_lost: Cell::new(false) }
    }

    /// Writes results. A reader that has gone away is nobody's error.
    pub(crate) fn result(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
        if let Err(error) =
            written.or_else(|error| if error.kind() == ErrorKind::BrokenPipe { Ok(()) } else { Err(error) })
        {
            line(&format!("error: the standard output cannot be written: {error}\n"));
            self.is_lost.set(true);
        }
    }

    /// Tells whether a result could not be written.
    pub(crate) fn has_lost(&self) -> bool {
        self.is_lost.get()
    }

    /// Tells something that is no result.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            line(&format!("{}\n", text.trim_end()));
        }
    }

    /// Tells an error, its causes, and what can be done about it.
    pub(crate) fn error(&self, message: &str, causes: &[String], hint: &str) {
        let paint = |text: &str, code: &str| {
            if self.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
        };
        let mut text = format!("{} {message}\n", paint("error:", "1;31"));
        for cause in causes {
            text.push_str(&format!("  caused by: {cause}\n"));
        }
        text.push_str(&format!("\n{} {hint}\n", paint("hint:", "1;36")));
        line(&text);
    }
}

fn line(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
