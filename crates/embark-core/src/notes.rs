//! *notes*: the release and its tag, once, on the commit from which the images were built.

use crate::commit::Commit;
use crate::error::Error;
use crate::git_name::GitTag;
use crate::item::{Item, ItemOutcome};
use crate::name::EnvironmentName;
use crate::ports::{NewRelease, ReleaseError, ReleasePlatform, Tagged};
use crate::promote::{PromoteRequest, promote};
use crate::refusal::Refusal;
use crate::release_pr::ReleaseChange;
use crate::systems::Systems;
use crate::text::without_lone_returns;
use crate::version::AppVersion;

/// What to publish.
#[derive(Debug, Clone)]
pub struct NotesRequest {
    /// The environment to which the version is promoted afterwards. It must not be refused.
    pub environment: EnvironmentName,
    /// The version.
    pub version: AppVersion,
    /// The commit from which the images were built.
    pub commit: Commit,
    /// The tag.
    pub tag: GitTag,
    /// The title.
    pub title: String,
    /// The notes, in Markdown.
    pub body: String,
    /// Whether the platform writes notes of its own behind the body.
    pub generated: bool,
    /// Whether to stop after the decision.
    pub dry_run: bool,
}

/// What came of it.
#[derive(Debug)]
pub enum Notes {
    /// The release is published, or would be.
    Published {
        /// Whether that is new.
        change: ReleaseChange,
        /// The address of its page; `None` in a dry run.
        url: Option<String>,
    },
    /// The promotion would be refused, or could not be carried out. Nothing was published.
    NotPromotable(Vec<Item>),
    /// A rule says no.
    Refused(Refusal),
}

/// Publishes the release of a version, if its promotion would not be refused.
///
/// # Errors
/// [`Error`] if a system failed.
pub async fn notes(
    systems: &Systems<'_>,
    releases: &dyn ReleasePlatform,
    request: &NotesRequest,
) -> Result<Notes, Error> {
    let tagged = releases.tagged(&request.tag).await?;
    match decide(request, &tagged) {
        Decision::Refuse(refusal) => return Ok(Notes::Refused(refusal)),
        Decision::Keep(url) => return Ok(Notes::Published { change: ReleaseChange::Unchanged, url: Some(url) }),
        Decision::Publish => {}
    }
    let promotion = PromoteRequest {
        version: Some(request.version.clone()),
        commit: Some(request.commit.clone()),
        dry_run: true,
        ..PromoteRequest::new(request.environment.clone())
    };
    let items = promote(systems, &promotion).await?;
    let is_no = |item: &Item| matches!(item.outcome, ItemOutcome::Refused(_) | ItemOutcome::Failed(_));
    if items.iter().any(is_no) {
        return Ok(Notes::NotPromotable(items));
    }
    if request.dry_run {
        return Ok(Notes::Published { change: ReleaseChange::Planned, url: None });
    }
    publish(releases, request).await
}

enum Decision {
    /// It is published, on this page.
    Keep(String),
    Publish,
    Refuse(Refusal),
}

fn decide(request: &NotesRequest, tagged: &Tagged) -> Decision {
    match (&tagged.commit, &tagged.release) {
        (Some(existing), _) if *existing != request.commit => Decision::Refuse(Refusal::TaggedElsewhere {
            tag: request.tag.clone(),
            existing: existing.clone(),
            wanted: request.commit.clone(),
        }),
        (_, Some(url)) => Decision::Keep(url.clone()),
        _ => Decision::Publish,
    }
}

/// Publishes it, and looks whether the tag is where it should be.
async fn publish(releases: &dyn ReleasePlatform, request: &NotesRequest) -> Result<Notes, Error> {
    let release = NewRelease {
        tag: request.tag.clone(),
        commit: request.commit.clone(),
        name: request.title.clone(),
        body: without_lone_returns(&request.body),
        prerelease: request.version.is_prerelease(),
        generate_release_notes: request.generated,
    };
    let (change, conflict) = match releases.publish(release).await {
        Ok(_) => (ReleaseChange::Done, None),
        // Another run was faster.
        Err(error @ ReleaseError::Conflict { .. }) => (ReleaseChange::Unchanged, Some(error)),
        Err(error) => return Err(error.into()),
    };
    let tagged = releases.tagged(&request.tag).await?;
    match (decide(request, &tagged), conflict) {
        (Decision::Refuse(refusal), _) => Ok(Notes::Refused(refusal)),
        (Decision::Keep(url), _) => Ok(Notes::Published { change, url: Some(url) }),
        (Decision::Publish, Some(error)) => Err(error.into()),
        (Decision::Publish, None) => Err(Error::from(ReleaseError::NotFound {
            platform: "the repository".into(),
            what: format!("release {}, which was published just now", request.tag),
        })),
    }
}
