//! What renders the values files, as far as it is not found.

use std::collections::BTreeMap;

use embark_core::{EnvironmentName, FilePath, ImagePath};
use embark_render::{ChartFolder, ReleaseName, Settings};

/// What renders the values files, as far as it is not found.
#[derive(Debug, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "Render")]
pub(super) struct File {
    /// The folder of the Helm chart in the deployment repo, e.g. `charts/shop`; `.` is the whole repo. By default it is
    /// looked for from the values file upwards. A `chart` of an environment goes before it.
    chart: Option<String>,
    /// The name of Helm's release. The default is the name of the application, where that can be one, or `app`.
    release: Option<String>,
    /// The namespace of Helm's release. The default is Helm's.
    namespace: Option<String>,
    /// Values files that come before that of the environment, e.g. `[common.yaml]`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    values: Vec<FilePath>,
    /// Where images stand besides containers, in custom resources: e.g. `[spec.image, "spec.nodes[].image"]`.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    images: Vec<ImagePath>,
    /// Whether `deploy`, `promote`, `notes` and `release --deploy` always do what `--render` asks for. The default is
    /// `false`.
    #[serde(default)]
    pub(super) always: bool,
}

impl File {
    /// Checks it, with the charts of single environments.
    pub(super) fn check(
        self,
        application: &str,
        charts: impl IntoIterator<Item = (EnvironmentName, String)>,
    ) -> Result<Settings, String> {
        let chart = |key: &str, text: String| text.parse::<ChartFolder>().map_err(|error| format!("{key}: {error}"));
        let name = |key: &str, text: Option<String>| {
            let name = text.map(|text| text.parse::<ReleaseName>()).transpose();
            name.map_err(|error| format!("{key}: {error}"))
        };
        let found = Settings::new(application);
        let charts: BTreeMap<_, _> = charts
            .into_iter()
            .map(|(environment, text)| {
                let key = format!("environment {environment}, chart");
                Ok((environment, chart(&key, text)?))
            })
            .collect::<Result<_, String>>()?;
        Ok(Settings {
            chart: self.chart.map(|text| chart("render.chart", text)).transpose()?,
            charts,
            release: name("render.release", self.release)?.unwrap_or_else(|| found.release.clone()),
            namespace: name("render.namespace", self.namespace)?,
            values: self.values,
            images: self.images,
            ..found
        })
    }
}
