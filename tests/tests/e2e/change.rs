//! Changesets that the binary writes: from flags, from answers at a terminal, and compared with those of `@changesets/cli`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use embark_tests::harness::{Embark, Git, Setup, World, run_changesets, written_and_read};
use serde_json::{Value, json};

use crate::EMBARK;
use crate::failures::{assert_fails, assert_wrong_arguments};

const PACKAGE: &str = "{\n  \"name\": \"@acme/shop\",\n  \"version\": \"1.3.0\"\n}\n";
const MINOR: &str = "---\n\"@acme/shop\": minor\n---\n\nCarts are kept.\n";
const WORKSPACE: [(&str, &str); 4] = [
    ("package.json", "{ \"name\": \"root\", \"private\": true, \"workspaces\": [\"packages/*\"] }\n"),
    ("package-lock.json", "{ \"lockfileVersion\": 3, \"packages\": {} }\n"),
    ("packages/app/package.json", "{ \"name\": \"@acme/app\", \"version\": \"1.0.0\" }\n"),
    ("packages/backend/package.json", "{ \"name\": \"backend\", \"version\": \"0.3.0\" }\n"),
];

/// An application whose version is in a file.
struct Desk(World);

impl Desk {
    fn new(version_file: &str, files: &[(&str, &str)]) -> Self {
        let world = World::new(EMBARK, Setup::Embedded);
        world.configure("environments:", &format!("version: {{ file: {version_file} }}\nenvironments:"));
        let desk = Self(world);
        for (path, text) in files {
            desk.write(path, text);
        }
        desk
    }

    fn shop() -> Self {
        Self::new("package.json", &[("package.json", PACKAGE)])
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.app().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("the folder can be made");
        fs::write(path, text).expect("it can be written");
    }

    /// Lists the files of the changesets, with their text.
    fn changesets(&self) -> Vec<(String, String)> {
        let entries = fs::read_dir(self.path(".changeset")).into_iter().flatten();
        let paths = entries.map(|entry| entry.expect("it can be read").path()).filter(|path| path.is_file());
        let read = |path: PathBuf| {
            let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("it is text"))
        };
        paths.map(read).collect()
    }

    /// Writes a changeset, and returns what is told of it, and its text. It must be the only one; it is taken away.
    #[track_caller]
    fn written(&self, arguments: &[&str], input: &[u8]) -> (Value, String) {
        let report = self.0.embark.json_of(&[&["change"], arguments].concat(), input).ended(0, "done");
        let mut all = self.changesets();
        assert_eq!(all.len(), 1, "{all:?}");
        let (name, text) = all.remove(0);
        assert_eq!(report.json["change"]["file"], format!(".changeset/{name}"));
        fs::remove_file(self.path(".changeset").join(name)).expect("it is there");
        (report.json["change"].clone(), text)
    }
}

fn is_id(file: &str) -> bool {
    let id = file.strip_prefix(".changeset/").and_then(|name| name.strip_suffix(".md")).unwrap_or_default();
    let words: Vec<&str> = id.split('-').collect();
    words.len() == 3 && words.iter().all(|word| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase()))
}

#[test]
fn flags_say_all_of_it_and_a_dry_run_writes_nothing() {
    let desk = Desk::shop();
    let arguments = ["change", "--bump", "minor", "--summary", "Carts are kept."];
    let dry = [&arguments[..], &["--dry-run"]].concat();
    let planned = desk.0.embark.json(&dry).ended(0, "planned");
    let shown = desk.0.embark.text(&dry).succeeded("a dry run");
    assert_eq!(shown.text(), MINOR, "it shows the text, and nothing else");
    assert!(shown.stderr.contains("@acme/shop  minor  1.3.0    1.4.0"), "{}", shown.stderr);
    assert!(!desk.path(".changeset").exists(), "nothing is written");

    let mut done = desk.0.embark.json(&arguments).ended(0, "done");
    let file = done.json["change"]["file"].as_str().expect("it has a file").to_owned();
    assert!(is_id(&file), "{file}");
    assert_eq!(fs::read_to_string(desk.path(&file)).expect("it is written"), MINOR);
    done.json["change"]["file"] = planned.json["change"]["file"].clone();
    assert_eq!(done.json["change"], planned.json["change"], "a dry run tells the same, but for the name");
    let packages = json!([{ "name": "@acme/shop", "bump": "minor", "from": "1.3.0", "to": "1.4.0" }]);
    assert_eq!(done.json["change"]["packages"], packages);
    assert_eq!(done.json["change"]["summary"], "Carts are kept.");

    // What waits counts.
    let told = desk.0.embark.text(&["change", "--bump=patch", "--package=@acme/shop", "--summary=Carts are mended."]);
    let told = told.succeeded("a second one");
    assert!(
        told.text().starts_with("PACKAGE     BUMP   VERSION  NEXT\n@acme/shop  patch  1.3.0    1.4.0\n\n"),
        "{told:?}"
    );
    assert!(told.stderr.contains("hint: commit it with the change: git add .changeset/"), "{told:?}");
    assert_eq!(desk.changesets().len(), 2);
}

#[test]
fn a_summary_may_come_from_the_standard_input() {
    let desk = Desk::shop();
    let summary = b"Carts are kept.\r\n\r\n- for a week\r\n- \"for\" longer: # ask\r\n\n";
    let (change, text) = desk.written(&["--bump", "minor", "--summary", "-"], summary);
    let expected = "Carts are kept.\n\n- for a week\n- \"for\" longer: # ask";
    assert_eq!((&change["summary"], text), (&json!(expected), MINOR.replace("Carts are kept.", expected)));
    let desk = Desk::shop();
    for (input, code, word) in [(&b" \n"[..], 2, "summary is empty"), (b"\xff", 3, "UTF-8")] {
        let report =
            desk.0.embark.json_of(&["change", "--bump", "minor", "--summary", "-"], input).ended(code, "failed");
        assert!(report.json["error"].to_string().contains(word), "{:#}", report.json);
        assert!(!desk.path(".changeset").exists(), "nothing is written");
    }
}

#[test]
fn an_empty_changeset_releases_nothing() {
    let desk = Desk::shop();
    let (change, text) = desk.written(&["--empty"], b"");
    assert_eq!((text.as_str(), &change["packages"], &change["summary"]), ("---\n\n---\n\n\n", &json!([]), &json!("")));
    let (_, text) = desk.written(&["--empty", "--summary", "Only tests."], b"");
    assert_eq!(text, "---\n\n---\n\nOnly tests.\n");
}

#[test]
fn each_kind_of_repository_has_its_packages() {
    let name = |desk: &Desk, more: &[&str]| {
        let (change, text) = desk.written(&[&["--bump", "minor", "--summary", "A"], more].concat(), b"");
        let packages = change["packages"].as_array().expect("a list").clone();
        let told = packages.iter().map(|one| format!("{} {}", one["name"], one["to"]).replace('"', ""));
        for package in &packages {
            assert!(text.contains(&format!("\n{}: minor\n", package["name"])), "{text}");
        }
        told.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(name(&Desk::new("VERSION", &[("VERSION", "1.3.0\n")]), &[]), "backstage 1.4.0");
    let chart = ("chart/Chart.yaml", "name: c\nversion: 0.1.0\nappVersion: 1.3.0\n");
    assert_eq!(name(&Desk::new("chart/Chart.yaml", &[chart]), &[]), "backstage 1.4.0");
    let member = |name: &str| format!("[package]\nname = \"{name}\"\nversion.workspace = true\n");
    let cargo = Desk::new(
        "Cargo.toml",
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n[workspace.package]\nversion = \"1.3.0\"\n"),
            ("crates/till/Cargo.toml", &member("till")),
            ("crates/cart/Cargo.toml", &member("cart")),
            ("target/package/cart/Cargo.toml", &member("built")),
        ],
    );
    assert_eq!(name(&cargo, &["--package", "till", "--package", "cart"]), "till 1.4.0, cart 1.4.0");
    assert_eq!(name(&cargo, &["--package", "backstage"]), "backstage 1.4.0");
    assert_fails(
        &cargo.0,
        &["change", "--bump", "minor", "--summary", "A"],
        2,
        &["--package", "backstage, cart and till"],
    );
    let npm = Desk::new("packages/app/package.json", &WORKSPACE);
    npm.write("node_modules/x/package.json", "{ \"name\": \"x\", \"version\": \"1.0.0\" }");
    assert_eq!(name(&npm, &["--package", "backend", "--package", "@acme/app"]), "backend 0.4.0, @acme/app 1.1.0");
    assert_fails(&npm.0, &["change", "--bump", "minor", "--summary", "A"], 2, &["--package", "@acme/app and backend"]);
}

#[test]
fn it_is_written_at_the_top_of_the_repository_from_any_folder() {
    let desk = Desk::shop();
    desk.write("src/main.js", "");
    let embark = Embark::new(EMBARK, &desk.path("src"), &desk.path("../home"));
    let report = embark.json(&["change", "--bump", "minor", "--summary", "Carts are kept."]).ended(0, "done");
    let file = report.json["change"]["file"].as_str().expect("it has a file");
    assert!(file.starts_with("../.changeset/"), "{file}");
    assert_eq!(fs::read_to_string(desk.path("src").join(file)).expect("it is where it says"), MINOR);
    assert_eq!(desk.changesets().len(), 1);
}

#[test]
fn what_is_wrong_is_told_and_nothing_is_written() {
    let desk = Desk::shop();
    let fails = |arguments: &[&str], code: i32, words: &[&str]| {
        let before = desk.changesets();
        assert_fails(&desk.0, &[&["change"], arguments].concat(), code, words);
        assert_eq!(desk.changesets(), before);
    };
    let all = |more: &[&'static str]| [&["--bump", "minor", "--summary", "A"], more].concat();
    fails(&[], 2, &["--bump and --summary are not given"]);
    fails(&["--bump", "minor"], 2, &["--summary is not given"]);
    fails(&all(&["--package", "shop"]), 2, &["shop", "there is @acme/shop", "--package"]);
    fails(&all(&["--package", "@acme/shop", "--package", "@acme/shop"]), 2, &["@acme/shop", "twice"]);
    fails(&["--bump", "minor", "--summary", " "], 2, &["summary is empty"]);
    assert!(!desk.path(".changeset").exists(), "nothing is made");
    for (arguments, word) in [
        (&["change", "--bump", "big", "--summary", "A"][..], "big"),
        (&["change", "--empty", "--bump", "minor"], "--empty"),
        (&["change", "--empty", "--package", "shop"], "--empty"),
        (&["change", "--summary"], "--summary"),
    ] {
        assert_wrong_arguments(&desk.0, arguments, word);
    }
    // A changeset that waits and is broken would stop each release.
    desk.write(".changeset/red-cats-jump.md", "Carts are kept.\n");
    fails(&all(&[]), 3, &[".changeset/red-cats-jump.md", "line 1"]);
    desk.write(".changeset/red-cats-jump.md", "---\n---\n");
    desk.write("package.json", &PACKAGE.replace("1.3.0", "1.3"));
    fails(&all(&[]), 3, &["package.json", "1.3"]);
    desk.write("package.json", &PACKAGE.replace("1.3.0", "1.3.0\",\n  \"private\": true,\n  \"x\": \""));
    desk.write(".changeset/config.json", "{ \"privatePackages\": false }\n");
    fails(&all(&[]), 3, &["no package that gets versions", "@acme/shop", "config.json"]);
    fs::remove_file(desk.path("package.json")).expect("it is there");
    fails(&all(&[]), 3, &["package.json is not there"]);
}

#[test]
fn a_place_where_nothing_can_be_written_is_told() {
    let desk = Desk::shop();
    desk.write(".changeset", "a file");
    for more in [&[][..], &["--dry-run"]] {
        let arguments = [&["change", "--bump", "minor", "--summary", "A"], more].concat();
        assert_fails(&desk.0, &arguments, 1, &[".changeset"]);
    }
    assert_eq!(fs::read_to_string(desk.path(".changeset")).expect("it is there"), "a file");
    let outside = tempfile::tempdir().expect("a folder");
    for target in [outside.path().to_owned(), outside.path().join("new")] {
        fs::remove_file(desk.path(".changeset")).expect("it is there");
        symlink(target, desk.path(".changeset")).expect("it can be linked");
        assert_fails(&desk.0, &["change", "--bump", "minor", "--summary", "A"], 3, &[".changeset", "symbolic link"]);
    }
    assert_eq!(fs::read_dir(outside.path()).expect("it is there").count(), 0, "nothing is written elsewhere");
    fs::remove_dir_all(desk.path(".git")).expect("it is a checkout");
    assert_fails(&desk.0, &["change", "--bump", "minor", "--summary", "A"], 3, &["no git repository"]);
}

#[test]
#[ignore = "needs script, which makes a terminal: run ./tests/run"]
fn somebody_at_a_terminal_is_asked() {
    let desk = Desk::new("packages/app/package.json", &WORKSPACE);
    let typed = b"1,2\n2\n1\nCarts are kept.\n\n";
    let shown = desk.0.embark.at_terminal(&["change"], typed).succeeded("it").text();
    for words in ["Which packages have changed?", "next is 1.1.0", "next is 0.3.1", "is written."] {
        assert!(shown.contains(words), "{words} in {shown}");
    }
    let all = desk.changesets();
    assert_eq!(all[0].1, "---\n\"@acme/app\": minor\n\"backend\": patch\n---\n\nCarts are kept.\n");
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn each_byte_is_that_of_the_changesets_program() {
    let desk = Desk::shop();
    let long = "Carts are kept.\n\n```js\nkeep('cart'); // \"always\"\n```\n\n- a: b\n- # c";
    for (name, bump, summary) in [
        ("shop", "minor", "Carts are kept."),
        ("@acme/shop", "major", long),
        ("shop.js", "patch", "---\nCarts: 'kept'\n---"),
        ("@acme/shop-1_2", "none", "Nur Tests: \u{fc}, \u{1f98b}"),
    ] {
        desk.write("package.json", &PACKAGE.replace("@acme/shop", name));
        let (_, text) = desk.written(&["--bump", bump, "--summary", "-"], summary.as_bytes());
        let releases = json!([{ "name": name, "type": bump }]);
        let (written, read) = written_and_read(&releases, summary, &text);
        assert_eq!(text, written);
        assert_eq!(read, json!({ "releases": releases, "summary": summary }));
    }
    let (_, text) = desk.written(&["--empty", "--summary", "Only tests."], b"");
    assert_eq!(text, written_and_read(&json!([]), "Only tests.", &text).0);
    let (_, text) = desk.written(&["--empty"], b"");
    assert_eq!(text, written_and_read(&json!([]), "", &text).0);
}

#[test]
#[ignore = "needs the changesets program: run ./tests/run"]
fn the_changesets_program_releases_what_embark_writes() {
    let desk = Desk::new("packages/app/package.json", &WORKSPACE);
    let git = Git::at(&desk.0.app());
    desk.write(".changeset/config.json", "{ \"baseBranch\": \"main\" }\n");
    let program = |arguments: &[&str]| run_changesets(&desk.0.app(), arguments).succeeded(&arguments.join(" "));
    // It writes the same file.
    program(&["add", "--minor", "@acme/app", "--message", "Carts are kept."]);
    let theirs = desk.changesets().into_iter().find(|(name, _)| name != "config.json").expect("it is written");
    fs::remove_file(desk.path(".changeset").join(&theirs.0)).expect("it is there");
    fs::rename(desk.path(".changeset/config.json"), desk.path("config.json")).expect("it is there");
    let (_, ours) = desk.written(&["--bump=minor", "--package=@acme/app", "--summary=Carts are kept."], b"");
    assert_eq!(ours, theirs.1);
    fs::rename(desk.path("config.json"), desk.path(".changeset/config.json")).expect("it is there");
    // And it comes to the versions that are told.
    let bump = ["change", "--package", "@acme/app", "--package", "backend", "--bump", "minor", "--summary", "A"];
    let report = desk.0.embark.json(&bump).ended(0, "done");
    git.run(&["add", "--all"]);
    let who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com"];
    git.run(&[&who[..], &["commit", "--quiet", "-m", "Keep carts"]].concat());
    program(&["version"]);
    for (at, folder) in ["packages/app", "packages/backend"].into_iter().enumerate() {
        let text = fs::read_to_string(desk.path(folder).join("package.json")).expect("it is there");
        let json: Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(json["version"], report.json["change"]["packages"][at]["to"], "{folder}");
    }
}
