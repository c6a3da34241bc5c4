//! STS: who am I, and sessions of roles.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::answer::Failure;
use super::arn::Arn;
use super::identity::{Caller, Role, Session};
use super::request::Request;
use super::world::World;

/// The fields of a form.
pub(crate) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads the body of a request.
    pub(crate) fn read(request: &Request) -> Self {
        Self(request.form().into_iter().collect())
    }

    /// A field.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn required(&self, name: &str) -> Result<&str, Failure> {
        let message = || {
            format!(
                "1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"
            )
        };
        self.get(name).ok_or_else(|| invalid(message()))
    }

    /// `Tags.member.1.Key` and `Tags.member.1.Value`.
    fn tags(&self) -> BTreeMap<String, String> {
        (1..)
            .map_while(|number| {
                let part = |name| self.get(&format!("Tags.member.{number}.{name}")).map(str::to_owned);
                Some((part("Key")?, part("Value")?))
            })
            .collect()
    }

    /// 2 to 64 of `[\w+=,.@-]`.
    fn session_name(&self) -> Result<&str, Failure> {
        let name = self.required("RoleSessionName")?;
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
        if (2..=64).contains(&name.len()) && name.bytes().all(good) {
            return Ok(name);
        }
        Err(invalid(format!(
            "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )))
    }

    /// 900 to 43200, an hour where it is not said.
    fn seconds(&self) -> Result<i64, Failure> {
        let seconds = self.get("DurationSeconds").unwrap_or("3600");
        let number = seconds.parse().ok().filter(|number| (900..=43_200).contains(number));
        number.ok_or_else(|| invalid(format!("1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value between 900 and 43200")))
    }
}

fn invalid(message: String) -> Failure {
    Failure::new("ValidationError", 400, message)
}

/// GetCallerIdentity. No permission is needed for it.
pub(crate) fn caller_identity(caller: &Caller) -> Value {
    json!({"Arn": caller.arn, "UserId": caller.user_id, "Account": caller.account})
}

/// The ARN of a role.
fn role_arn(form: &Form) -> Result<&str, Failure> {
    let arn = form.required("RoleArn")?;
    let role = Arn::parse(arn).is_some_and(|one| one.service == "iam" && one.resource.starts_with("role/"));
    if role && (20..=2048).contains(&arn.len()) { Ok(arn) } else { Err(invalid(format!("{arn} is invalid"))) }
}

/// AssumeRole: with the signature of a principal that the role trusts.
pub(crate) fn assume_role(world: &mut World, caller: &Caller, form: &Form) -> Result<Value, Failure> {
    let (arn, name, seconds) = (role_arn(form)?, form.session_name()?, form.seconds()?);
    let role = world.identities.roles.get(arn);
    if !role.is_some_and(|role| role.principals.iter().any(|start| caller.arn.starts_with(start))) {
        let message = format!("User: {} is not authorized to perform: sts:AssumeRole on resource: {arn}", caller.arn);
        return Err(Failure::new("AccessDenied", 403, message));
    }
    let session = Session {
        operation: "AssumeRole",
        role: arn.to_owned(),
        session_name: name.to_owned(),
        by: caller.arn.clone(),
        tags: form.tags(),
        seconds,
        access_key: String::new(),
    };
    Ok(begin(world, session))
}

/// AssumeRoleWithWebIdentity: unsigned. The token's claims are checked; who signed the token is not, because tests make their own.
pub(crate) fn assume_role_with_web_identity(world: &mut World, form: &Form) -> Result<Value, Failure> {
    let (arn, name, seconds) = (role_arn(form)?, form.session_name()?, form.seconds()?);
    let token = form.required("WebIdentityToken")?;
    if !(4..=20_000).contains(&token.len()) {
        return Err(invalid("WebIdentityToken must have length between 4 and 20000".to_owned()));
    }
    let claims = claims(token)?;
    let claim = |name: &str| claims[name].as_str().unwrap_or_default();
    let denied = || Failure::new("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity");
    let role = world.identities.roles.get(arn).ok_or_else(denied)?;
    check_claims(role, &claims, world.clock.now())?;
    if !role.subjects.iter().any(|subject| matches_subject(subject, claim("sub"))) {
        return Err(denied());
    }
    let session = Session {
        operation: "AssumeRoleWithWebIdentity",
        role: arn.to_owned(),
        session_name: name.to_owned(),
        by: claim("sub").to_owned(),
        tags: token_tags(&claims),
        seconds,
        access_key: String::new(),
    };
    let mut answer = begin(world, session);
    answer["SubjectFromWebIdentityToken"] = claim("sub").into();
    answer["Audience"] = audiences(&claims).into_iter().next().unwrap_or_default().into();
    answer["Provider"] = claim("iss").into();
    Ok(answer)
}

fn begin(world: &mut World, session: Session) -> Value {
    let arn = Arn::parse(&session.role).expect("checked");
    let role = arn.resource.rsplit('/').next().unwrap_or_default();
    let assumed = format!("arn:{}:sts::{}:assumed-role/{role}/{}", arn.partition, arn.account, session.session_name);
    let id = format!("AROA{}:{}", "A".repeat(17), session.session_name);
    let now = world.clock.now();
    let credentials = world.identities.begin(session, now);
    json!({"Credentials": credentials, "AssumedRoleUser": {"AssumedRoleId": id, "Arn": assumed}})
}

/// The claims of a JWT, without a look at its signature.
fn claims(token: &str) -> Result<Value, Failure> {
    let parts: Vec<_> = token.split('.').collect();
    let json = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
    let claims = match parts[..] {
        [header, claims, _signature] if json(header).is_some() => json(claims).filter(Value::is_object),
        _ => None,
    };
    let message = "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)";
    claims.ok_or_else(|| Failure::new("InvalidIdentityToken", 400, message))
}

/// Issuer, audience and times.
fn check_claims(role: &Role, claims: &Value, now: Timestamp) -> Result<(), Failure> {
    let invalid = |message: String| Err(Failure::new("InvalidIdentityToken", 400, message));
    let issuer = claims["iss"].as_str().unwrap_or_default();
    if !role.issuers.iter().any(|trusted| trusted == issuer) {
        return invalid(format!("No OpenIDConnect provider found in your account for {issuer}"));
    }
    if !audiences(claims).iter().any(|audience| role.audiences.contains(audience)) {
        return invalid("Incorrect token audience".to_owned());
    }
    let Some(expires) = claims["exp"].as_i64() else { return invalid("Missing a required claim: exp".to_owned()) };
    if expires <= now.as_second() {
        let message = format!(
            "Token expired: current date/time {} must be before the expiration date/time {expires}",
            now.as_second()
        );
        return Err(Failure::new("ExpiredTokenException", 400, message));
    }
    Ok(())
}

/// `aud` is a text or a list of texts.
fn audiences(claims: &Value) -> Vec<String> {
    match &claims["aud"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(all) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

/// Session tags that the identity provider gives: each key with a list of one value.
fn token_tags(claims: &Value) -> BTreeMap<String, String> {
    let tags = claims["https://aws.amazon.com/tags"]["principal_tags"].as_object();
    let one = |(key, values): (&String, &Value)| Some((key.clone(), values[0].as_str()?.to_owned()));
    tags.into_iter().flatten().filter_map(one).collect()
}

fn matches_subject(pattern: &str, subject: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => subject.starts_with(start),
        None => pattern == subject,
    }
}
