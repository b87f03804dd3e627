//! The front matter of a changeset.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};

use crate::script::is_space;

/// Finds the front matter, where it begins, and what follows it, in one pass. The expression of `@changesets/parse` is
/// `\s*---([^]*?)\r?\n\s*---(\s*(?:\n|$)[^]*)`.
pub(crate) fn split(text: &str) -> Option<(usize, &str, &str)> {
    // What would close a later opening closes the first one as well.
    let start = text.find("---")? + 3;
    // The first line break since anything but white space.
    let mut line_end = None;
    for (at, c) in text[start..].char_indices().map(|(at, c)| (start + at, c)) {
        if let Some(end) = line_end
            && let Some(summary) = text[at..].strip_prefix("---").filter(|rest| is_line_end(rest))
        {
            let front = &text[start..end];
            return Some((start, front.strip_suffix('\r').unwrap_or(front), summary));
        }
        match c {
            '\n' => line_end = line_end.or(Some(at)),
            c if is_space(c) => {}
            _ => line_end = None,
        }
    }
    None
}

/// Tells whether nothing but white space is left of a line.
fn is_line_end(text: &str) -> bool {
    let rest = text.trim_start_matches(is_space);
    rest.is_empty() || text[..text.len() - rest.len()].contains('\n')
}

/// Reads a front matter: packages and what is said of each, in their order.
///
/// # Errors
/// The line that is wrong, from 1.
pub(crate) fn pairs(front: &str) -> Result<Vec<(String, String)>, usize> {
    // A package may be called `<<`. Of one that is there twice more can be told by who knows that these are packages.
    let options = serde_saphyr::options! {
        merge_keys: MergeKeyPolicy::AsOrdinary,
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
    };
    let pairs: Result<Option<Pairs>, _> = serde_saphyr::from_str_with_options(front, options);
    let pairs = pairs.map_err(|error| {
        let line = error.location().and_then(|at| usize::try_from(at.line()).ok());
        line.unwrap_or_default().max(1)
    })?;
    Ok(pairs.map_or_else(Vec::new, |pairs| pairs.0.into_iter().map(|(key, word)| (key, word.0)).collect()))
}

struct Pairs(Vec<(String, Word)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map from packages to bumps")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// What is said of a package: its text, or what stands there in place of one.
struct Word(String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a bump")
            }

            fn visit_str<E>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.into()))
            }

            fn visit_bool<E>(self, value: bool) -> Result<Word, E> {
                Ok(Word(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Word, E> {
                Ok(Word(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Word, E> {
                Ok(Word(value.to_string()))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Word, E> {
                Ok(Word(value.to_string()))
            }

            fn visit_unit<E>(self) -> Result<Word, E> {
                Ok(Word(String::new()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Word, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Word("[…]".into()))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Word, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Word("{…}".into()))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
