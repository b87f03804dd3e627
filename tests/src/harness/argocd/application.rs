//! What an application of the double tells.

use serde_json::{Value, json};

/// An application, as the double has it. The default is one that nobody has looked at yet.
#[derive(Debug, Clone, Default)]
pub struct Application {
    /// The addresses of its sources; with more than one it tells `sources`.
    pub sources: Vec<String>,
    /// The revision of each source that was compared with the cluster.
    pub compared: Vec<String>,
    /// The revision of each source that was applied last.
    pub applied: Vec<String>,
    /// As in `Synced`.
    pub sync: String,
    /// As in `Healthy`.
    pub health: String,
    /// The messages of its conditions.
    pub conditions: Vec<String>,
    /// The phase of its operation, and the message.
    pub operation: Option<(String, String)>,
    /// The revision of each source that this operation applies.
    pub operated: Vec<String>,
    /// Kind and name of its resources, the word for the health of each, and why.
    pub resources: Vec<(String, String, String, Option<String>)>,
    /// The images of its pods.
    pub images: Vec<String>,
    /// Whether it synchronises by itself.
    pub is_automated: bool,
    /// One more field of its status, for a test of the double itself.
    pub odd: Option<(&'static str, Value)>,
}

impl Application {
    /// Returns one that has applied a commit of this repository, and is healthy with these images.
    pub fn healthy(repository: &str, commit: &str, images: &[String]) -> Self {
        Self {
            sources: vec![repository.into()],
            compared: vec![commit.into()],
            applied: vec![commit.into()],
            sync: "Synced".into(),
            health: "Healthy".into(),
            operation: Some(("Succeeded".into(), "successfully synced (all tasks run)".into())),
            operated: vec![commit.into()],
            images: images.into(),
            is_automated: true,
            ..Self::default()
        }
    }

    pub(super) fn to_json(&self, name: &str) -> Value {
        let source = |url: &String| json!({ "repoURL": url, "path": "chart", "targetRevision": "main" });
        let sources: Vec<Value> = self.sources.iter().map(source).collect();
        let is_one = sources.len() < 2;
        let of = |revisions: &[String]| {
            if is_one {
                json!({ "revision": revisions.first().cloned().unwrap_or_default(), "source": sources.first() })
            } else {
                json!({ "revision": "", "revisions": revisions, "source": { "repoURL": "" }, "sources": sources })
            }
        };
        let mut spec = json!({ "project": "shop", "destination": { "namespace": "shop" }, "syncPolicy": {} });
        if is_one {
            spec["source"] = sources.first().cloned().unwrap_or(json!({}));
        } else {
            spec["sources"] = json!(sources);
        }
        if self.is_automated {
            spec["syncPolicy"]["automated"] = json!({ "prune": true, "selfHeal": true });
        }
        let mut sync = of(&self.compared);
        let compared_to = if is_one {
            json!({ "source": sync["source"], "destination": {} })
        } else {
            json!({ "source": { "repoURL": "" }, "sources": sync["sources"], "destination": {} })
        };
        if let Some(sync) = sync.as_object_mut() {
            sync.remove("source");
            sync.remove("sources");
        }
        sync["status"] = json!(self.sync);
        sync["comparedTo"] = compared_to;
        let conditions = self.conditions.iter().map(|message| json!({ "type": "ComparisonError", "message": message }));
        let resources = self.resources.iter().map(|(kind, name, health, message)| {
            let health = match message {
                Some(message) => json!({ "status": health, "message": message }),
                None => json!({ "status": health }),
            };
            json!({ "group": "apps", "version": "v1", "kind": kind, "namespace": "shop", "name": name, "status": "Synced",
                "health": health })
        });
        let mut status = json!({
            "sync": sync,
            "health": { "status": self.health },
            "conditions": conditions.collect::<Vec<_>>(),
            "resources": resources.collect::<Vec<_>>(),
            "summary": { "images": self.images },
        });
        if !self.applied.is_empty() {
            let mut entry = of(&self.applied);
            entry["id"] = json!(7);
            entry["deployedAt"] = json!("2026-05-03T09:30:00Z");
            status["history"] = json!([entry]);
        }
        if let Some((phase, message)) = &self.operation {
            status["operationState"] = json!({
                "phase": phase, "message": message, "startedAt": "2026-05-03T09:29:50Z", "operation": {},
            });
            if !self.operated.is_empty() {
                status["operationState"]["syncResult"] = of(&self.operated);
            }
        }
        if let Some((key, value)) = &self.odd {
            status[*key] = value.clone();
        }
        json!({ "metadata": { "name": name, "namespace": "argocd" }, "spec": spec, "status": status })
    }
}
