//! The next version, prereleases included.

use semver::{Prerelease, Version};

use crate::{Bump, Error};

/// Reads a version; `file` is for errors alone.
pub(crate) fn parse(file: &str, text: &str) -> Result<Version, Error> {
    Version::parse(text).map_err(|error| no_version(file, format!("`{text}` is none: {error}")))
}

/// Returns the number of the next prerelease: 0 where there was none.
pub(crate) fn next_number(file: &str, version: &Version) -> Result<u64, Error> {
    let Some(number) = version.pre.split('.').nth(1) else { return Ok(0) };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_add(1));
    number.ok_or_else(|| no_version(file, format!("`{version}` is no prerelease with a number, as beta.0 is")))
}

/// Returns the version that follows; with a tag and a number, the prerelease of it.
pub(crate) fn next(
    file: &str,
    version: &Version,
    bump: Bump,
    prerelease: Option<(&str, u64)>,
) -> Result<Version, Error> {
    let mut next = bump.next(version);
    if let Some((tag, number)) = prerelease.filter(|_| bump != Bump::None) {
        let tag = format!("{tag}.{number}");
        let wrong = |error| no_version(file, format!("`{tag}` of .changeset/pre.json makes none: {error}"));
        next.pre = Prerelease::new(&tag).map_err(wrong)?;
    }
    Ok(next)
}

fn no_version(file: &str, what: String) -> Error {
    Error::NoVersion { file: file.into(), what }
}
