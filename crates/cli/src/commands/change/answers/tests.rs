//! What is asked, and what comes of the answers.

use embark_changesets::{Packages, Tree};

use super::super::{Change, Growth};
use super::changeset;
use crate::ask::{Ask, Nobody, Somebody};

fn shop() -> Tree {
    let mut tree = Tree::new("shop", "VERSION");
    tree.add("VERSION", "0.3.0\n");
    tree
}

/// An application with two packages that are versioned by themselves.
fn workspace() -> Tree {
    let mut tree = Tree::new("shop", "package.json");
    tree.add("package.json", r#"{ "workspaces": ["*"] }"#);
    tree.add("app/package.json", r#"{ "name": "@acme/app", "version": "1.0.0" }"#);
    tree.add("backend/package.json", r#"{ "name": "backend", "version": "2.1.0" }"#);
    tree.add("tools/package.json", r#"{ "name": "tools", "version": "0.1.0", "private": true }"#);
    tree
}

/// Returns the text of the changeset, or the error.
fn made(tree: &Tree, args: &Change, ask: &mut dyn Ask) -> Result<String, String> {
    let packages = Packages::of(tree).expect("the files are right");
    changeset(args, &packages, ask).map(|changeset| changeset.to_string()).map_err(|error| error.to_string())
}

/// Answers, and returns the questions as well.
fn answered(tree: &Tree, args: &Change, answers: &str) -> (Result<String, String>, String) {
    let mut somebody = Somebody { answers: answers.as_bytes(), questions: Vec::new() };
    let made = made(tree, args, &mut somebody);
    (made, String::from_utf8(somebody.questions).unwrap())
}

fn args(bump: Option<Growth>, packages: &[&str], summary: Option<&str>) -> Change {
    let packages = packages.iter().map(|&name| name.to_owned()).collect();
    Change { bump, packages, summary: summary.map(Into::into), empty: false }
}

#[test]
fn one_package_is_asked_for_its_bump_and_the_words() {
    let (made, questions) = answered(&shop(), &Change::default(), "2\nCarts are kept:\n\n");
    assert_eq!(made, Ok("---\n\"shop\": minor\n---\n\nCarts are kept:\n".into()));
    assert_eq!(
        questions,
        "By how much does shop grow? It is 0.3.0 now.\n\
         \x20 1. patch  a mended fault: next is 0.3.1\n\
         \x20 2. minor  a new ability: next is 0.4.0\n\
         \x20 3. major  a change that breaks something: next is 1.0.0\n\
         \x20 4. none   nothing that is released: no new version\n\
         [1-4] What has changed? In Markdown, for the changelog; an empty line ends it.\n\
         > > "
    );
}

#[test]
fn the_page_shows_what_is_asked() {
    let mut tree = shop();
    tree.add("VERSION", "1.3.0\n");
    let (_, questions) = answered(&tree, &Change::default(), "2\nCarts are kept for a week.\n\n");
    let shown = questions.replace("[1-4] ", "[1-4] 2\n").replace("> > ", "> Carts are kept for a week.\n>\n");
    let page = include_str!("../../../../../../docs/how-to/changesets.md");
    assert!(page.contains(&format!("```text\n{shown}```\n")), "{shown}");
}

#[test]
fn what_waits_is_in_the_versions_that_the_question_tells() {
    let mut tree = shop();
    tree.add(".changeset/a.md", "---\nshop: minor\n---\n\nA\n");
    let (_, questions) = answered(&tree, &Change::default(), "");
    assert!(questions.contains("patch  a mended fault: next is 0.4.0"), "{questions}");
    assert!(questions.contains("none   nothing that is released: next is 0.4.0"), "{questions}");
}

#[test]
fn of_several_packages_those_that_have_changed_are_asked_for_each() {
    let (made, questions) = answered(&workspace(), &Change::default(), "2 1\n3\n1\nA\n");
    assert_eq!(made, Ok("---\n\"@acme/app\": major\n\"backend\": patch\n---\n\nA\n".into()));
    assert!(questions.starts_with("Which packages have changed?\n  1. @acme/app\n  2. backend\n[1-2, "), "{questions}");
    assert!(questions.contains("By how much does backend grow? It is 2.1.0 now.\n"), "{questions}");
}

#[test]
fn what_is_given_is_not_asked() {
    let all = args(Some(Growth::Minor), &["backend", "@acme/app"], Some(" A\r\n\r\n- b\n"));
    let text = "---\n\"backend\": minor\n\"@acme/app\": minor\n---\n\nA\n\n- b\n";
    assert_eq!(answered(&workspace(), &all, "x\n"), (Ok(text.into()), String::new()));
    assert_eq!(made(&workspace(), &all, &mut Nobody), Ok(text.into()));
    let (made, questions) = answered(&workspace(), &args(Some(Growth::None), &["backend"], None), "A\n");
    assert_eq!(made, Ok("---\n\"backend\": none\n---\n\nA\n".into()));
    assert!(questions.starts_with("What has changed?"), "{questions}");
}

#[test]
fn what_is_empty_asks_nothing() {
    let empty = |summary: Option<&str>| Change { empty: true, ..args(None, &[], summary) };
    assert_eq!(answered(&shop(), &empty(None), "x"), (Ok("---\n\n---\n\n\n".into()), String::new()));
    assert_eq!(made(&shop(), &empty(Some("No release.")), &mut Nobody), Ok("---\n\n---\n\nNo release.\n".into()));
}

#[test]
fn what_stays_open_is_told_with_its_flags() {
    let open = |tree: &Tree, args: &Change| made(tree, args, &mut Nobody).expect_err("nobody answers");
    assert_eq!(open(&shop(), &Change::default()), "--bump and --summary are not given, and nobody answers");
    let text = "--package, --bump and --summary are not given, and nobody answers; there are @acme/app and backend";
    assert_eq!(open(&workspace(), &Change::default()), text);
    let text = "--package is not given, and nobody answers; there are @acme/app and backend";
    assert_eq!(open(&workspace(), &args(Some(Growth::Minor), &[], Some("A"))), text);
    assert_eq!(open(&shop(), &args(None, &[], Some("A"))), "--bump is not given, and nobody answers");
    // An answer that is left out, or an end of the input, answers nothing, and ends the questions.
    for (answers, told) in [("\n", "--bump and --summary are"), ("2\n\n", "--summary is"), ("2\n", "--summary is")] {
        let (made, questions) = answered(&shop(), &Change::default(), answers);
        assert!(made.expect_err("it is open").starts_with(&format!("{told} not given")), "{answers:?}: {questions}");
    }
}

#[test]
fn packages_that_are_none_are_told() {
    let wrong = |packages: &[&str], summary: &str| {
        let args = args(Some(Growth::Minor), packages, Some(summary));
        made(&workspace(), &args, &mut Nobody).expect_err("it is wrong")
    };
    assert_eq!(wrong(&["nope"], "A"), "there is no package \"nope\": there are @acme/app and backend");
    assert_eq!(wrong(&["backend", "backend"], "A"), "the package \"backend\" is named twice");
    assert!(wrong(&["tools"], "A").starts_with("the package \"tools\" gets no versions: it is private"));
    assert_eq!(wrong(&["backend"], " \n"), "the summary is empty");
    let mut tree = shop();
    tree.add(".changeset/config.json", r#"{ "ignore": ["shop"] }"#);
    let told = made(&tree, &Change::default(), &mut Nobody).expect_err("there is none");
    assert!(told.starts_with("there is no package that gets versions: shop: "), "{told}");
}
