//! From a proposal to the text of `embark.yaml`.

use embark_core::TagKind;
use embark_values::quoted_if_needed;

use super::environments::Planned;
use super::proposal::{Component, Proposal};

/// Lets editors complete and check the file.
const SCHEMA: &str = "https://raw.githubusercontent.com/embark-deploy/embark/main/docs/reference/embark.schema.json";

/// Writes the proposal with one comment for each section.
pub(crate) fn write(proposal: &Proposal) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema={SCHEMA}\n\
         # Paths are relative to this file. `embark config check --online` compares it with what is there.\n\
         application: {}\n\n",
        application(proposal)
    );
    text.push_str(
        "# The parts that have an image of their own: where it is, and which scalars of a values file name it.\n",
    );
    text.push_str("components:\n");
    for component in &proposal.components {
        text.push_str(&written(component));
    }
    text.push_str(&version(proposal));
    let promotion =
        |(to, from)| format!("{to} gets nothing but what {from} has verified, with the version as its tag.\n");
    let promotions: Vec<String> = proposal.promotions().map(promotion).collect();
    if promotions.is_empty() {
        text.push_str("\n# In their order. Where one comes last that gets versions: promotesFrom.\n");
    } else {
        text.push_str(&format!("\n# In their order. {}", promotions.join("# ")));
    }
    text.push_str("environments:\n");
    for environment in &proposal.environments {
        text.push_str(&format!("  - {{ {} }}\n", line(environment)));
    }
    text.push_str(&format!(
        "\n# The repository that Argo CD watches.{}\n\
         deploymentRepo: {{ url: {}, branch: {} }}\n",
        if proposal.github.is_none() { " embark keeps its deployments there, too." } else { "" },
        quoted_if_needed(&proposal.url),
        quoted_if_needed(&proposal.branch)
    ));
    if let Some((_, queue)) = &proposal.github {
        text.push_str(&format!(
            "\n# Whose deployments on GitHub embark creates and carries out.\n\
             deployments: {{ github: {{ repository: {} }} }}\n",
            quoted_if_needed(queue)
        ));
    }
    text
}

fn application(proposal: &Proposal) -> String {
    let name = quoted_if_needed(&proposal.application);
    match &proposal.github {
        Some((repository, _)) => format!("{{ name: {name}, repository: {} }}", quoted_if_needed(repository)),
        None => name,
    }
}

fn written(component: &Component) -> String {
    let mut text = format!(
        "  {}:\n    image: {}\n",
        quoted_if_needed(component.name.as_str()),
        quoted_if_needed(&component.image)
    );
    if !component.images.is_empty() {
        let places = component.images.iter();
        let places =
            places.map(|(name, place)| format!("{}: {}", quoted_if_needed(name.as_str()), quoted_if_needed(place)));
        text.push_str(&format!("    images: {{ {} }}\n", places.collect::<Vec<_>>().join(", ")));
    }
    let mut values: Vec<String> =
        component.values.iter().map(|(key, path)| format!("{key}: {}", quoted_if_needed(&path.to_string()))).collect();
    if component.is_pinned {
        values.push("pin: true".into());
    }
    text.push_str(&format!("    values: {{ {} }}\n", values.join(", ")));
    if !component.create_in.is_empty() {
        let files: Vec<&str> = component.create_in.iter().map(embark_core::FilePath::as_str).collect();
        text.push_str(&format!("    createMissing: true    # not in {} yet\n", files.join(", ")));
    }
    text
}

fn version(proposal: &Proposal) -> String {
    let file = proposal.version_file.as_ref().map(|file| format!("file: {}", quoted_if_needed(file)));
    let format = proposal.version_format.map(|format| format!("format: {}", quoted_if_needed(format)));
    let parts: Vec<String> = file.into_iter().chain(format).collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("\n# The version of a release, and how it becomes a tag.\nversion: {{ {} }}\n", parts.join(", "))
}

fn line(environment: &Planned) -> String {
    let tag = match environment.tag {
        TagKind::Commit => "commit",
        TagKind::Version => "version",
    };
    let mut line = format!(
        "name: {}, valuesFile: {}, tag: {tag}",
        quoted_if_needed(environment.name.as_str()),
        quoted_if_needed(environment.values_file.as_str())
    );
    if let Some(from) = &environment.promotes_from {
        line.push_str(&format!(", promotesFrom: {}", quoted_if_needed(from.as_str())));
    }
    line
}
