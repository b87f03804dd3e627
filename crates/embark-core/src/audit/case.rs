//! The changes that are audited, and what is still to be found for each of them on the way back.

mod open;

use std::collections::{BTreeMap, BTreeSet};

use self::open::Open;
use super::history::{self, Stretch};
use super::judge::{self, Finding, Judged, Proof, Told, Wish};
use super::platform::{Known, Platform};
use super::source::{How, at_source, by_search, elsewhere};
use super::tags::{Look, Tags};
use super::versions::Says;
use super::{Audited, Line};
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::deployment::{DeploymentId, State};
use crate::digest::Digest;
use crate::error::Error;
use crate::image::{Repository, Tag};
use crate::name::{FilePath, Target};
use crate::ports::{BranchCommit, LogEntry};
use crate::record::Waiver;
use crate::systems::Systems;
use crate::values_file::NamedImage;
use crate::verify::{EvidenceKind, Verdict};

/// All changes, newest first.
pub(super) struct Cases<'a> {
    systems: &'a Systems<'a>,
    lines: &'a [Line<'a>],
    platform: Platform,
    all: Vec<Case>,
    /// Those for which something is still to be found.
    open: Open,
    /// Those of each line whose deployments the platform says are older than all that it knows: that is so if no older
    /// change is known.
    too_old: BTreeMap<usize, Vec<usize>>,
    tags: Tags,
}

struct Case {
    line: usize,
    audited: Audited,
    is_asked: bool,
    wish: Option<Wish>,
    /// The older change that a rollback went back to.
    origin: Option<usize>,
    told: Told,
}

type States = BTreeMap<(Revision, Target), Says>;

impl<'a> Cases<'a> {
    pub(super) fn new(systems: &'a Systems<'a>, lines: &'a [Line<'a>], platform: Platform) -> Self {
        let (all, open, too_old, tags) = (Vec::new(), Open::default(), BTreeMap::new(), Tags::default());
        Self { systems, lines, platform, all, open, too_old, tags }
    }

    /// Tells whether nothing is to be found further back.
    pub(super) fn are_settled(&self) -> bool {
        self.open.is_empty() && self.too_old.is_empty()
    }

    /// Takes the changes of a stretch up, and finds in it what bears out newer ones.
    pub(super) async fn go_back(&mut self, stretch: Stretch) -> Result<(), Error> {
        let trailers: Vec<Trailers> = stretch.entries.iter().map(|entry| Trailers::parse(&entry.message)).collect();
        let named = trailers.iter().flat_map(|trailers| recorded(self.lines, trailers)).collect();
        self.platform.look_up(self.systems, named).await?;
        let entries = || stretch.entries.iter().zip(&trailers);
        let unrecorded = entries().flat_map(|(entry, trailers)| self.unrecorded(entry, trailers, &stretch));
        let unrecorded: BTreeSet<_> = unrecorded.collect();
        self.tags.look_up(self.systems, unrecorded).await?;
        let found: Vec<Vec<Case>> = entries().map(|(entry, trailers)| self.judge(entry, trailers, &stretch)).collect();
        let states = self.sources(&stretch, &found).await?;
        for ((entry, trailers), found) in entries().zip(found) {
            self.meet(entry, trailers, &states);
            for case in found {
                self.take_up(case);
            }
        }
        Ok(())
    }

    /// Returns the tags to which a commit changed something, and of which nothing records the digest.
    fn unrecorded(&self, entry: &LogEntry, trailers: &Trailers, stretch: &Stretch) -> Vec<(Repository, Tag)> {
        let mut found = Vec::new();
        for line in self.lines {
            let target = line.target();
            let said = stretch.changes.get(&(entry.revision.clone(), target.clone()));
            let Some(named) = said.and_then(Says::named) else { continue };
            let is_deployed = judge::deployed(trailers, &target).is_some_and(|(_, image)| named.may_be(image));
            if !is_deployed && judge::digest(line, named, &self.platform).is_none() {
                found.extend(judge::reference(line, named));
            }
        }
        found
    }

    /// Judges what a commit changed.
    fn judge(&self, entry: &LogEntry, trailers: &Trailers, stretch: &Stretch) -> Vec<Case> {
        let mut found = Vec::new();
        for (at, line) in self.lines.iter().enumerate() {
            let Some(said) = stretch.changes.get(&(entry.revision.clone(), line.target())) else { continue };
            let (digest, judged) = match said {
                Says::Names(named) => judge::judge(line, (entry, trailers), named, &self.platform, &self.tags),
                Says::Unreadable(why) => (None, Judged::Settled(Finding::unknown(why.clone()))),
            };
            let named = said.named();
            let (finding, wish) = match judged {
                Judged::Settled(finding) => (Some(finding), None),
                Judged::Open(wish) => (None, Some(wish)),
            };
            let mut audited = Audited {
                commit: entry.revision.clone(),
                at: entry.at,
                author: entry.author.clone(),
                environment: line.environment.name.clone(),
                component: line.component.name.clone(),
                from: line.from.name.clone(),
                image: named.and_then(NamedImage::repository).unwrap_or_else(|| line.repository().clone()),
                tag: named.and_then(NamedImage::tag),
                digest,
                verdict: Verdict::Unknown,
                evidence: None,
                reason: String::new(),
            };
            if let Some(finding) = finding {
                settle(&mut audited, finding);
            }
            let told = judge::told(trailers, &line.target(), &self.platform);
            found.push(Case { line: at, audited, is_asked: stretch.is_asked, wish, origin: None, told });
        }
        found
    }

    /// Reads what the environments before named after those commits of a stretch that can matter.
    async fn sources(&mut self, stretch: &Stretch, found: &[Vec<Case>]) -> Result<States, Error> {
        let mut places: BTreeSet<(Revision, FilePath)> = BTreeSet::new();
        let here: BTreeMap<&Revision, usize> =
            stretch.entries.iter().enumerate().map(|(at, entry)| (&entry.revision, at)).collect();
        let mut wanted = self.open.named_sources();
        // From which commit of the stretch on all that a file named is looked at.
        let mut searched: BTreeMap<&FilePath, usize> = BTreeMap::new();
        let old = self.open.iter().map(|at| &self.all[at]);
        for case in old.chain(found.iter().flatten()) {
            match &case.wish {
                Some(Wish::Source { target, revision, .. }) if here.contains_key(revision) => {
                    let environment = self.systems.pipeline.environment(&target.environment);
                    places.extend(environment.map(|found| (revision.clone(), found.values_file.clone())));
                }
                Some(Wish::Digest { .. }) => {
                    let line = &self.lines[case.line];
                    let from = searched.entry(&line.from.values_file).or_insert(usize::MAX);
                    *from = (*from).min(here.get(&case.audited.commit).map_or(0, |at| at + 1));
                    wanted.insert(line.source());
                }
                _ => {}
            }
        }
        for (file, from) in searched {
            let touched = stretch.entries.iter().skip(from).filter(|entry| entry.changed.contains(file));
            places.extend(touched.map(|entry| (entry.revision.clone(), file.clone())));
        }
        let environments = self.systems.pipeline.environments().iter();
        let states = history::read(self.systems, self.lines, environments, places.into_iter().collect()).await?;
        let named = states.iter().filter_map(|((_, target), said)| Some((target, said.named()?)));
        let unknown = named.filter(|(target, named)| named.digest().is_none() && wanted.contains(*target));
        let unknown = unknown.filter_map(|(target, named)| {
            let (repository, tag) = self.source_reference(target, named)?;
            self.platform.recorded(target, &repository, &tag).is_none().then_some((repository, tag))
        });
        let unknown: BTreeSet<_> = unknown.collect();
        self.tags.look_up(self.systems, unknown).await?;
        Ok(states)
    }

    fn source_reference(&self, target: &Target, named: &NamedImage) -> Option<(Repository, Tag)> {
        let component = self.systems.pipeline.component(&target.component)?;
        let repository = named.repository().unwrap_or_else(|| component.repository(&target.environment).clone());
        Some((repository, named.tag()?))
    }

    /// Looks whether a commit bears out newer changes.
    fn meet(&mut self, entry: &LogEntry, trailers: &Trailers, states: &States) {
        if self.open.is_empty() {
            return;
        }
        let state = |target: &Target| states.get(&(entry.revision.clone(), target.clone()));
        for at in self.open.take_by_commit(&entry.revision) {
            let case = &mut self.all[at];
            let Some(Wish::Source { target, image, trailers: promoted, .. }) = case.wish.take() else { continue };
            let proof = Proof { kind: EvidenceKind::Trailers, commit: &case.audited.commit, trailers: &promoted };
            let named = state(&target);
            let finding = at_source(&proof, &target, &image.digest, entry, trailers, named, &self.platform);
            settle(&mut case.audited, finding);
        }
        let sources: BTreeSet<Target> = self.lines.iter().map(Line::source).collect();
        let looks =
            sources.iter().filter_map(|source| Some((source, self.digest_at(source, state(source)?, trailers))));
        for (source, (look, how)) in looks.collect::<Vec<_>>() {
            match look {
                Look::Digest(digest) => self.find_named(source, &digest, how, (entry, trailers)),
                Look::Gone(_) => self.open.miss(source),
            }
        }
        let Some(target) = trailers.target() else { return };
        let Some((_, image)) = judge::deployed(trailers, &target) else { return };
        for at in self.open.once_deployed(&target, &image.digest) {
            if let Some(Wish::Source { is_met, .. }) = &mut self.all[at].wish {
                *is_met = true;
            }
        }
    }

    /// Settles the changes that look for what their source had named.
    fn find_named(&mut self, source: &Target, digest: &Digest, how: How, at_commit: (&LogEntry, &Trailers)) {
        // Where embark deploys, what somebody named by hand for a moment verifies nothing.
        let is_weak = how != How::Deployed && self.platform.knows(source);
        let found = if is_weak { self.open.by_named(source, digest) } else { self.open.take_by_named(source, digest) };
        for at in found {
            let case = &mut self.all[at];
            let Some(Wish::Digest { kind, weak, .. }) = &mut case.wish else { continue };
            let finding = || by_search(&case.audited, source, at_commit, *kind, how);
            if is_weak {
                weak.get_or_insert_with(finding);
            } else {
                let finding = finding();
                case.wish = None;
                settle(&mut case.audited, finding);
            }
        }
    }

    /// Returns what the environment before named, and what tells it.
    fn digest_at(&self, target: &Target, said: &Says, trailers: &Trailers) -> (Look, How) {
        let gone = || Look::Gone("which is no tag".into());
        let Some(named) = said.named() else { return (gone(), How::Named) };
        if let Some((id, image)) = judge::deployed(trailers, target).filter(|(_, image)| named.may_be(image)) {
            let is_waived = trailers.waived.iter().any(|rule| rule == Waiver::VERIFIED);
            let has_run = match self.platform.find(target, id) {
                Known::Deployment(deployment) => {
                    let is_failed = deployment.result().is_some_and(|status| status.state == State::Failure);
                    trailers.are_of(deployment) && deployment.ran() && !is_failed
                }
                Known::Absent => false,
                Known::TooOld => true,
            };
            let how = if has_run && !is_waived { How::Deployed } else { How::Named };
            return (Look::Digest(image.digest.clone()), how);
        }
        if let Some(digest) = named.digest() {
            return (Look::Digest(digest), How::Named);
        }
        let Some((repository, tag)) = self.source_reference(target, named) else { return (gone(), How::Named) };
        if let Some(digest) = self.platform.recorded(target, &repository, &tag) {
            return (Look::Digest(digest.clone()), How::Named);
        }
        (self.tags.get(&(repository, tag)).cloned().unwrap_or_else(gone), How::ByTag)
    }

    /// Takes a change up: it is asked for, or what a rollback went back to.
    fn take_up(&mut self, mut case: Case) {
        let new = self.all.len();
        let digest = case.audited.digest.as_ref();
        let back = digest.map(|digest| self.open.take_by_line(case.line, digest)).unwrap_or_default();
        for at in &back {
            self.all[*at].wish = None;
            self.all[*at].origin = Some(new);
        }
        if case.told == Told::Known {
            for at in self.too_old.remove(&case.line).unwrap_or_default() {
                self.refuse(at);
            }
        }
        if case.is_asked || !back.is_empty() {
            let source = self.lines[case.line].source();
            if let Some(Wish::Digest { gone, .. }) = &mut case.wish {
                *gone = self.open.missed(&source);
            }
            if let Some(wish) = &case.wish {
                self.open.add(new, case.line, source, wish);
            }
            if case.told == Told::TooOld {
                self.too_old.entry(case.line).or_default().push(new);
            }
            self.all.push(case);
        }
    }

    /// Takes a change for forged: its deployment says that it is older than what an older change brought.
    fn refuse(&mut self, at: usize) {
        let case = &mut self.all[at];
        case.wish = None;
        let reason = "the commit records a deployment that the platform has not, and it has older ones";
        settle(&mut case.audited, Finding::broken(reason.into()));
        self.open.remove(at);
    }

    /// Reads what the sources named at commits that changed nothing of theirs: a success without a commit names the tip.
    async fn unmoved(&self, on_branch: &BTreeMap<Revision, BranchCommit>) -> Result<States, Error> {
        let mut places = BTreeSet::new();
        for at in self.open.iter() {
            let Some(Wish::Source { target, revision, is_met: false, .. }) = &self.all[at].wish else { continue };
            let environment = self.systems.pipeline.environment(&target.environment);
            let file = environment.filter(|_| on_branch.contains_key(revision)).map(|found| found.values_file.clone());
            places.extend(file.map(|file| (revision.clone(), file)));
        }
        let environments = self.systems.pipeline.environments().iter();
        history::read(self.systems, self.lines, environments, places.into_iter().collect()).await
    }

    /// Ends the audit: what has not been found by now is not there.
    pub(super) async fn close(mut self) -> Result<Vec<Audited>, Error> {
        let named = self.open.iter().filter_map(|at| match &self.all[at].wish {
            Some(Wish::Source { revision, .. }) => Some(revision.clone()),
            _ => None,
        });
        let named: BTreeSet<Revision> = named.collect();
        let on_branch = if named.is_empty() {
            BTreeMap::new()
        } else {
            self.systems.repository.commits(named.into_iter().collect()).await?
        };
        let states = self.unmoved(&on_branch).await?;
        for at in self.open.iter() {
            let case = &self.all[at];
            let line = &self.lines[case.line];
            let finding = match &case.wish {
                // Its file named the image before that commit, and no commit was made for it.
                Some(Wish::Source { target, revision, image, trailers, is_met }) => {
                    let proof = Proof { kind: EvidenceKind::Trailers, commit: &case.audited.commit, trailers };
                    let named = on_branch.get(revision).filter(|named| named.entry.at <= case.audited.at);
                    let brings = |named: &BranchCommit| {
                        let trailers = Trailers::parse(&named.entry.message);
                        judge::deployed(&trailers, target).is_some_and(|(_, found)| found.digest == image.digest)
                    };
                    let said = states.get(&(revision.clone(), target.clone())).and_then(Says::named);
                    let is_met = *is_met || said.and_then(NamedImage::digest).as_ref() == Some(&image.digest);
                    if let Some(named) = named.filter(|named| is_met || brings(named)) {
                        match proof.by_deployment(target, &image.digest, &self.platform) {
                            Ok(Some(finding)) | Err(finding) => finding,
                            Ok(None) if is_met => proof.holds(target, None, Some(revision.clone())),
                            Ok(None) => elsewhere(target, &named.entry.revision),
                        }
                    } else {
                        Finding::broken(format!(
                            "no commit before it had brought {} to {}; it names {revision}",
                            image.digest, target.environment
                        ))
                    }
                }
                Some(Wish::Digest { weak: Some(weak), .. }) => {
                    let reason = format!("{}: nothing verified it there", weak.reason);
                    Finding { verdict: Verdict::Unknown, reason, ..weak.clone() }
                }
                Some(Wish::Digest { digest, gone, .. }) => {
                    let but = match self.open.missed(&line.source()) - gone {
                        0 => String::new(),
                        1 => ", as far as can be told: one of the tags that it named is gone".to_owned(),
                        gone => format!(", as far as can be told: {gone} of the tags that it named are gone"),
                    };
                    Finding::broken(format!("{} had never named {digest} before{but}", line.from.name))
                }
                Some(Wish::Before(image)) => Finding::broken(format!(
                    "it was rolled back to {image}, which {} had never named before",
                    line.environment.name
                )),
                None => continue,
            };
            settle(&mut self.all[at].audited, finding);
        }
        // From the oldest on: a rollback is worth what it went back to.
        for at in (0..self.all.len()).rev() {
            let Some(origin) = self.all[at].origin else { continue };
            let origin = &self.all[origin].audited;
            let reason = format!("rolled back to what {} had brought: {}", origin.commit, origin.reason);
            let finding = Finding { verdict: origin.verdict, evidence: origin.evidence.clone(), reason };
            settle(&mut self.all[at].audited, finding);
        }
        Ok(self.all.into_iter().filter(|case| case.is_asked).map(|case| case.audited).collect())
    }
}

/// Returns the deployments that trailers tell of: the one that was carried out, and the one that verified it.
fn recorded(lines: &[Line<'_>], trailers: &Trailers) -> impl Iterator<Item = (Target, DeploymentId)> {
    let target = trailers.target();
    let line = lines.iter().find(|line| Some(line.target()) == target);
    let source = line.zip(trailers.verified).map(|(line, (id, _))| (line.source(), id));
    target.zip(trailers.deployment).into_iter().chain(source)
}

fn settle(audited: &mut Audited, finding: Finding) {
    audited.verdict = finding.verdict;
    audited.evidence = finding.evidence;
    audited.reason = finding.reason;
}
