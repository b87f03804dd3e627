//! What must be so, in words.

use super::process::Request;

/// A property of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Property {
    Verified,
    Soaked,
    InStep,
    Tagged,
    Once,
    Newest,
    Held,
    Alone,
    True,
    Withdrawn,
    Healthy,
    Failed,
    Looked,
    ReadBack,
    Superseded,
    Together,
    Verify,
    Quiet,
    Ends,
    Recorded,
    Ships,
}

impl Property {
    pub(crate) const ALL: [Self; 21] = [
        Self::Verified,
        Self::Soaked,
        Self::InStep,
        Self::Tagged,
        Self::Once,
        Self::Newest,
        Self::Held,
        Self::Alone,
        Self::True,
        Self::Withdrawn,
        Self::Healthy,
        Self::Failed,
        Self::Looked,
        Self::ReadBack,
        Self::Superseded,
        Self::Together,
        Self::Verify,
        Self::Quiet,
        Self::Ends,
        Self::Recorded,
        Self::Ships,
    ];

    /// Says it in words, and when it is asked.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Verified => {
                "A commit of embark's brings to production only a digest that staging ran by a commit of the branch, and \
                 that was verified there between the look and the commit; or, as a rollback, what production ran by a \
                 commit, or what it named before embark, which a person has waived and whose tag no run records with \
                 another digest"
            }
            Self::Soaked => {
                "Where a time is demanded, staging had had that digest for so long, or the deployment records a waiver"
            }
            Self::InStep => {
                "A promotion is created only of what staging's values file named since the look, or one that has begun"
            }
            Self::Tagged => "embark gives a version's tag only to a digest that staging ran by a commit",
            Self::Once => "No deployment is carried out by two commits",
            Self::Newest => {
                "No deployment is carried out after a newer one of its component and environment that no forged run hides, \
                 whatever became of that; what was released once the other had failed may be newer by its number alone"
            }
            Self::Held => "What the commit before holds does not move, but by a rollback",
            Self::Alone => "A commit changes what its deployment names, and no other key, file or hold",
            Self::True => {
                "A success names the commit that carried the deployment out, or one at which the file pins it"
            }
            Self::Withdrawn => "What somebody has found wrong is called no success again",
            Self::Healthy => {
                "Where a success is a healthy one, it is reported only of what the cluster had, in good health, since that \
                 process began"
            }
            Self::Failed => {
                "What is known to be carried out is called a failure only where the cluster was degraded, its tag had moved \
                 or it was a failure before, and says which"
            }
            Self::Looked => "What is committed has a tag that named its digest since the look",
            Self::ReadBack => "Where the tag had moved when a success was reported, the same process reports a failure",
            Self::Superseded => "A deployment is closed as superseded only for a newer one that is no forgery",
            Self::Together => {
                "A release or promotion that is refused for one component writes nothing for any; one that is done has \
                 given all of them the version's tag"
            }
            Self::Verify => "verify says that it holds only of a digest that embark brought to production as above",
            Self::Quiet => {
                "Where nobody did what they should not, neither verify nor audit says broken, but of what one process has \
                 called a success and another one a failure then"
            }
            Self::Ends => "Once all is well again, one run ends everything that waits and is not held",
            Self::Recorded => "Then what was committed is a success, or a failure that says why",
            Self::Ships => "Then the next commit can be shipped, runs in production, and verify says that it holds",
        }
    }
}

/// A property that does not hold.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) property: Property,
    pub(crate) why: String,
}

impl Broken {
    pub(crate) fn endless(request: &Request) -> Self {
        Self { property: Property::Ends, why: format!("this does not come to an end: {request:?}") }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({}): {}", self.property, self.property.words(), self.why)
    }
}
