//! Where symbolic links of the deployment repo lead.

use std::collections::BTreeMap;

use embark_core::FilePath;

/// So many links are followed one after the other, as the kernel does.
const MOST: usize = 40;

/// Why a link cannot be laid out.
pub(crate) const OUT: &str = "which is out of the deployment repo";
pub(crate) const ABSENT: &str = "which is not in the deployment repo";
pub(crate) const ITSELF: &str = "which leads to itself";
pub(crate) const AROUND: &str = "which is a folder around it";

/// Follows links to what a path names in the end: each part of the way may be one. An empty path is the repository.
pub(crate) fn end(path: &str, links: &BTreeMap<FilePath, String>) -> Result<String, &'static str> {
    let mut open: Vec<&str> = path.split('/').rev().collect();
    let mut done: Vec<&str> = Vec::new();
    let mut followed = 0;
    while let Some(part) = open.pop() {
        match part {
            "" | "." => continue,
            ".." => _ = done.pop().ok_or(OUT)?,
            part => done.push(part),
        }
        let Some(target) = done.join("/").parse().ok().and_then(|here: FilePath| links.get(&here)) else { continue };
        if target.starts_with('/') {
            return Err(OUT);
        }
        followed += 1;
        if followed > MOST {
            return Err(ITSELF);
        }
        done.pop();
        open.extend(target.split('/').rev());
    }
    Ok(done.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_to_the_end_and_never_out() {
        let links = [
            ("chart/a.yaml", "lib/b.yaml"),
            ("chart/lib/b.yaml", "../c.yaml"),
            ("chart/more", "./lib"),
            ("chart/shared", "../shared/x/.."),
            ("chart/up", ".."),
            ("chart/out", "../../other.yaml"),
            ("chart/passwd", "/etc/passwd"),
            ("chart/one", "two"),
            ("chart/two", "one"),
        ];
        let links = links.map(|(link, target)| (link.parse().expect("a path"), target.to_owned())).into();
        for (path, expected) in [
            ("chart/plain.yaml", Ok("chart/plain.yaml")),
            ("chart/a.yaml", Ok("chart/c.yaml")),
            ("chart/more/b.yaml", Ok("chart/c.yaml")),
            ("chart/more/../a.yaml", Ok("chart/c.yaml")),
            ("chart/shared", Ok("shared")),
            ("chart/up", Ok("")),
            ("chart/out", Err(OUT)),
            ("chart/passwd", Err(OUT)),
            ("chart/one", Err(ITSELF)),
        ] {
            assert_eq!(end(path, &links), expected.map(str::to_owned), "{path}");
        }
    }
}
