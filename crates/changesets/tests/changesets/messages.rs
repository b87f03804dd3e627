//! What is said of what is wrong, in full.

use embark_changesets::{Bump, Tree, plan};

/// A repository that is as it should be, but for one file.
fn wrong(version_file: &str, path: &str, text: &str) -> String {
    let mut tree = Tree::new("shop", version_file);
    tree.add("VERSION", "1.3.0\n");
    tree.add("package.json", "{ \"name\": \"shop\", \"version\": \"1.3.0\" }\n");
    tree.add(".changeset/red-cats-jump.md", "---\nshop: minor\n---\n\nCarts are kept.\n");
    tree.add(path, text);
    plan(&tree).expect_err(text).to_string()
}

#[test]
fn messages() {
    let changeset = ".changeset/blue-dogs-sing.md";
    let config = ".changeset/config.json";
    let cases = [
        ("no front matter", wrong("VERSION", changeset, "Carts are kept.\n")),
        ("a front matter that is a list", wrong("VERSION", changeset, "---\n- shop\n---\n")),
        ("a package that is there twice", wrong("VERSION", changeset, "---\nshop: minor\n\"shop\": patch\n---\n")),
        ("a word that is no bump", wrong("VERSION", changeset, "---\nshop: big\n---\n")),
        ("an unknown package", wrong("VERSION", changeset, "---\nshop: patch\nshoop: patch\n---\n")),
        ("a configuration that is no JSON", wrong("package.json", config, "{ \"fixed\": [ }")),
        ("a pre mode without a tag", wrong("package.json", ".changeset/pre.json", "{ \"mode\": \"pre\" }")),
        ("no version file", wrong("Chart.yaml", "README.md", "")),
        ("a version that is none", wrong("VERSION", "VERSION", "v1\n")),
        ("no version", wrong("package.json", "package.json", "{ \"name\": \"shop\" }")),
        ("an npm workspace", wrong("package.json", "package.json", "{ \"version\": \"1.0.0\", \"workspaces\": [] }")),
        ("a plugin for changelogs", wrong("package.json", config, "{ \"changelog\": \"./mine.js\" }")),
        ("a bump", "big".parse::<Bump>().expect_err("it is none").to_string()),
    ];
    let text = cases.iter().fold(String::new(), |text, (name, told)| text + &format!("## {name}\n{told}\n\n"));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(".");
    settings.bind(|| insta::assert_snapshot!("messages", text));
}
