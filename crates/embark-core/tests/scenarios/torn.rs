//! A repository that takes one commit at a time: of several changes the first are written, and then somebody else's.

use std::collections::BTreeMap;

use embark_core::testing::{Fault, Moment};
use embark_core::{DeploymentId, Selection, State, Trailers};

use crate::world::{COMPONENTS, Process, World, assert_done, parse};

/// Four deployments wait, in two environments.
async fn waiting() -> World {
    let world = World::new();
    let commit = world.build('a');
    for environment in ["dev", "staging"] {
        world.release(environment, &commit).await;
    }
    world
}

/// Counts the commits of each deployment.
fn landed(world: &World) -> BTreeMap<DeploymentId, usize> {
    let mut landed = BTreeMap::new();
    for id in world.repository.commits().iter().filter_map(|entry| Trailers::parse(&entry.message).deployment) {
        *landed.entry(id).or_default() += 1;
    }
    landed
}

fn assert_landed(world: &World, after: usize) {
    let expected = world.platform.deployments().iter().map(|deployment| (deployment.record.id, 1)).collect();
    assert_eq!(landed(world), expected, "each is committed once; torn after {after}");
    for deployment in world.platform.deployments() {
        assert_eq!(deployment.state(), Some(State::Success), "torn after {after}");
        let named = deployment.success().and_then(embark_core::Status::revision);
        let commits = world.repository.commits();
        let commit = commits.iter().find(|entry| Some(&entry.revision) == named.as_ref()).expect("it is on the branch");
        assert_eq!(Trailers::parse(&commit.message).deployment, Some(deployment.record.id));
    }
    for (environment, component) in ["dev", "staging"].into_iter().flat_map(|name| COMPONENTS.map(|of| (name, of))) {
        assert_eq!(world.named(environment, component), "a".repeat(40));
    }
    assert_eq!(world.repository.text(&parse("notes.yaml")), "by: hand\n");
}

#[tokio::test]
async fn what_was_written_before_another_commit_came_is_reported_and_the_rest_is_written_after_it() {
    for after in 0..=4 {
        let world = waiting().await;
        world.repository.tear(after, &parse("notes.yaml"), b"by: hand\n");
        let items = world.deploy_pending().await;
        assert_eq!(items.len(), 4);
        assert_done(&items);
        assert_landed(&world, after);
    }
}

#[tokio::test]
async fn a_crash_in_the_middle_of_it_is_mended_by_the_next_run() {
    for after in 0..=4 {
        let world = waiting().await;
        world.repository.tear(after, &parse("notes.yaml"), b"by: hand\n");
        // The first effect says that it begins, the second is the commit.
        let fault = Fault::crash(1, Moment::After);
        let process = Process::new(&world, &fault);
        embark_core::deploy(&process.systems(), &Selection::Pending(None), false).await.expect_err("it has ended");
        assert_eq!(landed(&world).len(), after);
        assert_done(&world.deploy_pending().await);
        assert_landed(&world, after);
    }
}

/// What one deployment says of itself must not stop the others.
#[tokio::test]
async fn a_base_that_leads_further_than_can_be_read_stops_no_other() {
    let world = waiting().await;
    for number in 0..400 {
        world.repository.edit_by_hand(&parse("notes.yaml"), format!("number: {number}\n").as_bytes());
    }
    world.repository.edit_by_hand(&parse("notes.yaml"), b"by: hand\n");
    let ids: Vec<DeploymentId> = world.platform.deployments().iter().map(|deployment| deployment.record.id).collect();
    world.platform.tamper(ids[0], |record| record.base = Some(parse(&"9".repeat(40))));
    world.repository.reach(300);
    for id in &ids[1..] {
        let tip = world.repository.commits().last().map(|entry| entry.revision.clone());
        world.platform.tamper(*id, |record| record.base = tip);
    }
    let items = world.deploy_pending().await;
    assert_eq!(items.len(), 4);
    assert_done(&items);
    assert_landed(&world, 0);
}
