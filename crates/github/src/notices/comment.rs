//! The text of a comment: a table for people, and the same as data in a line that nobody sees. The data is what the next
//! run starts from.

use embark_core::{ComponentName, Digest, EnvironmentName, Revision, State, Tag, Timestamp};
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the comment begins.
const MARKER: &str = "<!-- embark -->";

/// What the line with the data stands between.
const DATA: (&str, &str) = ("<!-- embark:", "-->");

const HEAD: &str = "\
| Environment | Component | Version tag | Digest | State | Commit | When |
| --- | --- | --- | --- | --- | --- | --- |
";

/// How much of it rows may take, in bytes. GitHub takes 65,536 characters.
const ROOM: usize = 60_000;

/// What came of a deployment: a row of the comment.
///
/// Its types allow nothing that Markdown would take for anything but text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
    /// The version tag.
    pub tag: Tag,
    /// The digest of the image.
    pub digest: Digest,
    /// The deployment's newest state.
    pub state: State,
    /// The commit of the deployment repo that carried it out.
    pub commit: Option<Revision>,
    /// The address of a page that shows that commit, if there is one.
    pub page: Option<String>,
    /// When the run that carried it out, or failed, told it.
    pub at: Timestamp,
}

#[derive(Serialize)]
struct Written<'a> {
    schema: u8,
    rows: &'a [&'a Notice],
}

#[derive(Deserialize)]
struct Read {
    rows: Vec<Value>,
}

/// Tells whether a text is that of the comment.
pub(super) fn is_marked(text: &str) -> bool {
    text.trim_start().starts_with(MARKER)
}

/// Writes the comment: what it said before, and what is new. A row is of one component in one environment.
pub(super) fn text(before: Option<&str>, new: &[Notice]) -> String {
    let mut rows = before.map(read).unwrap_or_default();
    for notice in new {
        let is_same = |row: &&mut Notice| row.environment == notice.environment && row.component == notice.component;
        match rows.iter_mut().find(is_same) {
            Some(row) => *row = notice.clone(),
            None => rows.push(notice.clone()),
        }
    }
    let kept = fitting(&rows);
    let data = hidden(&Written { schema: 1, rows: &kept });
    let lines: String = kept.iter().map(|row| row.line()).collect();
    let left_out = match rows.len() - kept.len() {
        0 => String::new(),
        count => format!("\n{count} older rows are left out.\n"),
    };
    format!("{MARKER}\n{data}\nWhere embark has brought this:\n\n{HEAD}{lines}{left_out}")
}

/// Reads the rows of a comment, as far as they can be read.
fn read(text: &str) -> Vec<Notice> {
    let between = |line: &str| Some(line.trim().strip_prefix(DATA.0)?.strip_suffix(DATA.1)?.to_owned());
    let data = text.lines().find_map(between).and_then(|data| serde_json::from_str::<Read>(&data).ok());
    let rows = data.map(|data| data.rows).unwrap_or_default();
    rows.into_iter().filter_map(|row| serde_json::from_value(row).ok()).collect()
}

/// Writes data so that it ends no comment of HTML.
fn hidden(data: &impl Serialize) -> String {
    // A struct of texts can be written.
    let json = serde_json::to_string(data).unwrap_or_default();
    format!("{} {} {}", DATA.0, json.replace('<', "\\u003c").replace('>', "\\u003e"), DATA.1)
}

/// Leaves the oldest rows out where there is no room for all.
fn fitting(rows: &[Notice]) -> Vec<&Notice> {
    let mut newest_first: Vec<(usize, &Notice)> = rows.iter().enumerate().collect();
    newest_first.sort_by_key(|(_, row)| std::cmp::Reverse(row.at));
    let mut taken = 0;
    let mut kept: Vec<_> = newest_first
        .into_iter()
        .take_while(|(_, row)| {
            taken += row.line().len() + hidden(row).len();
            taken <= ROOM
        })
        .collect();
    kept.sort_by_key(|(at, _)| *at);
    kept.into_iter().map(|(_, row)| row).collect()
}

impl Notice {
    fn line(&self) -> String {
        let Self { environment, component, tag, digest, state, at, .. } = self;
        let commit = match (&self.commit, self.link()) {
            (Some(commit), Some(link)) => format!("[`{}`](<{link}>)", commit.short()),
            (Some(commit), None) => format!("`{commit}`"),
            (None, _) => "-".into(),
        };
        format!("| {environment} | {component} | `{tag}` | `{digest}` | {state} | {commit} | {at} |\n")
    }

    /// Returns the address of the page, in which nothing ends the link or the cell.
    fn link(&self) -> Option<String> {
        let url: Url = self.page.as_deref()?.parse().ok()?;
        matches!(url.scheme(), "https" | "http").then(|| url.as_str().replace('|', "%7C"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(environment: &str, component: &str, state: State, second: i64) -> Notice {
        Notice {
            environment: environment.parse().expect("a name"),
            component: component.parse().expect("a name"),
            tag: "1.4.0".parse().expect("a tag"),
            digest: Digest::sha256(b"an image"),
            state,
            commit: Some("a".repeat(40).parse().expect("a commit")),
            page: Some(format!("https://github.com/acme/deployment/commit/{}", "a".repeat(40))),
            at: Timestamp::from_unix(1_795_000_000 + second),
        }
    }

    #[test]
    fn rows_of_others_stay_and_a_newer_one_replaces_its_own() {
        let dev = notice("dev", "frontend", State::Success, 0);
        let first = text(None, std::slice::from_ref(&dev));
        assert!(is_marked(&first));
        let failed = notice("staging", "frontend", State::Error, 1);
        // People who edit a comment in a browser leave other line breaks.
        let second = text(Some(&first.replace('\n', "\r\n")), &[failed]);
        let staging = notice("staging", "frontend", State::Success, 2);
        let third = text(Some(&second), std::slice::from_ref(&staging));
        assert_eq!(read(&third), [dev.clone(), staging.clone()]);
        let lines: Vec<&str> = third.lines().filter(|line| line.starts_with("| ")).collect();
        let digest = Digest::sha256(b"an image");
        assert_eq!(
            lines[2..],
            [
                format!(
                    "| dev | frontend | `1.4.0` | `{digest}` | success | [`aaaaaaa`](<{}>) | {} |",
                    dev.page.unwrap(),
                    dev.at
                ),
                format!(
                    "| staging | frontend | `1.4.0` | `{digest}` | success | [`aaaaaaa`](<{}>) | {} |",
                    staging.page.unwrap(),
                    staging.at
                ),
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let row = serde_json::to_value(notice("dev", "frontend", State::Success, 0)).expect("it can be written");
        let mut wrong = row.clone();
        wrong["environment"] = "`|x".into();
        let data = serde_json::json!({ "schema": 9, "rows": [row, wrong, 7, null] });
        assert_eq!(read(&format!("{MARKER}\n{} {data} {}", DATA.0, DATA.1)).len(), 1);
        for text in ["", MARKER, "<!-- embark:{ -->", "<!-- embark:[] -->", "<!-- embark:-->"] {
            assert_eq!(read(text), [], "{text}");
        }
    }

    #[test]
    fn an_address_ends_neither_its_cell_nor_the_data() {
        let mut row = notice("dev", "frontend", State::Success, 0);
        for page in [
            "https://example.com/a|b>(c) --> d\n| e",
            "javascript:alert(1)",
            "no address",
            "https://example.com/<script>`x`",
        ] {
            row.page = Some(page.into());
            let told = text(None, std::slice::from_ref(&row));
            assert_eq!(told.matches("-->").count(), 2, "{told}");
            let line = told.lines().last().expect("there is a row");
            assert_eq!(line.matches('|').count(), 8, "{line}");
            assert!(!line.contains("javascript") && !line.contains("<script"), "{line}");
            assert_eq!(read(&told), [row.clone()]);
        }
        row.commit = None;
        assert!(text(None, &[row]).contains("| success | - |"));
    }

    #[test]
    fn the_oldest_rows_make_room() {
        let rows: Vec<Notice> =
            (0..400).map(|number| notice("dev", &format!("c{number}"), State::Success, 400 - number)).collect();
        let told = text(None, &rows);
        assert!(told.chars().count() < 65_536, "{}", told.len());
        let kept = read(&told);
        assert_eq!(kept[..], rows[..kept.len()], "the newest in their order");
        assert!(kept.len() > 60, "{}", kept.len());
        assert!(told.ends_with(&format!("\n{} older rows are left out.\n", 400 - kept.len())));
        // What had no room is not kept for later.
        assert_eq!(read(&text(Some(&told), &[])), kept);
    }
}
