//! What the binary says of itself.

use crate::sealgate::Sandbox;

/// Every command, as its words.
const COMMANDS: [&[&str]; 14] = [
    &["sign"],
    &["verify"],
    &["list"],
    &["inspect"],
    &["doctor"],
    &["trust"],
    &["trust", "install"],
    &["trust", "show"],
    &["key"],
    &["key", "generate"],
    &["demo"],
    &["completions"],
    &["help"],
    &["version"],
];

#[test]
fn the_version_is_told() {
    for words in [["--version"], ["-V"], ["version"]] {
        assert_eq!(Sandbox::new().sealgate(&words).exits(0).stdout, "sealgate [VERSION]\n");
    }
}

#[test]
fn the_help_names_every_command_and_shows_examples() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["--help"]).exits(0).stdout, @r"
    Sign container images in CI, and refuse to deploy what is not signed.

    Signatures are in the Notary Project format: notation verifies what sealgate signs, and the other
    way round.

    Usage: sealgate [OPTIONS] <COMMAND>

    Commands:
      sign         Sign images that were pushed
      verify       Check that images carry a signature that is trusted
      list         List the signatures of images, without judging them
      inspect      Show what the signatures of images say, without judging them
      doctor       Find out why it does not work: check the job, its credentials, signing profiles,
                   registries and trust
      trust        Make or show a trust store and trust policy as notation has them
      key          Make keys for development
      demo         Sign, verify and refuse on this machine, without registry, account or network
      completions  Print the completions of a shell
      help         Print the help of a command, in a CI job too
      version      Print the version

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
          --format <FORMAT>
              Form of the result on standard output
              
              [possible values: text, json]

          --config <FILE>
              Read settings from this YAML file. No file is read unless it is named

      -v, --verbose
              Show every validation of every signature

          --color <WHEN>
              Colours: on a terminal and where the CI system shows them, always, or never
              
              [possible values: auto, always, never]

          --no-progress
              Show no progress

    Examples:
      sealgate demo
      sealgate sign --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
      sealgate verify --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
      sealgate key generate --out keys --name release
      sealgate sign --key keys/release.key --certificate-chain keys/release.crt \
          -- registry.example/app@sha256:…
      sealgate verify --root keys/release-ca.crt --identity '*' -- registry.example/app:1.0

    Settings: a flag, else the variable SEALGATE_<FLAG>, else the CI input INPUT_<FLAG> or
    PLUGIN_<FLAG>, else the file of --config.

    Exit codes: 0 good, 1 internal, 2 usage, 3 configuration, 4 unavailable, 5 denied, 6 not found,
    10 rejected, 11 unsigned, 12 gate unmet.
    ");
}

#[test]
fn the_help_of_sign_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["sign", "--help"]).exits(0).stdout, @r"
    Sign images that were pushed

    Usage: sealgate sign [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…`
                  or `oci-layout:PATH:TAG`

    Options:
          --profile <PROFILE>          AWS signing profile to sign with, one: its ARN, or
                                       NAME@ACCOUNT/REGION
          --aws-root <FILE>            Roots in place of AWS Signer's own, for tests, or where AWS's is
                                       not known (PEM). Reports say NOT AN AWS ROOT
          --key <FILE>                 Private key to sign with in place of a signing profile (PEM:
                                       PKCS#8, PKCS#1 or SEC 1, not encrypted)
          --certificate-chain <FILE>   Certificate chain of the key, from the signing certificate to the
                                       root (PEM)
          --user-metadata <KEY=VALUE>  Sign this along with the image. Repeatable
          --expiry <DURATION>          How long a signature of --key is valid, in whole seconds: `24h`,
                                       `90d`. Without it, it does not expire
          --force                      Sign although a fitting signature is there
          --signature-manifest <FORM>  Form of the signature manifest: the current one, or that of
                                       notation 1.x for registries of that time [possible values:
                                       current, legacy]
      -h, --help                       Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume: with the OIDC token of the job where there is
                                   one, else with the credentials that the job has
          --oidc-token-env <NAME>  Name of the variable that holds the OIDC token for the role: one of
                                   GitLab's `id_tokens`. GitHub Actions needs none
          --aws-profile <NAME>     Profile of the AWS configuration files whose credentials are used. It
                                   is not a signing profile
          --region <REGION>        AWS region for what has none of its own; ARNs and ECR hosts have.
                                   Another than the signing profile's is refused
          --endpoint-url <URL>     Ask this endpoint in place of AWS's, for tests and private endpoints.
                                   Reports name it, as its word is not AWS's

    Registry options:
          --username <NAME>       User name. Without it, the credentials of Docker, Podman and notation
                                  are used, and on ECR those for AWS
          --password <PASSWORD>   Password, or identity token without a user name. Other processes can
                                  see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Ask this host over HTTP without TLS: what it is sent can be read, what
                                  it answers can be changed. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts beside those of the system
                                  (PEM)
          --timeout <DURATION>    How long one request may take [default: 30s]
          --concurrency <NUMBER>  Images that are worked on at the same time [default: 16]

    Global options:
          --format <FORMAT>  Form of the result on standard output [possible values: text, json]
          --config <FILE>    Read settings from this YAML file. No file is read unless it is named
      -v, --verbose          Show every validation of every signature
          --color <WHEN>     Colours: on a terminal and where the CI system shows them, always, or never
                             [possible values: auto, always, never]
          --no-progress      Show no progress

    Examples:
      sealgate sign --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
      sealgate sign --profile release@111122223333/us-west-2 \
          --role-arn arn:aws:iam::111122223333:role/ci -- registry.example/app:1.0
      sealgate sign --key release.key --certificate-chain release.crt -- registry.example/app@sha256:…
      sealgate sign --key release.key --certificate-chain release.crt \
          --expiry 90d --user-metadata build=17 -- oci-layout:out:1.0

    An image that carries a fitting signature already is not signed again, unless --force is given.
    Images whose names others choose stand behind -- or in SEALGATE_IMAGES, so that none is taken for a
    flag.
    ");
}

#[test]
fn the_help_of_verify_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["verify", "--help"]).exits(0).stdout, @r"
    Check that images carry a signature that is trusted

    Usage: sealgate verify [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…`
                  or `oci-layout:PATH:TAG`

    Options:
          --profile <PROFILE>          AWS signing profile that is trusted, without a policy file:
                                       everything is enforced. Its ARN (with /VERSION behind it: that
                                       version only), or NAME@ACCOUNT/REGION. Repeatable
          --aws-root <FILE>            Roots in place of AWS Signer's own, for tests, or where AWS's is
                                       not known (PEM). Reports say NOT AN AWS ROOT
          --policy <FILE>              Trust policy file, in notation's format
          --trust-store <DIR>          Folder of trust stores: the one that holds `x509`
          --root <FILE>                Trusted certificates, without a policy file: everything is
                                       enforced. Repeatable
          --identity <IDENTITY>        Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or
                                       `*` for everyone whom the root vouches for. Repeatable
          --skip-revocation            Do not check whether signatures were revoked, for public images
                                       and jobs without an AWS account. A signature that was revoked
                                       then passes, and reports say that it was not checked
          --scope <REPOSITORY>         Registry scope that selects the policy statement for an OCI image
                                       layout
          --user-metadata <KEY=VALUE>  Accept only signatures with this metadata. Repeatable
          --allow-skip                 Let an image pass, unverified, whose policy statement says `skip`
          --max-signatures <NUMBER>    Signatures of one image that are looked at [default: 100]
      -h, --help                       Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume: with the OIDC token of the job where there is
                                   one, else with the credentials that the job has
          --oidc-token-env <NAME>  Name of the variable that holds the OIDC token for the role: one of
                                   GitLab's `id_tokens`. GitHub Actions needs none
          --aws-profile <NAME>     Profile of the AWS configuration files whose credentials are used. It
                                   is not a signing profile
          --region <REGION>        AWS region for what has none of its own; ARNs and ECR hosts have.
                                   Another than the signing profile's is refused
          --endpoint-url <URL>     Ask this endpoint in place of AWS's, for tests and private endpoints.
                                   Reports name it, as its word is not AWS's

    Registry options:
          --username <NAME>       User name. Without it, the credentials of Docker, Podman and notation
                                  are used, and on ECR those for AWS
          --password <PASSWORD>   Password, or identity token without a user name. Other processes can
                                  see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Ask this host over HTTP without TLS: what it is sent can be read, what
                                  it answers can be changed. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts beside those of the system
                                  (PEM)
          --timeout <DURATION>    How long one request may take [default: 30s]
          --concurrency <NUMBER>  Images that are worked on at the same time [default: 16]

    Global options:
          --format <FORMAT>  Form of the result on standard output [possible values: text, json]
          --config <FILE>    Read settings from this YAML file. No file is read unless it is named
      -v, --verbose          Show every validation of every signature
          --color <WHEN>     Colours: on a terminal and where the CI system shows them, always, or never
                             [possible values: auto, always, never]
          --no-progress      Show no progress

    Examples:
      sealgate verify --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
      sealgate verify -- registry.example/app:1.0
      sealgate verify --policy trustpolicy.json --trust-store truststore \
          -- registry.example/app@sha256:…
      sealgate verify --root ca.crt --identity 'x509.subject: C=US, ST=WA, O=Acme' \
          -- registry.example/app:1.0
      sealgate verify --scope registry.example/app -- oci-layout:out@sha256:…

    Trust comes from --profile, from --root with --identity, from --policy with --trust-store, or from
    notation's configuration folder. Images whose names others choose stand behind -- or in
    SEALGATE_IMAGES, so that none is taken for a flag.
    ");
}

#[test]
fn the_help_of_doctor_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["doctor", "--help"]).exits(0).stdout, @r"
    Find out why it does not work: check the job, its credentials, signing profiles, registries and
    trust

    Usage: sealgate doctor [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images whose registries are checked

    Options:
          --profile <PROFILE>    AWS signing profile to check, and to trust where no other trust is
                                 named: its ARN, that of one of its versions, or NAME@ACCOUNT/REGION.
                                 Repeatable
          --iam                  Print the IAM policies for sign and verify, the trust policies for
                                 GitHub and GitLab, and the command that makes a signing profile. Nobody
                                 is asked; what is not given stands there in capitals
          --aws-root <FILE>      Roots in place of AWS Signer's own, for tests, or where AWS's is not
                                 known (PEM). Reports say NOT AN AWS ROOT
          --policy <FILE>        Trust policy file, in notation's format
          --trust-store <DIR>    Folder of trust stores: the one that holds `x509`
          --root <FILE>          Trusted certificates, without a policy file: everything is enforced.
                                 Repeatable
          --identity <IDENTITY>  Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*` for
                                 everyone whom the root vouches for. Repeatable
      -h, --help                 Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume: with the OIDC token of the job where there is
                                   one, else with the credentials that the job has
          --oidc-token-env <NAME>  Name of the variable that holds the OIDC token for the role: one of
                                   GitLab's `id_tokens`. GitHub Actions needs none
          --aws-profile <NAME>     Profile of the AWS configuration files whose credentials are used. It
                                   is not a signing profile
          --region <REGION>        AWS region for what has none of its own; ARNs and ECR hosts have.
                                   Another than the signing profile's is refused
          --endpoint-url <URL>     Ask this endpoint in place of AWS's, for tests and private endpoints.
                                   Reports name it, as its word is not AWS's

    Registry options:
          --username <NAME>       User name. Without it, the credentials of Docker, Podman and notation
                                  are used, and on ECR those for AWS
          --password <PASSWORD>   Password, or identity token without a user name. Other processes can
                                  see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Ask this host over HTTP without TLS: what it is sent can be read, what
                                  it answers can be changed. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts beside those of the system
                                  (PEM)
          --timeout <DURATION>    How long one request may take [default: 30s]
          --concurrency <NUMBER>  Images that are worked on at the same time [default: 16]

    Global options:
          --format <FORMAT>  Form of the result on standard output [possible values: text, json]
          --config <FILE>    Read settings from this YAML file. No file is read unless it is named
      -v, --verbose          Show every validation of every signature
          --color <WHEN>     Colours: on a terminal and where the CI system shows them, always, or never
                             [possible values: auto, always, never]
          --no-progress      Show no progress

    Examples:
      sealgate doctor
      sealgate doctor --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1.0
      sealgate doctor --policy trustpolicy.json --trust-store truststore -- registry.example/app:1.0
      sealgate doctor --iam --profile release@111122223333/us-west-2 \
          --role-arn arn:aws:iam::111122223333:role/ci \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app

    Nothing is changed anywhere, and no secret is shown. Exit code 0 when nothing failed; otherwise that
    of what sign or verify would fail with.
    ");
}

#[test]
fn the_help_of_trust_install_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["trust", "install", "--help"]).exits(0).stdout, @r"
    Write a trust store and a trust policy that notation and sealgate read

    Usage: sealgate trust install [OPTIONS] <--profile <PROFILE>|--root <FILE>>

    Options:
          --profile <PROFILE>    AWS signing profile to trust, with the AWS root inside sealgate. Its
                                 ARN (with /VERSION behind it: that version only), or
                                 NAME@ACCOUNT/REGION. Repeatable
          --aws-root <FILE>      Root for --profile where sealgate knows none of AWS, or for tests (PEM
                                 or DER). It is marked NOT AN AWS ROOT
          --root <FILE>          Trusted certificates (PEM or DER), in place of --profile. Needs --name
                                 and --identity
          --identity <IDENTITY>  Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*` for
                                 everyone whom the root vouches for. Repeatable
          --name <NAME>          Name of the policy statement, and of the trust store of --root. A
                                 statement of that name is replaced [default: aws-signer, for --profile]
          --scope <REPOSITORY>   Repository that the statement is for, such as `registry.example/app`;
                                 without it, all. Repeatable
          --dir <DIR>            Folder to write to [default: notation's configuration folder]
          --force                Replace files that sealgate did not write, and keep a copy of them
      -h, --help                 Print help

    Global options:
          --format <FORMAT>  Form of the result on standard output [possible values: text, json]
          --config <FILE>    Read settings from this YAML file. No file is read unless it is named
      -v, --verbose          Show every validation of every signature
          --color <WHEN>     Colours: on a terminal and where the CI system shows them, always, or never
                             [possible values: auto, always, never]
          --no-progress      Show no progress

    Examples:
      sealgate trust install --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release
      sealgate trust install --profile release@111122223333/us-west-2 --dir trust \
          --scope 111122223333.dkr.ecr.us-west-2.amazonaws.com/app
      sealgate trust install --root acme-ca.crt --name acme \
          --identity 'x509.subject: C=US, ST=WA, O=Acme'

    Written are trustpolicy.json and trustpolicy.oci.json with the same content, the trust store below
    truststore/x509, and sealgate-trust.json, which remembers what was written. The trust store is
    signingAuthority/aws-signer-ts with the AWS root, as AWS's own installer has it, or for --root
    ca/NAME. A file that sealgate did not write, or that was changed since, is replaced only with
    --force, and a copy of it is kept. Running the same command again changes nothing.
    ");
}

#[test]
fn the_help_of_key_generate_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["key", "generate", "--help"]).exits(0).stdout, @r"
    Make a key for development, with its certificate chain and its trust anchor

    Usage: sealgate key generate [OPTIONS] --out <DIR> --name <NAME>

    Options:
          --out <DIR>              Folder to write to; made if it is not there
          --name <NAME>            Name of the files, and common name of the signer
          --algorithm <ALGORITHM>  Kind of key [default: ec-p256] [possible values: ec-p256, ec-p384,
                                   ec-p521, rsa-2048, rsa-3072, rsa-4096]
          --force                  Replace files that are there
      -h, --help                   Print help

    Global options:
          --format <FORMAT>  Form of the result on standard output [possible values: text, json]
          --config <FILE>    Read settings from this YAML file. No file is read unless it is named
      -v, --verbose          Show every validation of every signature
          --color <WHEN>     Colours: on a terminal and where the CI system shows them, always, or never
                             [possible values: auto, always, never]
          --no-progress      Show no progress

    Examples:
      sealgate key generate --out keys --name release
      sealgate key generate --out keys --name release --algorithm rsa-3072

    Written are NAME.key (private, readable by you alone), NAME.crt (certificate chain, the signing
    certificate first) and NAME-ca.crt (trust anchor). They are for development: valid for 90 days,
    nobody vouches for them, nothing can revoke them.
    ");
}

#[test]
fn every_command_has_help_and_those_that_do_something_have_examples() {
    let sandbox = Sandbox::new();
    for words in COMMANDS {
        let help = sandbox.sealgate(&[words, &["--help"]].concat()).exits(0).stdout;
        assert!(help.contains("Usage: sealgate"), "{words:?}");
        assert_eq!(help.contains("Examples:\n"), !matches!(words, ["trust"] | ["key"] | ["version"]), "{words:?}");
        // In a job too, and the same.
        let job = sandbox.sealgate(&[&["help"], words].concat()).env("CI", "true").exits(0);
        assert_eq!((job.stdout, job.stderr.as_str()), (help, ""), "{words:?}");
    }
    let all = sandbox.sealgate(&["--help"]).exits(0).stdout;
    assert_eq!(sandbox.sealgate(&["help"]).exits(0).stdout, all);
}

/// What makes a job, and what it sets so that an image is all that a command line needs.
const JOB: [(&str, &str); 4] = [
    ("CODEBUILD_BUILD_ID", "app:1"),
    ("SEALGATE_PROFILE", "release@111122223333/us-west-2"),
    ("AWS_ACCESS_KEY_ID", "x"),
    ("AWS_SECRET_ACCESS_KEY", "x"),
];

#[test]
fn a_word_that_others_choose_never_ends_a_job_well_that_checked_nothing() {
    #[rustfmt::skip]
    let table: &[(&[&str], i32, i32)] = &[
        // The words, their exit code elsewhere, and in a job.
        (&["help"], 0, 0),
        (&["help", "verify"], 0, 0),
        (&["help", "trust", "install"], 0, 0),
        (&["version"], 0, 0),
        (&["--help"], 0, 0),
        (&["-h"], 0, 0),
        (&["--version"], 0, 0),
        (&["-V"], 0, 0),
        (&["verify", "--help"], 0, 2),
        (&["verify", "-h"], 0, 2),
        (&["sign", "--help"], 0, 2),
        (&["list", "-h"], 0, 2),
        (&["inspect", "--help"], 0, 2),
        (&["doctor", "--help"], 0, 2),
        (&["demo", "--help"], 0, 2),
        (&["completions", "--help"], 0, 2),
        (&["trust", "--help"], 0, 2),
        (&["trust", "show", "--help"], 0, 2),
        (&["key", "generate", "-h"], 0, 2),
        (&["help", "--help"], 0, 2),
        (&["verify", "--version"], 2, 2),
        (&["verify", "-V"], 2, 2),
        (&["verify", "--profile", "release@111122223333/us-west-2", "--help"], 2, 2),
        (&["verify", "--format", "json", "--help"], 2, 2),
        (&["--format", "json", "verify", "-h"], 2, 2),
        (&["verify", "registry.example/app:1", "--help"], 2, 2),
        (&["verify", "--help", "registry.example/app:1"], 2, 2),
        (&["verify", "-vh"], 2, 2),
        (&["verify", "-h", "-h"], 2, 2),
        (&["trust", "show", "--dir", "x", "--help"], 2, 2),
        (&["--help", "verify"], 2, 2),
        (&["--help", "verify", "registry.example/app:1"], 2, 2),
        (&["--version", "verify", "registry.example/app:1"], 2, 2),
        (&["--version", "--version"], 2, 2),
        (&["-vV"], 2, 2),
        (&["verify", "--hel"], 2, 2),
        (&["verify", "--help=true"], 2, 2),
        (&["verify", "-?"], 2, 2),
        (&["verify", "help"], 2, 2),
        (&["verify", "@images"], 2, 2),
        (&["verify"], 2, 2),
        (&["verify", ""], 2, 2),
        (&["verify", "-q"], 2, 2),
        (&["verify", "--quiet"], 2, 2),
        (&["verify", "-v"], 2, 2),
        (&["verify", "--skip-revocation"], 2, 2),
        (&["verify", "--policy=x"], 2, 2),
        (&["verify", "--"], 2, 2),
        (&["verify", "--profile", "release@111122223333/us-west-2", "--", "--help"], 2, 2),
        (&["verify", "--profile", "release@111122223333/us-west-2", "--", "--skip-revocation"], 2, 2),
        (&["sign", "--profile", "release@111122223333/us-west-2", "--", "-h"], 2, 2),
        (&["list", "--", "--version"], 2, 2),
        (&["help", "nonsense"], 2, 2),
        (&["help", "verify", "registry.example/app:1"], 2, 2),
        (&["help", "help", "verify"], 2, 2),
        (&["trust", "help"], 2, 2),
        (&["trust"], 2, 2),
        (&[], 2, 2),
    ];
    let sandbox = Sandbox::new();
    for (words, elsewhere, in_a_job) in table {
        let job = JOB.iter().fold(sandbox.sealgate(words), |run, (name, value)| run.env(name, value));
        for (run, exit) in [(sandbox.sealgate(words), *elsewhere), (job, *in_a_job)] {
            let answer = run.exits(exit);
            assert_eq!(answer.stdout.is_empty(), exit != 0, "{words:?}");
            assert_eq!(answer.stderr.is_empty(), exit == 0, "{words:?}");
        }
    }
}

#[test]
fn help_where_an_image_should_be_says_what_to_do() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "--help", "a"]).exits(2).stderr, @r#"
    error[usage]: --help or --version stands among other arguments, so that nothing was done
      help: to read the help: sealgate help verify
      help: if a variable became the flag: put -- before the images: sealgate verify -- "$IMAGE"
      help: or name the images in SEALGATE_IMAGES, one a line
    "#);
    let job = sandbox.sealgate(&["verify", "--help"]).env("CODEBUILD_BUILD_ID", "app:1");
    insta::assert_snapshot!(job.exits(2).stderr, @r#"
    error[usage]: --help stands behind a command in a CI job (CODEBUILD_BUILD_ID is set), so that nothing was done
      help: to read the help: sealgate help verify
      help: if a variable became the flag: put -- before the images: sealgate verify -- "$IMAGE"
      help: or name the images in SEALGATE_IMAGES, one a line
    "#);
    let job = sandbox.sealgate(&["trust", "show", "--help"]).env("CI", "true");
    insta::assert_snapshot!(job.exits(2).stderr, @"
    error[usage]: --help stands behind a command in a CI job (CI is set), so that nothing was done
      help: to read the help: sealgate help trust show
    ");
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "--version"]).exits(2).stderr, @r#"
    error[usage]: --help or --version stands among other arguments, so that nothing was done
      help: to read the help: sealgate help verify
      help: if a variable became the flag: put -- before the images: sealgate verify -- "$IMAGE"
      help: or name the images in SEALGATE_IMAGES, one a line
    "#);
    insta::assert_snapshot!(sandbox.sealgate(&["help", "verfy"]).exits(2).stderr, @r#"
    error[usage]: there is no command "verfy"
      help: list the commands: sealgate help
    "#);
}

#[test]
fn the_help_does_not_tell_by_what_name_it_was_called() {
    use std::os::unix::process::CommandExt as _;
    let sandbox = Sandbox::new();
    let told = |name: &str| sandbox.sealgate(&["--help"]).into_command().arg0(name).output().unwrap().stdout;
    assert_eq!(String::from_utf8(told("x\n::error::y\u{1b}[2J")), String::from_utf8(told("sealgate")));
}

#[test]
fn the_version_and_the_help_need_no_environment_that_makes_sense() {
    let sandbox = Sandbox::new();
    for words in [&["--version"][..], &["--help"], &["version"], &["help"], &["help", "verify"]] {
        sandbox.sealgate(words).env("SEALGATE_NO_SUCH_THING", "x").env("SEALGATE_TIMEOUT", "x").exits(0);
    }
}
