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
    let mut new = page.clone();
    for Part { name, text } in parts {
        let begin = begin(name);
        let Some((before, rest)) = new.split_once(&begin) else {
            panic!("{path} lacks {name:?}: write `{}` and `{END}` where it belongs, then run {AGAIN}", begin.trim());
        };
        let Some((_, after)) = rest.split_once(END) else { panic!("{path}: {name:?} has no `{END}`") };
        new = format!("{before}{begin}{}\n{END}{after}", text.trim_end());
    }
    for line in page.lines().filter(|line| line.starts_with("<!-- generated: ")) {
        let is_of = |part: &Part| begin(&part.name).trim() == line;
        assert!(parts.iter().any(is_of), "{path}: nothing generates `{line}`: take it and its section away");
    }
    settle(path, &page, &new);
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
