//! Entries of the ledger, read as anybody can read them.

use serde_json::Value;

/// The reference that holds the ledger.
pub(super) const LEDGER: &str = "refs/embark/ledger";

/// One file `deployments/<environment>/<component>/<ULID>.json`.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The environment, from the path.
    pub environment: String,
    /// The component, from the path.
    pub component: String,
    /// The ULID, from the path.
    pub id: String,
    /// The whole file.
    pub json: Value,
}

impl Entry {
    /// Reads one of this path.
    #[track_caller]
    pub fn parse(path: &str, text: &str) -> Self {
        let mut parts = path.strip_suffix(".json").expect("an entry is a JSON file").split('/').skip(1);
        let mut part = || parts.next().expect("a path has environment, component and id").to_owned();
        let (environment, component, id) = (part(), part(), part());
        assert!(parts.next().is_none() && is_ulid(&id), "{path} is deployments/<environment>/<component>/<ULID>.json");
        let json = serde_json::from_str(text).expect("an entry is JSON");
        Self { environment, component, id, json }
    }

    /// Returns its path.
    pub fn path(&self) -> String {
        format!("deployments/{}/{}/{}.json", self.environment, self.component, self.id)
    }

    /// Returns the payload: the object under the key `embark`.
    #[track_caller]
    pub fn payload(&self) -> &Value {
        find(&self.json, "embark").expect("an entry has a payload")
    }

    /// Returns the payload, to be forged.
    #[track_caller]
    pub fn payload_mut(&mut self) -> &mut Value {
        find_mut(&mut self.json, "embark").expect("an entry has a payload")
    }

    /// Lists state and description of its statuses, oldest first.
    pub fn statuses(&self) -> Vec<(String, String)> {
        let text = |status: &Value, key: &str| status[key].as_str().unwrap_or_default().to_owned();
        let statuses = find(&self.json, "statuses").and_then(Value::as_array).cloned().unwrap_or_default();
        statuses.iter().map(|status| (text(status, "state"), text(status, "description"))).collect()
    }

    /// Returns its newest state.
    pub fn state(&self) -> Option<String> {
        self.statuses().pop().map(|(state, _)| state)
    }

    /// Returns how often it has succeeded.
    pub fn successes(&self) -> usize {
        self.statuses().iter().filter(|(state, _)| state == "success").count()
    }

    /// Adds a success, as whoever may write to the ledger can.
    #[must_use]
    pub fn succeeded(mut self, description: &str) -> Self {
        let at = self.json["createdAt"].clone();
        let status = serde_json::json!({ "state": "success", "description": description, "createdAt": at });
        let statuses = find_mut(&mut self.json, "statuses").and_then(Value::as_array_mut);
        statuses.expect("an entry has statuses").push(status);
        self
    }

    /// Makes another entry of it: a new id, no statuses, and a greater number if it has one.
    pub fn forged(&self, id: &str) -> Self {
        let mut forged = self.clone();
        id.clone_into(&mut forged.id);
        forged.payload_mut()["id"] = id.into();
        if let Some(statuses) = find_mut(&mut forged.json, "statuses") {
            *statuses = Value::Array(Vec::new());
        }
        for key in ["number", "sequence"] {
            if let Some(number) = find_mut(&mut forged.json, key) {
                *number = (number.as_u64().unwrap_or_default() + 1000).into();
            }
        }
        forged
    }
}

/// Tells whether a text is a ULID.
fn is_ulid(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte))
}

fn find<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(map) => map.get(key).or_else(|| map.values().find_map(|value| find(value, key))),
        _ => None,
    }
}

fn find_mut<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    let Value::Object(map) = value else { return None };
    if map.contains_key(key) {
        return map.get_mut(key);
    }
    map.values_mut().find_map(|value| find_mut(value, key))
}
