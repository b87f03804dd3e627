//! Names of Argo CD's resources.

use std::fmt;
use std::str::FromStr;

/// The name of an application, a namespace or a project:
/// [lower-case letters, digits, hyphens and dots](https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// Tells that a text is no such name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name in Kubernetes: lower-case letters, digits, inner hyphens and dots make one")]
pub struct NameError(String);

/// The longest name in Kubernetes.
const LONGEST: usize = 253;

impl Name {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromStr for Name {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_part = |byte: u8| is_inner(byte) || matches!(byte, b'-' | b'.');
        let ends = [text.bytes().next(), text.bytes().last()];
        let is_name = ends.iter().all(|end| end.is_some_and(is_inner)) && text.bytes().all(is_part);
        if is_name && text.len() <= LONGEST { Ok(Self(text.into())) } else { Err(NameError(text.into())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_kubernetes() {
        for text in ["shop", "shop-staging", "a.b-c.9", &"a".repeat(253)] {
            assert!(text.parse::<Name>().is_ok(), "{text}");
        }
        for text in ["", "-shop", "shop.", "Shop", "argocd/shop", "a b", &"a".repeat(254)] {
            assert!(text.parse::<Name>().is_err(), "{text}");
        }
    }
}
