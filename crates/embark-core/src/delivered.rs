//! What Argo CD has brought to an environment, as it tells.

use std::fmt;

use crate::commit::Revision;

/// What runs in an environment, as the system tells that pulls from the deployment repo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    /// The commits that it has looked at and compared with what runs: one for each source in the deployment repo. What
    /// runs is theirs only where [`sync`](Self::sync) says so.
    pub revisions: Vec<Revision>,
    /// The commits that its newest whole synchronisation has applied, one for each source in the deployment repo.
    pub applied: Vec<Revision>,
    /// Whether what runs is what `revisions` say.
    pub sync: SyncState,
    /// How what runs is.
    pub health: Health,
    /// What it says itself of all that: one line, without what a terminal would act on.
    pub message: Option<String>,
    /// The resources that are degraded.
    pub degraded: Vec<DegradedResource>,
    /// How far its newest operation is.
    pub operation: Option<Operation>,
    /// The commits that this operation applies or has tried to, one for each source in the deployment repo; none where it
    /// does not tell.
    pub operated: Vec<Revision>,
    /// The images that run, as they are pulled: `repository:tag`, `repository:tag@digest` or `repository@digest`.
    pub images: Vec<String>,
    /// Whether it synchronises by itself, and does not wait for a person.
    pub is_automated: bool,
}

impl Delivered {
    /// Returns the commits that are in effect, as far as it tells.
    pub fn in_effect(&self) -> &[Revision] {
        if self.sync == SyncState::Synced { &self.revisions } else { &self.applied }
    }
}

/// A resource that is degraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DegradedResource {
    /// What it is, as in `Deployment`.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Why, where that is told.
    pub message: Option<String>,
}

impl fmt::Display for DegradedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)?;
        self.message.as_ref().map_or(Ok(()), |message| write!(f, ": {message}"))
    }
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $word:ident,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $word,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$word),*];

            /// Returns Argo CD's word for it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$word => stringify!($word),)*
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// Whether what runs is what the deployment repo says.
    #[derive(Default)]
    SyncState {
        /// It is.
        Synced,
        /// It is not.
        OutOfSync,
        /// It is not known.
        #[default]
        Unknown,
    }
}

words! {
    /// How what runs is.
    #[derive(Default)]
    Health {
        /// As it should be.
        Healthy,
        /// On its way there.
        Progressing,
        /// It does not get there.
        Degraded,
        /// It waits for a person.
        Suspended,
        /// It is not there.
        Missing,
        /// It is not known.
        #[default]
        Unknown,
    }
}

words! {
    /// How far an operation is.
    Operation {
        /// It goes on.
        Running,
        /// It is being stopped.
        Terminating,
        /// It could not be carried out.
        Failed,
        /// It could not be begun.
        Error,
        /// It is done.
        Succeeded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_sync_has_what_was_applied_and_not_what_was_looked_at() {
        let [seen, before] = ["b", "a"].map(|letter| vec![letter.repeat(40).parse::<Revision>().expect("a commit")]);
        let delivered = |sync| Delivered { revisions: seen.clone(), applied: before.clone(), sync, ..<_>::default() };
        assert_eq!(delivered(SyncState::Synced).in_effect(), seen);
        for sync in [SyncState::OutOfSync, SyncState::Unknown] {
            assert_eq!(delivered(sync).in_effect(), before, "{sync}");
        }
    }
}
