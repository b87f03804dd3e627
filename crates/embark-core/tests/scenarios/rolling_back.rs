use embark_core::ports::{DeploymentPlatform, MockApplicationRepository};
use embark_core::testing::{Fault, Moment};
use embark_core::{
    Item, Kind, NewStatus, Record, RollbackRequest, RollbackTo, Scope, Selection, State, Systems, Verdict,
};

use crate::world::{COMPONENTS, Process, World, assert_done, assert_unchanged, file, item, refusal, target};

pub(crate) fn request(environment: &str, component: Option<&str>) -> RollbackRequest {
    RollbackRequest {
        environment: environment.parse().expect("a name"),
        component: component.map(|name| name.parse().expect("a name")),
        to: None,
        reason: None,
        hold: true,
        unverified: false,
        dry_run: false,
    }
}

async fn rollback(world: &World, request: &RollbackRequest) -> Vec<Item> {
    embark_core::rollback(&world.systems(), request).await.expect("rolled back")
}

async fn resume(world: &World, environment: &str) {
    let scope = Scope { environment: environment.parse().expect("a name"), component: None };
    embark_core::resume(&world.systems(), &scope, false).await.expect("resumed").expect("not refused");
}

#[tokio::test]
async fn scenario_13_a_rollback_of_staging_holds_it_and_withdraws_what_was_verified() {
    let world = World::new();
    let (a, b) = (world.stage('a').await, world.stage('b').await);
    let commits = world.repository.commits().len();
    let items = rollback(&world, &request("staging", Some("frontend"))).await;
    assert_done(&items);
    assert_eq!(world.repository.commits().len(), commits + 1, "values and hold in one commit");
    assert_eq!(world.named("staging", "frontend"), a.as_str());
    assert_eq!(world.named("staging", "backend"), b.as_str());
    let holds = world.repository.text(&".embark/holds.yaml".parse().expect("a path"));
    assert!(holds.contains("rolled back from bbbb"), "{holds}");
    let newest = world.deployments("staging", "frontend").pop().expect("a deployment");
    assert_eq!((newest.record.kind, newest.state()), (Kind::Rollback, Some(State::Success)));

    let reason = refusal(&world.promote("1.0.0", &b).await, "frontend");
    assert!(reason.contains("was rolled back"), "{reason}");
    assert_unchanged(&rollback(&world, &request("staging", Some("frontend"))).await);

    let c = world.build('c');
    world.release("staging", &c).await;
    world.deploy_pending().await;
    assert_eq!(world.named("staging", "frontend"), a.as_str(), "automation leaves it alone");
    assert_eq!(world.named("staging", "backend"), c.as_str());
    resume(&world, "staging").await;
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("staging", "frontend"), c.as_str());
}

#[tokio::test]
async fn a_rollback_of_production_goes_back_to_what_was_verified_and_verify_holds() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    world.ship('c', "1.2.0").await;
    assert_done(&rollback(&world, &request("production", None)).await);
    for component in COMPONENTS {
        assert_eq!(world.named("production", component), "1.1.0");
    }
    assert!(world.verify().await.iter().all(|check| check.verdict == Verdict::Holds), "{:?}", world.verify().await);
    let to = Some(RollbackTo::Tag("1.0.0".parse().expect("a tag")));
    let again = RollbackRequest { to: to.clone(), ..request("production", Some("backend")) };
    assert_done(&rollback(&world, &again).await);
    assert_eq!(world.named("production", "backend"), "1.0.0");
    assert_unchanged(&rollback(&world, &again).await);
    let absent = RollbackRequest { to: Some(RollbackTo::Tag("9.9.9".parse().expect("a tag"))), ..again };
    assert!(refusal(&rollback(&world, &absent).await, "backend").contains("9.9.9 never ran as backend in production"));
}

#[tokio::test]
async fn a_rollback_goes_back_although_the_values_file_was_restructured_before() {
    let mut world = World::new();
    world.ship('a', "1.0.0").await;
    // The values files are restructured by hand, and the configuration with them.
    for environment in ["dev", "staging", "production"] {
        let file = file(environment);
        let text = world.repository.text(&file).replace("frontend:", "web:");
        world.repository.edit_by_hand(&file, text.as_bytes());
    }
    world.keys("frontend", "web.image.tag", None);
    world.ship('b', "1.1.0").await;
    world.ship('c', "1.2.0").await;
    assert_done(&rollback(&world, &request("production", None)).await);
    assert!(world.repository.text(&file("production")).contains("web:"));
    assert_eq!(world.named("production", "backend"), "1.1.0");
}

#[tokio::test]
async fn the_newest_run_is_undone_whole_and_no_other() {
    let world = World::new();
    let a = world.stage('a').await;
    let b = world.build_of('b', "b", "a");
    world.release("staging", &b).await;
    world.deploy_pending().await;
    let items = rollback(&world, &request("staging", None)).await;
    assert_eq!(items.len(), 1, "only the frontend was in that run: {items:?}");
    assert_done(&items);
    assert_eq!(world.named("staging", "frontend"), a.as_str());
    let dry = RollbackRequest { dry_run: true, ..request("staging", Some("backend")) };
    assert!(refusal(&rollback(&world, &dry).await, "backend").contains("is not in the repository"));
}

#[tokio::test]
async fn scenario_14_what_ran_before_embark_needs_a_waiver_that_is_recorded() {
    let world = World::new();
    for component in COMPONENTS {
        world.push(component, "none", "legacy");
    }
    world.ship('a', "1.0.0").await;
    let before = world.state();
    let plain = request("production", Some("frontend"));
    let reason = refusal(&rollback(&world, &plain).await, "frontend");
    assert!(reason.contains("was never verified"), "{reason}");
    assert_eq!(world.state(), before);

    let waived = RollbackRequest { unverified: true, reason: Some("it leaks".into()), ..plain };
    assert_done(&rollback(&world, &waived).await);
    assert_eq!(world.named("production", "frontend"), "none");
    let commit = world.repository.commits().pop().expect("a commit");
    assert!(commit.message.contains("Embark-Waived: verified: it leaks\n"), "{}", commit.message);
    let checks = world.verify().await;
    assert_eq!(checks[0].verdict, Verdict::Unknown);
    assert!(checks[0].reason.contains("waived: it leaks"), "{}", checks[0].reason);
    assert_unchanged(&rollback(&world, &waived).await);

    // The waiver stands in git, too: whoever takes it out of the payload makes them disagree.
    let rolled_back = world.deployments("production", "frontend").into_iter().find(|one| one.record.waived.is_some());
    world.platform.tamper(rolled_back.expect("a rollback").record.id, |record| record.waived = None);
    let checks = world.verify().await;
    assert_eq!(checks[0].verdict, Verdict::Broken);
    assert!(checks[0].reason.contains("in what was waived for it"), "{}", checks[0].reason);
}

/// Somebody names by hand what embark promotes, and moves its tag later: what the file named then is not known any more.
#[tokio::test]
async fn what_was_named_before_embark_by_a_tag_that_has_moved_is_not_gone_back_to() {
    let world = World::new();
    let a = world.stage('a').await;
    world.promote("1.0.0", &a).await;
    let text = world.repository.text(&file("production")).replacen("none", "1.0.0", 1);
    world.repository.edit_by_hand(&file("production"), text.as_bytes());
    assert_done(&world.deploy_pending().await);
    world.push("frontend", "1.0.0", "moved");
    let before = world.state();
    let unverified = RollbackRequest {
        unverified: true,
        reason: Some("it leaks".into()),
        ..request("production", Some("frontend"))
    };
    let reason = refusal(&rollback(&world, &unverified).await, "frontend");
    assert!(reason.contains("has moved"), "{reason}");
    assert_eq!(world.state(), before);
}

#[tokio::test]
async fn a_waiver_in_a_payload_is_not_the_one_of_whoever_rolls_back() {
    for rule in ["verified", "soak"] {
        forged_waiver(rule).await;
    }
}

async fn forged_waiver(rule: &str) {
    let world = World::new();
    let legacy = world.push("frontend", "none", "legacy");
    world.ship('a', "1.0.0").await;
    let real = world.deployments("production", "frontend").pop().expect("a deployment").record;
    let id = world.platform.forge(Record {
        id: world.clock_id(),
        kind: Kind::Rollback,
        from: None,
        image: embark_core::Image { tag: "none".parse().expect("a tag"), digest: legacy, ..real.image.clone() },
        replaces: Some(real.id),
        waived: Some(embark_core::Waiver { rules: vec![rule.into()], reason: "trust me".into() }),
        commit: None,
        version: None,
        ..real
    });
    let plain = request("production", Some("frontend"));
    let reason = refusal(&rollback(&world, &plain).await, "frontend");
    assert!(reason.contains("was never verified") || reason.contains("never ran"), "{rule}: {reason}");
    assert_eq!(world.named("production", "frontend"), "1.0.0");
    if rule != "verified" {
        return;
    }

    let waived = RollbackRequest { unverified: true, reason: Some("it leaks".into()), ..plain };
    assert_eq!(item(&rollback(&world, &waived).await, "frontend").id, Some(id), "the one that waits is finished");
    assert_eq!(world.named("production", "frontend"), "none");

    // It ran by a waiver: that is no proof for automation, once production went on.
    let ran = world.deployments("production", "frontend").into_iter().find(|one| one.record.id == id);
    resume(&world, "production").await;
    world.ship('b', "2.0.0").await;
    world.platform.forge(Record { id: world.clock_id(), waived: None, ..ran.expect("it ran").record });
    let reason = refusal(&world.deploy_pending().await, "frontend");
    assert!(reason.contains("never ran"), "{reason}");
    assert_eq!(world.named("production", "frontend"), "2.0.0");
}

/// Whoever may write to the platform may forge what production ran, and a waiver.
#[tokio::test]
async fn a_forged_rollback_goes_nowhere() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let real = world.deployments("production", "frontend").pop().expect("a deployment");
    let commit = real.success().and_then(embark_core::Status::revision).expect("a commit");
    let evil = world.push("frontend", "evil", "evil");
    let image = embark_core::Image { tag: "evil".parse().expect("a tag"), digest: evil, ..real.record.image.clone() };
    let ran = Record { id: world.clock_id(), image: image.clone(), ..real.record.clone() };
    world.platform.forge(ran.clone());
    let key = world.platform.deployments().pop().expect("the forged one").key();
    let status = embark_core::NewStatus::success(&commit);
    embark_core::ports::DeploymentPlatform::append(&*world.platform, vec![(key, status)]).await.expect("forged");
    let waived = Some(embark_core::Waiver { rules: vec!["verified".into()], reason: "trust me".into() });
    for waived in [None, waived] {
        let record = Record {
            id: world.clock_id(),
            kind: Kind::Rollback,
            from: None,
            image: image.clone(),
            waived,
            ..ran.clone()
        };
        world.platform.forge(record);
        let reason = refusal(&world.deploy_pending().await, "frontend");
        assert!(reason.contains("never ran"), "{reason}");
    }
    assert_eq!(world.named("production", "frontend"), "1.0.0");
    let to = Some(RollbackTo::Tag("evil".parse().expect("a tag")));
    let items = rollback(&world, &RollbackRequest { to, ..request("production", Some("frontend")) }).await;
    refusal(&items, "frontend");
    assert_eq!(item(&items, "frontend").target, target("production", "frontend"));
    assert_eq!(world.named("production", "frontend"), "1.0.0");
}

/// Whoever may write to the platform copies a rollback that waits to another component, under the same id.
#[tokio::test]
async fn what_a_person_asks_for_lets_in_no_other_deployment_of_the_same_id() {
    let world = World::new();
    let legacy = world.push("backend", "none", "legacy");
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    let asked = request("production", Some("frontend"));
    let fault = Fault::crash(0, Moment::After);
    embark_core::rollback(&Process::new(&world, &fault).systems(), &asked).await.expect_err("it has ended");
    let waits = world.deployments("production", "frontend").pop().expect("a rollback").record;
    let before = world.deployments("production", "backend").pop().expect("a promotion").record;
    world.platform.forge(Record {
        target: target("production", "backend"),
        image: embark_core::Image { tag: "none".parse().expect("a tag"), digest: legacy, ..before.image },
        commit: None,
        version: None,
        replaces: Some(before.id),
        waived: Some(embark_core::Waiver { rules: vec!["verified".into()], reason: "trust me".into() }),
        ..waits
    });
    assert_done(&rollback(&world, &asked).await);
    let named = |component| world.named("production", component);
    assert_eq!((named("frontend").as_str(), named("backend").as_str()), ("1.0.0", "1.1.0"));
    let reason = refusal(&world.deploy_pending().await, "backend");
    assert!(reason.contains("never ran"), "{reason}");
    assert_eq!(named("backend"), "1.1.0");
}

/// Automation may not carry such a rollback out, and passed over it while its success was not reported, or was overwritten by
/// a process that had looked before; and where only the older one was asked for, as by an event that comes late.
#[tokio::test]
async fn what_waits_does_not_come_after_a_rollback_that_only_a_person_may_make() {
    for (is_reported, selected) in [(false, "all"), (true, "all"), (false, "ids"), (true, "ids"), (false, "found")] {
        let world = World::new();
        world.push("frontend", "none", "legacy");
        world.ship('a', "1.0.0").await;
        let b = world.stage('b').await;
        world.promote("1.1.0", &b).await;
        let waits = world.deployments("production", "frontend").pop().expect("a promotion");
        unverified(&world, "frontend", is_reported).await;
        let selection = match selected {
            "ids" => Selection::Ids(vec![waits.record.id]),
            "found" => Selection::Found(vec![waits]),
            _ => Selection::Pending(None),
        };
        embark_core::deploy(&world.systems(), &selection, false).await.expect("deployed");
        assert_eq!(world.named("production", "frontend"), "none", "reported: {is_reported}, {selected}");
        world.deploy_pending().await;
        assert_eq!(world.named("production", "frontend"), "none", "reported: {is_reported}, {selected}");
        let [.., waited, back] = &world.states("production", "frontend")[..] else { unreachable!("three are there") };
        assert_eq!((*waited, *back), (Some(State::Inactive), Some(State::Success)));
    }
}

/// Goes back in production to what was named before embark. It is not reported, or said to be in progress again.
pub(crate) async fn unverified(world: &World, component: &str, is_reported: bool) {
    let request = RollbackRequest {
        unverified: true,
        reason: Some("it leaks".into()),
        hold: false,
        ..request("production", Some(component))
    };
    if is_reported {
        assert_done(&rollback(world, &request).await);
        let key = world.deployments("production", component).pop().expect("a rollback").key();
        let again = NewStatus::new(State::InProgress, "");
        DeploymentPlatform::append(&*world.platform, vec![(key, again)]).await.expect("said");
    } else {
        // The creation and the beginning come first.
        let fault = Fault::crash(2, Moment::After);
        let process = Process::new(world, &fault);
        embark_core::rollback(&process.systems(), &request).await.expect_err("it has ended");
    }
    assert_eq!(world.named("production", component), "none");
}

/// It was carried out once an older commit had come after the rollback, since that was released by its ids alone: then the
/// commits were compared.
#[tokio::test]
async fn what_waits_from_before_a_rollback_does_not_come_after_it() {
    let world = World::new();
    let (a, b, c) = (world.stage('a').await, world.stage('b').await, world.build('c'));
    world.release("staging", &c).await;
    assert_done(&rollback(&world, &RollbackRequest { hold: false, ..request("staging", None) }).await);
    assert_eq!(world.named("staging", "frontend"), a.as_str());
    let released = world.release("staging", &b).await.into_iter().filter_map(|item| item.id).collect();
    let by_ids = embark_core::deploy(&world.systems(), &Selection::Ids(released), false).await.expect("deployed");
    assert_done(&by_ids);
    let superseded = world.deploy_pending().await;
    for component in COMPONENTS {
        assert_eq!(item(&superseded, component).state, Some(State::Inactive));
        assert_eq!(world.named("staging", component), b.as_str());
    }

    // It is gone forward again by whoever releases it anew.
    world.release("staging", &c).await;
    assert_done(&world.deploy_pending().await);
    assert_eq!(world.named("staging", "frontend"), c.as_str());
}

#[tokio::test]
async fn a_rollback_past_a_rewrite_of_the_branch_is_refused_and_not_passed_over() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    world.repository.squash();
    let items = rollback(&world, &request("production", None)).await;
    for component in COMPONENTS {
        refusal(&items, component);
        assert_eq!(world.named("production", component), "1.1.0");
    }
}

/// GitHub may be down on the day of an incident.
#[tokio::test]
async fn a_rollback_asks_nothing_of_the_application() {
    let world = World::new();
    let a = world.stage('a').await;
    world.stage('b').await;
    let c = world.build('c');
    world.release("staging", &c).await;
    // It panics when it is asked.
    let application = MockApplicationRepository::new();
    let systems = Systems { application: Some(&application), ..world.systems() };
    let back = embark_core::rollback(&systems, &request("staging", None)).await.expect("rolled back");
    assert_done(&back);
    assert_eq!(world.named("staging", "frontend"), a.as_str());
}
