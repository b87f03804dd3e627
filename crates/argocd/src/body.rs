//! [Applications](https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml), as far as embark reads them.

use embark_core::{DegradedResource, Delivered, Health, Operation, Revision, SyncState};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::repository::is_same;
use crate::text::line;

/// So many degraded resources are told.
const MOST_DEGRADED: usize = 20;

/// An application. What is not there is not known yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Body {
    metadata: Metadata,
    spec: Spec,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    deletion_timestamp: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    project: String,
    #[serde(flatten)]
    sources: Sources,
    sync_policy: Option<SyncPolicy>,
}

/// The source of an application, or its sources.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sources {
    source: Option<Source>,
    sources: Vec<Source>,
}

#[derive(Debug, Default, Deserialize)]
struct Source {
    #[serde(default, rename = "repoURL")]
    repo_url: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SyncPolicy {
    automated: Option<Automated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Automated {
    enabled: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    sync: Sync,
    health: Judged,
    conditions: Vec<Condition>,
    operation_state: Option<OperationState>,
    history: Vec<Synced>,
    resources: Vec<Resource>,
    summary: Summary,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Sync {
    status: String,
    #[serde(flatten)]
    at: At,
    compared_to: Option<Sources>,
}

/// At which revision the source is, or each of the sources.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct At {
    revision: String,
    revisions: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Judged {
    status: String,
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Condition {
    message: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OperationState {
    phase: String,
    message: String,
    operation: Asked,
    sync_result: Option<Synced>,
}

/// What was asked of an operation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    sync: Option<Synced>,
}

/// What a synchronisation has applied, or is to apply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Synced {
    #[serde(flatten)]
    at: At,
    #[serde(flatten)]
    sources: Sources,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    kind: String,
    name: String,
    health: Option<Judged>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Summary {
    images: Vec<String>,
}

impl Sources {
    fn all(&self) -> Vec<&Source> {
        // Where there are several, the one stands for nothing.
        if self.sources.is_empty() { self.source.iter().collect() } else { self.sources.iter().collect() }
    }
}

impl At {
    /// Returns the commits of the sources that are in `repository`; if none is known to be, all that are at a commit.
    fn commits(&self, sources: &[&Source], repository: Option<&str>) -> Vec<Revision> {
        let all = if self.revisions.is_empty() { std::slice::from_ref(&self.revision) } else { &self.revisions };
        let is_of_it = |at: usize| {
            let source = sources.get(at);
            source.is_some_and(|source| repository.is_some_and(|repository| is_same(&source.repo_url, repository)))
        };
        let is_known = (0..all.len()).any(is_of_it);
        let meant = all.iter().enumerate().filter(|(at, _)| !is_known || is_of_it(*at));
        meant.filter_map(|(_, revision)| revision.parse().ok()).collect()
    }
}

/// Returns the state of a word; `None` where it is none that is known.
fn word<T: Copy>(all: &[T], as_str: impl Fn(T) -> &'static str, word: &str) -> Option<T> {
    all.iter().copied().find(|one| as_str(*one) == word)
}

impl Body {
    /// Returns whose word it is: namespace and name, and the project.
    pub(crate) fn whose(&self) -> (&str, &str, &str) {
        (&self.metadata.namespace, &self.metadata.name, &self.spec.project)
    }

    /// Tells what it says; `repository` is the address of the deployment repo.
    pub(crate) fn into_delivered(self, repository: Option<&str>) -> Delivered {
        let Self { metadata, spec, status } = self;
        let own = spec.sources.all();
        let compared = status.sync.compared_to.as_ref().map(Sources::all).filter(|sources| !sources.is_empty());
        let revisions = status.sync.at.commits(compared.as_deref().unwrap_or(&own), repository);
        let operation = status.operation_state.as_ref();
        let phase = operation.and_then(|operation| word(Operation::ALL, Operation::as_str, &operation.phase));
        let succeeded = operation.filter(|_| phase == Some(Operation::Succeeded));
        let commits = |synced: &Synced| {
            let sources = synced.sources.all();
            synced.at.commits(if sources.is_empty() { &own } else { &sources }, repository)
        };
        // An operation may have been for some resources alone; what is kept of it in the history was for all.
        let applied = status.history.last().or_else(|| succeeded?.sync_result.as_ref()).map(commits);
        let operated = operation.and_then(|state| state.sync_result.as_ref().or(state.operation.sync.as_ref()));
        let said = operation.filter(|_| phase != Some(Operation::Succeeded)).map(|operation| &operation.message);
        let conditions = status.conditions.iter().map(|condition| &condition.message);
        let is_deleted = metadata.deletion_timestamp.is_some();
        let deleted = is_deleted.then_some("it is being deleted");
        let said = std::iter::once(&status.health.message).chain(conditions).chain(said).map(String::as_str);
        let said: Vec<&str> = deleted.into_iter().chain(said).collect();
        let health = word(Health::ALL, Health::as_str, &status.health.status).unwrap_or_default();
        let is_degraded = |health: &Judged| health.status == Health::Degraded.as_str();
        let degraded = status.resources.iter().filter_map(|resource| {
            let health = resource.health.as_ref().filter(|health| is_degraded(health))?;
            let (kind, name) = (line(&resource.kind)?, line(&resource.name).unwrap_or_default());
            Some(DegradedResource { kind, name, message: line(&health.message) })
        });
        let automated = spec.sync_policy.and_then(|policy| policy.automated);
        Delivered {
            revisions,
            applied: applied.unwrap_or_default(),
            sync: word(SyncState::ALL, SyncState::as_str, &status.sync.status).unwrap_or_default(),
            health: if is_deleted { Health::Missing } else { health },
            message: line(&said.into_iter().filter(|text| !text.trim().is_empty()).collect::<Vec<_>>().join("; ")),
            degraded: degraded.take(MOST_DEGRADED).collect(),
            operation: phase,
            operated: operated.map(commits).unwrap_or_default(),
            images: status.summary.images.iter().filter_map(|image| line(image)).collect(),
            is_automated: automated.is_some_and(|automated| automated.enabled != Some(false)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Delivered {
        let body: Body = serde_json::from_value(body).expect("it can be read");
        body.into_delivered(Some("https://github.com/acme/deployment.git"))
    }

    fn commit(letter: &str) -> String {
        letter.repeat(40)
    }

    #[test]
    fn of_several_sources_those_in_the_deployment_repo_count() {
        let sources = json!([
            { "repoURL": "https://charts.example.com", "chart": "shop" },
            { "repoURL": "git@github.com:acme/deployment.git", "ref": "values" },
            { "repoURL": "https://github.com/acme/other.git" },
        ]);
        let at = json!(["1.2.3", commit("a"), commit("b")]);
        let status = json!({
            "sync": { "status": "Synced", "revisions": at },
            "history": [{ "revisions": at, "sources": sources }],
        });
        let delivered = read(json!({ "spec": { "sources": sources }, "status": status }));
        let [a, b] = ["a", "b"].map(|letter| commit(letter).parse::<Revision>().expect("a commit"));
        assert_eq!((delivered.revisions, delivered.applied), (vec![a.clone()], vec![a.clone()]));
        let mirrored =
            json!({ "spec": { "sources": [{ "repoURL": "https://charts.example.com" }] }, "status": status });
        assert_eq!(read(mirrored).revisions, [a, b], "none is known to be the deployment repo");
    }

    #[test]
    fn what_only_some_resources_got_is_not_applied() {
        let [a, b] = [commit("a"), commit("b")];
        let operation = json!({ "phase": "Succeeded", "message": "done", "syncResult": { "revision": b } });
        let status = json!({ "history": [{ "revision": a }], "operationState": operation });
        let delivered = read(json!({ "status": status }));
        assert_eq!(delivered.applied.iter().map(Revision::as_str).collect::<Vec<_>>(), [a]);
        assert_eq!(delivered.message, None, "that it succeeded is no news");
        let delivered = read(json!({ "status": { "operationState": operation } }));
        assert_eq!(delivered.applied.iter().map(Revision::as_str).collect::<Vec<_>>(), [b], "no history is kept");
    }

    #[test]
    fn the_commit_of_an_operation_is_the_one_that_was_asked_for_until_one_is_told() {
        let [a, b] = [commit("a"), commit("b")];
        let operated = |state: Value| {
            let delivered = read(json!({ "status": { "operationState": state } }));
            delivered.operated.iter().map(|commit| commit.as_str().to_owned()).collect::<Vec<_>>()
        };
        let asked = json!({ "sync": { "revision": a } });
        assert_eq!(operated(json!({ "phase": "Running", "operation": asked })), [&*a]);
        let result = json!({ "revision": b });
        assert_eq!(operated(json!({ "phase": "Failed", "operation": asked, "syncResult": result })), [b]);
        assert_eq!(operated(json!({ "phase": "Running", "operation": {} })), Vec::<String>::new());
    }

    #[test]
    fn what_is_being_deleted_is_missing_however_healthy_it_is() {
        let metadata = json!({ "deletionTimestamp": "2026-05-03T09:30:00Z" });
        let delivered = read(json!({ "metadata": metadata, "status": { "health": { "status": "Healthy" } } }));
        assert_eq!((delivered.health, delivered.message.as_deref()), (Health::Missing, Some("it is being deleted")));
    }

    #[test]
    fn a_word_that_is_new_is_unknown() {
        let status = json!({ "sync": { "status": "Drifted" }, "health": { "status": "Splendid" } });
        let delivered = read(json!({ "status": status }));
        assert_eq!((delivered.sync, delivered.health), (SyncState::Unknown, Health::Unknown));
    }

    #[test]
    fn automation_that_is_switched_off_is_none() {
        let is_automated =
            |automated: Value| read(json!({ "spec": { "syncPolicy": { "automated": automated } } })).is_automated;
        assert!(is_automated(json!({})) && is_automated(json!({ "enabled": true, "prune": true })));
        assert!(!is_automated(json!({ "enabled": false })) && !is_automated(Value::Null));
    }

    #[test]
    fn what_is_degraded_is_told_without_escapes_and_not_without_end() {
        let health = json!({ "status": "Degraded", "message": "\u{1b}[31mno\nroom\u{1b}[0m" });
        let resources: Vec<Value> =
            (0..30).map(|at| json!({ "kind": "Pod", "name": format!("p{at}"), "health": health })).collect();
        let delivered = read(json!({ "status": { "resources": resources } }));
        assert_eq!(delivered.degraded.len(), 20);
        assert_eq!(delivered.degraded[0].to_string(), "Pod p0: no room");
    }
}
