//! Markdown pages whose transcripts are run.

mod block;
mod redact;
mod session;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use block::{Block, Kind, Step};
use redact::Redactor;
use session::Session;

/// The variable that has pages rewritten instead of failing where they differ.
pub const BLESS: &str = "EMBARK_BLESS";

/// A page of this repository, and what it is run with.
pub struct Page {
    path: PathBuf,
    binary: String,
    mapped: Vec<(String, String)>,
    left_out: Vec<&'static str>,
    setup: Box<dyn Fn(&Path)>,
}

impl Page {
    /// Takes the page at `path`, relative to the root of this repository.
    pub fn new(binary: &str, path: &str) -> Self {
        let path = root().join(path);
        Self { path, binary: binary.into(), mapped: Vec::new(), left_out: Vec::new(), setup: Box::new(|_| {}) }
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
        self.left_out.push(title);
        self
    }

    /// Runs the page, and fails at the first block that is not what its commands print.
    #[track_caller]
    pub fn run(&self) {
        static BLESSED: Mutex<()> = Mutex::new(());
        let is_blessed = std::env::var_os(BLESS).is_some();
        // Two tests may run one page: they must not rewrite it at once.
        let _guard = is_blessed.then(|| BLESSED.lock().unwrap_or_else(PoisonError::into_inner));
        let name = self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string();
        let text = std::fs::read_to_string(&self.path).unwrap_or_else(|error| panic!("cannot read {name}: {error}"));
        match self.follow(&text) {
            Err(error) => panic!("{name}, {error}"),
            Ok((_, None)) => {}
            Ok((new, Some(_))) if is_blessed => std::fs::write(&self.path, new).expect("the page can be written"),
            Ok((_, Some(problem))) => {
                panic!("{name}, {problem}\nSee whether that is meant, then rewrite the page with {BLESS}=1")
            }
        }
    }

    /// Runs all blocks, and returns the page as it should be, and what is wrong with the first block that is not.
    fn follow(&self, page: &str) -> Result<(String, Option<String>), String> {
        let mut session = Session::new(&self.binary, &self.mapped);
        (self.setup)(&session.home());
        let (mut written, mut printed) = (Redactor::default(), Redactor::default());
        let (mut problem, mut replacements) = (None, Vec::new());
        for block in block::parse(page)? {
            let at = |what: String| format!("line {}: {what}", block.line);
            let Some(new) = self.show(&block, &mut session).map_err(at)? else { continue };
            if problem.is_none() && written.redact(&block.text()) != printed.redact(&new) {
                problem = Some(at(format!("the page says\n\n{}\nand this is printed\n\n{new}", block.text())));
            }
            replacements.push((block.lines(), block.indented(&new)));
        }
        let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
        // From the last block to the first, so that a block that grows moves no other.
        for (range, new) in replacements.into_iter().rev() {
            lines.splice(range, new);
        }
        Ok((block::unlines(&lines), problem))
    }

    /// Runs a block, and returns the text that it should have, if that can be told.
    #[expect(clippy::print_stderr, reason = "what is not run is said where tests say such things")]
    fn show(&self, block: &Block, session: &mut Session) -> Result<Option<String>, String> {
        if self.left_out.iter().any(|title| block.section == *title) {
            eprintln!("line {} is not run here: it is of the section {:?}", block.line, block.section);
            return Ok(None);
        }
        let text = block.text();
        match &block.kind {
            Kind::Ignored => Ok(None),
            Kind::NotRun(why) => {
                eprintln!("line {} is not run: {why}", block.line);
                Ok(None)
            }
            Kind::Script => session.script(&text).map(|()| None),
            Kind::File(path) => session.file(path, &text).map(Some),
            Kind::PartOf(command) => session.part_of(command, &text).map(Some),
            Kind::Transcript => {
                let steps: Vec<Step> = block.steps().into_iter().map(|step| session.step(step)).collect();
                Ok(Some(block::write(&steps)))
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a page, and returns what is wrong with it.
    fn follow(text: &str) -> Result<Option<String>, String> {
        Page::new("/bin/true", "README.md").with("SECRET", "hunter2").follow(text).map(|(_, problem)| problem)
    }

    #[test]
    fn folder_and_exports_live_on_and_exit_codes_are_told() {
        let page = "```sh\nmkdir one && cd one\nexport WORD=SECRET\n```\n\n```text\n$ basename $(pwd); echo $WORD; \\\n    embark\n\
                    one\nSECRET\n$ ls none >&2; false\nls: cannot access 'none': No such file or directory\n\n\
                    (exit code 1)\n```\n";
        assert_eq!(follow(page), Ok(None));
    }

    #[test]
    fn files_are_written_and_then_compared() {
        let file = |text: &str| format!("<!-- file: f -->\n```yaml\n{text}\n```\n");
        let edit = "```sh\necho b: 2 >f\n```\n";
        assert_eq!(follow(&(file("a: 1") + &file("a: 1") + edit + &file("b: 2"))), Ok(None));
        assert!(follow(&(file("a: 1") + edit + &file("a: 1"))).unwrap().unwrap().contains("b: 2"));
    }

    #[test]
    fn parts_of_an_output_are_found_in_it() {
        let part = |text: &str| format!("<!-- part of: printf '1\\n  2\\n  3\\n' -->\n```text\n{text}\n```\n");
        assert_eq!(follow(&part("2\n3")), Ok(None));
        assert!(follow(&part("2\n4")).unwrap().unwrap().contains("2\n3\n"));
        assert!(follow(&part("5")).unwrap_err().contains("prints no"));
    }

    #[test]
    fn a_page_that_has_drifted_is_wrong_and_is_mended() {
        let page = |text: &str| format!("A\n\n  ```text\n  $ echo b\n  {text}\n\n  $ echo c\n  c\n  ```\n\nD\n");
        let (new, problem) = Page::new("/bin/true", "README.md").follow(&page("x")).unwrap();
        assert!(problem.unwrap().starts_with("line 4: the page says"));
        assert_eq!(new, page("b"));
        assert!(follow("```sh\nfalse\ntrue\n```\n").unwrap_err().contains("ends with 1"));
    }
}
