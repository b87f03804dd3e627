//! The header `WWW-Authenticate`.

use embark_registry::testing::{challenges, demand};

use super::input::{Input, in_quotes};

/// What is written as RFC 9110 has it is read as it was meant, and no header makes embark send credentials in the clear.
pub fn challenge(data: &[u8]) {
    let mut input = Input(data);
    let header =
        if input.byte() % 2 == 0 { String::from_utf8_lossy(input.0).into_owned() } else { written(&mut input) };
    if let Ok(Some((realm, _))) = demand(&header) {
        let rest = realm.strip_prefix("https://").or_else(|| realm.strip_prefix("http://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).expect("an address over HTTP");
        assert!(!authority.contains('@'), "{realm}");
        let is_loopback = ["localhost", "127.", "[::1]"].iter().any(|host| authority.starts_with(host));
        assert!(realm.starts_with("https://") || is_loopback, "{realm}");
    }
}

/// Writes a header, and compares what is read of it with what was written.
fn written(input: &mut Input<'_>) -> String {
    let (mut header, mut meant) = (String::new(), Vec::new());
    while !input.0.is_empty() && meant.len() < 8 {
        let scheme = input.token();
        let mut parameters = Vec::new();
        let mut words = Vec::new();
        let count = input.byte() % 4;
        for _ in 0..count {
            let (name, value, style) = (input.token(), input.words(), input.byte());
            let is_bare =
                !value.is_empty() && !value.contains(|char: char| char == ',' || char == '"' || char.is_whitespace());
            let written = if style % 2 == 0 && is_bare { value.clone() } else { in_quotes(&value) };
            let equals = ["=", " =", "= ", " = "][usize::from(style / 2 % 4)];
            words.push(format!("{name}{equals}{written}"));
            parameters.push((name.to_ascii_lowercase(), value));
        }
        if !header.is_empty() {
            header.push_str(", ");
        }
        header.push_str(&format!("{scheme} {}", words.join([",", ", "][usize::from(count % 2)])));
        meant.push((scheme.to_ascii_lowercase(), parameters));
    }
    assert_eq!(challenges(&header), meant, "{header:?}");
    header
}
