//! Whether the edits of embark arrive in what Helm and Kustomize make of them.

mod checks;
mod deployments;
mod over_api;
mod unread;
