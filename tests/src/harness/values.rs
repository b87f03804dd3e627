//! The values files of the tests: every style that an edit must leave alone.

/// What a values file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Values {
    /// The tag of the frontend.
    pub frontend_tag: String,
    /// The digest of the frontend.
    pub frontend_digest: String,
    /// The repository of the backend.
    pub backend_repository: String,
    /// The tag of the backend.
    pub backend_tag: String,
}

impl Values {
    /// Returns what stood there before embark came.
    pub fn before_embark() -> Self {
        Self {
            frontend_tag: "legacy-7".into(),
            frontend_digest: String::new(),
            backend_repository: "registry.example.com/legacy/backend".into(),
            backend_tag: "legacy-7".into(),
        }
    }

    /// Writes the values file of an environment; each environment has a style of its own.
    pub fn text(&self, environment: &str) -> String {
        match environment {
            "dev" => self.dev(),
            "staging" => self.staging(),
            _ => self.production(),
        }
    }

    fn dev(&self) -> String {
        let Self { frontend_tag, frontend_digest, backend_repository, backend_tag } = self;
        format!(
            r#"# Values of dev: owned by the platform team; the image keys are written by embark.
global: &defaults
    team:   "odd  spacing"   # kept

backend:                     # before the frontend, and so it stays
    <<: *defaults
    image:
        repository: '{backend_repository}'
        # the chart adds no digest
        tag: "{backend_tag}"   # the version tag
    env:
    - {{ name: GREETING, value: "tag: none # no comment" }}
frontend:
    replicas: 0x2
    image: {{tag: "{frontend_tag}", digest: '{frontend_digest}', pullPolicy: IfNotPresent}}   # on one line
    hosts: [ dev.example.com ]
empty:
script: |
    # frontend: {{ image: {{ tag: decoy }} }}
    tag: decoy
last: ~"#
        )
    }

    fn staging(&self) -> String {
        let Self { frontend_tag, frontend_digest, backend_repository, backend_tag } = self;
        format!(
            "---\nfrontend:\n  image:\n    digest: \"{frontend_digest}\"\n    tag:      {}\n\n\n\
             # The backend of staging talks to the copy of the database.\n\
             backend: {{image: {{repository: \"{backend_repository}\", tag: '{backend_tag}'}}, replicas: 2}}\n\
             on: yes\n# the end\n\n",
            plain(frontend_tag)
        )
    }

    fn production(&self) -> String {
        let Self { frontend_tag, frontend_digest, backend_repository, backend_tag } = self;
        format!(
            "# Values of production: change them with embark, or tell the people on call.\n\
             tag: decoy\nimage:\n  tag: decoy\n\
             \"backend\":\n  \"image\":\n    tag: '{backend_tag}' # quoted: 1.10 is no number\n    \
             repository: {backend_repository}\n\
             frontend:\n  image:\n    # both or neither\n    tag: \"{frontend_tag}\"\n    digest: '{frontend_digest}'\n  \
             resources: {{ limits: {{ memory: 1Gi }} }}\n"
        )
    }
}

/// Writes a scalar that was plain: quoted only where some reader of YAML could take it for a number.
fn plain(text: &str) -> String {
    let could_be_a_number = text.starts_with(|first: char| first.is_ascii_digit()) && !text.contains('-');
    if could_be_a_number { format!("\"{text}\"") } else { text.to_owned() }
}
