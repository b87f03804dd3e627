//! The fenced blocks of a page.
//!
//! A block whose first line begins with `$ ` is a transcript. A block of the language `sh` is a script, which must
//! succeed. An HTML comment right above a fence says otherwise:
//!
//! - `<!-- not run: WHY -->`: the block is not run.
//! - `<!-- file: PATH -->`: the whole text of a file, which is written if it is not there, and compared if it is.
//! - `<!-- part of: COMMAND -->`: some lines of what a command prints.

use std::ops::Range;

/// A fenced block.
#[derive(Debug)]
pub(super) struct Block {
    /// The number of its first line, from 1.
    pub(super) line: usize,
    /// The title of the section, of the second level, in which it stands.
    pub(super) section: String,
    pub(super) kind: Kind,
    indent: usize,
    lines: Vec<String>,
}

/// What a block is for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Transcript,
    Script,
    File(String),
    PartOf(String),
    NotRun(String),
    /// An illustration.
    Ignored,
}

/// A command of a transcript, and what it printed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Step {
    /// With `$ ` and the lines that continue it.
    pub(super) command: Vec<String>,
    pub(super) output: Vec<String>,
    /// Whether an empty line stands between this step and the next one.
    pub(super) is_apart: bool,
}

impl Step {
    /// Returns the command as the shell takes it.
    pub(super) fn shell(&self) -> String {
        let text = self.command.join("\n");
        text.strip_prefix("$ ").unwrap_or(&text).to_owned()
    }
}

impl Block {
    /// Returns its text, without its indentation.
    pub(super) fn text(&self) -> String {
        unlines(&self.lines)
    }

    /// Returns the indices of its lines in the page.
    pub(super) fn lines(&self) -> Range<usize> {
        self.line - 1..self.line - 1 + self.lines.len()
    }

    /// Returns a text with its indentation.
    pub(super) fn indented(&self, text: &str) -> Vec<String> {
        let pad = " ".repeat(self.indent);
        text.lines().map(|line| if line.is_empty() { String::new() } else { format!("{pad}{line}") }).collect()
    }

    /// Reads it as a transcript.
    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut is_continued = false;
        for line in &self.lines {
            if line.starts_with("$ ") {
                steps.push(Step::default());
            }
            let Some(step) = steps.last_mut() else { continue };
            let of = if line.starts_with("$ ") || is_continued { &mut step.command } else { &mut step.output };
            of.push(line.clone());
            is_continued = (line.starts_with("$ ") || is_continued) && line.ends_with('\\');
        }
        for step in &mut steps {
            step.is_apart = step.output.last().is_some_and(String::is_empty);
            while step.output.last().is_some_and(String::is_empty) {
                step.output.pop();
            }
        }
        steps
    }
}

/// Writes steps as a page has them.
pub(super) fn write(steps: &[Step]) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for (n, step) in steps.iter().enumerate() {
        lines.extend(step.command.iter().chain(&step.output).map(String::as_str));
        if step.is_apart && n + 1 < steps.len() {
            lines.push("");
        }
    }
    unlines(&lines)
}

/// Ends each line.
pub(super) fn unlines<L: AsRef<str>>(lines: &[L]) -> String {
    lines.iter().flat_map(|line| [line.as_ref(), "\n"]).collect()
}

/// Reads the blocks of a page.
pub(super) fn parse(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let (mut section, mut above) = (String::new(), "");
    let mut lines = page.lines().enumerate();
    while let Some((n, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            title.clone_into(&mut section);
        }
        let text = line.trim_start();
        let Some(language) = text.strip_prefix("```") else {
            above = text;
            continue;
        };
        let indent = line.len() - text.len();
        let mut inner = Vec::new();
        loop {
            let Some((_, line)) = lines.next() else { return Err(format!("line {}: the block does not end", n + 1)) };
            if line.trim_start().starts_with("```") {
                break;
            }
            inner.push(line.get(indent..).unwrap_or_default().to_owned());
        }
        let kind = kind(language.trim(), above, inner.first()).map_err(|what| format!("line {n}: {what}"))?;
        blocks.push(Block { line: n + 2, section: section.clone(), kind, indent, lines: inner });
        above = "";
    }
    Ok(blocks)
}

fn kind(language: &str, above: &str, first: Option<&String>) -> Result<Kind, String> {
    let comment = above.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
    if let Some((name, value)) = comment.and_then(|comment| comment.split_once(": ")) {
        match name {
            "not run" => return Ok(Kind::NotRun(value.into())),
            "file" => return Ok(Kind::File(value.into())),
            "part of" => return Ok(Kind::PartOf(value.into())),
            "generated" => {}
            _ => return Err(format!("{above} is no mark of a block")),
        }
    }
    Ok(match language {
        _ if first.is_some_and(|line| line.starts_with("$ ")) => Kind::Transcript,
        "sh" => Kind::Script,
        _ => Kind::Ignored,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Page

## One

```text
$ one \\
    --more
a

$ two
$ three
b
```

- item

  ```sh
  cd x
  ```

## Two

<!-- not run: it needs a moon -->
```sh
fly
```

```text
an illustration
```
";

    #[test]
    fn blocks_are_found_with_their_kinds_lines_and_sections() {
        let blocks = parse(PAGE).unwrap();
        let kinds: Vec<_> = blocks.iter().map(|block| &block.kind).collect();
        let not_run = Kind::NotRun("it needs a moon".into());
        assert_eq!(kinds, [&Kind::Transcript, &Kind::Script, &not_run, &Kind::Ignored]);
        assert_eq!(blocks.iter().map(|block| block.line).collect::<Vec<_>>(), [6, 18, 25, 29]);
        assert_eq!(blocks[1].text(), "cd x\n");
        assert_eq!(blocks[1].indented("cd x\n\ny\n"), ["  cd x", "", "  y"]);
        assert_eq!([&*blocks[1].section, &*blocks[2].section], ["One", "Two"]);
    }

    #[test]
    fn a_transcript_is_written_as_it_was_read() {
        let blocks = parse(PAGE).unwrap();
        let steps = blocks[0].steps();
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[0].shell(), "one \\\n    --more");
        assert_eq!((&*steps[0].output, steps[0].is_apart), (&["a".to_owned()][..], true));
        assert!(steps[1].output.is_empty());
        assert_eq!(write(&steps), blocks[0].text());
    }

    #[test]
    fn a_block_without_end_and_an_unknown_mark_are_errors() {
        assert!(parse("```sh\nls\n").unwrap_err().contains("line 1"));
        assert!(parse("<!-- norun: why -->\n```sh\nls\n```\n").unwrap_err().contains("norun"));
    }
}
