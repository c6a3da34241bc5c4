//! An access key with its secret: whole, or an error that names the half that is missing.

use aws_credential_types::Credentials;
use aws_credential_types::credential_feature::AwsCredentialFeature;
use secrecy::{ExposeSecret as _, SecretString};

use super::error::AwsError;

/// An access key, its secret, and the token of its session if it has one.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    id: SecretString,
    secret: SecretString,
    session_token: Option<SecretString>,
}

/// The value of one of the three, and its name in its source. An empty one counts as absent.
pub(crate) type Named<'a> = (&'a str, Option<&'a str>);

impl Keys {
    /// The keys that are set, if any of the three is. `place` says where, for errors: ` of profile ci`, or nothing.
    ///
    /// # Errors
    /// [`AwsError`] of kind `Setting`: one half is missing, or a value has characters that no request can have. No value is
    /// shown: of secrets pasted in the wrong order none is known to be the public one.
    pub(crate) fn read(
        id: Named<'_>,
        secret: Named<'_>,
        token: Named<'_>,
        place: &str,
    ) -> Result<Option<Self>, AwsError> {
        let said = [id, secret, token].map(|(name, value)| (name, value.filter(|value| !value.is_empty())));
        for (name, value) in said {
            if value.is_some_and(|value| !is_plain(value)) {
                let fact = "expected only letters, digits, and symbols, without whitespace or line breaks";
                return Err(AwsError::setting(format!("{name}{place}: {fact}; the value is not shown")));
            }
        }
        let [(id_name, id), (secret_name, secret), (token_name, token)] = said;
        match (id, secret) {
            (Some(id), Some(secret)) => {
                Ok(Some(Self { id: id.into(), secret: secret.into(), session_token: token.map(SecretString::from) }))
            }
            (Some(_), None) => Err(half(id_name, secret_name, place)),
            (None, Some(_)) => Err(half(secret_name, id_name, place)),
            (None, None) if token.is_some() => Err(half(token_name, id_name, place)),
            (None, None) => Ok(None),
        }
    }

    /// As the SDK has it, with a note about where it is from.
    pub(crate) fn credentials(&self, feature: AwsCredentialFeature) -> Credentials {
        let token = self.session_token.as_ref().map(|token| token.expose_secret().to_owned());
        let mut credentials =
            Credentials::new(self.id.expose_secret(), self.secret.expose_secret(), token, None, "keys");
        credentials.get_property_mut_or_default::<Vec<AwsCredentialFeature>>().push(feature);
        credentials
    }
}

/// Whether a text can be used in a header and in a signature: visible ASCII.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn half(there: &str, missing: &str, place: &str) -> AwsError {
    AwsError::setting(format!("{there}{place} is set and {missing} is not: no other credentials are used instead"))
}

#[cfg(test)]
mod tests {
    use super::super::error::AwsErrorKind;
    use super::*;

    fn read(id: Option<&str>, secret: Option<&str>, token: Option<&str>) -> Result<Option<Keys>, AwsError> {
        Keys::read(("ID", id), ("SECRET", secret), ("TOKEN", token), "")
    }

    #[test]
    fn keys_are_whole_or_absent() {
        assert!(read(None, None, None).unwrap().is_none());
        assert!(read(Some(""), Some(""), Some("")).unwrap().is_none(), "an empty one is absent");
        assert!(read(Some("a"), Some("b"), None).unwrap().is_some());
        assert!(read(Some("a"), Some("b"), Some("c")).unwrap().is_some());
        for (id, secret, token, named) in [
            (Some("geheim"), None, None, ["ID", "SECRET"]),
            (Some("geheim"), Some(""), None, ["ID", "SECRET"]),
            (None, Some("geheim"), None, ["SECRET", "ID"]),
            (None, None, Some("geheim"), ["TOKEN", "ID"]),
            (None, Some("geheim"), Some("geheim"), ["SECRET", "ID"]),
        ] {
            let error = read(id, secret, token).unwrap_err();
            assert_eq!(error.kind, AwsErrorKind::Setting);
            assert!(named.iter().all(|name| error.message.contains(name)), "{error}");
            assert!(!error.message.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn what_no_request_can_have_is_named_and_not_shown() {
        for bad in ["geheim\n", " geheim", "geh\u{e9}im", "geh\u{1}eim", "\tgeheim", "ge heim"] {
            for (place, name) in ["ID", "SECRET", "TOKEN"].into_iter().enumerate() {
                let mut said = [Some("a"); 3];
                said[place] = Some(bad);
                let error = read(said[0], said[1], said[2]).unwrap_err();
                assert_eq!(error.kind, AwsErrorKind::Setting);
                assert!(error.message.starts_with(name) && !error.message.contains("heim"), "{error}");
            }
        }
    }
}
