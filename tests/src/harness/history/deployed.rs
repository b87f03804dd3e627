//! A deployment, as embark records it in git and in the ledger.

use serde_json::json;

use crate::harness::ledger::Entry;

/// How many days the months of 2024 have.
const MONTHS: [usize; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A deployment that was carried out.
#[derive(Debug, Clone)]
pub(super) struct Deployed {
    /// The number of its commit, and of the minute in which that was made.
    pub(super) at: usize,
    pub(super) environment: &'static str,
    pub(super) component: &'static str,
    pub(super) tag: String,
    pub(super) digest: String,
    /// What verified it.
    pub(super) from: Option<Box<Deployed>>,
    pub(super) commit: String,
}

impl Deployed {
    /// Writes its id, which tells the time at which it was made.
    fn id(&self) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let mut value = u128::from(super::time(self.at) * 1000) << 80 | self.at as u128;
        let mut id = [b'0'; 26];
        for letter in id.iter_mut().rev() {
            *letter = LETTERS[(value & 31) as usize];
            value >>= 5;
        }
        id.iter().map(|letter| char::from(*letter)).collect()
    }

    /// Writes the time of its commit.
    fn time(&self) -> String {
        let minutes = self.at % (24 * 60);
        let (mut month, mut day) = (0, self.at / (24 * 60));
        while day >= MONTHS[month] {
            (month, day) = (month + 1, day - MONTHS[month]);
        }
        format!("2024-{:02}-{:02}T{:02}:{:02}:00Z", month + 1, day + 1, minutes / 60, minutes % 60)
    }

    fn image(&self) -> String {
        format!("oci:images/{}", self.component)
    }

    /// Writes the message of its commit.
    pub(super) fn message(&self) -> String {
        let Self { environment, component, tag, digest, .. } = self;
        let mut text = format!(
            "deploy({environment}): {component} {tag}\n\nEmbark-Deployment: {}\nEmbark-Environment: {environment}\n\
             Embark-Component: {component}\nEmbark-Image: {}:{tag}@{digest}\nEmbark-Commit: {:040x}\n\
             Embark-Actor: a-person\n",
            self.id(),
            self.image(),
            self.at
        );
        if let Some(from) = &self.from {
            text.push_str(&format!(
                "Embark-Promoted-From: staging@{}\nEmbark-Verified: {} success={} soak=60 checks=e2e\n",
                from.commit,
                from.id(),
                from.time()
            ));
        }
        text
    }
}

/// Writes its file in the ledger.
pub(super) fn entry(deployed: &Deployed) -> (String, String) {
    let Deployed { at, environment, component, tag, digest, from, commit } = deployed;
    let (id, time) = (deployed.id(), deployed.time());
    let source =
        from.as_ref().map(|from| json!({ "environment": "staging", "deployment": from.id(), "commit": from.commit }));
    let payload = json!({ "embark": {
        "schema": 1,
        "id": id,
        "release": id,
        "kind": if source.is_some() { "promotion" } else { "release" },
        "component": component,
        "image": deployed.image(),
        "tag": tag,
        "digest": digest,
        "commit": format!("{at:040x}"),
        "version": null,
        "base": null,
        "actor": "a-person",
        "from": source,
        "replaces": null,
    } });
    let json = json!({
        "schema": 1,
        "sequence": at,
        "environment": environment,
        "component": component,
        "createdAt": time,
        "payload": payload,
        "statuses": [{ "state": "success", "description": format!("{commit} committed"), "createdAt": time }],
    });
    let entry = Entry { environment: (*environment).into(), component: (*component).into(), id, json: json.clone() };
    (entry.path(), format!("{json:#}\n"))
}
