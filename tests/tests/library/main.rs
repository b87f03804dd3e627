//! What those rely on who embed the libraries, and what the pages say of the sources.

mod api;
mod examples;
mod fuzzing;
mod programs;
mod sources;
mod threats;
