//! The packages that a changeset may name, in each kind of repository.

use embark_changesets::{Bump, Error, Named, Packages, Tree};

fn tree(version_file: &str, files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree::new("shop", version_file);
    for (path, text) in files {
        tree.add(*path, *text);
    }
    tree
}

/// Lists the packages with their versions, and those that have none.
fn listed(tree: &Tree) -> (Vec<String>, Vec<String>) {
    let packages = Packages::of(tree).expect("the files are right");
    let all = packages.all().iter().map(|package| format!("{} {}", package.name, package.version));
    (all.collect(), packages.unversioned().iter().map(|one| one.name.clone()).collect())
}

fn lead_to(tree: &Tree, package: &str, bump: Bump) -> String {
    let packages = Packages::of(tree).expect("the files are right");
    let named = Named { package: package.into(), bump };
    packages.lead_to(&[named]).expect("it leads to a version")[0].to_string()
}

const CHART: (&str, &str) = ("Chart.yaml", "name: chart\nversion: 1.2.3\n");
const PATCH: (&str, &str) = (".changeset/a.md", "---\nshop: patch\n---\n\nA\n");
const MAJOR: (&str, &str) = (".changeset/b.md", "---\nshop: major\n---\n\nB\n");
const PRE: (&str, &str) = (".changeset/pre.json", r#"{ "mode": "pre", "tag": "beta" }"#);

#[test]
fn an_application_is_named_by_its_name_or_that_of_its_package() {
    for (file, text) in
        [CHART, ("VERSION", "1.2.3\n"), ("pyproject.toml", "[project]\nname = 'x'\nversion = '1.2.3'\n")]
    {
        assert_eq!(listed(&tree(file, &[(file, text)])), (vec!["shop 1.2.3".to_owned()], vec![]), "{file}");
    }
    let named = tree("package.json", &[("package.json", r#"{ "name": "@acme/shop", "version": "1.2.3" }"#)]);
    assert_eq!(listed(&named).0, ["@acme/shop 1.2.3"]);
    let crate_of_its_own = tree("Cargo.toml", &[("Cargo.toml", "[package]\nname = \"till\"\nversion = \"1.2.3\"\n")]);
    assert_eq!(listed(&crate_of_its_own).0, ["till 1.2.3"]);
}

#[test]
fn members_of_a_cargo_workspace_are_named_each_or_all_together() {
    let member = |name: &str| format!("[package]\nname = \"{name}\"\nversion.workspace = true\n");
    let (a, b) = (member("a"), member("b"));
    let root = ("Cargo.toml", "[workspace]\nmembers = [\"*\"]\n[workspace.package]\nversion = \"1.2.3\"\n");
    let own = ("c/Cargo.toml", "[package]\nname = \"c\"\nversion = \"7.0.0\"\n");
    let several = tree("Cargo.toml", &[root, ("a/Cargo.toml", &a), ("b/Cargo.toml", &b), own]);
    assert_eq!(listed(&several).0, ["shop 1.2.3", "a 1.2.3", "b 1.2.3"]);
    assert_eq!(listed(&tree("Cargo.toml", &[root, ("a/Cargo.toml", &a)])).0, ["a 1.2.3"]);
    assert_eq!(listed(&tree("Cargo.toml", &[root])).0, ["shop 1.2.3"]);
    // They have one version, and so the greater bump counts.
    let packages = Packages::of(&several).expect("the files are right");
    let named = |package: &str, bump| Named { package: package.into(), bump };
    let versions = packages.lead_to(&[named("a", Bump::Patch), named("b", Bump::Minor)]).expect("it leads to versions");
    assert_eq!(versions.iter().map(ToString::to_string).collect::<Vec<_>>(), ["1.3.0", "1.3.0"]);
}

#[test]
fn members_of_an_npm_workspace_are_what_their_own_program_takes() {
    let files = [
        ("packages/app/package.json", r#"{ "name": "app", "version": "1.0.0" }"#),
        ("packages/backend/package.json", r#"{ "name": "@acme/backend", "version": "0.3.0" }"#),
        ("packages/secret/package.json", r#"{ "name": "secret", "version": "0.1.0", "private": true }"#),
        ("packages/new/package.json", r#"{ "name": "new" }"#),
        ("packages/old/package.json", r#"{ "name": "@old/one", "version": "1.0.0" }"#),
        ("packages/app/fixture/package.json", r#"{ "name": "fixture", "version": "1.0.0" }"#),
        (".changeset/config.json", r#"{ "ignore": ["@old/*"] }"#),
    ];
    let of = |root: (&'static str, &'static str), more: &[(&'static str, &'static str)]| {
        tree("packages/app/package.json", &[&files[..], &[root], more].concat())
    };
    let npm = ("package.json", r#"{ "name": "root", "version": "9.0.0", "workspaces": ["packages/*"] }"#);
    let expected = (vec!["app 1.0.0", "@acme/backend 0.3.0"], vec!["new", "@old/one", "secret"]);
    let (all, without) = listed(&of(npm, &[]));
    assert_eq!((all.iter().map(String::as_str).collect(), without.iter().map(String::as_str).collect()), expected);
    let yarn = ("package.json", r#"{ "workspaces": { "packages": ["./packages/*/", "!packages/backend"] } }"#);
    assert_eq!(listed(&of(yarn, &[])).0, ["app 1.0.0"]);
    let root = ("package.json", r#"{ "name": "root", "version": "9.0.0" }"#);
    let pnpm = ("pnpm-workspace.yaml", "packages:\n  - .\n  - packages/{app,new}\n");
    assert_eq!(listed(&of(root, &[pnpm])), (vec!["root 9.0.0".into(), "app 1.0.0".into()], vec!["new".into()]));
    // Version 2 and a configuration of its own have private ones versioned.
    let second = r#"{ "workspaces": ["packages/*"], "devDependencies": { "@changesets/cli": "^2.29.0" } }"#;
    assert!(listed(&of(("package.json", second), &[])).0.contains(&"secret 0.1.0".to_owned()));
    let says_so = (".changeset/config.json", r#"{ "privatePackages": { "version": true } }"#);
    assert!(listed(&of(npm, &[says_so])).0.contains(&"secret 0.1.0".to_owned()));
}

#[test]
fn one_package_of_npm_with_a_program_of_its_own_is_what_that_takes() {
    let root = |private: bool, wanted: &str| {
        let text = format!(
            r#"{{ "name": "web", "version": "1.0.0", "private": {private}, "devDependencies": {{ "@changesets/cli": "{wanted}" }} }}"#
        );
        tree("VERSION", &[("VERSION", "7.0.0"), ("package.json", &text)])
    };
    assert_eq!(listed(&root(false, "^3.0.3")).0, ["web 1.0.0"]);
    assert_eq!(listed(&root(true, "^3.0.3")), (vec![], vec!["web".into()]));
    assert_eq!(listed(&root(true, "2.29.0")).0, ["web 1.0.0"]);
    // Its version is in its own file, whatever embark is told.
    assert_eq!(lead_to(&root(false, "^3.0.3"), "web", Bump::Minor), "1.1.0");
    // A folder with tools for JavaScript is no package.
    let tools = tree("VERSION", &[("VERSION", "1.2.3"), ("package.json", r#"{ "workspaces": ["x"] }"#)]);
    assert_eq!(listed(&tools).0, ["shop 1.2.3"]);
}

#[test]
fn what_waits_counts_for_the_version_that_comes_next() {
    let alone = tree("Chart.yaml", &[CHART]);
    for (bump, version) in
        [(Bump::None, "1.2.3"), (Bump::Patch, "1.2.4"), (Bump::Minor, "1.3.0"), (Bump::Major, "2.0.0")]
    {
        assert_eq!(lead_to(&alone, "shop", bump), version);
    }
    assert_eq!(lead_to(&tree("Chart.yaml", &[CHART, PATCH]), "shop", Bump::Minor), "1.3.0");
    assert_eq!(lead_to(&tree("Chart.yaml", &[CHART, MAJOR]), "shop", Bump::Patch), "2.0.0");
    assert_eq!(lead_to(&tree("Chart.yaml", &[CHART, PRE]), "shop", Bump::Minor), "1.3.0-beta.0");
    // What takes the repository's own program is told of this changeset alone.
    let plugin = (".changeset/config.json", r#"{ "changelog": "./mine.js" }"#);
    assert_eq!(lead_to(&tree("Chart.yaml", &[CHART, MAJOR, plugin]), "shop", Bump::Patch), "1.2.4");
    let npm = ("package.json", r#"{ "workspaces": ["*"] }"#);
    let member = ("app/package.json", r#"{ "name": "app", "version": "1.0.0" }"#);
    let waits = (".changeset/a.md", "---\napp: major\n---\n\nA\n");
    assert_eq!(lead_to(&tree("app/package.json", &[npm, member, waits]), "app", Bump::Patch), "1.0.1");
    assert_eq!(lead_to(&tree("app/package.json", &[npm, member, PRE]), "app", Bump::Patch), "1.0.1-beta.0");
}

#[test]
fn what_is_left_out_has_no_versions_and_what_is_broken_is_told() {
    let ignored = (".changeset/config.json", r#"{ "ignore": ["shop"] }"#);
    assert_eq!(listed(&tree("Chart.yaml", &[CHART, ignored])), (vec![], vec!["shop".into()]));
    assert!(matches!(Packages::of(&tree("Chart.yaml", &[])), Err(Error::Missing { .. })));
    assert!(matches!(Packages::of(&tree("VERSION", &[("VERSION", "x")])), Err(Error::NoVersion { .. })));
    let broken = tree("package.json", &[("package.json", "{ \"name\": ")]);
    assert!(matches!(Packages::of(&broken), Err(Error::Malformed { .. })));
    let waits = tree("Chart.yaml", &[CHART, (".changeset/a.md", "A\n")]);
    let packages = Packages::of(&waits).expect("the packages can be told");
    let named = Named { package: "shop".into(), bump: Bump::Minor };
    assert!(matches!(packages.lead_to(&[named]), Err(Error::Malformed { .. })), "a changeset that waits is broken");
    let npm =
        [("package.json", r#"{ "workspaces": ["*"] }"#), ("app/package.json", r#"{ "name": "app", "version": "1" }"#)];
    assert!(matches!(Packages::of(&tree("package.json", &npm)), Err(Error::NoVersion { .. })));
    let used = (".changeset/pre.json", r#"{ "mode": "pre", "tag": "beta", "changesets": ["red-cats-jump"] }"#);
    let tree = tree("Chart.yaml", &[CHART, used]);
    let packages = Packages::of(&tree).expect("the files are right");
    assert!(packages.is_used("red-cats-jump") && !packages.is_used("blue-dogs-sing"));
}
