#![doc = include_str!("../README.md")]
#![expect(clippy::missing_panics_doc, clippy::panic, reason = "a harness tells a test that it failed by panicking")]

pub mod harness;
