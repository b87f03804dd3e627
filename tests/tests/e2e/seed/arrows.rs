//! What passed between those who take part, as arrows: what somebody only asked to know is none.

use embark_tests::harness::{COMPONENTS, Message};
use serde_json::Value;

use super::process::Process;

/// Tells what has passed since the last look, the first arrow first. Commits have the names that they are given here.
pub(super) fn passed(process: &Process, names: &[(&str, &str)]) -> Vec<String> {
    let messages = process.chronicle.take();
    let arrow = |message: &Message| {
        let what = what(process, message)?;
        let refused = if message.status >= 300 { format!(" ({})", message.status) } else { String::new() };
        let text = format!("{} -> {}: {what}{refused}", message.from, message.to);
        Some(names.iter().fold(text, |text, (name, commit)| text.replace(commit, name)))
    };
    let mut arrows: Vec<String> = messages.iter().filter_map(arrow).collect();
    // The tags of a release are written at once: of these alone the order is that of the components.
    let is_tag = |arrow: &String| arrow.contains("-> storage: tag ");
    for tags in arrows.chunk_by_mut(|one, other| is_tag(one) && is_tag(other)) {
        tags.sort_by_key(|arrow| COMPONENTS.iter().position(|component| arrow.contains(component)));
    }
    arrows
}

/// Tells what somebody did with a request; `None` where it changes nothing, or is part of what a later one completes.
fn what(process: &Process, message: &Message) -> Option<String> {
    let asked = serde_json::from_slice::<Value>(&message.asked).unwrap_or_default();
    let path = message.target.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    match (message.method.as_str(), &segments[..]) {
        ("", _) => Some(message.target.clone()),
        ("GET" | "HEAD", _)
        // What a branch brings together.
        | ("POST", [_, "git-upload-pack"] | [.., "git", "trees" | "blobs" | "commits"])
        // The blobs of an image, and the manifests that its tag brings together.
        | ("POST" | "PATCH" | "PUT", ["v2", "acme", _, "blobs", "uploads", ..]) => None,
        ("POST", [.., "git", "refs"]) => Some(format!("branch {}", text(&asked["ref"]).trim_start_matches("refs/heads/"))),
        ("POST", [.., "pulls"]) => Some(format!("open {}", text(&asked["title"]))),
        ("POST", [.., "releases"]) => Some(format!("publish {}", text(&asked["tag_name"]))),
        ("POST", ["api", "graphql"]) if text(&asked["query"]).starts_with("query") => None,
        ("PUT", ["v2", "acme", _, "manifests", digest]) if digest.starts_with("sha256:") => None,
        ("PUT", ["v2", "acme", component, "manifests", tag]) => Some(format!("tag {component} {tag}")),
        ("POST", ["deployment.git", "git-receive-pack"]) => Some(commits(process, message).join(", ")),
        ("POST", [_, "git-receive-pack"]) => {
            Some(format!("push {}", updates(message).map(|(.., name)| name).collect::<Vec<_>>().join(", ")))
        }
        ("POST", [.., "deployments"]) => Some(format!("create deployment {}", of_row(&asked))),
        ("POST", [.., "deployments", number, "statuses"]) => {
            let number: u64 = number.parse().expect("a deployment has a number");
            let row = process.github.rows(super::process::QUEUE).into_iter().find(|(row, _)| row["id"] == number);
            Some(format!("{} {}", text(&asked["state"]), of_row(&row.expect("it is there").0)))
        }
        ("POST" | "PATCH", [.., "issues", _, "comments"] | [.., "issues", "comments", _]) => {
            Some(format!("comment {}", rows(&asked).join(", ")))
        }
        ("POST", ["hook"]) => {
            let deployments = asked["deployments"].as_array().into_iter().flatten();
            let told = deployments.map(|one| {
                format!("{} {} {}", text(&one["state"]), text(&one["component"]), text(&one["environment"]))
            });
            Some(format!("notify {}", told.collect::<Vec<_>>().join(", ")))
        }
        ("POST", [""]) => Some(format!("deploy webhook {}", of_row(&asked["deployment"]))),
        (method, _) => Some(format!("{method} {path}")),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Names component and environment of a deployment as REST has it.
fn of_row(row: &Value) -> String {
    let component = text(&row["task"]).trim_start_matches("embark:");
    format!("{component} {}", text(&row["environment"]))
}

/// Lists what a push changes: old and new commit, and the branch. See
/// [git's protocol](https://git-scm.com/docs/pack-protocol#_reference_update_request_and_packfile_transfer).
fn updates(message: &Message) -> impl Iterator<Item = (String, String, String)> + use<> {
    let head = message.asked.windows(4).position(|window| window == b"PACK").unwrap_or(message.asked.len());
    let head = String::from_utf8_lossy(&message.asked[..head]).into_owned();
    let update = |line: &str| {
        let words: Vec<&str> = line.get(4..)?.split(['\0', ' ', '\n']).collect();
        let name = words.get(2)?.strip_prefix("refs/heads/")?;
        Some((words[0].to_owned(), words[1].to_owned(), name.to_owned()))
    };
    let lines: Vec<_> = head.lines().filter_map(update).collect();
    lines.into_iter()
}

/// Lists the commits that a push brought to the deployment repo.
fn commits(process: &Process, message: &Message) -> Vec<String> {
    let is_done = String::from_utf8_lossy(&message.told).contains("ok refs/heads/main");
    assert!(is_done, "nobody pushes beside it: {}", String::from_utf8_lossy(&message.told));
    let brought = updates(message).flat_map(|(old, new, _)| process.repo.git.log(&format!("{old}..{new}")));
    brought.map(|entry| format!("commit {}", entry.subject)).collect()
}

/// Lists the rows of a comment: state, component, environment.
fn rows(comment: &Value) -> Vec<String> {
    let cells = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        (cells.len() > 6).then(|| format!("{} {} {}", cells[5], cells[2], cells[1]))
    };
    text(&comment["body"]).lines().filter(|line| line.starts_with("| ")).skip(2).filter_map(cells).collect()
}
