//! An access key with its secret: whole, or an error that names the half that is missing. One rule for all sources: line breaks
//! at the end of a value are no part of it, an empty value is absent, and no other control character comes near a request.

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

/// The value of one of the three, and its name in its source.
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
        let said = [id, secret, token].map(|(name, value)| (name, value.and_then(meant)));
        for (name, value) in said {
            if value.is_some_and(|value| !is_plain(value)) {
                return Err(AwsError::setting(format!("{name}{place}: {PLAIN}; the value is not shown")));
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

/// What a key, a secret, or a token consists of.
const PLAIN: &str = "expected only letters, digits, and symbols, without whitespace or line breaks";

/// What is meant by a value; nothing where it is empty.
fn meant(text: &str) -> Option<&str> {
    Some(text.trim_end_matches(['\r', '\n'])).filter(|text| !text.is_empty())
}

/// Credentials that a source gave, by the same rule.
///
/// # Errors
/// What is wrong with them, to stand behind the name of the source. No value is shown.
pub(crate) fn usable(found: Credentials) -> Result<Credentials, String> {
    let id = meant(found.access_key_id()).ok_or("did not give an access key id")?;
    let secret = meant(found.secret_access_key()).ok_or("did not give a secret access key")?;
    let token = found.session_token().and_then(meant);
    let parts = [("an access key id", Some(id)), ("a secret access key", Some(secret)), ("a session token", token)];
    if let Some((name, _)) = parts.into_iter().find(|(_, value)| value.is_some_and(|value| !is_plain(value))) {
        return Err(format!("gave {name} that no request can contain: {PLAIN}; the value is not shown"));
    }
    let mut usable = Credentials::builder().access_key_id(id).secret_access_key(secret).provider_name("checked");
    usable.set_session_token(token.map(str::to_owned));
    usable.set_expiry(found.expiry());
    usable.set_account_id(found.account_id().cloned());
    let mut usable = usable.build();
    if let Some(noted) = found.get_property::<Vec<AwsCredentialFeature>>() {
        usable.set_property(noted.clone());
    }
    Ok(usable)
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
        assert!(read(Some("\n"), Some("\r\n"), Some("\r")).unwrap().is_none(), "a line break alone is nothing");
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
    fn line_breaks_at_the_end_are_none_of_a_secret() {
        for end in ["", "\n", "\r\n", "\r", "\n\n"] {
            let [id, secret, token] = ["a", "b", "c"].map(|text| format!("{text}{end}"));
            let keys = read(Some(&id), Some(&secret), Some(&token)).unwrap().unwrap();
            let found = keys.credentials(AwsCredentialFeature::CredentialsEnvVars);
            let of_source = usable(Credentials::new(id, secret, Some(token), None, "x")).unwrap();
            for found in [found, of_source] {
                let parts = (found.access_key_id(), found.secret_access_key(), found.session_token());
                assert_eq!(parts, ("a", "b", Some("c")), "{end:?}");
            }
        }
    }

    #[test]
    fn what_a_source_gives_is_usable_or_named() {
        let given = |id: &str, secret: &str, token: Option<&str>| {
            let mut given = Credentials::new(id, secret, token.map(str::to_owned), Some(std::time::UNIX_EPOCH), "x");
            given.get_property_mut_or_default::<Vec<_>>().push(AwsCredentialFeature::CredentialsHttp);
            usable(given)
        };
        let found = given("a", "b", Some("")).unwrap();
        assert_eq!((found.session_token(), found.expiry()), (None, Some(std::time::UNIX_EPOCH)));
        assert_eq!(found.get_property::<Vec<_>>(), Some(&vec![AwsCredentialFeature::CredentialsHttp]));
        for (id, secret, token, fact) in [
            ("geh\u{1}eim", "b", None, "gave an access key id that no request"),
            ("a", "geh\neim", None, "gave a secret access key that no request"),
            ("a", "b", Some("geh eim"), "gave a session token that no request"),
            ("\n", "b", None, "did not give an access key id"),
            ("a", "", Some("c"), "did not give a secret access key"),
        ] {
            let told = given(id, secret, token).unwrap_err();
            assert!(told.starts_with(fact) && !told.contains("eim"), "{told}");
        }
    }

    #[test]
    fn what_no_request_can_have_is_named_and_not_shown() {
        for bad in
            ["geheim\u{0}", "\ngeheim", " geheim", "geh\u{e9}im", "geh\u{1}eim", "\tgeheim", "ge heim", "geh\neim\n"]
        {
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
