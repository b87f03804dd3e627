//! How a release is proposed and published.

use embark_core::{AppVersion, BranchName, GitTag, PullRequestTemplate, Template};

/// What people read of the pull request, where the configuration says nothing.
const BODY: &str = "Merging this releases {version}: its notes are published, and the images go on to production as they \
                    are.\n\n{packages}\n\n## What is new\n\n{notes}\n\n## Images\n\n{images}\n";

/// How a release is proposed and published.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Release")]
pub(super) struct File {
    /// The branch of the pull request. It is embark's own: it is made again on top of `base`, and deleted when nothing is
    /// left to release. The default is `embark/release`.
    pub(super) branch: Option<String>,
    /// The branch of the application's repository that is released. The default is `main`.
    pub(super) base: Option<String>,
    /// The title of the pull request, in which `{version}` may stand. The default is `Release {version}`.
    pub(super) title: Option<String>,
    /// The body of the pull request, in Markdown. In it `{version}` may stand, `{notes}`: what is new, `{packages}`: a
    /// table of the packages with their versions, and what else the repository's own program has changed, and `{images}`: a
    /// table of what staging runs, and what would become of it.
    pub(super) body: Option<String>,
    /// The git tag of a release, in which `{version}` stands. The default is `v{version}`.
    pub(super) tag: Option<String>,
    /// What is published of a release. The default is `changelog`.
    #[serde(default)]
    pub(super) notes: Notes,
}

/// What is published of a release.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Notes {
    /// What the changelog says of the version.
    #[default]
    Changelog,
    /// What GitHub makes of the pull requests since the release before.
    Generated,
    /// The changelog, and what GitHub makes below it.
    Both,
}

/// How a release is proposed and published.
#[derive(Debug, Clone)]
pub(crate) struct Release {
    /// The branch of the pull request.
    pub(crate) branch: BranchName,
    /// The branch that is released.
    pub(crate) base: BranchName,
    /// What people read of the pull request.
    pub(crate) template: PullRequestTemplate,
    /// The git tag of a release.
    tag: Template,
    /// What is published.
    pub(crate) notes: Notes,
}

impl File {
    /// Checks it.
    pub(super) fn check(self) -> Result<Release, String> {
        let branch = |key: &str, name: Option<String>, default: &str| {
            let name = name.as_deref().unwrap_or(default).parse::<BranchName>();
            name.map_err(|error| format!("release.{key}: {error}"))
        };
        let template = |key: &str, text: Option<String>, default: &str, known: &[&str]| {
            let template = Template::parse(text.as_deref().unwrap_or(default), known);
            template.map_err(|error| format!("release.{key}: {error}"))
        };
        let release = Release {
            branch: branch("branch", self.branch, "embark/release")?,
            base: branch("base", self.base, "main")?,
            template: PullRequestTemplate {
                title: template("title", self.title, "Release {version}", PullRequestTemplate::TITLE)?,
                body: template("body", self.body, BODY, PullRequestTemplate::BODY)?,
            },
            tag: template("tag", self.tag, "v{version}", PullRequestTemplate::TITLE)?,
            notes: self.notes,
        };
        if release.branch == release.base {
            return Err(format!("release.branch: {} is the branch that is released", release.branch));
        }
        if !release.tag.to_string().contains("{version}") {
            return Err("release.tag: {version} does not stand in it, and each release needs a tag of its own".into());
        }
        release.fill("1.4.0")?;
        Ok(release)
    }
}

impl Release {
    fn fill(&self, version: &str) -> Result<GitTag, String> {
        self.tag.fill(&[("version", version)]).parse().map_err(|error| format!("release.tag: {error}"))
    }

    /// Returns the tag of a version.
    pub(crate) fn tag(&self, version: &AppVersion) -> Result<GitTag, String> {
        self.fill(&version.to_string())
    }
}
