//! The adapter of GitHub, and GitHub's own description of its API: every request fits it, and its examples are read.

use embark_core::ports::{Ancestry, ApplicationRepository as _};
use embark_core::{CheckKind, CheckName, CheckReport, CheckResult, Checks, Commit};
use embark_github::GitHub;
use embark_tests::harness::DescribedGitHub;

use crate::client;

fn start() -> (DescribedGitHub, GitHub) {
    let described = DescribedGitHub::start();
    let api = described.url().parse().expect("an address");
    let github = GitHub::new(client(), api, "octocat/hello-world".parse().expect("a name"), Some("a-token".into()));
    (described, github)
}

#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn every_request_fits_the_description_and_every_example_is_read() {
    let (described, github) = start();
    let [one, other] = ["a", "b"].map(|letter| letter.repeat(40).parse::<Commit>().expect("a commit"));
    github.look().await.expect("it is there");
    // In the example the second commit is behind the first.
    assert_eq!(github.is_ancestor(&one, &other).await.expect("asked"), Ancestry::No);
    let name = |name: &str| name.parse::<CheckName>().expect("a name");
    let names = ["mighty_readme", "continuous-integration/jenkins", "security/brakeman", "absent"].map(name);
    let expected = [(CheckKind::CheckRun, 4), (CheckKind::Status, 1), (CheckKind::Status, 2)];
    let reports = expected.iter().zip(&names).map(|((kind, number), name)| {
        let result = match kind {
            CheckKind::CheckRun => CheckResult::Failed("neutral".into()),
            CheckKind::Status => CheckResult::Passed,
        };
        CheckReport { name: name.clone(), kind: *kind, number: *number, result }
    });
    let reports: Vec<CheckReport> = reports.collect();
    assert_eq!(github.checks(&one, names.to_vec()).await.expect("asked"), Checks::Known(reports.clone()));
    let alone = github.checks(&one, vec![name("mighty_readme")]).await.expect("asked");
    assert_eq!(alone, Checks::Known(vec![reports[0].clone()]));

    let traffic = described.take_traffic();
    assert_eq!(traffic.requests(), 6, "{traffic}");
    assert!(traffic.0.iter().all(|exchange| exchange.status == 200), "{traffic}");
    for exchange in traffic.0 {
        let undescribed = described.undescribed(&exchange.method, &exchange.target);
        assert!(undescribed.is_empty(), "{undescribed:?} of {}", exchange.target);
    }
}

/// A witness that lets everything pass proves nothing.
#[tokio::test]
#[ignore = "needs prism: run ./tests/run"]
async fn what_does_not_fit_the_description_is_seen() {
    let (described, _) = start();
    for (path, status) in [
        ("repos/o/r/commits/abc/check-runs?filter=newest", 422),
        ("repos/o/r/commits/abc/status?per_page=all", 422),
        ("repos/o/r/commits/abc/checks", 404),
    ] {
        let answer = client().get(format!("{}/{path}", described.url())).send().await.expect("answered");
        assert_eq!(answer.status().as_u16(), status, "{path}");
    }
    let (path, known) = ("/repos/o/r/commits/abc/check-runs", "check_name=a&per_page=1");
    assert_eq!(described.undescribed("GET", &format!("{path}?{known}&check-name=b")), ["check-name"]);
}
