//! What a token is good for: [scopes](https://distribution.github.io/distribution/spec/auth/scope/).

use std::collections::BTreeSet;
use std::fmt;

/// Resources with actions, in order: some servers look at the first one only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Scopes(Vec<(String, BTreeSet<String>)>);

impl Scopes {
    /// Pulling from a repository, and pushing to it.
    pub(crate) fn pull_push(name: &str) -> Self {
        Self::repository(name, &["pull", "push"])
    }

    /// Pulling from a repository.
    pub(crate) fn pull(name: &str) -> Self {
        Self::repository(name, &["pull"])
    }

    fn repository(name: &str, actions: &[&str]) -> Self {
        let actions = actions.iter().map(|action| (*action).to_owned()).collect();
        Self(vec![(format!("repository:{name}"), actions)])
    }

    /// Reads the `scope` of a challenge: scopes with a space between them.
    pub(crate) fn parse(text: &str) -> Self {
        let mut scopes = Self::default();
        for scope in text.split_whitespace() {
            if let Some((resource, actions)) = scope.rsplit_once(':') {
                scopes.add(resource, actions.split(',').map(str::to_owned));
            }
        }
        scopes
    }

    /// Adds what `other` covers.
    pub(crate) fn with(mut self, other: &Self) -> Self {
        for (resource, actions) in &other.0 {
            self.add(resource, actions.iter().cloned());
        }
        self
    }

    fn add(&mut self, resource: &str, actions: impl Iterator<Item = String>) {
        match self.0.iter_mut().find(|(existing, _)| existing == resource) {
            Some((_, existing)) => existing.extend(actions),
            None => self.0.push((resource.into(), actions.collect())),
        }
    }

    pub(crate) fn cover(&self, other: &Self) -> bool {
        other.0.iter().all(|(resource, actions)| {
            self.0.iter().any(|(existing, granted)| existing == resource && granted.is_superset(actions))
        })
    }

    /// Writes each as a query has it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(resource, actions)| {
            format!("{resource}:{}", actions.iter().map(String::as_str).collect::<Vec<_>>().join(","))
        })
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iter().collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_merged_in_order() {
        let scopes =
            Scopes::pull("acme/x").with(&Scopes::parse("repository:h:5000/y:pull repository:acme/x:push,pull"));
        assert_eq!(scopes.to_string(), "repository:acme/x:pull,push repository:h:5000/y:pull");
        assert!(scopes.cover(&Scopes::pull_push("acme/x")));
        assert!(scopes.cover(&Scopes::default()));
        assert!(!scopes.cover(&Scopes::pull_push("h:5000/y")));
        assert_eq!(Scopes::parse(" nonsense "), Scopes::default());
    }
}
