//! Names of components and environments, and paths of files in the deployment repo.

use crate::text::text_type;

text_type! {
    /// The name of an environment, e.g. `staging`: a DNS label.
    ///
    /// ```
    /// use embark_core::EnvironmentName;
    ///
    /// assert!("staging".parse::<EnvironmentName>().is_ok());
    /// assert!("../production".parse::<EnvironmentName>().is_err());
    /// ```
    EnvironmentName, "the name of an environment", label
}

text_type! {
    /// The name of a component, e.g. `frontend`: a DNS label.
    ComponentName, "the name of a component", label
}

text_type! {
    /// The path of a file in the deployment repo: relative, separated by `/`, without `.` or `..`.
    FilePath, "a path in the deployment repo", relative_path
}

const MAX_LABEL: usize = 63;

fn label(text: &str) -> Result<(), &'static str> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let bytes = text.as_bytes();
    if bytes.is_empty()
        || bytes.len() > MAX_LABEL
        || !bytes.iter().copied().all(inner)
        || bytes.starts_with(b"-")
        || bytes.ends_with(b"-")
    {
        return Err("1 to 63 lower-case letters, digits and inner hyphens are allowed");
    }
    Ok(())
}

fn relative_path(text: &str) -> Result<(), &'static str> {
    if text.contains('\\') || text.chars().any(char::is_control) {
        return Err("its parts must be separated by /, without control characters");
    }
    if text.split('/').any(|part| matches!(part, "" | "." | ".." | ".git")) {
        return Err("a relative path is needed, without empty parts, '.', '..' and '.git'");
    }
    Ok(())
}

/// A component in an environment: the lane in which deployments supersede one another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The environment.
    pub environment: EnvironmentName,
    /// The component.
    pub component: ComponentName,
}

impl Target {
    /// Names `component` in `environment`.
    pub fn new(environment: &EnvironmentName, component: &ComponentName) -> Self {
        Self { environment: environment.clone(), component: component.clone() }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} in {}", self.component, self.environment)
    }
}
