//! What the description says, beside what prism looks at.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A description, pruned to what embark asks.
pub(crate) struct Description(Value);

impl Description {
    pub(crate) fn read(rig: &Path, name: &str) -> Self {
        let text = fs::read(rig.join(name)).expect("the description can be read: run ./tests/run --set-up");
        Self(serde_json::from_slice(&text).expect("the description is JSON"))
    }

    /// Returns one of its examples of an answer.
    pub(crate) fn example(&self, name: &str) -> Value {
        let example = &self.0["components"]["examples"][name]["value"];
        assert!(!example.is_null(), "GitHub's description has an example {name}");
        example.clone()
    }

    /// Returns the path of an operation as it is described, with the names of its parameters.
    pub(crate) fn template(&self, target: &str) -> Option<&str> {
        let path = target.split('?').next().unwrap_or_default();
        let mut templates = self.0["paths"].as_object().expect("the description has paths").keys();
        templates.find(|template| fits(template, path)).map(String::as_str)
    }

    /// Lists the query parameters of a request that are not described. Of what is not described at all that is none:
    /// prism sees it.
    pub(crate) fn undescribed(&self, method: &str, target: &str) -> Vec<String> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let paths = self.0["paths"].as_object().expect("the description has paths");
        let Some((_, item)) = paths.iter().find(|(template, _)| fits(template, path)) else { return Vec::new() };
        let parameters = [&item[method.to_lowercase()]["parameters"], &item["parameters"]];
        let parameters = parameters.into_iter().filter_map(Value::as_array).flatten().map(|parameter| {
            let reference = parameter["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
            reference.map_or(Some(parameter), |reference| self.0.pointer(reference))
        });
        let known: Vec<&str> = parameters
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| parameter["name"].as_str())
            .collect();
        let names = query.split('&').filter_map(|pair| pair.split('=').next()).filter(|name| !name.is_empty());
        names.filter(|name| !known.contains(name)).map(str::to_owned).collect()
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let fits = |(template, given): (&&str, &&str)| template.starts_with('{') || template == given;
    template.len() == path.len() && template.iter().zip(&path).all(fits)
}
