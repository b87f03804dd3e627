//! Patterns of paths, as workspaces of npm name their packages with them.

/// Tells whether a pattern means a path: `*` and `?` stand within a folder, `**` for any number of folders, `{a,b}` for
/// either. What begins or ends with a slash, or begins with `./`, means the same without.
pub(crate) fn is_match(pattern: &str, path: &str) -> bool {
    let pattern = pattern.strip_prefix("./").unwrap_or(pattern);
    let pattern: Vec<String> = alternatives(pattern.trim_matches('/'));
    let path: Vec<&str> = path.split('/').collect();
    pattern.iter().any(|pattern| folders(&pattern.split('/').collect::<Vec<_>>(), &path))
}

/// Writes a pattern without braces: one for each choice.
fn alternatives(pattern: &str) -> Vec<String> {
    let braces = pattern.find('{').and_then(|open| Some((open, open + pattern[open..].find('}')?)));
    let Some((open, close)) = braces else { return vec![pattern.to_owned()] };
    let choices = pattern[open + 1..close].split(',');
    choices.flat_map(|choice| alternatives(&format!("{}{choice}{}", &pattern[..open], &pattern[close + 1..]))).collect()
}

fn folders(pattern: &[&str], path: &[&str]) -> bool {
    let within = |name: &&str, found: &&str| {
        wild(name.as_bytes(), found.as_bytes(), |byte| *byte == b'*', |byte, found| byte == found || *byte == b'?')
    };
    wild(pattern, path, |name| *name == "**", within)
}

/// Tells whether a pattern fits all of a text. Where it does not fit, the last wild part takes one more: so no text takes
/// long, whatever the pattern.
fn wild<P, T>(pattern: &[P], text: &[T], is_wild: impl Fn(&P) -> bool, fits: impl Fn(&P, &T) -> bool) -> bool {
    let (mut at, mut next, mut last) = (0, 0, None);
    while let Some(found) = text.get(next) {
        match (pattern.get(at), last) {
            (Some(part), _) if is_wild(part) => {
                last = Some((at, next));
                at += 1;
            }
            (Some(part), _) if fits(part, found) => (at, next) = (at + 1, next + 1),
            (_, Some((wild, from))) => {
                last = Some((wild, from + 1));
                (at, next) = (wild + 1, from + 1);
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(is_wild)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_npm() {
        for (pattern, path) in [
            ("packages/app", "packages/app"),
            ("./packages/*/", "packages/app"),
            ("packages/**", "packages/app/web"),
            ("**", "apps/a"),
            ("{apps,packages}/*-{web,api}", "apps/shop-api"),
            ("packages/ap?", "packages/app"),
            ("@acme/*", "@acme/app"),
        ] {
            assert!(is_match(pattern, path), "{pattern} means {path}");
        }
        for (pattern, path) in [
            ("packages/*", "packages/app/web"),
            ("packages/*", "packages"),
            ("packages/app", "packages/apple"),
            ("apps/**/web", "apps/a/b"),
            ("{apps,packages}/*", "libs/a"),
        ] {
            assert!(!is_match(pattern, path), "{pattern} does not mean {path}");
        }
    }
}
