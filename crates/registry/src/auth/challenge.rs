//! `WWW-Authenticate`: [RFC 9110, section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1).

use super::Scopes;

/// One way to log in that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// In lower case.
    pub(crate) scheme: String,
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// Reads one header; it may hold several challenges. What cannot be read is left out.
    pub(crate) fn parse(header: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = header;
        while let Some(start) = rest.find(is_token) {
            rest = &rest[start..];
            let (word, after) = rest.split_at(rest.find(|byte| !is_token(byte)).unwrap_or(rest.len()));
            rest = after;
            let word = word.to_ascii_lowercase();
            match (after.trim_start().strip_prefix('='), challenges.last_mut()) {
                (Some(text), Some(challenge)) => {
                    let (value, after) = value(text.trim_start());
                    challenge.parameters.push((word, value));
                    rest = after;
                }
                _ => challenges.push(Self { scheme: word, parameters: Vec::new() }),
            }
        }
        challenges
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    #[cfg(feature = "test-support")]
    pub(crate) fn parameters(&self) -> &[(String, String)] {
        &self.parameters
    }

    /// Returns what the server says a token must cover.
    pub(crate) fn scopes(&self) -> Scopes {
        self.parameter("scope").map(Scopes::parse).unwrap_or_default()
    }
}

/// Reads a value, in quotes or bare, and returns what follows it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|character: char| character == ',' || character.is_whitespace()).unwrap_or(text.len());
        return (text[..end].into(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    (value, "")
}

fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_of_a_large_registry_is_read() {
        let header = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let challenges = Challenge::parse(header);
        assert_eq!(challenges.len(), 1);
        assert_eq!(challenges[0].scheme, "bearer");
        assert_eq!(challenges[0].parameter("realm"), Some("https://auth.docker.io/token"));
        assert_eq!(challenges[0].parameter("service"), Some("registry.docker.io"));
        assert_eq!(challenges[0].parameter("scope"), Some("repository:a/b:pull,push"));
    }

    #[test]
    fn one_header_may_hold_several_challenges() {
        let header =
            r#"Negotiate, basic realm="a \"b\", c=\\d" , BEARER Realm = x,service=y , error="insufficient_scope""#;
        let challenges = Challenge::parse(header);
        let schemes: Vec<&str> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["negotiate", "basic", "bearer"]);
        assert_eq!(challenges[1].parameter("realm"), Some("a \"b\", c=\\d"));
        assert_eq!(challenges[2].parameter("realm"), Some("x"));
        assert_eq!(challenges[2].parameter("error"), Some("insufficient_scope"));
    }

    #[test]
    fn nonsense_is_no_challenge() {
        for header in ["", ",,", "=", "\"", "Bearer realm=\"", "Bearer realm=\"\\", "Bearer ="] {
            assert!(Challenge::parse(header).len() <= 1, "{header}");
        }
    }
}
