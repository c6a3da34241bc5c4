//! The command line: the commands, and for each of them where its arguments and its settings are. A doc comment is the help
//! text.
//!
//! Arguments are texts. They become what they mean in `config`, together with variables and files, so that each
//! setting has one rule wherever it was given.

mod entered;

use std::ffi::OsString;
use std::path::Path;

use clap::builder::PossibleValuesParser;
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub(crate) use self::entered::Named;
use self::entered::{Entered, with_commands_of};
use crate::ci::github::action::{COMMANDS, asked};
use crate::ci::{CiSystem, Detected};
use crate::config::approve::{self, ApproveArgs};
use crate::config::completions::CompletionsArgs;
use crate::config::demo::DemoArgs;
use crate::config::doctor::{self, DoctorArgs};
use crate::config::gates_check::{GatesCheckArgs, GatesGraphArgs};
use crate::config::help::HelpArgs;
use crate::config::key_generate::KeyGenerateArgs;
use crate::config::lambda::{self, LambdaArgs};
use crate::config::look::{self, LookArgs};
use crate::config::pin::{self, PinArgs};
use crate::config::sign::{self, SignArgs};
use crate::config::trust_install::{self, TrustInstallArgs};
use crate::config::trust_remove::{self, TrustRemoveArgs};
use crate::config::trust_show::TrustShowArgs;
use crate::config::verify::{self, VerifyArgs};
use crate::config::{self, Config, Layers, Output, ResolveError, Task, Typed, Unresolved};
use crate::env::{self, Env};

/// Sign container images in CI, and refuse to deploy what is not signed.
///
/// Signatures are in the Notary Project format: notation verifies what sealgate signs, and the other way around.
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

Settings come from a flag, else the variable SEALGATE_<FLAG>, else the CI input INPUT_<FLAG> (on
GitHub and alike) or PLUGIN_<FLAG> (on Woodpecker and Drone), else the file given by --config.

Exit codes: 0 success, 1 internal, 2 usage, 3 configuration, 4 unavailable, 5 denied, 6 not found,
10 rejected, 11 unsigned, 12 gate unmet."
)]
struct Line {
    #[command(subcommand)]
    entered: Entered<Command>,
    #[command(flatten)]
    global: GlobalArgs,
}

#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) command: Command,
    /// The values typed for each setting.
    pub(crate) typed: Typed,
}

impl Cli {
    /// Takes the words of a command line apart, the first of which is the name of the program.
    pub(crate) fn parse(words: impl IntoIterator<Item = impl Into<OsString>>) -> Result<Self, clap::Error> {
        let words: Vec<OsString> = words.into_iter().map(Into::into).collect();
        let mut definition = with_commands_of(&words, Line::command);
        let mut matches = match definition.try_get_matches_from_mut(&words) {
            Ok(matches) => matches,
            // What helps may be an argument of a command that was not named.
            Err(_) => Self::definition().try_get_matches_from_mut(&words)?,
        };
        let typed = Typed::of(&definition, &matches);
        let line = Line::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut definition))?;
        Ok(Self { command: line.entered.0, typed })
    }

    /// The words of a run: those that were given, or the command that an action is asked for, all else of which are its inputs, or
    /// that of a function on Lambda, which starts a program of this name without a word.
    pub(crate) fn words(
        mut words: Vec<OsString>,
        environment: &Env,
        ci: Detected,
    ) -> Result<Vec<OsString>, UnknownCommand> {
        if is_function(&words, environment) {
            words.push("lambda".into());
        }
        match asked(environment, ci.system).filter(|_| words.len() == 1) {
            Some(command) if COMMANDS.contains(&command) => words.push(command.into()),
            Some(found) => return Err(UnknownCommand { found: found.to_owned() }),
            None => {}
        }
        Ok(words)
    }

    /// How results are shown, as far as it is known without reading a file.
    pub(crate) fn early_output(&self, environment: &Env, ci: Detected) -> Output {
        config::early_output(&Layers::new(self.typed.clone(), environment, ci))
    }

    /// The same for a line of which nothing else can be understood.
    pub(crate) fn early_output_of(words: &[OsString], environment: &Env, ci: Detected) -> Output {
        config::output_of_failure(&Layers::new(Typed::output_of(words), environment, ci))
    }

    /// Resolves what was typed, together with the environment and a file that is named, to what is meant.
    pub(crate) fn resolve(self, environment: &Env, ci: Detected) -> Result<Config, Unresolved> {
        // Also where nothing else than flags is read, an error is shown as was asked for.
        let output = self.command.reads_flags_alone().then(|| self.early_output(environment, ci));
        let layers = self.command.layers(self.typed, environment, ci);
        let config = match self.command {
            Command::Doctor(args) if !args.0.iam => config::resolve_doctor(layers, environment),
            command @ Command::Lambda(_) => {
                let package = environment.get(env::LAMBDA_TASK_ROOT);
                Ok(config::resolve_lambda(layers.in_folder(package), |layers| command.task(layers, environment)))
            }
            command => config::resolve(layers, |layers| command.task(layers, environment)),
        }?;
        Ok(Config { output: output.unwrap_or(config.output), ..config })
    }

    /// The commands with their arguments and helps.
    pub(crate) fn definition() -> clap::Command {
        Line::command()
    }
}

/// Whether Lambda has started us as the program of a function.
fn is_function(words: &[OsString], environment: &Env) -> bool {
    let is_its_program = |word: &OsString| Path::new(word).file_name().is_some_and(|name| name == "bootstrap");
    matches!(words, [program] if is_its_program(program)) && environment.get(env::AWS_LAMBDA_RUNTIME_API).is_some()
}

/// An action was asked for what it cannot do.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("input `command`: expected one of {}, got `{found}`", COMMANDS.map(|command| format!("`{command}`")).join(", "))]
pub(crate) struct UnknownCommand {
    pub(crate) found: String,
}

/// Flags of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Output format.
    #[arg(long, global = true, overrides_with = "format", value_name = "FORMAT", value_parser = ["text", "json"])]
    pub(crate) format: Option<String>,
    /// Folder to write reports to, a file for each format; existing ones are replaced.
    #[arg(long, global = true, overrides_with = "report_dir", value_name = "DIR")]
    pub(crate) report_dir: Option<String>,
    /// YAML file to read settings from; no file is read by default.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<String>,
    /// Show every validation of every signature.
    #[arg(long, short, global = true, overrides_with = "verbose")]
    pub(crate) verbose: bool,
    /// When to use color; `auto` means on a terminal and in CI systems that show color.
    #[arg(long, global = true, overrides_with = "color", value_name = "WHEN", value_parser = ["auto", "always", "never"])]
    pub(crate) color: Option<String>,
    /// Show only what failed or is not plainly good, and no progress.
    #[arg(long, short, global = true, overrides_with = "quiet")]
    pub(crate) quiet: bool,
    /// Do not show progress.
    #[arg(long, global = true, overrides_with = "no_progress")]
    pub(crate) no_progress: bool,
    /// CI system whose language to speak (groups, annotations, outputs), or `none`; the default is the one that the job's variables
    /// reveal.
    #[arg(long, global = true, overrides_with = "ci", value_name = "NAME", value_parser = PossibleValuesParser::new(CiSystem::WORDS), hide_possible_values = true)]
    pub(crate) ci: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Sign images that have been pushed.
    Sign(Named<SignArgs>),
    /// Check that images have a trusted signature.
    Verify(Named<VerifyArgs>),
    /// Sign images as a signer of gates, if all stages before are met.
    Approve(Box<Named<ApproveArgs>>),
    /// Verify the images that deploy files name, and write their digests.
    Pin(Box<Named<PinArgs>>),
    /// List the signatures of images without judging them.
    List(Named<LookArgs>),
    /// Show the content of the signatures of images without judging them.
    Inspect(Named<LookArgs>),
    /// Diagnose problems: check the job, its credentials, signing profiles, registries, and trust.
    Doctor(Box<Named<DoctorArgs>>),
    /// Let ECS deploy only what is verified: the program of an AWS Lambda function for deployment lifecycle hooks.
    Lambda(Box<Named<LambdaArgs>>),
    /// Make, show, or remove a trust store and trust policy in notation's format.
    #[command(subcommand)]
    Trust(TrustCommand),
    /// Check or draw a file of gates: who must have signed for a stage.
    #[command(subcommand)]
    Gates(GatesCommand),
    /// Make development keys.
    #[command(subcommand)]
    Key(KeyCommand),
    /// Show signing, verifying, and refusing on this machine, without a registry, account, or network.
    Demo(Named<DemoArgs>),
    /// Print shell completions.
    Completions(Named<CompletionsArgs>),
    /// Print the JSON schema of JSON reports.
    #[command(after_help = "\
Examples:
  sealgate schema > sealgate-report.schema.json")]
    Schema,
    /// Print help for a command; also works in CI jobs.
    Help(Named<HelpArgs>),
    /// Print the version.
    Version,
}

impl Command {
    /// The command's name in reports.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sign(_) => "sign",
            Self::Verify(_) => "verify",
            Self::Approve(_) => "approve",
            Self::Pin(_) => "pin",
            Self::List(_) => "list",
            Self::Inspect(_) => "inspect",
            Self::Doctor(_) => "doctor",
            Self::Lambda(_) => "lambda",
            Self::Trust(TrustCommand::Install(_)) => "trust install",
            Self::Trust(TrustCommand::Show(_)) => "trust show",
            Self::Trust(TrustCommand::Remove(_)) => "trust remove",
            Self::Gates(GatesCommand::Check(_)) => "gates check",
            Self::Gates(GatesCommand::Graph(_)) => "gates graph",
            Self::Key(KeyCommand::Generate(_)) => "key generate",
            Self::Demo(_) => "demo",
            Self::Completions(_) => "completions",
            Self::Schema => "schema",
            Self::Help(_) => "help",
            Self::Version => "version",
        }
    }

    /// Resolves the command's settings.
    fn task(self, layers: &Layers<'_>, environment: &Env) -> Result<Task, ResolveError> {
        Ok(match self {
            Self::Sign(_) => match sign::skipped(layers)? {
                Some(settings) => Task::SkipSigning(settings),
                None => Task::Sign(sign::settings(layers, environment)?),
            },
            Self::Verify(_) => Task::Verify(verify::settings(layers, environment)?),
            Self::Approve(_) => match sign::skipped(layers)? {
                Some(settings) => Task::SkipSigning(settings),
                None => Task::Approve(Box::new(approve::settings(layers, environment)?)),
            },
            Self::Pin(_) => Task::Pin(Box::new(pin::settings(layers, environment)?)),
            Self::List(_) => Task::List(look::settings(layers, environment)?),
            Self::Inspect(_) => Task::Inspect(look::settings(layers, environment)?),
            // What it checks is resolved in a way of its own.
            Self::Doctor(_) => Task::DoctorIam(doctor::iam(layers)?),
            Self::Lambda(_) => Task::Lambda(Box::new(lambda::settings(layers, environment)?)),
            Self::Trust(TrustCommand::Install(args)) => Task::TrustInstall(trust_install::settings(args.0)?),
            Self::Trust(TrustCommand::Show(args)) => Task::TrustShow(args.0),
            Self::Trust(TrustCommand::Remove(args)) => Task::TrustRemove(trust_remove::settings(args.0)),
            Self::Gates(GatesCommand::Check(args)) => Task::GatesCheck(args.0),
            Self::Gates(GatesCommand::Graph(args)) => Task::GatesGraph(args.0),
            Self::Key(KeyCommand::Generate(args)) => Task::KeyGenerate(args.0),
            Self::Demo(args) => Task::Demo(args.0),
            Self::Completions(args) => Task::Completions(args.0),
            Self::Schema => Task::Schema,
            Self::Help(args) => Task::Help(args.0),
            Self::Version => Task::Version,
        })
    }

    /// What it hears. Help, version and what is the same everywhere hear their flags alone: whoever asks for help may have to, because nothing else that was
    /// said makes sense.
    fn layers<'a>(&self, typed: Typed, environment: &'a Env, ci: Detected) -> Layers<'a> {
        match self.reads_flags_alone() {
            true => Layers::of_flags(typed),
            false => Layers::new(typed, environment, ci),
        }
    }

    const fn reads_flags_alone(&self) -> bool {
        matches!(self, Self::Schema | Self::Help(_) | Self::Version)
    }
}

/// Trust stores and trust policies.
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    /// Write a trust store and a trust policy that notation and sealgate read.
    Install(Named<TrustInstallArgs>),
    /// Show the trust stores and policy statements, and any problems with them.
    Show(Named<TrustShowArgs>),
    /// Remove what `trust install` wrote: a statement with its trust stores, or everything.
    Remove(Named<TrustRemoveArgs>),
}

/// Files of gates.
#[derive(Debug, Subcommand)]
pub(crate) enum GatesCommand {
    /// Show what a file of gates asks, and anything that is wrong with it.
    Check(Named<GatesCheckArgs>),
    /// Print the stages of a file of gates as a Mermaid picture.
    Graph(Named<GatesGraphArgs>),
}

/// Keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a development key with its certificate chain and trust anchor.
    Generate(Named<KeyGenerateArgs>),
}

/// The names of the commands, as reports have them.
pub(crate) const NAMES: [&str; 19] = [
    "sign",
    "verify",
    "approve",
    "pin",
    "list",
    "inspect",
    "doctor",
    "lambda",
    "trust install",
    "trust show",
    "trust remove",
    "gates check",
    "gates graph",
    "key generate",
    "demo",
    "completions",
    "schema",
    "help",
    "version",
];

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const PROFILE: &str = "release@111122223333/us-west-2";

    /// Each command, with a line of it that is right, and whether its settings come from all layers. The others have flags alone.
    pub(crate) const COMMANDS: [(&str, &[&str], bool); 19] = [
        ("sign", &["sign", "a", "--profile", PROFILE], true),
        ("verify", &["verify", "a", "--profile", PROFILE], true),
        (
            "approve",
            &["approve", "a", "--gates", "../tests/vectors/gates/gates.yaml", "--stage", "build", "--as", "ci"],
            true,
        ),
        ("pin", &["pin", "a.yaml"], true),
        ("list", &["list", "a"], true),
        ("inspect", &["inspect", "a"], true),
        ("doctor", &["doctor"], true),
        ("lambda", &["lambda", "--profile", PROFILE], true),
        ("trust install", &["trust", "install", "--profile", PROFILE], false),
        ("trust show", &["trust", "show"], false),
        ("trust remove", &["trust", "remove", "--name", "a"], false),
        ("gates check", &["gates", "check", "g"], false),
        ("gates graph", &["gates", "graph", "g"], false),
        ("key generate", &["key", "generate", "--out", "keys", "--name", "a"], false),
        ("demo", &["demo"], false),
        ("completions", &["completions", "bash"], false),
        ("schema", &["schema"], false),
        ("help", &["help"], false),
        ("version", &["version"], false),
    ];

    /// The arguments of a command, those of all commands among them.
    pub(crate) fn arguments(name: &str) -> Vec<clap::Arg> {
        let mut definition = Cli::definition();
        definition.build();
        let found = name.split(' ').fold(&definition, |command, word| command.find_subcommand(word).unwrap());
        let arguments = found.get_arguments();
        arguments.filter(|argument| !["help", "version"].contains(&argument.get_id().as_str())).cloned().collect()
    }

    /// The names of the commands that do something, by the definition.
    fn names(command: &clap::Command, before: &str) -> Vec<String> {
        let names = command.get_subcommands().flat_map(|below| {
            let name = format!("{before} {}", below.get_name()).trim().to_owned();
            if below.has_subcommands() { names(below, &name) } else { vec![name] }
        });
        names.collect()
    }

    #[test]
    fn the_program_of_a_function_is_called_without_a_word() {
        let on_lambda = Env::of(&[("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")]);
        let words = |words: &[&str], environment: &Env| {
            let words = words.iter().map(OsString::from).collect();
            Cli::words(words, environment, crate::ci::detect(environment)).unwrap()
        };
        assert_eq!(words(&["/var/task/bootstrap"], &on_lambda), ["/var/task/bootstrap", "lambda"]);
        assert_eq!(words(&["/var/task/bootstrap"], &Env::of(&[])), ["/var/task/bootstrap"]);
        assert_eq!(words(&["bootstrap", "version"], &on_lambda), ["bootstrap", "version"]);
        assert_eq!(words(&["sealgate"], &on_lambda), ["sealgate"]);
    }

    #[test]
    fn each_command_stands_in_the_table_under_the_name_that_reports_have() {
        assert_eq!(names(&Cli::definition(), ""), NAMES);
        assert_eq!(NAMES, COMMANDS.map(|(name, ..)| name));
        for (name, words, _) in COMMANDS {
            let cli = Cli::parse([&["sealgate"], words].concat()).unwrap();
            assert_eq!(cli.command.name(), name);
        }
    }
}
