//! Which steps of the workflows get the token for Argo CD.

use serde_json::Value;

use super::{DEPLOYMENT, Desk, LEDGER, RELEASE, SMALL, example};

/// Lists the jobs of a workflow with a step to which the token for Argo CD is given, and the commands of these steps.
fn jobs_with_the_token(workflow: &Value) -> Vec<(String, String)> {
    let jobs = workflow["jobs"].as_object().expect("there are jobs");
    let mut found = Vec::new();
    for (name, job) in jobs {
        for step in job["steps"].as_array().expect("a job has steps") {
            let Some(token) = step["env"].get("EMBARK_ARGOCD_TOKEN") else { continue };
            assert_eq!(token, "${{ secrets.EMBARK_ARGOCD_TOKEN }}");
            let command = step["with"]["command"].as_str().expect("it is a step of embark");
            found.push((name.clone(), command.split_whitespace().next().unwrap_or_default().to_owned()));
        }
    }
    found
}

#[test]
fn the_token_for_argo_cd_goes_to_the_steps_that_ask_it_and_to_no_other() {
    let told = |expected: &[(&str, &str)]| -> Vec<(String, String)> {
        expected.iter().map(|(job, command)| ((*job).to_owned(), (*command).to_owned())).collect()
    };
    // GitHub's deployments are carried out by the deployment repo alone.
    let (release, deployment) = Desk::new(&example()).workflows();
    assert_eq!(jobs_with_the_token(&release), []);
    let all = [("deploy", "deploy"), ("deploy", "deploy"), ("pending", "deploy"), ("verify", "verify")];
    assert_eq!(jobs_with_the_token(&deployment), told(&all));

    let argocd = ", argocd: { server: \"https://argocd.example.com\", application: shop }";
    let qa = LEDGER.replace("promotesFrom: test }", &format!("promotesFrom: test{argocd} }}"));
    let (release, deployment) = Desk::new(&qa).workflows();
    assert_eq!(jobs_with_the_token(&release), told(&[("promote-qa", "promote")]));
    assert_eq!(jobs_with_the_token(&deployment), told(&all[2..]));
    // What only looks whether it would be refused asks no cluster.
    let eu = LEDGER.replace("checks: [e2e] } }", &format!("checks: [e2e] }}{argocd} }}"));
    let (release, _) = Desk::new(&eu).workflows();
    assert_eq!(jobs_with_the_token(&release), told(&[("promote-prod-eu", "promote")]));

    for without in [LEDGER, SMALL] {
        let desk = Desk::new(without);
        desk.workflows();
        assert!(!(desk.text(RELEASE) + &desk.text(DEPLOYMENT)).contains("ARGOCD"));
    }
}
