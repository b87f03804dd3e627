//! Deployments by [REST](https://docs.github.com/en/rest/deployments/deployments#list-deployments), which lists them by
//! environment and task, without their statuses.

use embark_core::{Deployment, Status, Timestamp};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Url;
use serde::Deserialize;

use super::graph;
use super::row::{Row, status};
use crate::client::{Client, Permission};
use crate::error::Error;

/// The most that GitHub lists on one page.
const PAGE: &str = "100";

/// How many requests for statuses are under way at a time.
const AT_ONCE: usize = 8;

/// Lists rows of embark, the newest first: all, or those of an environment, or of a task in it.
pub(super) async fn page(client: &Client, url: Url) -> Result<(Vec<Row>, Option<Timestamp>, Option<Url>), Error> {
    let Some(answer) = client.get(url, Permission::ReadDeployments).await? else { return Err(client.not_found()) };
    let mut rows: Vec<Row> = answer.parse("list of deployments")?;
    // The order is not promised.
    rows.sort_by_key(|row| std::cmp::Reverse(row.id));
    let back_to = rows.last().map(|row| row.created_at);
    rows.retain(Row::is_own);
    Ok((rows, back_to, client.next_page(&answer)?))
}

/// Reads [a row](https://docs.github.com/en/rest/deployments/deployments#get-a-deployment); `None` if it is not there.
pub(super) async fn named(client: &Client, number: u64) -> Result<Option<Row>, Error> {
    let url = client.url(&["deployments", &number.to_string()]);
    match client.get(url, Permission::ReadDeployments).await? {
        Some(answer) => answer.parse("deployment").map(Some),
        // It is not there; or the repository is not, which is another matter.
        None => client.look().await.map(|()| None),
    }
}

/// Returns where the first page is.
pub(super) fn first(client: &Client, environment: Option<&str>, task: Option<&str>) -> Url {
    let mut url = client.url(&["deployments"]);
    let mut pairs = url.query_pairs_mut();
    pairs.append_pair("per_page", PAGE);
    for (name, value) in [("environment", environment), ("task", task)] {
        value.map(|value| pairs.append_pair(name, value));
    }
    drop(pairs);
    url
}

#[derive(Deserialize)]
struct StatusRow {
    id: u64,
    state: String,
    description: Option<String>,
    created_at: Timestamp,
}

/// Adds the statuses: by GraphQL in one request, else with one for each.
pub(super) async fn with_statuses(client: &Client, rows: Vec<Row>) -> Result<Vec<Deployment>, Error> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    if let Some(mut statuses) = graph::statuses(client, &rows).await? {
        let with = |row: Row| statuses.remove(&row.node_id).and_then(|statuses| row.with(statuses));
        return Ok(rows.into_iter().filter_map(with).collect());
    }
    let read = rows.into_iter().map(|row| async move {
        let statuses = statuses_of(client, row.id).await?;
        Ok::<_, Error>(row.with(statuses))
    });
    let read: Vec<_> = stream::iter(read).buffered(AT_ONCE).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

/// Lists [the statuses](https://docs.github.com/en/rest/deployments/statuses#list-deployment-statuses) of a deployment, the
/// oldest first.
async fn statuses_of(client: &Client, number: u64) -> Result<Vec<Status>, Error> {
    let mut url = client.url(&["deployments", &number.to_string(), "statuses"]);
    url.query_pairs_mut().append_pair("per_page", PAGE);
    let mut rows: Vec<StatusRow> = Vec::new();
    let mut next = Some(url);
    while let Some(url) = next {
        let Some(answer) = client.get(url, Permission::ReadDeployments).await? else { break };
        rows.extend(answer.parse::<Vec<StatusRow>>("list of statuses")?);
        next = client.next_page(&answer)?;
    }
    rows.sort_by_key(|row| row.id);
    Ok(rows.into_iter().map(|row| status(&row.state, row.description, row.created_at)).collect())
}
