//! The report as SARIF 2.1.0 for code scanning: a result for everything that is not plainly good, by the code of its reason. GitHub
//! and GitLab show it by rule and place, and know it again by its fingerprint, which is the same for the next build of the image.

mod model;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::model::{
    ArtifactLocation, AutomationDetails, Configuration, Driver, Finding, Invocation, Level, Location, Log,
    LogicalLocation, Message, PhysicalLocation, Region, Rule, RuleProperties, Run, Tool,
};
use super::escape::{self, message, uri};
use super::fingerprint::{Fingerprints, Subject};
use super::gate;
use super::gist::{Tone, WEAKENED};
use super::limits::SARIF_RESULTS;
use super::model::{ArtifactOutcome, ArtifactReport, ErrorReport, GateReport, GateRow, Help, Place, Report};
use super::remarks::{Grade, Problem};
use crate::exit_code::ExitCode;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const INFORMATION: &str = "https://github.com/sealgate/sealgate";
pub(super) const ERRORS: &str = "https://github.com/sealgate/sealgate#errors";

/// Where a result is that has no place in a file, if it is not known which file defines the job: both systems want one.
const WORKFLOW: &str = ".github/workflows/sealgate.yml";

/// What a code means, for those that stand in the table of errors.
pub(crate) type Meaning = fn(&str) -> Option<&'static str>;

/// Renders the report.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(super) fn render(report: &Report, meaning: Meaning) -> Result<String, serde_json::Error> {
    let job = report.job_file.as_deref().unwrap_or(WORKFLOW);
    let prints = Fingerprints::of(report.command);
    let (rules, places, results) = Default::default();
    let mut found = Found { job: uri::path(job), meaning, rules, places, results, prints, omitted: 0 };
    if let Some(error) = &report.error {
        found.error(None, error);
    }
    for image in report.worst_first() {
        found.image(image);
    }
    report.problems().iter().for_each(|problem| found.problem(problem));
    for weakening in &report.weakened {
        let text = format!("a check is weakened: {}", weakening.gist());
        found.add(WEAKENED, NOTE, Some(weakening.setting), &text);
    }
    for warning in &report.warnings {
        let (severity, text) = ((Level::Warning, "4.0"), message(&warning.text));
        found.push(&warning.code, severity, Subject::default(), text, warning.place.as_ref());
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
    /// The file that defines the job.
    job: String,
    meaning: Meaning,
    rules: Vec<Rule>,
    /// Places of the rules, by their names.
    places: BTreeMap<String, usize>,
    results: Vec<Finding>,
    prints: Fingerprints,
    omitted: usize,
}

/// How bad something is, as a level and as a number from 0 to 10 that GitHub sorts by.
type Severity = (Level, &'static str);

/// An image that is not accepted.
const REFUSED: Severity = (Level::Error, "8.8");

/// What is no finding, and worth knowing.
const NOTE: Severity = (Level::Note, "2.0");

impl Found {
    fn image(&mut self, image: &ArtifactReport) {
        let rows = || image.gate.iter().flat_map(|gate| &gate.rows);
        if image.outcome == ArtifactOutcome::GateUnmet && image.gap().is_some() {
            image.gate.iter().flat_map(GateReport::unmet).for_each(|row| self.unmet(image, row));
        } else if let Some(why) = image.why() {
            let severity = match (image.tone(), image.exit_code()) {
                (_, ExitCode::Rejected | ExitCode::Unsigned | ExitCode::GateUnmet) => REFUSED,
                (Tone::Bad, _) => (Level::Error, "5.5"),
                _ => (Level::Warning, "4.0"),
            };
            let help = image.error.as_ref().map(|error| helps(&error.help)).unwrap_or_default();
            let text = format!("{}: {}: {}", image.name(), image.outcome.words(), why.text);
            let text = message(&text) + &help;
            self.push(&why.code, severity, Some(image.name()).into(), text, image.place());
        }
        for (row, text) in rows().filter_map(|row| Some((row, row.renewal()?))) {
            let (text, part) = (message(&format!("{}: {text}", image.name())), row.title());
            let subject = Subject { name: Some(image.name()), part: Some(&part) };
            self.push(gate::RENEW, NOTE, subject, text, Some(&row.place));
        }
        for caveat in &image.caveats {
            let text = format!("{}: {}, but {}", image.name(), image.outcome.words(), caveat.text);
            self.add(&caveat.code, (Level::Warning, "4.0"), Some(image.name()), &text);
        }
    }

    /// A requirement of gates that an image does not meet, at its place in the file of gates.
    fn unmet(&mut self, image: &ArtifactReport, row: &GateRow) {
        let text = message(&format!("{}: {}: {}", image.name(), image.outcome.words(), row.gap()));
        let details: String = row.details().map(|line| format!("\n{}", message(&line))).collect();
        let part = row.title();
        let subject = Subject { name: Some(image.name()), part: Some(&part) };
        let place = image.named_at.first().unwrap_or(&row.place);
        self.push(image.outcome.name(), REFUSED, subject, text + &details, Some(place));
    }

    fn error(&mut self, subject: Option<&str>, error: &ErrorReport) {
        let causes: String = error.causes.iter().map(|cause| format!("\ncaused by: {}", message(cause))).collect();
        let text = message(&error.message) + &causes + &helps(&error.help);
        self.push(&error.code, (Level::Error, "5.5"), subject.into(), text, error.place.as_ref());
    }

    fn problem(&mut self, problem: &Problem<'_>) {
        let severity = match problem.grade {
            Grade::Error => (Level::Error, "5.5"),
            Grade::Warning | Grade::Notice => (Level::Warning, "4.0"),
        };
        let text = message(problem.text) + &helps(problem.help);
        self.push(problem.code, severity, problem.subject.into(), text, problem.place);
    }

    fn add(&mut self, code: &str, severity: Severity, subject: Option<&str>, text: &str) {
        self.push(code, severity, subject.into(), message(text), None);
    }

    /// A result with a text that was made safe. Without a place in the repository it is at the file of the job.
    fn push(&mut self, code: &str, severity: Severity, subject: Subject<'_>, text: String, place: Option<&Place>) {
        if self.results.len() >= SARIF_RESULTS {
            self.omitted += 1;
            return;
        }
        let (rule_id, rule_index) = (message(code), self.rule(code, severity));
        let print = self.prints.next(code, subject);
        let named = subject.name.map(|name| LogicalLocation { fully_qualified_name: message(name) });
        self.results.push(Finding {
            rule_id,
            rule_index,
            level: severity.0,
            message: Message { text },
            locations: [Location {
                physical_location: self.location(place),
                logical_locations: named.into_iter().collect(),
            }],
            partial_fingerprints: BTreeMap::from([("sealgateSubject/v1", print)]),
        });
    }

    fn location(&self, place: Option<&Place>) -> PhysicalLocation {
        let (uri, region) = match place.filter(|place| place.is_in_repository()) {
            Some(Place { file, line, column }) => {
                (uri::path(file), Region { start_line: *line, start_column: Some(*column) })
            }
            None => (self.job.clone(), Region { start_line: 1, start_column: None }),
        };
        PhysicalLocation { artifact_location: ArtifactLocation { uri }, region }
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
            self.add("left-out", NOTE, None, &text);
        }
    }
}

/// The next steps, each in a line of its own, made safe.
fn helps(help: &[Help]) -> String {
    help.iter().map(|help| format!("\nhelp: {}", message(&help.text))).collect()
}
