//! What those rely on who embed the libraries.

mod api;
mod examples;
mod fuzzing;
