//! What a plain scalar means to a reader of YAML 1.1.
//!
//! Helm reads values with go-yaml v2, which follows neither YAML 1.1 nor 1.2 to the letter. A text counts as a string
//! here only if both go-yaml v2 and the YAML 1.1 types repository, as libyaml's bindings implement it, say so.

/// Words with a meaning in lower, upper and title case.
const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];

/// Tells whether a plain scalar is null.
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

/// Tells whether a plain scalar is a string.
pub(crate) fn is_string(text: &str) -> bool {
    !(is_null(text) || matches!(text, "=" | "<<") || is_word(text) || is_number(text) || is_date(text))
}

/// Tells whether a plain scalar is a boolean or null.
pub(crate) fn is_word(text: &str) -> bool {
    WORDS.iter().any(|word| in_one_case(text, word))
}

/// Tells whether a text is a lower-case word, or that in upper or title case.
fn in_one_case(text: &str, word: &str) -> bool {
    let mut rest = text.bytes().skip(1);
    text.eq_ignore_ascii_case(word)
        && (rest.clone().all(|byte| byte.is_ascii_lowercase())
            || (text.as_bytes()[0].is_ascii_uppercase() && rest.all(|byte| byte.is_ascii_uppercase())))
}

/// Tells whether a plain scalar is a number.
pub(crate) fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '_') {
        return false;
    }
    if let Some(word) = unsigned.strip_prefix('.')
        && (in_one_case(word, "inf") || in_one_case(word, "nan") || word == "NaN")
    {
        return true;
    }
    // Both readers take underscores for nothing, in many places.
    let digits = unsigned.replace('_', "");
    let based = digits.strip_prefix('0').and_then(|rest| rest.strip_prefix(['x', 'X', 'b', 'B', 'o', 'O']));
    if let Some(rest) = based {
        return rest.bytes().all(|byte| byte.is_ascii_hexdigit());
    }
    is_decimal(&digits) || is_sexagesimal(&digits)
}

fn is_decimal(digits: &str) -> bool {
    let (mantissa, exponent) = digits.split_once(['e', 'E']).unwrap_or((digits, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let written = match mantissa.split_once('.') {
        Some((whole, fraction)) => numeric(whole) && numeric(fraction) && whole.len() + fraction.len() > 0,
        None => !mantissa.is_empty() && numeric(mantissa),
    };
    // go-yaml takes what is too large for a float for a string, and so does the rest where there is no point.
    let finite = || digits.contains('.') || digits.parse::<f64>().is_ok_and(f64::is_finite);
    written && !exponent.is_empty() && numeric(exponent) && finite()
}

/// Tells whether a text is like `1:30` or `190:20:30.15`, a number to base 60.
fn is_sexagesimal(digits: &str) -> bool {
    digits.contains(':') && digits.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b'.'))
}

/// Tells whether a text is like `2026-01-31`, alone or before a time.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let numeric = |text: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let day = rest.find(['T', 't', ' ', '\t']).map_or(rest, |end| &rest[..end]);
    numeric(year, 4..=4) && numeric(month, 1..=2) && numeric(day, 1..=2)
}
