//! The real binary, run with an environment of nothing but what a test gives it.
//!
//! One test binary: its parts are the modules below, and a test makes sure that none is forgotten.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

#[path = "../aws/mod.rs"]
mod aws;

mod advice;
mod architecture;
mod aws_alias;
mod aws_client;
mod aws_endpoint;
mod aws_faults;
mod aws_hostile;
mod aws_identity;
mod aws_leaks;
mod aws_named;
mod aws_plugin;
mod aws_report;
mod aws_scene;
mod aws_secrets;
mod aws_settings;
mod aws_sign;
mod aws_sigv4;
mod aws_verify;
mod aws_whose_answer;
mod children;
mod completions;
mod demo;
mod deploy;
mod doctor;
mod edges;
mod errors;
mod foreign_manifests;
mod forged_lines;
mod gate_reports;
mod gates;
mod github;
mod gitlab;
mod guides;
mod hangs;
mod help;
mod home;
mod images_from;
mod key_forms;
mod key_generate;
mod layout_registry;
mod memory;
mod pages;
mod pin;
mod places;
mod places_in_files;
mod reports;
mod schema;
mod sealgate;
mod signals;
mod systems;
mod trust;
mod wait;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn no_file_of_this_folder_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration");
    let files: BTreeSet<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs") || path.join("mod.rs").exists())
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "main")
        .collect();
    let modules: BTreeSet<_> = include_str!("main.rs")
        .lines()
        .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'))
        .filter(|name| *name != "aws")
        .map(str::to_owned)
        .collect();
    assert_eq!(files, modules);
}
