//! All that is in a folder, by the [trees](https://docs.github.com/en/rest/git/trees) of the git database.

use embark_core::ports::Folder;
use embark_core::{FilePath, Revision};
use serde::Deserialize;

use super::{Branch, Failure};
use crate::client::Permission;
use crate::error::Error;

#[derive(Deserialize)]
struct Told {
    tree: Object,
}

#[derive(Deserialize)]
struct Object {
    sha: String,
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

const FILE: &str = "100644";
const EXECUTABLE: &str = "100755";
const LINK: &str = "120000";
const FOLDER: &str = "040000";

/// So many files are asked for at most: each is a request.
const MOST: usize = 500;

impl Branch {
    /// Reads all that is below a folder, or below the root: a request for each folder and for each file.
    pub(super) async fn read_below(&self, at: &Revision, folder: Option<&FilePath>) -> Result<Option<Folder>, Failure> {
        let Some(mut tree) = self.root_of(at).await? else {
            return Err(Error::NotFound(format!("commit {at}")).into());
        };
        for part in folder.map(|folder| folder.as_str().split('/')).into_iter().flatten() {
            let entries = self.list(&tree).await?;
            let found = entries.into_iter().find(|entry| entry.path == part && entry.mode == FOLDER);
            let Some(found) = found else { return Ok(None) };
            tree = found.sha;
        }
        let mut read = Folder::default();
        let mut open = vec![(folder.map(|folder| format!("{folder}/")).unwrap_or_default(), tree)];
        while let Some((folder, tree)) = open.pop() {
            for Entry { path, mode, sha } in self.list(&tree).await? {
                let path = format!("{folder}{path}");
                if mode == FOLDER {
                    open.push((format!("{path}/"), sha));
                    continue;
                }
                let Ok(path) = path.parse::<FilePath>() else {
                    read.left_out.insert(path, "a file with a name that is no path here");
                    continue;
                };
                match mode.as_str() {
                    FILE | EXECUTABLE => _ = read.files.insert(path, self.bytes(&sha).await?),
                    LINK => {
                        let target = String::from_utf8_lossy(&self.bytes(&sha).await?).into_owned();
                        read.links.insert(path, target);
                    }
                    _ => _ = read.left_out.insert(path.to_string(), "a submodule"),
                }
                if read.files.len() + read.links.len() > MOST {
                    return Err(Failure::TooMany);
                }
            }
        }
        Ok(Some(read))
    }

    /// Returns the root tree of a commit; `None` where there is no such commit.
    async fn root_of(&self, at: &Revision) -> Result<Option<String>, Error> {
        let url = self.client.url(&["git", "commits", at.as_str()]);
        match self.client.get(url, Permission::Contents).await? {
            Some(answer) => Ok(Some(answer.parse::<Told>("commit")?.tree.sha)),
            None => self.client.look().await.map(|()| None),
        }
    }

    async fn list(&self, tree: &str) -> Result<Vec<Entry>, Error> {
        let url = self.client.url(&["git", "trees", tree]);
        let absent = || Error::Malformed(format!("it does not have the tree {tree}, which it named itself"));
        let listing: Listing = self.client.get(url, Permission::Contents).await?.ok_or_else(absent)?.parse("tree")?;
        if listing.truncated {
            return Err(Error::Malformed(format!("it leaves out entries of the tree {tree}")));
        }
        Ok(listing.tree)
    }
}
