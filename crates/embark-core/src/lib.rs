#![doc = include_str!("../README.md")]

mod audit;
mod checks;
mod commit;
mod commit_message;
mod commit_subject;
mod delivered;
mod deploy;
mod deployment;
mod digest;
mod error;
mod git_name;
mod git_record;
mod hold;
mod holds;
mod image;
mod item;
mod lane;
mod look_over;
mod manifest;
mod name;
mod new_deployment;
mod notes;
mod one_digest;
mod past_files;
mod pipeline;
pub mod ports;
mod promote;
mod promotion;
mod record;
mod referrer;
mod referrers;
mod refusal;
mod release;
mod release_pr;
mod render;
mod rollback;
mod seen;
mod status;
mod success;
mod systems;
#[cfg(feature = "test-support")]
pub mod testing;
mod text;
mod timestamp;
mod unsettled;
mod values_file;
mod verification;
mod verify;
mod version;
mod wait;

pub use audit::{AuditRequest, Audited, Since, audit};
pub use checks::{CheckKind, CheckName, CheckRecord, CheckReport, CheckResult, Checks, MissingCheck, NotPassed};
pub use commit::{AbbreviatedRevision, Commit, Revision};
pub use commit_message::Trailers;
pub use commit_subject::CommitSubject;
pub use delivered::{DegradedResource, Delivered, Health, Operation, SyncState};
pub use deploy::{Selection, deploy};
pub use deployment::{Deployment, DeploymentId, DeploymentKey, NewStatus, State, Status};
pub use digest::{Algorithm, Digest, DigestError};
pub use error::{Error, Unhealthy};
pub use git_name::{BranchName, GitTag, TreeId};
pub use git_record::GitRecord;
pub use hold::{Held, hold, resume};
pub use holds::{Hold, Scope};
pub use image::{Image, ImageReference, Reference, Repository, Tag};
pub use item::{Item, ItemOutcome};
pub use lane::Lane;
pub use look_over::{Finding, look_over};
pub use manifest::{Manifest, MediaType, MediaTypeError};
pub use name::{ComponentName, EnvironmentName, FilePath, Target};
pub use new_deployment::NewDeployment;
pub use notes::{Notes, NotesRequest, notes};
pub use pipeline::{Component, Environment, Pipeline, PipelineError, Requirements, TagKind, ValuesKeys, VersionFormat};
pub use promote::{PromoteRequest, promote};
pub use promotion::{Claim, Deployable, Evidence, prove};
pub use record::{Kind, Record, RecordError, Source, Waiver};
pub use referrer::Referrer;
pub use refusal::Refusal;
pub use release::{ReleaseRequest, release};
pub use release_pr::{
    Edit, PackageChange, PullRequestTemplate, ReleaseChange, ReleasePr, ReleasePrRequest, Template, TemplateError,
    Versioned, release_pr,
};
pub use render::{
    ImageChange, ImagePath, ImagePlace, ManifestError, Reach, Reached, Rendered, ResourceName, Unfit, Unreached,
    Wanted, compare, reach,
};
pub use rollback::{RollbackRequest, RollbackTo, rollback};
pub use status::{ComponentStatus, EnvironmentStatus, status};
pub use success::Success;
pub use systems::Systems;
pub use text::TextError;
pub use timestamp::Timestamp;
pub use values_file::{NamedImage, ValuesFileError};
pub use verification::{NotVerified, VerifiedImage};
pub use verify::{Check, EvidenceKind, Verdict, VerifyEvidence, verify};
pub use version::AppVersion;
pub use wait::{WaitState, Waited, wait};
