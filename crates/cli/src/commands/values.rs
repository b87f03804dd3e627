//! `values get` and `values set`.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use embark_values::{Assignment, Document};

use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json};
use crate::run::Run;
use crate::temporary::replace;

/// Read and write scalars of values files, without changing anything else.
#[derive(Debug, clap::Args)]
pub(crate) struct Values {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Print a scalar
    Get {
        /// The values file
        file: PathBuf,
        /// Where the scalar is, as in frontend.image.tag, images[0].name or images[name=web].newTag
        path: embark_values::Path,
    },
    /// Set scalars to strings; every other byte stays
    Set {
        /// The values file
        file: PathBuf,
        /// Where, and to what
        #[arg(value_name = "PATH=VALUE", required = true)]
        assignments: Vec<PathValue>,
        /// Create a key that is not there, beside its siblings
        #[arg(long)]
        create_missing: bool,
    },
}

impl Values {
    pub(crate) fn name(&self) -> &'static str {
        match self.command {
            Command::Get { .. } => "values get",
            Command::Set { .. } => "values set",
        }
    }
}

/// `PATH=VALUE`, split at the first `=` outside brackets and quotes.
#[derive(Debug, Clone)]
struct PathValue(embark_values::Path, String);

impl FromStr for PathValue {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let at = first_equals(text).ok_or("PATH=VALUE is needed, as in frontend.image.tag=1.4.0")?;
        let path = embark_values::Path::parse(&text[..at]).map_err(|error| error.to_string())?;
        Ok(Self(path, text[at + 1..].to_owned()))
    }
}

fn first_equals(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' if !quoted => depth += 1,
            ']' if !quoted => depth = depth.saturating_sub(1),
            '=' if !quoted && depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

pub(crate) fn run(args: Values, run: &Run) -> Result<Report, Error> {
    match args.command {
        Command::Get { file, path } => get(&file, &path),
        Command::Set { file, assignments, create_missing } => set(run, &file, assignments, create_missing),
    }
}

fn get(file: &Path, path: &embark_values::Path) -> Result<Report, Error> {
    let text = read(file)?;
    let document = Document::parse(&text)
        .map_err(|source| Error::Parse { path: file.display().to_string(), source: Box::new(source) })?;
    let scalar = document.get(path).map_err(|source| Error::Lookup { path: file.display().to_string(), source })?;
    let value =
        json::Scalar { value: Some(scalar.value.clone()), line: Some(scalar.line), column: Some(scalar.column) };
    Ok(Report {
        outcome: Outcome::Unchanged,
        exit: Exit::Success,
        json: json::Body { value: Some(value), ..json::Body::default() },
        text: format!("{}\n", scalar.value),
        is_data: true,
        ..Report::default()
    })
}

fn set(run: &Run, file: &Path, assignments: Vec<PathValue>, create: bool) -> Result<Report, Error> {
    let twice =
        assignments.iter().enumerate().find(|(at, one)| assignments[..*at].iter().any(|other| other.0 == one.0));
    if let Some((_, PathValue(path, _))) = twice {
        return Err(Error::Arguments(format!("{path} is set twice"), "name every path once"));
    }
    let text = read(file)?;
    let assignments: Vec<Assignment> = assignments
        .into_iter()
        .map(|PathValue(path, value)| {
            let assignment = Assignment::new(path, value);
            if create { assignment.create() } else { assignment }
        })
        .collect();
    let edited = embark_values::edit(&text, &assignments)
        .map_err(|source| Error::Edit { path: file.display().to_string(), source })?;
    let changed: Vec<String> = edited.changed.iter().map(ToString::to_string).collect();
    if !changed.is_empty() && !run.global.dry_run {
        replace(file, edited.text.as_bytes())
            .map_err(|source| Error::Write { path: file.display().to_string(), source })?;
    }
    let outcome = match (changed.is_empty(), run.global.dry_run) {
        (true, _) => Outcome::Unchanged,
        (false, true) => Outcome::Planned,
        (false, false) => Outcome::Done,
    };
    let text = if changed.is_empty() {
        "Nothing to change.\n".to_owned()
    } else {
        let lines: Vec<String> = changed.iter().map(|path| format!("{}: {path}", file.display())).collect();
        lines.join("\n") + "\n"
    };
    Ok(Report {
        outcome,
        exit: Exit::Success,
        json: json::Body { changed: Some(changed), ..json::Body::default() },
        text,
        ..Report::default()
    })
}

fn read(file: &Path) -> Result<String, Error> {
    let path = || file.display().to_string();
    let bytes = std::fs::read(file).map_err(|source| Error::Read { path: path(), source })?;
    String::from_utf8(bytes).map_err(|error| Error::Parse { path: path(), source: Box::new(error) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In a container the next process can have the id of a killed one.
    #[test]
    fn what_a_process_of_the_same_id_has_left_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        std::fs::write(folder.path().join(format!(".embark-{}.tmp", std::process::id())), "half").unwrap();
        std::fs::write(&file, "a: 1\n").unwrap();
        replace(&file, b"a: 2\n").unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a: 2\n");
    }
}
