//! What a commit of the environment before proves.

use super::Audited;
use super::judge::{self, Finding, Proof};
use super::platform::Platform;
use super::versions::Says;
use crate::commit::Revision;
use crate::commit_message::Trailers;
use crate::digest::Digest;
use crate::name::Target;
use crate::ports::LogEntry;
use crate::record::Waiver;
use crate::values_file::NamedImage;
use crate::verify::{EvidenceKind, Verdict, VerifyEvidence};

/// What tells the digest that the environment before named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// embark deployed it.
    Deployed,
    /// The file pins it, or its tag is on record.
    Named,
    /// Its tag, as it is now.
    ByTag,
}

/// Judges the commit of the environment before that a promotion names.
pub(super) fn at_source(
    proof: &Proof<'_>,
    source: &Target,
    digest: &Digest,
    entry: &LogEntry,
    trailers: &Trailers,
    said: Option<&Says>,
    platform: &Platform,
) -> Finding {
    let deployed = judge::deployed(trailers, source).filter(|(_, image)| image.digest == *digest);
    let named = said.and_then(Says::named);
    let by_trailers = deployed.is_some_and(|(_, image)| named.is_some_and(|named| named.may_be(image)));
    let is_pinned = named.and_then(NamedImage::digest).as_ref() == Some(digest);
    if deployed.is_some() && trailers.waived.iter().any(|rule| rule == Waiver::VERIFIED) {
        return Finding::broken(format!("{} itself ran it without its having been verified", source.environment));
    }
    // Its file was at another path then, as the trailers of its commit tell.
    let is_elsewhere = deployed.is_some() && said.is_none();
    match proof.by_deployment(source, digest, platform) {
        Err(finding) => finding,
        Ok(Some(finding)) if by_trailers || is_pinned || is_elsewhere => finding,
        Ok(None) if by_trailers || is_pinned => proof.holds(source, None, Some(entry.revision.clone())),
        Ok(None) if is_elsewhere => elsewhere(source, &entry.revision),
        Ok(_) => Finding::broken(format!("commit {} does not bring {digest} to {source}", entry.revision)),
    }
}

/// Makes the finding that the file of the environment before is not where it was.
pub(super) fn elsewhere(source: &Target, revision: &Revision) -> Finding {
    let environment = &source.environment;
    Finding::unknown(format!("commit {revision} brought it to {environment}, whose values file was another one then"))
}

/// Makes the finding that the environment before had named it.
pub(super) fn by_search(
    audited: &Audited,
    source: &Target,
    (entry, trailers): (&LogEntry, &Trailers),
    kind: EvidenceKind,
    how: How,
) -> Finding {
    let kind = if how == How::ByTag { EvidenceKind::TagNow } else { kind };
    let told = if kind == EvidenceKind::TagNow { ", by what the tags name now" } else { "" };
    Finding {
        verdict: Verdict::Holds,
        reason: format!(
            "by hand, without a deployment; {} had named it in commit {}{told}",
            source.environment, entry.revision
        ),
        evidence: Some(VerifyEvidence {
            kind,
            deployment: None,
            commit: Some(audited.commit.clone()),
            source_deployment: trailers.deployment,
            source_commit: Some(entry.revision.clone()),
            verified_at: Some(entry.at),
        }),
    }
}
