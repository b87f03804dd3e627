//! Sending objects and moving refs: [`send-pack`](https://git-scm.com/docs/pack-protocol#_pushing_data_to_a_server).

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use gix_hash::ObjectId;
use gix_packetline::PacketLineRef;
use gix_packetline::blocking_io::StreamingPeekableIter;
use gix_packetline::read::ProgressAction;
use gix_transport::client::blocking_io::Transport as _;
use gix_transport::client::{MessageKind, WriteMode};

use super::http::one_line;
use super::link::Link;
use super::{AGENT, pack};
use crate::store::{NewObject, RefUpdate, StoreError};

/// Sends a pack and moves the refs, all or none where the server can do that.
pub(super) fn send(link: &mut Link, objects: &[NewObject], updates: &[RefUpdate]) -> Result<(), StoreError> {
    let features = features(link, updates.len() > 1);
    // Who has no use for a base that is not in the pack says so.
    let pack = pack::write(objects, !link.capabilities.contains("no-thin"))?;
    let faults = link.faults.clone();
    let failed = |error: &dyn std::fmt::Display| faults.failure(error);
    let mode = WriteMode::OneLfTerminatedLinePerWriteCall;
    let mut writer = link.transport.request(mode, MessageKind::Flush, false).map_err(|error| failed(&error))?;
    for (at, update) in updates.iter().enumerate() {
        let old = update.old.unwrap_or_else(|| ObjectId::null(gix_hash::Kind::Sha1));
        let features = if at == 0 { format!("\0{features}") } else { String::new() };
        let line = format!("{old} {} {}{features}", update.new, update.name);
        writer.write_all(line.as_bytes()).map_err(|error| failed(&error))?;
    }
    writer.write_message(MessageKind::Flush).map_err(|error| failed(&error))?;
    // What follows is no packet line; and the request goes out when its body is dropped and the answer read.
    let (mut body, mut reader) = writer.into_parts();
    body.write_all(&pack).map_err(|error| failed(&error))?;
    drop(body);
    let words: Arc<Mutex<Vec<u8>>> = Arc::default();
    if features.contains("side-band-64k") {
        let heard = words.clone();
        reader.set_progress_handler(Some(Box::new(move |_, text| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(text);
            ProgressAction::Continue(())
        })));
    }
    let mut report = Vec::new();
    if features.contains("side-band-64k") {
        reader.read_to_end(&mut report).map_err(|error| failed(&error))?;
    } else {
        // Without side bands the lines of the report come as they are; they are framed again for the one reader below.
        while let Some(line) = reader.readline() {
            let line = line.map_err(|error| failed(&error))?.map_err(|error| failed(&error))?;
            let text = line.as_slice().unwrap_or_default();
            report.extend_from_slice(format!("{:04x}", text.len() + 4).as_bytes());
            report.extend_from_slice(text);
        }
    }
    drop(reader);
    let words = String::from_utf8_lossy(&words.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    let names: Vec<&str> = updates.iter().map(|update| update.name.as_str()).collect();
    judge(&report, &words, &names)
}

/// The capabilities that are asked for, of those that the server has.
fn features(link: &Link, several: bool) -> String {
    let has = |name: &&str| link.capabilities.contains(name);
    let mut features: Vec<&str> = ["report-status", "side-band-64k", "quiet"].into_iter().filter(has).collect();
    if several && has(&"atomic") {
        features.push("atomic");
    }
    if has(&"object-format") {
        features.push("object-format=sha1");
    }
    format!("{} agent={AGENT}", features.join(" "))
}

/// Reads the report: `unpack ok`, then `ok <ref>` or `ng <ref> <reason>` for each.
fn judge(report: &[u8], words: &str, refs: &[&str]) -> Result<(), StoreError> {
    let mut lines = StreamingPeekableIter::new(report, &[PacketLineRef::Flush], false);
    let (mut accepted, mut reasons) = (BTreeSet::new(), Vec::new());
    while let Some(Ok(Ok(line))) = lines.read_line() {
        let line = String::from_utf8_lossy(line.as_slice().unwrap_or_default()).trim_end().to_owned();
        match line.split_once(' ') {
            Some(("unpack", "ok")) => {}
            Some(("ok", name)) => drop(accepted.insert(name.to_owned())),
            Some(("ng", rest)) => reasons.push(rest.to_owned()),
            _ => reasons.push(line),
        }
    }
    if reasons.is_empty() && refs.iter().all(|name| accepted.contains(*name)) {
        return Ok(());
    }
    if reasons.is_empty() {
        return Err(StoreError::Malformed(match one_line(words) {
            words if words.is_empty() => "it did not say what came of the push".into(),
            words => format!("it did not say what came of the push, and said: {words}"),
        }));
    }
    let said = words.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned);
    let all: Vec<String> = said.chain(reasons).collect();
    Err(StoreError::Rejected(one_line(&all.join("; "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(lines: &[&str]) -> Vec<u8> {
        let frame = |line: &&str| format!("{:04x}{line}\n", line.len() + 5);
        (lines.iter().map(frame).collect::<String>() + "0000").into_bytes()
    }

    #[test]
    fn a_push_is_done_when_every_ref_is_reported_as_moved() {
        let (main, ledger) = ("refs/heads/main", "refs/embark/ledger");
        assert!(judge(&report(&["unpack ok", "ok refs/heads/main"]), "", &[main]).is_ok());
        assert!(
            judge(&report(&["unpack ok", "ok refs/embark/ledger", "ok refs/heads/main"]), "", &[main, ledger]).is_ok()
        );
        for lines in [
            &["unpack ok"][..],
            &[],
            &["unpack ok", "ok refs/heads/main"],
            &["unpack ok", "ok refs/heads/main", "ok refs/heads/main"],
            &["unpack ok", "ok refs/heads/main", "ok refs/heads/other"],
        ] {
            assert!(judge(&report(lines), "", &[main, ledger]).is_err(), "{lines:?}");
        }
    }

    #[test]
    fn a_refusal_is_told_with_the_words_of_the_server() {
        let lines = report(&["unpack ok", "ng refs/heads/main pre-receive hook declined"]);
        let Err(StoreError::Rejected(words)) = judge(&lines, "ask the release managers\n", &["refs/heads/main"]) else {
            panic!("it is refused")
        };
        assert_eq!(words, "ask the release managers; refs/heads/main pre-receive hook declined");
    }
}
