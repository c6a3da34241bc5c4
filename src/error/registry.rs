//! Advice for everything that has to do with images, registries and signatures.

use notary::certificate::ChainError;
use notary::sign::SignError;
use notary::trust_policy::NoApplicableStatement;

use super::{Code, Error, code};
use crate::aws::facts::EcrHost;
use crate::aws::facts::endpoint::partition_of;
use crate::reference::{Reference, ReferenceError};
use crate::registry::error::ServerAnswer;
use crate::registry::{Kind, Occupant, RegistryError};
use crate::report::escape::shell_word;
use crate::signing::SigningError;
use crate::transport::{Flaw, NoAnswer, ProxyFault, TlsFault, TransportError};

impl Error {
    /// References that cannot be read, all at once.
    pub(crate) fn references(errors: &[ReferenceError]) -> Self {
        let help = "write images as registry.example/app@sha256:… or registry.example/app:1.0, image layouts as oci-layout:PATH:TAG";
        match errors {
            [only @ ReferenceError::Registry { found }] if found.ends_with(':') => {
                Self::of(code::REFERENCE, only).help(format!("leave out {found}//")).help(help)
            }
            [only @ ReferenceError::Credentials { .. }] => Self::of(code::REFERENCE, only)
                .help("pass them with --username and SEALGATE_PASSWORD, or log in with docker, podman, or notation")
                .help("if the password was shown in a log before, replace it"),
            [only @ ReferenceError::RegistryMissing { found }] => {
                let told = Self::of(code::REFERENCE, only);
                match of_docker_hub(found) {
                    Some(image) => told.help(format!("if Docker Hub's is meant: {image}")).help(help),
                    None => told.help(help),
                }
            }
            [only @ ReferenceError::Quoted { .. }] => Self::of(code::REFERENCE, only)
                .help("take the quotes off; terraform does not write them with: terraform output -raw NAME"),
            [only @ ReferenceError::Masked { .. }] => Self::of(code::REFERENCE, only)
                .help("the job masks a part of the name, such as the AWS account: hand on the digest alone, and put the name together in this job")
                .help("on GitHub Actions, aws-actions/configure-aws-credentials masks the account with mask-aws-account-id: true"),
            [only] if ends_too_early(only) => Self::of(code::REFERENCE, only)
                .help("a variable of the job is probably not set; check how the tag or digest is filled in")
                .help(help),
            [only] => Self::of(code::REFERENCE, only).help(help),
            several => {
                let told =
                    Self::new(code::REFERENCE, format!("{} image names are not valid", several.len())).help(help);
                several.iter().fold(told, |told, error| told.because(error.to_string()))
            }
        }
    }
}

/// Whether nothing stands where the tag or digest belongs, as when a variable is empty.
fn ends_too_early(error: &ReferenceError) -> bool {
    match error {
        ReferenceError::Tag { found } => found.is_empty(),
        ReferenceError::Digest { found, .. } => found.ends_with(['@', ':']),
        ReferenceError::LayoutTargetMissing { found } => found.ends_with(['@', ':']),
        _ => false,
    }
}

/// What Docker would take a name without a registry for. Here it is proposed, and never taken: a gate that guesses checks
/// something else than what is deployed.
fn of_docker_hub(found: &str) -> Option<String> {
    // What has no namespace is Docker's own.
    let full = if found.contains('/') { format!("docker.io/{found}") } else { format!("docker.io/library/{found}") };
    Reference::parse(&full).is_ok().then_some(full)
}

impl From<NoApplicableStatement> for Error {
    fn from(error: NoApplicableStatement) -> Self {
        Self::of(code::NO_STATEMENT, &error)
            .help("add a statement with this repository in its registryScopes to the trust policy")
            .help("or say what to trust in this run: --root FILE --identity ID")
    }
}

impl From<RegistryError> for Error {
    fn from(error: RegistryError) -> Self {
        advise(Self::of(code_of(&error), &error), &error)
    }
}

fn code_of(error: &RegistryError) -> &'static Code {
    match (error, error.kind()) {
        (_, Kind::Unavailable) => code::UNAVAILABLE,
        (_, Kind::Denied) => code::DENIED,
        (_, Kind::NotFound) => code::NOT_FOUND,
        (RegistryError::Transport(TransportError::Proxy { .. }), _) => code::INVALID_SETTING,
        (RegistryError::Setting { .. } | RegistryError::Transport(_) | RegistryError::File { .. }, _) => code::FILE,
        (
            RegistryError::Answered(_)
            | RegistryError::TagRefused { .. }
            | RegistryError::TagTaken { .. }
            | RegistryError::Challenge { .. }
            | RegistryError::Hop { .. }
            | RegistryError::Tls { .. },
            _,
        ) => code::REGISTRY_ANSWER,
        (_, Kind::Configuration) => code::FILE,
        (_, Kind::Invalid) => code::CONTENT,
    }
}

/// The next step after an error of a registry or layout.
pub(super) fn advise(told: Error, error: &RegistryError) -> Error {
    let told = match error.answer() {
        Some(answer) => match super::ecr::advise(told, answer) {
            Ok(advised) => return advised,
            Err(told) => told,
        },
        None => told,
    };
    match error {
        RegistryError::Denied { answer, .. } => told
            .help(format!(
                "log in to {} (docker, podman or notation login), or set SEALGATE_USERNAME and SEALGATE_PASSWORD",
                answer.host
            ))
            .help("if the login is right, it lacks a permission: pull to verify, pull and push to sign"),
        RegistryError::StoreDenied { answer, registry } => store_denied(told, answer, registry),
        RegistryError::Login { source, .. } => super::aws::advise(told, source, None),
        RegistryError::Token { host, .. } => {
            told.help(format!("check the login to {host}: its token service did not accept it"))
        }
        RegistryError::NotFound { .. } => {
            told.help("check the registry, repository, and tag or digest; some registries also answer this way if a login is missing")
        }
        RegistryError::TagNotInLayout { tags, more, .. } => match tags.as_slice() {
            [] => told.help("no entry of its index.json has a tag: name the image by its digest"),
            tags => {
                let more = if *more > 0 { format!(" and {more} more") } else { String::new() };
                told.help(format!("it has the tags {}{more}", tags.join(", ")))
            }
        },
        RegistryError::LayoutIsFile { path } => {
            let file = shell_word(&path.to_string_lossy());
            told.help(format!("unpack it, and name the folder: mkdir layout && tar -xf {file} -C layout"))
        }
        RegistryError::NotInLayout { path, .. } => told
            .help(format!("{0}/oci-layout must exist, and {0}/index.json lists the tags and digests", path.display())),
        RegistryError::Busy { .. } => told.help("try again later; with many images, lower --concurrency"),
        RegistryError::Connection { .. } => told.help("check the host's name, the network and the proxy variables"),
        RegistryError::UnknownHost { proxy: None, .. } => told
            .help("check the host's name for typos")
            .help("if only a proxy knows the name, name the proxy in HTTPS_PROXY"),
        RegistryError::UnknownHost { proxy: Some(_), .. } => {
            told.help("check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY, or except the host from the proxy: NO_PROXY")
        }
        RegistryError::Tls { host, why, ca_files } => tls(told, host, why, ca_files),
        RegistryError::Proxy { host, status, .. } => proxy(told, host, *status),
        RegistryError::Transport(TransportError::Proxy { variable, fact }) => match fact {
            ProxyFault::NotUrl | ProxyFault::Scheme => {
                told.help(format!("set {variable} to a URL such as http://proxy.example:3128, or unset it"))
            }
            ProxyFault::Socks => told.help(format!("set {variable} to an HTTP proxy, or unset it for this step")),
        },
        RegistryError::Transport(TransportError::CaFile { origin, .. }) => {
            told.help(format!("let {origin} name a file with certificates in PEM that can be read, or leave it out"))
        }
        RegistryError::ListingRefused { .. } => told
            .help("try again later: the registry has the referrers API, so nothing else says which signatures there are")
            .help("if it stays so, a proxy or cache in front of the registry may not pass the referrers API on"),
        RegistryError::TagRefused { .. } => told.help(
            "the registry lists signatures by tags that begin with sha256-: exempt those from immutability, and allow them to be \
             overwritten",
        ),
        RegistryError::TagTaken { tag, found } => match found {
            Occupant::Artifact => told.help(
                "the registry answers for this tag with the image itself, also after it took the index: use a registry with the \
                 referrers API, or a newer version of it",
            ),
            Occupant::Other(_) => told.help(format!(
                "delete the tag {tag} if nobody needs it, and run the command again: the name belongs to the index of signatures"
            )),
        },
        RegistryError::NotListed { .. } => {
            told.help("run the command again: the registry accepted the signature but does not list it")
        }
        RegistryError::NotStored { .. } => {
            told.help("run the command again: the registry accepted the signature but does not have it")
        }
        RegistryError::TagIndexLost { .. } => {
            told.help("run the command again: many signers wrote to this image at the same time")
        }
        RegistryError::Digest { .. } | RegistryError::Size { .. } | RegistryError::MediaType { .. } => {
            told.help("do not use this image: the registry sent something other than what was requested")
        }
        RegistryError::NotManifest { named: Some(named), .. } => told.help(format!(
            "let the registry, or what stands between it and here, send the manifest with its own Content-Type: {named}"
        )),
        RegistryError::NotManifest { named: None, .. } => told
            .help("check the registry's name and the repository: what answered may be a website, a proxy, or a login page")
            .help("if it is the registry, it has to send the manifest's own Content-Type, such as application/vnd.oci.image.manifest.v1+json"),
        RegistryError::Schema1 { .. } => told
            .help("build the image again, or pull and push it with a tool that converts it: no current tool runs or signs schema 1"),
        RegistryError::File { .. } => {
            told.help("check that the path exists and is readable, and for signing also writable")
        }
        _ => told,
    }
}

/// What to do about a server whose certificate or TLS is refused. A flag that was given is not advised again.
fn tls(told: Error, host: &str, why: &NoAnswer, ca_files: &[String]) -> Error {
    let name_the_authority = |told: Error| match ca_files {
        [] => told.help("for a private certificate authority, pass its certificate: --ca-file FILE"),
        named => told.help(format!(
            "the file of {} holds neither this certificate nor its issuer: add it there",
            named.join(" and of ")
        )),
    };
    match why {
        NoAnswer::Certificate(Flaw::UnknownIssuer | Flaw::Authority) => name_the_authority(told),
        NoAnswer::Certificate(Flaw::OtherName { .. }) => {
            told.help("name the registry as its certificate does, or give it a certificate for this name")
        }
        NoAnswer::Certificate(Flaw::Expired(_)) => told
            .help(format!("renew the certificate of {host}"))
            .help("or set the clock of this machine, if it is wrong"),
        NoAnswer::Certificate(Flaw::NotYet(_)) => told.help("set the clock of this machine, if it is wrong"),
        NoAnswer::Certificate(_) => told.help(format!("give {host} a certificate that is made for TLS servers")),
        NoAnswer::Tls(TlsFault::NotTls) => {
            told.help(format!("a registry that speaks HTTP without TLS must be named: --plain-http {host}"))
        }
        NoAnswer::Tls(TlsFault::Version | TlsFault::NothingInCommon) => told.help(format!(
            "let {host} accept TLS 1.2 or 1.3 with AES-GCM or ChaCha20, and ECDHE: sealgate has nothing weaker"
        )),
        NoAnswer::Tls(TlsFault::UnknownName) => told.help("check the registry's name"),
        _ => told.help("check that the registry answers there: its name and port, and a proxy or firewall in between"),
    }
}

/// What to do about a store to which a registry redirects. A login to the registry changes nothing there.
fn store_denied(told: Error, answer: &ServerAnswer, registry: &str) -> Error {
    let told = told.help(format!(
        "try again: an address that {registry} redirects to is good for some minutes only. If it fails each time, check the clock of \
         this machine"
    ));
    match EcrHost::parse(registry) {
        Some(host @ EcrHost::Private(_)) => told.help(format!(
            "in a VPC, let the policy of the endpoint for S3 allow s3:GetObject on arn:{}:s3:::prod-{}-starport-layer-bucket/*",
            partition_of(host.region()),
            host.region()
        )),
        _ => told.help(format!("let the network reach {}: a firewall, a proxy, or an endpoint's policy may refuse it", answer.host)),
    }
}

/// What to do about a proxy that lets nothing through.
fn proxy(told: Error, host: &str, status: u16) -> Error {
    let except = format!("or, if {host} is reached without a proxy, add it to NO_PROXY");
    match status {
        401 | 407 => told
            .help("give the proxy's user name and password in its variable: HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT")
            .help(except),
        403 => told.help(format!("let whoever runs the proxy allow {host}")).help(except),
        429 | 500..=599 => told.help("try again later: the proxy does not reach the host").help(except),
        _ => told
            .help("check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY: what answers there is no proxy for this")
            .help(except),
    }
}

/// Whether a certificate of the chain is not valid yet, or no more.
fn is_out_of_time(error: &SignError) -> bool {
    matches!(error, SignError::Chain(ChainError::Expired { .. } | ChainError::NotYetValid { .. }))
}

impl From<SigningError> for Error {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Registry(error) | SigningError::Unproven(error) => error.into(),
            SigningError::Envelope(ref source) if is_out_of_time(source) => Self::of(code::SIGNING_KEY, &error)
                .help("sign with a certificate that is valid now: --certificate-chain FILE, and its key: --key FILE")
                .help("if the certificate should be valid, check the clock of this machine"),
            SigningError::Key(_) | SigningError::Envelope(_) => Self::of(code::SIGNING_KEY, &error)
                .help("check key and chain: the chain starts with the key's certificate and ends with its root"),
            SigningError::Aws(error) => error.into(),
            SigningError::Payload(_) => {
                Self::of(code::INVALID_SETTING, &error).help("choose another key for --user-metadata")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code::ExitCode;

    /// What is told where a registry redirected to a store that refused.
    fn refused_by_store(registry: &str) -> String {
        let answer = ServerAnswer {
            host: "prod-us-west-2-starport-layer-bucket.s3.us-west-2.amazonaws.com".to_owned(),
            method: "GET".to_owned(),
            path: "/111122223333".to_owned(),
            status: 403,
            code: Some("AccessDenied".to_owned()),
            message: Some("Request has expired".to_owned()),
            request_id: None,
        };
        let error = RegistryError::StoreDenied { answer: Box::new(answer), registry: registry.to_owned() };
        let told = Error::from(error);
        assert_eq!(told.exit_code(), ExitCode::Denied);
        told.report().help_text()
    }

    #[test]
    fn a_name_without_a_registry_gets_the_one_of_docker_hub_proposed_where_it_would_be_one() {
        let help = |text: &str| Error::references(&[Reference::parse(text).unwrap_err()]).report().help_text();
        for (text, proposed) in [
            ("postgres:16", "docker.io/library/postgres:16"),
            ("bitnami/redis:7", "docker.io/bitnami/redis:7"),
            ("grafana/grafana:11.0-ubuntu", "docker.io/grafana/grafana:11.0-ubuntu"),
        ] {
            let told = help(text);
            assert!(told.contains(&format!("if Docker Hub's is meant: {proposed}")), "{told}");
        }
        for text in ["postgres", "Postgres:16", "app/Foo:v1", "<image>"] {
            assert!(!help(text).contains("Docker Hub"), "{text}");
        }
    }

    #[test]
    fn a_store_that_refuses_got_no_login_and_none_is_advised() {
        let bucket = |partition: &str, region: &str| {
            format!("s3:GetObject on arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*")
        };
        for (registry, expected) in [
            ("111122223333.dkr.ecr.us-west-2.amazonaws.com", bucket("aws", "us-west-2")),
            ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", bucket("aws-cn", "cn-north-1")),
            ("111122223333.dkr.ecr-fips.us-gov-west-1.amazonaws.com", bucket("aws-us-gov", "us-gov-west-1")),
            ("public.ecr.aws", "let the network reach prod-us-west-2-starport".to_owned()),
            ("ghcr.io", "let the network reach prod-us-west-2-starport".to_owned()),
        ] {
            let help = refused_by_store(registry);
            assert!(help.contains(&expected) && help.contains("clock"), "{help}");
            assert!(
                !help.contains("log in") && !help.contains("login") && !help.contains("SEALGATE_USERNAME"),
                "{help}"
            );
        }
    }
}
