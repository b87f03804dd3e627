//! Refusals: what a rule says no to. They are outcomes, not errors.

use crate::commit::{Commit, Revision};
use crate::deployment::DeploymentId;
use crate::digest::Digest;
use crate::image::{Image, ImageReference, Repository, Tag};
use crate::name::{ComponentName, EnvironmentName, FilePath, Target};
use crate::verification::NotVerified;

/// Why a rule says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The image was never built, or its tag is gone.
    #[error("{0} does not exist")]
    ImageMissing(ImageReference),
    /// A tag names another digest than its record.
    #[error("{repository}:{tag} has moved: it was recorded as {recorded} and is {found} now")]
    TagMoved {
        /// The repository.
        repository: Repository,
        /// The tag.
        tag: Tag,
        /// The digest that the record has.
        recorded: Digest,
        /// The digest that the registry has.
        found: Digest,
    },
    /// A tag that should be written names another digest already.
    #[error("{repository}:{tag} is taken: it is {existing} and cannot become {wanted}")]
    TagTaken {
        /// The repository.
        repository: Repository,
        /// The tag.
        tag: Tag,
        /// The digest that it names, or was recorded with.
        existing: Digest,
        /// The digest that it should have got.
        wanted: Digest,
    },
    /// The source environment's deployment is not verified.
    #[error("deployment {deployment} of {target} is not verified: {reason}")]
    NotVerified {
        /// The deployment of the source environment.
        deployment: DeploymentId,
        /// Its environment and component.
        target: Target,
        /// What is missing.
        reason: NotVerified,
    },
    /// Nothing of the source environment can be promoted.
    #[error("{target} has run nothing{}", commit.as_ref().map(|commit| format!(" of commit {commit}")).unwrap_or_default())]
    NothingToPromote {
        /// The source environment and the component.
        target: Target,
        /// The commit that was asked for.
        commit: Option<Commit>,
    },
    /// The source environment runs something else by now.
    #[error("{target} runs {running}, and no longer {wanted}")]
    NotRunning {
        /// The source environment and the component.
        target: Target,
        /// What it runs.
        running: Image,
        /// What should be promoted.
        wanted: Image,
    },
    /// What the source environment runs does not belong to the release.
    #[error("{target} runs {running}, which was built from a commit that is no ancestor of {commit}")]
    NotAncestor {
        /// The source environment and the component.
        target: Target,
        /// What it runs.
        running: Image,
        /// The release's commit.
        commit: Commit,
    },
    /// A values file does not name what its environment's record says.
    #[error("{file} names {named} for {component} and not {recorded}: it was edited by hand{}", by.as_ref().map(|revision| format!(" in commit {revision}")).unwrap_or_default())]
    EditedByHand {
        /// The environment.
        environment: EnvironmentName,
        /// The values file.
        file: FilePath,
        /// The component.
        component: ComponentName,
        /// What the file names.
        named: String,
        /// What the record says.
        recorded: Image,
        /// The commit that did it.
        by: Option<Revision>,
    },
    /// The source environment's values file names what a deployment brought whose success is not reported yet.
    #[error("commit {revision} carried out deployment {deployment} of {target}, and its success is not reported yet")]
    NotReported {
        /// The source environment and the component.
        target: Target,
        /// The deployment.
        deployment: DeploymentId,
        /// Its commit.
        revision: Revision,
    },
    /// A deployment names an environment or a component that the configuration does not have.
    #[error("the configuration has no {target}")]
    NotConfigured {
        /// What it names.
        target: Target,
    },
    /// A deployment names an image that is not its component's.
    #[error("{found} is not the repository of {target}, which is {expected}")]
    ForeignImage {
        /// The target.
        target: Target,
        /// The repository that the deployment names.
        found: Repository,
        /// The one that the configuration names.
        expected: Repository,
    },
    /// A deployment's tag is not of the kind that its environment has.
    #[error("tag {tag} is not what {target} names images by")]
    ForeignTag {
        /// The target.
        target: Target,
        /// The tag.
        tag: Tag,
    },
    /// A deployment to an environment that promotes from another is no promotion.
    #[error("{environment} gets only what {from} has verified, and deployment {deployment} is a {kind}")]
    NotAPromotion {
        /// The environment.
        environment: EnvironmentName,
        /// The environment before.
        from: EnvironmentName,
        /// The deployment.
        deployment: DeploymentId,
        /// What it is.
        kind: crate::record::Kind,
    },
    /// A deployment claims a source that does not bear it out.
    #[error("deployment {deployment} is not borne out by {source_environment}: {reason}")]
    NotProven {
        /// The deployment.
        deployment: DeploymentId,
        /// The environment before.
        source_environment: EnvironmentName,
        /// What does not fit.
        reason: String,
    },
    /// A rollback goes to something that its environment never ran.
    #[error("{target} never ran {image}")]
    NeverRan {
        /// The target.
        target: Target,
        /// What the rollback names.
        image: Image,
    },
    /// Nothing ran before that a rollback could go back to.
    #[error("nothing ran before as {target} that it could go back to")]
    NothingToRollBack {
        /// The target.
        target: Target,
    },
    /// What a rollback should go to never ran.
    #[error("{wanted} never ran as {target}")]
    NeverRanThere {
        /// The target.
        target: Target,
        /// The tag or the deployment.
        wanted: String,
    },
    /// What a rollback goes back to was never verified.
    #[error("{image} ran before as {target}, and was never verified")]
    NeverVerified {
        /// The target.
        target: Target,
        /// What ran before.
        image: Image,
    },
    /// What ran before embark came is not among the component's images.
    #[error("{named} ran before as {target}, and is not in the repository of its images")]
    BeforeEmbarkElsewhere {
        /// The target.
        target: Target,
        /// What the values file named.
        named: String,
    },
    /// A release to an environment that only gets promotions.
    #[error("{environment} gets only what {from} has verified")]
    NoWayAround {
        /// The environment.
        environment: EnvironmentName,
        /// The environment before.
        from: EnvironmentName,
    },
    /// One component cannot be resumed while its whole environment is held.
    #[error("{environment} is held as a whole")]
    HeldAsAWhole {
        /// The environment.
        environment: EnvironmentName,
    },
    /// A deployment was closed before.
    #[error("deployment {deployment} was closed before: {reason}")]
    Closed {
        /// The deployment.
        deployment: DeploymentId,
        /// Why, as its status says.
        reason: String,
    },
    /// Another component of the same run was refused, so that nothing was written for this one.
    #[error("nothing was written because {0} was refused")]
    Sibling(ComponentName),
}

impl Refusal {
    /// Returns what a person can do about it; `None` where it is up to another component.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::ImageMissing(_) => {
                "push the image under that tag, or release the built one with --image COMPONENT=REFERENCE".into()
            }
            Self::TagMoved { .. } => "a tag keeps its image for ever: build a new commit and release that".into(),
            Self::TagTaken { .. } => "a tag keeps its image for ever: bump the version, or build a new commit".into(),
            Self::NotVerified { target, reason: NotVerified::NotRun { .. }, .. } => {
                format!("carry it out with: embark deploy --pending {}", target.environment)
            }
            Self::NotVerified { reason: NotVerified::Checks { .. }, .. } => {
                "promote again when they have passed; if it cannot wait, promote with --waive checks --reason TEXT"
                    .into()
            }
            Self::NotVerified { reason: NotVerified::Soak { .. }, .. } => {
                "wait until then; if it cannot wait, promote with --waive soak --reason TEXT".into()
            }
            Self::NotVerified { reason: NotVerified::RolledBack { .. } | NotVerified::Waived { .. }, .. } => {
                "release and verify a new commit".into()
            }
            Self::NotVerified { .. } => "wait until it is verified, or release and verify a new commit".into(),
            Self::NothingToPromote { target, .. } => {
                format!("release to {0} first: embark release {0} --deploy", target.environment)
            }
            Self::NotRunning { .. } | Self::NotAncestor { .. } => {
                "merge or name the commit that runs there now with --commit".into()
            }
            Self::EditedByHand { file, .. } => {
                format!("revert the edit of {file}, or release the commit again: that names it anew")
            }
            Self::NotReported { target, .. } => {
                format!("report it with: embark deploy --pending {}", target.environment)
            }
            Self::NotConfigured { .. } => "see which there are with: embark config check".into(),
            Self::NoWayAround { environment, .. } => {
                format!("promote what is verified with: embark promote {environment}")
            }
            Self::ForeignImage { .. }
            | Self::ForeignTag { .. }
            | Self::NotAPromotion { .. }
            | Self::NotProven { .. } => "embark creates no such deployment: find out who did".into(),
            Self::NeverVerified { target, .. } => format!(
                "if it must be: embark rollback {} {} --unverified --reason TEXT",
                target.environment, target.component
            ),
            Self::BeforeEmbarkElsewhere { .. } => "put it back by hand, with a commit to the values file".into(),
            Self::NothingToRollBack { .. } | Self::NeverRanThere { .. } | Self::NeverRan { .. } => {
                "see what ran with: embark status".into()
            }
            Self::Closed { .. } => "create a new deployment with embark release or embark promote".into(),
            Self::HeldAsAWhole { environment } => format!("resume all of it with: embark resume {environment}"),
            Self::Sibling(_) => return None,
        })
    }
}
