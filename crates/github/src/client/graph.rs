//! [GraphQL](https://docs.github.com/en/graphql/guides/forming-calls-with-graphql) where parts of an answer may be
//! missing, and where something is changed.

use reqwest::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::retry::Twice;
use super::{Client, Fault, Permission, Told};
use crate::error::Error;

/// What came of a mutation that says on what it builds.
#[derive(Debug)]
pub(crate) enum Mutated<T> {
    Done(T),
    /// It builds on something that is not so any more: nothing was changed.
    Stale,
}

impl Client {
    /// Asks for parts of the repository. Those that are not there are null, whether GitHub says so or not.
    pub(crate) async fn lookup<T: DeserializeOwned>(&self, query: &str, variables: &Value) -> Result<T, Error> {
        let Told { data, errors } = self.graph(query, variables, Permission::Contents, Twice::Harmless).await?;
        for fault in errors {
            match fault.r#type.as_deref() {
                Some("NOT_FOUND") if fault.path.len() > 1 => {}
                Some("NOT_FOUND") => return Err(self.not_found()),
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => return Err(needs(Permission::Contents, &fault)),
                _ => return Err(Error::Malformed(format!("it answers {}", fault.message))),
            }
        }
        data.ok_or_else(|| Error::Malformed("its answer holds no data".into()))
    }

    /// Changes something. It is sent once, but where GitHub has told that nothing came of it.
    ///
    /// [`Error::Unavailable`] does not tell whether anything came of it.
    pub(crate) async fn mutate<T: DeserializeOwned>(
        &self,
        mutation: &str,
        variables: &Value,
        permission: Permission,
    ) -> Result<Mutated<T>, Error> {
        let Told { data, errors } = self.graph(mutation, variables, permission, Twice::Harmful).await?;
        let Some(fault) = errors.into_iter().next() else {
            return data.map(Mutated::Done).ok_or_else(|| Error::Malformed("its answer holds no data".into()));
        };
        Err(match fault.r#type.as_deref() {
            Some("STALE_DATA") => return Ok(Mutated::Stale),
            Some("INSUFFICIENT_SCOPES") => needs(permission, &fault),
            Some("FORBIDDEN") if is_of_token(&fault.message) => needs(permission, &fault),
            Some("NOT_FOUND") => {
                Error::NotFound(format!("such thing, or none that the token may write ({})", fault.message))
            }
            Some(_) => Error::Rejected(fault.message),
            // A time that is up is told without a type.
            None => Error::Unavailable(format!("it answers {}", fault.message).into()),
        })
    }

    async fn graph<T: DeserializeOwned>(
        &self,
        query: &str,
        variables: &Value,
        permission: Permission,
        twice: Twice,
    ) -> Result<Told<T>, Error> {
        let body = json!({ "query": query, "variables": variables });
        let (status, answer) = self.send(Method::POST, &self.api.graphql(), Some(&body), twice).await?;
        match status {
            StatusCode::OK => answer.parse("answer"),
            StatusCode::NOT_FOUND if self.credentials.are_given() => Err(Error::NotFound("GraphQL".into())),
            StatusCode::NOT_FOUND => Err(self.not_found()),
            status => Err(self.refusal(status, &answer, permission)),
        }
    }
}

/// Tells whether GitHub speaks of
/// [the token's permissions](https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#resource-not-accessible),
/// and not of a rule of the branch, which has the same type. Both end with one exit code.
fn is_of_token(message: &str) -> bool {
    message.starts_with("Resource not accessible")
}

fn needs(permission: Permission, fault: &Fault) -> Error {
    Error::Unauthorized(format!("the token needs the permission \"{}\" ({})", permission.name(), fault.message))
}
