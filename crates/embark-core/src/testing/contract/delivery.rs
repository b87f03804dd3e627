//! The contract of [`Delivery`].
//!
//! A case about a state gets an environment which has that of [`states`] with the case's name; the others say what theirs
//! has.

use crate::commit::Revision;
use crate::delivered::{DegradedResource, Delivered, Health, Operation, SyncState};
use crate::name::EnvironmentName;
use crate::ports::{Delivery, DeliveryError};

/// A commit of the deployment repo, told by a letter.
pub fn commit(letter: char) -> Revision {
    letter.to_string().repeat(40).parse().expect("a commit")
}

/// One that is synchronised and healthy.
pub fn healthy() -> Delivered {
    Delivered {
        revisions: vec![commit('b')],
        applied: vec![commit('b')],
        sync: SyncState::Synced,
        health: Health::Healthy,
        message: None,
        degraded: Vec::new(),
        operation: Some(Operation::Succeeded),
        operated: vec![commit('b')],
        images: vec![
            format!("registry.test/backend:{}", "c".repeat(40)),
            format!("registry.test/frontend:1.4.0@sha256:{}", "d".repeat(64)),
        ],
        is_automated: true,
    }
}

/// What the cases about a state expect, by their names.
pub fn states() -> Vec<(&'static str, Delivered)> {
    let message = |text: &str| Some(text.to_owned());
    let degraded = DegradedResource {
        kind: "Deployment".into(),
        name: "frontend".into(),
        message: message("Deployment \"frontend\" exceeded its progress deadline"),
    };
    let silent = DegradedResource { kind: "StatefulSet".into(), name: "queue".into(), message: None };
    vec![
        ("tells_one_that_is_healthy", healthy()),
        (
            "tells_one_that_is_out_of_sync",
            Delivered { revisions: vec![commit('c')], sync: SyncState::OutOfSync, is_automated: false, ..healthy() },
        ),
        (
            "tells_one_that_is_on_its_way",
            Delivered { health: Health::Progressing, operation: Some(Operation::Running), ..healthy() },
        ),
        (
            "tells_what_is_degraded",
            Delivered { health: Health::Degraded, degraded: vec![degraded, silent], ..healthy() },
        ),
        ("tells_one_that_waits_for_a_person", Delivered { health: Health::Suspended, ..healthy() }),
        (
            "tells_a_synchronisation_that_failed",
            Delivered {
                revisions: vec![commit('c')],
                sync: SyncState::OutOfSync,
                operation: Some(Operation::Failed),
                operated: vec![commit('c')],
                message: message("one or more objects failed to apply"),
                ..healthy()
            },
        ),
        (
            "tells_what_it_warns_of",
            Delivered {
                sync: SyncState::Unknown,
                message: message("failed to load the target state: authentication required"),
                ..healthy()
            },
        ),
        (
            "tells_the_commits_of_several_sources",
            Delivered {
                revisions: vec![commit('b'), commit('c')],
                applied: vec![commit('a'), commit('b')],
                operated: vec![commit('a'), commit('b')],
                ..healthy()
            },
        ),
        (
            "tells_nothing_of_what_is_new",
            Delivered { is_automated: true, health: Health::Missing, ..Delivered::default() },
        ),
    ]
}

async fn tells(delivery: &dyn Delivery, environment: &EnvironmentName, case: &str) {
    let (_, expected) = states().into_iter().find(|(name, _)| *name == case).expect("the case has a state");
    assert_eq!(delivery.observe(environment).await.expect("observed"), expected);
}

/// What is synchronised and healthy is told so, with its commit and its images.
pub async fn tells_one_that_is_healthy(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_one_that_is_healthy").await;
}

/// The commit that was looked at is told apart from the one that was applied.
pub async fn tells_one_that_is_out_of_sync(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_one_that_is_out_of_sync").await;
}

/// A running operation is told.
pub async fn tells_one_that_is_on_its_way(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_one_that_is_on_its_way").await;
}

/// Of several resources those that are degraded are told, with why.
pub async fn tells_what_is_degraded(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_what_is_degraded").await;
}

/// What is suspended is neither healthy nor degraded.
pub async fn tells_one_that_waits_for_a_person(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_one_that_waits_for_a_person").await;
}

/// Why an operation failed is told, in its own words.
pub async fn tells_a_synchronisation_that_failed(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_a_synchronisation_that_failed").await;
}

/// What is wrong with the application itself is told.
pub async fn tells_what_it_warns_of(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_what_it_warns_of").await;
}

/// Of several sources those in the deployment repo are told, and no version of a chart.
pub async fn tells_the_commits_of_several_sources(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_the_commits_of_several_sources").await;
}

/// An application that nobody has looked at yet has nothing.
pub async fn tells_nothing_of_what_is_new(delivery: &dyn Delivery, environment: &EnvironmentName) {
    tells(delivery, environment, "tells_nothing_of_what_is_new").await;
}

/// It knows which environments it observes, and refuses others.
pub async fn knows_what_it_observes(delivery: &dyn Delivery, environment: &EnvironmentName) {
    let other = "nowhere".parse().expect("a name");
    assert!(delivery.observes(environment) && !delivery.observes(&other));
    for told in [delivery.observe(&other).await.map(drop), delivery.refresh(&other).await] {
        assert!(matches!(told, Err(DeliveryError::NotFound { .. })), "{told:?}");
    }
}

/// Being asked to look at the deployment repo changes nothing of what is told. The environment is a healthy one.
pub async fn is_refreshed_without_a_change(delivery: &dyn Delivery, environment: &EnvironmentName) {
    delivery.refresh(environment).await.expect("it may do nothing");
    assert_eq!(delivery.observe(environment).await.expect("observed"), healthy());
}

/// An application that is known not to be there is told as such. The environment has none.
pub async fn tells_that_it_does_not_exist(delivery: &dyn Delivery, environment: &EnvironmentName) {
    let told = delivery.observe(environment).await;
    assert!(matches!(told, Err(DeliveryError::NotFound { .. })), "{told:?}");
}

/// An application that may not be seen is told with the server's words. Those of this one are `permission denied`.
pub async fn tells_that_it_may_not_be_seen(delivery: &dyn Delivery, environment: &EnvironmentName) {
    let told = delivery.observe(environment).await;
    let is_told = |error: &DeliveryError| matches!(error, DeliveryError::Forbidden { words, .. } if words.contains("permission denied"));
    assert!(told.as_ref().is_err_and(is_told), "{told:?}");
    assert!(told.is_err_and(|error| !error.may_pass()));
}

/// Credentials that are missing or wrong are told as such. Those given are.
pub async fn tells_that_credentials_are_missing(delivery: &dyn Delivery, environment: &EnvironmentName) {
    let told = delivery.observe(environment).await;
    assert!(matches!(told, Err(DeliveryError::Unauthorized { .. })), "{told:?}");
}

/// What cannot be reached is told as such, and may pass. The server is not there.
pub async fn tells_that_it_cannot_be_reached(delivery: &dyn Delivery, environment: &EnvironmentName) {
    let told = delivery.observe(environment).await;
    assert!(matches!(told, Err(DeliveryError::Unavailable { .. })), "{told:?}");
    assert!(told.is_err_and(|error| error.may_pass()));
}

/// An answer that is none is told as such. The server sends a page of HTML.
pub async fn tells_an_answer_that_is_wrong(delivery: &dyn Delivery, environment: &EnvironmentName) {
    let told = delivery.observe(environment).await;
    assert!(matches!(told, Err(DeliveryError::Malformed { .. })), "{told:?}");
}
