//! What the binary says of itself.

use crate::sealgate::Sandbox;

/// Every command, as its words.
const COMMANDS: [&[&str]; 16] = [
    &["sign"],
    &["verify"],
    &["list"],
    &["inspect"],
    &["doctor"],
    &["trust"],
    &["trust", "install"],
    &["trust", "show"],
    &["trust", "remove"],
    &["key"],
    &["key", "generate"],
    &["demo"],
    &["completions"],
    &["schema"],
    &["help"],
    &["version"],
];

#[test]
fn the_version_is_told() {
    for words in [["--version"], ["-V"]] {
        assert_eq!(Sandbox::new().sealgate(&words).exits(0).stdout, "sealgate [VERSION]\n");
    }
    let version = Sandbox::new().sealgate(&["version"]).exits(0).stdout;
    let lines: Vec<_> = version.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "sealgate [VERSION]"));
    assert!(lines[1].starts_with("commit: ") && lines[2].starts_with("target: "), "{version}");
}

#[test]
fn the_help_names_every_command_and_shows_examples() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["--help"]).exits(0).stdout, @r"
    Sign container images in CI, and refuse to deploy what is not signed.

    Signatures are in the Notary Project format: notation verifies what sealgate signs, and the other
    way around.

    Usage: sealgate [OPTIONS] <COMMAND>

    Commands:
      sign         Sign images that have been pushed
      verify       Check that images have a trusted signature
      approve      Sign images as a signer of gates, if all stages before are met
      pin          Verify the images that deploy files name, and write their digests
      list         List the signatures of images without judging them
      inspect      Show the content of the signatures of images without judging them
      doctor       Diagnose problems: check the job, its credentials, signing profiles, registries, and
                   trust
      lambda       Let ECS deploy only what is verified: the program of an AWS Lambda function for
                   deployment lifecycle hooks
      trust        Make, show, or remove a trust store and trust policy in notation's format
      gates        Check or draw a file of gates: who must have signed for a stage
      key          Make development keys
      demo         Show signing, verifying, and refusing on this machine, without a registry, account,
                   or network
      completions  Print shell completions
      schema       Print the JSON schema of JSON reports
      help         Print help for a command; also works in CI jobs
      version      Print the version

    Options:
      -h, --help
              Print help (see a summary with '-h')

      -V, --version
              Print version

    Global options:
          --format <FORMAT>
              Output format
              
              [possible values: text, json]

          --report-dir <DIR>
              Folder to write reports to, a file for each format; existing ones are replaced

          --config <FILE>
              YAML file to read settings from; no file is read by default

      -v, --verbose
              Show every validation of every signature

          --color <WHEN>
              When to use color; `auto` means on a terminal and in CI systems that show color
              
              [possible values: auto, always, never]

      -q, --quiet
              Show only what failed or is not plainly good, and no progress

          --no-progress
              Do not show progress

          --ci <NAME>
              CI system whose language to speak (groups, annotations, outputs), or `none`; the default
              is the one that the job's variables reveal

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

    Settings come from a flag, else the variable SEALGATE_<FLAG>, else the CI input INPUT_<FLAG> (on
    GitHub and alike) or PLUGIN_<FLAG> (on Woodpecker and Drone), else the file given by --config.

    Exit codes: 0 success, 1 internal, 2 usage, 3 configuration, 4 unavailable, 5 denied, 6 not found,
    10 rejected, 11 unsigned, 12 gate unmet.
    ");
}

#[test]
fn the_help_of_sign_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["sign", "--help"]).exits(0).stdout, @r"
    Sign images that have been pushed

    Usage: sealgate sign [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…`
                  or `oci-layout:PATH:TAG`

    Options:
          --images-from <FILE>         Read images from what a build wrote: a list, or the JSON of
                                       buildx, bake, docker/metadata-action, Jib, GoReleaser or
                                       CodePipeline. `-` is standard input, `ci` what the CI system
                                       says. Repeatable
          --digest <DIGEST>            Digest of the images that are named without one, where a build
                                       gives tags and digest apart
          --shard <K/N>                Take a part of the images, so that several jobs share the work:
                                       `K/N` is part K of N, `auto` what the CI system says of parallel
                                       jobs
          --profile <PROFILE>          AWS signing profile to sign with: its ARN, or
                                       NAME@ACCOUNT/REGION. Only one
          --aws-root <FILE>            Roots to use instead of AWS Signer's, for tests or if AWS's is
                                       not known (PEM). Reports say NOT AN AWS ROOT
          --key <FILE>                 Private key, in place of a signing profile (PEM: PKCS#8, PKCS#1,
                                       or SEC 1): a file, or env:NAME for the variable that holds it
          --key-password-file <FILE>   File with the password of the key, if it is encrypted
          --key-password <PASSWORD>    The password itself. Other processes can see it: prefer
                                       SEALGATE_KEY_PASSWORD
          --certificate-chain <FILE>   Certificate chain of the key, from the signing certificate to the
                                       root (PEM): a file, or env:NAME
          --user-metadata <KEY=VALUE>  Metadata to include in the signature. Repeatable
          --expiry <DURATION>          How long a signature made with --key is valid, in whole seconds:
                                       `24h`, `90d` [default: it does not expire]
          --force                      Sign even if a matching signature exists
          --best-effort                End with 0, and report `not-signed`, if a registry or AWS is
                                       unavailable (4) or denies the request (5)
          --signature-manifest <FORM>  Form of the signature manifest: the current one, or the one of
                                       notation 1.x for older registries [possible values: current,
                                       legacy]
      -h, --help                       Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume, with the job's OIDC token if it has one that the
                                   role trusts, else with the job's credentials
          --oidc-token-env <NAME>  Name of the variable with the OIDC token for the role: one of
                                   GitLab's `id_tokens`. Not needed on GitHub Actions
          --aws-profile <NAME>     Profile in the AWS configuration files to take credentials from (not
                                   a signing profile)
          --region <REGION>        Region to use where no ARN or ECR host gives one; must match the
                                   signing profile's
          --endpoint-url <URL>     Endpoint to use instead of AWS's, for tests and private endpoints.
                                   Reports name it, because its answers are not AWS's

    Registry options:
          --username <NAME>       User name [default: credentials from Docker, Podman, or notation, and
                                  on ECR those for AWS]
          --password <PASSWORD>   Password, or identity token if there is no user name. Other processes
                                  can see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Host to use HTTP without TLS for: others can read what is sent and
                                  change the answers. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts in addition to the system's
                                  (PEM)
          --timeout <DURATION>    Time limit for each request [default: 30s]
          --concurrency <NUMBER>  Number of images to process in parallel [default: 16]

    GitHub options:
          --check-run                Show the result as a check run of the commit, with annotations.
                                     Needs `checks: write`
          --commit-status            Show the result as a status of the commit; also on Gitea and
                                     Forgejo. Needs `statuses: write`
          --comment                  Show the result as a comment on the pull request, if the run is
                                     one's; later runs update it. Needs `pull-requests: write`
          --github-token-env <NAME>  Name of the variable with the token for that [default: the input
                                     `github-token`, else GITHUB_TOKEN]
          --on-fork <WHAT>           What to do for a pull request from a fork, which has nothing to
                                     sign with: end with an error, or skip all images and end with 0
                                     [default: fail] [possible values: fail, skip]
          --allow-checkout-trust     Read the file of --config from the checkout of a pull request from
                                     a fork, whose author may have written it

    Deployment options:
          --exports <FILE>  Write the outputs as `export SEALGATE_OUTPUT_…` lines for a shell, if all
                            images pass: `sealgate … && . ./FILE`

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

    Examples:
      sealgate sign --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…
      sealgate sign --profile release@111122223333/us-west-2 \
          --role-arn arn:aws:iam::111122223333:role/ci -- registry.example/app:1.0
      sealgate sign --key release.key --certificate-chain release.crt -- registry.example/app@sha256:…
      sealgate sign --key release.key --certificate-chain release.crt \
          --expiry 90d --user-metadata build=17 -- oci-layout:out:1.0
      sealgate sign --key env:SIGNING_KEY --certificate-chain release.crt \
          -- registry.example/app@sha256:…

    An image that already has a matching signature is not signed again, unless --force is given.
    Put images whose names others choose after -- or in SEALGATE_IMAGES, so that none of them is taken
    for a flag.
    ");
}

#[test]
fn the_help_of_verify_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["verify", "--help"]).exits(0).stdout, @r"
    Check that images have a trusted signature

    Usage: sealgate verify [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…`
                  or `oci-layout:PATH:TAG`

    Options:
          --images-from <FILE>         Read images from what a build wrote: a list, or the JSON of
                                       buildx, bake, docker/metadata-action, Jib, GoReleaser or
                                       CodePipeline. `-` is standard input, `ci` what the CI system
                                       says. Repeatable
          --digest <DIGEST>            Digest of the images that are named without one, where a build
                                       gives tags and digest apart
          --shard <K/N>                Take a part of the images, so that several jobs share the work:
                                       `K/N` is part K of N, `auto` what the CI system says of parallel
                                       jobs
          --profile <PROFILE>          AWS signing profile to trust without a policy file; everything is
                                       enforced. Its ARN (append /VERSION for that version only), or
                                       NAME@ACCOUNT/REGION. Repeatable
          --aws-root <FILE>            Roots to use instead of AWS Signer's, for tests or if AWS's is
                                       not known (PEM). Reports say NOT AN AWS ROOT
          --policy <FILE>              Trust policy file, in notation's format
          --trust-store <DIR>          Folder of trust stores: the one that contains `x509`
          --root <FILE>                Trusted certificates, without a policy file; everything is
                                       enforced. Repeatable
          --identity <IDENTITY>        Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or
                                       `*` for every signer the root vouches for. Repeatable
          --allow-checkout-trust       Take trust from files in the checkout of a pull request, whose
                                       author may have written them: gates, and if it comes from a fork
                                       any
          --gates <FILE>               File of gates, in place of a policy: who must have signed before
                                       a stage lets an image pass
          --stage <NAME>               Stage of the gates. What the stages before it require is required
                                       too
          --skip-revocation            Do not check revocation, for public images and jobs without an
                                       AWS account. A revoked signature then passes, and reports say
                                       that revocation was not checked
          --scope <REPOSITORY>         Registry scope used to select the policy statement for an OCI
                                       image layout
          --user-metadata <KEY=VALUE>  Accept only signatures with this metadata. Repeatable
          --allow-skip                 Let images pass unverified if their policy statement says `skip`
          --max-signatures <NUMBER>    Maximum number of signatures to examine per image [default: 100]
          --wait <DURATION>            Wait for signatures that come from elsewhere, such as ECR's
                                       managed signing or another job: `5m`. Looks again while an image
                                       is unsigned or rejected, or a server does not answer
      -h, --help                       Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume, with the job's OIDC token if it has one that the
                                   role trusts, else with the job's credentials
          --oidc-token-env <NAME>  Name of the variable with the OIDC token for the role: one of
                                   GitLab's `id_tokens`. Not needed on GitHub Actions
          --aws-profile <NAME>     Profile in the AWS configuration files to take credentials from (not
                                   a signing profile)
          --region <REGION>        Region to use where no ARN or ECR host gives one; must match the
                                   signing profile's
          --endpoint-url <URL>     Endpoint to use instead of AWS's, for tests and private endpoints.
                                   Reports name it, because its answers are not AWS's

    Registry options:
          --username <NAME>       User name [default: credentials from Docker, Podman, or notation, and
                                  on ECR those for AWS]
          --password <PASSWORD>   Password, or identity token if there is no user name. Other processes
                                  can see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Host to use HTTP without TLS for: others can read what is sent and
                                  change the answers. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts in addition to the system's
                                  (PEM)
          --timeout <DURATION>    Time limit for each request [default: 30s]
          --concurrency <NUMBER>  Number of images to process in parallel [default: 16]

    GitHub options:
          --check-run                Show the result as a check run of the commit, with annotations.
                                     Needs `checks: write`
          --commit-status            Show the result as a status of the commit; also on Gitea and
                                     Forgejo. Needs `statuses: write`
          --comment                  Show the result as a comment on the pull request, if the run is
                                     one's; later runs update it. Needs `pull-requests: write`
          --github-token-env <NAME>  Name of the variable with the token for that [default: the input
                                     `github-token`, else GITHUB_TOKEN]

    Deployment options:
          --imagedefinitions <CONTAINER=IMAGE>
              Verify the image as well, and write `imagedefinitions.json`, from which CodePipeline
              deploys it to ECS, if all images pass. Repeatable
          --image-detail <IMAGE>
              Verify the image as well, and write `imageDetail.json`, from which CodeDeploy deploys it,
              if all images pass
          --deploy-dir <DIR>
              Folder for these two files, made where it is missing [default: the working folder]
          --exports <FILE>
              Write the outputs as `export SEALGATE_OUTPUT_…` lines for a shell, if all images pass:
              `sealgate … && . ./FILE`
          --vsa-out <FILE>
              Write a verification summary of each image (in-toto statement, SLSA VSA v1), which others
              can sign and rely on. It says `PASSED` only of images that are verified; where the run
              refuses an image, it is written as well

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

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
    notation's configuration folder. Put images whose names others choose after -- or in
    SEALGATE_IMAGES, so that none of them is taken for a flag.
    ");
}

#[test]
fn the_help_of_approve_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["approve", "--help"]).exits(0).stdout, @r"
    Sign images as a signer of gates, if all stages before are met

    Usage: sealgate approve [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…`
                  or `oci-layout:PATH:TAG`

    Options:
          --images-from <FILE>         Read images from what a build wrote: a list, or the JSON of
                                       buildx, bake, docker/metadata-action, Jib, GoReleaser or
                                       CodePipeline. `-` is standard input, `ci` what the CI system
                                       says. Repeatable
          --digest <DIGEST>            Digest of the images that are named without one, where a build
                                       gives tags and digest apart
          --shard <K/N>                Take a part of the images, so that several jobs share the work:
                                       `K/N` is part K of N, `auto` what the CI system says of parallel
                                       jobs
          --gates <FILE>               File of gates, in place of a policy: who must have signed before
                                       a stage lets an image pass
          --stage <NAME>               Stage of the gates. What the stages before it require is required
                                       too
          --as <SIGNER>                Signer of the gates as whom to approve; the key or signing
                                       profile has to be that signer's
          --profile <PROFILE>          AWS signing profile to sign with, if the signer has several: its
                                       ARN, or NAME@ACCOUNT/REGION
          --aws-root <FILE>            Roots to use instead of AWS Signer's, for tests or if AWS's is
                                       not known (PEM). Reports say NOT AN AWS ROOT
          --key <FILE>                 Private key, in place of a signing profile (PEM: PKCS#8, PKCS#1,
                                       or SEC 1): a file, or env:NAME for the variable that holds it
          --key-password-file <FILE>   File with the password of the key, if it is encrypted
          --key-password <PASSWORD>    The password itself. Other processes can see it: prefer
                                       SEALGATE_KEY_PASSWORD
          --certificate-chain <FILE>   Certificate chain of the key, from the signing certificate to the
                                       root (PEM): a file, or env:NAME
          --user-metadata <KEY=VALUE>  Further metadata to include in the signature. Repeatable
          --expiry <DURATION>          How long a signature made with --key is valid, in whole seconds:
                                       `24h`, `90d` [default: it does not expire]
          --force                      Approve even if the signer has approved already
          --signature-manifest <FORM>  Form of the signature manifest: the current one, or the one of
                                       notation 1.x for older registries [possible values: current,
                                       legacy]
          --max-signatures <NUMBER>    Maximum number of signatures to examine per image [default: 100]
      -h, --help                       Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume, with the job's OIDC token if it has one that the
                                   role trusts, else with the job's credentials
          --oidc-token-env <NAME>  Name of the variable with the OIDC token for the role: one of
                                   GitLab's `id_tokens`. Not needed on GitHub Actions
          --aws-profile <NAME>     Profile in the AWS configuration files to take credentials from (not
                                   a signing profile)
          --region <REGION>        Region to use where no ARN or ECR host gives one; must match the
                                   signing profile's
          --endpoint-url <URL>     Endpoint to use instead of AWS's, for tests and private endpoints.
                                   Reports name it, because its answers are not AWS's

    Registry options:
          --username <NAME>       User name [default: credentials from Docker, Podman, or notation, and
                                  on ECR those for AWS]
          --password <PASSWORD>   Password, or identity token if there is no user name. Other processes
                                  can see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Host to use HTTP without TLS for: others can read what is sent and
                                  change the answers. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts in addition to the system's
                                  (PEM)
          --timeout <DURATION>    Time limit for each request [default: 30s]
          --concurrency <NUMBER>  Number of images to process in parallel [default: 16]

    GitHub options:
          --check-run                Show the result as a check run of the commit, with annotations.
                                     Needs `checks: write`
          --commit-status            Show the result as a status of the commit; also on Gitea and
                                     Forgejo. Needs `statuses: write`
          --comment                  Show the result as a comment on the pull request, if the run is
                                     one's; later runs update it. Needs `pull-requests: write`
          --github-token-env <NAME>  Name of the variable with the token for that [default: the input
                                     `github-token`, else GITHUB_TOKEN]
          --on-fork <WHAT>           What to do for a pull request from a fork, which has nothing to
                                     sign with: end with an error, or skip all images and end with 0
                                     [default: fail] [possible values: fail, skip]
          --allow-checkout-trust     Take gates from the checkout of a pull request, whose author may
                                     have written them

    Deployment options:
          --exports <FILE>  Write the outputs as `export SEALGATE_OUTPUT_…` lines for a shell, if all
                            images pass: `sealgate … && . ./FILE`

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

    Examples:
      sealgate approve --gates gates.yaml --stage test --as qa \
          --key qa.key --certificate-chain qa.crt -- registry.example/app@sha256:…
      sealgate approve --gates gates.yaml --stage prod --as security \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:…

    First the stages that come before are verified; if one is not met, nothing is signed. The signature
    carries the metadata stage=NAME. A signer with one signing profile needs no --profile.
    ");
}

#[test]
fn the_help_of_doctor_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["doctor", "--help"]).exits(0).stdout, @r"
    Diagnose problems: check the job, its credentials, signing profiles, registries, and trust

    Usage: sealgate doctor [OPTIONS] [IMAGE]...

    Arguments:
      [IMAGE]...  Images: `host/repository@sha256:…`, `host/repository:tag`, `oci-layout:PATH@sha256:…`
                  or `oci-layout:PATH:TAG`

    Options:
          --images-from <FILE>        Read images from what a build wrote: a list, or the JSON of
                                      buildx, bake, docker/metadata-action, Jib, GoReleaser or
                                      CodePipeline. `-` is standard input, `ci` what the CI system says.
                                      Repeatable
          --digest <DIGEST>           Digest of the images that are named without one, where a build
                                      gives tags and digest apart
          --shard <K/N>               Take a part of the images, so that several jobs share the work:
                                      `K/N` is part K of N, `auto` what the CI system says of parallel
                                      jobs
          --profile <PROFILE>         AWS signing profile to check, and to trust if no other trust is
                                      given: its ARN, the ARN of one of its versions, or
                                      NAME@ACCOUNT/REGION. Repeatable
          --key <FILE>                Private key, in place of a signing profile (PEM: PKCS#8, PKCS#1,
                                      or SEC 1): a file, or env:NAME for the variable that holds it
          --key-password-file <FILE>  File with the password of the key, if it is encrypted
          --key-password <PASSWORD>   The password itself. Other processes can see it: prefer
                                      SEALGATE_KEY_PASSWORD
          --certificate-chain <FILE>  Certificate chain of the key, from the signing certificate to the
                                      root (PEM): a file, or env:NAME
          --iam                       Print the IAM policies for sign and verify, the role trust
                                      policies for GitHub and GitLab, and the command that makes a
                                      signing profile. Contacts no server; values that you do not give
                                      appear in capitals
          --aws-root <FILE>           Roots to use instead of AWS Signer's, for tests or if AWS's is not
                                      known (PEM). Reports say NOT AN AWS ROOT
          --policy <FILE>             Trust policy file, in notation's format
          --trust-store <DIR>         Folder of trust stores: the one that contains `x509`
          --root <FILE>               Trusted certificates, without a policy file; everything is
                                      enforced. Repeatable
          --identity <IDENTITY>       Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or
                                      `*` for every signer the root vouches for. Repeatable
          --allow-checkout-trust      Take trust from files in the checkout of a pull request, whose
                                      author may have written them: gates, and if it comes from a fork
                                      any
          --skip-revocation           Do not check whether verify may ask for the revocation status of
                                      signing profiles
          --scope <REPOSITORY>        Registry scope to check the trust policy for, used for OCI image
                                      layouts
      -h, --help                      Print help

    AWS options:
          --role-arn <ARN>         IAM role to assume, with the job's OIDC token if it has one that the
                                   role trusts, else with the job's credentials
          --oidc-token-env <NAME>  Name of the variable with the OIDC token for the role: one of
                                   GitLab's `id_tokens`. Not needed on GitHub Actions
          --aws-profile <NAME>     Profile in the AWS configuration files to take credentials from (not
                                   a signing profile)
          --region <REGION>        Region to use where no ARN or ECR host gives one; must match the
                                   signing profile's
          --endpoint-url <URL>     Endpoint to use instead of AWS's, for tests and private endpoints.
                                   Reports name it, because its answers are not AWS's

    Registry options:
          --username <NAME>       User name [default: credentials from Docker, Podman, or notation, and
                                  on ECR those for AWS]
          --password <PASSWORD>   Password, or identity token if there is no user name. Other processes
                                  can see it: prefer SEALGATE_PASSWORD
          --password-stdin        Read the password from standard input
          --plain-http <HOST>     Host to use HTTP without TLS for: others can read what is sent and
                                  change the answers. Repeatable
          --ca-file <FILE>        Certificate authorities that TLS trusts in addition to the system's
                                  (PEM)
          --timeout <DURATION>    Time limit for each request [default: 30s]
          --concurrency <NUMBER>  Number of images to process in parallel [default: 16]

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

    Examples:
      sealgate doctor
      sealgate doctor --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app:1.0
      sealgate doctor --policy trustpolicy.json --trust-store truststore -- registry.example/app:1.0
      sealgate doctor --key release.key --certificate-chain release.crt \
          --root acme-ca.crt --identity 'x509.subject: C=US, ST=WA, O=Acme'
      sealgate doctor --iam --profile release@111122223333/us-west-2 \
          --role-arn arn:aws:iam::111122223333:role/ci \
          -- 111122223333.dkr.ecr.us-west-2.amazonaws.com/app

    doctor changes nothing and shows no secrets. A setting that cannot be used is one of its findings.
    The exit code is 0 if nothing failed, otherwise the worst one that sign or verify would end with.
    ");
}

#[test]
fn the_help_of_trust_install_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["trust", "install", "--help"]).exits(0).stdout, @r"
    Write a trust store and a trust policy that notation and sealgate read

    Usage: sealgate trust install [OPTIONS] <--profile <PROFILE>|--root <FILE>>

    Options:
          --profile <PROFILE>     AWS signing profile to trust, with the AWS root built into sealgate:
                                  its ARN (append /VERSION for that version only), or
                                  NAME@ACCOUNT/REGION. Repeatable
          --aws-root <FILE>       Root for --profile if sealgate has no AWS root for it, or for tests
                                  (PEM or DER). Marked NOT AN AWS ROOT
          --root <FILE>           Trusted certificates (PEM or DER), instead of --profile. Needs --name
                                  and --identity. Repeatable
          --identity <IDENTITY>   Trusted identity for --root: `x509.subject: C=…, ST=…, O=…`, or `*`
                                  for every signer the root vouches for. Repeatable
          --name <NAME>           Name of the policy statement, and of the trust store for --root.
                                  Replaces a statement with the same name [default: aws-signer, for
                                  --profile]
          --scope <REPOSITORY>    Repository that the statement applies to, such as
                                  `registry.example/app` [default: all]. Repeatable
          --dir <DIR>             Folder to write to [default: notation's configuration folder]
          --allow-checkout-trust  Take certificates from the checkout of a pull request from a fork,
                                  whose author may have written them
          --force                 Replace files that sealgate did not write, and keep copies of them
      -h, --help                  Print help

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

    Examples:
      sealgate trust install --profile arn:aws:signer:us-west-2:111122223333:/signing-profiles/release
      sealgate trust install --profile release@111122223333/us-west-2 --dir trust \
          --scope 111122223333.dkr.ecr.us-west-2.amazonaws.com/app
      sealgate trust install --root acme-ca.crt --name acme \
          --identity 'x509.subject: C=US, ST=WA, O=Acme'

    Writes trustpolicy.json and trustpolicy.oci.json with the same content, the trust store in
    truststore/x509, and sealgate-trust.json, which records what was written. The trust store is
    signingAuthority/aws-signer-ts with the AWS root, as in AWS's own installer, or ca/NAME for --root.
    Files that sealgate did not write, or that have changed since, are replaced only with --force, and
    a copy is kept. Running the same command again changes nothing.
    ");
}

#[test]
fn the_help_of_trust_remove_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["trust", "remove", "--help"]).exits(0).stdout, @r"
    Remove what `trust install` wrote: a statement with its trust stores, or everything

    Usage: sealgate trust remove [OPTIONS]

    Options:
          --name <NAME>  Name of the policy statement to remove, as given to `trust install`. Repeatable
          --all          Remove everything that sealgate wrote to the folder
          --dir <DIR>    Folder to remove from [default: notation's configuration folder]
      -h, --help         Print help

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

    Examples:
      sealgate trust remove --name acme
      sealgate trust remove --name aws-signer --dir trust
      sealgate trust remove --all

    Removes the statement from trustpolicy.json and trustpolicy.oci.json, and its trust stores if no
    other statement names them. With the last statement the policy goes too. Only what sealgate wrote
    is removed: if a file has changed since, nothing is. `sealgate trust show` lists the names.
    ");
}

#[test]
fn the_help_of_key_generate_is_enough_to_use_it() {
    insta::assert_snapshot!(Sandbox::new().sealgate(&["key", "generate", "--help"]).exits(0).stdout, @r"
    Make a development key with its certificate chain and trust anchor

    Usage: sealgate key generate [OPTIONS] --out <DIR> --name <NAME>

    Options:
          --out <DIR>              Folder to write to; created if it does not exist
          --name <NAME>            Base name of the files, and common name of the signer
          --algorithm <ALGORITHM>  Type of key [default: ec-p256] [possible values: ec-p256, ec-p384,
                                   ec-p521, rsa-2048, rsa-3072, rsa-4096]
          --force                  Replace existing files
      -h, --help                   Print help

    Global options:
          --format <FORMAT>   Output format [possible values: text, json]
          --report-dir <DIR>  Folder to write reports to, a file for each format; existing ones are
                              replaced
          --config <FILE>     YAML file to read settings from; no file is read by default
      -v, --verbose           Show every validation of every signature
          --color <WHEN>      When to use color; `auto` means on a terminal and in CI systems that show
                              color [possible values: auto, always, never]
      -q, --quiet             Show only what failed or is not plainly good, and no progress
          --no-progress       Do not show progress
          --ci <NAME>         CI system whose language to speak (groups, annotations, outputs), or
                              `none`; the default is the one that the job's variables reveal

    Examples:
      sealgate key generate --out keys --name release
      sealgate key generate --out keys --name release --algorithm rsa-3072

    Writes NAME.key (private, readable only by you), NAME.crt (certificate chain, signing certificate
    first), and NAME-ca.crt (trust anchor). They are for development only: valid for 90 days, not
    vouched for by any authority, and impossible to revoke.
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
        (&["schema", "--help"], 0, 2),
        (&["schema", "verify"], 2, 2),
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
            assert_eq!(answer.stdout.is_empty() || answer.stdout.starts_with('{'), exit != 0, "{words:?}");
            assert_eq!(answer.stderr.is_empty(), exit == 0, "{words:?}");
        }
    }
}

#[test]
fn help_where_an_image_should_be_says_what_to_do() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "--help", "a"]).exits(2).stderr, @r#"
    error[usage]: --help or --version was given with other arguments, so nothing was done
      help: to read the help: sealgate help verify
      help: if a variable became the flag: put -- before the images: sealgate verify -- "$IMAGE"
      help: or name the images in SEALGATE_IMAGES, one per line
    "#);
    let job = sandbox.sealgate(&["verify", "--help"]).env("CODEBUILD_BUILD_ID", "app:1");
    insta::assert_snapshot!(job.exits(2).stderr, @r#"
    error[usage]: --help was given after a command in a CI job (CODEBUILD_BUILD_ID is set), so nothing was done
      help: to read the help: sealgate help verify
      help: if a variable became the flag: put -- before the images: sealgate verify -- "$IMAGE"
      help: or name the images in SEALGATE_IMAGES, one per line
    "#);
    let job = sandbox.sealgate(&["trust", "show", "--help"]).env("CI", "true");
    insta::assert_snapshot!(job.exits(2).stderr, @"
    error[usage]: --help was given after a command in a CI job (CI is set), so nothing was done
      help: to read the help: sealgate help trust show
    ");
    insta::assert_snapshot!(sandbox.sealgate(&["verify", "--version"]).exits(2).stderr, @r#"
    error[usage]: --help or --version was given with other arguments, so nothing was done
      help: to read the help: sealgate help verify
      help: if a variable became the flag: put -- before the images: sealgate verify -- "$IMAGE"
      help: or name the images in SEALGATE_IMAGES, one per line
    "#);
    insta::assert_snapshot!(sandbox.sealgate(&["help", "verfy"]).exits(2).stderr, @r#"
    error[usage]: unknown command "verfy"
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
    for words in [&["--version"][..], &["--help"], &["version"], &["help"], &["help", "verify"], &["schema"]] {
        sandbox.sealgate(words).env("SEALGATE_NO_SUCH_THING", "x").env("SEALGATE_TIMEOUT", "x").exits(0);
    }
}

#[test]
fn the_help_of_pin_is_enough_to_use_it() {
    insta::assert_snapshot!(own_part(&Sandbox::new().sealgate(&["pin", "--help"]).exits(0).stdout), @r#"
    Verify the images that deploy files name, and write their digests

    Usage: sealgate pin [OPTIONS] [FILE]...

    Arguments:
      [FILE]...  Deploy files; `-` is standard input, whose pinned form goes to standard output

    Options:
          --kind <KIND>                What the files are, if it cannot be told from what is in them
                                       [possible values: ecs, imagedefinitions, imagedetail, kubernetes,
                                       kustomize, compose, cloudformation]
          --write                      Write the digests into the files, all or none, if all images pass
          --out <FILE>                 Write the one file with its digests to another file, if all
                                       images pass; `-` is standard output, and the report goes to
                                       standard error then
          --check                      Write nothing, and fail if an image has no digest
          --allow-unpinned <TEXT>      Leave what has exactly this text without a digest, and
                                       unverified: a variable or a template. Repeatable. The result is
                                       never `verified` then
    Examples:
      sealgate pin --profile release@111122223333/us-west-2 taskdef.json
      sealgate pin --gates gates.yaml --stage prod --write k8s/deployment.yaml k8s/cronjob.yaml
      sealgate pin --policy trustpolicy.json --trust-store truststore --check compose.yaml
      kustomize build overlays/prod | sealgate pin --root ca.crt --identity '*' - > pinned.yaml
      helm template release ./chart | sealgate pin --root ca.crt --identity '*' - > pinned.yaml

    Verifies every image that the files name, and writes the digests that were verified. Without --write
    or --out it shows the changes and writes nothing. If one image of one file does not pass, nothing is
    written. Files: ECS task definitions, imagedefinitions.json, imageDetail.json, Kubernetes manifests,
    kustomizations, compose files, and CloudFormation templates. Charts and Terraform are pinned as what
    they render. A folder is not read: name its files, as in k8s/*.yaml. Links are refused.
    "#);
}

/// What stands before the flags that `verify` has as well, and the examples.
fn own_part(help: &str) -> String {
    let (own, rest) = help.split_once("      --profile").unwrap();
    let (_, examples) = rest.split_once("Examples:\n").unwrap();
    format!("{own}Examples:\n{examples}")
}
