//! Ports as one process has them: it stops before and after each call, until the schedule lets it go on.

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use async_trait::async_trait;
use embark_core::ports::{
    Ancestry, ApplicationError, ApplicationRepository, BoxError, BranchCommit, Change, Committed, Delivery,
    DeliveryError, DeploymentPlatform, DeploymentRepository, Folder, FreeTag, ImageRegistry, LogEntry, LogQuery,
    PastFiles, PlatformError, RegistryError, RepositoryError, Snapshot,
};
use embark_core::{
    CheckName, Checks, Commit, Delivered, Deployment, DeploymentId, DeploymentKey, Digest, EnvironmentName, FilePath,
    Manifest, NewDeployment, NewStatus, Reference, Referrer, Repository, Revision, Tag, Target,
};

use super::log::{Event, Log, What, key};
use super::steps::{Call, When};

/// What ties a process to the schedule: how it fails, and what it has done.
pub(crate) struct Line {
    /// The number of the process.
    pub(crate) process: usize,
    log: Arc<Log>,
    /// How many events there were when it last read the branch: what it decides is of then.
    read_at: AtomicUsize,
    fault: Mutex<Option<(Call, When)>>,
    /// Whether one of its calls has failed so.
    is_faulty: AtomicBool,
}

impl Line {
    pub(crate) fn new(process: usize, log: Arc<Log>) -> Self {
        Self { process, log, read_at: AtomicUsize::new(0), fault: Mutex::new(None), is_faulty: AtomicBool::new(false) }
    }

    /// Lets the next call of this sort fail.
    pub(crate) fn fail(&self, call: Call, when: When) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some((call, when));
    }

    fn fails(&self, call: Call, when: When) -> bool {
        let mut fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner);
        let fails = *fault == Some((call, when));
        if fails {
            *fault = None;
            self.is_faulty.store(true, Ordering::SeqCst);
        }
        fails
    }

    /// Tells whether one of its calls has failed so.
    pub(crate) fn is_faulty(&self) -> bool {
        self.is_faulty.load(Ordering::SeqCst)
    }

    fn note(&self, what: What) {
        let read_at = self.read_at.load(Ordering::SeqCst);
        self.log.push(Event { by: Some(self.process), read_at, what });
    }
}

/// A port as one process has it.
pub(crate) struct Stepped<P> {
    port: Arc<P>,
    line: Arc<Line>,
}

/// Lets others go on.
async fn stop() {
    let mut has_stopped = false;
    poll_fn(|context| {
        if has_stopped {
            return Poll::Ready(());
        }
        has_stopped = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn gone() -> BoxError {
    "it does not answer".into()
}

impl<P> Stepped<P> {
    pub(crate) fn new(port: &Arc<P>, line: &Arc<Line>) -> Self {
        Self { port: port.clone(), line: line.clone() }
    }

    /// Makes a call that reads.
    async fn look<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
        error: impl Fn(BoxError) -> E + Send,
    ) -> Result<T, E> {
        self.call(Call::Look, call, error, |_| None).await
    }

    /// Makes a call; what was done is noted with it, since nothing can come between.
    async fn call<T, E>(
        &self,
        kind: Call,
        call: impl Future<Output = Result<T, E>> + Send,
        error: impl Fn(BoxError) -> E + Send,
        note: impl FnOnce(&T) -> Option<What> + Send,
    ) -> Result<T, E> {
        stop().await;
        if self.line.fails(kind, When::Before) {
            return Err(error(gone()));
        }
        let answer = call.await;
        if let Some(what) = answer.as_ref().ok().and_then(note) {
            self.line.note(what);
        }
        let is_lost = self.line.fails(kind, When::After);
        stop_if(answer.is_ok()).await;
        if is_lost { Err(error(gone())) } else { answer }
    }
}

/// An error changes nothing, so that nobody need come after it.
async fn stop_if(is_worth_it: bool) {
    if is_worth_it {
        stop().await;
    }
}

fn of_registry(repository: &Repository) -> impl Fn(BoxError) -> RegistryError + use<> {
    let repository = repository.clone();
    move |source| RegistryError::Unavailable { repository: repository.clone(), source }
}

fn of_repository(source: BoxError) -> RepositoryError {
    RepositoryError::Unavailable { repository: "the deployment repo".into(), source }
}

fn of_delivery(source: BoxError) -> DeliveryError {
    DeliveryError::Unavailable { server: "argocd.test".into(), source }
}

fn of_platform(source: BoxError) -> PlatformError {
    PlatformError::Unavailable { platform: "the platform".into(), source }
}

#[async_trait]
impl<P: ImageRegistry> ImageRegistry for Stepped<P> {
    async fn resolve(&self, repository: &Repository, reference: &Reference) -> Result<Digest, RegistryError> {
        self.look(self.port.resolve(repository, reference), of_registry(repository)).await
    }

    async fn manifest(&self, repository: &Repository, reference: &Reference) -> Result<Manifest, RegistryError> {
        self.look(self.port.manifest(repository, reference), of_registry(repository)).await
    }

    async fn tag(&self, source: &Repository, manifest: &Manifest, free: &FreeTag) -> Result<(), RegistryError> {
        let image = embark_core::Image {
            repository: free.repository().clone(),
            tag: free.tag().clone(),
            digest: manifest.digest().clone(),
        };
        let call = self.port.tag(source, manifest, free);
        self.call(Call::Effect, call, of_registry(source), |()| Some(What::Tagged(image))).await
    }

    async fn tags(&self, repository: &Repository) -> Result<Vec<Tag>, RegistryError> {
        self.look(self.port.tags(repository), of_registry(repository)).await
    }

    async fn referrers(&self, repository: &Repository, subject: &Digest) -> Result<Vec<Referrer>, RegistryError> {
        self.look(self.port.referrers(repository, subject), of_registry(repository)).await
    }

    async fn copy_referrer(
        &self,
        source: &Repository,
        subject: &Digest,
        referrer: &Digest,
        target: &Repository,
    ) -> Result<(), RegistryError> {
        let call = self.port.copy_referrer(source, subject, referrer, target);
        self.call(Call::Effect, call, of_registry(source), |()| None).await
    }
}

#[async_trait]
impl<P: DeploymentRepository> DeploymentRepository for Stepped<P> {
    async fn read(&self, paths: Vec<FilePath>) -> Result<Snapshot, RepositoryError> {
        let call = async {
            self.line.read_at.store(self.line.log.len(), Ordering::SeqCst);
            self.port.read(paths).await
        };
        self.look(call, of_repository).await
    }

    async fn commit(&self, expected: Revision, changes: Vec<Change>) -> Result<Committed, RepositoryError> {
        let call = self.port.commit(expected, changes);
        let note = |committed: &Committed| Some(What::Committed(committed.commits.clone()));
        self.call(Call::Effect, call, of_repository, note).await
    }

    async fn log(&self, query: LogQuery) -> Result<Vec<LogEntry>, RepositoryError> {
        self.look(self.port.log(query), of_repository).await
    }

    async fn read_at(&self, places: Vec<(Revision, FilePath)>) -> Result<PastFiles, RepositoryError> {
        self.look(self.port.read_at(places), of_repository).await
    }

    async fn read_folder(&self, at: Revision, folder: Option<FilePath>) -> Result<Option<Folder>, RepositoryError> {
        self.look(self.port.read_folder(at, folder), of_repository).await
    }

    async fn commits(&self, ids: Vec<Revision>) -> Result<BTreeMap<Revision, BranchCommit>, RepositoryError> {
        self.look(self.port.commits(ids), of_repository).await
    }
}

#[async_trait]
impl<P: DeploymentPlatform> DeploymentPlatform for Stepped<P> {
    async fn create(&self, new: Vec<NewDeployment>) -> Result<Vec<Deployment>, PlatformError> {
        let note = |created: &Vec<Deployment>| Some(What::Created(created.iter().map(key).collect()));
        self.call(Call::Effect, self.port.create(new), of_platform, note).await
    }

    async fn get(&self, ids: Vec<DeploymentId>) -> Result<Vec<Deployment>, PlatformError> {
        self.look(self.port.get(ids), of_platform).await
    }

    async fn pending(&self, targets: Vec<Target>) -> Result<Vec<Deployment>, PlatformError> {
        self.look(self.port.pending(targets), of_platform).await
    }

    async fn recent(
        &self,
        targets: Vec<Target>,
        limit: usize,
    ) -> Result<BTreeMap<Target, Vec<Deployment>>, PlatformError> {
        self.look(self.port.recent(targets, limit), of_platform).await
    }

    async fn append(&self, statuses: Vec<(DeploymentKey, NewStatus)>) -> Result<(), PlatformError> {
        let said = statuses.iter().map(|(key, status)| ((key.target.clone(), key.id), status.clone())).collect();
        let call = self.port.append(statuses);
        self.call(Call::Effect, call, of_platform, |()| Some(What::Appended(said))).await
    }
}

#[async_trait]
impl<P: Delivery> Delivery for Stepped<P> {
    fn observes(&self, environment: &EnvironmentName) -> bool {
        self.port.observes(environment)
    }

    async fn observe(&self, environment: &EnvironmentName) -> Result<Delivered, DeliveryError> {
        self.look(self.port.observe(environment), of_delivery).await
    }

    async fn refresh(&self, environment: &EnvironmentName) -> Result<(), DeliveryError> {
        self.port.refresh(environment).await
    }
}

#[async_trait]
impl<P: ApplicationRepository> ApplicationRepository for Stepped<P> {
    async fn is_ancestor(&self, ancestor: &Commit, descendant: &Commit) -> Result<Ancestry, ApplicationError> {
        self.port.is_ancestor(ancestor, descendant).await
    }

    async fn checks(&self, commit: &Commit, names: Vec<CheckName>) -> Result<Checks, ApplicationError> {
        self.port.checks(commit, names).await
    }
}
