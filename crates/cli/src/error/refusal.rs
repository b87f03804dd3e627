//! The one table from a refusal to what a person can do about it.

use embark_core::{NotVerified, Refusal};

/// Returns what a person can do about it; `None` where it is up to another component.
pub(crate) fn hint_of_refusal(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::ImageMissing(_) => {
            "push the image under that tag, or release the built one with --image COMPONENT=REFERENCE".into()
        }
        Refusal::TagMoved { .. } => "a tag keeps its image for ever: build a new commit and release that".into(),
        Refusal::TagTaken { .. } => "a tag keeps its image for ever: bump the version, or build a new commit".into(),
        Refusal::NotVerified { target, reason: NotVerified::NotRun { .. }, .. } => {
            format!("carry it out with: embark deploy --pending {}", target.environment)
        }
        Refusal::NotVerified { reason: NotVerified::Checks { .. }, .. } => {
            "promote again when they have passed; if it cannot wait, promote with --waive checks --reason TEXT".into()
        }
        Refusal::NotVerified { reason: NotVerified::Soak { .. }, .. } => {
            "wait until then; if it cannot wait, promote with --waive soak --reason TEXT".into()
        }
        Refusal::NotVerified { reason: NotVerified::RolledBack { .. } | NotVerified::Waived { .. }, .. } => {
            "release and verify a new commit".into()
        }
        Refusal::NotVerified { .. } => "wait until it is verified, or release and verify a new commit".into(),
        Refusal::NothingToPromote { target, .. } => {
            format!("release to {0} first: embark release {0} --deploy", target.environment)
        }
        Refusal::NotRunning { .. } | Refusal::NotAncestor { .. } => {
            "merge or name the commit that runs there now with --commit".into()
        }
        Refusal::EditedByHand { file, .. } => {
            format!("revert the edit of {file}, or release the commit again: that names it anew")
        }
        Refusal::NotReported { target, .. } => {
            format!("report it with: embark deploy --pending {}", target.environment)
        }
        Refusal::NotConfigured { .. } => "see which there are with: embark config check".into(),
        Refusal::NoWayAround { environment, .. } => {
            format!("promote what is verified with: embark promote {environment}")
        }
        Refusal::ForeignImage { .. }
        | Refusal::ForeignTag { .. }
        | Refusal::NotAPromotion { .. }
        | Refusal::NotProven { .. } => "embark creates no such deployment: find out who did".into(),
        Refusal::NeverVerified { target, .. } => format!(
            "if it must be: embark rollback {} {} --unverified --reason TEXT",
            target.environment, target.component
        ),
        Refusal::BeforeEmbarkElsewhere { .. } => "put it back by hand, with a commit to the values file".into(),
        Refusal::NothingToRollBack { .. } | Refusal::NeverRanThere { .. } | Refusal::NeverRan { .. } => {
            "see what ran with: embark status".into()
        }
        Refusal::Closed { .. } => "create a new deployment with embark release or embark promote".into(),
        Refusal::HeldAsAWhole { environment } => format!("resume all of it with: embark resume {environment}"),
        Refusal::Sibling(_) => return None,
    })
}
