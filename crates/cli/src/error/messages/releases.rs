//! What goes wrong with branches, pull requests and releases of the application's repository.

use std::time::Duration;

use embark_core::Error as CoreError;
use embark_core::ports::ReleaseError;

use super::sample::{commit, io};
use super::{Case, Variants as _, compare, complete};

const REFUSED: i32 = 111;

#[test]
fn releases() {
    compare("releases", &cases());
}

pub(super) fn cases() -> Vec<Case> {
    let platform = || "acme/shop on GitHub".to_owned();
    let all = vec![
        ReleaseError::NotFound { platform: platform(), what: format!("commit {}", commit()) },
        ReleaseError::Unauthorized {
            platform: platform(),
            reason: "the token needs the permission \"Pull requests: write\" (403 Forbidden: Resource not accessible \
                     by integration)"
                .into(),
        },
        ReleaseError::Rejected {
            platform: platform(),
            words: "422 Unprocessable Entity: Repository rule violations found".into(),
        },
        ReleaseError::Conflict { platform: platform(), what: "the branch embark/release".into() },
        ReleaseError::NotAFile { platform: platform(), path: "VERSION".into() },
        ReleaseError::RateLimited { platform: platform(), retry_after: Some(Duration::from_secs(90)) },
        ReleaseError::Malformed { platform: platform(), reason: "it answers 418 I'm a teapot".into() },
        ReleaseError::Unavailable { platform: platform(), source: io(REFUSED) },
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(error.variant(), CoreError::from(error))).collect()
}
