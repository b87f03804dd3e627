//! Serde by way of `Display` and `FromStr`: what is parsed once is never a bare string again.

macro_rules! serde_as_text {
    ($type:ty) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

/// Has a carriage return that ends no line be a space. To a changelog it is a character within a line, and to Markdown it
/// begins another one, in which anything might stand.
pub(crate) fn without_lone_returns(text: &str) -> String {
    let lines: Vec<String> = text.split("\r\n").map(|line| line.replace('\r', " ")).collect();
    lines.join("\r\n")
}

/// Puts words of others on one line, without what is not seen: what a terminal acts on, and what turns the direction of
/// [writing](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters).
pub(crate) fn on_one_line(text: &str) -> String {
    let is_turning =
        |c: char| matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().filter(|c| !c.is_control() && !is_turning(*c)).collect()
}

/// Declares a newtype over a text that is checked once, when it is parsed.
macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::text::TextError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match $check(text) {
                    Ok(()) => Ok(Self(text.into())),
                    Err(rule) => Err(crate::text::TextError::new(text, $what, rule)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Debug::fmt(&self.0, f)
            }
        }

        crate::text::serde_as_text!($name);
    };
}

pub(crate) use {serde_as_text, text_type};

/// Joins an error and its sources, for where there is one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

/// Tells why a text is not the name, tag, path or commit that it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {what}: {rule}")]
pub struct TextError {
    text: String,
    what: &'static str,
    rule: &'static str,
}

impl TextError {
    pub(crate) fn new(text: &str, what: &'static str, rule: &'static str) -> Self {
        Self { text: text.into(), what, rule }
    }
}
