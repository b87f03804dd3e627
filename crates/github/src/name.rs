//! Names of repositories.

use std::fmt;
use std::str::FromStr;

/// The name of a repository on GitHub, `owner/name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepositoryName {
    owner: String,
    name: String,
}

/// Tells that a text is not the name of a repository.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the name of a repository on GitHub, as in acme/backstage")]
pub struct NameError(String);

impl RepositoryName {
    /// Returns the owner: a user or an organisation.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns the name below its owner.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let is_name = |part: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
            (1..=100).contains(&part.len()) && part.bytes().all(plain) && part != "." && part != ".."
        };
        match text.split_once('/') {
            Some((owner, name)) if is_name(owner) && is_name(name) => {
                Ok(Self { owner: owner.into(), name: name.into() })
            }
            _ => Err(NameError(text.into())),
        }
    }
}

impl fmt::Display for RepositoryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_an_owner_and_no_way_out_of_its_path() {
        for text in ["acme/backstage", "a-1/b_2.c"] {
            assert_eq!(text.parse::<RepositoryName>().expect("a name").to_string(), text);
        }
        for text in ["", "acme", "acme/", "/app", "acme/../admin", "acme/..", "acme/a b", "https://github.com/acme/app"]
        {
            assert!(text.parse::<RepositoryName>().is_err(), "{text}");
        }
    }
}
