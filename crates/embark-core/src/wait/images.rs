//! Whether an image is among those that run.

use crate::image::{Image, Mention};

/// What is told of an image among those that run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Running {
    /// It runs.
    Yes,
    /// Its tag runs with another digest.
    OtherDigest(String),
    /// Its tag runs, and with which digest is not told.
    WithoutDigest(String),
    /// Others of its repository run, or none.
    No(Vec<String>),
}

/// Looks for `image` among `listed`. A digest that is listed must be the recorded one, of all that have its tag. A tag without
/// one is believed, unless the digest is pinned.
pub(super) fn find(image: &Image, is_pinned: bool, listed: &[String]) -> Running {
    let digest = image.digest.to_string();
    let mentions = listed.iter().map(|text| (Mention::parse(text), text));
    let own: Vec<(Mention<'_>, &String)> = mentions.filter(|(one, _)| one.is_of(&image.repository)).collect();
    let is_tag = |one: &Mention<'_>| one.tag == Some(image.tag.as_str());
    let first =
        |is: &dyn Fn(&Mention<'_>) -> bool| own.iter().find(|(one, _)| is(one)).map(|(_, text)| (*text).clone());
    if let Some(other) = first(&|one| is_tag(one) && one.digest.is_some_and(|found| found != digest)) {
        return Running::OtherDigest(other);
    }
    let has_digest = |one: &Mention<'_>| one.digest == Some(&*digest) && (one.tag.is_none() || is_tag(one));
    match (first(&has_digest), first(&is_tag)) {
        (None, Some(listed)) if is_pinned => Running::WithoutDigest(listed),
        (Some(_), _) | (None, Some(_)) => Running::Yes,
        (None, None) => Running::No(own.into_iter().map(|(_, text)| text.clone()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(repository: &str) -> Image {
        let digest = "1".repeat(64);
        format!("{repository}:1.4.0@sha256:{digest}").parse().expect("an image")
    }

    fn look(repository: &str, listed: &[&str]) -> Running {
        find(&image(repository), false, &listed.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn an_image_is_found_by_its_tag_or_its_digest() {
        let (ours, other) = ("1".repeat(64), "2".repeat(64));
        let shop = "registry.test:5000/acme/shop";
        for listed in [format!("{shop}:1.4.0"), format!("{shop}:1.4.0@sha256:{ours}"), format!("{shop}@sha256:{ours}")]
        {
            assert_eq!(look(shop, &["redis:7", &listed]), Running::Yes, "{listed}");
        }
        let moved = format!("{shop}:1.4.0@sha256:{other}");
        assert_eq!(look(shop, &[&moved]), Running::OtherDigest(moved.clone()));
        // Which of the two a pod pulls that is listed by its tag alone, nobody knows.
        assert_eq!(look(shop, &[&format!("{shop}:1.4.0"), &moved]), Running::OtherDigest(moved.clone()));
        let renamed = format!("{shop}:1.3.0@sha256:{ours}");
        for listed in [format!("{shop}:1.3.0"), format!("{shop}@sha256:{other}"), shop.to_owned(), renamed] {
            assert_eq!(look(shop, &[&listed]), Running::No(vec![listed.clone()]));
        }
        assert_eq!(look(shop, &["registry.test:5000/acme/shop-web:1.4.0"]), Running::No(Vec::new()));
    }

    #[test]
    fn short_names_are_those_of_docker_hub() {
        for (configured, listed) in [
            ("acme/shop", "docker.io/acme/shop:1.4.0"),
            ("docker.io/acme/shop", "acme/shop:1.4.0"),
            ("index.docker.io/library/shop", "shop:1.4.0"),
            ("shop", "docker.io/library/shop:1.4.0"),
        ] {
            assert_eq!(look(configured, &[listed]), Running::Yes, "{configured} {listed}");
        }
        assert_eq!(look("ghcr.io/acme/shop", &["docker.io/acme/shop:1.4.0"]), Running::No(Vec::new()));
    }
}
