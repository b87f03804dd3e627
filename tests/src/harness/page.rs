//! Markdown pages whose transcripts are run.

mod block;
mod redact;
mod session;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use block::{Kind, Step};
use redact::Redactor;
use session::Session;

/// The variable that has pages rewritten instead of failing where they differ.
pub const BLESS: &str = "EMBARK_BLESS";

/// A page of this repository, and what it is run with.
pub struct Page {
    path: PathBuf,
    binary: String,
    mapped: Vec<(String, String)>,
    left_out: Option<&'static str>,
    setup: Box<dyn Fn(&Path)>,
}

impl Page {
    /// Takes the page at `path`, relative to the root of this repository.
    pub fn new(binary: &str, path: &str) -> Self {
        let path = root().join(path);
        Self { path, binary: binary.into(), mapped: Vec::new(), left_out: None, setup: Box::new(|_| {}) }
    }

    /// Has `real` wherever the page says `written`: an address, a token.
    #[must_use]
    pub fn with(mut self, written: &str, real: &str) -> Self {
        self.mapped.push((written.into(), real.into()));
        self
    }

    /// Prepares the home folder before the page is run.
    #[must_use]
    pub fn prepared(mut self, setup: impl Fn(&Path) + 'static) -> Self {
        self.setup = Box::new(setup);
        self
    }

    /// Leaves out the section with this title.
    #[must_use]
    pub fn without(mut self, title: &'static str) -> Self {
        self.left_out = Some(title);
        self
    }

    /// Runs the page, and fails at the first block that is not what its commands print.
    #[track_caller]
    #[expect(clippy::print_stderr, reason = "what is not run is said where tests say such things")]
    pub fn run(&self) {
        static BLESSED: Mutex<()> = Mutex::new(());
        let is_blessed = std::env::var_os(BLESS).is_some();
        // Two tests may run one page: they must not rewrite it at once.
        let _guard = is_blessed.then(|| BLESSED.lock().unwrap_or_else(PoisonError::into_inner));
        let name = self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string();
        let text = std::fs::read_to_string(&self.path).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
        let blocks = block::parse(&text).unwrap_or_else(|error| panic!("{name}, {error}"));
        let mut session = Session::new(&self.binary, &self.mapped);
        (self.setup)(&session.home());
        let mut written = Redactor::default();
        let mut printed = Redactor::default();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let mut problem = None;
        let mut runs = 0;
        let mut replacements = Vec::new();
        for block in &blocks {
            let at = format!("{name}, line {}", block.line);
            if self.left_out.is_some_and(|title| block.section == title) {
                eprintln!("{at}: not run here: it is of the section {:?}", block.section);
                continue;
            }
            let shown = match &block.kind {
                Kind::NotRun(why) => {
                    eprintln!("{at}: not run: {why}");
                    continue;
                }
                Kind::Ignored => continue,
                Kind::Script => {
                    session.script(&block.text()).unwrap_or_else(|error| panic!("{at}: {error}"));
                    runs += 1;
                    continue;
                }
                Kind::File(path) => session.file(path, &block.text()).map(|text| vec![Step::output(&text)]),
                Kind::PartOf(command) => session.part_of(command, &block.text()).map(|text| vec![Step::output(&text)]),
                Kind::Transcript => Ok(block.steps().into_iter().map(|step| session.step(step)).collect()),
            };
            runs += 1;
            let shown = shown.unwrap_or_else(|error| panic!("{at}: {error}"));
            let new = block::write(&shown);
            if problem.is_none() && written.redact(&block.text()) != printed.redact(&new) {
                problem = Some(format!("{at}: the block says\n\n{}\nand this is printed\n\n{new}", block.text()));
            }
            replacements.push((block, new));
        }
        assert!(runs > 0, "{name} has something to run");
        let Some(problem) = problem else { return };
        assert!(is_blessed, "{problem}\nSee whether that is meant, then rewrite the page with {BLESS}=1");
        // From the last block to the first, so that a block that grows moves no other.
        for (block, new) in replacements.into_iter().rev() {
            lines.splice(block.lines(), block.indented(&new));
        }
        std::fs::write(&self.path, lines.join("\n") + "\n")
            .unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
    }
}

/// Counts the blocks of a page that could be run, and those that are marked as not run.
pub fn blocks(path: &Path) -> (usize, usize) {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let blocks = block::parse(&text).unwrap_or_else(|error| panic!("{}, {error}", path.display()));
    let count = |is_of: fn(&Kind) -> bool| blocks.iter().filter(|block| is_of(&block.kind)).count();
    (count(|kind| !matches!(kind, Kind::Ignored | Kind::NotRun(_))), count(|kind| matches!(kind, Kind::NotRun(_))))
}

/// Returns the root of this repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
