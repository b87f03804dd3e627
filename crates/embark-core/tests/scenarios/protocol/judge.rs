//! The judge: keeps what was done to the systems, and asks of each event whether it may be so.
//!
//! It decides nothing as embark does, and shares no code with what does: it looks back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use embark_core::ports::{Clock as _, DeploymentRepository as _};
use embark_core::{Deployment, DeploymentId, Digest, Image, Record, Repository, Revision, State, Tag};
use futures::FutureExt as _;

use super::forging::Forged;
use super::log::{Event, Key, Log, What, key};
use super::process::{Answer, Request};
use super::property::{Broken, Property};
use super::reading::{self, Named};
use super::shop::{ENVIRONMENTS, Shop};
use super::stepped::Line;
use super::steps::{Cluster, Setting};
use super::tally::Tally;
use crate::world::{COMPONENTS, World, file, parse, repository, target};

pub(crate) struct Judge {
    pub(crate) world: World,
    pub(crate) setting: Setting,
    pub(crate) tally: Tally,
    log: Arc<Log>,
    /// How many events were looked at.
    pub(crate) time: usize,
    /// The branch, the oldest commit first.
    pub(crate) commits: Vec<Seen>,
    pub(crate) wishes: BTreeMap<Key, Wish>,
    /// Which images got which tags, when and by whom.
    pub(crate) tags: Vec<(usize, Option<usize>, Image)>,
    /// Which tags were deleted, and when.
    untagged: Vec<(usize, Repository, Tag)>,
    /// The processes that have written something before it was refused: tags or deployments.
    wrote: BTreeSet<usize>,
    /// What each process is asked, and how many events there were when it began.
    requests: Vec<(Request, usize)>,
    /// How the clusters are, and since when.
    pub(crate) turns: Vec<(usize, usize, Cluster)>,
}

/// A commit of the branch.
pub(crate) struct Seen {
    pub(crate) revision: Revision,
    pub(crate) time: usize,
    /// What the clock said, in seconds.
    pub(crate) at: i64,
    /// The process that made it; `None` for somebody else.
    pub(crate) by: Option<usize>,
    /// What its message says that it carries out.
    pub(crate) carries: Option<Carried>,
    /// The values files.
    pub(crate) files: [String; 3],
    pub(crate) held: BTreeSet<(String, String)>,
}

/// What a commit says that it carries out.
#[derive(Debug, Clone)]
pub(crate) struct Carried {
    pub(crate) deployment: DeploymentId,
    pub(crate) environment: usize,
    pub(crate) component: usize,
    pub(crate) image: Image,
}

impl Carried {
    pub(crate) fn key(&self) -> Key {
        (target(ENVIRONMENTS[self.environment], COMPONENTS[self.component]), self.deployment)
    }
}

/// A deployment, as it was created, and what was said of it.
pub(crate) struct Wish {
    pub(crate) record: Record,
    pub(crate) number: u64,
    /// How many events there were when it was seen to be created.
    pub(crate) time: usize,
    /// The process that created it.
    pub(crate) by: Option<usize>,
    /// Whether somebody has forged it, and nothing bears it out.
    pub(crate) is_bogus: bool,
    /// Whether somebody has forged a status of it.
    pub(crate) is_touched: bool,
    pub(crate) said: Vec<Said>,
}

/// A status.
pub(crate) struct Said {
    pub(crate) time: usize,
    pub(crate) by: Option<usize>,
    pub(crate) state: State,
    /// Whether the deployment's tag named its digest then.
    pub(crate) was_there: bool,
}

impl Judge {
    pub(crate) fn new(shop: &Shop) -> Self {
        let mut judge = Self {
            world: shop.world.clone(),
            setting: shop.setting,
            tally: Tally::default(),
            log: shop.log.clone(),
            time: 0,
            commits: Vec::new(),
            wishes: BTreeMap::new(),
            tags: Vec::new(),
            untagged: Vec::new(),
            wrote: BTreeSet::new(),
            requests: Vec::new(),
            turns: Vec::new(),
        };
        let first = judge.world.repository.commits().remove(0);
        judge.see(&first.revision, &first.message, None);
        judge
    }

    /// Notes what a process is asked, and gives it a number.
    pub(crate) fn ask(&mut self, request: Request) -> usize {
        self.requests.push((request, self.log.len()));
        self.requests.len() - 1
    }

    pub(crate) fn asked(&self, process: usize) -> Request {
        self.requests[process].0.clone()
    }

    /// Returns how many events there were when a process began.
    pub(crate) fn began(&self, process: usize) -> usize {
        self.requests[process].1
    }

    /// Notes what is known to be forged.
    pub(crate) fn mark(&mut self, forged: &Forged) {
        for (key, wish) in &mut self.wishes {
            wish.is_bogus |= forged.bogus.contains(key);
            wish.is_touched |= forged.touched.as_ref() == Some(key);
        }
    }

    /// Judges what was done since it last looked.
    pub(crate) fn catch_up(&mut self) -> Result<(), Broken> {
        while let Some(event) = self.log.get(self.time) {
            self.time += 1;
            self.judge(event)?;
        }
        Ok(())
    }

    fn judge(&mut self, event: Event) -> Result<(), Broken> {
        if let Some(process) = event.by.filter(|_| matches!(event.what, What::Tagged(_) | What::Created(_))) {
            self.wrote.insert(process);
        }
        match event.what {
            What::Tagged(image) => {
                self.tags.push((self.time, event.by, image.clone()));
                if event.by.is_some() { self.tagged(&image) } else { Ok(()) }
            }
            What::Untagged(repository, tag) => {
                self.untagged.push((self.time, repository, tag));
                Ok(())
            }
            What::Created(keys) => {
                let created = self.world.platform.deployments();
                for deployment in created.into_iter().filter(|one| keys.contains(&key(one))) {
                    let of = key(&deployment);
                    self.wishes.entry(of.clone()).or_insert_with(|| Wish::new(deployment, self.time, event.by));
                    if event.by.is_some() {
                        self.created(&of, event.read_at)?;
                    }
                }
                Ok(())
            }
            What::Appended(said) => {
                for (of, status) in said {
                    if let Some(process) = event.by {
                        self.appended(&of, &status, process, event.read_at)?;
                    }
                    let was_there = self.is_there(&self.wishes[&of].record.image);
                    let said = Said { time: self.time, by: event.by, state: status.state(), was_there };
                    self.wishes.get_mut(&of).expect("it was created").said.push(said);
                }
                Ok(())
            }
            What::Turned(environment, cluster) => {
                self.turns.push((self.time, environment, cluster));
                Ok(())
            }
            What::Committed(revisions) => {
                let entries = self.world.repository.commits();
                for entry in entries.iter().filter(|entry| revisions.contains(&entry.revision)) {
                    self.see(&entry.revision, &entry.message, event.by);
                    if event.by.is_some() {
                        self.committed(event.read_at)?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Looks at a commit.
    fn see(&mut self, revision: &Revision, message: &str, by: Option<usize>) {
        let paths = ENVIRONMENTS.map(file).into_iter().chain([parse(".embark/holds.yaml")]);
        let places = paths.map(|path| (revision.clone(), path)).collect();
        let read = self.world.repository.read_at(places).now_or_never();
        let read = read.expect("a fake answers at once").expect("the commit is there");
        let text = |path: &str| {
            let bytes = read.get(&(revision.clone(), parse(path))).cloned().flatten().unwrap_or_default();
            String::from_utf8(bytes).expect("a text")
        };
        self.commits.push(Seen {
            revision: revision.clone(),
            time: self.time,
            at: self.world.clock.now().as_unix(),
            by,
            carries: carried(message),
            files: ENVIRONMENTS.map(|name| text(&format!("{name}.yaml"))),
            held: reading::held(&text(".embark/holds.yaml")),
        });
    }

    /// Judges a process that has come to its end.
    pub(crate) fn answered(&mut self, line: &Line, answer: Answer) -> Result<(), Broken> {
        let process = line.process;
        let request = self.asked(process);
        if answer == Answer::Refused && matches!(request, Request::Release(_) | Request::Promote(_)) {
            let wrote = self.wrote.contains(&process);
            self.tally.check(Property::Together, !wrote, || format!("{request:?} was refused, and has written"))?;
        }
        if let (Answer::Done, Request::Promote(request)) = (answer, &request) {
            let version = request.version.as_ref().map(ToString::to_string).unwrap_or_default();
            for name in COMPONENTS {
                let has_tag = |image: &Image| image.repository == repository(name) && image.tag.as_str() == version;
                let is_tagged = self.tags.iter().any(|(_, _, image)| has_tag(image));
                self.tally.check(Property::Together, is_tagged, || format!("{name} has no tag of {request:?}"))?;
            }
        }
        // A registry that cannot be asked tells nothing.
        if line.is_faulty() { Ok(()) } else { self.read_back(process) }
    }

    /// What is said, in words, of a deployment.
    pub(crate) fn tell(&self, key: &Key) -> String {
        let Some(wish) = self.wishes.get(key) else { return format!("nobody created {} of {}", key.1, key.0) };
        let said: Vec<String> = wish.said.iter().map(|said| format!("{} by {:?}", said.state, said.by)).collect();
        format!(
            "#{} {} {} {}: {}",
            wish.number,
            wish.record.kind,
            wish.record.target,
            wish.record.image,
            said.join(", ")
        )
    }

    /// Tells whether the tag of an image named its digest at some time since `time`.
    pub(crate) fn was_there_since(&self, image: &Image, time: usize) -> bool {
        self.named_since_by(image, time).contains(&true)
    }

    /// Tells, of each time since `time` at which the tag of an image came to name something, whether that was its digest.
    pub(crate) fn named_since_by(&self, image: &Image, time: usize) -> Vec<bool> {
        let is_tag = |repository: &Repository, tag: &Tag| *repository == image.repository && *tag == image.tag;
        let pushed = self.tags.iter().filter(|(_, _, other)| is_tag(&other.repository, &other.tag));
        let pushed = pushed.map(|(at, _, other)| (*at, other.digest == image.digest));
        let deleted = self.untagged.iter().filter(|(_, repository, tag)| is_tag(repository, tag));
        let mut changes: Vec<(usize, bool)> = pushed.chain(deleted.map(|(at, ..)| (*at, false))).collect();
        changes.sort_unstable();
        let (before, since): (Vec<_>, Vec<_>) = changes.into_iter().partition(|(at, _)| *at <= time);
        before.last().into_iter().chain(&since).map(|(_, is_it)| *is_it).collect()
    }

    /// Tells whether the tag of an image names its digest now.
    pub(crate) fn is_there(&self, image: &Image) -> bool {
        self.world.registry.tags().get(&(image.repository.clone(), image.tag.clone())) == Some(&image.digest)
    }

    /// Returns the commits of embark's that carried something out to a place, the oldest first.
    pub(crate) fn carried_out(
        &self,
        environment: usize,
        component: usize,
    ) -> impl DoubleEndedIterator<Item = (&Seen, &Carried)> {
        let of = move |seen: &'_ Seen| {
            let carries = seen.carries.as_ref().filter(|_| seen.by.is_some())?;
            Some((carries.environment, carries.component) == (environment, component))
        };
        self.commits
            .iter()
            .filter(move |seen| of(seen) == Some(true))
            .filter_map(|seen| Some((seen, seen.carries.as_ref()?)))
    }

    /// Tells whether an environment had a digest, by embark's commits or as one that its values file pinned.
    pub(crate) fn had(&self, environment: usize, component: usize, digest: &Digest) -> bool {
        let is_it = |(_, carried): (&Seen, &Carried)| carried.image.digest == *digest;
        self.carried_out(environment, component).any(is_it) || self.was_pinned(environment, component, digest)
    }

    /// Tells whether a values file pinned a digest: then no commit need name it.
    pub(crate) fn was_pinned(&self, environment: usize, component: usize, digest: &Digest) -> bool {
        self.commits.iter().any(|seen| seen.named(environment, component).digest == digest.as_str())
    }
}

impl Seen {
    pub(crate) fn named(&self, environment: usize, component: usize) -> Named {
        reading::named(&self.files[environment], COMPONENTS[component])
    }

    pub(crate) fn holds(&self, environment: usize, component: usize) -> bool {
        let names = |name: &str| (ENVIRONMENTS[environment].to_owned(), name.to_owned());
        self.held.contains(&names(COMPONENTS[component])) || self.held.contains(&names("*"))
    }
}

impl Wish {
    fn new(deployment: Deployment, time: usize, by: Option<usize>) -> Self {
        let (record, number) = (deployment.record, deployment.number);
        Self { record, number, time, by, is_bogus: false, is_touched: false, said: Vec::new() }
    }

    pub(crate) fn key(&self) -> Key {
        (self.record.target.clone(), self.record.id)
    }

    /// Returns the newest state but `inactive` that was said by `time`.
    pub(crate) fn result(&self, time: usize) -> Option<State> {
        let mut said = self.said.iter().filter(|said| said.time <= time && said.state != State::Inactive);
        said.next_back().map(|said| said.state)
    }

    /// Tells whether a process called it a success.
    pub(crate) fn is_success(&self) -> bool {
        self.said.iter().any(|said| said.by.is_some() && said.state == State::Success)
    }

    /// Tells whether it was called a success by `time`.
    pub(crate) fn ran(&self, time: usize) -> bool {
        self.said.iter().any(|said| said.time <= time && said.state == State::Success)
    }
}

/// Reads the lines of a message that say what its commit carries out.
fn carried(message: &str) -> Option<Carried> {
    let of = |key: &str| message.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": "));
    let place = |names: &[&str], name: &str| names.iter().position(|one| *one == name);
    Some(Carried {
        deployment: of("Embark-Deployment")?.parse().ok()?,
        environment: place(&ENVIRONMENTS, of("Embark-Environment")?)?,
        component: place(&COMPONENTS, of("Embark-Component")?)?,
        image: of("Embark-Image")?.parse().ok()?,
    })
}
