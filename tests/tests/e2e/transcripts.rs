//! The pages of the documentation, run as their readers would.
//!
//! `EMBARK_BLESS=1` rewrites what differs. `tests/src/harness/page/block.rs` tells how blocks are marked.

use std::path::{Path, PathBuf};

use embark_tests::harness::{GIT_TOKEN, Git, GitServer, Page, Registry, blocks, renderers, root};

use crate::EMBARK;

macro_rules! pages {
    ($($name:ident: $path:literal;)*) => {
        /// The pages that are run.
        const PAGES: &[&str] = &[$($path),*];

        $(
            #[test]
            fn $name() {
                page($path).run();
            }
        )*
    };
}

pages! {
    the_readme_is_what_happens: "README.md";
    the_tutorial_is_what_happens: "docs/tutorial.md";
    how_to_roll_back_is_what_happens: "docs/how-to/roll-back.md";
    how_to_audit_is_what_happens: "docs/how-to/audit.md";
    how_to_write_changesets_is_what_happens: "docs/how-to/changesets.md";
    how_to_ship_a_hotfix_is_what_happens: "docs/how-to/hotfix.md";
    what_to_do_about_refusals_is_what_happens: "docs/how-to/refused.md";
    how_to_use_another_registry_is_what_happens: "docs/how-to/another-registry.md";
    how_to_wait_for_argo_cd_is_what_happens: "docs/how-to/argocd.md";
    how_to_edit_values_is_what_happens: "docs/how-to/values-editor.md";
    the_example_with_a_digest_is_what_happens: "docs/examples/one-service-digest/README.md";
    the_example_with_kustomize_is_what_happens: "docs/examples/kustomize/README.md";
    how_to_use_kustomize_is_what_happens: "docs/how-to/kustomize.md";
    the_reference_of_the_configuration_is_what_happens: "docs/reference/configuration.md";
    the_reference_of_records_is_what_happens: "docs/reference/records.md";
    the_reference_of_json_is_what_happens: "docs/reference/json.md";
}

/// The pages that are run where Helm is.
const RENDERED: &[&str] = &["docs/how-to/render-check.md"];

/// The pages with transcripts that nothing runs, and why.
const NOT_RUN: &[&str] = &[
    // Its folder is not the demo's.
    "docs/how-to/adopt.md",
    // It makes a key; the commits that it signs are looked at in `signing`.
    "docs/how-to/sign-commits.md",
    // Somebody forges a deployment there.
    "docs/invariant.md",
];

/// How many blocks may be marked as not run; two of them are compared in `release_pr`.
const MOST_NOT_RUN: usize = 6;

/// Where pages say that this repository was cloned to.
const CLONE: &str = "~/embark";

/// The section of the tutorial that needs servers.
const SERVERS: &str = "On your own registry and git server";

/// The sections of the tutorial that need Helm. They stand apart, so that all others say the same with Helm and without.
const HELM: [&str; 2] = ["What Argo CD applies", "What the chart makes of it"];

fn page(path: &str) -> Page {
    let page = Page::new(EMBARK, path);
    let page = page.with(CLONE, &root().display().to_string());
    match path {
        "docs/tutorial.md" => HELM.into_iter().fold(page.without(SERVERS), Page::without),
        _ => page,
    }
}

/// No more commands than this, and an image is in production.
const MOST_COMMANDS: usize = 10;

#[test]
fn each_example_is_walked_from_init_to_production_in_ten_commands() {
    let tutorial = text(&root().join("docs/tutorial.md"));
    let (_, section) = tutorial.split_once("\n## A deployment repo of your own\n").expect("the tutorial has a walk");
    let readme = |name: &str| text(&root().join("docs/examples").join(name).join("README.md"));
    for walk in [section.to_owned(), readme("one-service-digest"), readme("kustomize")] {
        let commands: Vec<&str> = walk.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
        let promoted = commands.iter().position(|command| command.starts_with("embark promote production "));
        let promoted = promoted.expect("it is promoted");
        assert!(commands[..promoted].iter().any(|command| command.starts_with("embark init ")), "{commands:#?}");
        assert!(promoted < MOST_COMMANDS, "{commands:#?}");
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("the page can be read")
}

#[test]
#[ignore = "needs docker-registry, skopeo, git http-backend and helm: run ./tests/run"]
fn the_tutorial_is_what_happens_with_servers() {
    let folder = tempfile::tempdir().unwrap();
    Git::init_bare(&folder.path().join("shop-deployment.git"));
    let git = GitServer::start(folder.path(), Some(GIT_TOKEN));
    let registry = Registry::start(false);
    let host = git.url("").trim_start_matches("http://").trim_end_matches('/').to_owned();
    let credentials = format!("http://x-access-token:{GIT_TOKEN}@{host}\n");
    Page::new(EMBARK, "docs/tutorial.md")
        .with(CLONE, &root().display().to_string())
        .with("127.0.0.1:5000", &registry.address().to_string())
        .with("127.0.0.1:8080", &host)
        .with("EMBARK_GIT_TOKEN=...", &format!("EMBARK_GIT_TOKEN={GIT_TOKEN}"))
        .prepared(move |home| {
            link_renderers(home);
            std::fs::write(home.join(".git-credentials"), &credentials).unwrap();
        })
        .run();
}

#[test]
#[ignore = "needs helm and kustomize: run ./tests/run"]
fn how_to_see_what_is_rendered_is_what_happens() {
    for path in RENDERED {
        page(path).prepared(link_renderers).run();
    }
}

/// Puts Helm and Kustomize where the program is.
fn link_renderers(home: &Path) {
    let bin = home.parent().expect("home is in a folder").join("bin");
    for name in ["helm", "kustomize"] {
        std::os::unix::fs::symlink(Path::new(&renderers()).join(name), bin.join(name)).expect("a link can be made");
    }
}

#[test]
fn every_page_with_a_transcript_is_run() {
    let mut not_run = 0;
    for path in pages() {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let (to_run, marked) = blocks(&path);
        let is_listed = PAGES.contains(&&*name) || RENDERED.contains(&&*name);
        assert!(to_run == 0 || is_listed || NOT_RUN.contains(&&*name), "{name} has transcripts: add it to PAGES");
        not_run += if is_listed { marked } else { 0 };
    }
    assert!(not_run <= MOST_NOT_RUN, "{not_run} blocks are marked as not run: run them, or make their case here");
}

/// Lists the pages of this repository that are written for users.
fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be read").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(Path::new("md").as_os_str()) {
                pages.push(path);
            }
        }
    }
    pages
}
