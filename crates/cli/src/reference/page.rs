//! Pages of which parts are generated: what stands between `<!-- generated: NAME -->` and `<!-- end -->`.

use std::path::{Path, PathBuf};

const END: &str = "<!-- end -->";
const AGAIN: &str = "EMBARK_BLESS=1 cargo test -p embark-cli reference";

/// A part of a page.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) text: String,
}

impl Part {
    pub(super) fn new(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    pub(super) fn table<const N: usize>(name: &str, head: &[&str; N], rows: &[[String; N]]) -> Self {
        Self::new(name, table(head, rows))
    }
}

/// Writes a table. `|` ends a cell, and is escaped.
pub(super) fn table<const N: usize>(head: &[&str; N], rows: &[[String; N]]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |");
    let mut text = row(&head.map(str::to_owned)) + &row(&head.map(|_| "---".to_owned()));
    for cells in rows {
        text.push_str(&row(&cells.each_ref().map(|cell| cell.replace('|', "\\|"))));
    }
    text
}

/// Compares the generated parts of a page, or writes them.
#[track_caller]
pub(super) fn check(path: &str, parts: &[Part]) {
    let page = read(path);
    let new = fill(&page, parts).unwrap_or_else(|problem| panic!("{path}: {problem}"));
    settle(path, &page, &new);
}

/// Returns a page with its generated parts as they should be.
fn fill(page: &str, parts: &[Part]) -> Result<String, String> {
    let mut new = page.to_owned();
    for Part { name, text } in parts {
        let begin = begin(name);
        let (before, rest) = new.split_once(&begin).ok_or_else(|| {
            format!("there is no {name:?}: write `{}` and `{END}` where it belongs, then run {AGAIN}", begin.trim())
        })?;
        let (_, after) = rest.split_once(END).ok_or_else(|| format!("{name:?} has no `{END}`"))?;
        new = format!("{before}{begin}{}\n{END}{after}", text.trim_end());
    }
    let is_generated = |line: &&str| parts.iter().any(|part| begin(&part.name).trim() == *line);
    match page.lines().filter(|line| line.starts_with("<!-- generated: ")).find(|line| !is_generated(line)) {
        Some(line) => Err(format!("nothing generates `{line}`: take it and its section away")),
        None => Ok(new),
    }
}

/// Compares a file that is generated as a whole, or writes it.
#[track_caller]
pub(super) fn check_whole(path: &str, text: &str) {
    let found = std::fs::read_to_string(file(path)).unwrap_or_default();
    settle(path, &found, text);
}

#[track_caller]
fn settle(path: &str, found: &str, new: &str) {
    if found == new {
        return;
    }
    let at = found.lines().zip(new.lines()).position(|(found, new)| found != new);
    let at = at.unwrap_or_else(|| found.lines().count().min(new.lines().count()));
    let line = |text: &str| text.lines().nth(at).unwrap_or("its end").to_owned();
    assert!(
        std::env::var_os("EMBARK_BLESS").is_some(),
        "{path}, line {}, is not what the code says:\n\n{}\n{}\n\nRun {AGAIN}",
        at + 1,
        line(found),
        line(new)
    );
    std::fs::write(file(path), new).unwrap();
}

fn begin(name: &str) -> String {
    format!("<!-- generated: {name} -->\n")
}

#[track_caller]
fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_filled_and_the_rest_stays() {
        let part = Part::table("b", &["key", ""], &[["`a|b`".into(), "c".into()]]);
        let page = "A\n\n<!-- generated: b -->\nold\n<!-- end -->\n\nC\n";
        let new = "A\n\n<!-- generated: b -->\n| key | |\n| --- | --- |\n| `a\\|b` | c |\n<!-- end -->\n\nC\n";
        assert_eq!(fill(page, &[part]).unwrap(), new);
    }

    #[test]
    fn a_part_without_a_place_and_a_place_without_a_part_are_told() {
        let missing = fill("A\n", &[Part::new("embark new", "")]).unwrap_err();
        assert!(missing.contains("<!-- generated: embark new -->") && missing.contains(AGAIN), "{missing}");
        let left = fill("<!-- generated: embark old -->\n<!-- end -->\n", &[]).unwrap_err();
        assert!(left.contains("embark old"), "{left}");
    }
}
