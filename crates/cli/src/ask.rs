//! Questions to whoever sits at the terminal.

use std::collections::BTreeSet;
use std::io::{BufRead, Write};

use crate::foreign::seen;

/// Answers what cannot be told from the files; none where nobody can be asked, or nothing is answered.
pub(crate) trait Ask {
    /// Returns the number of the option that is meant, from 0.
    fn choose(&mut self, question: &str, options: &[String]) -> Option<usize>;

    /// Returns the numbers of the options that are meant, from 0, each once and in their order; never of none.
    fn choose_some(&mut self, question: &str, options: &[String]) -> Option<Vec<usize>>;

    /// Returns a text.
    fn text(&mut self, question: &str) -> Option<String>;

    /// Returns a text of several lines, up to the first empty one.
    fn lines(&mut self, question: &str) -> Option<String>;

    /// Returns whether something is so; `false` is proposed.
    fn is_so(&mut self, question: &str) -> Option<bool>;
}

/// Nobody is there.
pub(crate) struct Nobody;

impl Ask for Nobody {
    fn choose(&mut self, _: &str, _: &[String]) -> Option<usize> {
        None
    }

    fn choose_some(&mut self, _: &str, _: &[String]) -> Option<Vec<usize>> {
        None
    }

    fn text(&mut self, _: &str) -> Option<String> {
        None
    }

    fn lines(&mut self, _: &str) -> Option<String> {
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
        self.raw(question).map(|line| line.trim().to_owned())
    }

    /// Does the same, and leaves the white space in front: it means something in Markdown.
    fn raw(&mut self, question: &str) -> Option<String> {
        write!(self.questions, "{} ", seen(question)).and_then(|()| self.questions.flush()).ok()?;
        let mut line = String::new();
        let read = self.answers.read_line(&mut line).ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Asks for options until the answer is right; none where nothing is answered.
    fn options<T>(
        &mut self,
        question: &str,
        options: &[String],
        prompt: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let numbered =
            options.iter().enumerate().map(|(at, option)| format!("  {}. {}\n", at + 1, on_one_line(option)));
        let numbered: String = numbered.collect();
        writeln!(self.questions, "{}\n{}", seen(question), numbered.trim_end_matches('\n')).ok()?;
        loop {
            let answer = self.line(prompt)?;
            if answer.is_empty() {
                return None;
            }
            if let Some(found) = read(&answer) {
                return Some(found);
            }
        }
    }
}

/// Has an option be one, whoever called it so.
fn on_one_line(option: &str) -> String {
    seen(option).replace('\n', " ")
}

/// Reads the number of one of `count` options, from 1; returns it from 0.
fn number(text: &str, count: usize) -> Option<usize> {
    text.parse::<usize>().ok().filter(|number| (1..=count).contains(number)).map(|number| number - 1)
}

impl<R: BufRead, W: Write> Ask for Somebody<R, W> {
    fn choose(&mut self, question: &str, options: &[String]) -> Option<usize> {
        self.options(question, options, &format!("[1-{}]", options.len()), |answer| number(answer, options.len()))
    }

    fn choose_some(&mut self, question: &str, options: &[String]) -> Option<Vec<usize>> {
        let prompt = format!("[1-{}, several as in 1 2]", options.len());
        self.options(question, options, &prompt, |answer| {
            let words = answer.split([' ', ',']).filter(|word| !word.is_empty());
            let numbers: Option<BTreeSet<usize>> = words.map(|word| number(word, options.len())).collect();
            numbers.filter(|numbers| !numbers.is_empty()).map(|numbers| numbers.into_iter().collect())
        })
    }

    fn text(&mut self, question: &str) -> Option<String> {
        self.line(question).filter(|answer| !answer.is_empty())
    }

    fn lines(&mut self, question: &str) -> Option<String> {
        writeln!(self.questions, "{}", seen(question)).ok()?;
        let mut lines = Vec::new();
        while let Some(line) = self.raw(">").filter(|line| !line.trim().is_empty()) {
            lines.push(line);
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
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
    fn several_are_asked_for_until_each_is_one() {
        let options = ["a".to_owned(), "b".to_owned(), "c".to_owned()];
        let some = |answers: &str| with(answers, |ask| ask.choose_some("Which?", &options));
        let (answer, questions) = some("1 4\n,\n3, 1 3\n");
        assert_eq!(answer, Some(vec![0, 2]));
        let prompt = "[1-3, several as in 1 2] ";
        assert_eq!(questions, format!("Which?\n  1. a\n  2. b\n  3. c\n{}", prompt.repeat(3)));
        assert_eq!(some("\n").0, None);
    }

    #[test]
    fn an_empty_line_ends_a_text() {
        let lines = |answers: &str| with(answers, |ask| ask.lines("What?"));
        assert_eq!(
            lines("A list:\n- a\n  - b \n \nc\n"),
            (Some("A list:\n- a\n  - b".into()), "What?\n> > > > ".into())
        );
        assert_eq!(lines("A").0, Some("A".into()), "so does the end of the input");
        assert_eq!((lines("\n").0, lines("").0), (None, None));
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
