//! Where the images of a test lie: OCI layouts on disk, or a registry.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::images::{Image, digest_of};
use super::layout::Layout;
use super::registry::Registry;
use super::skopeo;

/// The images of every component.
pub enum Store {
    /// One OCI image layout for each component, in a folder.
    Layouts(PathBuf),
    /// A repository `acme/<component>` for each, in a registry.
    Registry(Registry),
}

impl Store {
    /// Pushes an image under a tag, as CI does, or as somebody does who moves the tag.
    pub fn push(&self, component: &str, tag: &str, image: &Image) {
        match self {
            Self::Layouts(_) => self.layout(component).put(tag, image),
            Self::Registry(registry) => registry.push(&repository(component), tag, image),
        }
    }

    /// Returns the bytes that a tag names, if it is there. A registry is asked by skopeo.
    pub fn raw(&self, component: &str, tag: &str) -> Option<Vec<u8>> {
        match self {
            Self::Layouts(_) => self.layout(component).raw(tag),
            Self::Registry(registry) => {
                skopeo::raw(registry.address(), &repository(component), tag, registry.is_guarded())
            }
        }
    }

    /// Returns the digest of a tag that must be there.
    #[track_caller]
    pub fn digest(&self, component: &str, tag: &str) -> String {
        digest_of(&self.raw(component, tag).unwrap_or_else(|| panic!("{component}:{tag} is there")))
    }

    /// Returns the layout of a component.
    ///
    /// There is none in a registry.
    #[track_caller]
    pub fn layout(&self, component: &str) -> Layout {
        match self {
            Self::Layouts(folder) => Layout::new(&folder.join(component)),
            Self::Registry(_) => panic!("a registry has no layouts"),
        }
    }

    /// Returns the registry.
    ///
    /// There is none where the images are in layouts.
    #[track_caller]
    pub fn registry(&self) -> &Registry {
        match self {
            Self::Registry(registry) => registry,
            Self::Layouts(_) => panic!("layouts are no registry"),
        }
    }

    /// Returns every tag, manifest and blob as paths and hashes, to be compared later.
    pub fn state(&self) -> BTreeMap<String, String> {
        let mut state = BTreeMap::new();
        match self {
            Self::Layouts(folder) => walk(folder, &mut state),
            // Sessions of uploads come and go beside what is kept.
            Self::Registry(registry) => {
                walk(&registry.repositories(), &mut state);
                state.retain(|path, _| !path.contains("/_uploads/"));
            }
        }
        state
    }
}

/// Returns the name of a component's repository in a registry.
pub(super) fn repository(component: &str) -> String {
    format!("acme/{component}")
}

fn walk(folder: &Path, state: &mut BTreeMap<String, String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            walk(&path, state);
        } else {
            let bytes = fs::read(&path).expect("a listed file can be read");
            state.insert(path.display().to_string(), digest_of(&bytes));
        }
    }
}
