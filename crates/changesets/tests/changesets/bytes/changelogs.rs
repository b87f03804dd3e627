//! Changelogs. The entry goes where `changeset version` puts it, with line feeds of its own, and nothing else moves.
//!
//! Where that is not where a reader would put it, the test says so. `tests/contract/changesets/texts_of_others.rs` of
//! the repository holds the same files against the real program.

use super::edited::{ENTRY, Places, assert_same, assert_versioned, edited};

const AND_A_LINE: &str = "## 4.18.0\n\n### Minor Changes\n\n- Text\n\n";

fn assert_logged(text: &str, places: Places) {
    let version: (&str, &str, Places) = ("VERSION", "4.17.3\n", &[("«4.17.3»", "4.18.0")]);
    assert_versioned("VERSION", "application", &[version, ("CHANGELOG.md", text, places)]);
}

#[test]
fn an_entry_goes_in_front_of_the_first_version() {
    let places: Places = &[("-->\n\n«»## 4.17.3\n\n### Patch", AND_A_LINE)];
    assert_logged(include_str!("../real/changelogs/titled.md"), places);
    // There is no title.
    let places: Places = &[("<a name=\"4.17.3\"></a>\n«»## 4.17.3 \"Quince\"", AND_A_LINE)];
    assert_logged(include_str!("../real/changelogs/untitled.md"), places);
}

#[test]
fn an_entry_goes_below_the_first_line_where_no_heading_begins_with_a_version() {
    // `[Unreleased]` and `[4.17.3]` begin with a bracket. The line end of the title is the entry's own.
    for shape in ["\n", "\r\n"] {
        let text = include_str!("../real/changelogs/keep.md").replace('\n', shape);
        let (title, rest) = text.split_once('\n').expect("it has lines");
        assert_same(shape, &edited("CHANGELOG.md", &text), &format!("{title}\n\n{ENTRY}{rest}"));
    }
}

#[test]
fn a_heading_that_is_underlined_is_no_heading() {
    // The entry comes between the title and its line.
    let text = include_str!("../real/changelogs/setext.md");
    let rest = text.strip_prefix("Changelog of the shop\n").expect("it begins so");
    assert_same("setext.md", &edited("CHANGELOG.md", text), &format!("Changelog of the shop\n\n{ENTRY}{rest}"));
}

#[test]
fn a_block_of_code_is_not_told_from_text() {
    let places: Places = &[("```\n\n«»## 1.0.0\n\n- What changed.", AND_A_LINE)];
    assert_logged(include_str!("../real/changelogs/fence.md"), places);
}

#[test]
fn a_version_that_is_a_link_is_passed_over() {
    // The newest ones are links, and the entry comes below them.
    let places: Places = &[("# Before the move\n\n«»## 3.9.0", AND_A_LINE)];
    assert_logged(include_str!("../real/changelogs/linked.md"), places);
}

#[test]
fn a_changelog_of_one_line_or_none_is_begun() {
    for (text, new) in [
        ("", format!("# application\n\n{ENTRY}")),
        ("# Shop", format!("# Shop\n\n{ENTRY}")),
        ("# Shop\n", format!("# Shop\n\n{ENTRY}")),
        ("# Shop\r\n", format!("# Shop\r\n\n{ENTRY}")),
        ("\u{feff}", format!("\u{feff}\n\n{ENTRY}")),
        ("\u{feff}## 4.17.3\n- a", format!("\u{feff}## 4.17.3\n\n{ENTRY}- a")),
        ("## 4.17.3", format!("{ENTRY}\n## 4.17.3")),
        ("\n\n", format!("\n\n{ENTRY}\n")),
    ] {
        assert_same(text, &edited("CHANGELOG.md", text), &new);
    }
}
