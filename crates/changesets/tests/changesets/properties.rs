//! What holds of any text.

use embark_changesets::{Bump, Changeset, Named, Packages, Tree, insert, plan, section};
use proptest::prelude::*;

/// Texts with what means something in the files.
fn texts() -> impl Strategy<Value = String> {
    let words = "---|\n|\r\n|: |\"|shop|major|minor|## |# |1\\.2\\.3|\\{|\\}|\\[|,|version|ü| |\t";
    prop::collection::vec(prop::string::string_regex(words).expect("it is a pattern"), 0..40)
        .prop_map(|words| words.concat())
}

fn bumps() -> impl Strategy<Value = Bump> {
    prop::sample::select(vec![Bump::None, Bump::Patch, Bump::Minor, Bump::Major])
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(
        releases in prop::collection::btree_map("[@a-z][^\\s]{0,12}", bumps(), 0..4),
        summary in prop_oneof![texts(), any::<String>()],
    ) {
        let releases = releases.into_iter().map(|(package, bump)| Named { package, bump }).collect();
        let changeset = Changeset::new(releases, &summary);
        let read = Changeset::parse(".changeset/a.md", &changeset.to_string()).expect("what is written can be read");
        prop_assert_eq!(&read, &changeset);
        prop_assert_eq!(Changeset::new(read.releases, &read.summary), changeset);
    }

    #[test]
    fn no_files_stop_the_packages_from_being_listed(
        version_file in texts(), json in texts(), pnpm in texts(), member in texts(), config in texts(),
    ) {
        let json = format!("{{ \"workspaces\": [{json:?}, \"**\"], \"devDependencies\": {{ \"@changesets/cli\": {member:?} }} }}");
        for file in ["package.json", "Cargo.toml", "Chart.yaml"] {
            let mut tree = Tree::new("shop", file);
            tree.add("package.json", json.as_str());
            tree.add(file, version_file.as_str());
            tree.add("pnpm-workspace.yaml", pnpm.as_str());
            tree.add("a/b/package.json", member.as_str());
            tree.add(".changeset/config.json", config.as_str());
            if let Ok(packages) = Packages::of(&tree) {
                let all = packages.all().iter().map(|package| Named { package: package.name.clone(), bump: Bump::Minor });
                let _ = packages.lead_to(&all.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn no_text_of_any_file_stops_the_program(
        changeset in texts(), config in texts(), pre in texts(), version in texts(), changelog in texts(),
    ) {
        for file in ["package.json", "Cargo.toml", "pyproject.toml", "Chart.yaml", "VERSION"] {
            let mut tree = Tree::new("shop", file);
            tree.add(file, version.as_str());
            tree.add(".changeset/a.md", changeset.as_str());
            tree.add(".changeset/config.json", config.as_str());
            tree.add(".changeset/pre.json", pre.as_str());
            tree.add("CHANGELOG.md", changelog.as_str());
            let _ = plan(&tree);
        }
    }

    #[test]
    fn an_entry_is_found_where_it_was_put_and_nothing_else_is_changed(changelog in texts()) {
        let entry = "## 7.8.9\n\n### Minor Changes\n\n- Carts are kept.";
        let text = insert(Some(&changelog), "shop", entry);
        let body = section(&text, "7.8.9").expect("it is there");
        prop_assert!(body.starts_with("### Minor Changes"), "{body}");
    }
}
