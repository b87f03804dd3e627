//! What stands under a tag: the [tag](https://docs.github.com/en/rest/git/refs#get-a-reference) itself and the
//! [release](https://docs.github.com/en/rest/releases/releases#get-a-release-by-tag-name).

use embark_core::ports::{NewRelease, Tagged};
use embark_core::{Commit, GitTag};
use futures::future::try_join;
use serde::Deserialize;
use serde_json::json;

use super::Failure;
use super::tree::id;
use crate::client::{Client, Permission, Twice};
use crate::error::Error;

/// A tag may name a tag; so many of them are followed.
const DEPTH: usize = 5;

#[derive(Deserialize)]
struct Reference {
    object: Target,
}

#[derive(Deserialize)]
struct Target {
    r#type: String,
    sha: String,
}

#[derive(Deserialize)]
struct Release {
    html_url: String,
    draft: bool,
}

pub(super) async fn tagged(client: &Client, tag: &GitTag) -> Result<Tagged, Error> {
    let (commit, release) = try_join(commit_of(client, tag), release_of(client, tag)).await?;
    if commit.is_none() && release.is_none() {
        // A repository that is not there is another matter.
        client.look().await?;
    }
    Ok(Tagged { commit, release })
}

async fn commit_of(client: &Client, tag: &GitTag) -> Result<Option<Commit>, Error> {
    let mut url = client.url(&["git", "ref", &format!("tags/{tag}")]);
    for _ in 0..DEPTH {
        let Some(answer) = client.get(url, Permission::Contents).await? else { return Ok(None) };
        let Reference { object: Target { r#type: kind, sha } } = answer.parse("tag")?;
        match kind.as_str() {
            "commit" => return id(&sha).map(Some),
            "tag" => url = client.url(&["git", "tags", &sha]),
            _ => break,
        }
    }
    Err(Error::Malformed(format!("its tag {tag} names no commit")))
}

async fn release_of(client: &Client, tag: &GitTag) -> Result<Option<String>, Error> {
    let url = client.url(&["releases", "tags", tag.as_str()]);
    let Some(answer) = client.get(url, Permission::Contents).await? else { return Ok(None) };
    let release: Release = answer.parse("release")?;
    Ok((!release.draft).then_some(release.html_url))
}

/// [Publishes a release](https://docs.github.com/en/rest/releases/releases#create-a-release). GitHub refuses a second one
/// under a tag.
pub(super) async fn publish(client: &Client, release: &NewRelease) -> Result<String, Failure> {
    let body = json!({
        "tag_name": release.tag.as_str(), "target_commitish": release.commit.as_str(), "name": release.name,
        "body": release.body, "prerelease": release.prerelease,
        "generate_release_notes": release.generate_release_notes,
    });
    let url = client.url(&["releases"]);
    let published = client.create(url, &body, Permission::WriteContents, Twice::Harmless).await;
    match published {
        Ok(answer) => Ok(answer.parse::<Release>("release")?.html_url),
        Err(error @ Error::Rejected(_)) => match release_of(client, &release.tag).await? {
            Some(_) => Err(Failure::Conflict(format!("the release {}", release.tag))),
            None => Err(error.into()),
        },
        Err(error) => Err(error.into()),
    }
}
