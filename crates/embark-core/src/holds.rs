//! What automation leaves alone: `.embark/holds.yaml` on the deployment branch.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use embark_values::{Document, Path, double_quoted};

use crate::name::{ComponentName, EnvironmentName, FilePath, Target};
use crate::timestamp::Timestamp;
use crate::values_file::{self, ValuesFileError};

/// Why, by whom and since when automation leaves something alone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// Who said so.
    pub by: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
}

/// What is held: a component of an environment, or a whole environment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Scope {
    /// The environment.
    pub environment: EnvironmentName,
    /// The component; `None` is all of them, those to come included.
    pub component: Option<ComponentName>,
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.component {
            Some(component) => write!(f, "{component} in {}", self.environment),
            None => write!(f, "all of {}", self.environment),
        }
    }
}

impl From<&Target> for Scope {
    fn from(target: &Target) -> Self {
        Self { environment: target.environment.clone(), component: Some(target.component.clone()) }
    }
}

/// All holds of a deployment branch. They are a file like any other: under the same compare-and-swap, and in its history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Holds(BTreeMap<Scope, Hold>);

/// The key of a whole environment; no component has such a name.
const ALL: &str = "*";

const HEADING: &str = "# What automation leaves alone: `embark hold` and `embark resume` write this file.\n";

impl Holds {
    /// Returns where the file is.
    pub(crate) fn path() -> FilePath {
        match ".embark/holds.yaml".parse() {
            Ok(path) => path,
            Err(error) => unreachable!("{error}"),
        }
    }

    /// Reads the file; nothing is held where there is none. Keys of a hold that are not known are ignored. What is no hold is
    /// an error: whoever wrote it by hand meant one.
    pub(crate) fn parse(bytes: Option<&[u8]>) -> Result<Self, ValuesFileError> {
        let path = Self::path();
        let Some(bytes) = bytes else { return Ok(Self::default()) };
        let document: Document<'_> = values_file::parse(&path, Some(bytes))?;
        let (mut holds, mut deeper) = (Self::default(), Vec::new());
        for (path, scalar) in document.scalars() {
            let no_hold = |place: &Path| ValuesFileError::NoHold { line: scalar.line, place: place.to_string() };
            let above: Vec<Path> = std::iter::successors(path.parent(), Path::parent).collect();
            let [.., hold, environment] = above.as_slice() else {
                if scalar.is_null {
                    continue;
                }
                return Err(no_hold(&path));
            };
            let scope = scope(environment, hold).ok_or_else(|| no_hold(hold))?;
            if above.len() > 2 {
                deeper.push((scope, no_hold(hold)));
                continue;
            }
            let hold = holds.0.entry(scope).or_default();
            match path.last_key() {
                Some("reason") => hold.reason = scalar.value,
                Some("by") => hold.by = Some(scalar.value).filter(|by| !by.is_empty()),
                Some("since") => hold.since = scalar.value.parse().ok(),
                _ => {}
            }
        }
        // What says nothing itself holds nothing: it stands around holds.
        match deeper.into_iter().find(|(scope, _)| !holds.0.contains_key(scope)) {
            Some((_, no_hold)) => Err(no_hold),
            None => Ok(holds),
        }
    }

    /// Returns what holds `target`, if anything does.
    pub(crate) fn of(&self, target: &Target) -> Option<&Hold> {
        let whole = Scope { environment: target.environment.clone(), component: None };
        self.0.get(&Scope::from(target)).or_else(|| self.0.get(&whole))
    }

    /// Returns the hold of exactly `scope`.
    pub(crate) fn get(&self, scope: &Scope) -> Option<&Hold> {
        self.0.get(scope)
    }

    pub(crate) fn set(&mut self, scope: Scope, hold: Hold) {
        self.0.insert(scope, hold);
    }

    /// Lifts the hold of `scope`; of a whole environment all that it has. Returns what was lifted.
    pub(crate) fn lift(&mut self, scope: &Scope) -> Vec<Scope> {
        let is_meant = |held: &Scope| {
            held.environment == scope.environment && (scope.component.is_none() || held.component == scope.component)
        };
        let lifted: Vec<Scope> = self.0.keys().filter(|held| is_meant(held)).cloned().collect();
        self.0.retain(|held, _| !is_meant(held));
        lifted
    }

    /// Writes the file, in the order of the names.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut text = HEADING.to_owned();
        let mut environment = None;
        for (scope, hold) in &self.0 {
            if environment != Some(&scope.environment) {
                let _ = writeln!(text, "{}:", scope.environment);
                environment = Some(&scope.environment);
            }
            let component = scope.component.as_ref().map_or(ALL, ComponentName::as_str);
            let _ = writeln!(text, "  {}:\n    reason: {}", double_quoted(component), double_quoted(&hold.reason));
            if let Some(by) = &hold.by {
                let _ = writeln!(text, "    by: {}", double_quoted(by));
            }
            if let Some(since) = hold.since {
                let _ = writeln!(text, "    since: {}", double_quoted(&since.to_string()));
            }
        }
        text.into_bytes()
    }
}

/// Reads what is held off the path of the hold, which is below that of its environment.
fn scope(environment: &Path, hold: &Path) -> Option<Scope> {
    let component = Some(hold.last_key()?).filter(|name| *name != ALL);
    let component = component.map(str::parse).transpose().ok()?;
    Some(Scope { environment: environment.last_key()?.parse().ok()?, component })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(component: &str) -> Target {
        Target { environment: "production".parse().unwrap(), component: component.parse().unwrap() }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let whole = Scope { environment: "staging".parse().unwrap(), component: None };
        let hold = Hold {
            reason: "it \"leaks\": see #12\nand \\ more \u{7f} ünï".into(),
            by: Some("ada: on call".into()),
            since: Some(Timestamp::from_unix(1_777_800_000)),
        };
        let mut holds = Holds::default();
        holds.set(Scope::from(&target("frontend")), hold.clone());
        holds.set(whole.clone(), Hold { reason: "on".into(), by: None, since: None });
        let read = Holds::parse(Some(&holds.to_bytes())).unwrap();
        assert_eq!(read, holds);
        assert_eq!(read.of(&target("frontend")), Some(&hold));
        assert_eq!(read.of(&target("backend")), None);
        assert_eq!(read.get(&whole).map(|hold| hold.reason.as_str()), Some("on"));
    }

    #[test]
    fn a_file_that_somebody_else_wrote_is_read_and_what_is_no_hold_is_an_error() {
        let text = "production:\n  \"*\": {reason: frozen, note: x, links: {issue: 42}}\nstaging:\ndev: {frontend: }\n";
        let holds = Holds::parse(Some(text.as_bytes())).unwrap();
        assert_eq!(holds.of(&target("frontend")).map(|hold| hold.reason.as_str()), Some("frozen"));
        assert_eq!(holds.0.len(), 1);
        assert!(matches!(Holds::parse(Some(b"production: [")), Err(ValuesFileError::Parse { .. })));
        assert_eq!(Holds::parse(None).unwrap(), Holds::default());
        for (text, told) in [
            ("# by hand\nproduction: until Monday", ".embark/holds.yaml, line 2: production is no hold"),
            ("- production", ".embark/holds.yaml, line 1: [0] is no hold"),
            ("production: {reason: frozen}", ".embark/holds.yaml, line 1: production.reason is no hold"),
            ("production: [{frontend: {reason: x}}]", ".embark/holds.yaml, line 1: production[0] is no hold"),
            ("holds: {production: {frontend: {reason: x}}}", ".embark/holds.yaml, line 1: holds.production is no hold"),
            ("production: [frontend]", ".embark/holds.yaml, line 1: production[0] is no hold"),
            ("production: {Frontend: {reason: x}}", ".embark/holds.yaml, line 1: production.Frontend is no hold"),
            ("Production: {frontend: {reason: x}}", ".embark/holds.yaml, line 1: Production.frontend is no hold"),
        ] {
            let error = Holds::parse(Some(text.as_bytes())).expect_err("it is no hold");
            assert_eq!(error.to_string(), told, "{text}");
        }
    }

    #[test]
    fn a_whole_environment_is_lifted_with_all_that_it_has() {
        let mut holds = Holds::default();
        let whole = Scope { component: None, ..Scope::from(&target("frontend")) };
        holds.set(whole.clone(), Hold::default());
        holds.set(Scope::from(&target("frontend")), Hold::default());
        assert_eq!(holds.lift(&Scope::from(&target("backend"))), []);
        assert_eq!(holds.lift(&whole).len(), 2);
        assert_eq!(holds, Holds::default());
    }
}
