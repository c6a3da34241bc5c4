//! `cargo run --example aws-endpoint`: the test endpoint as a command, to try the whole flow on a laptop.

#![allow(clippy::print_stdout, clippy::print_stderr, clippy::expect_used, reason = "a command for people")]

#[path = "mod.rs"]
mod aws;

use std::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::ExitCode;

use aws::endpoint::{Endpoint, Options};
use aws::fault::Rule;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// A stand-in for AWS Signer, STS and the logins of ECR on loopback. ITS ROOTS ARE NOT AWS'S.
#[derive(Parser)]
#[command(name = "aws-endpoint")]
struct Flags {
    /// Port of loopback; 0 for a free one.
    #[arg(long, default_value_t = 4599)]
    port: u16,
    /// Folder in which profiles, jobs and the roots are kept over a restart.
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,
    /// Where the root certificate is written.
    #[arg(long, value_name = "FILE", default_value = "not-aws-root.pem")]
    root_file: PathBuf,
    /// Region of the profile.
    #[arg(long, default_value = "us-west-2")]
    region: String,
    /// Account of the user and of the profile.
    #[arg(long, default_value = "111122223333")]
    account: String,
    /// Name of the signing profile.
    #[arg(long, default_value = "ci_images")]
    profile: String,
    /// What goes wrong, for example SignPayload=throttle:2 or GetRevocationStatus=internal-error.
    #[arg(long, value_name = "OPERATION=FAULT[:TIMES]", value_parser = Rule::parse)]
    fault: Vec<Rule>,
    /// Seconds by which the endpoint's clock is ahead.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    clock: i64,
}

fn main() -> ExitCode {
    match run(Flags::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aws-endpoint: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(flags: Flags) -> Result<(), Box<dyn Error>> {
    if !aws::arn::REGIONS.contains(&flags.region.as_str()) {
        return Err(format!("unknown region {}", flags.region).into());
    }
    if flags.account.len() != 12 || !flags.account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("an account has 12 digits".into());
    }
    if let Some(folder) = &flags.state {
        fs::create_dir_all(folder)?;
    }
    let options = Options {
        port: flags.port,
        account: flags.account.clone(),
        region: flags.region.clone(),
        profile: flags.profile.clone(),
        state: flags.state.clone(),
    };
    let endpoint = Endpoint::with(options).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => format!("port {} is taken; --port 0 finds a free one", flags.port),
        _ => error.to_string(),
    })?;
    fs::write(&flags.root_file, endpoint.root_pem(aws::arn::partition(&flags.region)))?;
    for rule in flags.fault {
        endpoint.add_fault(rule);
    }
    endpoint.set_clock(flags.clock);
    println!("{}", greeting(&endpoint, &flags.root_file));
    wait_for_a_signal()?;
    println!("stopped after {} requests", endpoint.requests().len());
    Ok(())
}

/// What a person needs: what this is, what to copy, what to run.
fn greeting(endpoint: &Endpoint, root_file: &std::path::Path) -> String {
    let exports: Vec<_> = endpoint.env().iter().map(|(name, value)| format!("export {name}='{value}'")).collect();
    let (url, profile, root) = (endpoint.url(), endpoint.profile(), root_file.display());
    format!(
        "\
THIS IS NOT AWS, AND ITS ROOTS ARE NOT AWS'S: what it signs proves nothing. Its keys are made anew or read from --state.

listening on {url}
root certificate in {root}

{exports}

sealgate sign --profile {profile} --aws-root {root} --endpoint-url {url} -- IMAGE
sealgate verify --profile {profile} --aws-root {root} --endpoint-url {url} -- IMAGE
aws signer list-signing-profiles

switch faults on and off, look at what was asked:
curl -X PUT {url}/_control/fault -d '{{\"operation\":\"SignPayload\",\"fault\":\"throttle\",\"times\":2}}'
curl -X DELETE {url}/_control/fault
curl {url}/_control/requests

Ctrl-C stops it.",
        exports = exports.join("\n"),
    )
}

fn wait_for_a_signal() -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        Ok(())
    })
}
