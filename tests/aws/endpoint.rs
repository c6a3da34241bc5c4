//! The endpoint as a test uses it: started, asked, made to fail, stopped.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use jiff::SignedDuration;
use serde_json::Value;
use tokio::sync::oneshot;

use super::arn;
use super::authority::certificate_hash;
use super::ecr::Login;
use super::envelope::Plan;
use super::fault::{Fault, Rule};
use super::identity::{Role, Session};
use super::log::Entry;
use super::random;
use super::runner::{self, Runner};
use super::server;
use super::signer::{NOTATION, Validity};
use super::world::World;

/// The access key of the first user, as AWS's examples have it.
pub(crate) const ACCESS_KEY: &str = "AKIDEXAMPLE";
/// Its secret, as AWS's examples have it.
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

/// How an endpoint begins.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    /// Port of loopback; 0 for a free one.
    pub(crate) port: u16,
    /// Account of the first user.
    pub(crate) account: String,
    /// Region of the first profile; its partition is the first user's.
    pub(crate) region: String,
    /// Name of the first profile.
    pub(crate) profile: String,
    /// Where profiles, jobs and authorities are kept over a restart.
    pub(crate) state: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            account: "111122223333".to_owned(),
            region: "us-west-2".to_owned(),
            profile: "ci_images".to_owned(),
            state: None,
        }
    }
}

/// A running endpoint. It stops when it is dropped.
pub(crate) struct Endpoint {
    options: Options,
    address: SocketAddr,
    world: Arc<Mutex<World>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// An endpoint on a free port, with one user, one active profile and three roles.
    pub(crate) fn start() -> Self {
        Self::with(Options::default()).expect("loopback has a free port")
    }

    /// An endpoint with these options.
    pub(crate) fn with(options: Options) -> io::Result<Self> {
        let partition = arn::partition(&options.region);
        let role = |name: &str| format!("arn:{partition}:iam::{}:role/{name}", options.account);
        let mut world = World::new(Runner::new(role("codebuild-build")), options.state.as_deref())?;
        let user = format!("arn:{partition}:iam::{}:user/tester", options.account);
        world.identities.add_user(ACCESS_KEY, SECRET, &user);
        for (name, issuer, subject) in [
            ("github-ci", "https://token.actions.githubusercontent.com", "repo:acme/*"),
            ("gitlab-ci", "https://gitlab.com", "project_path:acme/*"),
        ] {
            let role = Role {
                arn: role(name),
                issuers: vec![issuer.to_owned()],
                audiences: vec!["sts.amazonaws.com".to_owned(), "https://gitlab.com".to_owned()],
                subjects: vec![subject.to_owned()],
                principals: vec![user.clone()],
            };
            world.identities.roles.insert(role.arn.clone(), role);
        }
        let profile = arn::profile(&options.region, &options.account, &options.profile);
        if !world.signer.profiles.contains_key(&profile) {
            world.signer.put_profile(
                &options.region,
                &options.account,
                &options.profile,
                NOTATION,
                Validity::default(),
            );
        }
        world.authorities(partition);
        world.save()?;
        Self::listen(options, world)
    }

    fn listen(options: Options, world: World) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)))?;
        let address = listener.local_addr()?;
        let world = Arc::new(Mutex::new(world));
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&world);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = server::serve(listener, served) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { options, address, world, stop: Some(stop), thread: Some(thread) })
    }

    /// All that it knows, for what has no method here. Answers wait meanwhile.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Address and port, for a proxy.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// ARN of the first profile.
    pub(crate) fn profile(&self) -> String {
        arn::profile(&self.options.region, &self.options.account, &self.options.profile)
    }

    /// ARN of a role of the first account: `github-ci`, `gitlab-ci`, `codebuild-build`.
    pub(crate) fn role(&self, name: &str) -> String {
        format!("arn:{}:iam::{}:role/{name}", arn::partition(&self.options.region), self.options.account)
    }

    /// What the AWS SDKs must find in their environment to be the first user here.
    pub(crate) fn env(&self) -> Vec<(&'static str, String)> {
        let mut env = vec![("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()), ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned())];
        env.extend(self.env_without_credentials());
        env
    }

    /// The same without access key and secret.
    pub(crate) fn env_without_credentials(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AWS_REGION", self.options.region.clone()),
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
        ]
    }

    /// What a job on GitHub finds, so that it can get an id token here.
    pub(crate) fn github_env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("ACTIONS_ID_TOKEN_REQUEST_URL", format!("{}/oidc?api-version=2.0", self.url())),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", self.world().runner.request_token.clone()),
        ]
    }

    /// What a build in CodeBuild finds. `token` is what it must show, where there is one.
    pub(crate) fn container_env(&self, token: Option<&str>) -> Vec<(&'static str, String)> {
        self.world().runner.container_token = token.map(str::to_owned);
        let mut env = vec![("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/creds", self.url()))];
        env.extend(token.map(|token| ("AWS_CONTAINER_AUTHORIZATION_TOKEN", token.to_owned())));
        env
    }

    /// The root certificate of a partition in DER.
    pub(crate) fn root(&self, partition: &str) -> Vec<u8> {
        self.world().authorities(partition).root().to_vec()
    }

    /// The root certificate of a partition as PEM.
    pub(crate) fn root_pem(&self, partition: &str) -> String {
        self.world().authorities(partition).root_pem()
    }

    /// Makes a profile, or a new version of one; returns the ARN of the version.
    pub(crate) fn put_profile(&self, region: &str, account: &str, name: &str, validity: Validity) -> String {
        self.world().signer.put_profile(region, account, name, NOTATION, validity)
    }

    /// Adds a user of any account; returns access key and secret.
    pub(crate) fn add_user(&self, principal: &str) -> (String, String) {
        let (access_key, secret) = (format!("AKIA{}", random::uppercase(16)), random::alphanumeric(40));
        self.world().identities.add_user(&access_key, &secret, principal);
        (access_key, secret)
    }

    /// Adds a role, or replaces one.
    pub(crate) fn add_role(&self, role: Role) {
        self.world().identities.roles.insert(role.arn.clone(), role);
    }

    /// Switches a fault on: of one operation (or `*`), for ever.
    pub(crate) fn fault(&self, operation: &str, fault: Fault) {
        self.add_fault(Rule::new(operation, fault));
    }

    /// Switches a fault on.
    pub(crate) fn add_fault(&self, rule: Rule) {
        self.world().faults.add(rule);
    }

    /// Switches all faults off.
    pub(crate) fn clear_faults(&self) {
        self.world().faults.clear();
    }

    /// Sets the endpoint's clock: so many seconds ahead of the machine's.
    pub(crate) fn set_clock(&self, seconds_ahead: i64) {
        self.world().clock.ahead = SignedDuration::from_secs(seconds_ahead);
    }

    /// Ends every session.
    pub(crate) fn expire_sessions(&self) {
        let mut world = self.world();
        let now = world.clock.now();
        world.identities.expire_sessions(now);
    }

    /// Revokes a certificate: any that a chain holds.
    pub(crate) fn revoke_certificate(&self, der: &[u8]) {
        let hash = certificate_hash(der).expect("a certificate");
        self.world().signer.revoked_certificates.insert(hash);
    }

    /// A JWT with these claims; times are added where they are missing.
    pub(crate) fn id_token(&self, claims: Value) -> String {
        runner::jwt(&mut self.world(), claims)
    }

    /// Signs any envelope with the leaf of a region.
    pub(crate) fn sign(&self, region: &str, plan: &Plan) -> Vec<u8> {
        let mut world = self.world();
        let now = world.clock.now();
        let signer = world.authorities(arn::partition(region)).signer(region, now);
        plan.sign(&signer)
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Entry> {
        self.world().log.entries().to_vec()
    }

    /// How often an operation was asked for.
    pub(crate) fn count(&self, operation: &str) -> usize {
        self.world().log.entries().iter().filter(|one| one.operation == operation).count()
    }

    /// The most requests of this operation that came within one second.
    pub(crate) fn peak_rate(&self, operation: &str) -> usize {
        self.world().log.peak_rate(operation)
    }

    /// Sessions that began.
    pub(crate) fn sessions(&self) -> Vec<Session> {
        self.world().identities.sessions.clone()
    }

    /// Logins for registries that were issued.
    pub(crate) fn logins(&self) -> Vec<Login> {
        self.world().logins.clone()
    }

    /// Every secret that was handed out, the first user's too.
    pub(crate) fn secrets(&self) -> Vec<String> {
        self.world().secrets().into_iter().collect()
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
