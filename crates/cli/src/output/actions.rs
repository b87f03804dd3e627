//! GitHub Actions: the summary of a step, its outputs, and annotations.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::{Problem, Report};
use crate::env::Env;
use crate::foreign::{is_unseen, seen};
use crate::ui::plain;

/// Writes the step's summary and outputs, where embark runs in GitHub Actions.
pub(crate) fn write(env: &Env, title: &str, report: &Report) -> std::io::Result<()> {
    if let Some(path) = &env.github_summary {
        // Three of them would end the block.
        let text = seen(&plain(report.text.trim_end())).replace("```", "` ` `");
        append(path, &format!("### {title}: {}\n\n```text\n{text}\n```\n", report.outcome.as_str()))?;
    }
    if let Some(path) = &env.github_output {
        let mut lines = format!("outcome={}\n", report.outcome.as_str());
        if let Some(deployments) = &report.json.deployments {
            let deployments = serde_json::to_string(deployments).unwrap_or_default();
            lines.push_str(&format!("deployments={deployments}\n"));
        }
        for (name, value) in &report.outputs {
            lines.push_str(&format!("{name}={value}\n"));
        }
        append(path, &lines)?;
    }
    Ok(())
}

fn append(path: &Path, text: &str) -> std::io::Result<()> {
    OpenOptions::new().create(true).append(true).open(path)?.write_all(text.as_bytes())
}

/// Returns the line that annotates the run with a problem: a
/// [workflow command](https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message),
/// which GitHub reads from the standard error, too.
pub(crate) fn annotation(problem: &Problem) -> String {
    let mut properties = Vec::new();
    if let Some(place) = &problem.place {
        properties.push(("file", place.path.clone()));
        if let Some((line, column)) = place.at {
            properties.extend([("line", line.to_string()), ("col", column.to_string())]);
        }
    }
    properties.push(("title", problem.title.clone()));
    let properties: Vec<_> = properties.iter().map(|(name, value)| format!("{name}={}", property(value))).collect();
    format!("::error {}::{}", properties.join(","), data(&problem.text))
}

/// Writes what stands behind the second `::`.
fn data(text: &str) -> String {
    let text: String = text.chars().filter(|c| matches!(c, '\r' | '\n' | '\t') || !is_unseen(*c)).collect();
    text.replace("##[", "# #[").replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Place;

    #[test]
    fn an_annotation_is_one_line_whatever_it_says() {
        let place = Some(Place { path: "a,b.yaml".into(), at: Some((3, 5)) });
        let text = "100 % \u{1b}wrong\u{202e}\r\n::error::forged ##[group]".into();
        let problem = Problem { title: "embark: no".into(), text, place };
        let expected =
            "::error file=a%2Cb.yaml,line=3,col=5,title=embark%3A no::100 %25 wrong%0D%0A::error::forged # #[group]";
        assert_eq!(annotation(&problem), expected);
    }
}
