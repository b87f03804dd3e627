mod evidence;

use std::sync::Arc;

use embark_core::testing::FakePlatform;
use embark_core::{AuditRequest, Audited, EvidenceKind, Revision, RollbackRequest, Since, Verdict};

use crate::world::{World, assert_done, commit, file, parse, repository};

impl World {
    async fn audit(&self) -> Vec<Audited> {
        self.audit_since(None).await
    }

    async fn audit_since(&self, since: Option<Since>) -> Vec<Audited> {
        let request = AuditRequest { since, components: vec![parse("frontend")] };
        embark_core::audit(&self.systems(), &request).await.expect("audited")
    }

    /// Somebody changes the tag of the frontend by hand.
    fn edit(&self, environment: &str, tag: &str) -> Revision {
        let text = self.repository.text(&file(environment));
        let named = self.named(environment, "frontend");
        self.repository.edit_by_hand(&file(environment), text.replacen(&named, tag, 1).as_bytes())
    }

    /// Somebody who may push writes a commit that looks like embark's.
    async fn forge(&self, tag: &str, message: &str) {
        self.forge_in("production", tag, message).await;
    }

    async fn forge_in(&self, environment: &str, tag: &str, message: &str) {
        use embark_core::ports::{Change, DeploymentRepository as _};

        let path = file(environment);
        let snapshot = self.repository.read(vec![path.clone()]).await.expect("read");
        let text = self.repository.text(&path).replacen(&self.named(environment, "frontend"), tag, 1);
        let files = [(path, text.into_bytes())].into();
        let change = Change { files, message: message.into(), deployment: None };
        self.repository.commit(snapshot.tip, vec![change]).await.expect("committed");
    }

    fn newest_message(&self, environment: &str) -> String {
        let commits = self.repository.commits();
        let line = format!("Embark-Environment: {environment}\nEmbark-Component: frontend\n");
        commits.iter().rev().find(|entry| entry.message.contains(&line)).expect("a commit").message.clone()
    }
}

fn tags(changes: &[Audited]) -> Vec<(&str, Verdict)> {
    changes.iter().map(|change| (change.tag.as_ref().map_or("-", |tag| tag.as_str()), change.verdict)).collect()
}

fn kind(change: &Audited) -> Option<EvidenceKind> {
    change.evidence.as_ref().map(|evidence| evidence.kind)
}

#[tokio::test]
async fn every_promotion_leads_back_to_the_commit_by_which_staging_had_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    let changes = world.audit().await;
    let expected = [("1.1.0", Verdict::Holds), ("1.0.0", Verdict::Holds), ("none", Verdict::Unknown)];
    assert_eq!(tags(&changes), expected, "{changes:#?}");
    let staged = &world.deployments("staging", "frontend")[1];
    let evidence = changes[0].evidence.clone().expect("evidence");
    assert_eq!(evidence.kind, EvidenceKind::Trailers);
    assert_eq!(evidence.source_deployment, Some(staged.record.id));
    assert_eq!(evidence.source_commit, staged.success().and_then(embark_core::Status::revision));
    assert_eq!(evidence.deployment, Some(world.deployments("production", "frontend")[1].record.id));
    assert_eq!(changes[0].digest, Some(staged.record.image.digest.clone()));
    assert!(changes[2].reason.contains("which does not exist any more"), "{}", changes[2].reason);
}

#[tokio::test]
async fn git_alone_bears_it_out_where_the_platform_goes_not_so_far_back() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let world = World { platform: Arc::new(FakePlatform::new(world.clock.clone())), ..world };
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.0.0", Verdict::Holds), "{changes:#?}");
    assert_eq!(kind(&changes[0]), Some(EvidenceKind::Trailers));
}

#[tokio::test]
async fn what_staging_never_had_is_a_violation_whoever_brought_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.push("frontend", "9.9.9", "built at home");
    world.edit("production", "9.9.9");
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[..2], [("9.9.9", Verdict::Broken), ("1.0.0", Verdict::Holds)], "{changes:#?}");
    assert!(changes[0].reason.contains("staging had never named sha256:"), "{}", changes[0].reason);
    assert!(changes[0].digest.is_some());
}

#[tokio::test]
async fn what_is_put_back_or_forward_by_hand_holds_if_staging_had_it_by_then() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    let forward = world.edit("production", b.as_str());
    world.edit("production", "1.0.0");
    let changes = world.audit().await;
    let expected = [("1.0.0", Verdict::Holds), (b.as_str(), Verdict::Holds), ("1.0.0", Verdict::Holds)];
    assert_eq!(tags(&changes)[..3], expected, "{changes:#?}");
    assert!(changes[1].reason.starts_with("by hand"), "{}", changes[1].reason);
    assert_eq!((kind(&changes[1]), &changes[1].commit), (Some(EvidenceKind::TagNow), &forward));
    assert_eq!(kind(&changes[0]), Some(EvidenceKind::Deployment), "its tag is on record");
}

#[tokio::test]
async fn what_comes_to_staging_later_or_at_the_same_time_proves_nothing() {
    let world = World::new();
    world.registry.push(&repository("frontend"), &parse("x"), "x");
    world.edit("production", "x");
    world.edit("staging", "x");
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("x", Verdict::Broken), "{changes:#?}");
}

#[tokio::test]
async fn a_repository_that_embark_never_wrote_to_is_judged_by_what_its_tags_name_now() {
    let world = World::new();
    for tag in ["v1", "build-1", "v2", "gone"] {
        let content = if tag == "v2" { "two" } else { "one" };
        world.registry.push(&repository("frontend"), &parse(tag), content);
    }
    world.edit("staging", "build-1");
    // The tag that production has is another one; its bytes are the same.
    world.edit("production", "v1");
    world.edit("production", "v2");
    world.edit("production", "gone");
    world.registry.delete(&repository("frontend"), &parse("gone"));
    let changes = world.audit().await;
    let expected = [("gone", Verdict::Unknown), ("v2", Verdict::Broken), ("v1", Verdict::Holds)];
    assert_eq!(tags(&changes)[..3], expected, "{changes:#?}");
    assert_eq!(kind(&changes[2]), Some(EvidenceKind::TagNow));
    assert!(changes[2].reason.contains("by what the tags name now"), "{}", changes[2].reason);
}

#[tokio::test]
async fn forged_trailers_prove_nothing() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let evil = world.push("frontend", "9.9.9", "built at home");
    let honest = world.newest_message("production");
    let id = world.deployments("production", "frontend")[0].record.id.to_string();
    let good = world.deployments("production", "frontend")[0].record.image.digest.to_string();
    let image = |text: &str| text.replace("1.0.0", "9.9.9").replace(&good, &evil.to_string());
    // The deployment of another image, one that nobody made, and one that a platform cannot know.
    world.forge("9.9.9", &image(&honest)).await;
    world.edit("production", "1.0.0");
    world.forge("9.9.9", &image(&honest.replace(&id, &world.clock_id().to_string()))).await;
    let changes = world.audit().await;
    assert_eq!(
        tags(&changes)[..3],
        [("9.9.9", Verdict::Broken), ("1.0.0", Verdict::Holds), ("9.9.9", Verdict::Broken)]
    );
    assert!(changes[0].reason.contains("the platform has none"), "{}", changes[0].reason);
    assert!(changes[2].reason.contains("differ"), "{}", changes[2].reason);
    // With git alone, the commit of staging that it names does not bring that image.
    let blind = World { platform: Arc::new(FakePlatform::new(world.clock.clone())), ..world };
    let changes = blind.audit().await;
    assert_eq!(changes[0].verdict, Verdict::Broken, "{changes:#?}");
    assert!(changes[0].reason.contains("does not bring"), "{}", changes[0].reason);
}

#[tokio::test]
async fn trailers_that_name_a_commit_which_is_not_on_the_branch_prove_nothing() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    let world = World { platform: Arc::new(FakePlatform::new(world.clock.clone())), ..world };
    let honest = world.newest_message("production");
    let place = honest.find("Embark-Promoted-From: staging@").expect("a trailer");
    let named = &honest[place + "Embark-Promoted-From: staging@".len()..].lines().next().expect("a line").to_owned();
    let nowhere = honest.replace(named, commit('f').as_str()).replace("1.1.0", "1.1.1");
    world.forge("1.1.1", &nowhere).await;
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[0], ("1.1.1", Verdict::Broken), "{changes:#?}");
    assert!(changes[0].reason.contains("no commit before it"), "{}", changes[0].reason);
}

#[tokio::test]
async fn a_rollback_is_worth_what_it_went_back_to() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    world.ship('b', "1.1.0").await;
    let tip = world.repository.commits().last().expect("a commit").revision.clone();
    let request = RollbackRequest {
        environment: parse("production"),
        component: Some(parse("frontend")),
        to: None,
        reason: Some("it is slow".into()),
        hold: true,
        unverified: false,
        dry_run: false,
    };
    assert_done(&embark_core::rollback(&world.systems(), &request).await.expect("rolled back"));
    // What it went back to came before what is asked for, and is found all the same.
    let changes = world.audit_since(Some(Since::Revision(tip))).await;
    assert_eq!(tags(&changes), [("1.0.0", Verdict::Holds)], "{changes:#?}");
    assert!(changes[0].reason.starts_with("rolled back to"), "{}", changes[0].reason);
}

#[tokio::test]
async fn an_audit_ends_where_it_is_told_to_and_finds_evidence_before_that() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    let tip = world.repository.commits().last().expect("a commit").revision.clone();
    assert_done(&world.promote("1.1.0", &b).await);
    assert_done(&world.deploy_pending().await);
    let changes = world.audit_since(Some(Since::Revision(tip))).await;
    assert_eq!(tags(&changes), [("1.1.0", Verdict::Holds)]);
    assert_eq!(kind(&changes[0]), Some(EvidenceKind::Trailers));
    let later = Since::Time(parse("2040-01-01T00:00:00Z"));
    assert_eq!(world.audit_since(Some(later)).await, []);
    assert_eq!(world.audit_since(Some(parse("2020-01-01"))).await.len(), 3);
}

#[tokio::test]
async fn the_commit_at_which_an_audit_ends_may_be_named_as_git_names_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let b = world.stage('b').await;
    assert_done(&world.promote("1.1.0", &b).await);
    assert_done(&world.deploy_pending().await);
    let commits: Vec<Revision> = world.repository.commits().into_iter().map(|entry| entry.revision).collect();
    // The promotion is two commits, one for each component.
    let [.., before, _, _] = commits.as_slice() else { panic!("too few commits: {commits:?}") };
    let digits = (4..40).map(|count| &before.as_str()[..count]);
    let short =
        digits.into_iter().find(|short| commits.iter().filter(|id| id.as_str().starts_with(short)).count() == 1);
    let short = short.expect("some digits are enough");
    for named in [before.as_str(), &before.as_str().to_uppercase(), short, "HEAD~2"] {
        let changes = world.audit_since(Some(parse(named))).await;
        assert_eq!(tags(&changes), [("1.1.0", Verdict::Holds)], "{named}");
    }
    assert_eq!(world.audit_since(Some(parse("HEAD"))).await, []);
    assert_eq!(["HEAD~", "HEAD^"].map(parse::<Since>), [Since::Behind(1), Since::Behind(1)]);
    for nowhere in [commit('f').as_str(), "ffffffff", "HEAD~4000", "HEAD~18446744073709551615"] {
        let request = AuditRequest { since: Some(parse(nowhere)), components: Vec::new() };
        let error = embark_core::audit(&world.systems(), &request).await.expect_err("there is no such commit");
        let told = format!("the deployment branch has no commit {nowhere}");
        assert_eq!(error.to_string(), told);
    }
    assert_eq!(parse::<Since>("20260503"), parse("2026-05-03"));
    for unreadable in
        ["", "fff", "HEAD~-1", "HEAD~+1", "HEAD~1~1", "head", "main", "2026", "202605", "2026-13-01", &"f".repeat(65)]
    {
        assert!(unreadable.parse::<Since>().is_err(), "{unreadable}");
    }
}

#[tokio::test]
async fn a_commit_that_begins_as_another_is_not_taken_for_it() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    // Longer than what is looked through in one go, and some begin alike.
    for number in 0..2100 {
        world.edit("production", &format!("build-{number}"));
    }
    let commits = world.repository.commits();
    let since = |digits: &str| AuditRequest { since: Some(parse(digits)), components: Vec::new() };
    let first = &commits[0].revision.as_str()[..12];
    embark_core::audit(&world.systems(), &since(first)).await.expect("the first commit is found, and what came after");

    let mut ids: Vec<&str> = commits.iter().map(|entry| entry.revision.as_str()).collect();
    ids.sort_unstable();
    let alike = ids.windows(2).find(|two| two[0][..4] == two[1][..4]).expect("two begin alike")[0];
    let error = embark_core::audit(&world.systems(), &since(&alike[..4])).await.expect_err("two begin so");
    assert!(error.to_string().contains("is short for several commits of the deployment branch: "), "{error}");
}

#[tokio::test]
async fn evidence_is_found_however_far_back_it_is() {
    let world = World::new();
    let a = world.stage('a').await;
    let mut tip = a.to_string();
    // Longer than what is read in one go, several times.
    for number in 0..700 {
        tip = format!("build-{number}");
        world.edit("staging", &tip);
        if number % 3 == 0 {
            world.edit("production", &tip);
        }
    }
    world.push("frontend", "last", "frontend a");
    world.edit("production", "last");
    let changes = world.audit().await;
    assert_eq!(changes.len(), 234 + 2, "each change, and what was there first; {tip}");
    assert_eq!(tags(&changes)[0], ("last", Verdict::Holds), "{:#?}", changes[0]);
    assert_eq!(tags(&changes)[1], ("build-699", Verdict::Unknown), "{:#?}", changes[1]);
}

#[tokio::test]
async fn what_cannot_be_read_is_told_and_never_passed_over() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    for wrong in ["\"1.0.0@sha256:beef\"", "[1.0.0]", "{ oops"] {
        world.edit("production", wrong);
        // Whoever puts it back hides nothing.
        let text = world.repository.text(&file("production")).replacen(wrong, "1.0.0", 1);
        world.repository.edit_by_hand(&file("production"), text.as_bytes());
    }
    let changes = world.audit().await;
    let verdicts: Vec<_> = changes.iter().map(|change| change.verdict).collect();
    let (holds, unknown) = (Verdict::Holds, Verdict::Unknown);
    assert_eq!(verdicts, [holds, unknown, holds, unknown, holds, unknown, holds, unknown], "{changes:#?}");
    assert!(changes[5].reason.contains("which is no image"), "{}", changes[5].reason);
    assert!(changes[1].reason.contains("production.yaml is not valid YAML: "), "{}", changes[1].reason);
    assert!(changes[1].tag.is_none() && changes[1].digest.is_none());
}

#[tokio::test]
async fn what_staging_named_by_hand_for_a_moment_verifies_nothing_where_embark_deploys() {
    let world = World::new();
    let a = world.ship('a', "1.0.0").await;
    world.push("frontend", "evil", "built at home");
    world.edit("staging", "evil");
    world.edit("staging", a.as_str());
    world.edit("production", "evil");
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[..2], [("evil", Verdict::Unknown), ("1.0.0", Verdict::Holds)], "{changes:#?}");
    assert!(changes[0].reason.ends_with(": nothing verified it there"), "{}", changes[0].reason);
}

#[tokio::test]
async fn a_deployment_that_says_it_is_older_than_the_platform_is_held_against_what_came_before() {
    let world = World::new();
    world.ship('a', "1.0.0").await;
    let honest = world.newest_message("production");
    let id = world.deployments("production", "frontend")[0].record.id.to_string();
    let ancient = honest.replace(&id, "00000000000000000000000001").replace("1.0.0", "1.0.1");
    world.forge("1.0.1", &ancient).await;
    let changes = world.audit().await;
    assert_eq!(tags(&changes)[..2], [("1.0.1", Verdict::Broken), ("1.0.0", Verdict::Holds)], "{changes:#?}");
    assert!(changes[0].reason.contains("it has older ones"), "{}", changes[0].reason);
}
