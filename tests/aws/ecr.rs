//! ECR and ECR Public: nothing but the logins for their registries.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Failure;
use super::identity::Caller;
use super::input::{Fields, check_account};
use super::random;
use super::world::World;

/// A login that was issued. The registry of a test accepts exactly these.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Login {
    /// Whether it is for `public.ecr.aws`.
    pub(crate) public: bool,
    /// Account of the registry.
    pub(crate) account: String,
    /// Region of the registry.
    pub(crate) region: String,
    /// ARN of who asked.
    pub(crate) principal: String,
    /// The user is always `AWS`.
    pub(crate) password: String,
    /// `AWS:PASSWORD` in base64, as it is sent to the registry.
    pub(crate) authorization: String,
    /// End.
    pub(crate) expires: Timestamp,
}

/// GetAuthorizationToken: a login of 12 hours, another one each time.
pub(crate) fn private(world: &mut World, caller: &Caller, fields: &Fields) -> Result<Value, Failure> {
    let accounts = match fields.get("registryIds").and_then(Value::as_array) {
        None => vec![caller.account.clone()],
        Some(ids) => ids.iter().map(|id| id.as_str().unwrap_or_default().to_owned()).collect(),
    };
    let data = accounts.into_iter().map(|account| {
        check_account("registryIds", &account).map_err(|failure| Failure { code: "InvalidParameterException", ..failure })?;
        let endpoint = format!("https://{account}.dkr.ecr.{}.{}", caller.region, suffix(&caller.region));
        let login = issue(world, caller, account, false);
        Ok(json!({"authorizationToken": login.authorization, "expiresAt": login.expires.as_second(), "proxyEndpoint": endpoint}))
    });
    let data: Result<Vec<_>, _> = data.collect();
    Ok(json!({"authorizationData": data?}))
}

/// The same for ECR Public: one object, not a list.
pub(crate) fn public(world: &mut World, caller: &Caller) -> Value {
    let login = issue(world, caller, caller.account.clone(), true);
    json!({"authorizationData": {"authorizationToken": login.authorization, "expiresAt": login.expires.as_second()}})
}

fn issue(world: &mut World, caller: &Caller, account: String, public: bool) -> Login {
    // Real passwords are base64 of JSON; colons do not occur.
    let password = STANDARD.encode(random::alphanumeric(300));
    let login = Login {
        public,
        account,
        region: caller.region.clone(),
        principal: caller.arn.clone(),
        authorization: STANDARD.encode(format!("AWS:{password}")),
        password,
        expires: world.clock.now() + SignedDuration::from_hours(12),
    };
    world.logins.push(login.clone());
    login
}

fn suffix(region: &str) -> &'static str {
    match super::arn::partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        _ => "amazonaws.com",
    }
}
