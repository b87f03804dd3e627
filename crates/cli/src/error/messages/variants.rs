//! The variants of the error enums, by name. The compiler demands that the lists are complete.

use embark_core::{NotVerified, Refusal};

/// An enum that can name its variants.
pub(super) trait Variants {
    /// The names of all.
    const ALL: &[&str];

    /// Returns the name of this one.
    fn variant(&self) -> &'static str;
}

macro_rules! variants {
    ($($enum:ident { $($variant:ident),* $(,)? })*) => {$(
        impl Variants for $enum {
            const ALL: &[&str] = &[$(stringify!($variant)),*];

            fn variant(&self) -> &'static str {
                match self { $($enum::$variant { .. } => stringify!($variant)),* }
            }
        }
    )*};
}

variants! {
    Refusal {
        ImageMissing, TagMoved, TagTaken, NotVerified, NothingToPromote, NotRunning, NotAncestor, EditedByHand,
        NotReported, NotConfigured, ForeignImage, ForeignTag, NotAPromotion, NotProven, NeverRan, NothingToRollBack,
        NeverRanThere, NeverVerified, BeforeEmbarkElsewhere, NoWayAround, HeldAsAWhole, Closed, Sibling,
    }
    NotVerified { NotRun, Withdrawn, Waived, Disagreement, RolledBack, Soak, Checks }
}
