//! Texts with places for what is known of a release.

use std::fmt;

/// A text in which `{word}` stands for something. Braces around anything but small letters stand for themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

/// Tells that a text names something that is not known of a release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} stands for nothing: known are {known}")]
pub struct TemplateError {
    place: String,
    known: String,
}

/// What people read of the pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PullRequestTemplate {
    /// The title: `version` is known.
    pub title: Template,
    /// The body: `version`, `notes`, `packages` and `images` are known.
    pub body: Template,
}

impl PullRequestTemplate {
    /// The places that a title has.
    pub const TITLE: &[&str] = &["version"];
    /// The places that a body has.
    pub const BODY: &[&str] = &["version", "notes", "packages", "images"];
}

impl Template {
    /// Reads a text whose places are all among `known`.
    ///
    /// # Errors
    /// [`TemplateError`] names the first place that is not.
    pub fn parse(text: &str, known: &[&str]) -> Result<Self, TemplateError> {
        let (mut pieces, mut rest) = (Vec::new(), text);
        let mut plain = String::new();
        while let Some((before, after)) = rest.split_once('{') {
            plain.push_str(before);
            match after.split_once('}').filter(|(word, _)| is_word(word)) {
                Some((word, behind)) => {
                    if !known.contains(&word) {
                        let known = known.iter().map(|word| format!("{{{word}}}")).collect::<Vec<_>>().join(", ");
                        return Err(TemplateError { place: format!("{{{word}}}"), known });
                    }
                    pieces.extend([Piece::Text(std::mem::take(&mut plain)), Piece::Place(word.into())]);
                    rest = behind;
                }
                None => {
                    plain.push('{');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| !matches!(piece, Piece::Text(text) if text.is_empty()));
        Ok(Self(pieces))
    }

    /// Fills the places in. What stands in a filling is no place.
    pub fn fill(&self, fillings: &[(&str, &str)]) -> String {
        let of = |word: &String| fillings.iter().find(|(known, _)| known == word).map_or("", |(_, text)| text);
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Place(word) => of(word).to_owned(),
        };
        self.0.iter().map(text).collect()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => f.write_str(text),
            Piece::Place(word) => write!(f, "{{{word}}}"),
        })
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once_and_other_braces_stay() {
        let text = "{ a } {version} {{notes}} {} {A} {";
        let template = Template::parse(text, &["version", "notes"]).expect("it is right");
        assert_eq!(template.to_string(), text);
        let filled = template.fill(&[("version", "{notes}"), ("notes", "b")]);
        assert_eq!(filled, "{ a } {notes} {b} {} {A} {");
    }

    #[test]
    fn a_place_that_is_not_known_is_told_with_those_that_are() {
        let error = Template::parse("Release {versoin}", PullRequestTemplate::TITLE).expect_err("it is wrong");
        assert_eq!(error.to_string(), "{versoin} stands for nothing: known are {version}");
    }
}
