//! Everything between sealgate and AWS: credentials, regions and endpoints, and the calls.
//!
//! Nothing here decides about trust. What is known without asking are the `facts`, which anyone may read. Calls are made by
//! `signer`, `evidence`, the credentials of `registry`, and the commands that are about AWS.

pub(crate) mod facts;

mod attempts;
mod caller;
mod client;
mod container;
mod early;
mod ecr;
mod ecs;
mod error;
mod http;
mod identity;
mod json_service;
mod limits;
mod logins;
mod oidc;
mod profile;
mod profile_chain;
mod program;
mod revocation_status;
mod token_claims;
mod watched;

pub(crate) use self::attempts::{ATTEMPTS, random_part};
pub(crate) use self::caller::{Caller, CredentialFacts};
pub(crate) use self::client::Aws;
pub(crate) use self::early::Service;
pub(crate) use self::ecs::{DefinedContainer, RevisionImage, ServiceDeployment, TagUse};
pub(crate) use self::profile::{ProfileStatus, SigningProfile};
pub(crate) use self::revocation_status::{RevocationAnswer, RevocationQuery};
pub(crate) use self::token_claims::TokenClaims;
