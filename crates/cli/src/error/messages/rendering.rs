//! Why nothing is rendered.

use embark_core::ports::{RenderError, RepositoryError};
use embark_core::{Error as CoreError, Rendered};

use super::sample::{io, parse, revision};
use super::{Case, Variants as _, compare, complete};

const NO_SPACE: i32 = 28;

#[test]
fn rendering() {
    compare("rendering", &cases());
}

pub(super) fn cases() -> Vec<Case> {
    let environment = || parse("staging");
    let file = || parse("staging.yaml");
    let unreadable = || Rendered::read("a: [\n", &[]).expect_err("it is no YAML");
    let nameless = || Rendered::read("kind: Deployment\n", &[]).expect_err("it has no name");
    let merging = || {
        let stream = "kind: Pod\nmetadata: { name: web }\nspec: { a: &a { b: c }, d: { <<: *a } }\n";
        Rendered::read(stream, &[]).expect_err("it merges")
    };
    let all = vec![
        RenderError::NoProgram { program: "helm", environment: environment() },
        RenderError::NoProgram { program: "kustomize", environment: environment() },
        RenderError::NotRun {
            program: "helm",
            environment: environment(),
            words: "/usr/bin/env: 'bash': No such file or directory".into(),
        },
        RenderError::NoChart { file: file() },
        RenderError::Unnamed { file: parse("chart/templates/web.yaml"), folder: "chart".into() },
        RenderError::NotRead {
            path: "chart/templates/web.yaml".into(),
            what: "a symbolic link to ../../../web.yaml, which is out of the deployment repo".into(),
        },
        RenderError::NotRead { path: "chart/charts/common".into(), what: "a submodule".into() },
        RenderError::Missing { what: "Chart.yaml in charts/shop".into() },
        RenderError::Dependency {
            chart: "charts/shop".into(),
            name: "redis".into(),
            repository: "https://charts.example.com".into(),
        },
        RenderError::Refused {
            program: "helm",
            environment: environment(),
            file: file(),
            words: "template: shop/templates/web.yaml:12:20: executing \"shop/templates/web.yaml\" at <.Values.web.port>: nil \
                    pointer evaluating interface {}.port"
                .into(),
        },
        RenderError::Refused {
            program: "kustomize",
            environment: environment(),
            file: parse("overlays/staging/kustomization.yaml"),
            words: "accumulating resources: accumulation err='accumulating resources from '../../base'".into(),
        },
        RenderError::Unreadable { program: "helm", file: file(), source: unreadable() },
        RenderError::Unreadable { program: "helm", file: file(), source: nameless() },
        RenderError::Unreadable { program: "helm", file: file(), source: merging() },
        RenderError::Repository(RepositoryError::NotFound {
            repository: "https://github.com/acme/shop-deployment.git".into(),
            what: format!("commit {}", revision()),
        }),
        RenderError::Repository(RepositoryError::NotAFile {
            repository: "https://github.com/acme/shop-deployment.git".into(),
            path: parse("chart/Chart.yaml"),
            what: "below a symbolic link",
        }),
        RenderError::Other {
            operation: "write a temporary folder".into(),
            environment: environment(),
            source: io(NO_SPACE),
        },
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(error.variant(), CoreError::from(error))).collect()
}
