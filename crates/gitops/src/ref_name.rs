//! Names of refs.

use std::fmt;
use std::str::FromStr;

/// The full name of a ref, e.g. `refs/heads/main`, by the rules of
/// [`git check-ref-format`](https://git-scm.com/docs/git-check-ref-format).
///
/// A name that does not begin with `refs/` is read as that of a branch.
///
/// ```
/// use embark_gitops::RefName;
///
/// let branch: RefName = "release/2026".parse().unwrap();
/// assert_eq!(branch.as_str(), "refs/heads/release/2026");
/// assert!("a branch".parse::<RefName>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefName(String);

/// Tells that a text names no ref.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} names no branch and no ref, as in main or refs/heads/main")]
pub struct RefNameError(String);

impl RefName {
    /// Returns the ref of the ledger, unless another is named: `refs/embark/ledger`.
    pub fn ledger() -> Self {
        Self("refs/embark/ledger".into())
    }

    /// Returns `HEAD`, which names the branch that a repository is cloned with. It is for reading alone.
    pub fn head() -> Self {
        Self("HEAD".into())
    }

    /// Returns the full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RefName {
    type Err = RefNameError;

    fn from_str(text: &str) -> Result<Self, RefNameError> {
        let full = if text.starts_with("refs/") { text.to_owned() } else { format!("refs/heads/{text}") };
        match gix::validate::reference::name(full.as_str().into()) {
            Ok(_) => Ok(Self(full)),
            Err(_) => Err(RefNameError(text.into())),
        }
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
