//! The one deployment that an event names.

use embark_core::Deployment;

use super::{graph, rest};
use crate::client::Client;
use crate::error::Error;

/// Reads the deployment of a number: by its node id if that leads to it, else by the number.
pub(super) async fn named(client: &Client, number: u64, node_id: Option<&str>) -> Result<Option<Deployment>, Error> {
    if let Some(node_id) = node_id
        && let Some((row, statuses)) = graph::named(client, number, node_id).await?
    {
        return Ok(if row.is_own() { row.with(statuses) } else { None });
    }
    let Some(row) = rest::named(client, number).await?.filter(super::row::Row::is_own) else { return Ok(None) };
    Ok(rest::with_statuses(client, vec![row]).await?.into_iter().next())
}
