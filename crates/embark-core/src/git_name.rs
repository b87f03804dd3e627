//! Names of branches and tags in the application's repository, and ids of trees.

use crate::commit::full_hex;
use crate::text::text_type;

text_type! {
    /// The name of a branch of the application's repository, without `refs/heads/`.
    ///
    /// ```
    /// use embark_core::BranchName;
    ///
    /// assert!("embark/release".parse::<BranchName>().is_ok());
    /// assert!("my branch".parse::<BranchName>().is_err());
    /// ```
    BranchName, "the name of a branch", name_of_ref
}

text_type! {
    /// The name of a git tag of the application's repository, without `refs/tags/`, e.g. `v1.4.0`.
    GitTag, "the name of a git tag", name_of_ref
}

text_type! {
    /// The id of a tree, in full. Trees with the same files have the same id.
    TreeId, "the id of a tree", full_hex
}

/// What is left of the 255 bytes of a file's name on disk once git has put `.lock` behind it.
const MAX: usize = 250;

/// Checks [what git allows](https://git-scm.com/docs/git-check-ref-format) in a name.
fn name_of_ref(text: &str) -> Result<(), &'static str> {
    let is_plain = |char: char| !char.is_control() && !" ~^:?*[\\\u{7f}".contains(char);
    let is_part = |part: &str| !part.is_empty() && !part.starts_with('.') && part.strip_suffix(".lock").is_none();
    if text.len() > MAX
        || text == "@"
        || text.starts_with('-')
        || text.ends_with('.')
        || text.contains("..")
        || text.contains("@{")
        || !text.chars().all(is_plain)
        || !text.split('/').all(is_part)
    {
        return Err("git does not allow such a name");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_that_git_takes() {
        for name in ["main", "embark/release", "v1.4.0", "a@b", "ü"] {
            assert!(name.parse::<BranchName>().is_ok(), "{name}");
        }
        for name in
            ["", "a b", "/a", "a/", "a//b", "a..b", ".a", "a/.b", "a.lock", "a.", "@", "a@{b", "a:b", "-a", "a\n"]
        {
            assert!(name.parse::<GitTag>().is_err(), "{name:?}");
        }
    }
}
