//! What somebody does who may write to the platform.

use embark_core::{Deployment, Image, Kind, Record, Source, State, Tag, Waiver};

use super::log::{Key, key};
use super::shop::{ENVIRONMENTS, PRODUCTION, STAGING, Shop};
use super::steps::{Back, Forgery, Place};
use crate::world::{COMPONENTS, environment, parse, repository, target};

/// What was forged.
#[derive(Debug, Default)]
pub(crate) struct Forged {
    /// The deployments that nothing bears out.
    pub(crate) bogus: Vec<Key>,
    /// The deployment whose statuses are not embark's alone.
    pub(crate) touched: Option<Key>,
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
    let bogus = |shop: &Shop, record: Record| {
        let key = (record.target.clone(), record.id);
        shop.create(record);
        Some(Forged { bogus: vec![key], touched: None })
    };
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
            Some(Forged { bogus: Vec::new(), touched: Some(key(&waiting)) })
        }
        Forgery::Waits(back) => {
            let ended = shop.pick(*back, |one| !one.is_pending())?;
            shop.say(ended.key(), State::Pending, "once more");
            Some(Forged { bogus: Vec::new(), touched: Some(key(&ended)) })
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
        Forgery::Copy(back, place) => copy(shop, *back, *place),
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
    let run = shop.create(staged);
    let description = format!("{} committed", shop.tip());
    shop.say(run.clone(), State::Success, &description);
    let from = Some(Source { environment: environment("staging"), deployment: run.id, commit: None });
    let promotion = shop.create(Record { from, commit: Some(commit), ..promoted });
    let [promotion, run] = [promotion, run].map(|key| (key.target, key.id));
    Some(Forged { bogus: vec![promotion, run.clone()], touched: Some(run) })
}

/// A deployment of another target under an id that there is, of what that target can run.
fn copy(shop: &Shop, back: Back, place: Place) -> Option<Forged> {
    let original = shop.pick(back, |_| true)?.record;
    let name = COMPONENTS[place.component];
    let target = target(ENVIRONMENTS[place.environment], name);
    if target == original.target {
        return None;
    }
    let named = (repository(name), original.image.tag.clone());
    let digest = shop.world.registry.tags().get(&named).cloned();
    let image = digest.map_or(original.image.clone(), |digest| Image { repository: named.0, tag: named.1, digest });
    let copied = Record { target: target.clone(), image, actor: Some("mallory".into()), ..original };
    let is_bogus = copied.kind == Kind::Release && place.environment == PRODUCTION;
    let is_there = shop.deployments().iter().any(|one| key(one) == (target.clone(), copied.id));
    if is_there {
        return None;
    }
    let id = shop.create(copied).id;
    Some(Forged { bogus: is_bogus.then_some((target, id)).into_iter().collect(), touched: None })
}
