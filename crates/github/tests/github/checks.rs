//! Checks and ancestry as GitHub tells them.

use embark_core::ports::{Ancestry, ApplicationError, ApplicationRepository as _};
use embark_core::{CheckKind, CheckReport, CheckResult, Checks};
use serde_json::json;
use wiremock::matchers::{query_param, query_param_is_missing};
use wiremock::{MockServer, ResponseTemplate};

use crate::{commit, get, github, names, of_commit, serve};

async fn known(server: &MockServer, asked: &[&str]) -> Vec<CheckReport> {
    match github(server).checks(&commit(), names(asked)).await.expect("asked") {
        Checks::Known(reports) => reports,
        Checks::Unknown => panic!("unknown"),
    }
}

#[tokio::test]
async fn success_passes_and_nothing_else_does() {
    let table = [
        ("completed", json!("success"), CheckResult::Passed),
        ("completed", json!("neutral"), CheckResult::Failed("neutral".into())),
        ("completed", json!("skipped"), CheckResult::Failed("skipped".into())),
        ("completed", json!("failure"), CheckResult::Failed("failure".into())),
        ("completed", json!("cancelled"), CheckResult::Failed("cancelled".into())),
        ("completed", json!("timed_out"), CheckResult::Failed("timed_out".into())),
        ("completed", json!("action_required"), CheckResult::Failed("action_required".into())),
        ("completed", json!("stale"), CheckResult::Failed("stale".into())),
        ("completed", json!("Success\u{1b}[31m"), CheckResult::Failed("unknown".into())),
        ("completed", json!(null), CheckResult::Failed("unknown".into())),
        ("queued", json!(null), CheckResult::Running),
        ("in_progress", json!("success"), CheckResult::Running),
        ("a word of tomorrow", json!(null), CheckResult::Running),
    ];
    for (status, conclusion, expected) in table {
        let server = MockServer::start().await;
        let run = json!({ "id": 7, "name": "e2e", "status": status, "conclusion": conclusion, "output": {"a": 1} });
        serve(&server, json!([run]), json!([])).await;
        let report = CheckReport {
            name: "e2e".parse().expect("a name"),
            kind: CheckKind::CheckRun,
            number: 7,
            result: expected,
        };
        assert_eq!(known(&server, &["e2e"]).await, [report], "{status} {conclusion}");
    }
}

#[tokio::test]
async fn the_state_of_a_status_is_told() {
    for (state, expected) in [
        ("success", CheckResult::Passed),
        ("pending", CheckResult::Running),
        ("failure", CheckResult::Failed("failure".into())),
        ("error", CheckResult::Failed("error".into())),
    ] {
        let server = MockServer::start().await;
        serve(&server, json!([]), json!([{ "id": 3, "context": "ci/e2e", "state": state }])).await;
        let reports = known(&server, &["ci/e2e"]).await;
        assert_eq!(reports.len(), 1);
        assert_eq!((reports[0].kind, &reports[0].result), (CheckKind::Status, &expected));
    }
}

#[tokio::test]
async fn other_names_are_left_out() {
    let server = MockServer::start().await;
    let run = |id: u64, name: &str| json!({ "id": id, "name": name, "status": "queued", "conclusion": null });
    serve(&server, json!([run(1, "e2e"), run(2, "E2E"), run(3, "e2e ")]), json!([])).await;
    let reports = known(&server, &["e2e", "unit"]).await;
    assert_eq!(reports.iter().map(|report| report.number).collect::<Vec<_>>(), [1]);
}

#[tokio::test]
async fn a_list_is_read_to_its_last_page() {
    let server = MockServer::start().await;
    let run = |id: u64| json!({ "id": id, "name": "e2e", "status": "completed", "conclusion": "success" });
    let next = format!("<{}{}?filter=latest&page=2>; rel=\"next\"", server.uri(), of_commit("check-runs"));
    let first = ResponseTemplate::new(200).set_body_json(json!({ "check_runs": [run(1)] }));
    get(&of_commit("check-runs"))
        .and(query_param("filter", "latest"))
        .and(query_param("per_page", "100"))
        .respond_with(first.insert_header("link", next.as_str()))
        .mount(&server)
        .await;
    get(&of_commit("check-runs"))
        .and(query_param("page", "2"))
        .respond_with(crate::json(&json!({ "check_runs": [run(2)] })))
        .with_priority(1)
        .mount(&server)
        .await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    let reports = known(&server, &["e2e", "unit"]).await;
    assert_eq!(reports.iter().map(|report| report.number).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_not_a_part_of_it() {
    let server = MockServer::start().await;
    let next = format!("<{}{}?page=2>; rel=\"next\"", server.uri(), of_commit("check-runs"));
    let endless = crate::json(&json!({ "check_runs": [] })).insert_header("link", next.as_str());
    get(&of_commit("check-runs")).respond_with(endless).expect(10).mount(&server).await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    let answer = github(&server).checks(&commit(), names(&["e2e"])).await;
    assert!(matches!(answer, Err(ApplicationError::Malformed { .. })), "{answer:?}");
}

#[tokio::test]
async fn one_check_is_asked_for_by_its_name_and_several_are_not() {
    let server = MockServer::start().await;
    let none = crate::json(&json!({ "check_runs": [] }));
    get(&of_commit("check-runs"))
        .and(query_param("check_name", "test (ubuntu-latest, 20)"))
        .respond_with(none.clone())
        .expect(1)
        .mount(&server)
        .await;
    get(&of_commit("check-runs"))
        .and(query_param_is_missing("check_name"))
        .respond_with(none)
        .expect(1)
        .mount(&server)
        .await;
    get(&of_commit("status")).respond_with(crate::json(&json!({ "statuses": [] }))).mount(&server).await;
    assert_eq!(known(&server, &["test (ubuntu-latest, 20)"]).await, []);
    assert_eq!(known(&server, &["unit", "e2e"]).await, []);
}

#[tokio::test]
async fn a_run_that_cannot_be_read_is_an_error_since_it_may_be_the_newest() {
    let server = MockServer::start().await;
    let good = json!({ "id": 1, "name": "e2e", "status": "completed", "conclusion": "success" });
    serve(&server, json!([good, { "id": 2, "name": "e2e" }]), json!([])).await;
    let answer = github(&server).checks(&commit(), names(&["e2e"])).await;
    assert!(matches!(answer, Err(ApplicationError::Malformed { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_comparison_tells_the_ancestry() {
    let descendant = "b".repeat(40).parse().expect("a commit");
    let at = format!("/repos/acme/app/compare/{}...{descendant}", commit());
    for (status, expected) in
        [("ahead", Ancestry::Yes), ("identical", Ancestry::Yes), ("behind", Ancestry::No), ("diverged", Ancestry::No)]
    {
        let server = MockServer::start().await;
        let answer = crate::json(&json!({ "status": status, "commits": [] }));
        get(&at).and(query_param("per_page", "1")).respond_with(answer).mount(&server).await;
        assert_eq!(github(&server).is_ancestor(&commit(), &descendant).await.expect("asked"), expected);
    }
    let server = MockServer::start().await;
    let absent = github(&server).is_ancestor(&commit(), &descendant).await.expect("asked");
    assert_eq!(absent, Ancestry::Unknown, "404");
    get(&at).respond_with(crate::json(&json!({ "status": "sideways" }))).mount(&server).await;
    let nonsense = github(&server).is_ancestor(&commit(), &descendant).await;
    assert!(matches!(nonsense, Err(ApplicationError::Malformed { .. })), "{nonsense:?}");
}
