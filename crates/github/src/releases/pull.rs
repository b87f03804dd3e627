//! [Pull requests](https://docs.github.com/en/rest/pulls/pulls) from one branch of the repository into another one.

use embark_core::BranchName;
use embark_core::ports::{PullRequest, PullRequestText};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::json;

use crate::client::{Answer, Client, Permission, Twice};
use crate::error::Error;

#[derive(Deserialize)]
struct Row {
    number: u64,
    html_url: String,
    title: String,
    body: Option<String>,
    state: String,
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Side {
    r#ref: String,
    /// None where the fork is gone.
    repo: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

pub(super) async fn find(client: &Client, head: &BranchName, base: &BranchName) -> Result<Option<PullRequest>, Error> {
    let mut url = client.url(&["pulls"]);
    let of_owner = format!("{}:{head}", client.repository().owner());
    url.query_pairs_mut().extend_pairs([
        ("state", "open"),
        ("head", &of_owner),
        ("base", base.as_str()),
        ("per_page", "100"),
    ]);
    let Some(answer) = client.get(url, Permission::PullRequests).await? else { return Err(client.not_found()) };
    let rows: Vec<Row> = answer.parse("list of pull requests")?;
    let own = client.repository().to_string();
    let is_own = |side: &Side| side.repo.as_ref().is_some_and(|repo| repo.full_name.eq_ignore_ascii_case(&own));
    let is_it = |row: &Row| {
        row.state == "open" && row.head.r#ref == head.as_str() && row.base.r#ref == base.as_str() && is_own(&row.head)
    };
    Ok(rows.into_iter().filter(is_it).min_by_key(|row| row.number).map(Row::told))
}

/// Opens one. That one is open already, which another run may have opened, is found out by looking.
pub(super) async fn open(
    client: &Client,
    head: &BranchName,
    base: &BranchName,
    text: &PullRequestText,
) -> Result<PullRequest, Error> {
    let PullRequestText { title, body } = text;
    let body = json!({ "title": title, "body": body, "head": head.as_str(), "base": base.as_str() });
    let opened = client.create(client.url(&["pulls"]), &body, Permission::PullRequests, Twice::Harmless).await;
    match opened {
        Ok(answer) => told(&answer),
        Err(error @ Error::Rejected(_)) => find(client, head, base).await?.ok_or(error),
        Err(error) => Err(error),
    }
}

pub(super) async fn update(client: &Client, number: u64, text: &PullRequestText) -> Result<PullRequest, Error> {
    let body = json!({ "title": text.title, "body": text.body });
    told(&client.change(Method::PATCH, of(client, number), &body, Permission::PullRequests).await?)
}

pub(super) async fn close(client: &Client, number: u64) -> Result<(), Error> {
    let body = json!({ "state": "closed" });
    client.change(Method::PATCH, of(client, number), &body, Permission::PullRequests).await.map(drop)
}

fn of(client: &Client, number: u64) -> Url {
    client.url(&["pulls", &number.to_string()])
}

fn told(answer: &Answer) -> Result<PullRequest, Error> {
    answer.parse("pull request").map(Row::told)
}

impl Row {
    fn told(self) -> PullRequest {
        let Self { number, html_url: url, title, body, .. } = self;
        PullRequest { number, url, text: PullRequestText { title, body: body.unwrap_or_default() } }
    }
}
