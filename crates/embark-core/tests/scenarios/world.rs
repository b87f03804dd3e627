use std::collections::BTreeMap;
use std::sync::Arc;

use embark_core::testing::{
    FakeApplication, FakeClock, FakeDelivery, FakePlatform, FakeRegistry, FakeRepository, Fault, Faulty,
};
use embark_core::{
    AppVersion, Check, Commit, Component, ComponentName, Deployment, Digest, Environment, EnvironmentName, Error,
    FilePath, Item, ItemOutcome, Pipeline, PromoteRequest, ReleaseRequest, Repository, Requirements, Selection, State,
    Success, Systems, Tag, TagKind, Target, ValuesKeys, VersionFormat,
};

pub(crate) const COMPONENTS: [&str; 2] = ["frontend", "backend"];

/// An application of two components, with its systems. Clones share them.
#[derive(Clone)]
pub(crate) struct World {
    pub(crate) clock: Arc<FakeClock>,
    pub(crate) registry: Arc<FakeRegistry>,
    pub(crate) repository: Arc<FakeRepository>,
    pub(crate) platform: Arc<FakePlatform>,
    pub(crate) application: Arc<FakeApplication>,
    pub(crate) delivery: Arc<FakeDelivery>,
    pub(crate) pipeline: Arc<Pipeline>,
}

pub(crate) const VALUES: &str = "# Values of one environment.\nfrontend:\n  image:\n    tag: none # by embark\nbackend:\n  image:\n    tag: 'none'\nreplicas: 2\n";

pub(crate) fn parse<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().expect(text)
}

pub(crate) fn file(environment: &str) -> FilePath {
    parse(&format!("{environment}.yaml"))
}

pub(crate) fn target(environment: &str, component: &str) -> Target {
    Target { environment: parse(environment), component: parse(component) }
}

pub(crate) fn commit(letter: char) -> Commit {
    parse(&letter.to_string().repeat(40))
}

pub(crate) fn repository(component: &str) -> Repository {
    parse(&format!("registry.test/{component}"))
}

/// Production's own repository of a component.
pub(crate) fn elsewhere(component: &str) -> Repository {
    parse(&format!("production.test/{component}"))
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(Requirements::default())
    }

    pub(crate) fn with(requires: Requirements) -> Self {
        let components = COMPONENTS.map(|name| Component {
            name: parse(name),
            image: repository(name),
            images: BTreeMap::new(),
            values: ValuesKeys::Apart { repository: None, tag: parse(&format!("{name}.image.tag")), digest: None },
            create_missing: false,
            copy_referrers: false,
        });
        let environment = |name: &str, tag, from: Option<&str>, requires| Environment {
            name: parse(name),
            values_file: file(name),
            tag,
            promotes_from: from.map(parse),
            requires,
            success: Success::Committed,
        };
        let environments = vec![
            environment("dev", TagKind::Commit, None, Requirements::default()),
            environment("staging", TagKind::Commit, None, Requirements::default()),
            environment("production", TagKind::Version, Some("staging"), requires),
        ];
        let pipeline = Pipeline::new(components.to_vec(), environments, VersionFormat::default()).expect("a pipeline");
        let files = ["dev", "staging", "production"].map(|name| (file(name), VALUES.as_bytes().to_vec()));
        let clock = Arc::new(FakeClock::default());
        Self {
            registry: Arc::default(),
            repository: Arc::new(FakeRepository::new(files.into())),
            platform: Arc::new(FakePlatform::new(clock.clone())),
            application: Arc::default(),
            delivery: Arc::default(),
            pipeline: Arc::new(pipeline),
            clock,
        }
    }

    /// The same, and production has a repository of its own for each component, which its values file names.
    pub(crate) fn with_production_elsewhere() -> Self {
        let world = Self::new();
        let components = world.pipeline.components().iter().map(|component| Component {
            images: BTreeMap::from([(environment("production"), elsewhere(component.name.as_str()))]),
            values: ValuesKeys::Apart {
                repository: Some(parse(&format!("{}.image.repository", component.name))),
                tag: parse(&format!("{}.image.tag", component.name)),
                digest: None,
            },
            create_missing: true,
            copy_referrers: true,
            ..component.clone()
        });
        let environments = world.pipeline.environments().to_vec();
        let pipeline = Pipeline::new(components.collect(), environments, VersionFormat::default()).expect("a pipeline");
        Self { pipeline: Arc::new(pipeline), ..world }
    }

    /// The configuration names another key for the tag of a component, and one for its digest or none.
    pub(crate) fn keys(&mut self, component: &str, tag: &str, digest: Option<&str>) {
        let change = |one: &Component| {
            let values = ValuesKeys::Apart { repository: None, tag: parse(tag), digest: digest.map(parse) };
            if one.name.as_str() == component { Component { values, ..one.clone() } } else { one.clone() }
        };
        let components = self.pipeline.components().iter().map(change).collect();
        let environments = self.pipeline.environments().to_vec();
        let pipeline = Pipeline::new(components, environments, VersionFormat::default()).expect("a pipeline");
        self.pipeline = Arc::new(pipeline);
    }

    pub(crate) fn systems(&self) -> Systems<'_> {
        Systems {
            pipeline: &self.pipeline,
            registry: &*self.registry,
            repository: &*self.repository,
            platform: &*self.platform,
            application: Some(&*self.application),
            delivery: Some(&*self.delivery),
            patience: Systems::PATIENCE,
            batch: Systems::BATCH,
            renderer: None,
            clock: &*self.clock,
            actor: Some("dev@example.com".into()),
        }
    }

    /// CI builds both images of a commit, the second on top of the first's and so on.
    pub(crate) fn build(&self, letter: char) -> Commit {
        self.build_of(letter, &letter.to_string(), &letter.to_string())
    }

    /// CI builds both images of a commit with these contents.
    pub(crate) fn build_of(&self, letter: char, frontend: &str, backend: &str) -> Commit {
        let commit = commit(letter);
        let parent = char::from_u32(u32::from(letter) - 1).filter(char::is_ascii_hexdigit);
        self.application.commit(&commit, parent.map(self::commit).as_ref());
        for (component, content) in COMPONENTS.into_iter().zip([frontend, backend]) {
            self.push(component, commit.as_str(), &format!("{component} {content}"));
        }
        commit
    }

    pub(crate) fn push(&self, component: &str, tag: &str, content: &str) -> Digest {
        self.registry.push(&repository(component), &parse(tag), content)
    }

    pub(crate) fn release_request(environment: &str, commit: &Commit) -> ReleaseRequest {
        ReleaseRequest {
            environment: parse(environment),
            commit: commit.clone(),
            components: Vec::new(),
            images: BTreeMap::new(),
            all: false,
            dry_run: false,
        }
    }

    pub(crate) fn promote_request(version: &str, commit: &Commit) -> PromoteRequest {
        PromoteRequest {
            environment: parse("production"),
            version: Some(parse::<AppVersion>(version)),
            commit: Some(commit.clone()),
            components: Vec::new(),
            all: false,
            waived: None,
            dry_run: false,
        }
    }

    pub(crate) async fn release(&self, environment: &str, commit: &Commit) -> Vec<Item> {
        let request = Self::release_request(environment, commit);
        embark_core::release(&self.systems(), &request).await.expect("released")
    }

    pub(crate) async fn promote(&self, version: &str, commit: &Commit) -> Vec<Item> {
        let request = Self::promote_request(version, commit);
        embark_core::promote(&self.systems(), &request).await.expect("promoted")
    }

    pub(crate) async fn deploy_pending(&self) -> Vec<Item> {
        embark_core::deploy(&self.systems(), &Selection::Pending(None), false).await.expect("deployed")
    }

    pub(crate) async fn verify(&self) -> Vec<Check> {
        embark_core::verify(&self.systems(), None).await.expect("verified")
    }

    /// A commit goes to staging.
    pub(crate) async fn stage(&self, letter: char) -> Commit {
        let commit = self.build(letter);
        self.release("staging", &commit).await;
        assert_done(&self.deploy_pending().await);
        commit
    }

    /// A commit goes to production.
    pub(crate) async fn ship(&self, letter: char, version: &str) -> Commit {
        let commit = self.stage(letter).await;
        assert_done(&self.promote(version, &commit).await);
        assert_done(&self.deploy_pending().await);
        commit
    }

    /// The tag that a values file names for a component.
    pub(crate) fn named(&self, environment: &str, component: &str) -> String {
        self.value(environment, component, "tag")
    }

    /// One key of a component's image in a values file.
    pub(crate) fn value(&self, environment: &str, component: &str, key: &str) -> String {
        let text = self.repository.text(&file(environment));
        let path = parse(&format!("{component}.image.{key}"));
        let document = embark_values::Document::parse(&text).expect("a document");
        document.get(&path).expect("a scalar").value
    }

    pub(crate) fn tag(&self, component: &str, tag: &str) -> Option<Digest> {
        self.registry.tags().get(&(repository(component), parse::<Tag>(tag))).cloned()
    }

    pub(crate) fn deployments(&self, environment: &str, component: &str) -> Vec<Deployment> {
        let target = target(environment, component);
        self.platform.deployments().into_iter().filter(|deployment| deployment.record.target == target).collect()
    }

    pub(crate) fn states(&self, environment: &str, component: &str) -> Vec<Option<State>> {
        self.deployments(environment, component).iter().map(Deployment::state).collect()
    }

    /// Everything that can be compared between two worlds.
    pub(crate) fn state(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let files = ["dev", "staging", "production"].map(|name| self.repository.text(&file(name)));
        let deployments: Vec<_> = self
            .platform
            .deployments()
            .iter()
            .map(|deployment| (deployment.record.target.clone(), deployment.record.image.clone(), deployment.ran()))
            .collect();
        (files, self.registry.tags(), deployments, self.repository.commits().len())
    }
}

/// Puts a fault before every port of a world.
pub(crate) struct Process<'a> {
    world: &'a World,
    registry: Faulty<'a, FakeRegistry>,
    repository: Faulty<'a, FakeRepository>,
    platform: Faulty<'a, FakePlatform>,
}

impl<'a> Process<'a> {
    pub(crate) fn new(world: &'a World, fault: &'a Fault) -> Self {
        Self {
            world,
            registry: Faulty::new(&world.registry, fault),
            repository: Faulty::new(&world.repository, fault),
            platform: Faulty::new(&world.platform, fault),
        }
    }

    pub(crate) fn systems(&self) -> Systems<'_> {
        Systems {
            registry: &self.registry,
            repository: &self.repository,
            platform: &self.platform,
            ..self.world.systems()
        }
    }
}

#[track_caller]
pub(crate) fn item<'a>(items: &'a [Item], component: &str) -> &'a Item {
    let name: ComponentName = parse(component);
    items.iter().find(|item| item.target.component == name).expect("an item of the component")
}

pub(crate) fn assert_done(items: &[Item]) {
    assert!(!items.is_empty());
    for item in items {
        assert!(matches!(item.outcome, ItemOutcome::Done), "{item:?}");
    }
}

pub(crate) fn assert_unchanged(items: &[Item]) {
    for item in items {
        assert!(matches!(item.outcome, ItemOutcome::Unchanged), "{item:?}");
    }
}

#[track_caller]
pub(crate) fn refusal(items: &[Item], component: &str) -> String {
    let item = item(items, component);
    match &item.outcome {
        ItemOutcome::Refused(refusal) => refusal.to_string(),
        other => panic!("{component} was not refused: {other:?}"),
    }
}

pub(crate) fn environment(name: &str) -> EnvironmentName {
    parse(name)
}

#[track_caller]
pub(crate) fn failure(items: &[Item], component: &str) -> String {
    let item = item(items, component);
    match &item.outcome {
        ItemOutcome::Failed(error) => Error::to_string(error),
        other => panic!("{component} did not fail: {other:?}"),
    }
}

impl World {
    /// An id of nobody's.
    pub(crate) fn clock_id(&self) -> embark_core::DeploymentId {
        embark_core::ports::Clock::new_id(&*self.clock)
    }
}
