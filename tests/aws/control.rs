//! `/_control/…`: what a test does to the endpoint that a customer of AWS cannot. For the command; in-process, see `Endpoint`.

use serde_json::{Value, json};

use super::answer::{Answer, Failure, Protocol};
use super::arn;
use super::authority::certificate_hash;
use super::random;
use super::request::Request;
use super::runner;
use super::world::World;

/// Answers without a signature: the endpoint is on loopback, and its keys are worth nothing.
pub(crate) fn answer(world: &mut World, request: &Request) -> Answer {
    let name = request.path.trim_start_matches("/_control/");
    let body: Value =
        if request.body.is_empty() { Value::Null } else { serde_json::from_slice(&request.body).unwrap_or_default() };
    match perform(world, &request.method, name, &body) {
        Ok(value) => Answer::json("application/json", &value),
        Err(message) => Failure::validation(message).answer(Protocol::RestJson, Default::default()),
    }
}

fn perform(world: &mut World, method: &str, name: &str, body: &Value) -> Result<Value, String> {
    match (method, name) {
        ("GET", "fault") => return Ok(json!(world.faults.rules())),
        ("PUT", "fault") => world.faults.add(read(body)?),
        ("DELETE", "fault") => world.faults.clear(),
        ("GET", "requests") => {
            return Ok(json!({"requests": world.log.entries(), "peak_per_second": world.log.peak_rates()}));
        }
        ("DELETE", "requests") => world.log.clear(),
        ("GET", "sessions") => return Ok(json!(world.identities.sessions)),
        ("DELETE", "sessions") => {
            let now = world.clock.now();
            world.identities.expire_sessions(now);
        }
        ("GET", "logins") => return Ok(json!(world.logins)),
        ("PUT", "clock") => world.clock.ahead = jiff::SignedDuration::from_secs(read(&body["seconds_ahead"])?),
        ("PUT", "metadata") => world.metadata = read(body)?,
        ("PUT", "style") => world.style = read(body)?,
        ("PUT", "ecs") => world.ecs.put(body)?,
        ("PUT", "alias") => return alias(world, body),
        ("PUT", "error-name") => world.error_name = read(body)?,
        ("PUT", "role") => {
            let role: super::identity::Role = read(body)?;
            arn::Arn::parse(&role.arn).ok_or("'arn' is not an ARN")?;
            world.identities.roles.insert(role.arn.clone(), role);
        }
        ("POST", "user") => return add_user(world, body),
        ("PUT", "claims") => world.runner.claims = body.clone(),
        ("POST", "id-token") => return Ok(json!({"value": runner::jwt(world, body.clone())})),
        ("PUT", "container-token") => world.runner.container_token = read(body)?,
        ("PUT", "revoked-certificate") => return revoke_certificate(world, body),
        ("GET", "roots") => {
            let roots: [(_, _); 2] =
                ["aws", "aws-us-gov"].map(|partition| (partition, world.authorities(partition).root_pem()));
            return Ok(roots.into_iter().map(|(partition, pem)| (partition.to_owned(), Value::String(pem))).collect());
        }
        _ => return Err(format!("there is no {method} {name}")),
    }
    Ok(Value::Null)
}

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> Result<T, String> {
    serde_json::from_value(value.clone()).map_err(|error| error.to_string())
}

/// `{"profile": ARN, "name": …, "only": true}`: what the profile signs from now on goes through this alias.
fn alias(world: &mut World, body: &Value) -> Result<Value, String> {
    let (profile, name): (String, String) = (read(&body["profile"])?, read(&body["name"])?);
    let only = body["only"].as_bool().unwrap_or_default();
    let arns = world.signer.set_alias(&profile, &name, only).ok_or("there is no such profile")?;
    Ok(json!({"alias": arns[0], "signed": arns[1]}))
}

/// `{"arn": …}`: a user of any account, with a new key.
fn add_user(world: &mut World, body: &Value) -> Result<Value, String> {
    let principal: String = read(&body["arn"])?;
    arn::Arn::parse(&principal).ok_or("'arn' is not an ARN")?;
    let (access_key, secret) = (format!("AKIA{}", random::uppercase(16)), random::alphanumeric(40));
    world.identities.add_user(&access_key, &secret, &principal);
    Ok(json!({"AccessKeyId": access_key, "SecretAccessKey": secret}))
}

/// `{"region": …}`: the leaf that signs there now. `{"der": …}`: any certificate, in base64.
fn revoke_certificate(world: &mut World, body: &Value) -> Result<Value, String> {
    use base64::Engine as _;
    let der = match (body["region"].as_str(), body["der"].as_str()) {
        (Some(region), None) => {
            let now = world.clock.now();
            world.authorities(arn::partition(region)).signer(region, now).chain[0].clone()
        }
        (None, Some(text)) => {
            base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())?
        }
        _ => return Err("expected 'region' or 'der'".to_owned()),
    };
    let hash = certificate_hash(&der).ok_or("not a certificate")?;
    world.signer.revoked_certificates.insert(hash.clone());
    Ok(json!({"hash": hash}))
}
