//! What a command about images works with: registries and AWS, asked over one set of HTTP clients.

use std::sync::Arc;

use super::registries::{self, Patience};
use crate::aws::facts::AwsSettings;
use crate::aws::{ATTEMPTS, Aws};
use crate::config::RegistrySettings;
use crate::context::Context;
use crate::error::Error;
use crate::reference::Reference;
use crate::registry::Registries;
use crate::report::Reason;
use crate::transport::Transport;

/// Registries and AWS, according to the settings. No request has been sent yet.
pub(super) struct Session {
    pub(super) registries: Registries,
    /// AWS, with the credentials of the job.
    pub(super) aws: Aws,
    /// The HTTP clients of both.
    pub(super) transport: Arc<Transport>,
}

impl Session {
    /// Opens what a command about these images needs. No request is made; a password may be read from standard input.
    ///
    /// # Errors
    /// A credential that was given cannot be read, or is given for images of several registries.
    pub(super) async fn open(
        references: &[Reference],
        registry: &RegistrySettings,
        aws: &AwsSettings,
        patience: Patience,
        context: &Context,
    ) -> Result<Self, Error> {
        let transport = registries::transport(registry);
        let attempts = match patience {
            Patience::Usual => aws.attempts,
            // It matters more to report soon that AWS throttles than to get an answer in the end.
            Patience::Short => aws.attempts.or(Some(ATTEMPTS)),
        };
        let settings = AwsSettings { attempts, ..aws.clone() };
        let aws = Aws::new(settings, Arc::clone(&transport), context.clock);
        let over = Arc::clone(&transport);
        let registries = registries::open(registry, references, patience, &context.environment, &aws, over).await?;
        Ok(Self { registries, aws, transport })
    }

    /// What was noticed about the credentials for AWS.
    pub(super) fn noticed(&self) -> impl Iterator<Item = Reason> {
        self.aws.notice().into_iter().map(|fact| Reason::new("aws-role", fact))
    }
}
