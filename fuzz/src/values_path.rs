//! Paths of the values editor.

use embark_values::{Path, PathError};

/// A path is written so that the same is read of it, and an assignment is a path and all that follows it.
pub fn values_path(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    match Path::parse(text) {
        Ok(path) => kept(&path),
        Err(error) => placed(text, &error),
    }
    match Path::parse_assignment(text) {
        Ok((path, value)) => {
            kept(&path);
            let written =
                text.strip_suffix(value).and_then(|text| text.strip_suffix('=')).expect("a path, = and a value");
            assert_eq!(Path::parse(written).as_ref(), Ok(&path), "{text:?}");
            let again = format!("{path}={value}");
            assert_eq!(Path::parse_assignment(&again), Ok((path, value)), "{text:?}");
        }
        Err(error) => placed(text, &error),
    }
}

fn kept(path: &Path) {
    let written = path.to_string();
    assert_eq!(Path::parse(&written).as_ref(), Ok(path), "{written:?}");
    let below = [path.join(written.clone()), path.item(7), path.item_with("name", written.clone())];
    for path in &below {
        assert_eq!(Path::parse(&path.to_string()).as_ref(), Ok(path), "{written:?}");
    }
    assert!(below.iter().all(|below| below.parent().as_ref() == Some(path)), "{written:?}");
    if let Some(key) = path.last_key() {
        let again = path.parent().map_or_else(|| Path::key(key), |parent| parent.join(key));
        assert_eq!(again, *path, "{written:?}");
    }
}

fn placed(text: &str, error: &PathError) {
    assert!((1..=text.chars().count() + 1).contains(&error.column), "{text:?}: {error}");
}
