//! Looks over the systems that a configuration names: is each there, and do the files have what is named?

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::join_all;

use crate::delivered::Delivered;
use crate::error::Error;
use crate::image::{Reference, Repository, Tag};
use crate::ports::RegistryError;
use crate::systems::Systems;
use crate::values_file;

/// What was found of one system, file or repository.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at, e.g. `values file staging.yaml`.
    pub what: String,
    /// What there is, in a few words, or why it cannot be used.
    pub result: Result<String, Error>,
}

/// A tag that nobody has: that it is not there is told by a registry which lets us in.
const NOBODYS: &str = "embark-config-check";

/// Asks every system that the configuration names, and writes nothing.
pub async fn look_over(systems: &Systems<'_>) -> Vec<Finding> {
    let mut findings = repository(systems).await;
    let targets = systems.pipeline.targets(systems.pipeline.environments());
    let waiting = systems.platform.pending(targets).await;
    let waiting = waiting.map(|waiting| format!("{} waiting", waiting.len())).map_err(Error::from);
    findings.push(Finding { what: "deployments".into(), result: waiting });
    findings.extend(registries(systems).await);
    findings.extend(deliveries(systems).await);
    findings
}

/// Looks at the deployment branch, and at each values file for the keys of each component.
async fn repository(systems: &Systems<'_>) -> Vec<Finding> {
    let environments = systems.pipeline.environments();
    let files = environments.iter().map(|environment| environment.values_file.clone());
    let what = "deployment repo".to_owned();
    let snapshot = match systems.repository.read(files.collect()).await {
        Ok(snapshot) => snapshot,
        Err(error) => return vec![Finding { what, result: Err(error.into()) }],
    };
    let mut findings = vec![Finding { what, result: Ok(format!("at {}", snapshot.tip.short())) }];
    for environment in environments {
        let file = &environment.values_file;
        let look = || {
            let document = values_file::parse(file, snapshot.file(file))?;
            let components = systems.pipeline.components().iter();
            components
                .map(|component| values_file::named(file, &document, component))
                .collect::<Result<Vec<_>, _>>()?;
            Ok("has the keys of every component".into())
        };
        findings.push(Finding { what: format!("values file {file}"), result: look() });
    }
    findings
}

async fn deliveries(systems: &Systems<'_>) -> Vec<Finding> {
    let environments = systems.pipeline.environments().iter();
    let looks = environments.filter_map(|environment| {
        let delivery = systems.observing(&environment.name).ok()?;
        Some(async move {
            let told = |delivered: Delivered| format!("{}, {}", delivered.sync, delivered.health);
            let result = delivery.observe(&environment.name).await;
            let result = result.map(told).map_err(|error| Error::Delivery(Arc::new(error)));
            Finding { what: format!("Argo CD of {}", environment.name), result }
        })
    });
    join_all(looks).await
}

async fn registries(systems: &Systems<'_>) -> Vec<Finding> {
    let environments = systems.pipeline.environments();
    let components = systems.pipeline.components().iter();
    let repositories: BTreeSet<&Repository> = components
        .flat_map(|component| environments.iter().map(|environment| component.repository(&environment.name)))
        .collect();
    let looks = repositories.into_iter().map(|repository| async move {
        let result = match NOBODYS.parse::<Tag>() {
            Ok(tag) => match systems.registry.resolve(repository, &Reference::Tag(tag)).await {
                Ok(_) => Ok("it lets us in".into()),
                Err(RegistryError::NoRepository { .. }) => Ok("is not there yet: its first image makes it".into()),
                // A registry does not tell a repository without images from one that is not there.
                Err(error) if error.is_absent() => Ok("it lets us in".into()),
                Err(error) => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        };
        Finding { what: format!("images {repository}"), result }
    });
    join_all(looks).await
}
