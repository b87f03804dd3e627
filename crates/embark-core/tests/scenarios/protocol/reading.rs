//! Reads values files and holds for the judge, by their lines alone and with none of embark's own code.

use std::collections::BTreeSet;

/// What a values file names for a component.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Named {
    pub(crate) tag: String,
    pub(crate) digest: String,
}

fn scalar(line: &str) -> String {
    let value = line.split_once(':').map(|(_, value)| value).unwrap_or_default();
    value.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']).to_owned()
}

/// Finds the lines of a component's image, by their numbers.
fn lines_of<'a>(text: &'a str, component: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let heading = format!("{component}:");
    let mut is_inside = false;
    text.lines().enumerate().filter(move |(_, line)| {
        if !line.starts_with(' ') {
            is_inside = line.starts_with(&heading);
        }
        is_inside
    })
}

/// Tells what a values file names for a component.
pub(crate) fn named(text: &str, component: &str) -> Named {
    let of = |key: &str| {
        lines_of(text, component).find(|(_, line)| line.trim_start().starts_with(key)).map(|(_, line)| scalar(line))
    };
    Named { tag: of("tag:").unwrap_or_default(), digest: of("digest:").unwrap_or_default() }
}

/// Writes a tag, and a digest where the file has one, as somebody does it by hand.
pub(crate) fn edited(text: &str, component: &str, tag: &str, digest: &str) -> String {
    let changed: Vec<(usize, String)> = lines_of(text, component)
        .filter_map(|(at, line)| match line.trim_start() {
            rest if rest.starts_with("tag:") => Some((at, format!("    tag: \"{tag}\""))),
            rest if rest.starts_with("digest:") => Some((at, format!("    digest: \"{digest}\""))),
            _ => None,
        })
        .collect();
    let line = |(at, line): (usize, &str)| {
        let changed = changed.iter().find(|(other, _)| *other == at).map(|(_, line)| line.clone());
        changed.unwrap_or_else(|| line.to_owned()) + "\n"
    };
    text.lines().enumerate().map(line).collect()
}

/// Returns a file without what names a component's image: nothing else may differ between two.
pub(crate) fn rest(text: &str, component: &str) -> String {
    let is_name = |line: &str| ["tag:", "digest:"].iter().any(|key| line.trim_start().starts_with(key));
    let names: BTreeSet<usize> =
        lines_of(text, component).filter(|(_, line)| is_name(line)).map(|(at, _)| at).collect();
    let others = text.lines().enumerate().filter(|(at, _)| !names.contains(at));
    others.map(|(_, line)| line).collect::<Vec<_>>().join("\n")
}

/// Returns what is held: an environment, and a component or `*`.
pub(crate) fn held(text: &str) -> BTreeSet<(String, String)> {
    let mut environment = String::new();
    let mut held = BTreeSet::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.trim().trim_end_matches(':').trim_matches('"').to_owned();
        match line.len() - line.trim_start().len() {
            0 => environment = name,
            2 => _ = held.insert((environment.clone(), name)),
            _ => {}
        }
    }
    held
}
