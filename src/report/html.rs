//! The report as one HTML file for people: without scripts, without anything from elsewhere, in light and dark, on paper and on
//! narrow screens. It is often looked at where it comes from, beside other files of a CI system; its policy lets it load nothing.

#[cfg(test)]
mod tests;

use super::escape::html::{lines, text};
use super::gist::{Tone, images};
use super::model::{
    ApprovalReport, ArtifactReport, CandidateReport, ChildrenReport, ErrorReport, GateReport, GateRow, Report,
    RowReport,
};

/// What stands before the title. The style is the only thing that the page has besides its text.
const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
"#;

const STYLE: &str = include_str!("html/page.css");

/// Renders the report.
pub(super) fn render(report: &Report) -> String {
    let mut page = HEAD.to_owned();
    let (tone, title, gist) = (report.tone(), text(&report.title()), text(&report.gist()));
    page.push_str(&format!("<title>{} {title}: {gist}</title>\n<style>\n{STYLE}</style>\n</head>\n", tone.mark()));
    page.push_str(&format!("<body>\n<header>\n<h1 class=\"{}\">{} {title}</h1>\n", class(tone), tone.mark()));
    page.push_str(&format!("<p>{gist}</p>\n</header>\n<main>\n"));
    alerts(report, &mut page);
    if let Some(error) = &report.error {
        page.push_str("<h2>Why the run ended</h2>\n");
        failure(error, &mut page);
    }
    match report.worst_first().as_slice() {
        // What is not about images is shown as on a terminal.
        [] if report.findings.is_some() => page.push_str(&format!("<pre>{}</pre>\n", lines(&report.text_alone()))),
        [] => {}
        images => {
            table(images, &mut page);
            files(report, &mut page);
            page.push_str("<h2>Details</h2>\n");
            for (number, image) in images.iter().enumerate() {
                detail(number, image, &mut page);
            }
        }
    }
    page.push_str(&format!("</main>\n{}", footer(report)));
    page.push_str("</body>\n</html>\n");
    page
}

/// What made the page, and in which job.
fn footer(report: &Report) -> String {
    let version = text(report.tool_version);
    let job = report.job.as_ref().map(|job| {
        let commit = job.commit.iter().map(|commit| format!(", commit <code>{}</code>", text(commit)));
        let page = job.page.iter().map(|page| format!(", <code>{}</code>", text(page)));
        let from: String = commit.chain(page).collect();
        format!("; a job of {}{from}", text(job.system))
    });
    let job = job.unwrap_or_default();
    format!("<footer>sealgate {version}; report.json has the same facts for programs{job}</footer>\n")
}

const fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Warning => "warning",
        Tone::Bad => "bad",
        Tone::Neutral => "neutral",
    }
}

/// What nothing below must be read without.
fn alerts(report: &Report, page: &mut String) {
    for (label, what) in report.weakenings() {
        page.push_str(&format!("<p class=\"alert\">! {label}: <code>{}</code></p>\n", text(&what)));
    }
    for caveat in report.caveats() {
        page.push_str(&format!("<p class=\"alert\">! {}</p>\n", text(&caveat.text)));
    }
    for warning in &report.warnings {
        let (words, code) = (text(&warning.text), text(&warning.code));
        page.push_str(&format!("<p class=\"alert warning\">! {words} <code>[{code}]</code></p>\n"));
    }
    if let Some(shard) = report.shard_line() {
        page.push_str(&format!("<p>{}</p>\n", text(&shard)));
    }
    for read in &report.image_sources {
        let (count, source, format) = (images(read.images), text(&read.source), text(read.format));
        page.push_str(&format!("<p>{count} from <code>{source}</code> ({format})</p>\n"));
    }
}

fn failure(error: &ErrorReport, page: &mut String) {
    let (code, message) = (text(&error.code), text(&error.message));
    page.push_str(&format!("<p class=\"bad\"><strong>error[{code}]</strong>: {message}</p>\n"));
    let causes = error.causes.iter().map(|cause| format!("caused by: {}", text(cause)));
    let help = error.help.iter().map(|help| format!("help: <code>{}</code>", text(&help.text)));
    let items: String = causes.chain(help).map(|line| format!("<li>{line}</li>\n")).collect();
    if !items.is_empty() {
        page.push_str(&format!("<ul>\n{items}</ul>\n"));
    }
}

/// A column of the table, its class, and what it says of an image.
type Column = (&'static str, &'static str, fn(&ArtifactReport) -> Option<String>);

/// The columns behind the name of an image. One that has nothing to say of any image is left out.
const COLUMNS: [Column; 3] = [
    ("why", "why", |image| image.why().map(|why| format!("{} <code>[{}]</code>", text(&why.text), text(&why.code)))),
    ("signer", "signer", |image| image.signer().map(|signer| code(&signer))),
    ("accepted until", "until", |image| image.accepted_until().map(code)),
];

fn code(what: &str) -> String {
    format!("<code>{}</code>", text(what))
}

/// Deploy files: what is written, or what is wrong with them, as on a terminal.
fn files(report: &Report, page: &mut String) {
    if report.files.is_empty() {
        return;
    }
    page.push_str("<h2>Files</h2>\n");
    for file in &report.files {
        page.push_str(&format!("<pre>{}</pre>\n", lines(&file.text_alone())));
    }
}

/// A row for each image, with a link to its details.
fn table(images: &[&ArtifactReport], page: &mut String) {
    let says = |column: &&Column| images.iter().any(|image| (column.2)(image).is_some());
    let columns: Vec<_> = COLUMNS.iter().filter(says).collect();
    let heads: String =
        columns.iter().map(|(head, class, _)| format!("<th scope=\"col\" class=\"{class}\">{head}</th>")).collect();
    page.push_str("<h2>Images</h2>\n<table class=\"images\">\n<thead><tr><th scope=\"col\">verdict</th><th scope=\"col\">image</th>");
    page.push_str(&format!("{heads}</tr></thead>\n<tbody>\n"));
    for (number, image) in images.iter().enumerate() {
        let cell = |(head, class, of): &&Column| {
            format!("<td data-of=\"{head}\" class=\"{class}\">{}</td>", of(image).unwrap_or_default())
        };
        page.push_str(&format!(
            "<tr><td class=\"{}\">{}</td><td><a href=\"#image-{number}\"><code>{}</code></a></td>{}</tr>\n",
            class(image.tone()),
            verdict(image),
            text(image.name()),
            columns.iter().map(cell).collect::<String>()
        ));
    }
    page.push_str("</tbody>\n</table>\n");
}

/// The verdict with what it must not be read without.
fn verdict(image: &ArtifactReport) -> String {
    let caveats: String = image.caveats.iter().map(|caveat| format!(" ({})", text(&caveat.text))).collect();
    format!("{} {}{caveats}", image.tone().mark(), image.outcome.words())
}

/// All of an image; open where it failed.
fn detail(number: usize, image: &ArtifactReport, page: &mut String) {
    let open = if image.has_failed() { " open" } else { "" };
    page.push_str(&format!(
        "<details id=\"image-{number}\"{open}>\n<summary><strong class=\"{}\">{}</strong> <code>{}</code></summary>\n",
        class(image.tone()),
        verdict(image),
        text(image.name())
    ));
    facts(image.facts(), page);
    if let Some(error) = &image.error {
        failure(error, page);
    }
    if let Some(gate) = &image.gate {
        gates(gate, page);
    }
    for candidate in &image.candidates {
        signature(candidate, page);
    }
    page.push_str("</details>\n");
}

fn facts(facts: Vec<(&'static str, String)>, page: &mut String) {
    if facts.is_empty() {
        return;
    }
    page.push_str("<dl>\n");
    for (label, value) in facts {
        page.push_str(&format!("<dt>{label}</dt><dd><code>{}</code></dd>\n", text(&value)));
    }
    page.push_str("</dl>\n");
}

/// A table for each stage, with a row for each requirement: who signed for it, or why not, and what adds it.
fn gates(gate: &GateReport, page: &mut String) {
    for (stage, rows) in gate.stages() {
        page.push_str(&format!("<section class=\"gates\">\n<h3>stage {}</h3>\n<table>\n<thead><tr>", code(stage)));
        page.push_str("<th scope=\"col\">status</th><th scope=\"col\">requirement</th><th scope=\"col\">found</th>");
        page.push_str("</tr></thead>\n<tbody>\n");
        rows.iter().for_each(|row| requirement(row, page));
        page.push_str("</tbody>\n</table>\n</section>\n");
    }
}

fn requirement(row: &GateRow, page: &mut String) {
    let tone = row.tone();
    let facts = |approval: &ApprovalReport| {
        let facts = approval.facts().into_iter().map(|(label, value)| format!("{label} {}", code(&value)));
        facts.collect::<Vec<_>>().join("<br>")
    };
    let met = row.met_by.iter().map(facts);
    let refused = row.refused.iter().map(|refusal| {
        let (signer, signature) = (code(&refusal.signer), code(&refusal.signature_manifest));
        let (words, reason) = (text(&refusal.reason.text), text(&refusal.reason.code));
        format!("refused {signer}: {words} <code>[{reason}]</code><br>signature {signature}")
    });
    let help = row.help.iter().map(|help| format!("help: {}", code(&help.text)));
    let children = row.children.iter().flat_map(ChildrenReport::lines).chain(row.not_asked());
    let children = children.map(|line| text(&line));
    let items = met.chain(refused).chain(row.left_out()).chain(children).chain(help);
    let items: String = items.map(|item| format!("<li>{item}</li>")).collect();
    let list = if items.is_empty() { String::new() } else { format!("<ul>{items}</ul>") };
    page.push_str(&format!(
        "<tr><td class=\"{}\">{} {}</td><td data-of=\"requirement\">{}</td><td>{list}</td></tr>\n",
        class(tone),
        tone.mark(),
        row.status.label(),
        code(&row.requirement)
    ));
}

fn signature(candidate: &CandidateReport, page: &mut String) {
    let (tone, words) = candidate.words();
    let (class, mark, digest) = (class(tone), tone.mark(), text(&candidate.signature_manifest));
    page.push_str(&format!("<section class=\"signature\">\n<h3 class=\"{class}\">{mark} signature {words}</h3>\n<p><code>{digest}</code></p>\n"));
    facts(candidate.facts(), page);
    if !candidate.rows.is_empty() {
        page.push_str("<table>\n<thead><tr><th scope=\"col\">validation</th><th scope=\"col\">asked for</th>");
        page.push_str("<th scope=\"col\">result</th><th scope=\"col\">why</th></tr></thead>\n<tbody>\n");
        candidate.rows.iter().for_each(|row| validation(row, page));
        page.push_str("</tbody>\n</table>\n");
    }
    page.push_str("</section>\n");
}

fn validation(row: &RowReport, page: &mut String) {
    let tone = row.tone();
    let reason =
        row.reason.as_ref().map(|reason| format!("{} <code>[{}]</code>", text(&reason.text), text(&reason.code)));
    let by = row.answered_by.as_ref().map(|by| format!(" answered by <code>{}</code>", text(by))).unwrap_or_default();
    page.push_str(&format!(
        "<tr><td class=\"{}\">{} {}</td><td data-of=\"asked for\">{}</td><td data-of=\"result\">{}</td><td>{}{by}</td></tr>\n",
        class(tone),
        tone.mark(),
        row.validation.label(),
        row.action.label(),
        row.words(),
        reason.unwrap_or_default()
    ));
}
