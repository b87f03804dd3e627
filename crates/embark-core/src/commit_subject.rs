//! The first line of the commits that carry deployments out.

use crate::record::Record;
use crate::text::TextError;

/// How the subject of such a commit is written: a line in which `{environment}`, `{component}`, `{tag}` and `{version}`
/// stand for those of the deployment. Where that has no version, `{version}` is its tag.
///
/// The default is `deploy({environment}): {component} {tag}`. What embark reads is in the trailers: a subject is for people.
///
/// ```
/// use embark_core::CommitSubject;
///
/// assert!("chore: {component} {version} to {environment} [skip ci]".parse::<CommitSubject>().is_ok());
/// assert!("chore: {image}".parse::<CommitSubject>().is_err());
/// assert!("chore\n\n{tag}".parse::<CommitSubject>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitSubject(String);

impl Default for CommitSubject {
    fn default() -> Self {
        Self("deploy({environment}): {component} {tag}".into())
    }
}

impl CommitSubject {
    /// Returns the subject for a deployment.
    pub(crate) fn of(&self, record: &Record) -> String {
        let version = record.version.as_ref().map_or_else(|| record.image.tag.to_string(), ToString::to_string);
        // No value has a brace in it, so that none is taken for a placeholder.
        self.filled([
            record.target.environment.as_str(),
            record.target.component.as_str(),
            record.image.tag.as_str(),
            &version,
        ])
    }

    fn filled(&self, values: [&str; 4]) -> String {
        PLACEHOLDERS.iter().zip(values).fold(self.0.clone(), |text, (name, value)| text.replace(name, value))
    }
}

const PLACEHOLDERS: [&str; 4] = ["{environment}", "{component}", "{tag}", "{version}"];

impl std::str::FromStr for CommitSubject {
    type Err = TextError;

    fn from_str(text: &str) -> Result<Self, TextError> {
        let error = |rule| Err(TextError::new(text, "the subject of a commit", rule));
        let subject = Self(text.into());
        if text.trim().is_empty() {
            return error("it is empty");
        }
        if text.chars().any(char::is_control) {
            return error("it must be one line");
        }
        if subject.filled([""; 4]).contains(['{', '}']) {
            return error("{environment}, {component}, {tag} and {version} are all that can stand in braces");
        }
        Ok(subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(text: &str) -> Result<CommitSubject, String> {
        text.parse().map_err(|error: TextError| error.to_string())
    }

    #[test]
    fn every_placeholder_is_filled_wherever_it_stands() {
        let subject = subject("{tag} {version} {component}@{environment}, {tag}").expect("it is right");
        assert_eq!(subject.filled(["dev", "web", "1.4.0", "v1.4.0"]), "1.4.0 v1.4.0 web@dev, 1.4.0");
        assert_eq!(CommitSubject::default().filled(["dev", "web", "1", "2"]), "deploy(dev): web 1");
    }

    #[test]
    fn what_is_no_subject_is_told() {
        for (text, rule) in [
            ("", "it is empty"),
            ("  ", "it is empty"),
            ("{tag}\n", "one line"),
            ("{tag}\r\nEmbark-Component: other", "one line"),
            ("\u{0}", "one line"),
            ("{image}", "in braces"),
            ("{Tag}", "in braces"),
            ("{ tag }", "in braces"),
            ("{tag", "in braces"),
            ("tag}", "in braces"),
            // What is left when the inner one is filled is no placeholder.
            ("{{tag}}", "in braces"),
            ("{ta{tag}g}", "in braces"),
        ] {
            let told = subject(text).expect_err(text);
            assert!(told.contains(rule), "{text:?}: {told}");
        }
    }
}
