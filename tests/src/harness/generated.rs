//! Parts of pages that a test writes, and compares ever after.

use std::sync::{Mutex, PoisonError};

use super::page::{BLESS, root};

const END: &str = "<!-- end -->\n";

/// Compares the part `<!-- generated: NAME -->` of a page with what a test has found, or writes it.
#[track_caller]
pub fn check_generated(page: &str, name: &str, text: &str) {
    // Two parts of one page are written one after the other.
    static WRITTEN: Mutex<()> = Mutex::new(());
    let _guard = WRITTEN.lock().unwrap_or_else(PoisonError::into_inner);
    let path = root().join(page);
    let all = std::fs::read_to_string(&path).expect("the page is there");
    let begin = format!("<!-- generated: {name} -->\n");
    let (before, rest) = all.split_once(&begin).unwrap_or_else(|| panic!("{page} has `{}`", begin.trim_end()));
    let (found, after) = rest.split_once(END).expect("the part has an end");
    if found == text {
        return;
    }
    let is_blessed = std::env::var_os(BLESS).is_some();
    assert!(is_blessed, "{page} says\n{found}\nand found is\n{text}\n{BLESS}=1 writes it");
    std::fs::write(path, format!("{before}{begin}{text}{END}{after}")).expect("the page can be written");
}
