//! The port of what renders, by the programs that are installed.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use embark_core::ports::{DeploymentRepository, Folder, RenderError, Renderer, Rendering};
use embark_core::{EnvironmentName, FilePath, Rendered, Revision};
use tokio::sync::Mutex;

use crate::place::{self, Place};
use crate::program::{self, Ran};
use crate::settings::Settings;
use crate::tree::Tree;
use crate::{helm, kustomize, links};

/// Renders charts and overlays of a deployment repo with Helm and Kustomize, as they are installed.
///
/// What was read of a commit is kept for as long as this is, in temporary folders.
pub struct Charts {
    pub(crate) repository: Arc<dyn DeploymentRepository>,
    pub(crate) settings: Settings,
    /// By environment, at one tip.
    laid: Mutex<(Option<Revision>, BTreeMap<EnvironmentName, Laid>)>,
}

/// What an environment is rendered of, on disk.
struct Laid {
    place: Place,
    tree: Tree,
}

impl fmt::Debug for Charts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Charts").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Charts {
    /// Renders what is in `repository`.
    pub fn new(repository: Arc<dyn DeploymentRepository>, settings: Settings) -> Self {
        Self { repository, settings, laid: Mutex::default() }
    }

    /// Renders an environment, and returns its manifests as the program writes them. They may hold secrets.
    ///
    /// # Errors
    /// As [`Renderer::render`].
    pub async fn manifests(&self, rendering: Rendering) -> Result<String, RenderError> {
        self.stream(&rendering).await.map(|(_, stream)| stream)
    }

    /// Renders an environment; returns the program, and what it writes.
    async fn stream(&self, rendering: &Rendering) -> Result<(&'static str, String), RenderError> {
        let mut laid = self.laid.lock().await;
        let (tip, environments) = &mut *laid;
        if tip.as_ref() != Some(&rendering.tip) {
            environments.clear();
            *tip = Some(rendering.tip.clone());
        }
        if !environments.contains_key(&rendering.environment) {
            environments.insert(rendering.environment.clone(), self.lay(rendering).await?);
        }
        let run = Run { charts: self, rendering };
        let Some(Laid { place, tree }) = environments.get_mut(&rendering.environment) else {
            return Err(run.other("lay out the chart", "it is gone".into()));
        };
        tree.write(&rendering.file, rendering.values.clone()).map_err(|error| run.io(error))?;
        Ok(match place {
            Place::Chart(folder) => (helm::PROGRAM, helm::render(&run, tree, folder).await?),
            Place::Overlay(folder) => (kustomize::PROGRAM, kustomize::render(&run, tree, folder).await?),
            Place::Manifest => ("embark", String::from_utf8_lossy(&rendering.values).into_owned()),
        })
    }

    async fn lay(&self, rendering: &Rendering) -> Result<Laid, RenderError> {
        let Rendering { tip, environment, file, values } = rendering;
        let place = place::find(&*self.repository, &self.settings, tip, environment, (file, values)).await?;
        let run = Run { charts: self, rendering };
        let tree = match &place {
            Place::Chart(folder) => helm::lay(&run, folder).await?,
            Place::Overlay(folder) => kustomize::lay(&run, folder).await?,
            Place::Manifest => run.tree()?,
        };
        Ok(Laid { place, tree })
    }
}

#[async_trait]
impl Renderer for Charts {
    async fn render(&self, rendering: Rendering) -> Result<Rendered, RenderError> {
        let (program, stream) = self.stream(&rendering).await?;
        let (file, images) = (rendering.file.clone(), self.settings.images.clone());
        // Megabytes of it take seconds.
        let read = tokio::task::spawn_blocking(move || Rendered::read(&stream, &images)).await;
        let run = Run { charts: self, rendering: &rendering };
        let read = read.map_err(|error| run.other(format!("read what {program} makes"), error.into()))?;
        read.map_err(|source| RenderError::Unreadable { program, file, source })
    }
}

/// One rendering, and what it takes.
pub(crate) struct Run<'a> {
    pub(crate) charts: &'a Charts,
    pub(crate) rendering: &'a Rendering,
}

impl Run<'_> {
    pub(crate) fn tree(&self) -> Result<Tree, RenderError> {
        Tree::new().map_err(|error| self.io(error))
    }

    pub(crate) fn other(
        &self,
        operation: impl Into<String>,
        source: Box<dyn std::error::Error + Send + Sync>,
    ) -> RenderError {
        RenderError::Other { operation: operation.into(), environment: self.rendering.environment.clone(), source }
    }

    pub(crate) fn io(&self, error: std::io::Error) -> RenderError {
        self.other("write a temporary folder", error.into())
    }

    pub(crate) fn refused(&self, program: &'static str, words: String) -> RenderError {
        let (environment, file) = (self.rendering.environment.clone(), self.rendering.file.clone());
        RenderError::Refused { program, environment, file, words }
    }

    /// Reads a folder of the deployment repo; an empty path is all of it.
    pub(crate) async fn read_folder(&self, folder: &str) -> Result<Option<Folder>, RenderError> {
        let path: Option<FilePath> = match folder {
            "" => None,
            folder => match folder.parse() {
                Ok(path) => Some(path),
                Err(_) => return Ok(None),
            },
        };
        let found = self.charts.repository.read_folder(self.rendering.tip.clone(), path).await?;
        match found.as_ref().and_then(|found| found.left_out.first_key_value()) {
            Some((path, what)) => Err(RenderError::NotRead { path: path.clone(), what: (*what).to_owned() }),
            None => Ok(found),
        }
    }

    /// Lays out the symbolic links of a tree, with what they lead to elsewhere in the repository; returns the paths of
    /// that.
    ///
    /// # Errors
    /// [`RenderError::NotRead`] if one leads to nothing: who follows it would render something else.
    pub(crate) async fn link(&self, tree: &mut Tree) -> Result<Vec<String>, RenderError> {
        let mut added: Vec<String> = Vec::new();
        while let Some(link) = tree.dangling() {
            let refused = |why: &str| RenderError::NotRead {
                path: link.path.to_string(),
                what: format!("a symbolic link to {}, {why}", link.target),
            };
            let end = link.end.clone().map_err(refused)?;
            // What was read already has nothing in it.
            let absent = || refused(links::ABSENT);
            if added.contains(&end) {
                return Err(absent());
            }
            match self.read_folder(&end).await? {
                Some(folder) => tree.add(folder).map_err(|error| self.io(error))?,
                None => {
                    let path: FilePath = end.parse().map_err(|_| absent())?;
                    let place = (self.rendering.tip.clone(), path.clone());
                    let mut found = self.charts.repository.read_at(vec![place.clone()]).await?;
                    let bytes = found.remove(&place).flatten().ok_or_else(absent)?;
                    tree.write(&path, bytes).map_err(|error| self.io(error))?;
                }
            }
            added.push(end);
        }
        tree.link().map_err(|error| self.io(error))?;
        Ok(added)
    }

    /// Finds a program.
    pub(crate) fn program(&self, program: &'static str) -> Result<PathBuf, RenderError> {
        let environment = self.rendering.environment.clone();
        program::find(program).ok_or(RenderError::NoProgram { program, environment })
    }

    /// Runs a program on what is laid out, and returns what it writes.
    pub(crate) async fn run(
        &self,
        program: &'static str,
        tree: &Tree,
        arguments: &[&std::ffi::OsStr],
    ) -> Result<String, RenderError> {
        let path = self.program(program)?;
        match program::run(&path, arguments, &tree.home()).await {
            Ok(Ran::Wrote(text)) => Ok(text),
            Ok(Ran::Failed(words)) => Err(self.refused(program, tree.readable(&words))),
            Ok(Ran::NotRun(words)) => {
                let environment = self.rendering.environment.clone();
                Err(RenderError::NotRun { program, environment, words: tree.readable(&words) })
            }
            Err(error) => Err(self.other(format!("run {program}"), error.into())),
        }
    }
}
