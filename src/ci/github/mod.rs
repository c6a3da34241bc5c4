//! GitHub Actions, and what Gitea and Forgejo have of it.

pub(crate) mod head;
pub(crate) mod run;
pub(crate) mod step;
