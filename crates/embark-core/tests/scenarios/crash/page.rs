//! The tables of `docs/reliability.md`, which say what was found and nothing else.

use std::fmt::Write as _;
use std::path::Path;

/// One use case.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) numbers: Vec<usize>,
}

const END: &str = "<!-- end -->\n";

/// Prints a table, and compares it with that of the page, or writes it.
#[expect(clippy::print_stderr, reason = "--nocapture shows it")]
pub(super) fn check(name: &str, columns: &[&str], rows: &[Row]) {
    let table = table(columns, rows);
    eprintln!("{table}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reliability.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let begin = format!("<!-- generated: {name} -->\n");
    let (before, rest) = page.split_once(&begin).expect("the page has the table");
    let (found, after) = rest.split_once(END).expect("the table has an end");
    if found == table {
        return;
    }
    let again = "EMBARK_BLESS=1 cargo test --workspace --test scenarios crash";
    assert!(
        std::env::var_os("EMBARK_BLESS").is_some(),
        "docs/reliability.md says\n{found}\n{again} writes what is found"
    );
    std::fs::write(path, format!("{before}{begin}{table}{END}{after}")).expect("the page can be written");
}

fn table(columns: &[&str], rows: &[Row]) -> String {
    let mut table = format!("| use case | {} |\n| --- |{}\n", columns.join(" | "), " ---: |".repeat(columns.len()));
    let mut line = |name: &str, numbers: &[usize]| {
        let numbers: Vec<String> = numbers.iter().map(usize::to_string).collect();
        let _ = writeln!(table, "| {name} | {} |", numbers.join(" | "));
    };
    let mut sums = vec![0; columns.len()];
    for row in rows {
        line(row.name, &row.numbers);
        sums.iter_mut().zip(&row.numbers).for_each(|(sum, number)| *sum += number);
    }
    line("together", &sums);
    table
}
