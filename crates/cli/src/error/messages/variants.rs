//! The variants of the error enums, by name. The compiler demands that the lists are complete.

use embark_core::ports::{
    ApplicationError, DeliveryError, PlatformError, RegistryError, ReleaseError, RenderError, RepositoryError,
    SigningError,
};
use embark_core::{
    Error as CoreError, NotPassed, NotVerified, PipelineError, Refusal, Unfit, Unhealthy, ValuesFileError,
};

use crate::commands::change::ChangeError;
use crate::commands::deploy::Unheeded;
use crate::config::ConfigError;
use crate::error::Error;
use crate::init::InitError;
use crate::versioning::ProgramError;

/// An enum that can name its variants.
pub(super) trait Variants {
    /// The names of all.
    const ALL: &[&str];

    /// Returns the name of this one.
    fn variant(&self) -> &'static str;
}

macro_rules! variants {
    ($($enum:ident { $($variant:ident),* $(,)? })*) => {$(
        impl Variants for $enum {
            const ALL: &[&str] = &[$(stringify!($variant)),*];

            fn variant(&self) -> &'static str {
                match self { $($enum::$variant { .. } => stringify!($variant)),* }
            }
        }
    )*};
}

variants! {
    Refusal {
        ImageMissing, TagMoved, TagTaken, NotVerified, NothingToPromote, NotRunning, NotAncestor, EditedByHand,
        NotReported, NotConfigured, ForeignImage, ForeignTag, NotAPromotion, NotProven, NeverRan, NothingToRollBack,
        NeverRanThere, NeverVerified, BeforeEmbarkElsewhere, NoWayAround, HeldAsAWhole, Closed, TaggedElsewhere,
        Rendered, Sibling,
    }
    ApplicationError { NotFound, Unauthorized, RateLimited, Malformed, Unavailable, Other }
    ConfigError { Absent, Read, Repository, NotThere, Malformed, Pipeline, Invalid }
    CoreError {
        UnknownEnvironment, UnknownComponent, UnknownDeployment, NotOnBranch, Ambiguous, NoSource, NoVersion, Version,
        ValuesFile, Registry, Repository, Platform, Application, Release, NotObserved, Delivery, Unhealthy, Render, Stopped,
    }
    DeliveryError { NotFound, Unauthorized, Forbidden, Unavailable, Malformed, Other }
    Error {
        Config, Core, Init, Change, Event, Arguments, Checkout, Program, WorkingCopy, Credentials, Read, Write, Parse, Lookup, Edit, Demo, Start,
    }
    PipelineError {
        Empty, Twice, SharedKey, KeyInKey, SharedFile, NotEarlier, VersionWithoutSource, UnknownEnvironment,
    }
    PlatformError {
        NotFound, Unauthorized, Rejected, Conflict, Busy, RateLimited, Malformed, Unavailable, Signing, Other,
    }
    RegistryError {
        NotFound, NoRepository, Unauthorized, Forbidden, TagTaken, WroteOther, RateLimited, Malformed, Unavailable,
        Unsupported, Other,
    }
    ProgramError { Absent, Start, Late, Failed }
    ReleaseError { NotFound, Unauthorized, Rejected, Conflict, NotAFile, RateLimited, Malformed, Unavailable }
    RenderError {
        NoProgram, NotRun, NoChart, Unnamed, NotRead, Missing, Dependency, Refused, Unreadable, Repository, Other,
    }
    RepositoryError {
        NotFound, Unauthorized, Rejected, Conflict, Busy, NotAFile, RateLimited, Malformed, Unavailable, Signing,
        Other,
    }
    SigningError { Key, Program, Refused }
    Unfit { NoImage, OtherImage, NoDigest, Otherwise, Twice, Unrendered }
    Unhealthy { Degraded, TimeUp }
    ValuesFileError { Missing, NotText, NoHold, Parse, Lookup, Edit }
    InitError { Unanswered, Malformed, Exists, Unfit, Repository, NoRepository, NoApplication, NotOnGitHub }
    ChangeError { Unanswered, UnknownPackage, Unversioned, Twice, NoPackage, NoSummary }
    Unheeded { Ledger, Malformed, ForeignRepository, NotConfigured, NotThere }
    NotPassed { Unknown, Absent, Running, Failed }
    NotVerified { NotRun, Withdrawn, Waived, Disagreement, RolledBack, Soak, Checks }
}
