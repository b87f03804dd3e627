//! The commits of the deployment repo: what their messages record.

use std::fmt::Write as _;

use crate::checks::CheckName;
use crate::commit::{Commit, Revision};
use crate::commit_subject::CommitSubject;
use crate::deployment::{Deployment, DeploymentId};
use crate::holds::Scope;
use crate::image::Image;
use crate::name::{ComponentName, EnvironmentName, Target};
use crate::promotion::Deployable;
use crate::text::on_one_line;
use crate::timestamp::Timestamp;

/// Writes the message of the commit that carries a deployment out: subject and trailers.
pub(crate) fn message(deployable: &Deployable, subject: &CommitSubject) -> String {
    let record = deployable.record();
    let target = &record.target;
    let mut text = format!("{}\n\n", subject.of(record));
    let mut trailer = |key: &str, value: String| {
        // A trailer is one line; what people are called may not be.
        let _ = writeln!(text, "{key}: {}", on_one_line(&value));
    };
    trailer(DEPLOYMENT, record.id.to_string());
    trailer(ENVIRONMENT, target.environment.to_string());
    trailer(COMPONENT, target.component.to_string());
    trailer(IMAGE, record.image.to_string());
    if let Some(commit) = &record.commit {
        trailer(COMMIT, commit.to_string());
    }
    if let Some(actor) = record.actor.as_ref().filter(|actor| !actor.trim().is_empty()) {
        trailer(ACTOR, actor.clone());
    }
    if let Some(verified) = deployable.verified() {
        let source = verified.source();
        if let Some(commit) = &source.commit {
            trailer(PROMOTED_FROM, format!("{}@{commit}", source.environment));
        }
        let (at, soaked) = (verified.succeeded_at(), verified.soaked().as_secs());
        let checks = verified.checks().iter().map(as_word).collect::<Vec<_>>().join(",");
        trailer(VERIFIED, format!("{} success={at} soak={soaked} checks={checks}", source.deployment));
    }
    if let Some(waived) = &record.waived {
        trailer(WAIVED, waived.to_string());
    }
    text
}

/// Writes the name of a check as one word of a list: percent-encoded where it has a space, a comma or a percent sign.
fn as_word(name: &CheckName) -> String {
    name.as_str().replace('%', "%25").replace(',', "%2C").split_whitespace().collect::<Vec<_>>().join("%20")
}

/// Writes the message of the commit that holds or resumes something.
pub(crate) fn of_hold(verb: &str, scope: &Scope, reason: &str, actor: Option<&str>) -> String {
    let component = scope.component.as_ref().map_or("all", ComponentName::as_str);
    let mut text = format!("{verb}({}): {component}\n\n", scope.environment);
    if !reason.is_empty() {
        let _ = write!(text, "{reason}\n\n");
    }
    let _ = writeln!(text, "{ENVIRONMENT}: {}", scope.environment);
    if let Some(component) = &scope.component {
        let _ = writeln!(text, "{COMPONENT}: {component}");
    }
    if let Some(actor) = actor {
        let _ = writeln!(text, "{ACTOR}: {}", on_one_line(actor));
    }
    text
}

const DEPLOYMENT: &str = "Embark-Deployment";
const ENVIRONMENT: &str = "Embark-Environment";
const COMPONENT: &str = "Embark-Component";
const IMAGE: &str = "Embark-Image";
const COMMIT: &str = "Embark-Commit";
const ACTOR: &str = "Embark-Actor";
const PROMOTED_FROM: &str = "Embark-Promoted-From";
const VERIFIED: &str = "Embark-Verified";
const WAIVED: &str = "Embark-Waived";

/// What the trailers of a commit record, read leniently.
///
/// ```
/// use embark_core::Trailers;
///
/// let trailers = Trailers::parse("deploy(dev): frontend 1.0.0\n\nEmbark-Component: frontend\n");
/// assert_eq!(trailers.component.unwrap().as_str(), "frontend");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trailers {
    /// The deployment that it carried out.
    pub deployment: Option<DeploymentId>,
    /// Its environment.
    pub environment: Option<EnvironmentName>,
    /// Its component.
    pub component: Option<ComponentName>,
    /// Its image.
    pub image: Option<Image>,
    /// The application's commit.
    pub commit: Option<Commit>,
    /// The environment before, and its commit of the deployment repo.
    pub promoted_from: Option<(EnvironmentName, Revision)>,
    /// The deployment of the environment before that verified it, and when that succeeded.
    pub verified: Option<(DeploymentId, Timestamp)>,
    /// The rules that were waived for it.
    pub waived: Vec<String>,
}

impl Trailers {
    /// Reads the last paragraph of a commit's message.
    pub fn parse(message: &str) -> Self {
        let paragraph = message.trim_end().rsplit("\n\n").next().unwrap_or_default();
        let all: Vec<(&str, &str)> =
            paragraph.lines().filter_map(|line| line.split_once(':')).map(|(key, value)| (key, value.trim())).collect();
        // One that stands twice says nothing.
        let one = |wanted: &str| {
            let mut values = all.iter().filter(|(key, _)| *key == wanted).map(|(_, value)| *value);
            values.next().filter(|_| values.next().is_none())
        };
        Self {
            deployment: one(DEPLOYMENT).and_then(|value| value.parse().ok()),
            environment: one(ENVIRONMENT).and_then(|value| value.parse().ok()),
            component: one(COMPONENT).and_then(|value| value.parse().ok()),
            image: one(IMAGE).and_then(|value| value.parse().ok()),
            commit: one(COMMIT).and_then(|value| value.parse().ok()),
            promoted_from: one(PROMOTED_FROM)
                .and_then(|value| value.split_once('@'))
                .and_then(|(environment, commit)| Some((environment.parse().ok()?, commit.parse().ok()?))),
            verified: one(VERIFIED).and_then(|value| {
                let mut words = value.split_whitespace();
                let deployment = words.next()?.parse().ok()?;
                Some((deployment, words.find_map(|word| word.strip_prefix("success="))?.parse().ok()?))
            }),
            waived: one(WAIVED)
                .map(|value| value.split_once(':').map_or(value, |(rules, _)| rules))
                .map(|rules| rules.split(',').map(str::to_owned).collect())
                .unwrap_or_default(),
        }
    }

    /// Returns the environment and component, if they tell both.
    pub(crate) fn target(&self) -> Option<Target> {
        Some(Target::new(self.environment.as_ref()?, self.component.as_ref()?))
    }

    /// Tells whether they record that `deployment` was carried out.
    pub(crate) fn are_of(&self, deployment: &Deployment) -> bool {
        let record = &deployment.record;
        self.deployment == Some(record.id)
            && self.environment.as_ref() == Some(&record.target.environment)
            && self.component.as_ref() == Some(&record.target.component)
            && self.image.as_ref() == Some(&record.image)
            && self.commit == record.commit
            && self.waived == record.waived.as_ref().map(|waived| waived.rules.clone()).unwrap_or_default()
    }
}
