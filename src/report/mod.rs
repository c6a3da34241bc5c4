//! What a run found, and how it is shown: one model, pure renderers.
//!
//! A renderer takes a [`Report`] and returns text; its caller writes it. Text from outside (registries,
//! certificates, references) is stored as it came and escaped by the renderer, for the place that it is shown in.

pub(crate) mod escape;

pub(crate) mod limits;
pub(crate) mod style;

mod model;

pub(crate) mod build;

pub(crate) mod caveat;

mod azure;
mod children;

mod demo;
mod deploy;
mod doctor;
mod exit;
mod fingerprint;
mod folds;
mod format;
mod gate;
mod gates_file;
mod gist;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod language;
mod line;
mod markdown;
mod outputs;
mod pin;
mod posts;
mod remarks;
mod sarif;
mod schema;
mod shorten;
mod signature;
mod teamcity;
mod text;
mod tree;
mod trust;
mod variables;
mod vsa;

pub(crate) mod wrap;

pub(crate) use azure::upload_summary;
pub(crate) use deploy::{DeployFile, DeployKind, NotDeployable, deploy_file, image_definitions};
pub(crate) use format::{FILES, Files, Format, PAGE, files, render, summary};
pub(crate) use github::{artifacts, mask};
pub(crate) use json::render as render_json;
pub(crate) use language::{Language, OutputForm, annotations, outputs};
pub(crate) use model::*;
pub(crate) use outputs::VARIABLES as OUTPUT_VARIABLES;
pub(crate) use posts::{Ending, PostRemark};
pub(crate) use remarks::Grade;
pub(crate) use sarif::Meaning;
pub(crate) use schema::SCHEMA;
pub(crate) use shorten::{Run, weight};

#[cfg(test)]
mod samples;

#[cfg(test)]
mod tests;
