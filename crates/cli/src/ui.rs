//! What people see: results on the standard output, everything else on the standard error.

use std::cell::Cell;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

use anstyle::{AnsiColor, Style};

use crate::args::{Colour, Format, Global};
use crate::env::Env;
use crate::foreign::{seen, tame};

/// Where output goes, and how.
#[derive(Debug)]
pub(crate) struct Ui {
    pub(crate) format: Format,
    quiet: bool,
    /// Whether results are coloured.
    results: bool,
    /// Whether everything else is.
    notes: bool,
    is_lost: Cell<bool>,
}

impl Ui {
    pub(crate) fn new(global: &Global, env: &Env) -> Self {
        let is_coloured = |is_terminal: bool| match global.color {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if env.no_color => false,
            Colour::Auto => env.force_color || is_terminal,
        };
        Self {
            format: global.output,
            quiet: global.quiet,
            results: is_coloured(std::io::stdout().is_terminal()),
            notes: is_coloured(std::io::stderr().is_terminal()),
            is_lost: Cell::new(false),
        }
    }

    /// Writes results that people read, in colour where that is wanted.
    pub(crate) fn table(&self, text: &str) {
        let text = tame(text);
        if self.results { self.result(&text) } else { self.result(&plain(&text)) }
    }

    /// Writes what was asked for byte for byte; a terminal gets what can be seen of it.
    pub(crate) fn data(&self, text: &str) {
        if std::io::stdout().is_terminal() { self.result(&tame(&seen(text))) } else { self.result(text) }
    }

    /// Writes results as they are. A reader that has gone away is nobody's error.
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
            line(&format!("{}\n", seen(text).trim_end()));
        }
    }

    /// Tells GitHub Actions something, which is no more quiet when people want it to be.
    pub(crate) fn annotate(annotation: &str) {
        write(&format!("{annotation}\n"));
    }

    /// Warns where nobody could be asked yet how things are told.
    pub(crate) fn warn(text: &str) {
        line(&format!("{text}\n"));
    }

    /// Tells what can be done about what was refused.
    pub(crate) fn hint(&self, hint: &str) {
        if !self.quiet {
            line(&format!("\n{} {}\n", self.word("hint:", AnsiColor::Cyan), seen(hint).trim_end()));
        }
    }

    /// Tells an error, its causes, and what can be done about it.
    pub(crate) fn error(&self, message: &str, causes: &[String], hint: &str) {
        line(&self.error_text(message, causes, hint));
    }

    /// Returns how an error looks. What a message quotes of files and servers is somebody else's.
    pub(crate) fn error_text(&self, message: &str, causes: &[String], hint: &str) -> String {
        let mut text = format!("{} {}\n", self.word("error:", AnsiColor::Red), seen(message));
        for cause in causes {
            text.push_str(&format!("  caused by: {}\n", seen(cause)));
        }
        text.push_str(&format!("\n{} {}\n", self.word("hint:", AnsiColor::Cyan), seen(hint)));
        text
    }

    fn word(&self, word: &str, colour: AnsiColor) -> String {
        let style = if self.notes { colour.on_default().bold() } else { Style::new() };
        format!("{style}{word}{style:#}")
    }
}

/// Takes the colours out of a text.
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Writes lines, of which none is a command to whoever reads the log.
fn line(text: &str) {
    write(&tame(text));
}

fn write(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
