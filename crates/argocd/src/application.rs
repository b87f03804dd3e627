//! The port of what pulls from the deployment repo.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use embark_core::ports::{Delivery, DeliveryError};
use embark_core::{Delivered, EnvironmentName};
use reqwest::Url;
use secrecy::SecretString;
use serde::de::IgnoredAny;

use crate::address::ServerUrl;
use crate::body::Body;
use crate::client::Client;
use crate::name::Name;
use crate::text::line;

/// An application of Argo CD's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    pub(crate) server: ServerUrl,
    name: Name,
    namespace: Option<Name>,
    project: Option<Name>,
    is_refreshed: bool,
}

impl Application {
    /// Names one in the namespace in which the server itself is.
    pub fn new(server: ServerUrl, name: Name) -> Self {
        Self { server, name, namespace: None, project: None, is_refreshed: false }
    }

    /// Names [another namespace](https://argo-cd.readthedocs.io/en/stable/operator-manual/app-any-namespace/).
    #[must_use]
    pub fn in_namespace(self, namespace: Option<Name>) -> Self {
        Self { namespace, ..self }
    }

    /// Names its project. Then the server tells one that is not there from one that may not be seen.
    #[must_use]
    pub fn of_project(self, project: Option<Name>) -> Self {
        Self { project, ..self }
    }

    /// Has the server look at the deployment repo when it is asked to.
    #[must_use]
    pub fn refreshed(self, is_refreshed: bool) -> Self {
        Self { is_refreshed, ..self }
    }

    /// Checks that an answer is about this application.
    fn check(&self, body: &Body) -> Result<(), DeliveryError> {
        let (namespace, name, project) = body.whose();
        let is = |wanted: Option<&Name>, told: &str| wanted.is_none_or(|wanted| wanted.as_str() == told);
        if is(Some(&self.name), name) && is(self.namespace.as_ref(), namespace) && is(self.project.as_ref(), project) {
            return Ok(());
        }
        let told = [namespace, name, project].map(|text| line(text).unwrap_or_default());
        let reason = format!("it tells of application {}/{} of project {:?}", told[0], told[1], told[2]);
        Err(DeliveryError::Malformed { server: self.server.to_string(), reason })
    }

    fn url(&self, refresh: bool) -> Url {
        let mut url = self.server.join(&["api", "v1", "applications", self.name.as_str()]);
        let parameters = [
            ("appNamespace", self.namespace.as_ref().map(Name::as_str)),
            ("project", self.project.as_ref().map(Name::as_str)),
            ("refresh", refresh.then_some("normal")),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        url
    }
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("application ")?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{} at {}", self.name, self.server)
    }
}

/// Argo CD: of each environment the application that brings it there. It is read and never written.
#[derive(Debug, Clone)]
pub struct ArgoCd {
    client: Client,
    applications: BTreeMap<EnvironmentName, Application>,
    repository: Option<String>,
}

impl ArgoCd {
    /// Takes what it is read with; it observes no environment yet.
    pub fn new(http: reqwest::Client, token: Option<SecretString>) -> Self {
        Self { client: Client::new(http, token), applications: BTreeMap::new(), repository: None }
    }

    /// Adds the application of an environment.
    #[must_use]
    pub fn with(mut self, environment: &EnvironmentName, application: Application) -> Self {
        self.applications.insert(environment.clone(), application);
        self
    }

    /// Names the address of the deployment repo, which tells its source from others.
    #[must_use]
    pub fn of_repository(self, url: &str) -> Self {
        Self { repository: Some(url.into()), ..self }
    }

    fn application(&self, environment: &EnvironmentName) -> Result<&Application, DeliveryError> {
        let absent = || DeliveryError::NotFound { application: format!("application of {environment}") };
        self.applications.get(environment).ok_or_else(absent)
    }
}

#[async_trait]
impl Delivery for ArgoCd {
    fn observes(&self, environment: &EnvironmentName) -> bool {
        self.applications.contains_key(environment)
    }

    async fn observe(&self, environment: &EnvironmentName) -> Result<Delivered, DeliveryError> {
        let application = self.application(environment)?;
        let body: Body = self.client.get(&application.url(false), application).await?;
        application.check(&body)?;
        let delivered = body.into_delivered(self.repository.as_deref());
        tracing::debug!(%environment, sync = %delivered.sync, health = %delivered.health, "Argo CD tells of");
        Ok(delivered)
    }

    async fn refresh(&self, environment: &EnvironmentName) -> Result<(), DeliveryError> {
        let application = self.application(environment)?;
        if !application.is_refreshed {
            return Ok(());
        }
        let IgnoredAny = self.client.get(&application.url(true), application).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_application_is_asked_for_where_it_is() {
        let name = |text: &str| text.parse::<Name>().expect("a name");
        let application =
            Application::new("https://argocd.example.com".parse().expect("an address"), name("shop-staging"));
        assert_eq!(application.to_string(), "application shop-staging at https://argocd.example.com");
        let plain = "https://argocd.example.com/api/v1/applications/shop-staging";
        assert_eq!(application.url(false).as_str(), plain);
        let placed = application.in_namespace(Some(name("apps"))).of_project(Some(name("shop")));
        assert_eq!(placed.url(true).as_str(), format!("{plain}?appNamespace=apps&project=shop&refresh=normal"));
        assert_eq!(placed.to_string(), "application apps/shop-staging at https://argocd.example.com");
    }
}
