//! The many ways to write one front matter.

use super::dice::Dice;

/// Writes a changeset of one package.
pub(super) fn changeset(dice: &mut Dice, name: &str, bump: &str, summary: &str) -> String {
    let double = serde_json::to_string(name).expect("it is text");
    let single = format!("'{}'", name.replace('\'', "''"));
    let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || ".-_".contains(c));
    let plain = if is_plain { name } else { double.as_str() };
    match dice.below(22) {
        0 => format!("---\n{single}: {bump}\n---\n\n{summary}\n"),
        1 => format!("---\n{plain}: {bump}\n---\n{summary}"),
        2 => format!("---\n# why\n{double}: {bump} # a comment\n---\n\n{summary}\n"),
        3 => format!("---\n{{{double}: {bump}}}\n---\n\n{summary}\n"),
        4 => format!("---\n{{ {single}: \"{bump}\", }}\n---\n\n{summary}\n"),
        5 => format!("---\n{double}:   '{bump}'\n\n\n---\n\n\n\n{summary}\n\n\n"),
        6 => format!("---\n{double}: {bump}\n---\n\n{summary}\n").replace("\r\n", "\n").replace('\n', "\r\n"),
        7 => format!(" \n ---\n{double}: {bump}\n   ---   \n\n{summary}\n"),
        8 => format!("---\n? {double}\n: {bump}\n---\n\n{summary}\n"),
        9 => format!("---\n{double}: &bump {bump}\n---\n\n{summary}\n"),
        10 => format!("words before it\n---\n{double}: {bump}\n---\n\n{summary}\n"),
        11 => format!("---\n{double}: !!str {bump}\n---\n\n{summary}\n"),
        12 => format!("---\n{double}: >-\n  {bump}\n---\n\n{summary}\n"),
        13 => format!("\u{feff}---\n{double}: {bump}\n---\n\n{summary}\n"),
        14 => format!("---   \n{double}: {bump}   \n---\t\n\n{summary}\n"),
        15 => format!("---\n  {double}:\n    {bump}\n---\n\n{summary}"),
        16 => format!("--- {{{double}: {bump}}}\n---\n\n{summary}\n"),
        17 => format!("---\r\n{double}: {bump}\r\n---\r\n{summary}"),
        _ => format!("---\n{double}: {bump}\n---\n\n{summary}\n"),
    }
}

/// Changesets of nothing.
pub(super) const EMPTY: [&str; 6] = [
    "---\n---\n\nNo release.\n",
    "---\n\n---\n",
    "---\n{}\n---\n\nNo release.\n",
    "---\n# none\n---\n",
    "---\nnull\n---\n\nNo release.\n",
    "---\r\n\r\n---\r\n",
];
