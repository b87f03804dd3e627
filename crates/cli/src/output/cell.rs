//! One cell of a table, and the colour that a terminal may show it in.

use anstyle::{AnsiColor, Style};

use super::table::one_line;

/// What a cell says about what it tells of. The words say it as well: colour adds nothing that is not there without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Good,
    Waiting,
    Bad,
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Waiting => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default().bold(),
        }
    }
}

/// One cell of a table.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Takes a text, whoever wrote it, as one line.
    pub(crate) fn new(text: &str, tone: Tone) -> Self {
        Self { text: one_line(text), tone }
    }

    /// Returns how many characters it has.
    pub(crate) fn width(&self) -> usize {
        self.text.chars().count()
    }

    /// Returns it with spaces behind it up to `width`, in its colour.
    pub(crate) fn padded(&self, width: usize) -> String {
        let style = self.tone.style();
        format!("{style}{}{style:#}{:2$}", self.text, "", width.saturating_sub(self.width()))
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(&text, Tone::Plain)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Tone::Plain)
    }
}
