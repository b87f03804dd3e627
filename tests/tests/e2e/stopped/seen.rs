//! All that embark can have written, but for what one run has by chance: ids, times, the names of changesets.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use embark_tests::harness::{COMPONENTS, Entry, Store, World, digest_of};
use serde_json::Value;

#[derive(Debug, PartialEq)]
pub(super) struct Seen {
    /// The files of the branch.
    branch: BTreeMap<String, String>,
    /// The messages of its commits, oldest first.
    commits: Vec<String>,
    ledger: Vec<Wish>,
    /// What each tag of each component names.
    tags: BTreeMap<String, String>,
    /// The texts of the files beside `embark.yaml`, and its own.
    files: BTreeMap<String, String>,
}

/// A deployment, but for its ids and times.
#[derive(Debug, PartialEq)]
struct Wish {
    target: [String; 2],
    payload: BTreeMap<&'static str, Value>,
    state: Option<String>,
    successes: usize,
    /// The first deployment of the same run.
    run: usize,
}

/// What differs from run to run.
const BY_CHANCE: [&str; 3] = ["Embark-Deployment:", "Embark-Verified:", "    since:"];

/// What a killed process may leave: it is in nobody's way.
fn is_temporary(name: &str) -> bool {
    name.starts_with(".embark-") || name == ".embark.lock"
}

impl Seen {
    pub(super) fn of(world: &World) -> Self {
        let git = &world.repo.git;
        let is_same = |line: &&str| !BY_CHANCE.iter().any(|word| line.starts_with(word));
        let lines =
            |text: &str| text.lines().filter(is_same).map(|line| format!("{line}\n")).collect::<Vec<_>>().concat();
        let branch = git.files("refs/heads/main").into_iter();
        let log = git.run(&["log", "--reverse", "--format=%B%x00", "refs/heads/main"]);
        let ledger = world.repo.ledger();
        let mut files = BTreeMap::new();
        read(&world.app(), "", &mut files);
        Self {
            branch: branch.map(|(path, text)| (path, lines(&text))).collect(),
            commits: log
                .split('\0')
                .map(|message| lines(message.trim()))
                .filter(|message| !message.is_empty())
                .collect(),
            ledger: wishes(&ledger),
            tags: COMPONENTS.iter().flat_map(|component| tags(world, component)).collect(),
            files,
        }
    }

    /// Fails unless all is as it was, or on its way to what will be, and nothing is half there.
    #[track_caller]
    pub(super) fn assert_between(&self, before: &Self, after: &Self, place: &str) {
        assert!(self.commits.starts_with(&before.commits), "{place}: the history goes on");
        assert!(after.commits.starts_with(&self.commits), "{place}: nothing else is committed: {:#?}", self.commits);
        for (tag, digest) in &self.tags {
            assert_eq!(after.tags.get(tag), Some(digest), "{place}: {tag}");
        }
        assert!(before.tags.keys().all(|tag| self.tags.contains_key(tag)), "{place}: no tag is lost");
        for wish in &before.ledger {
            let is_it = |other: &&Wish| other.target == wish.target && other.payload == wish.payload;
            assert!(self.ledger.iter().any(|other| is_it(&other)), "{place}: no deployment is lost: {wish:?}");
        }
        for wish in &self.ledger {
            // What waits is on its way.
            let is_known = |other: &Wish| other.payload == wish.payload && [&None, &other.state].contains(&&wish.state);
            assert!(before.ledger.iter().chain(&after.ledger).any(is_known), "{place}: {wish:?}");
        }
        for (path, text) in &self.files {
            let texts = [before, after].map(|seen| seen.files.get(path));
            assert!(texts.contains(&Some(text)), "{place}: {path} is never half written:\n{text}");
        }
    }

    /// Tells whether nothing is left to be done.
    pub(super) fn has_all_of(&self, after: &Self) -> bool {
        self == after
    }

    #[track_caller]
    pub(super) fn assert_is(&self, smooth: &Self, place: &str) {
        assert_eq!(self.ledger, smooth.ledger, "{place}: the deployments are those without a crash");
        assert_eq!(self.commits, smooth.commits, "{place}: the commits are those without a crash");
        assert_eq!(self, smooth, "{place}: it ends as without a crash");
    }
}

fn wishes(ledger: &[Entry]) -> Vec<Wish> {
    let mut ordered: Vec<&Entry> = ledger.iter().collect();
    ordered.sort_by_key(|entry| (entry.json["sequence"].as_u64(), entry.component.clone()));
    let run = |entry: &Entry| entry.payload()["release"].clone();
    let wish = |entry: &&Entry| Wish {
        target: [entry.environment.clone(), entry.component.clone()],
        payload: ["kind", "image", "tag", "digest", "commit", "version", "hold"]
            .map(|key| (key, entry.payload()[key].clone()))
            .into(),
        state: entry.state(),
        successes: entry.successes(),
        run: ordered.iter().position(|other| run(other) == run(entry)).unwrap_or_default(),
    };
    ordered.iter().map(wish).collect()
}

fn index(world: &World, component: &str) -> Value {
    let path = world.store.layout(component).folder().join("index.json");
    let bytes = fs::read(path).expect("a layout has an index");
    serde_json::from_slice(&bytes).expect("the index is whole")
}

fn tags(world: &World, component: &str) -> Vec<(String, String)> {
    if let Store::Registry(registry) = &world.store {
        let tags = registry.tags(&format!("acme/{component}")).into_iter();
        return tags.map(|(tag, digest)| (format!("{component}:{tag}"), digest)).collect();
    }
    let index = index(world, component);
    let entries = index["manifests"].as_array().into_iter().flatten();
    let tag = |entry: &Value| {
        let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str().unwrap_or_default();
        (format!("{component}:{name}"), entry["digest"].as_str().unwrap_or_default().to_owned())
    };
    entries.map(tag).collect()
}

/// Fails unless each blob of the layouts is whole, and what an index names is there.
#[track_caller]
pub(super) fn assert_layouts_sound(world: &World, place: &str) {
    for component in COMPONENTS {
        let layout = world.store.layout(component);
        let folder = layout.folder().join("blobs/sha256");
        let mut found = BTreeSet::new();
        for entry in fs::read_dir(folder).expect("the blobs can be listed").flatten() {
            let name = format!("sha256:{}", entry.file_name().display());
            let digest = digest_of(&fs::read(entry.path()).expect("a blob can be read"));
            assert_eq!(digest, name, "{place}: each blob is whole");
            found.insert(name);
        }
        for (tag, digest) in tags(world, component) {
            assert!(found.contains(&digest), "{place}: {tag} names what is there");
        }
    }
}

fn read(folder: &Path, below: &str, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the folder can be listed").flatten() {
        let name = entry.file_name().display().to_string();
        let path = format!("{below}{name}");
        if name == ".git" || is_temporary(&name) {
            continue;
        }
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{path}/"), files);
        } else {
            // The name of a changeset is chance.
            let path = if below == ".changeset/" { format!("{below}{}", files.len()) } else { path };
            files.insert(path, fs::read_to_string(entry.path()).expect("the file is text"));
        }
    }
}
