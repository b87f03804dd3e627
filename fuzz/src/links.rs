//! The header `Link`.

use embark_github::testing::next_page;
use embark_registry::testing::next_link;

use super::input::{Input, in_quotes};

/// What is written as RFC 8288 has it is read as it was meant, and both readers agree on any header.
pub fn links(data: &[u8]) {
    let mut input = Input(data);
    if input.byte() % 2 == 0 {
        agree(input.0);
    } else {
        written(&mut input);
    }
}

/// Compares the readers: that of GitHub's answers takes whole addresses only.
fn agree(header: &[u8]) {
    match (next_link(header), next_page(&[header])) {
        (Ok(None), github) => assert!(github == Ok(None) || no_header(header), "{header:?}"),
        (Ok(Some(target)), Ok(Some(url))) => {
            let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit();
            let path = target.strip_prefix("https://a.test/").filter(|path| path.chars().all(plain));
            assert!(path.is_none() || target == url, "{target} {url}");
        }
        (Ok(Some(_)) | Err(_), github) => assert!(github.is_err(), "{header:?}: {github:?}"),
    }
}

/// Tells whether no HTTP header can be so.
fn no_header(header: &[u8]) -> bool {
    header.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t')
}

fn written(input: &mut Input<'_>) {
    const NAMES: [&str; 8] = ["rel", "REL", "title", "anchor", "rel", "rev", "crossorigin", "Rel"];
    const RELATIONS: [&str; 4] = ["next", "last next", "prev", "NEXT"];
    let (mut links, mut next) = (Vec::new(), None);
    while !input.0.is_empty() && links.len() < 8 {
        let target = format!("https://a.test/{}", input.words().replace('>', ""));
        let mut link = format!("<{target}>");
        let mut relation = None;
        let count = input.byte() % 4;
        for _ in 0..count {
            let (name, style) = (NAMES[usize::from(input.byte() % 8)], input.byte());
            let is_relation = name.eq_ignore_ascii_case("rel");
            let fixed = RELATIONS[usize::from(style / 4 % 4)].to_owned();
            let value = if is_relation && style % 2 == 0 { fixed } else { input.words() };
            let is_token = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let written = if style & 2 == 0 && is_token { value.clone() } else { in_quotes(&value) };
            link.push_str(&format!("{}{name}={written}", [";", "; ", " ; "][usize::from(style / 16 % 3)]));
            if is_relation {
                relation = relation.or(Some(value));
            }
        }
        let is_next = |relation: &String| relation.split_ascii_whitespace().any(|one| one.eq_ignore_ascii_case("next"));
        if next.is_none() && relation.as_ref().is_some_and(is_next) {
            next = Some(target);
        }
        links.push(link);
    }
    let header = links.join(", ");
    assert_eq!(next_link(header.as_bytes()), Ok(next), "{header:?}");
    agree(header.as_bytes());
}
