//! One file of the ledger.

use embark_core::{
    ComponentName, Deployment, DeploymentId, EnvironmentName, NewStatus, Record, State, Status, Target, Timestamp,
};
use serde::{Deserialize, Serialize};

const SCHEMA: u32 = 1;

/// No entry of embark's is larger.
const MAX_BYTES: usize = 1 << 20;

/// Beyond it, readers of JSON lose digits.
const MAX_SEQUENCE: u64 = 1 << 53;

/// The text of a file, as it stands there: written strictly, read leniently.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    schema: u32,
    /// Grows with every deployment of a target.
    sequence: u64,
    environment: EnvironmentName,
    component: ComponentName,
    created_at: Timestamp,
    payload: serde_json::Value,
    #[serde(default)]
    statuses: Vec<TextStatus>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct TextStatus {
    state: State,
    #[serde(default)]
    description: String,
    created_at: Timestamp,
}

/// One deployment in the ledger.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) sequence: u64,
    record: Record,
    text: Text,
}

impl Entry {
    /// Makes the entry of a new deployment.
    pub(super) fn new(record: &Record, sequence: u64, now: Timestamp) -> Self {
        let text = Text {
            schema: SCHEMA,
            sequence,
            environment: record.target.environment.clone(),
            component: record.target.component.clone(),
            created_at: now,
            payload: record.to_payload(),
            statuses: Vec::new(),
        };
        Self { sequence, record: record.clone(), text }
    }

    /// Reads the entry of a deployment; the error says what is wrong with it.
    pub(super) fn parse(target: &Target, id: DeploymentId, bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() > MAX_BYTES {
            return Err(format!("it has {} bytes", bytes.len()));
        }
        let text: Text = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if text.schema > SCHEMA {
            return Err(format!("it has schema {}, and this embark reads up to {SCHEMA}", text.schema));
        }
        if !(1..=MAX_SEQUENCE).contains(&text.sequence) {
            return Err(format!("its sequence is {}", text.sequence));
        }
        let record = Record::from_payload(&text.environment, &text.payload).map_err(|error| {
            std::error::Error::source(&error).map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
        })?;
        let record = record.ok_or("it has no payload of embark's")?;
        if record.target != *target || text.component != target.component || record.id != id {
            return Err("it is of another deployment than its path says".into());
        }
        Ok(Self { sequence: text.sequence, record, text })
    }

    pub(super) fn id(&self) -> DeploymentId {
        self.record.id
    }

    /// Tells whether it waits, and wishes what `record` does.
    pub(super) fn is_waiting_for(&self, record: &Record) -> bool {
        let same = Record { id: record.id, release: record.release, base: record.base.clone(), ..self.record.clone() };
        same == Record { actor: same.actor.clone(), ..record.clone() } && self.waits()
    }

    /// Tells whether it ran.
    pub(super) fn ran(&self) -> bool {
        self.text.statuses.iter().any(|status| status.state == State::Success)
    }

    /// Forgets the text that it was read from: it can be told what it says, and not be written any more.
    pub(super) fn read_only(mut self) -> Self {
        self.text.payload = serde_json::Value::Null;
        self
    }

    /// Tells whether it waits.
    pub(super) fn waits(&self) -> bool {
        self.clone().into_deployment().is_pending()
    }

    pub(super) fn target(&self) -> Target {
        self.record.target.clone()
    }

    /// Appends a status; tells whether it changed anything. One that stands there is not repeated, but for errors: how many
    /// there are tells when to give up. A success without a commit is not added to another success: two processes may have
    /// found at the same time, at two tips, that the file names it already.
    pub(super) fn append(&mut self, status: &NewStatus, now: Timestamp) -> bool {
        let newest = self.text.statuses.last();
        let same = |newest: &TextStatus| {
            newest.state != State::Error && newest.state == status.state() && newest.description == status.description()
        };
        let is_begun = status.state() == State::InProgress && status.revision().is_none();
        let is_told = status.is_without_commit() && newest.is_some_and(|newest| newest.state == State::Success);
        if is_begun || is_told || newest.is_some_and(same) {
            return false;
        }
        let description = status.description().to_owned();
        self.text.statuses.push(TextStatus { state: status.state(), description, created_at: now });
        true
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Nothing in it can fail to be written: no maps with other keys than texts.
        let mut bytes = serde_json::to_vec_pretty(&self.text).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    pub(super) fn into_deployment(self) -> Deployment {
        let statuses = self.text.statuses.into_iter();
        Deployment {
            record: self.record,
            number: self.sequence,
            created_at: self.text.created_at,
            statuses: statuses
                .map(|status| Status { state: status.state, description: status.description, at: status.created_at })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_that_found_at_once_that_a_file_names_it_have_one_success() {
        let (id, digest) = ("01M8KZFJP4036NXFFD3A1PQ51J", "0".repeat(64));
        let image = format!(r#""image":"registry.test/web","tag":"1.0.0","digest":"sha256:{digest}""#);
        let payload = format!(
            r#"{{"embark":{{"schema":1,"id":"{id}","release":"{id}","kind":"release","component":"web",{image}}}}}"#
        );
        let head =
            r#""schema":1,"sequence":1,"environment":"dev","component":"web","createdAt":"2026-05-03T00:00:00Z""#;
        let target = Target::new(&"dev".parse().expect("a name"), &"web".parse().expect("a name"));
        let text = format!(r#"{{{head},"payload":{payload}}}"#);
        let mut entry = Entry::parse(&target, id.parse().expect("an id"), text.as_bytes()).expect("an entry");
        let mut append = |state, words: &str| entry.append(&NewStatus::new(state, words), Timestamp::from_unix(1));
        let [one, other] = ["a", "b"].map(|digit| digit.repeat(40));
        assert!(append(State::Success, &format!("{one} already names it")));
        assert!(!append(State::Success, &format!("{other} already names it")));
        // One that had failed meanwhile succeeds again, and a commit of its own is always told.
        assert!(append(State::Failure, "its tag has moved"));
        assert!(append(State::Success, &format!("{other} already names it")));
        assert!(append(State::Success, &one));
    }
}
