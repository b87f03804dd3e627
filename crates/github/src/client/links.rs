//! The header [`Link`](https://www.rfc-editor.org/rfc/rfc8288#section-3). `embark-registry` reads it in the same way: adapters do
//! not know each other.

/// Tells that a header cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Finds the target of the next page; `None` where the links lead elsewhere.
///
/// # Errors
/// [`Unreadable`] if the header is no list of links: whether it names a next page cannot be told then.
pub(super) fn next_link(header: &[u8]) -> Result<Option<&str>, Unreadable> {
    let mut rest = str::from_utf8(header).map_err(|_| Unreadable)?;
    let mut next = None;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Ok(next);
        }
        let (target, after) = rest.strip_prefix('<').and_then(|rest| rest.split_once('>')).ok_or(Unreadable)?;
        let (is_next, after) = parameters(after)?;
        if is_next && next.is_none() {
            next = Some(target);
        }
        rest = after;
    }
}

/// Reads the parameters of a link: whether they say that it is the next page, and what follows them.
fn parameters(text: &str) -> Result<(bool, &str), Unreadable> {
    let mut relation: Option<String> = None;
    let mut rest = blank(text);
    while let Some(parameter) = rest.strip_prefix(';') {
        let parameter = blank(parameter);
        let (name, after) = parameter.split_at(parameter.find(['=', ';', ',']).unwrap_or(parameter.len()));
        let (value, after) = match after.strip_prefix('=') {
            Some(after) => value(blank(after))?,
            None => (String::new(), after),
        };
        // Of several the first one counts.
        if name.trim_end().eq_ignore_ascii_case("rel") && relation.is_none() {
            relation = Some(value);
        }
        rest = blank(after);
    }
    let relations = relation.unwrap_or_default();
    let is_next = relations.split_ascii_whitespace().any(|relation| relation.eq_ignore_ascii_case("next"));
    if rest.is_empty() || rest.starts_with(',') { Ok((is_next, rest)) } else { Err(Unreadable) }
}

/// Reads a value, in quotes or bare, and returns what follows it.
fn value(text: &str) -> Result<(String, &str), Unreadable> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (value, after) = text.split_at(text.find([';', ',']).unwrap_or(text.len()));
        return Ok((value.trim_end().into(), after));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((value, &quoted[at + 1..])),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            other => value.push(other),
        }
    }
    Err(Unreadable)
}

fn blank(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_among_links() {
        for (header, next) in [
            ("</v2/x/tags/list?last=b,c&n=2>; rel=\"next\"", Some("/v2/x/tags/list?last=b,c&n=2")),
            ("<https://r.test/?a=%3D>;Rel=next", Some("https://r.test/?a=%3D")),
            ("<first>; rel=\"first\", <second>; title=\"x\"; rel=\"last next\"", Some("second")),
            ("<a>; title=\"b, <c>; rel=next\"; rel=\"next\"", Some("a")),
            ("<a>; title=\"b, \\\"<c>; rel=next\"; rel=last , <d>; REL = next", Some("d")),
            ("<a>; rel=last; rel=next", None),
            ("<a>; rel=next; crossorigin,, <b>; rel=next,", Some("a")),
            ("<first>; rel=\"prev\"", None),
            ("<first>", None),
            ("", None),
        ] {
            assert_eq!(next_link(header.as_bytes()), Ok(next), "{header}");
        }
    }

    #[test]
    fn what_is_no_list_of_links_is_not_taken_for_the_end() {
        for header in [
            "first; rel=\"next\"",
            "<first; rel=\"next\"",
            "<first>; rel=\"next",
            "<first> rel=next",
            "<first>; rel=\"last\" <second>; rel=\"next\"",
            "nonsense",
        ] {
            assert_eq!(next_link(header.as_bytes()), Err(Unreadable), "{header}");
        }
        assert_eq!(next_link(b"<\xff>; rel=\"next\""), Err(Unreadable));
    }
}
