//! What holds for every document and every edit.

use embark_values::{Assignment, Document, EditError, Path, edit};
use proptest::prelude::*;

use crate::documents::{print, root};
use crate::{offset_of, set};

fn string() -> impl Strategy<Value = String> {
    prop_oneof![
        ".{0,12}",
        "[0-9a-f]{7,8}",
        "[-+.0-9a-zA-Z:_~=<]{0,8}",
        "[\\x00-\\xff\\u{2028}\\u{feff}]{0,6}",
        "v[0-9.]{1,8}",
        "[yYnNoOtTfF][a-zA-Z]{0,4}",
    ]
}

proptest! {
    // PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.max(512), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn an_edit_changes_one_leaf_and_no_other_byte(
        value in root(), crlf in any::<bool>(), open_end in any::<bool>(),
        pick in any::<prop::sample::Index>(), wanted in string(),
    ) {
        let text = print(&value, if crlf { "\r\n" } else { "\n" }, open_end);
        let document = Document::parse(&text).unwrap();
        let before: Vec<_> = document.scalars().collect();
        let chosen = pick.index(before.len());
        let (at, old) = &before[chosen];
        let edited = set(&text, &at.to_string(), &wanted).unwrap();
        let after = Document::parse(&edited.text).unwrap();
        let after: Vec<_> = after.scalars().collect();
        prop_assert_eq!(before.len(), after.len());
        for (place, ((path, old), (new_path, new))) in before.iter().zip(&after).enumerate() {
            prop_assert_eq!(path, new_path);
            if place == chosen {
                prop_assert_eq!(&new.value, &wanted);
                prop_assert!(new.is_string);
            } else {
                prop_assert_eq!((&old.value, old.is_null, old.is_string), (&new.value, new.is_null, new.is_string));
            }
        }
        prop_assert_eq!(edited.changed.is_empty(), old.value == wanted && old.is_string);
        // All before the scalar stays, and all from the next leaf on.
        let offset = offset_of(&text, old.line, old.column);
        prop_assert_eq!(&text[..offset], &edited.text[..offset]);
        let rest = before.get(chosen + 1).map_or("", |(_, next)| &text[offset_of(&text, next.line, next.column)..]);
        prop_assert!(edited.text.ends_with(rest));
    }

    #[test]
    fn a_created_key_adds_one_leaf(
        value in root(), crlf in any::<bool>(), open_end in any::<bool>(),
        pick in any::<prop::sample::Index>(), wanted in string(), beside in any::<bool>(),
    ) {
        let text = print(&value, if crlf { "\r\n" } else { "\n" }, open_end);
        let document = Document::parse(&text).unwrap();
        let before: Vec<_> = document.scalars().map(|(path, scalar)| (path, scalar.value)).collect();
        let sibling = &before[pick.index(before.len())].0;
        let at = match sibling.parent() {
            Some(parent) => parent.join("new key"),
            None => Path::key("new key"),
        };
        let assignment = Assignment::new(at.clone(), wanted.clone());
        let assignment = if beside { assignment.create_beside(sibling.clone()) } else { assignment.create() };
        match edit(&text, &[assignment]) {
            Ok(edited) => {
                let after = Document::parse(&edited.text).unwrap();
                let mut after: Vec<_> = after.scalars().map(|(path, scalar)| (path, scalar.value)).collect();
                let place = after.iter().position(|(path, _)| *path == at).unwrap();
                prop_assert_eq!(after.remove(place).1, wanted);
                prop_assert_eq!(before, after);
            }
            // A block scalar that the file breaks off in would get a line break.
            Err(EditError::NotLossless { .. }) => prop_assert!(open_end),
            Err(EditError::NoMapping { .. }) => prop_assert_eq!(sibling.last_key(), None),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn no_text_and_no_path_panics(
        text in prop_oneof![".{0,80}", "[-a-c:#?{}\\[\\],&*!|>'\" \t\r\n~<%.0]{0,60}"],
        at in prop_oneof![".{0,20}", "[a-c.\\[\\]0-9=\"]{0,12}"],
        wanted in string(),
    ) {
        let paths = Path::parse(&at).into_iter();
        if let Ok(document) = Document::parse(&text) {
            let leaves: Vec<_> = document.scalars().map(|(path, _)| path).collect();
            for path in leaves.into_iter().chain(paths) {
                let children = [path.clone(), path.join("b"), path.item(0)];
                for path in children {
                    if let Ok(edited) = edit(&text, &[Assignment::new(path.clone(), wanted.clone()).create()]) {
                        prop_assert_eq!(Document::parse(&edited.text).unwrap().get(&path).unwrap().value, wanted.clone());
                    }
                }
            }
        }
    }

    #[test]
    fn a_path_is_parsed_from_what_it_is_written_as(keys in prop::collection::vec((".{0,6}", any::<Option<u8>>()), 1..5)) {
        let mut path = Path::key("x");
        for (key, item) in keys {
            path = path.join(key);
            path = item.map_or(path.clone(), |item| path.item(item.into()));
        }
        prop_assert_eq!(Path::parse(&path.to_string()).unwrap(), path.clone());
        let text = format!("{path}=a=b");
        prop_assert_eq!(Path::parse_assignment(&text).unwrap(), (path, "a=b"));
    }
}
