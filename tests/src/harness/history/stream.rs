//! A `git fast-import` that is told one commit after the other, and asked for their ids.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use crate::harness::command::program;
use crate::harness::git::Git;

pub(super) struct Stream {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    mark: usize,
}

impl Stream {
    pub(super) fn new(git: &Git) -> Self {
        let mut command = program("git");
        command.current_dir(git.folder()).args(["fast-import", "--quiet"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("git can be run");
        let input = child.stdin.take().expect("stdin is piped");
        let output = BufReader::new(child.stdout.take().expect("stdout is piped"));
        Self { child, input, output, mark: 0 }
    }

    /// Makes a commit on a reference, and returns its id.
    pub(super) fn commit(&mut self, reference: &str, message: &str, time: u64, files: &[(String, String)]) -> String {
        self.mark += 1;
        let (mark, length) = (self.mark, message.len());
        let mut text = format!(
            "commit {reference}\nmark :{mark}\ncommitter A Person <person@example.com> {time} +0000\n\
             data {length}\n{message}\n"
        );
        for (path, file) in files {
            text.push_str(&format!("M 100644 inline {path}\ndata {}\n{file}\n", file.len()));
        }
        text.push_str(&format!("\nget-mark :{mark}\n"));
        self.input.write_all(text.as_bytes()).expect("fast-import reads");
        let mut id = String::new();
        self.output.read_line(&mut id).expect("fast-import answers");
        id.trim().to_owned()
    }

    pub(super) fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().expect("fast-import ends").success());
    }
}
