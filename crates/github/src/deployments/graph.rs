//! Deployments with their statuses by [GraphQL](https://docs.github.com/en/graphql/reference/objects#deployment).

use std::collections::HashMap;

use embark_core::{Deployment, EnvironmentName, Status, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::row::{Row, status};
use crate::client::{Client, Permission};
use crate::error::Error;

/// Lists the newest deployments of some environments, or of all.
pub(crate) const LIST: &str = "\
query($owner: String!, $name: String!, $environments: [String!], $after: String) {
  repository(owner: $owner, name: $name) {
    deployments(environments: $environments, first: 100, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      pageInfo { hasNextPage endCursor }
      nodes {
        id
        databaseId
        task
        originalEnvironment
        payload
        createdAt
        latestStatus { id }
        statuses(first: 100) { nodes { id state description createdAt } }
      }
    }
  }
}";

/// Reads the statuses of deployments.
pub(crate) const STATUSES: &str = "\
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Deployment {
      id
      latestStatus { id }
      statuses(first: 100) { nodes { id state description createdAt } }
    }
  }
}";

/// Reads deployments with their statuses, wherever they are.
pub(crate) const NAMED: &str = "\
query($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Deployment {
      id
      databaseId
      task
      originalEnvironment
      payload
      createdAt
      repository { nameWithOwner }
      latestStatus { id }
      statuses(first: 100) { nodes { id state description createdAt } }
    }
  }
}";

/// So many nodes can be asked for at once.
const NODES: usize = 100;

/// A page of embark's deployments, the newest first.
pub(super) struct Page {
    pub(super) deployments: Vec<Deployment>,
    /// When the last deployment of the page was made, whosever it is.
    pub(super) back_to: Option<Timestamp>,
    /// Where the next page begins.
    pub(super) next: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    deployments: List,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    page_info: PageInfo,
    nodes: Vec<Option<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PageInfo {
    has_next_page: bool,
    end_cursor: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    /// It is an `Int` of 32 bits, and null of a greater one.
    database_id: Option<u64>,
    task: Option<String>,
    original_environment: Option<String>,
    payload: Option<String>,
    created_at: Timestamp,
    #[serde(flatten)]
    statuses: Statuses,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statuses {
    latest_status: Option<Id>,
    statuses: Option<StatusList>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct StatusList {
    nodes: Vec<Option<StatusNode>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StatusNode {
    id: String,
    state: String,
    description: Option<String>,
    created_at: Timestamp,
}

#[derive(Deserialize)]
struct Named {
    /// What is no deployment has none of what is asked for.
    nodes: Vec<Option<Value>>,
}

#[derive(Deserialize)]
struct NamedNode {
    repository: Owner,
    #[serde(flatten)]
    node: Node,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Owner {
    name_with_owner: String,
}

#[derive(Deserialize)]
struct Found {
    nodes: Vec<Option<FoundNode>>,
}

#[derive(Deserialize)]
struct FoundNode {
    id: String,
    #[serde(flatten)]
    statuses: Statuses,
}

impl Node {
    /// Returns the row and its statuses; `None` if it does not tell its number.
    fn into_row(self) -> Option<(Row, Vec<Status>)> {
        let (task, payload) = (self.task.unwrap_or_default(), self.payload.unwrap_or_default());
        let environment = self.original_environment.unwrap_or_default();
        let row = Row::new(self.database_id?, self.id, task, environment, payload, self.created_at);
        Some((row, self.statuses.in_order()))
    }
}

impl Statuses {
    /// Puts them into their order, the oldest first. Which way they come is not said, and times are of whole seconds; the
    /// newest is named.
    fn in_order(self) -> Vec<Status> {
        let mut nodes: Vec<StatusNode> = self.statuses.into_iter().flat_map(|list| list.nodes).flatten().collect();
        let newest = self.latest_status.map(|latest| latest.id);
        if newest.is_some() && nodes.first().map(|first| &first.id) == newest.as_ref() {
            nodes.reverse();
        }
        nodes.sort_by_key(|node| node.created_at);
        // What is named as the newest is that, whatever the clock says.
        nodes.sort_by_key(|node| newest.as_ref() == Some(&node.id));
        nodes.into_iter().map(|node| status(&node.state, node.description, node.created_at)).collect()
    }
}

/// Lists a page; `None` where there is no GraphQL, or it does not tell the numbers.
pub(super) async fn page(
    client: &Client,
    environments: &[EnvironmentName],
    after: Option<&str>,
) -> Result<Option<Page>, Error> {
    let environments = (!environments.is_empty()).then_some(environments);
    let (owner, name) = (client.repository().owner(), client.repository().name());
    let variables = json!({ "owner": owner, "name": name, "environments": environments, "after": after });
    let Some(listed) = client.query::<Listed>(LIST, &variables, Permission::ReadDeployments).await? else {
        return Ok(None);
    };
    let list = listed.repository.ok_or_else(|| client.not_found())?.deployments;
    let back_to = list.nodes.iter().flatten().last().map(|node| node.created_at);
    let mut deployments = Vec::new();
    for node in list.nodes.into_iter().flatten() {
        let Some((row, statuses)) = node.into_row() else { return Ok(None) };
        if row.is_own() {
            deployments.extend(row.with(statuses));
        }
    }
    let next = list.page_info.end_cursor.filter(|_| list.page_info.has_next_page);
    Ok(Some(Page { deployments, back_to, next }))
}

/// Reads the statuses of rows, by their node ids; `None` where there is no GraphQL.
pub(super) async fn statuses(client: &Client, rows: &[Row]) -> Result<Option<HashMap<String, Vec<Status>>>, Error> {
    let mut found = HashMap::new();
    for some in rows.chunks(NODES) {
        let ids: Vec<&str> = some.iter().map(|row| row.node_id.as_str()).collect();
        let told = client.query::<Found>(STATUSES, &json!({ "ids": ids }), Permission::ReadDeployments).await?;
        let Some(told) = told else { return Ok(None) };
        found.extend(told.nodes.into_iter().flatten().map(|node| (node.id, node.statuses.in_order())));
    }
    Ok(Some(found))
}

/// Reads the row of this number by its node id; `None` where that is not to be had here. A node id is a claim: it may be
/// of any repository.
pub(super) async fn named(client: &Client, number: u64, node_id: &str) -> Result<Option<(Row, Vec<Status>)>, Error> {
    let told = client.query::<Named>(NAMED, &json!({ "ids": [node_id] }), Permission::ReadDeployments).await;
    let node = match told {
        Ok(told) => told.and_then(|told| NamedNode::deserialize(told.nodes.into_iter().flatten().next()?).ok()),
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let repository = client.repository().to_string();
    let is_here = |node: &NamedNode| node.repository.name_with_owner.eq_ignore_ascii_case(&repository);
    let row = node.filter(is_here).and_then(|node| node.node.into_row());
    Ok(row.filter(|(row, _)| row.id == number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(latest: &str, nodes: &[(&str, &str, &str)]) -> Vec<String> {
        let nodes: Vec<_> = nodes
            .iter()
            .map(|(id, state, at)| json!({ "id": id, "state": state, "description": null, "createdAt": at }))
            .collect();
        let told = json!({ "latestStatus": { "id": latest }, "statuses": { "nodes": nodes } });
        let statuses: Statuses = serde_json::from_value(told).expect("as GraphQL has it");
        statuses.in_order().into_iter().map(|status| status.state.to_string()).collect()
    }

    #[test]
    fn statuses_are_put_into_their_order_whichever_way_they_come() {
        let (early, late) = ("2026-11-25T10:00:00Z", "2026-11-25T10:00:01Z");
        let newest_first = [("c", "SUCCESS", late), ("b", "IN_PROGRESS", late), ("a", "QUEUED", early)];
        assert_eq!(statuses("c", &newest_first), ["queued", "in_progress", "success"]);
        let oldest_first = [("a", "QUEUED", early), ("b", "IN_PROGRESS", late), ("c", "SUCCESS", late)];
        assert_eq!(statuses("c", &oldest_first), ["queued", "in_progress", "success"]);
        // GitHub calls so what nobody has touched for half an hour, or what waits for reviewers: it waits.
        for state in ["WAITING", "ABANDONED"] {
            assert_eq!(statuses("x", &[("x", state, early)]), ["pending"]);
        }
        assert!(statuses("x", &[]).is_empty());
    }
}
