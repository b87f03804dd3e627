//! What somebody does who may write to the platform.

use embark_core::{Deployment, DeploymentId, Image, Kind, Record, Source, State, Tag, Waiver};

use super::shop::{ENVIRONMENTS, PRODUCTION, STAGING, Shop};
use super::steps::{Back, Forgery};
use crate::world::{COMPONENTS, environment, parse, repository, target};

/// What was forged.
#[derive(Debug, Default)]
pub(crate) struct Forged {
    /// The deployments that nothing bears out.
    pub(crate) bogus: Vec<DeploymentId>,
    /// The deployment whose statuses are not embark's alone.
    pub(crate) touched: Option<DeploymentId>,
}

/// A tag for what is forged, which no version of the application's has.
fn tag(shop: &Shop) -> Tag {
    parse(&format!("9.{}.0", shop.deployments().len()))
}

fn record(shop: &Shop, place: usize, component: usize, image: Image) -> Record {
    Record {
        id: shop.new_id(),
        release: shop.new_id(),
        kind: Kind::Promotion,
        target: target(ENVIRONMENTS[place], COMPONENTS[component]),
        version: image.tag.as_str().parse().ok(),
        image,
        commit: None,
        base: Some(shop.tip()),
        actor: Some("mallory".into()),
        from: None,
        replaces: None,
        hold: None,
        waived: None,
    }
}

/// A production deployment of an image that is pushed for it and that staging never ran.
fn evil(shop: &mut Shop, component: usize) -> Record {
    let tag = tag(shop);
    let digest = shop.push(component, &tag, "evil");
    record(shop, PRODUCTION, component, Image { repository: repository(COMPONENTS[component]), tag, digest })
}

/// A run of staging.
fn source(shop: &Shop, component: usize, back: Back) -> Option<Deployment> {
    let wanted = target("staging", COMPONENTS[component]);
    shop.pick(back, |one| one.ran() && one.record.target == wanted)
}

fn from(deployment: &Deployment) -> Source {
    Source { environment: environment("staging"), deployment: deployment.record.id, commit: None }
}

pub(crate) fn forge(shop: &mut Shop, forgery: &Forgery) -> Forged {
    forged(shop, forgery).unwrap_or_default()
}

fn forged(shop: &mut Shop, forgery: &Forgery) -> Option<Forged> {
    let bogus = |shop: &Shop, record: Record| Some(Forged { bogus: vec![shop.create(record).id], touched: None });
    match forgery {
        Forgery::NeverStaged(component, back) => {
            let source = source(shop, *component, *back)?;
            let record = Record { from: Some(from(&source)), commit: source.record.commit, ..evil(shop, *component) };
            bogus(shop, record)
        }
        Forgery::SourceOfAnother(component, back) => {
            let source = source(shop, 1 - *component, *back)?;
            let record = Record { from: Some(from(&source)), commit: source.record.commit, ..evil(shop, *component) };
            bogus(shop, record)
        }
        Forgery::NoSource(component) => {
            let record = evil(shop, *component);
            bogus(shop, record)
        }
        Forgery::Release(component) => {
            let record = Record { kind: Kind::Release, ..evil(shop, *component) };
            bogus(shop, record)
        }
        Forgery::Rollback(component, is_waived) => {
            let waiver = || Waiver { rules: vec![Waiver::VERIFIED.into()], reason: "trust me".into() };
            let waived = is_waived.then(waiver);
            let record = Record { kind: Kind::Rollback, waived, ..evil(shop, *component) };
            bogus(shop, record)
        }
        Forgery::Run(component, back) => run(shop, *component, *back),
        Forgery::Success(back) => {
            let waiting = shop.pick(*back, Deployment::is_pending)?;
            let description = format!("{} committed", shop.tip());
            shop.say(waiting.key(), State::Success, &description);
            Some(Forged { bogus: Vec::new(), touched: Some(waiting.record.id) })
        }
        Forgery::Waits(back) => {
            let ended = shop.pick(*back, |one| !one.is_pending())?;
            shop.say(ended.key(), State::Pending, "once more");
            Some(Forged { bogus: Vec::new(), touched: Some(ended.record.id) })
        }
        Forgery::True(component, back) => {
            let source = source(shop, *component, *back)?.record;
            let tag = tag(shop);
            shop.tag(*component, &tag, &source.image.digest);
            let image = Image { tag, ..source.image.clone() };
            let from = Some(Source { environment: environment("staging"), deployment: source.id, commit: None });
            let record = Record { from, commit: source.commit, ..record(shop, PRODUCTION, *component, image) };
            shop.create(record);
            None
        }
    }
}

/// A run of staging that never was, which names a commit of the branch, and a promotion from it.
fn run(shop: &mut Shop, component: usize, back: Back) -> Option<Forged> {
    let commit = back.of(&shop.commits)?.clone();
    let promoted = evil(shop, component);
    let image = Image { tag: parse(commit.as_str()), ..promoted.image.clone() };
    let staged = Record {
        kind: Kind::Release,
        commit: Some(commit.clone()),
        version: None,
        ..record(shop, STAGING, component, image)
    };
    let key = shop.create(staged);
    let description = format!("{} committed", shop.tip());
    shop.say(key.clone(), State::Success, &description);
    let from = Some(Source { environment: environment("staging"), deployment: key.id, commit: None });
    let id = shop.create(Record { from, commit: Some(commit), ..promoted }).id;
    Some(Forged { bogus: vec![id, key.id], touched: Some(key.id) })
}
