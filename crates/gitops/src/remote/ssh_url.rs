//! Addresses of repositories that are reached over ssh.

use std::str::FromStr;

use super::UrlError;

/// The address of a repository over ssh: `ssh://[user@]host[:port]/path` or `[user@]host:path`, see
/// [git's URLs](https://git-scm.com/docs/git-clone#_git_urls).
///
/// Nothing of it can be taken for an option of `ssh`, nor for more than one word by the server's shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshUrl {
    text: String,
    /// `host` or `user@host`.
    destination: String,
    port: Option<u16>,
    path: String,
}

impl SshUrl {
    /// Returns the address as it was given.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether a text is meant as such an address: as git has it, a colon that no slash stands before makes it
    /// one.
    pub fn is_meant(text: &str) -> bool {
        match text.split_once("://") {
            Some((scheme, _)) => matches!(scheme, "ssh" | "git+ssh" | "ssh+git"),
            None => text.split('/').next().is_some_and(|first| first.contains(':')),
        }
    }

    pub(super) fn destination(&self) -> &str {
        &self.destination
    }

    pub(super) fn port(&self) -> Option<u16> {
        self.port
    }

    /// Returns the path as one word for the server's shell.
    pub(super) fn quoted_path(&self) -> String {
        format!("'{}'", self.path.replace('\'', r"'\''").replace('!', r"'\!'"))
    }
}

impl FromStr for SshUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        if !Self::is_meant(text) || text.chars().any(char::is_control) {
            return Err(UrlError::Malformed);
        }
        let (destination, port, path) = match text.split_once("://") {
            Some((_, rest)) => {
                let (host, path) = rest.split_once('/').ok_or(UrlError::Malformed)?;
                let (host, port) = split_port(host)?;
                // `/~user` is a home folder, as the server's shell knows it.
                let path = if path.starts_with('~') { path.to_owned() } else { format!("/{path}") };
                (host, port, decoded(&path).filter(|path| !path.contains('\0')).ok_or(UrlError::Malformed)?)
            }
            None => {
                let (host, path) = split_host(text).ok_or(UrlError::Malformed)?;
                (host, None, path.to_owned())
            }
        };
        let (user, host) = destination.rsplit_once('@').map_or((None, destination), |(user, host)| (Some(user), host));
        if user.is_some_and(|user| user.contains(':')) {
            return Err(UrlError::Password);
        }
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address.parse::<std::net::Ipv6Addr>().map(|_| address).map_err(|_| UrlError::Malformed)?,
            None => Some(host).filter(|host| is_word(host, "._-")).ok_or(UrlError::Malformed)?,
        };
        // `name::rest` is no host for git, but another program of its own.
        let is_path = !path.trim_matches('/').is_empty() && !path.starts_with(['-', ':']);
        if user.is_some_and(|user| !is_word(user, "._+@-")) || !is_path {
            return Err(UrlError::Malformed);
        }
        let destination = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
        Ok(Self { text: text.to_owned(), destination, port, path })
    }
}

/// Tells whether a text is made of letters, digits and these, and no option: a user's configuration of ssh may hand it
/// to a shell.
fn is_word(text: &str, others: &str) -> bool {
    let fits = |character: char| character.is_ascii_alphanumeric() || others.contains(character);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(fits)
}

/// Decodes what an address with a scheme has as `%20`.
fn decoded(path: &str) -> Option<String> {
    let mut parts = path.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        bytes.push(u8::from_str_radix(part.get(..2)?, 16).ok()?);
        bytes.extend_from_slice(part.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Splits `host:path`, where the host may be an address in brackets.
fn split_host(text: &str) -> Option<(&str, &str)> {
    let after = text.find(']').unwrap_or_default();
    let colon = after + text.get(after..)?.find(':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

fn split_port(host: &str) -> Result<(&str, Option<u16>), UrlError> {
    let last = host.rsplit_once('@').map_or(host, |(_, host)| host);
    match last.rsplit_once(':') {
        Some((_, port)) if !port.ends_with(']') => {
            let number = port.parse().map_err(|_| UrlError::Malformed)?;
            Ok((&host[..host.len() - port.len() - 1], Some(number)))
        }
        _ => Ok((host, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (text, destination, port, path) in [
            ("ssh://git@github.com/acme/a.git", "git@github.com", None, "'/acme/a.git'"),
            ("ssh://github.com:2222/acme/a.git", "github.com", Some(2222), "'/acme/a.git'"),
            ("ssh://git@[::1]:22/a", "git@::1", Some(22), "'/a'"),
            ("ssh://host/~ada/a.git", "host", None, "'~ada/a.git'"),
            ("ssh://host/our%20repo.git", "host", None, "'/our repo.git'"),
            ("git@github.com:acme/a.git", "git@github.com", None, "'acme/a.git'"),
            ("host:/srv/it's here!.git", "host", None, r"'/srv/it'\''s here'\!'.git'"),
            ("git@[::1]:a.git", "git@::1", None, "'a.git'"),
        ] {
            let url: SshUrl = text.parse().expect(text);
            assert_eq!(
                (url.destination(), url.port(), url.quoted_path().as_str()),
                (destination, port, path),
                "{text}"
            );
            assert_eq!(url.as_str(), text);
        }
    }

    #[test]
    fn what_could_be_an_option_or_holds_a_password_is_refused() {
        assert_eq!("ssh://ada:secret@host/a".parse::<SshUrl>(), Err(UrlError::Password));
        for text in [
            "",
            "../deployment.git",
            "/srv/a:b.git",
            "https://host/a",
            "ssh://-oProxyCommand=evil/a",
            "-oProxyCommand=evil:a",
            "ssh://-l@host/a",
            "host:-a",
            "ssh://host",
            "ssh://host/",
            "ssh://host:port/a",
            "host:",
            "ho st:a",
            "host:a\nb",
            "ext::sh -c true",
            "[host:2222]:a",
            "ssh://$(id)@host/a",
            "ssh://ho`st/a",
            "ssh://host/a%2",
            "ssh://host/a%00b",
        ] {
            assert_eq!(text.parse::<SshUrl>(), Err(UrlError::Malformed), "{text}");
        }
    }
}
