//! What rules say no to.

use std::time::Duration;

use embark_core::{ImagePlace, Kind, MissingCheck, NotPassed, NotVerified, Refusal, ResourceName, State, Unfit};

use super::sample::{commit, digest, image, older, other_commit, parse, reference, repository, revision, target};
use super::{Case, Variants as _, compare, complete};

#[test]
fn refusals() {
    compare("refusals", &cases());
}

pub(super) fn cases() -> Vec<Case> {
    let reasons = reasons();
    complete(&reasons);
    let not_verified = reasons.into_iter().map(|reason| {
        let name = format!("NotVerified, {}", reason.variant());
        let refusal = Refusal::NotVerified { deployment: deployment(), target: target("staging"), reason };
        (name, refusal)
    });
    let unfit = unfit();
    complete(&unfit);
    let rendered = unfit.into_iter().map(|reason| {
        let name = format!("Rendered, {}", reason.variant());
        (name, Refusal::Rendered { file: parse("staging.yaml"), reason: Box::new(reason) })
    });
    let others = others().into_iter().map(|refusal| (refusal.variant().to_owned(), refusal));
    let all: Vec<(String, Refusal)> = others.chain(rendered).chain(not_verified).collect();
    complete(all.iter().map(|(_, refusal)| refusal));
    all.iter().map(|(name, refusal)| Case::refused(name, refusal)).collect()
}

fn deployment() -> embark_core::DeploymentId {
    parse("01K9X2V7Q4T8R5W3Y6Z1A0B2C3")
}

fn reasons() -> Vec<NotVerified> {
    let git_has_none = format!("deployment {} says commit {}, which is not on the branch", deployment(), revision());
    vec![
        NotVerified::NotRun { state: None },
        NotVerified::NotRun { state: Some(State::Queued) },
        NotVerified::Withdrawn { state: State::Failure },
        NotVerified::Waived { reason: "checkout is down".into() },
        NotVerified::Disagreement { reason: git_has_none },
        NotVerified::RolledBack { by: parse("01K9X3B0N6M2J8H5G7F4D1S9QA") },
        NotVerified::Soak { left: Duration::from_mins(12) },
        NotVerified::Checks { commit: Some(commit()), missing: missing_checks() },
    ]
}

fn unfit() -> Vec<Unfit> {
    let resource = ResourceName { kind: "Deployment".into(), namespace: None, name: "shop-backend".into() };
    let path = "spec.template.spec.containers[0].image".to_owned();
    let place =
        || Box::new(ImagePlace { resource: resource.clone(), path: path.clone(), container: Some("web".into()) });
    let keys = || vec![parse("frontend.img.tag")];
    vec![
        Unfit::NoImage { keys: keys(), reaching: Vec::new() },
        Unfit::NoImage { keys: keys(), reaching: vec![parse("frontend.image.tag")] },
        Unfit::NoImage { keys: keys(), reaching: vec![parse("frontend.image.tag"), parse("backend.image.tag")] },
        Unfit::OtherImage {
            place: place(),
            image: format!("registry.example.com/acme/backend:{}", commit()),
            wanted: reference().to_string(),
        },
        Unfit::NoDigest { place: place(), image: reference().to_string() },
        Unfit::Otherwise { what: format!("spec.replicas of {resource}"), more: 0 },
        Unfit::Otherwise { what: format!("spec.replicas of {resource}"), more: 2 },
        Unfit::Twice { resource },
        Unfit::Unrendered { words: "web.image.tag: Does not match pattern '^v[0-9]+$'".into() },
    ]
}

fn missing_checks() -> Vec<MissingCheck> {
    let reasons = [
        ("e2e", NotPassed::Running),
        ("smoke", NotPassed::Failed("failure".into())),
        ("load", NotPassed::Failed("timed_out".into())),
        ("lint", NotPassed::Absent),
        ("audit", NotPassed::Unknown),
    ];
    complete(reasons.iter().map(|(_, reason)| reason));
    reasons.into_iter().map(|(name, reason)| MissingCheck { name: parse(name), reason }).collect()
}

fn others() -> Vec<Refusal> {
    let [staging, production] = [target("staging"), target("production")];
    let environment = |name: &str| parse(name);
    vec![
        Refusal::ImageMissing(reference()),
        Refusal::TagMoved {
            repository: repository(),
            tag: parse(commit().as_str()),
            recorded: digest("this build"),
            found: digest("somebody else's"),
        },
        Refusal::TagTaken {
            repository: repository(),
            tag: parse("1.4.0"),
            existing: digest("somebody else's"),
            wanted: digest("this build"),
        },
        Refusal::NothingToPromote { target: staging.clone(), commit: None },
        Refusal::NothingToPromote { target: staging.clone(), commit: Some(commit()) },
        Refusal::NotRunning { target: staging.clone(), running: image(), wanted: older() },
        Refusal::NotAncestor { target: staging.clone(), running: older(), commit: commit() },
        Refusal::EditedByHand {
            environment: environment("staging"),
            file: parse("staging.yaml"),
            component: parse("frontend"),
            named: format!("{}:latest", repository()),
            recorded: image(),
            by: Some(revision()),
        },
        Refusal::NotReported { target: staging.clone(), deployment: deployment(), revision: revision() },
        Refusal::NotConfigured { target: target("qa") },
        Refusal::ForeignImage {
            target: staging.clone(),
            found: parse("registry.example.com/elsewhere/frontend"),
            expected: repository(),
        },
        Refusal::ForeignTag { target: production.clone(), tag: parse("latest") },
        Refusal::NotAPromotion {
            environment: environment("production"),
            from: environment("staging"),
            deployment: deployment(),
            kind: Kind::Release,
        },
        Refusal::NotProven {
            deployment: deployment(),
            source_environment: environment("staging"),
            reason: format!("deployment 01K9X3B0N6M2J8H5G7F4D1S9QA has {}, not {}", digest("a"), digest("b")),
        },
        Refusal::NeverRan { target: production.clone(), image: image() },
        Refusal::NothingToRollBack { target: production.clone() },
        Refusal::NeverRanThere { target: production.clone(), wanted: "1.3.9".into() },
        Refusal::NeverVerified { target: production.clone(), image: older() },
        Refusal::BeforeEmbarkElsewhere { target: production, named: "docker.io/library/nginx:1.27".into() },
        Refusal::NoWayAround { environment: environment("production"), from: environment("staging") },
        Refusal::HeldAsAWhole { environment: environment("production") },
        Refusal::Closed { deployment: deployment(), reason: "staging:frontend has moved".into() },
        Refusal::TaggedElsewhere { tag: parse("v1.4.0"), existing: other_commit(), wanted: commit() },
        Refusal::Sibling(parse("backend")),
    ]
}
