//! What a tag makes of a scalar.

use crate::scalar::resolve;

/// What the tag of a node means for a scalar; readers agree on no more than this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Tag {
    /// There is none.
    #[default]
    None,
    /// `!!str`, in any spelling.
    String,
    /// The bare `!`: go-yaml v2 reads a string, libyaml what the text would be if it stood plain, quotes or not.
    /// Both take `<<` for a merge key.
    Bare,
    /// `!!merge`, in any spelling.
    Merge,
    /// Any other.
    Foreign,
}

impl Tag {
    pub(super) fn new(tag: &granit_parser::Tag) -> Self {
        match (tag.handle(), tag.suffix()) {
            ("", "!") => Self::Bare,
            _ if tag.is_yaml_core_schema_tag("str") => Self::String,
            (handle, suffix) if format!("{handle}{suffix}") == "tag:yaml.org,2002:merge" => Self::Merge,
            _ => Self::Foreign,
        }
    }

    /// Tells whether a scalar with this text may be something other than that string because of the tag.
    pub(super) fn estranges(self, text: &str) -> bool {
        match self {
            Self::None | Self::String => false,
            Self::Bare => !resolve::is_string(text),
            Self::Merge | Self::Foreign => true,
        }
    }
}
