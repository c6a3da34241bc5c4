//! GitHub Actions, and what Gitea and Forgejo have of it.

pub(crate) mod action;
pub(crate) mod event;
pub(crate) mod run;
