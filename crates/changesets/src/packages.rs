//! The packages that a changeset may name, and the versions that it leads to.

mod npm;

use semver::Version;

use crate::place::Place;
use crate::plan::{Subject, versions};
use crate::{Bump, Changeset, Config, Error, Mode, Named, Pre, Tree, VersionFile, plan};

const CONFIG: &str = ".changeset/config.json";
const PRE: &str = ".changeset/pre.json";

/// A package that a changeset may name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Package {
    /// Its name.
    pub name: String,
    /// The version that it has.
    pub version: Version,
    /// Where that stands.
    place: Place,
}

/// A package that gets no versions from changesets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unversioned {
    /// Its name.
    pub name: String,
    /// Why.
    pub why: &'static str,
}

/// The packages of a tree.
#[derive(Debug)]
pub struct Packages<'t> {
    tree: &'t Tree,
    all: Vec<Package>,
    unversioned: Vec<Unversioned>,
    pre: Option<Pre>,
    /// Whether their versions are none of those that are worked out here.
    is_elsewhere: bool,
    has_own_program: bool,
}

impl<'t> Packages<'t> {
    /// Finds the packages of a tree.
    ///
    /// In a workspace of npm packages they are its members, as for the repository's own `@changesets/cli`; else what
    /// [`plan`] takes for the application.
    ///
    /// # Errors
    /// [`Error`] if a file is not as it should be.
    pub fn of(tree: &'t Tree) -> Result<Self, Error> {
        let pre = tree.files.get(PRE).map(|text| Pre::parse(PRE, text)).transpose()?;
        let (all, unversioned) = (Vec::new(), Vec::new());
        let mut packages = Self { tree, all, unversioned, pre, is_elsewhere: false, has_own_program: false };
        match npm::Root::of(tree)? {
            Some(root) => {
                packages.is_elsewhere = root.is_workspace() || tree.version_file != npm::ROOT;
                packages.has_own_program = root.has_own_program();
                root.packages(tree, &mut packages.all, &mut packages.unversioned)?;
            }
            None => packages.add_application()?,
        }
        Ok(packages)
    }

    /// Adds what the version file is of. Members of a Cargo workspace that share their version may be meant each, or all
    /// together by the application's name.
    fn add_application(&mut self) -> Result<(), Error> {
        let file = self.tree.version_file.as_str();
        let text = self.tree.files.get(file).ok_or_else(|| Error::Missing { file: file.into() })?;
        let (place, version) = VersionFile::of(file).find(file, text)?;
        let version = versions::parse(&place, &version)?;
        let subject = Subject::of(self.tree, text)?;
        let config = self.tree.files.get(CONFIG).map(|text| Config::parse(CONFIG, text));
        // What asks for another program asks for nothing here.
        let config = match config.transpose() {
            Err(Error::OwnProgram { .. }) => Config::default(),
            config => config?.unwrap_or_default(),
        };
        if subject.is_skipped(&config) {
            self.unversioned
                .push(Unversioned { name: subject.title, why: "the configuration of changesets leaves it out" });
            return Ok(());
        }
        let members: Vec<&str> = subject.members().collect();
        let is_shared = members.len() > 1 && !members.contains(&self.tree.application.as_str());
        let whole = (is_shared || members.is_empty()).then_some(subject.title.as_str());
        let names = whole.into_iter().chain(members);
        let package = |name: &str| Package { name: name.into(), version: version.clone(), place: place.clone() };
        self.all = names.map(package).collect();
        Ok(())
    }

    /// Returns those that a changeset may name.
    pub fn all(&self) -> &[Package] {
        &self.all
    }

    /// Returns those that get no versions.
    pub fn unversioned(&self) -> &[Unversioned] {
        &self.unversioned
    }

    /// Tells whether the repository has `@changesets/cli`.
    pub fn has_own_program(&self) -> bool {
        self.has_own_program
    }

    /// Tells whether a prerelease has used a changeset of this name.
    pub fn is_used(&self, id: &str) -> bool {
        self.pre.as_ref().is_some_and(|pre| pre.used.iter().any(|used| used == id))
    }

    /// Returns the versions that a changeset of these leads to, one for each. What is versioned here goes on to what it
    /// leads to together with the changesets that wait; what the repository's own program versions, to what it leads to
    /// alone.
    ///
    /// # Errors
    /// [`Error`] if a file is not as it should be, or a package is none.
    pub fn lead_to(&self, releases: &[Named]) -> Result<Vec<Version>, Error> {
        if !self.is_elsewhere {
            let mut tree = self.tree.clone();
            // No changeset of that name can be there: it is none that people, or programs, give.
            let path = ".changeset/-.md";
            tree.add(path, Changeset::new(releases.to_vec(), "").to_string());
            match plan(&tree) {
                Ok(plan) => return Ok(releases.iter().map(|_| plan.version.clone()).collect()),
                Err(Error::OwnProgram { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        releases.iter().map(|named| self.alone(named)).collect()
    }

    fn alone(&self, named: &Named) -> Result<Version, Error> {
        let file = self.tree.version_file.as_str();
        let package = self.all.iter().find(|package| package.name == named.package);
        let package = package.ok_or_else(|| Error::UnknownPackage {
            file: file.into(),
            line: 1,
            package: named.package.clone(),
            known: self.all.iter().map(|package| package.name.as_str()).collect::<Vec<_>>().join(" or "),
        })?;
        let pre = self.pre.as_ref().filter(|pre| pre.mode == Mode::Pre && named.bump != Bump::None);
        let number = pre.map(|_| versions::next_number(&package.place, &package.version)).transpose()?;
        versions::next(&package.place, &package.version, named.bump, pre.map(|pre| pre.tag.as_str()).zip(number))
    }
}
