//! Notices: a comment on the [pull request](https://docs.github.com/en/rest/commits/commits#list-pull-requests-associated-with-a-commit)
//! that brought a commit, one for each, which is updated from then on.

mod comment;

use embark_core::Commit;
use embark_core::ports::ApplicationError;
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

pub use self::comment::Notice;
use crate::address::ApiUrl;
use crate::client::{Client, Permission, Twice};
use crate::credentials::Credentials;
use crate::error::Error;
use crate::name::RepositoryName;

/// The most that GitHub lists on one page.
const PAGE: &str = "100";

/// So many pages of comments are looked through.
const PAGES: usize = 5;

/// The pull requests of a repository on GitHub.
#[derive(Debug, Clone)]
pub struct PullRequests(Client);

#[derive(Deserialize)]
struct PullRequest {
    number: u64,
    merged_at: Option<String>,
    merge_commit_sha: Option<String>,
}

#[derive(Deserialize)]
struct Comment {
    id: u64,
    body: Option<String>,
    #[serde(default)]
    author_association: String,
    user: Option<User>,
}

#[derive(Deserialize)]
struct User {
    r#type: String,
}

impl PullRequests {
    /// Takes the application's repository, where the API is, and what is let in with the permission
    /// `Pull requests: write`.
    pub fn new(
        http: reqwest::Client,
        api: ApiUrl,
        repository: RepositoryName,
        credentials: impl Into<Credentials>,
    ) -> Self {
        Self(Client::new(http, api, repository, credentials))
    }

    /// Tells the merged pull request that brought a commit, and returns its number; `None` where none did.
    ///
    /// It takes three requests, and one more for each further hundred comments. There is no compare-and-swap on a
    /// comment: of two who tell at the same time, one is read in it.
    ///
    /// # Errors
    /// [`ApplicationError`] says why it was not told.
    pub async fn tell(&self, commit: &Commit, notices: &[Notice]) -> Result<Option<u64>, ApplicationError> {
        tell(&self.0, commit, notices).await.map_err(|error| error.of_application(self.0.repository()))
    }
}

async fn tell(client: &Client, commit: &Commit, notices: &[Notice]) -> Result<Option<u64>, Error> {
    let Some(number) = find(client, commit).await? else { return Ok(None) };
    let comments = client.url(&["issues", &number.to_string(), "comments"]);
    match find_comment(client, comments.clone(), number).await? {
        Some((id, before)) => {
            let body = json!({ "body": comment::text(Some(&before), notices) });
            let url = client.url(&["issues", "comments", &id.to_string()]);
            client.change(Method::PATCH, url, &body, Permission::PullRequests).await?;
        }
        None => {
            let body = json!({ "body": comment::text(None, notices) });
            client.create(comments, &body, Permission::PullRequests, Twice::Harmful).await?;
        }
    }
    Ok(Some(number))
}

/// Finds the pull request: of several the one whose merge is the commit, else the newest.
async fn find(client: &Client, commit: &Commit) -> Result<Option<u64>, Error> {
    let url = paged(client.url(&["commits", commit.as_str(), "pulls"]));
    let Some(answer) = client.get(url, Permission::PullRequests).await? else {
        // A commit that is not there is told from a repository that is not.
        client.look().await?;
        return Ok(None);
    };
    let mut merged: Vec<PullRequest> = answer.parse("list of pull requests")?;
    merged.retain(|pull| pull.merged_at.is_some());
    merged.sort_by_key(|pull| (pull.merge_commit_sha.as_deref() == Some(commit.as_str()), pull.number));
    Ok(merged.last().map(|pull| pull.number))
}

/// Finds [the comment](https://docs.github.com/en/rest/issues/comments#list-issue-comments) that is updated, with its text.
async fn find_comment(client: &Client, url: Url, number: u64) -> Result<Option<(u64, String)>, Error> {
    let mut next = Some(paged(url));
    for _ in 0..PAGES {
        let Some(url) = next else { return Ok(None) };
        let Some(answer) = client.get(url, Permission::PullRequests).await? else { return Err(client.not_found()) };
        let comments: Vec<Comment> = answer.parse("list of comments")?;
        let mut own = comments.into_iter().filter(Comment::is_own);
        if let Some(Comment { id, body, .. }) = own.next() {
            return Ok(Some((id, body.unwrap_or_default())));
        }
        next = client.next_page(&answer)?;
    }
    match next {
        // Told all the same, it would be told again and again.
        Some(_) => Err(Error::Rejected(format!("pull request {number} has more comments than are looked through"))),
        None => Ok(None),
    }
}

impl Comment {
    /// Tells whether it is embark's. A stranger's that looks so is left alone, and nothing in it is believed.
    fn is_own(&self) -> bool {
        let may_write = matches!(self.author_association.as_str(), "OWNER" | "MEMBER" | "COLLABORATOR");
        let is_bot = self.user.as_ref().is_some_and(|user| user.r#type == "Bot");
        (may_write || is_bot) && self.body.as_deref().is_some_and(comment::is_marked)
    }
}

fn paged(mut url: Url) -> Url {
    url.query_pairs_mut().append_pair("per_page", PAGE);
    url
}
