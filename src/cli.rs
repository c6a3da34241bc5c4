//! The command line: types only. A doc comment is the help text.
//!
//! Values are texts here. They become what they mean in `config`, together with variables and files, so that each
//! setting has one rule wherever it was given.

use std::ffi::OsString;

use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::config::Typed;

/// Sign container images in CI, and refuse to deploy what is not signed.
///
/// Signatures are in the Notary Project format: notation verifies what sealgate signs, and the other way round.
#[derive(Debug, Parser)]
#[command(
    name = "sealgate",
    // Not the name that it was called by, which may be anything.
    bin_name = "sealgate",
    version,
    disable_help_subcommand = true,
    after_help = "\
Examples:
  sealgate demo
  sealgate sign --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
  sealgate verify --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
  sealgate key generate --out keys --name release
  sealgate sign --key keys/release.key --certificate-chain keys/release.crt \\
      -- registry.example/app@sha256:…
  sealgate verify --root keys/release-ca.crt --identity '*' -- registry.example/app:1.0

Settings: a flag, else the variable SEALGATE_<FLAG>, else the CI input INPUT_<FLAG> or
PLUGIN_<FLAG>, else the file of --config.

Exit codes: 0 good, 1 internal, 2 usage, 3 configuration, 4 unavailable, 5 denied, 6 not found,
10 rejected, 11 unsigned, 12 gate unmet."
)]
struct Line {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: GlobalArgs,
}

/// A command line.
#[derive(Debug)]
pub(crate) struct Cli {
    /// What to do.
    pub(crate) command: Command,
    /// What was typed for which setting.
    pub(crate) typed: Typed,
}

impl Cli {
    /// Takes the words of a command line apart, the first of which is the name of the program.
    pub(crate) fn parse(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut definition = Self::definition();
        let mut matches = definition.try_get_matches_from_mut(words)?;
        let typed = Typed::of(&definition, &matches);
        let line = Line::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut definition))?;
        Ok(Self { command: line.command, typed })
    }

    /// The commands with their arguments and helps.
    pub(crate) fn definition() -> clap::Command {
        Line::command()
    }
}

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Form of the result on standard output.
    #[arg(long, global = true, value_name = "FORMAT", value_parser = ["text", "json"])]
    pub(crate) format: Option<String>,
    /// Read settings from this YAML file. No file is read unless it is named.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// Show every validation of every signature.
    #[arg(long, short, global = true)]
    pub(crate) verbose: bool,
    /// Colours: on a terminal and where the CI system shows them, always, or never.
    #[arg(long, global = true, value_name = "WHEN", value_parser = ["auto", "always", "never"])]
    pub(crate) color: Option<String>,
    /// Show no progress.
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign images that were pushed.
    Sign(SignArgs),
    /// Check that images carry a signature that is trusted.
    Verify(VerifyArgs),
    /// List the signatures of images, without judging them.
    List(LookArgs),
    /// Show what the signatures of images say, without judging them.
    Inspect(LookArgs),
    /// Find out why it does not work: check the job, its credentials, signing profiles, registries and trust.
    Doctor(Box<DoctorArgs>),
    /// Make or show a trust store and trust policy as notation has them.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Make keys for development.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Sign, verify and refuse on this machine, without registry, account or network.
    Demo(DemoArgs),
    /// Print the completions of a shell.
    Completions(CompletionsArgs),
    /// Print the help of a command, in a CI job too.
    Help(HelpArgs),
    /// Print the version.
    Version,
}

impl Command {
    /// Its words, as reports have them.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sign(_) => "sign",
            Self::Verify(_) => "verify",
            Self::List(_) => "list",
            Self::Inspect(_) => "inspect",
            Self::Doctor(_) => "doctor",
            Self::Trust(TrustCommand::Install(_)) => "trust install",
            Self::Trust(TrustCommand::Show(_)) => "trust show",
            Self::Key(KeyCommand::Generate(_)) => "key generate",
            Self::Demo(_) => "demo",
            Self::Completions(_) => "completions",
            Self::Help(_) => "help",
            Self::Version => "version",
        }
    }
}

/// Flags about registries.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registry options")]
pub(crate) struct RegistryArgs {
    /// User name. Without it, the credentials of Docker, Podman and notation are used, and on ECR those for AWS.
    #[arg(long, value_name = "NAME")]
    pub(crate) username: Option<String>,
    /// Password, or identity token without a user name. Other processes can see it: prefer SEALGATE_PASSWORD.
    #[arg(long, value_name = "PASSWORD")]
    pub(crate) password: Option<String>,
    /// Read the password from standard input.
    #[arg(long)]
    pub(crate) password_stdin: bool,
    /// Ask this host over HTTP without TLS: what it is sent can be read, what it answers can be changed. Repeatable.
    #[arg(long, value_name = "HOST")]
    pub(crate) plain_http: Vec<String>,
    /// Certificate authorities that TLS trusts beside those of the system (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// How long one request may take [default: 30s].
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,
    /// Images that are worked on at the same time [default: 16].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) concurrency: Option<String>,
}

/// Flags about AWS.
#[derive(Debug, Args)]
#[command(next_help_heading = "AWS options")]
pub(crate) struct AwsArgs {
    /// IAM role to assume: with the OIDC token of the job where there is one, else with the credentials that the job has.
    #[arg(long, value_name = "ARN")]
    pub(crate) role_arn: Option<String>,
    /// Name of the variable that holds the OIDC token for the role: one of GitLab's `id_tokens`. GitHub Actions needs none.
    #[arg(long, value_name = "NAME")]
    pub(crate) oidc_token_env: Option<String>,
    /// Profile of the AWS configuration files whose credentials are used. It is not a signing profile.
    #[arg(long, value_name = "NAME")]
    pub(crate) aws_profile: Option<String>,
    /// AWS region for what has none of its own; ARNs and ECR hosts have. Another than the signing profile's is refused.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Ask this endpoint in place of AWS's, for tests and private endpoints. Reports name it, as its word is not AWS's.
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
}

/// Flags of `sign`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate sign --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
  sealgate sign --profile release@111122223333/us-west-2 \\
      --role-arn arn:aws:iam::111122223333:role/ci -- registry.example/app:1.0
  sealgate sign --key release.key --certificate-chain release.crt -- registry.example/app@sha256:…
  sealgate sign --key release.key --certificate-chain release.crt \\
      --expiry 90d --user-metadata build=17 -- oci-layout:out:1.0

An image that carries a fitting signature already is not signed again, unless --force is given.
Images whose names others choose stand behind -- or in SEALGATE_IMAGES, so that none is taken for a
flag.")]
pub(crate) struct SignArgs {
    /// Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…` or `oci-layout:PATH:TAG`.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// AWS signing profile to sign with, one: its ARN, or NAME@ACCOUNT/REGION.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Roots in place of AWS Signer's own, for tests, or where AWS's is not known (PEM). Reports say NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE")]
    pub(crate) aws_root: Option<String>,
    /// Private key to sign with in place of a signing profile (PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted).
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<String>,
    /// Certificate chain of the key, from the signing certificate to the root (PEM).
    #[arg(long, value_name = "FILE")]
    pub(crate) certificate_chain: Option<String>,
    /// Sign this along with the image. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) user_metadata: Vec<String>,
    /// How long a signature of --key is valid, in whole seconds: `24h`, `90d`. Without it, it does not expire.
    #[arg(long, value_name = "DURATION")]
    pub(crate) expiry: Option<String>,
    /// Sign although a fitting signature is there.
    #[arg(long)]
    pub(crate) force: bool,
    /// Form of the signature manifest: the current one, or that of notation 1.x for registries of that time.
    #[arg(long, value_name = "FORM", value_parser = ["current", "legacy"])]
    pub(crate) signature_manifest: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

/// Flags about whom to trust.
#[derive(Debug, Args)]
pub(crate) struct TrustArgs {
    /// Roots in place of AWS Signer's own, for tests, or where AWS's is not known (PEM). Reports say NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE")]
    pub(crate) aws_root: Option<String>,
    /// Trust policy file, in notation's format.
    #[arg(long, value_name = "FILE")]
    pub(crate) policy: Option<String>,
    /// Folder of trust stores: the one that holds `x509`.
    #[arg(long, value_name = "DIR")]
    pub(crate) trust_store: Option<String>,
    /// Trusted certificates, without a policy file: everything is enforced. Repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) root: Vec<String>,
    /// Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*` for everyone whom the root vouches for. Repeatable.
    #[arg(long, value_name = "IDENTITY")]
    pub(crate) identity: Vec<String>,
}

/// Flags of `verify`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate verify --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
  sealgate verify -- registry.example/app:1.0
  sealgate verify --policy trustpolicy.json --trust-store truststore \\
      -- registry.example/app@sha256:…
  sealgate verify --root ca.crt --identity 'x509.subject: C=US, ST=WA, O=Acme' \\
      -- registry.example/app:1.0
  sealgate verify --scope registry.example/app -- oci-layout:out@sha256:…

Trust comes from --profile, from --root with --identity, from --policy with --trust-store, or from
notation's configuration folder. Images whose names others choose stand behind -- or in
SEALGATE_IMAGES, so that none is taken for a flag.")]
pub(crate) struct VerifyArgs {
    /// Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…` or `oci-layout:PATH:TAG`.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// AWS signing profile that is trusted, without a policy file: everything is enforced. Its ARN (with /VERSION behind
    /// it: that version only), or NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    /// Do not check whether signatures were revoked, for public images and jobs without an AWS account. A signature that
    /// was revoked then passes, and reports say that it was not checked.
    #[arg(long)]
    pub(crate) skip_revocation: bool,
    /// Registry scope that selects the policy statement for an OCI image layout.
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) scope: Option<String>,
    /// Accept only signatures with this metadata. Repeatable.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) user_metadata: Vec<String>,
    /// Let an image pass, unverified, whose policy statement says `skip`.
    #[arg(long)]
    pub(crate) allow_skip: bool,
    /// Signatures of one image that are looked at [default: 100].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_signatures: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

/// Flags of `list` and `inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate list -- registry.example/app:1.0
  sealgate inspect --format json -- oci-layout:out@sha256:…

Nothing that is shown has been verified. Use `sealgate verify` to decide whether an image is to be trusted.")]
pub(crate) struct LookArgs {
    /// Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…` or `oci-layout:PATH:TAG`.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// Signatures of one image that are looked at [default: 100].
    #[arg(long, value_name = "NUMBER")]
    pub(crate) max_signatures: Option<String>,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

/// Flags of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate doctor
  sealgate doctor --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1.0
  sealgate doctor --policy trustpolicy.json --trust-store truststore -- registry.example/app:1.0
  sealgate doctor --iam --profile release@111122223333/us-west-2 \\
      --role-arn arn:aws:iam::111122223333:role/ci \\
      -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app

Nothing is changed anywhere, and no secret is shown. Exit code 0 when nothing failed; otherwise that
of what sign or verify would fail with.")]
pub(crate) struct DoctorArgs {
    /// Images whose registries are checked.
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,
    /// AWS signing profile to check, and to trust where no other trust is named: its ARN, that of one of its versions, or
    /// NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE")]
    pub(crate) profile: Vec<String>,
    /// Print the IAM policies for sign and verify, the trust policies for GitHub and GitLab, and the command that makes a
    /// signing profile. Nobody is asked; what is not given stands there in capitals.
    #[arg(long)]
    pub(crate) iam: bool,
    #[command(flatten)]
    pub(crate) trust: TrustArgs,
    #[command(flatten)]
    pub(crate) aws: AwsArgs,
    #[command(flatten)]
    pub(crate) registry: RegistryArgs,
}

/// Trust stores and trust policies.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Write a trust store and a trust policy that notation and sealgate read.
    Install(TrustInstallArgs),
    /// Show the trust stores, the statements, and what is wrong with them.
    Show(TrustShowArgs),
}

/// Flags of `trust install`.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("trusted").args(["profile", "root"]).required(true),
    after_help = "\
Examples:
  sealgate trust install --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release
  sealgate trust install --profile release@111122223333/us-west-2 --dir trust \\
      --scope 111122223333.dkr.ecr.us-west-2.amazonaws.com/app
  sealgate trust install --root acme-ca.crt --name acme \\
      --identity 'x509.subject: C=US, ST=WA, O=Acme'

Written are trustpolicy.json and trustpolicy.oci.json with the same content, the trust store below
truststore/x509, and sealgate-trust.json, which remembers what was written. The trust store is
signingAuthority/aws-signer-ts with the AWS root, as AWS's own installer has it, or for --root
ca/NAME. A file that sealgate did not write, or that was changed since, is replaced only with
--force, and a copy of it is kept. Running the same command again changes nothing."
)]
pub(crate) struct TrustInstallArgs {
    /// AWS signing profile to trust, with the AWS root inside sealgate. Its ARN (with /VERSION behind it: that version
    /// only), or NAME@ACCOUNT/REGION. Repeatable.
    #[arg(long, value_name = "PROFILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) profile: Vec<String>,
    /// Root for --profile where sealgate knows none of AWS, or for tests (PEM or DER). It is marked NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE", conflicts_with = "root", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) aws_root: Option<String>,
    /// Trusted certificates (PEM or DER), in place of --profile. Needs --name and --identity.
    #[arg(long, value_name = "FILE", requires_all = ["name", "identity"], value_parser = NonEmptyStringValueParser::new())]
    pub(crate) root: Option<String>,
    /// Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*` for everyone whom the root vouches for. Repeatable.
    #[arg(long, value_name = "IDENTITY", conflicts_with = "profile", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) identity: Vec<String>,
    /// Name of the policy statement, and of the trust store of --root. A statement of that name is replaced [default:
    /// aws-signer, for --profile].
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Repository that the statement is for, such as `registry.example/app`; without it, all. Repeatable.
    #[arg(long, value_name = "REPOSITORY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) scope: Vec<String>,
    /// Folder to write to [default: notation's configuration folder].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
    /// Replace files that sealgate did not write, and keep a copy of them.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `trust show`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate trust show
  sealgate trust show --dir trust
  sealgate trust show --policy trustpolicy.json --trust-store truststore

Shown are the policy, the trust stores, what would make a verification fail, and the AWS roots that
are part of sealgate.")]
pub(crate) struct TrustShowArgs {
    /// Folder to show [default: notation's configuration folder].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
    /// Trust policy file, in notation's format.
    #[arg(long, value_name = "FILE", conflicts_with = "dir", requires = "trust_store", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) policy: Option<String>,
    /// Folder of trust stores: the one that holds `x509`.
    #[arg(long, value_name = "DIR", conflicts_with = "dir", requires = "policy", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) trust_store: Option<String>,
    /// Roots in place of AWS Signer's own, as `verify` takes them (PEM or DER). They are marked NOT AN AWS ROOT.
    #[arg(long, value_name = "FILE", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) aws_root: Option<String>,
}

/// Keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key for development, with its certificate chain and its trust anchor.
    Generate(KeyGenerateArgs),
}

/// Flags of `key generate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate key generate --out keys --name release
  sealgate key generate --out keys --name release --algorithm rsa-3072

Written are NAME.key (private, readable by you alone), NAME.crt (certificate chain, the signing
certificate first) and NAME-ca.crt (trust anchor). They are for development: valid for 90 days,
nobody vouches for them, nothing can revoke them.")]
pub(crate) struct KeyGenerateArgs {
    /// Folder to write to; made if it is not there.
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) out: String,
    /// Name of the files, and common name of the signer.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// Kind of key.
    #[arg(long, value_name = "ALGORITHM", default_value = "ec-p256",
        value_parser = ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"])]
    pub(crate) algorithm: String,
    /// Replace files that are there.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `demo`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate demo
  sealgate demo --dir demo    (and look at the files afterwards)")]
pub(crate) struct DemoArgs {
    /// Empty folder to work in; it is kept [default: a temporary folder, which is removed].
    #[arg(long, value_name = "DIR", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) dir: Option<String>,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate completions bash > ~/.local/share/bash-completion/completions/sealgate
  sealgate completions zsh > ~/.zfunc/_sealgate")]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// Words of `help`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sealgate help
  sealgate help verify
  sealgate help trust install

The flag --help shows the same, where nothing stands beside it but a command, and outside of CI jobs.")]
pub(crate) struct HelpArgs {
    /// The command; without one, the help of all.
    #[arg(value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
