//! The report as SARIF 2.1.0 for code scanning: a result for everything that is not plainly good, by the code of its reason. GitHub
//! and GitLab show it by rule and place, and know it again by its fingerprint, which is the same for the next build of the image.

mod model;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};

use notary::digest::Digest;

use self::model::{
    ArtifactLocation, AutomationDetails, Configuration, Driver, Finding, Invocation, Level, Location, Log,
    LogicalLocation, Message, PhysicalLocation, Region, Rule, RuleProperties, Run, Tool,
};
use super::escape::{self, message};
use super::gist::Tone;
use super::limits::SARIF_RESULTS;
use super::model::{ArtifactReport, CheckStatus, ErrorReport, Findings, Report};
use crate::exit_code::ExitCode;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const INFORMATION: &str = "https://github.com/sealgate/sealgate";
const ERRORS: &str = "https://github.com/sealgate/sealgate#errors";

/// Where a result is that has no place in a file: both systems want one.
const WORKFLOW: &str = ".github/workflows/sealgate.yml";

/// What a code means, for those that stand in the table of errors.
pub(crate) type Meaning = fn(&str) -> Option<&'static str>;

/// Renders the report.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(super) fn render(report: &Report, meaning: Meaning) -> Result<String, serde_json::Error> {
    let mut found = Found { command: report.command, meaning, ..Found::default() };
    if let Some(error) = &report.error {
        found.error(None, error);
    }
    for image in report.worst_first() {
        found.image(image);
    }
    found.of_others(report);
    for weakening in &report.weakened {
        let text = format!("a check is weakened: {}", weakening.gist());
        found.add("weakened", (Level::Note, "2.0"), Some(weakening.setting), &text);
    }
    for warning in &report.warnings {
        found.add(&warning.code, (Level::Warning, "4.0"), None, &warning.text);
    }
    found.say_what_is_left_out();
    let exit = report.exit_code();
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "sealgate",
                    semantic_version: report.tool_version,
                    information_uri: INFORMATION,
                    rules: found.rules,
                },
            },
            automation_details: AutomationDetails { id: format!("sealgate/{}/", report.command.replace(' ', "-")) },
            invocations: [Invocation { execution_successful: report.error.is_none(), exit_code: exit.number() }],
            results: found.results,
        }],
    };
    let mut text = escape::json(&serde_json::to_string_pretty(&log)?).into_owned();
    text.push('\n');
    Ok(text)
}

/// What is found, with the rules that it is found by.
struct Found {
    command: &'static str,
    meaning: Meaning,
    rules: Vec<Rule>,
    /// Places of the rules, by their names.
    places: BTreeMap<String, usize>,
    results: Vec<Finding>,
    /// How often something was found of the same subject, by rule.
    seen: HashMap<(usize, String), usize>,
    omitted: usize,
}

impl Default for Found {
    fn default() -> Self {
        let (rules, places, results, seen) = Default::default();
        Self { command: "", meaning: |_| None, rules, places, results, seen, omitted: 0 }
    }
}

/// How bad something is, as a level and as a number from 0 to 10 that GitHub sorts by.
type Severity = (Level, &'static str);

impl Found {
    fn image(&mut self, image: &ArtifactReport) {
        if let Some(why) = image.why() {
            let severity = match (image.tone(), image.exit_code()) {
                (_, ExitCode::Rejected | ExitCode::Unsigned) => (Level::Error, "8.8"),
                (Tone::Bad, _) => (Level::Error, "5.5"),
                _ => (Level::Warning, "4.0"),
            };
            let help =
                image.error.iter().flat_map(|error| &error.help).map(|help| format!("\nhelp: {}", message(&help.text)));
            let text = format!("{}: {}: {}", image.name(), image.outcome.words(), why.text);
            let text = message(&text) + &help.collect::<String>();
            self.push(&why.code, severity, Some(image.name()), text);
        }
        for caveat in &image.caveats {
            let text = format!("{}: {}, but {}", image.name(), image.outcome.words(), caveat.text);
            self.add(&caveat.code, (Level::Warning, "4.0"), Some(image.name()), &text);
        }
    }

    fn error(&mut self, subject: Option<&str>, error: &ErrorReport) {
        let causes = error.causes.iter().map(|cause| format!("\ncaused by: {}", message(cause)));
        let help = error.help.iter().map(|help| format!("\nhelp: {}", message(&help.text)));
        let text = message(&error.message) + &causes.chain(help).collect::<String>();
        self.push(&error.code, (Level::Error, "5.5"), subject, text);
    }

    /// What commands found that are not about images.
    fn of_others(&mut self, report: &Report) {
        match &report.findings {
            Some(Findings::Doctor(doctor)) => {
                for check in &doctor.checks {
                    let level = match check.status {
                        CheckStatus::Failed => (Level::Error, "5.5"),
                        CheckStatus::Warning => (Level::Warning, "4.0"),
                        CheckStatus::Ok | CheckStatus::Note | CheckStatus::NotChecked => continue,
                    };
                    let code = check.code.as_deref().unwrap_or(check.name);
                    let help = check.help.iter().map(|help| format!("\nhelp: {}", message(&help.text)));
                    let text = message(&check.fact) + &help.collect::<String>();
                    self.push(code, level, check.subject.as_deref(), text);
                }
            }
            Some(Findings::TrustInstalled(trust) | Findings::TrustShown(trust)) => {
                for problem in &trust.problems {
                    self.add(&problem.code, (Level::Error, "5.5"), Some(&trust.folder), &problem.text);
                }
            }
            _ => {}
        }
    }

    fn add(&mut self, code: &str, severity: Severity, subject: Option<&str>, text: &str) {
        self.push(code, severity, subject, message(text));
    }

    /// A result with a text that was made safe.
    fn push(&mut self, code: &str, severity: Severity, subject: Option<&str>, text: String) {
        if self.results.len() >= SARIF_RESULTS {
            self.omitted += 1;
            return;
        }
        let (rule_id, rule_index) = (message(code), self.rule(code, severity));
        let name = repository(subject.unwrap_or_default());
        let count = self.seen.entry((rule_index, name.to_owned())).or_insert(0);
        *count += 1;
        let print = fingerprint(&[self.command, code, name, &count.to_string()]);
        let named = subject.map(|name| LogicalLocation { fully_qualified_name: message(name) });
        self.results.push(Finding {
            rule_id,
            rule_index,
            level: severity.0,
            message: Message { text },
            locations: [Location {
                physical_location: PhysicalLocation {
                    artifact_location: ArtifactLocation { uri: WORKFLOW },
                    region: Region { start_line: 1 },
                },
                logical_locations: named.into_iter().collect(),
            }],
            partial_fingerprints: BTreeMap::from([("sealgateSubject/v1", print)]),
        });
    }

    /// The place of a rule, which is made where it is the first of its name. It is as bad as the worst that was found by it.
    fn rule(&mut self, code: &str, (level, security_severity): Severity) -> usize {
        let place = *self.places.entry(code.to_owned()).or_insert(self.rules.len());
        match self.rules.get_mut(place) {
            Some(rule) if rule.default_configuration.level < level => {
                rule.default_configuration.level = level;
                rule.properties.security_severity = security_severity;
            }
            Some(_) => {}
            None => {
                let words = message(&code.replace('-', " "));
                let text = (self.meaning)(code).map_or(words, str::to_owned);
                self.rules.push(Rule {
                    id: message(code),
                    short_description: Message { text },
                    help: Message { text: "The result says what was found and what to do next; report.html and report.json, written beside this file, have all of it.".to_owned() },
                    help_uri: ERRORS,
                    default_configuration: Configuration { level },
                    properties: RuleProperties { tags: ["security", "supply-chain"], security_severity },
                });
            }
        }
        place
    }

    fn say_what_is_left_out(&mut self) {
        if self.omitted > 0 {
            // This one takes the place of another.
            self.results.pop();
            let text = format!("{} more results are left out: see report.json", self.omitted + 1);
            self.add("left-out", (Level::Note, "2.0"), None, &text);
        }
    }
}

/// The name of an image without its tag and digest, which are others for the next build.
fn repository(name: &str) -> &str {
    let name = name.split_once('@').map_or(name, |(name, _)| name);
    match name.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') && before.contains(['/', ':']) => before,
        _ => name,
    }
}

fn fingerprint(parts: &[&str]) -> String {
    Digest::sha256(parts.join("\0").as_bytes()).as_str().trim_start_matches("sha256:").to_owned()
}
