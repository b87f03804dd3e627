//! Files of a commit, changed: [trees](https://docs.github.com/en/rest/git/trees) and
//! [commits](https://docs.github.com/en/rest/git/commits) of the git database.

use std::collections::HashMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use embark_core::{Commit, Edit, TreeId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Failure;
use crate::client::{Client, Permission, Twice};
use crate::error::Error;

const FILE: &str = "100644";
const EXECUTABLE: &str = "100755";
const FOLDER: &str = "040000";

/// Something with an id.
#[derive(Deserialize)]
pub(super) struct Object {
    pub(super) sha: String,
}

#[derive(Deserialize)]
struct Told {
    tree: Object,
}

#[derive(Deserialize)]
struct Listing {
    tree: Vec<Entry>,
    #[serde(default)]
    truncated: bool,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    mode: String,
    sha: String,
}

/// The folders of a commit, as far as they were looked into.
struct Folders<'a> {
    client: &'a Client,
    /// The entries of each folder by its path; `None` where there is no such folder.
    known: HashMap<String, Option<Vec<Entry>>>,
}

/// Returns the tree of a commit with these edits.
pub(super) async fn edited(client: &Client, base: &Commit, edits: &[Edit]) -> Result<TreeId, Failure> {
    let Some(answer) = client.get(client.url(&["git", "commits", base.as_str()]), Permission::Contents).await? else {
        client.look().await?;
        return Err(Error::NotFound(format!("commit {base}")).into());
    };
    let root = answer.parse::<Told>("commit")?.tree.sha;
    let mut folders = Folders { client, known: HashMap::new() };
    folders.list(String::new(), &root).await?;
    let mut entries: Vec<Value> = Vec::new();
    for Edit { path, contents } in edits {
        let mode = folders.mode(path.as_str()).await?;
        match (mode.as_deref(), contents) {
            // To delete what is not there would be refused.
            (None, None) => {}
            (Some(FILE | EXECUTABLE), None) => {
                entries.push(json!({ "path": path.as_str(), "mode": FILE, "type": "blob", "sha": null }));
            }
            (None | Some(FILE | EXECUTABLE), Some(bytes)) => {
                let mut entry = json!({ "path": path.as_str(), "mode": mode.unwrap_or(FILE.into()), "type": "blob" });
                let (key, value) = contents_of(client, bytes).await?;
                entry[key] = value.into();
                entries.push(entry);
            }
            _ => return Err(Failure::NotAFile(path.to_string())),
        }
    }
    if entries.is_empty() {
        return Ok(id(&root)?);
    }
    let body = json!({ "base_tree": root, "tree": entries });
    let url = client.url(&["git", "trees"]);
    let answer = client.create(url, &body, Permission::WriteContents, Twice::Harmless).await?;
    Ok(id(&answer.parse::<Object>("tree")?.sha)?)
}

/// Text goes with the tree, other bytes before it.
async fn contents_of(client: &Client, bytes: &[u8]) -> Result<(&'static str, String), Error> {
    if let Some(text) = str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')) {
        return Ok(("content", text.to_owned()));
    }
    let body = json!({ "content": STANDARD.encode(bytes), "encoding": "base64" });
    let url = client.url(&["git", "blobs"]);
    let answer = client.create(url, &body, Permission::WriteContents, Twice::Harmless).await?;
    Ok(("sha", answer.parse::<Object>("blob")?.sha))
}

/// Makes a commit. Whose it is is left to GitHub: those of an app are
/// [signed](https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification#signature-verification-for-bots).
pub(super) async fn commit(client: &Client, parent: &Commit, tree: &TreeId, message: &str) -> Result<Commit, Error> {
    let body = json!({ "message": message, "tree": tree.as_str(), "parents": [parent.as_str()] });
    let url = client.url(&["git", "commits"]);
    let answer = client.create(url, &body, Permission::WriteContents, Twice::Harmless).await?;
    id(&answer.parse::<Object>("commit")?.sha)
}

pub(super) fn id<T: FromStr>(text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::Malformed("it names an object with what is no id".into()))
}

impl Folders<'_> {
    /// Returns the mode of what is at a path; `None` where nothing is.
    async fn mode(&mut self, path: &str) -> Result<Option<String>, Failure> {
        let mut folder = String::new();
        let (folders, name) = path.rsplit_once('/').map_or(("", path), |(folders, name)| (folders, name));
        for part in folders.split('/').filter(|part| !part.is_empty()) {
            let inner = if folder.is_empty() { part.to_owned() } else { format!("{folder}/{part}") };
            if !self.known.contains_key(&inner) {
                match self.entry(&folder, part).map(|entry| (entry.mode == FOLDER, entry.sha.clone())) {
                    Some((true, sha)) => self.list(inner.clone(), &sha).await?,
                    Some((false, _)) => return Err(Failure::NotAFile(inner)),
                    None => drop(self.known.insert(inner.clone(), None)),
                }
            }
            folder = inner;
        }
        Ok(self.entry(&folder, name).map(|entry| entry.mode.clone()))
    }

    fn entry(&self, folder: &str, name: &str) -> Option<&Entry> {
        self.known.get(folder)?.as_ref()?.iter().find(|entry| entry.path == name)
    }

    async fn list(&mut self, folder: String, tree: &str) -> Result<(), Error> {
        let url = self.client.url(&["git", "trees", tree]);
        let absent = || Error::Malformed(format!("it does not have the tree {tree}, which it named itself"));
        let answer = self.client.get(url, Permission::Contents).await?.ok_or_else(absent)?;
        let Listing { tree, truncated } = answer.parse("tree")?;
        if truncated {
            return Err(Error::Malformed(format!("it leaves out files of the folder {folder:?}")));
        }
        self.known.insert(folder, Some(tree));
        Ok(())
    }
}
