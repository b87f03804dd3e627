//! `demo`: the whole process in a folder.

use std::path::{Path, PathBuf};

use crate::args::Format;
use crate::error::Error;
use crate::exit_code::Exit;
use crate::output::{Outcome, Report, json};
use crate::run::Run;

mod diff;
mod files;
mod fold;
mod folder;
mod hand;
mod images;
mod layer;
mod rendered;
mod stage;
mod story;
mod walk;

use folder::Folder;
use stage::Stage;

/// What goes wrong in a step, whatever it is.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Walk a small application through the whole process, in a folder, without any server.
#[derive(Debug, clap::Args)]
pub(crate) struct Demo {
    /// Keep the folder there, to go on with
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

pub(crate) async fn run(args: Demo, run: &Run) -> Result<Report, Error> {
    if run.global.dry_run {
        let hint = "it writes to a folder of its own alone, which it removes at the end: embark demo";
        return Err(Error::Arguments("the demo has no dry run".into(), hint));
    }
    let folder = match &args.keep {
        Some(path) => Folder::keep(path)?,
        None => Folder::temporary()?,
    };
    let mut stage = Stage::new(folder.path(), run);
    let walked = Box::pin(walk::walk(&mut stage)).await;
    let mut story = stage.into_story();
    let end = match walked {
        Ok(end) => end,
        Err(source) => {
            if run.ui.format == Format::Text {
                run.ui.result(&story.take());
            }
            return Err(Error::Demo { step: story.steps(), source });
        }
    };
    match &args.keep {
        Some(path) => story.part(&kept(path, &end)),
        None => story.part(NOT_KEPT),
    }
    if let Err(error) = folder.close() {
        run.ui.note(&format!("warning: {error}, and it is left behind"));
    }
    let directory = args.keep.map(|path| std::path::absolute(&path).unwrap_or(path).display().to_string());
    Ok(Report {
        outcome: Outcome::Done,
        exit: Exit::Success,
        json: json::Body {
            environments: end.status.json.environments,
            checks: end.verify.json.checks,
            directory: Some(json::Directory(directory)),
            ..json::Body::default()
        },
        text: story.take(),
        ..Report::default()
    })
}

const NOT_KEPT: &str = "The folder has been removed. `embark demo --keep DIR` keeps it, to go on with.";

fn kept(path: &Path, end: &walk::End) -> String {
    let path = path.display();
    let commit = &end.next;
    format!(
        "The folder is kept: {path}. Its README.md says what is what, and more to try. CI has built a third commit, so \
         that there is something to do:\n\n\
         \x20  $ cd {path}\n\
         \x20  $ embark verify\n\
         \x20  $ embark release staging --commit {commit} --deploy\n\
         \x20  $ embark promote production --version 1.2.0 --dry-run\n\
         \x20  $ git -C deployment.git log -p main"
    )
}
