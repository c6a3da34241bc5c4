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

mod demo;
mod deploy;
mod doctor;
mod exit;
mod format;
mod gist;
mod github;
mod html;
mod json;
mod junit;
mod line;
mod markdown;
mod outputs;
mod posts;
mod remarks;
mod sarif;
mod schema;
mod shorten;
mod signature;
mod text;
mod tree;
mod trust;

pub(crate) mod wrap;

pub(crate) use deploy::{DeployFile, DeployKind, NotDeployable, deploy_file, image_definitions};
pub(crate) use format::{FILES, Format, PAGE, files, outputs, render, summary};
pub(crate) use github::{annotations, artifacts, mask};
pub(crate) use json::render as render_json;
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
