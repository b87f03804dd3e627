//! What a values file names, and the edit that makes it name an image.

use embark_values::{Assignment, Document, LookupError, Path, Scalar};

use crate::digest::Digest;
use crate::image::{Image, Repository, Tag};
use crate::name::FilePath;
use crate::pipeline::{Component, ValuesKeys};

/// What a values file names for one component, in the file's own words.
///
/// It is an observation: it can be compared with what is recorded, and never be deployed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamedImage {
    repository: Option<String>,
    tag: Option<String>,
    digest: Option<String>,
    /// Whether Helm reads the very texts that stand there.
    is_exact: bool,
}

impl NamedImage {
    /// Returns the tag, if there is one that a registry can have.
    pub fn tag(&self) -> Option<Tag> {
        self.tag.as_ref()?.parse().ok()
    }

    /// Returns the digest, if the file pins one.
    pub fn digest(&self) -> Option<Digest> {
        self.digest.as_ref()?.parse().ok()
    }

    /// Returns the repository, if the file names one.
    pub(crate) fn repository(&self) -> Option<Repository> {
        self.repository.as_ref()?.parse().ok()
    }

    /// Tells whether there is a text in one of its places that is none of a repository, a tag or a digest. What is empty is
    /// no text.
    pub(crate) fn is_malformed(&self) -> bool {
        let is_wrong = |named: &Option<String>, parses: &dyn Fn(&str) -> bool| {
            named.as_ref().is_some_and(|named| !named.is_empty() && !parses(named))
        };
        is_wrong(&self.repository, &|text| text.parse::<Repository>().is_ok())
            || is_wrong(&self.tag, &|text| text.parse::<Tag>().is_ok())
            || is_wrong(&self.digest, &|text| text.parse::<Digest>().is_ok())
    }

    /// Tells whether there is nothing in any of its places.
    pub(crate) fn is_empty(&self) -> bool {
        [&self.repository, &self.tag, &self.digest].into_iter().flatten().all(String::is_empty)
    }

    /// Tells whether the file names `repository`, or none.
    pub(crate) fn is_of(&self, repository: &Repository) -> bool {
        self.repository.as_ref().is_none_or(|named| named == repository.as_str())
    }

    /// Tells whether nothing that the file names contradicts `image`; what is empty names nothing.
    pub(crate) fn may_be(&self, image: &Image) -> bool {
        let empty_is_none = |named: &Option<String>| named.clone().filter(|named| !named.is_empty());
        Self {
            repository: empty_is_none(&self.repository),
            digest: empty_is_none(&self.digest),
            tag: self.tag.clone(),
            is_exact: self.is_exact,
        }
        .is(image)
    }

    /// Tells whether the file names `image`, and no digest where it should pin one: what the tag names is what runs.
    pub(crate) fn is_unpinned(&self, image: &Image) -> bool {
        self.digest.as_deref() == Some("") && Self { digest: None, ..self.clone() }.is(image)
    }

    /// Tells whether everything that the file names is `image`.
    pub fn is(&self, image: &Image) -> bool {
        let same = |named: &Option<String>, text: &str| named.as_ref().is_none_or(|named| named == text);
        self.is_exact
            && self.tag.as_deref() == Some(image.tag.as_str())
            && same(&self.repository, image.repository.as_str())
            && same(&self.digest, image.digest.as_str())
    }
}

impl std::fmt::Display for NamedImage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(repository) = &self.repository {
            write!(f, "{repository}:")?;
        }
        f.write_str(self.tag.as_deref().filter(|tag| !tag.is_empty()).unwrap_or("nothing"))?;
        match &self.digest {
            Some(digest) if !digest.is_empty() => write!(f, "@{digest}"),
            _ => Ok(()),
        }
    }
}

/// Tells why a values file cannot be read or edited.
#[derive(Debug, thiserror::Error)]
pub enum ValuesFileError {
    /// It is not in the deployment repo.
    #[error("the deployment repo has no {0}")]
    Missing(FilePath),
    /// It is not UTF-8.
    #[error("{0} is not a UTF-8 text")]
    NotText(FilePath),
    /// It is not YAML.
    #[error("{file} is not valid YAML")]
    Parse {
        /// The file.
        file: FilePath,
        /// Where and why.
        source: embark_values::ParseError,
    },
    /// It does not have the path, or no scalar there.
    #[error("{file} does not have what the configuration names")]
    Lookup {
        /// The file.
        file: FilePath,
        /// Where and why.
        source: embark_values::LookupError,
    },
    /// Something that is no hold stands in the file of holds.
    #[error("{}, line {line}: {place} is no hold", crate::holds::Holds::path())]
    NoHold {
        /// The line.
        line: usize,
        /// What stands there.
        place: String,
    },
    /// It cannot be edited without changing more.
    #[error("{file} cannot be edited")]
    Edit {
        /// The file.
        file: FilePath,
        /// Where and why.
        source: embark_values::EditError,
    },
}

/// Takes the bytes of a values file for text.
pub(crate) fn text<'a>(file: &FilePath, bytes: Option<&'a [u8]>) -> Result<&'a str, ValuesFileError> {
    let bytes = bytes.ok_or_else(|| ValuesFileError::Missing(file.clone()))?;
    std::str::from_utf8(bytes).map_err(|_| ValuesFileError::NotText(file.clone()))
}

/// Parses a values file, which can then be asked for every component.
pub(crate) fn parse<'a>(file: &FilePath, bytes: Option<&'a [u8]>) -> Result<Document<'a>, ValuesFileError> {
    let text = text(file, bytes)?;
    Document::parse(text).map_err(|source| ValuesFileError::Parse { file: file.clone(), source })
}

/// Reads what `file` names for `component`.
pub(crate) fn named(
    file: &FilePath,
    document: &Document<'_>,
    component: &Component,
) -> Result<NamedImage, ValuesFileError> {
    named_in(document, component).map_err(|source| ValuesFileError::Lookup { file: file.clone(), source })
}

/// Reads what a document names for `component`.
pub(crate) fn named_in(document: &Document<'_>, component: &Component) -> Result<NamedImage, LookupError> {
    let get = |path: &Path, create: bool| match document.get(path) {
        Ok(scalar) => Ok(Some(scalar)),
        Err(LookupError::NotFound { .. }) if create || component.create_missing => Ok(None),
        Err(error) => Err(error),
    };
    named_by(get, component)
}

/// Makes what is named for `component` of the scalars at its paths; `get` is told where one may still have to be created.
pub(crate) fn named_by<E>(
    get: impl Fn(&Path, bool) -> Result<Option<Scalar>, E>,
    component: &Component,
) -> Result<NamedImage, E> {
    let mut is_exact = true;
    let mut get = |path: &Path, create: bool| {
        // A key that will be created names nothing so far.
        let Some(scalar) = get(path, create)? else { return Ok(String::new()) };
        // Helm reads `1.10` as a number, and not as what is written there.
        is_exact &= scalar.is_string || scalar.is_null;
        Ok(scalar.value)
    };
    let named = match &component.values {
        ValuesKeys::Apart { repository, tag, digest } => NamedImage {
            repository: repository.as_ref().map(|path| get(path, false)).transpose()?,
            tag: Some(get(tag, false)?),
            digest: digest.as_ref().map(|path| get(path, beside(path, tag))).transpose()?,
            is_exact: true,
        },
        ValuesKeys::Whole { image, pin } => {
            let whole = get(image, false)?;
            let (name, digest) = match whole.split_once('@') {
                Some((name, digest)) => (name, Some(digest.to_owned())),
                None => (whole.as_str(), None),
            };
            let colon = name.rfind(':').filter(|colon| !name[*colon..].contains('/'));
            let (repository, tag) = colon.map_or((name, ""), |colon| (&name[..colon], &name[colon + 1..]));
            NamedImage {
                repository: Some(repository.into()),
                tag: Some(tag.into()),
                digest: if *pin { Some(digest.unwrap_or_default()) } else { digest },
                is_exact: true,
            }
        }
    };
    Ok(NamedImage { is_exact, ..named })
}

/// A digest is created where its tag is.
fn beside(digest: &Path, tag: &Path) -> bool {
    digest.parent() == tag.parent()
}

/// Checks that `text` can be edited so that it names each of these images, one after the other, as deployments do.
pub(crate) fn can_name<'a>(
    file: &FilePath,
    text: &str,
    images: impl IntoIterator<Item = (&'a Component, &'a Image)>,
) -> Result<(), ValuesFileError> {
    let mut text = text.to_owned();
    for (component, image) in images {
        text = name(file, &text, component, image)?;
    }
    Ok(())
}

/// Edits `text` so that it names `image` for `component`, and changes nothing else.
pub(crate) fn name(
    file: &FilePath,
    text: &str,
    component: &Component,
    image: &Image,
) -> Result<String, ValuesFileError> {
    let set = |path: &Path, value: String| {
        let assignment = Assignment::new(path.clone(), value);
        if component.create_missing { assignment.create() } else { assignment }
    };
    let assignments = match &component.values {
        ValuesKeys::Apart { repository, tag, digest } => repository
            .iter()
            .map(|path| set(path, image.repository.to_string()))
            .chain([set(tag, image.tag.to_string())])
            .chain(digest.iter().map(|path| {
                let assignment = set(path, image.digest.to_string());
                if beside(path, tag) { assignment.create_beside(tag.clone()) } else { assignment }
            }))
            .collect::<Vec<_>>(),
        ValuesKeys::Whole { image: path, pin: true } => vec![set(path, image.to_string())],
        ValuesKeys::Whole { image: path, pin: false } => {
            vec![set(path, format!("{}:{}", image.repository, image.tag))]
        }
    };
    embark_values::edit(text, &assignments)
        .map(|edited| edited.text)
        .map_err(|source| ValuesFileError::Edit { file: file.clone(), source })
}
