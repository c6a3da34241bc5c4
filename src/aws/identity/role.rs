//! The role of `--role-arn`: with what it is assumed.

use aws_credential_types::Credentials;

use super::super::facts::error::{AwsError, AwsErrorKind};
use super::super::facts::settings::{IdentitySettings, RoleSettings};
use super::super::profile_chain::Step;
use super::Identity;

impl Identity {
    /// The role that was asked for. It decides by what it trusts: the job's token, if there is one, else the job's own credentials.
    /// What a role trusts only STS can tell, so it is asked. A token that was named is the only one that counts.
    pub(super) async fn assume(&self, role: &RoleSettings) -> Result<Credentials, AwsError> {
        let refused = match self.token(role).await? {
            None => None,
            Some(token) => match self.exchange(role, &token).await {
                Err(refused) if refused.kind == AwsErrorKind::Denied && role.token.was_found() => Some(refused),
                done => return done,
            },
        };
        let own = match (self.chain(refused.as_ref().map(|_| role)).await, &refused) {
            (Ok(own), _) => own,
            // There is nothing else: what STS said about the token is the reason.
            (Err(error), Some(refused)) if error.kind == AwsErrorKind::NoCredentials => return Err(refused.clone()),
            (Err(error), _) => return Err(error),
        };
        let step = Step { arn: role.arn.clone(), external_id: None, session_name: Some(role.session_name.clone()) };
        match (self.assume_with(own, &step).await, refused) {
            (Ok(found), refused) => {
                if let Some(refused) = refused {
                    self.distrusted.get_or_init(|| refused);
                }
                Ok(found)
            }
            (Err(error), Some(refused)) => {
                let message = format!("{} (and before that, {refused})", error.message);
                Err(AwsError { message, ..error })
            }
            (Err(error), None) => Err(error),
        }
    }

    /// What a report says about the way in which the role was assumed, if that was not the first one.
    pub(in super::super) fn notice(&self) -> Option<String> {
        let (IdentitySettings::Role(role), Some(refused)) = (&self.settings, self.distrusted.get()) else {
            return None;
        };
        let fact = "does not trust the job's OIDC token; it was assumed with the job's own credentials";
        Some(format!("{} {fact} ({refused})", role.arn))
    }
}
