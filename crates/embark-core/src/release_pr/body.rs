//! What people read of a pull request.

use super::{ReleasePrRequest, Versioned};
use crate::commit::Commit;
use crate::item::{Item, ItemOutcome};
use crate::ports::PullRequestText;
use crate::text::{on_one_line, without_lone_returns};

/// GitHub takes no [more characters](https://github.com/orgs/community/discussions/41331).
const MOST: usize = 65_536;

/// So many further files are named, and so much of each.
const MOST_FILES: usize = 20;
const MOST_OF_PATH: usize = 200;

/// A title is one line of the list of pull requests, and GitHub takes no more.
const MOST_OF_TITLE: usize = 256;

/// What is known of the images, if anything is.
pub(super) enum Images<'a> {
    Known(&'a [Item]),
    /// There is no commit yet.
    NoCommit,
    /// They could not be asked for.
    Unknown(String),
    /// No environment names images by version.
    Nowhere,
}

/// Writes the title.
pub(super) fn title(request: &ReleasePrRequest, versioned: &Versioned) -> String {
    let title = request.template.title.fill(&[("version", &versioned.version.to_string())]);
    let line: String = title.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MOST_OF_TITLE).collect()
}

/// Writes all of it. Where it is too long the notes are cut, with a link to the whole.
pub(super) fn text(
    request: &ReleasePrRequest,
    versioned: &Versioned,
    commit: Option<&Commit>,
    images: &Images<'_>,
) -> PullRequestText {
    let (version, packages) = (versioned.version.to_string(), packages(versioned) + &further(versioned));
    let images = table(images);
    let fill = |notes: &str| {
        let fillings = [("version", &*version), ("notes", notes), ("packages", &packages), ("images", &images)];
        request.template.body.fill(&fillings)
    };
    let notes = closed(&without_lone_returns(versioned.notes.trim()));
    let notes = notes.as_str();
    let whole = fill(notes);
    let over = whole.chars().count().saturating_sub(MOST);
    let body = if over == 0 {
        whole
    } else {
        let link = rest(request, commit);
        let room = notes.chars().count().saturating_sub(over + link.chars().count());
        let cut: String = notes.chars().take(room).collect();
        // What is cut within a line would be a line of its own.
        let cut = closed(cut.rsplit_once('\n').map_or("", |(lines, _)| lines));
        fill(&format!("{cut}{link}"))
    };
    PullRequestText { title: title(request, versioned), body: body.chars().take(MOST).collect() }
}

/// What begins something of HTML that is not seen, and what ends it. Without an end, all that follows is not seen.
const UNSEEN: [(&str, &str); 4] = [("<!--", "-->"), ("<?", "?>"), ("<![CDATA[", "]]>"), ("<!", ">")];

/// Has notes hide nothing of what stands behind them: what begins something unseen without an end is taken for text.
fn closed(notes: &str) -> String {
    let mut text = notes.to_owned();
    for (begin, end) in UNSEEN {
        while let Some(at) = text.rfind(begin).filter(|at| !text[at + begin.len()..].contains(end)) {
            text.replace_range(at..=at, "&lt;");
        }
    }
    text
}

fn rest(request: &ReleasePrRequest, commit: Option<&Commit>) -> String {
    match request.page.as_ref().zip(commit) {
        Some((page, commit)) => format!("\n\n[The rest is in the changelog.]({page}/commit/{commit})"),
        None => "\n\nThe rest is in the changelog.".into(),
    }
}

fn packages(versioned: &Versioned) -> String {
    let row = |change: &super::PackageChange| {
        format!("| {} | {} | {} |\n", code(&change.name), number(&change.from), number(&change.to))
    };
    let rows: String = versioned.packages.iter().map(row).collect();
    format!("| Package | From | To |\n| --- | --- | --- |\n{rows}").trim_end().into()
}

/// Lists what the repository's own program has changed besides, if it has.
fn further(versioned: &Versioned) -> String {
    let files = &versioned.further;
    if files.is_empty() {
        return String::new();
    }
    let name = |path: &crate::FilePath| {
        let is_long = path.as_str().chars().count() > MOST_OF_PATH;
        let text: String = path.as_str().chars().take(MOST_OF_PATH).collect();
        format!("- {}{}\n", quoted(&text), if is_long { " …" } else { "" })
    };
    let named: String = files.iter().take(MOST_FILES).map(name).collect();
    let rest = match files.len().saturating_sub(MOST_FILES) {
        0 => String::new(),
        rest => format!("- and {rest} more\n"),
    };
    format!("\n\nAlso changed by the repository's program:\n\n{named}{rest}").trim_end().into()
}

/// Tells what the promotion of the commit would do now.
fn table(images: &Images<'_>) -> String {
    let items = match images {
        Images::Known(items) => items,
        Images::NoCommit => return "The images of this commit are not known before it is there.".into(),
        Images::Unknown(why) => return format!("What runs cannot be told now: {}", code(why)),
        Images::Nowhere => return "No environment gets images by version.".into(),
    };
    let rows: String = items.iter().map(row).collect();
    format!("| Environment | Component | Digest | If it were merged now |\n| --- | --- | --- | --- |\n{rows}")
        .trim_end()
        .into()
}

fn row(item: &Item) -> String {
    let digest = item.digest.as_ref().map(|digest| format!("`{digest}`")).unwrap_or_default();
    let tag = item.tag.as_ref().map(|tag| format!("`{tag}`")).unwrap_or_default();
    let what = match &item.outcome {
        ItemOutcome::Planned => format!("becomes {tag}"),
        ItemOutcome::Done | ItemOutcome::Unchanged => "stays as it is".into(),
        ItemOutcome::Refused(refusal) => format!("refused: {}", code(&refusal.to_string())),
        ItemOutcome::Failed(error) => format!("cannot be told: {}", code(&error.to_string())),
    };
    let target = &item.target;
    format!("| {} | {} | {digest} | {what} |\n", target.environment, target.component)
}

/// Writes what a package calls its version: any text, where another program has read it.
fn number(version: &str) -> String {
    let is_plain = version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+'));
    if is_plain { version.into() } else { code(version) }
}

/// Writes words of others in a cell so that they are nothing but words: no mention, no cell, no markup.
fn code(text: &str) -> String {
    quoted(text).replace('|', "\\|")
}

/// Does the same outside of tables.
fn quoted(text: &str) -> String {
    format!("`{}`", on_one_line(text).replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PackageChange, PullRequestTemplate, Template};

    #[test]
    fn notes_hide_nothing_of_what_stands_behind_them() {
        for (notes, shown) in [
            ("- Carts. <!-- a\nb", "- Carts. &lt;!-- a\nb"),
            ("<!-- a --> b <!--", "<!-- a --> b &lt;!--"),
            ("<!-- a --> b", "<!-- a --> b"),
            ("<!-- a <!-- b", "&lt;!-- a &lt;!-- b"),
            ("<? a", "&lt;? a"),
            ("<![CDATA[ a", "&lt;![CDATA[ a"),
            ("<!DOCTYPE a", "&lt;!DOCTYPE a"),
            ("a < b! <b>", "a < b! <b>"),
        ] {
            assert_eq!(closed(notes), shown);
        }
    }

    #[test]
    fn nobody_forges_a_line_or_a_cell_of_the_body() {
        let template = |text: &str, known: &[&str]| Template::parse(text, known).expect("it is right");
        let request = ReleasePrRequest {
            base: "0123456789012345678901234567890123456789".parse().expect("a commit"),
            base_branch: "main".parse().expect("a branch"),
            branch: "embark/release".parse().expect("a branch"),
            versioned: None,
            template: PullRequestTemplate {
                title: template("Release {version}", PullRequestTemplate::TITLE),
                body: template("{notes}\n\n{packages}", PullRequestTemplate::BODY),
            },
            page: None,
            dry_run: true,
        };
        let package = PackageChange {
            name: "a|b".into(),
            from: "1.3.0-beta.1+x".into(),
            to: "1.4.0 |\n\n#\u{202e} B\u{1b}".into(),
        };
        let versioned = Versioned {
            version: "1.4.0".parse().expect("a version"),
            notes: "- Carts.\r\r## Images\r\n- Tills.\n".into(),
            edits: Vec::new(),
            packages: vec![package],
            further: Vec::new(),
        };
        let text = text(&request, &versioned, None, &Images::Nowhere);
        assert_eq!(
            text.body,
            "- Carts.  ## Images\r\n- Tills.\n\n| Package | From | To |\n| --- | --- | --- |\n| `a\\|b` | 1.3.0-beta.1+x | \
             `1.4.0 \\| # B` |"
        );
    }

    #[test]
    fn further_files_are_told_below_the_packages_and_no_more_than_a_page_takes() {
        let told = |paths: &[String]| {
            let further = paths.iter().map(|path| path.parse().expect("a path")).collect();
            super::further(&Versioned {
                version: "1.4.0".parse().expect("a version"),
                notes: String::new(),
                edits: Vec::new(),
                packages: Vec::new(),
                further,
            })
        };
        assert_eq!(told(&[]), "");
        let two = ["package-lock.json".to_owned(), "docs/a `b` | @ada.md".to_owned()];
        assert_eq!(
            told(&two),
            "\n\nAlso changed by the repository's program:\n\n- `package-lock.json`\n- `docs/a 'b' | @ada.md`"
        );
        let many: Vec<String> = (0..23).map(|at| format!("{at}/{}", "x".repeat(500))).collect();
        let told = told(&many);
        assert_eq!(told.lines().filter(|line| line.ends_with("` …")).count(), 20);
        assert!(told.ends_with("\n- and 3 more") && told.chars().count() < 5_000, "{told}");
    }
}
