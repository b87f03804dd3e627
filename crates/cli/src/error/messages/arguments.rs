//! What is wrong with what was typed, and with the machine.

use clap::Parser as _;
use embark_core::ports::RepositoryError;

use super::sample::io;
use super::{Case, Variants, compare, complete};
use crate::args::Cli;
use crate::commands::change::ChangeError;
use crate::config::ConfigError;
use crate::error::Error;
use crate::exit_code::Exit;
use crate::init::InitError;

#[test]
fn arguments() {
    compare("arguments", &typed());
}

#[test]
fn init() {
    compare("init", &init_cases());
}

#[test]
fn change() {
    compare("change", &change_cases());
}

#[test]
fn edge() {
    compare("edge", &edge_cases());
}

pub(super) fn cases() -> Vec<Case> {
    typed().into_iter().chain(init_cases()).chain(change_cases()).chain(edge_cases()).collect()
}

/// What no command is started for.
const TYPED: [&str; 17] = [
    "promote",
    "promote Production",
    "promote production --commit 4be1d0f",
    "promote production --version v1.4.0",
    "promote production --version 1.4.0+build.7",
    "promote production --waive soak",
    "promote production --waive digest --reason TEXT",
    "release staging --image frontend",
    "release staging --image frontend=Registry/App",
    "change --bump big",
    "change --empty --bump minor",
    "deploy",
    "deploy 17",
    "rollback production frontend --unverified",
    "rollback production frontend --to a/b",
    "values set staging.yaml frontend.image.tag",
    "values get staging.yaml frontend..tag",
];

fn typed() -> Vec<Case> {
    let case = |line: &&str| {
        let error = Cli::try_parse_from(["embark"].into_iter().chain(line.split(' '))).expect_err(line);
        let text = error.render().to_string();
        assert_eq!(error.exit_code(), 2, "{line}");
        Case { name: format!("embark {line}"), exit: Exit::Arguments, text, hint: None }
    };
    TYPED.iter().map(case).collect()
}

fn init_cases() -> Vec<Case> {
    let folder = || "/home/ada/shop-deployment".to_owned();
    let file = || "staging/values.yaml".to_owned();
    let all = vec![
        InitError::Unanswered {
            question: "which environment is promoted from which is not told by the files".into(),
            example: "embark init --environment staging=staging.yaml --environment production=prod.yaml".into(),
        },
        InitError::Malformed {
            file: file(),
            source: embark_values::Document::parse("a: [").expect_err("it is no YAML"),
        },
        InitError::Exists("embark.yaml".into()),
        InitError::Unfit(ConfigError::Invalid {
            path: "embark.yaml".into(),
            reason: "the application has no name".into(),
        }),
        InitError::Repository(RepositoryError::NotFound { repository: folder(), what: "branch trunk".into() }),
        InitError::NoRepository(folder()),
        InitError::NoApplication(folder().into()),
        InitError::NotOnGitHub {
            what: "the application's repository",
            example: "application: { name: shop, repository: acme/shop }",
        },
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(&format!("init: {}", error.variant()), error)).collect()
}

fn change_cases() -> Vec<Case> {
    let names = || vec!["@acme/app".to_owned(), "@acme/backend".to_owned(), "tools".to_owned()];
    let package = || "@acme/web".to_owned();
    let why = "it is private, and `privatePackages` in .changeset/config.json is not set";
    let all = vec![
        ChangeError::Unanswered { flags: vec!["--bump", "--summary"], known: Vec::new() },
        ChangeError::Unanswered { flags: vec!["--package"], known: names() },
        ChangeError::UnknownPackage { package: package(), known: names() },
        ChangeError::UnknownPackage { package: package(), known: vec!["shop".into()] },
        ChangeError::Unversioned { package: package(), why },
        ChangeError::Twice(package()),
        ChangeError::NoPackage { unversioned: vec![(package(), why)] },
        ChangeError::NoSummary,
    ];
    complete(&all);
    all.into_iter().map(|error| Case::error(&format!("change: {}", error.variant()), error)).collect()
}

fn edge_cases() -> Vec<Case> {
    let path = || "package.json".to_owned();
    let all = vec![
        Error::Config(ConfigError::Absent("/home/ada/shop".into())),
        Error::Core(embark_core::Error::NoVersion(super::sample::parse("production"))),
        Error::Init(InitError::Exists("embark.yaml".into())),
        Error::Change(ChangeError::NoSummary),
        Error::Event(crate::commands::deploy::Unheeded::Ledger { config: "embark.yaml".into() }),
        Error::Arguments(
            "no commit is given, and none can be told from here".into(),
            "give the application's commit with --commit SHA",
        ),
        Error::Checkout(
            "/home/ada/shop is not as it was committed: package.json".into(),
            "commit it, or take it back with git restore".into(),
        ),
        Error::Credentials(
            "EMBARK_GITHUB_APP_ID is set, and EMBARK_GITHUB_APP_PRIVATE_KEY is not".into(),
            "set both EMBARK_GITHUB_APP_ID and EMBARK_GITHUB_APP_PRIVATE_KEY, or neither; a secret that is not there is \
             empty",
        ),
        Error::Read { path: path(), source: std::io::Error::from_raw_os_error(2) },
        Error::Read { path: path(), source: std::io::Error::from_raw_os_error(13) },
        Error::Write { path: path(), source: std::io::Error::from_raw_os_error(13) },
        Error::Parse { path: path(), source: "it has no version".into() },
        Error::Demo { step: 4, source: io(28) },
        Error::Start(io(24)),
    ];
    // Others have snapshots of their own.
    let elsewhere = ["Lookup", "Edit", "Program", "WorkingCopy"];
    let seen: Vec<&str> = all.iter().map(Variants::variant).chain(elsewhere).collect();
    assert!(Error::ALL.iter().all(|variant| seen.contains(variant)), "{seen:?}");
    all.into_iter().map(|error| Case::error(error.variant(), error)).collect()
}
