//! The history: which commit is an ancestor of which.

use embark_core::ports::Ancestry;
use serde::Deserialize;

use crate::client::{Client, Permission};
use crate::error::Error;

#[derive(Deserialize)]
struct Comparison {
    /// Where the second commit is, seen from the first.
    status: String,
}

/// [Compares two commits](https://docs.github.com/en/rest/commits/commits#compare-two-commits), and asks for one of the
/// commits between them at most.
pub(crate) async fn is_ancestor(client: &Client, ancestor: &str, descendant: &str) -> Result<Ancestry, Error> {
    let mut url = client.url(&["compare", &format!("{ancestor}...{descendant}")]);
    url.query_pairs_mut().append_pair("per_page", "1");
    // One that is not there, or a repository that is not: neither tells anything of the order.
    let Some(answer) = client.get(url, Permission::Contents).await? else { return Ok(Ancestry::Unknown) };
    let comparison: Comparison = answer.parse("comparison")?;
    match comparison.status.as_str() {
        "ahead" | "identical" => Ok(Ancestry::Yes),
        "behind" | "diverged" => Ok(Ancestry::No),
        _ => Err(Error::Malformed("it compares two commits with a word that is not known".into())),
    }
}
