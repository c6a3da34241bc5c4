//! What the token says that vouches for the job: issuer, audience and subject decide whether a role may be assumed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use notary::Timestamp;
use notary::json::{self, Object};
use secrecy::ExposeSecret as _;

use super::client::Aws;
use super::facts::error::AwsError;
use super::facts::settings::IdentitySettings;

/// Claims of a token. They are not secret, and have not been checked: STS does that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenClaims {
    pub(crate) issuer: String,
    pub(crate) audience: String,
    pub(crate) subject: String,
    pub(crate) expiry: Option<Timestamp>,
}

impl Aws {
    /// The claims of the token by which the role is assumed; nothing where no token is. `None` inside where the token
    /// cannot be read.
    ///
    /// # Errors
    /// [`AwsError`] when the token cannot be had.
    pub(crate) async fn token_claims(&self) -> Option<Result<Option<TokenClaims>, AwsError>> {
        let IdentitySettings::Role(role) = &self.inner.settings.identity else { return None };
        let ready = match self.ready().await {
            Ok(ready) => ready,
            Err(error) => return Some(Err(error)),
        };
        let token = ready.identity.token(role).await.transpose()?;
        Some(token.map(|token| TokenClaims::read(token.expose_secret())))
    }
}

impl TokenClaims {
    /// Reads the middle part of a JWT (RFC 7519); `None` if it is malformed.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_header, claims, _signature, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else {
            return None;
        };
        let claims = json::parse_object(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
        let members = Object::new(&claims, &["iss", "aud", "sub", "exp"]).ok()?;
        let text = |name| members.required_text(name).ok().map(str::to_owned);
        let audience = text("aud").or_else(|| Some(members.texts("aud").ok()??.join(", ")))?;
        let expiry = members.integer("exp").ok()?.and_then(|seconds| Timestamp::from_second(seconds).ok());
        Some(Self { issuer: text("iss")?, audience, subject: text("sub")?, expiry })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn jwt(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn the_claims_that_decide_are_read() {
        let claims = json!({"iss": "i", "aud": "a", "sub": "repo:acme/app:ref:refs/heads/main", "exp": 1_800_000_000});
        let read = TokenClaims::read(&jwt(&claims)).unwrap();
        assert_eq!((read.issuer.as_str(), read.audience.as_str()), ("i", "a"));
        assert_eq!(read.subject, "repo:acme/app:ref:refs/heads/main");
        assert_eq!(read.expiry.unwrap().as_second(), 1_800_000_000);
        let several = TokenClaims::read(&jwt(&json!({"iss": "i", "aud": ["a", "b"], "sub": "s"}))).unwrap();
        assert_eq!((several.audience.as_str(), several.expiry), ("a, b", None));
    }

    #[test]
    fn what_is_no_token_has_no_claims() {
        let missing = jwt(&json!({"iss": "i", "aud": "a"}));
        for text in ["", "a", "a.b", "a.b.c", "e30.e30.x", &missing, &format!("{missing}.x")] {
            assert_eq!(TokenClaims::read(text), None, "{text}");
        }
    }

    #[test]
    fn claims_are_an_object_of_texts() {
        for claims in [
            json!(["i", "a", "s", 1]),
            json!([{"iss": "i", "aud": "a", "sub": "s"}]),
            json!({"iss": ["i"], "aud": "a", "sub": "s"}),
            json!({"iss": "i", "aud": {"0": "a"}, "sub": "s"}),
            json!({"iss": "i", "aud": ["a", 1], "sub": "s"}),
            json!({"iss": "i", "aud": "a", "sub": null}),
            json!({"iss": "i", "aud": "a", "sub": "s", "exp": "1"}),
            json!({"iss": "i", "aud": "a", "sub": "s", "Sub": "t"}),
        ] {
            assert_eq!(TokenClaims::read(&jwt(&claims)), None, "{claims}");
        }
        let twice = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"iss":"i","aud":"a","sub":"s","sub":"t"}"#));
        assert_eq!(TokenClaims::read(&twice), None);
    }

    proptest! {
        #[test]
        fn no_text_breaks_it(text in "[a-zA-Z0-9_.-]{0,80}") {
            let _read = TokenClaims::read(&text);
        }
    }
}
