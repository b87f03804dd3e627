//! GitHub Actions: the summary of a step, and its outputs.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;

use super::Report;
use crate::env::Env;

/// Writes the step's summary and outputs, where embark runs in GitHub Actions.
pub(crate) fn write(env: &Env, command: &str, report: &Report) -> std::io::Result<()> {
    if let Some(path) = &env.github_summary {
        // Three of them would end the block.
        let text = report.text.trim_end().replace("```", "` ` `");
        append(path, &format!("### embark {command}: {}\n\n```text\n{text}\n```\n", report.outcome.as_str()))?;
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
