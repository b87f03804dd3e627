//! Which redirects are followed: those that give nothing away.

use std::net::IpAddr;

use reqwest::Url;
use reqwest::redirect::{Action, Attempt};

/// How many redirects are followed, one after the other.
const REDIRECTS: usize = 10;

/// Why a redirect is not followed.
#[derive(Debug, thiserror::Error)]
enum NotFollowed {
    #[error("it redirects to {0} over plain HTTP, which anybody on the way could read and change")]
    ClearText(String),
    #[error("it redirects to {0}, which redirects on within itself, where it would be told what is meant for others")]
    Onward(String),
    #[error("it redirects more than {REDIRECTS} times")]
    TooMany,
}

/// Follows a redirect that gives nothing away.
pub(super) fn follow(attempt: Attempt<'_>) -> Action {
    match judge(attempt.previous(), attempt.url()) {
        Ok(()) => attempt.follow(),
        Err(reason) => attempt.error(reason),
    }
}

/// Judges a redirect to `to` of who has come by `way`, from the address that was asked for first.
///
/// At each redirect the client starts from the headers of the first request, and takes the credentials out of them only if
/// this very redirect leads to another host. So a foreign host gets them with its own next redirect, unless that is refused.
fn judge(way: &[Url], to: &Url) -> Result<(), NotFollowed> {
    let (Some(first), Some(from)) = (way.first(), way.last()) else { return Ok(()) };
    let host = || to.host_str().unwrap_or_default().to_owned();
    if is_downgrade(from, to) {
        Err(NotFollowed::ClearText(host()))
    } else if is_same_host(from, to) && !is_same_host(first, to) {
        Err(NotFollowed::Onward(host()))
    } else if way.len() > REDIRECTS {
        Err(NotFollowed::TooMany)
    } else {
        Ok(())
    }
}

/// Tells whether a redirect leads from where nobody on the way can listen to where somebody can.
///
/// This machine is no exception for who came by `https`: a server elsewhere has no business with what listens here.
fn is_downgrade(from: &Url, to: &Url) -> bool {
    to.scheme() != "https" && (from.scheme() == "https" || (is_this_machine(from) && !is_this_machine(to)))
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or(host == "localhost", |address| address.is_loopback())
}

fn is_same_host(one: &Url, other: &Url) -> bool {
    let place = |url: &Url| (url.host_str().map(str::to_owned), url.port_or_known_default());
    place(one) == place(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_redirect_is_not_followed_is_told() {
        let host = || "registry.example.com".to_owned();
        let told = [NotFollowed::ClearText(host()), NotFollowed::Onward(host()), NotFollowed::TooMany]
            .map(|why| why.to_string());
        insta::assert_snapshot!("not_followed", told.join("\n"));
    }

    /// Tells whether the last redirect of a way is followed.
    fn is_followed(way: &[&str]) -> bool {
        let way: Vec<Url> = way.iter().map(|text| Url::parse(text).expect("an address")).collect();
        let (to, way) = way.split_last().expect("it leads somewhere");
        judge(way, to).is_ok()
    }

    #[test]
    fn no_host_gets_by_its_own_redirect_what_was_meant_for_another() {
        for way in [
            &["https://a.test/", "https://a.test/b", "https://a.test/c"][..],
            &["https://a.test/", "https://b.test/", "https://c.test/"],
            &["https://a.test/", "https://b.test/", "https://a.test/", "https://a.test/b"],
        ] {
            assert!(is_followed(way), "{way:?}");
        }
        for way in [
            &["https://a.test/", "https://b.test/", "https://b.test/again"][..],
            &["https://a.test/", "https://a.test:8443/", "https://a.test:8443/again"],
            &["https://a.test/", "https://b.test/", "https://c.test/", "https://c.test/again"],
        ] {
            assert!(!is_followed(way), "{way:?}");
        }
        assert!(!is_followed(&["https://a.test/"; REDIRECTS + 2]) && is_followed(&["https://a.test/"; REDIRECTS + 1]));
    }

    #[test]
    fn no_redirect_leads_into_the_open() {
        for (from, to) in [
            ("https://a.test/", "https://b.test/"),
            ("http://127.0.0.1:1/", "http://localhost:2/"),
            ("http://[::1]/", "https://a.test/"),
            // Nobody has asked for more than this.
            ("http://git.test/a", "http://git.test/b"),
        ] {
            assert!(is_followed(&[from, to]), "{from} {to}");
        }
        for (from, to) in [
            ("https://a.test/", "http://a.test/"),
            ("https://a.test:8443/", "http://a.test:8443/"),
            ("https://a.test/", "http://127.0.0.1/"),
            ("https://a.test/", "ftp://a.test/"),
            ("http://127.0.0.1/", "http://a.test/"),
            ("http://127.0.0.1/", "http://127.0.0.1.a.test/"),
        ] {
            assert!(!is_followed(&[from, to]), "{from} {to}");
        }
    }
}
