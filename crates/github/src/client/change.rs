//! Changes of what is there.

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use super::Client;
use super::retry::Twice;
use crate::client::{Answer, Permission};
use crate::error::Error;

impl Client {
    /// Changes something that is there to what `body` says; done twice it is the same.
    pub(crate) async fn change(
        &self,
        method: Method,
        url: Url,
        body: &Value,
        permission: Permission,
    ) -> Result<Answer, Error> {
        let (status, answer) = self.send(method, &url, Some(body), Twice::Harmless).await?;
        match status {
            status if status.is_success() => Ok(answer),
            StatusCode::NOT_FOUND => {
                Err(Error::Unauthorized(format!("the token needs the permission \"{}\" ({status})", permission.name())))
            }
            StatusCode::UNPROCESSABLE_ENTITY => {
                let words = answer.words().unwrap_or_default();
                Err(Error::Rejected(format!("{status}: {words}")))
            }
            status => Err(self.refusal(status, &answer, permission)),
        }
    }

    /// Deletes something; done twice it is the same.
    pub(crate) async fn delete(&self, url: Url, permission: Permission) -> Result<(), Error> {
        let (status, answer) = self.send(Method::DELETE, &url, None, Twice::Harmless).await?;
        match status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Err(Error::Rejected(answer.said(status))),
            status => Err(self.refusal(status, &answer, permission)),
        }
    }
}
