//! The report as Markdown for people, such as the summary of a job on GitHub: what failed first, a table with a row for each image,
//! and the details folded. Text from outside stands in code spans.

#[cfg(test)]
mod tests;

use super::escape::html;
use super::escape::markdown::{block, code};
use super::gist::images;
use super::limits::{MARKDOWN, MARKDOWN_FAILURES, MARKDOWN_FILES, MARKDOWN_TABLE};
use super::model::{ArtifactReport, CandidateReport, ErrorReport, GateReport, Report};

/// Renders the report in at most so many bytes.
pub(super) fn render(report: &Report, bytes: usize) -> String {
    let mut page = Page::new(bytes.min(MARKDOWN));
    page.add(&format!("## {} {}: {}\n", report.tone().mark(), report.title(), report.gist()));
    alerts(report, &mut page);
    if let Some(error) = &report.error {
        page.add(&format!("\n{}", failure(error)));
    }
    let images = report.worst_first();
    if images.is_empty() {
        // What is not about images is shown as on a terminal.
        if report.findings.is_some() {
            let mut findings = page.part(MARKDOWN);
            findings.entry(&block(&report.text_alone()));
            page.section("\n", findings, "findings");
        }
        return page.text;
    }
    let mut failed = page.part(MARKDOWN_FAILURES.min(page.left / 3));
    images.iter().filter(|image| image.has_failed()).for_each(|image| failed.entry(&failed_image(image)));
    page.section("\n### Not accepted\n\n", failed, "failed images");
    files(report, &mut page);
    let mut table = page.part(MARKDOWN_TABLE.min(page.left / 2));
    images.iter().for_each(|image| table.entry(&row(image)));
    page.section("\n| verdict | image | signer | accepted until |\n|---|---|---|---|\n", table, "images");
    let mut details = page.part(MARKDOWN);
    images.iter().for_each(|image| details.entry(&detail(image)));
    page.section("\n", details, "details");
    page.text
}

/// Deploy files: what is written, or what is wrong with them, as on a terminal.
fn files(report: &Report, page: &mut Page) {
    let mut part = page.part(MARKDOWN_FILES.min(page.left / 3));
    report.files.iter().for_each(|file| part.entry(&block(&file.text_alone())));
    page.section("\n### Files\n\n", part, "files");
}

/// A text that has an end: what does not fit is left out whole, and counted.
struct Page {
    text: String,
    left: usize,
    omitted: usize,
}

impl Page {
    /// An empty page of so many bytes, of which some are kept for saying what is left out.
    const fn new(bytes: usize) -> Self {
        Self { text: String::new(), left: bytes, omitted: 0 }
    }

    /// An empty part of at most so many bytes, and of what is left.
    fn part(&self, bytes: usize) -> Self {
        Self::new(bytes.min(self.left))
    }

    fn add(&mut self, text: &str) {
        if text.len() <= self.left {
            self.entry(text);
        }
    }

    /// Once one is left out, so are those after it, which matter less.
    fn entry(&mut self, text: &str) {
        match self.left.checked_sub(text.len()).filter(|_| self.omitted == 0) {
            Some(left) => {
                self.left = left;
                self.text.push_str(text);
            }
            None => self.omitted += 1,
        }
    }

    /// A part below its heading, if there is anything in it, with what was left out.
    fn section(&mut self, heading: &str, part: Self, of: &str) {
        if part.text.is_empty() && part.omitted == 0 {
            return;
        }
        self.text.push_str(heading);
        self.text.push_str(&part.text);
        if part.omitted > 0 {
            let more =
                format!("\n… and {} more {of}, left out to keep this page short: see report.json\n", part.omitted);
            self.text.push_str(&more);
        }
        self.left = self.left.saturating_sub(part.text.len());
    }
}

/// What nothing below must be read without.
fn alerts(report: &Report, page: &mut Page) {
    for (label, text) in report.weakenings() {
        page.add(&format!("\n> [!CAUTION]\n> {label}: {}\n", code(&text)));
    }
    for caveat in report.caveats() {
        page.add(&format!("\n> [!CAUTION]\n> {}\n", code(&caveat.text)));
    }
    for warning in &report.warnings {
        page.add(&format!("\n> [!WARNING]\n> {} [{}]\n", code(&warning.text), code(&warning.code)));
    }
    if let Some(shard) = report.shard_line() {
        page.add(&format!("\n{}\n", code(&shard)));
    }
    for read in &report.image_sources {
        page.add(&format!("\n{} from {} ({})\n", images(read.images), code(&read.source), read.format));
    }
}

fn failure(error: &ErrorReport) -> String {
    let mut text = format!("✗ **error** {}: {}\n", code(&error.code), code(&error.message));
    for cause in &error.causes {
        text.push_str(&format!("- caused by: {}\n", code(cause)));
    }
    for help in &error.help {
        text.push_str(&format!("- help: {}\n", code(&help.text)));
    }
    text
}

fn failed_image(image: &ArtifactReport) -> String {
    let mut text = format!("- ✗ **{}** {}", image.outcome.words(), code(image.name()));
    if let Some(why) = image.why() {
        text.push_str(&format!(": {} [{}]", code(&why.text), code(&why.code)));
    }
    text.push('\n');
    let of_gates = image.gate.iter().flat_map(GateReport::unmet).flat_map(|row| &row.help);
    for help in image.error.iter().flat_map(|error| &error.help).chain(of_gates) {
        text.push_str(&format!("  - help: {}\n", code(&help.text)));
    }
    text
}

/// A row of the table.
fn row(image: &ArtifactReport) -> String {
    let shown = |text: Option<&str>| text.map(code).unwrap_or_default();
    let caveats: String = image.caveats.iter().map(|caveat| format!("; {}", code(&caveat.text))).collect();
    format!(
        "| {} {}{caveats} | {} | {} | {} |\n",
        image.tone().mark(),
        image.outcome.words(),
        code(image.name()),
        shown(image.signer().as_deref()),
        shown(image.accepted_until())
    )
}

/// All of an image, folded.
fn detail(image: &ArtifactReport) -> String {
    // The lines of this element are HTML, not Markdown, up to the empty one.
    let (mark, words, name) = (image.tone().mark(), image.outcome.words(), html::text(image.name()));
    let mut text = format!("<details><summary>{mark} {words} <code>{name}</code></summary>\n\n");
    facts(image.facts(), &mut text);
    if let Some(gate) = &image.gate {
        gates(gate, &mut text);
    }
    for candidate in &image.candidates {
        signature(candidate, &mut text);
    }
    if let Some(error) = &image.error {
        text.push_str(&format!("\n{}", failure(error)));
    }
    text.push_str("\n</details>\n");
    text
}

fn facts(facts: Vec<(&'static str, String)>, into: &mut String) {
    for (label, value) in facts {
        into.push_str(&format!("- {label}: {}\n", code(&value)));
    }
}

/// A table for each stage, with a row for each requirement: who signed for it, or why not, and what adds it.
fn gates(gate: &GateReport, into: &mut String) {
    for (stage, rows) in gate.stages() {
        into.push_str(&format!("\n**stage** {}\n\n| | requirement | found |\n|---|---|---|\n", code(stage)));
        for row in rows {
            let found = row.findings().into_iter().map(|line| code(&line));
            let help = row.help.iter().map(|help| format!("help: {}", code(&help.text)));
            into.push_str(&format!(
                "| {} {} | {} | {} |\n",
                row.tone().mark(),
                row.status.label(),
                code(&row.requirement),
                found.chain(help).collect::<Vec<_>>().join("<br>")
            ));
        }
    }
}

fn signature(candidate: &CandidateReport, into: &mut String) {
    let (tone, words) = candidate.words();
    into.push_str(&format!("\n{} **signature {words}** {}\n\n", tone.mark(), code(&candidate.signature_manifest)));
    facts(candidate.facts(), into);
    if candidate.rows.is_empty() {
        return;
    }
    into.push_str("\n| | validation | asked for | result | |\n|---|---|---|---|---|\n");
    for row in &candidate.rows {
        let reason = row.reason.as_ref().map(|reason| format!("{} [{}]", code(&reason.text), code(&reason.code)));
        let by = row.answered_by.as_ref().map(|by| format!(" answered by {}", code(by))).unwrap_or_default();
        into.push_str(&format!(
            "| {} | {} | {} | {} | {}{by} |\n",
            row.tone().mark(),
            row.validation.label(),
            row.action.label(),
            row.words(),
            reason.unwrap_or_default()
        ));
    }
}
