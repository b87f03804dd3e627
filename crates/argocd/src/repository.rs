//! Whether two addresses are of one git repository.

/// What is left of the address of a repository where host and path alone count.
fn place(url: &str) -> String {
    let url = url.trim().to_lowercase();
    let (is_url, rest) = match url.split_once("://") {
        Some((_, rest)) => (true, rest),
        None => (false, url.as_str()),
    };
    let (host, path) = match rest.split_once('/') {
        // git@host:path
        _ if !is_url && rest.contains(':') => rest.split_once(':').unwrap_or((rest, "")),
        Some((host, path)) => (host, path),
        None => (rest, ""),
    };
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    let path = path.trim_matches('/');
    format!("{host}/{}", path.strip_suffix(".git").unwrap_or(path))
}

/// Tells whether two addresses are of one repository, however it is reached.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    place(one) == place(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_the_same_however_it_is_reached() {
        let all = [
            "https://github.com/acme/shop-deployment.git",
            "https://github.com/Acme/shop-deployment",
            "https://ada@github.com/acme/shop-deployment/",
            "git@github.com:acme/shop-deployment.git",
            "ssh://git@github.com/acme/shop-deployment.git",
        ];
        for one in all {
            assert!(is_same(one, all[0]), "{one}");
            for other in ["https://github.com/acme/shop", "https://gitlab.com/acme/shop-deployment.git", "", "charts"] {
                assert!(!is_same(one, other), "{one} {other}");
            }
        }
    }
}
