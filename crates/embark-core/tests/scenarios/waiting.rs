//! `wait`: until what was deployed runs, in good health.

use std::collections::BTreeMap;

use embark_core::ports::{Change, DeploymentRepository};
use embark_core::{Delivered, Error, Health, State, Systems, WaitState, Waited};

use crate::cluster::{at, behind, forbidden, unreachable};
use crate::world::{COMPONENTS, World, environment};

async fn wait(world: &World) -> Result<Vec<Waited>, Error> {
    embark_core::wait(&world.systems(), &environment("staging")).await
}

/// Staging runs a commit, by a deployment that was a success with its commit.
async fn staged() -> World {
    let world = World::new();
    world.stage('a').await;
    world.argocd("staging", |_, now| Ok(now));
    world
}

#[track_caller]
fn assert_all(waited: &[Waited], state: WaitState, words: &str) {
    assert_eq!(waited.iter().map(|one| one.target.component.as_str()).collect::<Vec<_>>(), COMPONENTS);
    for one in waited {
        assert_eq!(one.state, state, "{one:?}");
        assert!(one.reason.contains(words), "{words:?} is in {:?}", one.reason);
    }
}

#[tokio::test]
async fn what_runs_is_waited_for_until_it_is_healthy() {
    let world = staged().await;
    let before = world.state();
    assert_all(&wait(&world).await.expect("waited"), WaitState::Healthy, "it is healthy");
    let first = world.repository.commits()[0].revision.clone();
    world.argocd("staging", move |number, now| match number {
        0 => Ok(behind(&first, now)),
        1 => Err(unreachable()),
        2 => Ok(Delivered { health: Health::Progressing, ..now }),
        3 => Ok(Delivered { images: Vec::new(), ..now }),
        _ => Ok(now),
    });
    let waited = wait(&world).await.expect("waited");
    assert_all(&waited, WaitState::Healthy, "it is healthy");
    assert_eq!(world.observed("staging"), 5);
    assert!(waited[0].took.as_secs() > 8 && waited[0].delivered.is_some(), "{waited:?}");
    assert_eq!(world.state(), before, "nothing is written");
}

#[tokio::test]
async fn a_wait_ends_with_what_is_so() {
    let world = staged().await;
    world
        .argocd("staging", |_, now| Ok(Delivered { health: Health::Degraded, message: Some("no room".into()), ..now }));
    assert_all(&wait(&world).await.expect("waited"), WaitState::Degraded, "no room");
    let first = world.repository.commits()[0].revision.clone();
    world.argocd("staging", move |_, now| Ok(at(&first, now)));
    let waited = wait(&world).await.expect("waited");
    assert_all(&waited, WaitState::TimeUp, "Argo CD has not seen");
    assert_eq!(waited[0].took, Systems::PATIENCE);
    world.argocd("staging", |_, now| Ok(Delivered { images: vec!["registry.test/frontend:old".into()], ..now }));
    let waited = wait(&world).await.expect("waited");
    assert!(waited[0].reason.contains("it runs registry.test/frontend:old, and not"), "{}", waited[0].reason);
    world.argocd("staging", |_, _| Err(unreachable()));
    let waited = wait(&world).await.expect("waited");
    assert_all(&waited, WaitState::TimeUp, "cannot reach argocd.test");
    assert!(waited[0].delivered.is_none());
    world.argocd("staging", |_, _| Err(forbidden()));
    assert!(matches!(wait(&world).await, Err(Error::Delivery(_))));
}

#[tokio::test]
async fn a_deployment_that_is_superseded_meanwhile_ends_the_wait() {
    use futures::FutureExt as _;

    let world = staged().await;
    let (other, first) = (world.clone(), world.repository.commits()[0].revision.clone());
    world.argocd("staging", move |number, now| {
        if number < 2 {
            return Ok(at(&first, now));
        }
        if number == 2 {
            other.stage('b').now_or_never().expect("fakes never wait");
        }
        Ok(other.now("staging"))
    });
    assert_all(&wait(&world).await.expect("waited"), WaitState::Superseded, "superseded by");
}

/// Anybody who may push writes messages. What the values file still names is not superseded by one.
#[tokio::test]
async fn a_commit_that_only_says_that_it_deploys_ends_no_wait() {
    let world = staged().await;
    for component in COMPONENTS {
        let trailers = format!(
            "Embark-Deployment: 01M8ZZZZZZZZZZZZZZZZZZZZZZ\nEmbark-Environment: staging\nEmbark-Component: {component}\n"
        );
        let message = format!("Say something else\n\n{trailers}");
        let change = Change { files: BTreeMap::new(), message, deployment: None };
        DeploymentRepository::commit(&*world.repository, world.tip(), vec![change]).await.expect("pushed");
    }
    assert_all(&wait(&world).await.expect("waited"), WaitState::Healthy, "it is healthy");
    world.argocd("staging", |_, now| Ok(Delivered { health: Health::Degraded, ..now }));
    assert_all(&wait(&world).await.expect("waited"), WaitState::Degraded, "");
}

#[tokio::test]
async fn what_was_never_deployed_is_not_waited_for() {
    let world = World::new();
    assert!(matches!(wait(&world).await, Err(Error::NotObserved(_))));
    world.argocd("staging", |_, now| Ok(now));
    assert!(wait(&world).await.expect("waited").is_empty());
    // What waits has no commit that could arrive.
    let a = world.build('a');
    world.release("staging", &a).await;
    assert!(wait(&world).await.expect("waited").is_empty());
    assert_eq!(world.observed("staging"), 0);
}

#[tokio::test]
async fn what_is_in_progress_is_waited_for_without_being_reported() {
    let world = World::healthy(&["staging"]);
    let a = world.build('a');
    world.release("staging", &a).await;
    let first = world.tip();
    world.argocd("staging", move |_, now| Ok(at(&first, now)));
    world.deploy_pending().await;
    world.argocd("staging", |_, now| Ok(now));
    assert_all(&wait(&world).await.expect("waited"), WaitState::Healthy, "it is healthy");
    assert_eq!(world.states("staging", "frontend"), [Some(State::InProgress)]);
}

#[tokio::test]
async fn status_tells_what_is_delivered_and_is_kept_by_nothing_that_fails() {
    let world = staged().await;
    world.argocd("dev", |_, _| Err(forbidden()));
    let status = embark_core::status(&world.systems(), None).await.expect("looked");
    let of = |name: &str| {
        let environment = status.iter().find(|one| one.name.as_str() == name).expect("it is there");
        environment.delivery.clone()
    };
    assert!(matches!(of("staging"), Some(Ok(delivered)) if delivered.health == Health::Healthy));
    assert_eq!(of("dev"), Some(Err("application shop may not be seen, or is not there: permission denied".into())));
    assert_eq!(of("production"), None);
}
