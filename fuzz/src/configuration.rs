//! `embark.yaml`.

use embark_cli::testing::configuration as read;

/// An error says where it is; what is read does not hang on line ends and comments, and names nothing outside.
pub fn configuration(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let found = match read(text) {
        Ok(found) => found,
        Err(error) => {
            assert!(!error.message.trim().is_empty());
            let (line, column) = error.at.unwrap_or((1, 1));
            let lines = text.split(['\n', '\r']).count() as u64;
            assert!(line >= 1 && column >= 1 && line <= lines + 1, "{line}:{column} of {lines}: {}", error.message);
            return;
        }
    };
    for file in &found.values_files {
        let parts: Vec<&str> = file.split('/').collect();
        assert!(parts.iter().all(|part| !["", ".", ".."].contains(part)), "{file:?}");
    }
    let [branch, ledger] = &found.refs;
    assert_ne!(branch, ledger);
    for name in &found.refs {
        let is_bad = |char: char| char.is_control() || " ~^:?*[\\".contains(char);
        assert!(!name.contains(is_bad) && !name.contains("..") && !name.ends_with('/'), "{name:?}");
    }
    for (at, (name, source)) in found.environments.iter().enumerate() {
        let others = found.environments.iter().enumerate().filter(|(other, _)| *other != at);
        let others: Vec<&String> = others.map(|(_, (name, _))| name).collect();
        assert!(!others.contains(&name), "{name} is there twice");
        assert!(source.as_ref().is_none_or(|source| others.contains(&source)), "{name} promotes from {source:?}");
    }
    if !text.contains('\r') {
        let dos = text.replace('\n', "\r\n");
        assert_eq!(read(&dos).map(|found| found.all), Ok(found.all), "with the line ends of Windows");
    }
}
