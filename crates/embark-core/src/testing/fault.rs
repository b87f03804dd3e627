//! Faults: a process that ends, or another one that comes between, at the n-th effect.

mod releases;

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use futures::future::BoxFuture;

use crate::commit::Revision;
use crate::deployment::{Deployment, DeploymentId, DeploymentKey, NewStatus};
use crate::digest::Digest;
use crate::image::{Reference, Repository, Tag};
use crate::manifest::Manifest;
use crate::name::{FilePath, Target};
use crate::new_deployment::NewDeployment;
use crate::ports::{
    BranchCommit, Change, Committed, DeploymentPlatform, DeploymentRepository, Folder, FreeTag, ImageRegistry,
    LogEntry, LogQuery, PastFiles, PlatformError, RegistryError, RepositoryError, Snapshot,
};
use crate::referrer::Referrer;

/// What another process does.
pub type Interruption = Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>;

/// Counts the effects (tags, commits, deployments, statuses) of one process, and lets it end at one of them.
#[derive(Default)]
pub struct Fault {
    effects: AtomicUsize,
    crash: Option<(usize, Moment)>,
    crashed: AtomicBool,
    interruption: Mutex<Option<(usize, Interruption)>>,
    is_one_by_one: bool,
}

/// When a process ends, seen from an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it: nothing was written.
    Before,
    /// After it: it was written, and nobody is there for the answer.
    After,
    /// It was written, the answer is lost, and the process goes on.
    AnswerLost,
}

impl Moment {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Before, Self::After, Self::AnswerLost];
}

impl Fault {
    /// Ends the process at the `effect`-th effect, counted from 0: every call from then on fails. Where the answer is lost,
    /// only that call does.
    pub fn crash(effect: usize, moment: Moment) -> Self {
        Self { crash: Some((effect, moment)), ..Self::default() }
    }

    /// Lets something else happen before the `effect`-th effect, counted from 0.
    pub fn interrupt(effect: usize, interruption: Interruption) -> Self {
        Self::default().interrupted(effect, interruption)
    }

    /// The same, and something else happens before the `effect`-th effect.
    #[must_use]
    pub fn interrupted(self, effect: usize, interruption: Interruption) -> Self {
        Self { interruption: Mutex::new(Some((effect, interruption))), ..self }
    }

    /// Takes what is written in one call for effects of their own, as it is where each is a request.
    #[must_use]
    pub fn one_by_one(self) -> Self {
        Self { is_one_by_one: true, ..self }
    }

    /// Returns how many effects there were.
    pub fn effects(&self) -> usize {
        self.effects.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), Cut> {
        if self.crashed.load(Ordering::SeqCst) { Err(Cut::Crashed) } else { Ok(()) }
    }

    /// Parts what is written in one call.
    fn split<T>(&self, all: Vec<T>) -> Vec<Vec<T>> {
        if self.is_one_by_one { all.into_iter().map(|one| vec![one]).collect() } else { vec![all] }
    }

    /// Has one effect, unless the process ends before it.
    async fn effect<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
        told: impl Fn(Cut) -> E + Send + Sync,
    ) -> Result<T, E> {
        let effect = self.before().await.map_err(&told)?;
        let answer = call.await;
        self.after(effect).map_err(told)?;
        answer
    }

    async fn before(&self) -> Result<usize, Cut> {
        self.check()?;
        let effect = self.effects.fetch_add(1, Ordering::SeqCst);
        let interruption = {
            let mut interruption = self.interruption.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if interruption.as_ref().is_some_and(|(at, _)| *at == effect) { interruption.take() } else { None }
        };
        if let Some((_, interruption)) = interruption {
            interruption().await;
        }
        self.end(effect, Moment::Before)?;
        Ok(effect)
    }

    fn after(&self, effect: usize) -> Result<(), Cut> {
        if self.crash == Some((effect, Moment::AnswerLost)) {
            return Err(Cut::Unanswered);
        }
        self.end(effect, Moment::After)
    }

    fn end(&self, effect: usize, moment: Moment) -> Result<(), Cut> {
        if self.crash == Some((effect, moment)) {
            self.crashed.store(true, Ordering::SeqCst);
        }
        self.check()
    }
}

/// Why a call fails that the port itself would have answered.
#[derive(Debug, thiserror::Error)]
enum Cut {
    #[error("the process has ended")]
    Crashed,
    #[error("the answer is lost")]
    Unanswered,
}

/// A port as one process sees it, with its [`Fault`].
#[derive(Clone, Copy)]
pub struct Faulty<'a, P: ?Sized> {
    port: &'a P,
    fault: &'a Fault,
}

impl<'a, P: ?Sized> Faulty<'a, P> {
    /// Puts `fault` before `port`.
    pub fn new(port: &'a P, fault: &'a Fault) -> Self {
        Self { port, fault }
    }
}

fn registry_error(repository: &Repository) -> impl Fn(Cut) -> RegistryError {
    move |cut| RegistryError::Unavailable { repository: repository.clone(), source: Box::new(cut) }
}

fn repository_error(cut: Cut) -> RepositoryError {
    RepositoryError::Unavailable { repository: "the deployment repo".into(), source: Box::new(cut) }
}

fn platform_error(cut: Cut) -> PlatformError {
    PlatformError::Unavailable { platform: "the platform".into(), source: Box::new(cut) }
}

#[async_trait]
impl<P: ImageRegistry + ?Sized> ImageRegistry for Faulty<'_, P> {
    async fn resolve(&self, repository: &Repository, reference: &Reference) -> Result<Digest, RegistryError> {
        self.fault.check().map_err(registry_error(repository))?;
        self.port.resolve(repository, reference).await
    }

    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, RegistryError> {
        self.fault.check().map_err(registry_error(repository))?;
        self.port.manifest(repository, reference).await
    }

    async fn tag(&self, source: &Repository, manifest: &Manifest, free: &FreeTag) -> Result<(), RegistryError> {
        self.fault.effect(self.port.tag(source, manifest, free), registry_error(source)).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>, RegistryError> {
        self.fault.check().map_err(registry_error(repository))?;
        self.port.tags(repository).await
    }

    async fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        self.fault.check().map_err(registry_error(repository))?;
        self.port.referrers(repository, subject).await
    }

    async fn copy_referrer(
        &self,
        source: &Repository,
        subject: &Digest,
        referrer: &Digest,
        target: &Repository,
    ) -> Result<(), RegistryError> {
        self.fault.effect(self.port.copy_referrer(source, subject, referrer, target), registry_error(source)).await
    }
}

#[async_trait]
impl<P: DeploymentRepository + ?Sized> DeploymentRepository for Faulty<'_, P> {
    async fn read(&self, paths: Vec<FilePath>) -> Result<Snapshot, RepositoryError> {
        self.fault.check().map_err(repository_error)?;
        self.port.read(paths).await
    }

    async fn can_commit(&self) -> Result<(), RepositoryError> {
        self.fault.check().map_err(repository_error)?;
        self.port.can_commit().await
    }

    async fn commit(&self, expected: Revision, changes: Vec<Change>) -> Result<Committed, RepositoryError> {
        let mut all = Committed { commits: Vec::new(), recorded: false };
        for changes in self.fault.split(changes) {
            let tip = all.commits.last().unwrap_or(&expected).clone();
            let committed = self.fault.effect(self.port.commit(tip, changes), repository_error).await?;
            all.commits.extend(committed.commits);
            all.recorded = committed.recorded;
        }
        Ok(all)
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogEntry>, RepositoryError> {
        self.fault.check().map_err(repository_error)?;
        self.port.log(query).await
    }

    async fn read_at(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, RepositoryError> {
        self.fault.check().map_err(repository_error)?;
        self.port.read_at(places).await
    }

    async fn read_folder(&self, at: Revision, folder: Option<FilePath>) -> Result<Option<Folder>, RepositoryError> {
        self.fault.check().map_err(repository_error)?;
        self.port.read_folder(at, folder).await
    }

    async fn commits(&self, ids: Vec<Revision>) -> Result<BTreeMap<Revision, BranchCommit>, RepositoryError> {
        self.fault.check().map_err(repository_error)?;
        self.port.commits(ids).await
    }
}

#[async_trait]
impl<P: DeploymentPlatform + ?Sized> DeploymentPlatform for Faulty<'_, P> {
    async fn create(&self, new: Vec<NewDeployment>) -> Result<Vec<Deployment>, PlatformError> {
        let mut all = Vec::new();
        for new in self.fault.split(new) {
            all.extend(self.fault.effect(self.port.create(new), platform_error).await?);
        }
        Ok(all)
    }

    async fn get(&self, ids: Vec<DeploymentId>) -> Result<Vec<Deployment>, PlatformError> {
        self.fault.check().map_err(platform_error)?;
        self.port.get(ids).await
    }

    async fn pending(&self, targets: Vec<Target>) -> Result<Vec<Deployment>, PlatformError> {
        self.fault.check().map_err(platform_error)?;
        self.port.pending(targets).await
    }

    async fn recent(
        &self,
        targets: Vec<Target>,
        limit: usize,
    ) -> Result<BTreeMap<Target, Vec<Deployment>>, PlatformError> {
        self.fault.check().map_err(platform_error)?;
        self.port.recent(targets, limit).await
    }

    async fn append(&self, statuses: Vec<(DeploymentKey, NewStatus)>) -> Result<(), PlatformError> {
        for statuses in self.fault.split(statuses) {
            self.fault.effect(self.port.append(statuses), platform_error).await?;
        }
        Ok(())
    }
}
