//! Reads and sets scalars of a values file.
//!
//! ```console
//! $ cargo run -p embark-values --example values -- get staging.yaml image.tag
//! $ cargo run -p embark-values --example values -- set staging.yaml image.tag=v1.10 [--create-missing]
//! ```

use std::error::Error;
use std::io::Write;

use embark_values::{Assignment, Document, Path, edit};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "values").collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["get", file, path] => {
            let text = std::fs::read_to_string(file)?;
            let scalar = Document::parse(&text)?.get(&Path::parse(path)?)?;
            writeln!(std::io::stdout(), "{}", scalar.value)?;
        }
        ["set", file, assignment, ref flags @ ..] => {
            let mut assignment = Assignment::parse(assignment)?;
            if flags == ["--create-missing"] {
                assignment = assignment.create();
            }
            let edited = edit(&std::fs::read_to_string(file)?, &[assignment])?;
            if !edited.changed.is_empty() {
                std::fs::write(file, edited.text)?;
            }
        }
        _ => return Err("usage: values get FILE PATH | values set FILE PATH=VALUE [--create-missing]".into()),
    }
    Ok(())
}
