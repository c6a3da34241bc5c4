//! What a new room, or a new arrow between rooms, is written into.

/// A room: its name, what is in it, and what it uses.
pub(super) type Room = (&'static str, &'static str, &'static [&'static str]);

/// The rooms from top to bottom. An arrow points down, so rooms have no circle. What is not here fails, and so does what is
/// here and no code uses.
#[rustfmt::skip]
pub(super) const ROOMS: &[Room] = &[
    ("main", "reads the environment and the clock once, parses, runs a command, shows the result, returns the exit code",
        &["command", "signals", "error", "context", "cli", "config", "ci", "output", "clock", "report", "exit_code", "env", "notary"]),
    ("command", "one file or folder per command; each reads as the list of its steps",
        &["error", "signing", "verification", "context", "cli", "config", "ci", "signer", "registry", "aws", "transport", "aws::facts", "progress", "files", "clock", "report", "env", "reference", "notary"]),
    ("signals", "handles Ctrl-C and SIGTERM on its own thread, so that pending work never blocks them",
        &["error"]),
    ("error", "every error's code, and the advice: what to do next",
        &["signing", "verification", "config", "signer", "registry", "transport", "aws::facts", "report", "exit_code", "reference", "notary"]),
    ("signing", "the engine of `sign`: look, keep or make a signature, push it, read it back",
        &["verification", "config", "signer", "registry", "clock", "report", "reference", "notary"]),
    ("verification", "the engine of `verify`: candidates, how each is judged, the verdict over all",
        &["config", "evidence", "registry", "aws", "aws::facts", "clock", "report", "reference", "notary"]),
    ("context", "what every command gets: environment, clock, terminal",
        &["config", "ci", "progress", "clock", "report", "env"]),
    ("cli", "the tree of commands, and the arguments that all of them share",
        &["config", "ci", "env"]),
    ("config", "flags, variables, files -> one resolved configuration; every value knows its origin; one file per command",
        &["ci", "transport", "aws::facts", "files", "report", "env", "reference", "loopback", "notary"]),
    ("ci", "which CI system this is, and how it was recognized",
        &["env"]),
    ("evidence", "fetches the evidence that the core needs to judge revocation",
        &["aws", "aws::facts", "notary"]),
    ("signer", "signs with a local key, or with an AWS Signer profile, which returns whole envelopes",
        &["aws", "aws::facts", "files", "clock", "report", "notary"]),
    ("registry", "resolve, list, fetch, push; credentials; OCI image layouts",
        &["aws", "transport", "process", "secrets", "aws::facts", "files", "env", "reference", "loopback", "notary"]),
    ("aws", "calls to AWS: credentials of the job (OIDC -> STS), ECR login, revocation status, the requests of `doctor`",
        &["transport", "process", "secrets", "aws::facts", "files", "clock", "loopback", "notary"]),
    ("transport", "the HTTP clients that registry and aws share: TLS, certificate authorities, proxies",
        &["files", "loopback", "notary"]),
    ("process", "helper programs (credential helpers, `credential_process`): output capped, ended with all their children",
        &[]),
    ("secrets", "records what authorizes a request, and hides it in every text from a server",
        &[]),
    ("aws::facts", "what is known about AWS without a request: hosts, regions, endpoints, what a call fails with, which permission is missing",
        &["files", "loopback", "notary"]),
    ("progress", "shows progress, on a terminal or as lines",
        &["output", "report"]),
    ("output", "where text for people leaves: standard error, the log of `--verbose`",
        &["report"]),
    ("files", "reads named files (regular, capped, never waited for forever); writes files that appear whole or not at all",
        &[]),
    ("clock", "the current time: the start time plus what has passed since on the monotonic clock",
        &["notary"]),
    ("report", "one Report; pure renderers: text, json",
        &["exit_code", "notary"]),
    ("exit_code", "the one table of exit codes",
        &[]),
    ("env", "the snapshot of the environment, and the table of everything that is read from it",
        &[]),
    ("reference", "names of images, in registries and in OCI image layouts",
        &["notary"]),
    ("loopback", "which hosts are this machine",
        &[]),
    ("notary", "THE CORE: bytes + trust + time in, judgment out",
        &[]),
];

/// Arrows that the design forbids and that are there: from, to, and what ends each.
pub(super) const OWED: &[(&str, &str, &str)] = &[];
