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
}

/// When a process ends, seen from an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before it: nothing was written.
    Before,
    /// After it: it was written, and the answer is lost.
    After,
}

impl Fault {
    /// Ends the process at the `effect`-th effect, counted from 0: every call from then on fails.
    pub fn crash(effect: usize, moment: Moment) -> Self {
        Self { crash: Some((effect, moment)), ..Self::default() }
    }

    /// Lets something else happen before the `effect`-th effect, counted from 0.
    pub fn interrupt(effect: usize, interruption: Interruption) -> Self {
        Self { interruption: Mutex::new(Some((effect, interruption))), ..Self::default() }
    }

    /// Returns how many effects there were.
    pub fn effects(&self) -> usize {
        self.effects.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), Crashed> {
        if self.crashed.load(Ordering::SeqCst) { Err(Crashed) } else { Ok(()) }
    }

    async fn before(&self) -> Result<usize, Crashed> {
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

    fn end(&self, effect: usize, moment: Moment) -> Result<(), Crashed> {
        if self.crash == Some((effect, moment)) {
            self.crashed.store(true, Ordering::SeqCst);
        }
        self.check()
    }
}

/// Tells that the process has ended.
#[derive(Debug, thiserror::Error)]
#[error("the process has ended")]
struct Crashed;

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

fn registry_error(repository: &Repository) -> impl Fn(Crashed) -> RegistryError {
    move |crashed| RegistryError::Unavailable { repository: repository.clone(), source: Box::new(crashed) }
}

fn repository_error(crashed: Crashed) -> RepositoryError {
    RepositoryError::Unavailable { repository: "the deployment repo".into(), source: Box::new(crashed) }
}

fn platform_error(crashed: Crashed) -> PlatformError {
    PlatformError::Unavailable { platform: "the platform".into(), source: Box::new(crashed) }
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
        let effect = self.fault.before().await.map_err(registry_error(source))?;
        let answer = self.port.tag(source, manifest, free).await;
        self.fault.end(effect, Moment::After).map_err(registry_error(source))?;
        answer
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
        let effect = self.fault.before().await.map_err(registry_error(source))?;
        let answer = self.port.copy_referrer(source, subject, referrer, target).await;
        self.fault.end(effect, Moment::After).map_err(registry_error(source))?;
        answer
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
        let effect = self.fault.before().await.map_err(repository_error)?;
        let answer = self.port.commit(expected, changes).await;
        self.fault.end(effect, Moment::After).map_err(repository_error)?;
        answer
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
        let effect = self.fault.before().await.map_err(platform_error)?;
        let answer = self.port.create(new).await;
        self.fault.end(effect, Moment::After).map_err(platform_error)?;
        answer
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
        let effect = self.fault.before().await.map_err(platform_error)?;
        let answer = self.port.append(statuses).await;
        self.fault.end(effect, Moment::After).map_err(platform_error)?;
        answer
    }
}
