//! The systems of a history, and what somebody does to them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use embark_core::ports::{Clock, DeploymentPlatform};
use embark_core::{
    Commit, Deployment, DeploymentId, DeploymentKey, Digest, Image, NewStatus, Record, Requirements, Revision, State,
    Tag,
};
use futures::FutureExt as _;

use super::log::{Key, Log, What, key};
use super::reading;
use super::steps::{Back, Place, Setting, Value};
use crate::world::{COMPONENTS, World, file, parse, repository};

pub(crate) const ENVIRONMENTS: [&str; 3] = ["dev", "staging", "production"];
pub(crate) const STAGING: usize = 1;
pub(crate) const PRODUCTION: usize = 2;

/// How long staging must have run what production gets, where that is demanded.
pub(crate) const SOAK: Duration = Duration::from_mins(10);

/// What production names before embark comes.
const BEFORE: &str = "0.9.0";

/// The systems, and what was done to them.
pub(crate) struct Shop {
    pub(crate) world: World,
    pub(crate) log: Arc<Log>,
    pub(crate) setting: Setting,
    /// The application's commits, the oldest first.
    pub(crate) commits: Vec<Commit>,
    /// The contents of images, by their digests.
    contents: BTreeMap<Digest, String>,
    /// The values files that are no YAML, as they were before.
    broken: BTreeMap<usize, String>,
}

impl Shop {
    pub(crate) fn new(setting: Setting) -> Self {
        let soak = if setting.soaks { SOAK } else { Duration::ZERO };
        let mut world = World::with(Requirements { soak, checks: Vec::new() });
        if setting.pins {
            for component in COMPONENTS {
                world.keys(component, &format!("{component}.image.tag"), Some(&format!("{component}.image.digest")));
            }
        }
        let healthy = ENVIRONMENTS.into_iter().zip(setting.healthy).filter(|(_, is_healthy)| *is_healthy);
        world = world.with_success(&healthy.map(|(name, _)| name).collect::<Vec<_>>());
        world.clock.date_ids();
        let log = Arc::default();
        let (commits, contents, broken) = (Vec::new(), BTreeMap::new(), BTreeMap::new());
        let mut shop = Self { world, log, setting, commits, contents, broken };
        shop.get_well();
        for component in 0..COMPONENTS.len() {
            let digest = shop.push(component, &parse(BEFORE), "before");
            shop.edit(Place { environment: PRODUCTION, component }, BEFORE, digest.as_str());
        }
        shop
    }

    /// The next commit of the application is built.
    pub(crate) fn build(&mut self, contents: [&str; 2]) -> Commit {
        // All hexadecimal digits, and no number in YAML.
        let commit: Commit = parse(&format!("{:a>40}", self.commits.len()));
        if self.setting.knows_history {
            self.world.application.commit(&commit, self.commits.last());
        }
        for (component, content) in contents.into_iter().enumerate() {
            self.push(component, &parse(commit.as_str()), content);
        }
        self.commits.push(commit.clone());
        commit
    }

    /// Somebody pushes an image.
    pub(crate) fn push(&mut self, component: usize, tag: &Tag, content: &str) -> Digest {
        let name = COMPONENTS[component];
        let content = format!("{name} {content}");
        let digest = self.world.registry.push(&repository(name), tag, &content);
        self.contents.insert(digest.clone(), content);
        let image = Image { repository: repository(name), tag: tag.clone(), digest: digest.clone() };
        self.log.somebody(What::Tagged(image));
        digest
    }

    /// Somebody gives an image that is there another tag.
    pub(crate) fn tag(&mut self, component: usize, tag: &Tag, digest: &Digest) {
        if let Some(content) = self.contents.get(digest) {
            let image =
                Image { repository: repository(COMPONENTS[component]), tag: tag.clone(), digest: digest.clone() };
            self.world.registry.push(&image.repository, tag, content);
            self.log.somebody(What::Tagged(image));
        }
    }

    /// Somebody deletes a tag.
    pub(crate) fn untag(&self, image: &Image) {
        self.world.registry.delete(&image.repository, &image.tag);
        self.log.somebody(What::Untagged(image.repository.clone(), image.tag.clone()));
    }

    pub(crate) fn text(&self, environment: usize) -> String {
        self.world.repository.text(&file(ENVIRONMENTS[environment]))
    }

    fn write(&self, environment: usize, text: &str) {
        let revision = self.world.repository.edit_by_hand(&file(ENVIRONMENTS[environment]), text.as_bytes());
        self.log.somebody(What::Committed(vec![revision]));
    }

    fn edit(&self, place: Place, tag: &str, digest: &str) {
        let text = reading::edited(&self.text(place.environment), COMPONENTS[place.component], tag, digest);
        self.write(place.environment, &text);
    }

    /// Somebody edits a values file.
    pub(crate) fn edit_to(&mut self, place: Place, value: &Value) {
        if self.broken.contains_key(&place.environment) {
            return;
        }
        match value {
            Value::Tag(back) => {
                let deployments = self.deployments();
                let of_component =
                    |one: &&Deployment| one.record.target.component.as_str() == COMPONENTS[place.component];
                let images: Vec<&Image> =
                    deployments.iter().filter(of_component).map(|one| &one.record.image).collect();
                if let Some(image) = back.of(&images) {
                    self.edit(place, image.tag.as_str(), image.digest.as_str());
                }
            }
            Value::Nonsense => self.edit(place, "nonsense", ""),
            Value::Broken => {
                self.broken.insert(place.environment, self.text(place.environment));
                self.write(place.environment, "frontend: [\n");
            }
        }
    }

    /// Somebody mends the values files that are no YAML.
    pub(crate) fn mend(&mut self) {
        for (environment, text) in std::mem::take(&mut self.broken) {
            self.write(environment, &text);
        }
    }

    pub(crate) fn deployments(&self) -> Vec<Deployment> {
        self.world.platform.deployments()
    }

    /// Returns one of those deployments that are meant.
    pub(crate) fn pick(&self, back: Back, is_meant: impl Fn(&Deployment) -> bool) -> Option<Deployment> {
        let meant: Vec<Deployment> = self.deployments().into_iter().filter(|one| is_meant(one)).collect();
        back.of(&meant).cloned()
    }

    pub(crate) fn tip(&self) -> Revision {
        self.world.repository.commits().last().expect("there is one").revision.clone()
    }

    pub(crate) fn new_id(&self) -> DeploymentId {
        self.world.clock.new_id()
    }

    /// Somebody creates a deployment.
    pub(crate) fn create(&self, record: Record) -> DeploymentKey {
        let wanted: Key = (record.target.clone(), record.id);
        self.world.platform.forge(record);
        self.log.somebody(What::Created(vec![wanted.clone()]));
        let created = self.deployments().into_iter().find(|one| key(one) == wanted);
        created.expect("it was created").key()
    }

    /// Somebody says what came of a deployment.
    pub(crate) fn say(&self, key: DeploymentKey, state: State, description: &str) {
        let status = NewStatus::new(state, description);
        let of = (key.target.clone(), key.id);
        let said = self.world.platform.append(vec![(key, status.clone())]).now_or_never();
        said.expect("a fake answers at once").expect("the deployment is there");
        self.log.somebody(What::Appended(vec![(of, status)]));
    }
}
