//! The next version, prereleases included.

use semver::{Prerelease, Version};

use crate::place::Place;
use crate::{Bump, Error};

/// Reads a version; the place is for errors alone.
pub(crate) fn parse(place: &Place, text: &str) -> Result<Version, Error> {
    let wrong = |error| place.no_version(format!("`{text}` is no version: {error}"), "write one as in 1.4.0");
    Version::parse(text).map_err(wrong)
}

/// Returns the number of the next prerelease: 0 where there was none.
pub(crate) fn next_number(place: &Place, version: &Version) -> Result<u64, Error> {
    let Some(number) = version.pre.split('.').nth(1) else { return Ok(0) };
    let number = number.parse::<u64>().ok().and_then(|number| number.checked_add(1));
    let wrong =
        || place.no_version(format!("`{version}` is no prerelease with a number"), "write one as in 1.4.0-beta.0");
    number.ok_or_else(wrong)
}

/// Returns the version that follows; with a tag and a number, the prerelease of it.
pub(crate) fn next(
    place: &Place,
    version: &Version,
    bump: Bump,
    prerelease: Option<(&str, u64)>,
) -> Result<Version, Error> {
    let mut next = bump.next(version);
    if let Some((tag, number)) = prerelease.filter(|_| bump != Bump::None) {
        let tag = format!("{tag}.{number}");
        let mend = "write letters, digits and hyphens for the tag, as in beta";
        let wrong = |error| place.no_version(format!("`{tag}` of .changeset/pre.json makes no version: {error}"), mend);
        next.pre = Prerelease::new(&tag).map_err(wrong)?;
    }
    Ok(next)
}
