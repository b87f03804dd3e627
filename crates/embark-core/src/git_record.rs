//! What git records of deployments. The platform says what came of them; where the two disagree, nothing is chosen.

use std::collections::{BTreeMap, BTreeSet};

use embark_values::Document;

use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{Deployment, Status};
use crate::holds::Holds;
use crate::image::Image;
use crate::name::{FilePath, Target};
use crate::past_files;
use crate::pipeline::Component;
use crate::ports::{LogEntry, RepositoryError};
use crate::systems::Systems;
use crate::timestamp::Timestamp;
use crate::values_file::{self, NamedImage};

/// The commits of the deployment branch that deployments name in their success. One that is not on the branch is not
/// here, whatever it says.
#[derive(Debug, Clone, Default)]
pub struct GitRecord {
    commits: BTreeMap<Revision, (Trailers, Timestamp)>,
    /// Whether the values file of a target, as a commit has it, names an image; and whether the commit deploys it there.
    names: BTreeMap<(Revision, Target, Image), (Named, bool)>,
}

/// How a values file names an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    No,
    ByTag,
    ByDigest,
}

/// What is asked of a file of the past: what it names for one of the deployments, in its commit or before.
#[derive(Debug, Clone, Copy)]
enum Question {
    Now(usize),
    Before(usize),
}

impl GitRecord {
    /// Reads the commits that these deployments name, and the values files as those have them.
    pub(crate) async fn read<'a>(
        systems: &Systems<'_>,
        deployments: impl IntoIterator<Item = &'a Deployment>,
    ) -> Result<Self, RepositoryError> {
        let named = |deployment: &'a Deployment| Some((deployment.success()?.revision()?, deployment));
        let named: Vec<(Revision, &Deployment)> = deployments.into_iter().filter_map(named).collect();
        if named.is_empty() {
            return Ok(Self::default());
        }
        let ids: BTreeSet<Revision> = named.iter().map(|(revision, _)| revision.clone()).collect();
        let commits = systems.repository.commits(ids.into_iter().collect()).await?;
        let on_branch = named.into_iter().filter(|(revision, _)| commits.contains_key(revision));
        let known: Vec<_> = on_branch
            .filter_map(|(revision, deployment)| {
                let (environment, component) = systems.pipeline.find(&deployment.record.target)?;
                Some(((revision, environment.values_file.clone()), component, deployment))
            })
            .collect();
        let parent = |revision: &Revision| commits.get(revision).and_then(|commit| commit.entry.parent.clone());
        let mut places = BTreeSet::new();
        for ((revision, file), _, deployment) in &known {
            let holds = deployment.record.hold.as_ref().map(|_| Holds::path());
            for file in holds.into_iter().chain([file.clone()]) {
                places.extend(parent(revision).map(|parent| (parent, file.clone())));
                places.insert((revision.clone(), file));
            }
        }
        let files = past_files::read(systems, places.into_iter().collect()).await?;
        let bytes = |revision: &Revision, file: &FilePath| {
            // What was no file there is absent.
            files.get(&(revision.clone(), file.clone()))?.as_ref().ok()?.as_deref()
        };
        // The file of one commit is that of the next one's parent: each is parsed once, whatever is asked of it.
        let mut asked: BTreeMap<(Revision, &FilePath), Vec<Question>> = BTreeMap::new();
        for (at, ((revision, file), ..)) in known.iter().enumerate() {
            asked.entry((revision.clone(), file)).or_default().push(Question::Now(at));
            if let Some(parent) = parent(revision) {
                asked.entry((parent, file)).or_default().push(Question::Before(at));
            }
        }
        let mut named = vec![Named::No; known.len()];
        let (mut now, mut before) = (vec![None; known.len()], vec![None; known.len()]);
        for ((revision, file), questions) in asked {
            let Ok(document) = values_file::parse(file, bytes(&revision, file)) else { continue };
            for question in questions {
                let (Question::Now(at) | Question::Before(at)) = question;
                let (_, component, deployment) = &known[at];
                let in_file = values_file::named_in(&document, component).ok();
                match question {
                    Question::Now(_) => {
                        named[at] = Named::find(&document, component, in_file.as_ref(), &deployment.record.image);
                        now[at] = in_file;
                    }
                    Question::Before(_) => before[at] = in_file,
                }
            }
        }
        let names = known.iter().enumerate().map(|(at, ((revision, file), _, deployment))| {
            let (image, target) = (&deployment.record.image, &deployment.record.target);
            let is_changed = match (&before[at], &now[at]) {
                (Some(before), Some(now)) => before != now,
                _ => parent(revision).and_then(|parent| bytes(&parent, file)) != bytes(revision, file),
            };
            let holds = |revision: &Revision| {
                let holds = Holds::parse(bytes(revision, &Holds::path())).unwrap_or_default();
                holds.of(target).is_some()
            };
            let is_held = deployment.record.hold.is_some()
                && holds(revision)
                && !parent(revision).is_some_and(|parent| holds(&parent));
            let is_empty = commits.get(revision).is_some_and(|commit| commit.is_empty);
            ((revision.clone(), target.clone(), image.clone()), (named[at], is_changed || is_held || is_empty))
        });
        let trailers = |entry: &LogEntry| (Trailers::parse(&entry.message), entry.at);
        let commits = commits.iter().map(|(id, commit)| (id.clone(), trailers(&commit.entry)));
        Ok(Self { names: names.collect(), commits: commits.collect() })
    }

    /// Tells whether the commit of a deployment's success bears the deployment's trailer.
    pub(crate) fn bears(&self, deployment: &Deployment) -> bool {
        let commit = deployment.success().and_then(Status::revision);
        let trailers = commit.and_then(|commit| self.commits.get(&commit));
        trailers.is_some_and(|(trailers, _)| trailers.deployment == Some(deployment.record.id))
    }

    /// Returns when a deployment succeeded: not before its commit was made, whatever the platform says.
    pub(crate) fn succeeded_at(&self, deployment: &Deployment) -> Option<Timestamp> {
        let success = deployment.success()?;
        let (_, made) = self.commits.get(&success.revision()?)?;
        Some(success.at.max(*made))
    }

    /// Checks that git records what the platform says of a deployment that ran.
    ///
    /// # Errors
    /// A sentence that names both.
    pub(crate) fn agrees(&self, deployment: &Deployment) -> Result<(), String> {
        let record = &deployment.record;
        let Some(success) = deployment.success() else { return Ok(()) };
        let Some(revision) = success.revision() else {
            return Err(format!("deployment {} succeeded without telling its commit", record.id));
        };
        let Some((trailers, _)) = self.commits.get(&revision) else {
            return Err(format!("deployment {} says commit {revision}, which is not on the branch", record.id));
        };
        let named = self.names.get(&(revision.clone(), record.target.clone(), record.image.clone()));
        let (named, deploys) = named.copied().unwrap_or((Named::No, false));
        if success.is_without_commit() {
            // Nothing but the file records it, so that the file must pin the digest.
            return if named == Named::ByDigest {
                Ok(())
            } else {
                Err(format!(
                    "no commit records deployment {}, and commit {revision} does not name its digest",
                    record.id
                ))
            };
        }
        if !trailers.are_of(deployment) {
            return Err(match (&trailers.deployment, &trailers.image) {
                (Some(id), Some(image)) if *id == record.id && *image == record.image => format!(
                    "commit {revision} and the platform differ in the target or the commit of deployment {id}, or in what was waived for it"
                ),
                (Some(id), Some(image)) => format!(
                    "commit {revision} records deployment {id} of {image}, and the platform {} of {}",
                    record.id, record.image
                ),
                _ => format!(
                    "commit {revision} records no deployment; the platform says that it carried out {}",
                    record.id
                ),
            });
        }
        if named == Named::No {
            return Err(format!("commit {revision} says that it deploys {}, and does not name it", record.image));
        }
        // Whoever merges a pull request may take its description for the message: what it does must fit.
        if named == Named::ByTag && !deploys {
            return Err(format!(
                "commit {revision} says that it deploys {}, and changes other files alone",
                record.image
            ));
        }
        Ok(())
    }
}

impl Named {
    /// Where the configuration names another key by now, any scalar may be the one.
    fn find(document: &Document<'_>, component: &Component, in_file: Option<&NamedImage>, image: &Image) -> Self {
        match in_file {
            Some(named) if !named.is(image) => Self::No,
            Some(named) if named.digest().is_some() => Self::ByDigest,
            Some(_) => Self::ByTag,
            None => Self::anywhere(document, component, image),
        }
    }

    fn anywhere(document: &Document<'_>, component: &Component, image: &Image) -> Self {
        let has = |fits: &dyn Fn(&str) -> bool| document.scalars().any(|(_, scalar)| fits(&scalar.value));
        let (tag, digest) = (image.tag.as_str(), image.digest.to_string());
        let reference = format!(":{tag}");
        let has_tag = has(&|text| text == tag || text.split('@').next().is_some_and(|text| text.ends_with(&reference)));
        let has_digest = has(&|text| text == digest || text.ends_with(&format!("@{digest}")));
        match (has_tag, has_digest) {
            (true, true) => Self::ByDigest,
            (true, false) if !component.values.pins() => Self::ByTag,
            _ => Self::No,
        }
    }
}
