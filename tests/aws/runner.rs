//! What a CI runner offers to its jobs: GitHub's id tokens, and the credentials endpoint of CodeBuild and ECS.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::answer::Failure;
use super::identity::Session;
use super::random;
use super::request::Request;
use super::world::World;

/// Settings of both.
pub(crate) struct Runner {
    /// The bearer token that a job must show for an id token (`ACTIONS_ID_TOKEN_REQUEST_TOKEN`).
    pub(crate) request_token: String,
    /// Claims of the id tokens; `aud`, `iat`, `nbf`, `exp` and `jti` are added.
    pub(crate) claims: Value,
    /// What `Authorization` must be at the credentials endpoint; nothing where it is none.
    pub(crate) container_token: Option<String>,
    /// Role of the build's credentials.
    pub(crate) container_role: String,
    /// Id tokens that were handed out.
    pub(crate) issued: Vec<String>,
}

impl Runner {
    /// Like a push to the main branch on GitHub, and a build in CodeBuild.
    pub(crate) fn new(container_role: String) -> Self {
        let claims = json!({
            "iss": "https://token.actions.githubusercontent.com",
            "sub": "repo:acme/app:ref:refs/heads/main",
            "repository": "acme/app",
            "ref": "refs/heads/main",
            "run_id": "1234567890",
        });
        let request_token = random::alphanumeric(60);
        Self { request_token, claims, container_token: None, container_role, issued: Vec::new() }
    }
}

/// `GET /oidc?audience=…` with the runner's bearer token.
pub(crate) fn id_token(world: &mut World, request: &Request) -> Result<Value, Failure> {
    let sent = request.header("authorization").and_then(|value| value.split_once(' '));
    let good = sent
        .is_some_and(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && token == world.runner.request_token);
    if !good {
        return Err(Failure::new("Unauthorized", 401, "the request token is missing or is another one"));
    }
    // Without an audience GitHub takes the owner's address.
    let audience = request.parameter("audience").unwrap_or_else(|| "https://github.com/acme".to_owned());
    let mut claims = world.runner.claims.clone();
    claims["aud"] = audience.into();
    let token = jwt(world, claims);
    Ok(json!({"count": token.len(), "value": token}))
}

/// A token with these claims. Times are added where they are missing: it is good for five minutes.
pub(crate) fn jwt(world: &mut World, mut claims: Value) -> String {
    let now = world.clock.now().as_second();
    for (name, time) in [("iat", now), ("nbf", now - 10), ("exp", now + 300)] {
        if claims[name].is_null() {
            claims[name] = time.into();
        }
    }
    if claims["jti"].is_null() {
        claims["jti"] = random::uuid().into();
    }
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": "test"});
    // Nobody here checks who signed it: STS is this endpoint.
    let signature = URL_SAFE_NO_PAD.encode(random::bytes(256));
    let token = format!("{}.{}.{signature}", part(&header), part(&claims));
    world.runner.issued.push(token.clone());
    token
}

/// `GET /creds`: new credentials of the build's role each time.
pub(crate) fn credentials(world: &mut World, request: &Request) -> Result<Value, Failure> {
    if world.runner.container_token.as_deref().is_some_and(|token| request.header("authorization") != Some(token)) {
        return Err(Failure::new("AccessDenied", 403, "the authorization token is missing or is another one"));
    }
    let role = world.runner.container_role.clone();
    let session = Session {
        operation: "Container",
        role: role.clone(),
        session_name: "AWSCodeBuild-00000000".to_owned(),
        by: "codebuild.amazonaws.com".to_owned(),
        tags: Default::default(),
        seconds: 3600,
        access_key: String::new(),
    };
    let now = world.clock.now();
    let mut credentials = world.identities.begin(session, now);
    credentials["Token"] = credentials["SessionToken"].take();
    credentials["RoleArn"] = role.into();
    if let Some(fields) = credentials.as_object_mut() {
        fields.remove("SessionToken");
    }
    Ok(credentials)
}
