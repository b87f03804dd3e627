//! Texts with places that are filled in.
//!
//! `[[name]]` stands for a text. Alone on a line it stands for as many lines as the text has, each as far in; for none
//! if the text is empty. Lines between `[[if name]]` or `[[if not name]]` and `[[end]]` are there if that is so.

/// What stands for a name.
pub(super) type Texts<'a> = [(&'a str, String)];
/// What is so.
pub(super) type Flags<'a> = [(&'a str, bool)];

/// Fills a template in. What has no text is left as it is.
pub(super) fn render(template: &str, texts: &Texts<'_>, flags: &Flags<'_>) -> String {
    let mut result = String::new();
    let mut is_shown = true;
    for line in template.lines() {
        match line.trim().strip_prefix("[[").and_then(|rest| rest.strip_suffix("]]")) {
            Some("end") => is_shown = true,
            Some(word) if word.starts_with("if ") => is_shown = holds(&word["if ".len()..], flags),
            _ if !is_shown => {}
            Some(name) if texts.iter().any(|(known, _)| *known == name) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let text = texts.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| text);
                for line in text.lines() {
                    result.push_str(&format!("{}{line}\n", if line.is_empty() { "" } else { indent }));
                }
            }
            _ => {
                let fill = |line: String, (name, text): &(&str, String)| line.replace(&format!("[[{name}]]"), text);
                result.push_str(&texts.iter().fold(line.to_owned(), fill));
                result.push('\n');
            }
        }
    }
    result
}

fn holds(condition: &str, flags: &Flags<'_>) -> bool {
    let (name, expected) = condition.strip_prefix("not ").map_or((condition, true), |name| (name, false));
    flags.iter().any(|(known, holds)| *known == name && *holds) == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_and_lines_left_out() {
        let template =
            "a: [[x]] [[x]]\n[[if yes]]\nb:\n  [[lines]]\n  [[none]]\n[[end]]\n[[if not yes]]\nc\n[[end]]\nd\n";
        let texts = [("x", "1".to_owned()), ("lines", "- e\n\n- f\n".to_owned()), ("none", String::new())];
        assert_eq!(render(template, &texts, &[("yes", true)]), "a: 1 1\nb:\n  - e\n\n  - f\nd\n");
        assert_eq!(render(template, &texts, &[]), "a: 1 1\nc\nd\n");
        assert_eq!(render("[[unknown]] [[x]]\n", &texts, &[]), "[[unknown]] 1\n");
    }
}
