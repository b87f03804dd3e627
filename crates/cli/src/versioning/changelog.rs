//! What the changelog says of a version.

use embark_changesets::section;
use embark_core::{AppVersion, Commit};
use embark_gitops::Checkout;

use super::Files;
use crate::config::Config;
use crate::error::Error;

/// The name of a changelog.
pub(super) const NAME: &str = "CHANGELOG.md";

/// Returns what the changelogs say of what a release's commit released. Where that commit is not at hand, as after a
/// squash, it is read from what is checked out.
pub(crate) fn of(
    checkout: Option<&Checkout>,
    commit: &Commit,
    version: &AppVersion,
    config: &Config,
) -> Result<String, Error> {
    let notes = match checkout {
        Some(checkout) => read(checkout, commit, version).map_err(embark_core::Error::from)?,
        None => None,
    };
    notes.ok_or_else(|| {
        let problem = format!("no {NAME} of {} says anything of {version}", config.application);
        let hint = "check the release's commit out, with its history (fetch-depth: 0), or write release: { notes: \
                    generated } into embark.yaml";
        Error::Checkout(problem, hint.into())
    })
}

fn read(
    checkout: &Checkout,
    commit: &Commit,
    version: &AppVersion,
) -> Result<Option<String>, embark_core::ports::ApplicationError> {
    let is_wanted = |path: &str| matches!(path.rsplit('/').next(), Some(NAME | "package.json"));
    if let Some(files) = checkout.files(commit, &is_wanted)? {
        let parent = checkout.parent(commit)?;
        let before = parent.map(|parent| checkout.files(&parent, &is_wanted)).transpose()?.flatten();
        // Without what was before, nobody can tell which of several is new.
        let is_new = |path: &String, text: &Vec<u8>| match &before {
            Some(before) => before.get(path) != Some(text),
            None => path == NAME,
        };
        let notes = sections(&files, &is_new, version);
        if notes.is_some() {
            return Ok(notes);
        }
    }
    let Some(head) = checkout.head()? else { return Ok(None) };
    let files = checkout.files(&head, &|path| path == NAME)?;
    Ok(files.and_then(|files| sections(&files, &|_, _| true, version)))
}

/// Joins the sections of the changelogs that are new: that of the root says it of the application's version, that of a
/// package of its own.
pub(super) fn sections(
    files: &Files,
    is_new: &dyn Fn(&String, &Vec<u8>) -> bool,
    version: &AppVersion,
) -> Option<String> {
    let mut found = Vec::new();
    for (path, bytes) in files.iter().filter(|(path, text)| path.ends_with(NAME) && is_new(path, text)) {
        let folder = path.strip_suffix(NAME).unwrap_or_default();
        let package = files.get(&format!("{folder}package.json"));
        let package = package.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(bytes).ok());
        let of = |key: &str| package.as_ref().and_then(|package| package.get(key)?.as_str().map(ToOwned::to_owned));
        let own = if folder.is_empty() { Some(version.to_string()) } else { of("version") };
        let Some(own) = own else { continue };
        let Ok(text) = std::str::from_utf8(bytes) else { continue };
        if let Some(section) = section(text, &own) {
            let name = of("name").unwrap_or_else(|| folder.trim_end_matches('/').to_owned());
            found.push((format!("{name}@{own}"), section));
        }
    }
    match found.as_slice() {
        [] => None,
        [(_, section)] => Some((*section).to_owned()),
        _ => {
            let parts: Vec<String> = found.iter().map(|(name, section)| format!("## {name}\n\n{section}")).collect();
            Some(parts.join("\n\n"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(all: &[(&str, &str)]) -> Files {
        all.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn one_changelog_has_no_heading_and_several_have_one_each() {
        let version = "1.4.0".parse().expect("a version");
        let one = files(&[(NAME, "# shop\n\n## 1.4.0\n\n- Carts.\n\n## 1.3.0\n\n- No.\n")]);
        assert_eq!(sections(&one, &|_, _| true, &version).as_deref(), Some("- Carts."));
        let several = files(&[
            ("packages/app/CHANGELOG.md", "# app\n\n## 2.0.0\n\n- Sing.\n"),
            ("packages/app/package.json", r#"{ "name": "app", "version": "2.0.0" }"#),
            ("packages/backend/CHANGELOG.md", "# backend\n\n## 0.3.1\n\n- Dance.\n"),
            ("packages/backend/package.json", r#"{ "name": "backend", "version": "0.3.1" }"#),
            ("packages/old/CHANGELOG.md", "# old\n\n## 0.1.0\n\n- Long ago.\n"),
            ("packages/old/package.json", r#"{ "name": "old", "version": "0.1.0" }"#),
        ]);
        let notes = sections(&several, &|path, _| !path.contains("old"), &version);
        assert_eq!(notes.as_deref(), Some("## app@2.0.0\n\n- Sing.\n\n## backend@0.3.1\n\n- Dance."));
        assert_eq!(sections(&several, &|_, _| false, &version), None);
    }
}
