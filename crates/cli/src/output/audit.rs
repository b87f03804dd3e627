//! What people read of an audit.

use embark_core::{Audited, EvidenceKind, Verdict};

use super::table::{digest, one_line, table, tag, verdict};

/// Shows every change; why it does not hold, or cannot be told, stands below the table.
pub(crate) fn text(changes: &[Audited]) -> String {
    if changes.is_empty() {
        return "Nothing to audit: no environment that promotes from another has changed.\n".into();
    }
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            [
                change.at.to_string().into(),
                change.commit.short().into(),
                change.environment.as_str().into(),
                change.component.as_str().into(),
                tag(change.tag.as_ref()).into(),
                digest(change.digest.as_ref()).into(),
                verdict(change.verdict),
                evidence(change).into(),
            ]
        })
        .collect();
    let heading = ["COMMITTED", "COMMIT", "ENVIRONMENT", "COMPONENT", "TAG", "DIGEST", "INVARIANT", "EVIDENCE"];
    let mut text = table(heading, &rows);
    text.push('\n');
    for change in changes.iter().filter(|change| change.verdict != Verdict::Holds) {
        let (component, environment, commit) = (&change.component, &change.environment, change.commit.short());
        text.push_str(&format!("{component} in {environment}, {commit}: {}\n", one_line(&change.reason)));
    }
    text.push_str(&format!("{}\n", sum(changes)));
    text
}

fn evidence(change: &Audited) -> &'static str {
    change.evidence.as_ref().map_or("-", |evidence| evidence.kind.as_str())
}

/// Counts the changes.
fn sum(changes: &[Audited]) -> String {
    let count = |verdict| changes.iter().filter(|change| change.verdict == verdict).count();
    let (holds, broken, unknown) = (count(Verdict::Holds), count(Verdict::Broken), count(Verdict::Unknown));
    let changes = if changes.len() == 1 { "1 change".into() } else { format!("{} changes", changes.len()) };
    format!("{changes}: {holds} verified before, {broken} not, {unknown} that cannot be told.")
}

/// Writes the report in Markdown.
pub(crate) fn markdown(application: &str, changes: &[Audited]) -> String {
    let mut text = format!("# Audit of {}\n\n{}\n", cell(application), sum(changes));
    for (title, wanted) in
        [("Not verified", Verdict::Broken), ("Cannot be told", Verdict::Unknown), ("Verified before", Verdict::Holds)]
    {
        let some: Vec<&Audited> = changes.iter().filter(|change| change.verdict == wanted).collect();
        if some.is_empty() {
            continue;
        }
        text.push_str(&format!(
            "\n## {title}\n\n| committed | commit | by | environment | component | tag | digest | evidence | why |\n\
             | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n"
        ));
        for change in some {
            text.push_str(&row(change));
        }
    }
    text.push_str(&format!(
        "\nEvidence: `{}` of commits and the platform's deployments agree; `{}`: pinned, or on the platform's record; \
         `{}`: what the tags name now, since nothing is pinned or recorded.\n",
        EvidenceKind::Trailers.as_str(),
        EvidenceKind::Deployment.as_str(),
        EvidenceKind::TagNow.as_str()
    ));
    text
}

fn row(change: &Audited) -> String {
    let code = |text: Option<String>| text.map_or_else(|| "-".into(), |text| format!("`{}`", cell(&text)));
    let cells = [
        change.at.to_string(),
        code(Some(change.commit.to_string())),
        cell(&change.author),
        cell(change.environment.as_str()),
        cell(change.component.as_str()),
        code(change.tag.as_ref().map(ToString::to_string)),
        code(change.digest.as_ref().map(ToString::to_string)),
        evidence(change).into(),
        cell(&change.reason),
    ];
    format!("| {} |\n", cells.join(" | "))
}

/// Makes a text of somebody else one cell: no markup of its own, nobody who is called by it, no second line.
fn cell(text: &str) -> String {
    let mut cell = String::new();
    for character in one_line(text).chars() {
        if matches!(character, '|' | '<' | '`' | '[' | '\\') {
            cell.push('\\');
        }
        cell.push(character);
        if character == '@' {
            cell.push_str("&#8203;");
        }
    }
    cell
}
