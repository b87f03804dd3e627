//! Refusals: what a rule says no to. They are outcomes, not errors.

use crate::commit::{Commit, Revision};
use crate::deployment::DeploymentId;
use crate::digest::Digest;
use crate::git_name::GitTag;
use crate::image::{Image, ImageReference, Repository, Tag};
use crate::name::{ComponentName, EnvironmentName, FilePath, Target};
use crate::render::Unfit;
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
    /// The tag of a release names another commit.
    #[error("{tag} is a tag of commit {existing}, and cannot become one of {wanted}")]
    TaggedElsewhere {
        /// The tag.
        tag: GitTag,
        /// The commit that it names.
        existing: Commit,
        /// The commit that it should name.
        wanted: Commit,
    },
    /// The edit of the values file would not make the cluster run the image, or would do more than that.
    #[error("{file}: {reason}")]
    Rendered {
        /// The values file.
        file: FilePath,
        /// What would come of it.
        reason: Box<Unfit>,
    },
    /// Another component of the same run was refused, so that nothing was written for this one.
    #[error("nothing was written because {0} was refused")]
    Sibling(ComponentName),
}
