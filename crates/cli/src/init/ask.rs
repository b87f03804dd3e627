//! Questions to whoever sits at the terminal.

use std::io::{BufRead, Write};

/// Answers what cannot be told from the files; none where nobody can be asked, or nothing is answered.
pub(crate) trait Ask {
    /// Returns the number of the option that is meant, from 0.
    fn choose(&mut self, question: &str, options: &[String]) -> Option<usize>;

    /// Returns a text.
    fn text(&mut self, question: &str) -> Option<String>;

    /// Returns whether something is so; `false` is proposed.
    fn is_so(&mut self, question: &str) -> Option<bool>;
}

/// Nobody is there.
pub(crate) struct Nobody;

impl Ask for Nobody {
    fn choose(&mut self, _: &str, _: &[String]) -> Option<usize> {
        None
    }

    fn text(&mut self, _: &str) -> Option<String> {
        None
    }

    fn is_so(&mut self, _: &str) -> Option<bool> {
        None
    }
}

/// Somebody who reads questions and answers each with a line.
pub(crate) struct Somebody<R, W> {
    pub(crate) answers: R,
    pub(crate) questions: W,
}

impl<R: BufRead, W: Write> Somebody<R, W> {
    /// Asks, and returns what was answered; none at the end of the input.
    fn line(&mut self, question: &str) -> Option<String> {
        write!(self.questions, "{question} ").and_then(|()| self.questions.flush()).ok()?;
        let mut line = String::new();
        let read = self.answers.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim().to_owned())
    }
}

impl<R: BufRead, W: Write> Ask for Somebody<R, W> {
    fn choose(&mut self, question: &str, options: &[String]) -> Option<usize> {
        let numbered = options.iter().enumerate().map(|(at, option)| format!("  {}. {option}\n", at + 1));
        writeln!(self.questions, "{question}\n{}", numbered.collect::<String>().trim_end_matches('\n')).ok()?;
        loop {
            let answer = self.line(&format!("[1-{}]", options.len()))?;
            if answer.is_empty() {
                return None;
            }
            match answer.parse::<usize>() {
                Ok(number) if (1..=options.len()).contains(&number) => return Some(number - 1),
                _ => {}
            }
        }
    }

    fn text(&mut self, question: &str) -> Option<String> {
        self.line(question).filter(|answer| !answer.is_empty())
    }

    fn is_so(&mut self, question: &str) -> Option<bool> {
        loop {
            match self.line(&format!("{question} [y/N]"))?.to_lowercase().as_str() {
                "y" | "yes" => return Some(true),
                "n" | "no" | "" => return Some(false),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(answers: &str, ask: impl FnOnce(&mut dyn Ask) -> T) -> (T, String) {
        let mut somebody = Somebody { answers: answers.as_bytes(), questions: Vec::new() };
        let answer = ask(&mut somebody);
        (answer, String::from_utf8(somebody.questions).unwrap())
    }

    #[test]
    fn a_choice_is_asked_for_until_it_is_one() {
        let options = ["a".to_owned(), "b".to_owned()];
        let (answer, questions) = with("3\nx\n2\n", |ask| ask.choose("Which?", &options));
        assert_eq!(answer, Some(1));
        assert_eq!(questions, "Which?\n  1. a\n  2. b\n[1-2] [1-2] [1-2] ");
    }

    #[test]
    fn the_end_of_the_input_answers_nothing() {
        assert_eq!(with("", |ask| ask.text("Where?")), (None, "Where? ".into()));
        assert_eq!(with("\n", |ask| ask.text("Where?")).0, None);
        assert_eq!(with("", |ask| ask.is_so("Is it?")).0, None);
    }

    #[test]
    fn an_empty_answer_takes_the_proposal() {
        assert_eq!(with("\n", |ask| ask.is_so("Is it?")), (Some(false), "Is it? [y/N] ".into()));
        assert_eq!(with("maybe\nYes\n", |ask| ask.is_so("Is it?")).0, Some(true));
    }
}
