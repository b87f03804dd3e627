//! What the demo tells: numbered steps, the commands, and what they printed.

use super::fold::fold;
use crate::exit_code::Exit;
use crate::output::Report;
use crate::ui::plain;

/// No line is longer, but for a word that is.
const WIDTH: usize = 100;

/// What belongs to a step stands below its first word.
const INDENT: &str = "   ";

/// The story so far.
#[derive(Debug, Default)]
pub(super) struct Story {
    text: String,
    steps: usize,
}

impl Story {
    /// Returns how many steps have begun.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Returns the text, and begins anew.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }

    /// Tells something before or after the steps.
    pub(super) fn part(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        for line in text.lines() {
            self.line(line, "");
        }
    }

    /// Begins the next step.
    pub(super) fn step(&mut self, text: &str) {
        self.steps += 1;
        let text = format!("{}. {text}", self.steps);
        self.text.push('\n');
        self.line(&text, INDENT);
    }

    /// Goes on in a step.
    pub(super) fn say(&mut self, text: &str) {
        self.text.push('\n');
        self.line(&format!("{INDENT}{text}"), INDENT);
    }

    /// Shows lines as they are.
    pub(super) fn show(&mut self, text: &str) {
        self.text.push('\n');
        self.lines(text);
    }

    /// Shows lines that mean something else where they are broken.
    pub(super) fn show_whole(&mut self, text: &str) {
        self.text.push('\n');
        for line in text.lines() {
            self.text.extend([INDENT, line, "\n"]);
        }
    }

    /// Shows a command as it is typed. One that is too long goes on in the next line, as shells have it.
    pub(super) fn command(&mut self, arguments: &[&str]) {
        let line = format!("{INDENT}$ embark {}", arguments.join(" "));
        let folded = fold(&line, WIDTH - 2, &format!("{INDENT}    "));
        self.text.push('\n');
        self.text.push_str(&folded.join(" \\\n"));
        self.text.push('\n');
    }

    /// Shows what a command printed, and how it ended if that was not well.
    pub(super) fn output(&mut self, report: &Report) {
        self.lines(&plain(&report.text));
        for hint in &report.hints {
            self.text.push('\n');
            self.lines(&format!("hint: {hint}"));
        }
        if report.exit != Exit::Success {
            self.text.push('\n');
            self.lines(&format!("(exit code {}: {})", report.exit.code(), report.outcome.as_str()));
        }
    }

    fn lines(&mut self, text: &str) {
        for line in text.lines() {
            if line.is_empty() {
                self.text.push('\n');
            } else {
                self.line(&format!("{INDENT}{line}"), &format!("{INDENT}  "));
            }
        }
    }

    fn line(&mut self, line: &str, indent: &str) {
        for line in fold(line, WIDTH, indent) {
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }
}
