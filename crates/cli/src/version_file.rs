//! The application's version, in the file that its own tools keep it in.

use std::path::Path;

use embark_core::AppVersion;
use embark_values::LookupError;

use crate::error::Error;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Reads the version from `package.json`, `Cargo.toml`, `pyproject.toml`, `Chart.yaml` or a plain text file.
pub(crate) fn read(file: &Path) -> Result<AppVersion, Error> {
    let path = || file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|source| Error::Read { path: path(), source })?;
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let version = find(name, &text).and_then(|version| Ok(version.parse::<AppVersion>()?));
    version.map_err(|source| Error::Parse { path: path(), source })
}

fn find(name: &str, text: &str) -> Result<String, BoxError> {
    match name {
        "package.json" => {
            let json: serde_json::Value = serde_json::from_str(text)?;
            json.get("version").and_then(|version| version.as_str()).map(Into::into).ok_or("it has no version".into())
        }
        "Cargo.toml" => toml(text, &[&["package", "version"], &["workspace", "package", "version"]]),
        "pyproject.toml" => toml(text, &[&["project", "version"], &["tool", "poetry", "version"]]),
        "Chart.yaml" => {
            let document = embark_values::Document::parse(text)?;
            match document.get(&embark_values::Path::parse("appVersion")?) {
                Err(LookupError::NotFound { .. }) => Ok(document.get(&embark_values::Path::parse("version")?)?.value),
                found => Ok(found?.value),
            }
        }
        _ => Ok(text.trim().into()),
    }
}

fn toml(text: &str, places: &[&[&str]]) -> Result<String, BoxError> {
    let document = text.parse::<toml_edit::DocumentMut>()?;
    let at = |keys: &&[&str]| {
        let item = keys.iter().try_fold(document.as_item(), |item, key| item.get(key))?;
        item.as_str().map(ToOwned::to_owned)
    };
    places.iter().find_map(at).ok_or_else(|| "it has no version".into())
}
