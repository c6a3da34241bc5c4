//! What `doctor` found as text: a heading for each subject, a line for each check, and below it what to do.

use super::escape::terminal;
use super::model::{CheckReport, CheckStatus, DoctorReport, IamReport};
use super::style::{Paint, Style};

/// Draws the checks, and counts them.
pub(super) fn draw(doctor: &DoctorReport, style: &Style, into: &mut String) {
    let width = doctor.checks.iter().map(|check| label(check.name).chars().count()).max().unwrap_or_default();
    let mut heading = None;
    for check in &doctor.checks {
        let of_check = (check.area, &check.subject);
        if heading != Some(of_check) {
            let subject = check.subject.as_deref().map(|subject| format!(" {}", terminal(subject))).unwrap_or_default();
            line(into, &style.paint(Paint::Strong, &format!("{}{subject}", check.area.title())));
            heading = Some(of_check);
        }
        draw_check(check, width, style, into);
    }
    line(into, &style.paint(Paint::Strong, &summary(&doctor.checks)));
}

fn draw_check(check: &CheckReport, width: usize, style: &Style, into: &mut String) {
    let (paint, mark) = match check.status {
        CheckStatus::Ok => (Paint::Good, "✓"),
        CheckStatus::Note => (Paint::Faint, "·"),
        CheckStatus::Warning => (Paint::Warning, "!"),
        CheckStatus::Failed => (Paint::Bad, "✗"),
        CheckStatus::NotChecked => (Paint::Faint, "-"),
    };
    let not_checked = if check.status == CheckStatus::NotChecked { "not checked: " } else { "" };
    let (mark, label) = (style.paint(paint, mark), label(check.name));
    line(into, &format!("  {mark} {label:<width$}  {not_checked}{}", terminal(&check.fact)));
    for cause in &check.causes {
        line(into, &format!("      caused by: {}", terminal(cause)));
    }
    for help in &check.help {
        line(into, &format!("      {} {}", style.paint(Paint::Note, "help:"), terminal(&help.text)));
    }
}

/// The name of a check as words.
fn label(name: &str) -> String {
    name.replace("ci-", "CI ").replace("oidc-", "OIDC ").replace('-', " ")
}

/// How many checks have each status. A status that no check has is left out.
fn summary(checks: &[CheckReport]) -> String {
    let count = |status| checks.iter().filter(|check| check.status == status).count();
    let told = CheckStatus::ALL.into_iter().map(|status| (count(status), status)).filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, status)| format!("{count} {}", words(status, count))).collect();
    format!("{} checks: {}", checks.len(), told.join(", "))
}

/// The label of a status, in the singular or plural.
fn words(status: CheckStatus, count: usize) -> &'static str {
    match (status, count) {
        (CheckStatus::Warning, 1) => "warning",
        (CheckStatus::Note, 1) => "note",
        (status, _) => status.label(),
    }
}

/// Draws policies and commands: what is to be pasted stands at the start of a line, everything else behind `#`.
pub(super) fn draw_iam(iam: &IamReport, style: &Style, into: &mut String) {
    for document in &iam.documents {
        head(document.title, &document.notes, style, into);
        let policy = serde_json::to_string_pretty(&document.policy).unwrap_or_default();
        policy.lines().for_each(|text| line(into, &terminal(text)));
        line(into, "");
    }
    for (place, command) in iam.commands.iter().enumerate() {
        head(command.title, &command.notes, style, into);
        line(into, &terminal(&command.command));
        if place + 1 < iam.commands.len() {
            line(into, "");
        }
    }
}

fn head(title: &str, notes: &[String], style: &Style, into: &mut String) {
    line(into, &style.paint(Paint::Strong, &format!("# {title}")));
    for note in notes {
        line(into, &style.paint(Paint::Faint, &format!("# {}", terminal(note))));
    }
}

fn line(into: &mut String, text: &str) {
    into.push_str(text);
    into.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::model::Area;
    use super::*;

    fn check(area: Area, name: &'static str, status: CheckStatus, fact: &str) -> CheckReport {
        CheckReport {
            area,
            subject: None,
            name,
            status,
            fact: fact.to_owned(),
            causes: Vec::new(),
            help: Vec::new(),
            denial: None,
            code: None,
            exit_code: None,
            place: None,
        }
    }

    fn drawn(checks: Vec<CheckReport>) -> String {
        let mut text = String::new();
        draw(&DoctorReport { checks }, &Style::plain(), &mut text);
        text
    }

    #[test]
    fn checks_stand_below_what_they_are_about_with_what_to_do() {
        let of = |subject: &str, check| CheckReport { subject: Some(subject.to_owned()), ..check };
        let failed = CheckReport {
            causes: vec!["no".to_owned()],
            help: vec!["ask".into()],
            ..check(Area::Image, "pull", CheckStatus::Failed, "registry.example answered 403")
        };
        let text = drawn(vec![
            check(Area::Job, "ci-system", CheckStatus::Ok, "GitLab CI"),
            check(Area::Job, "oidc-token", CheckStatus::Note, "none"),
            check(Area::Job, "clock", CheckStatus::Warning, "late"),
            of("registry.example/a:1", failed),
            of("registry.example/b:1", check(Area::Image, "pull", CheckStatus::NotChecked, "nobody asked")),
        ]);
        insta::assert_snapshot!(text, @"
        Job
          ✓ CI system   GitLab CI
          · OIDC token  none
          ! clock       late
        Image registry.example/a:1
          ✗ pull        registry.example answered 403
              caused by: no
              help: ask
        Image registry.example/b:1
          - pull        not checked: nobody asked
        5 checks: 1 ok, 1 note, 1 warning, 1 failed, 1 not checked
        ");
    }

    #[test]
    fn text_from_outside_stays_in_its_line() {
        let hostile = "a\nb\u{1b}[2J ##[x]";
        let mut hit = check(Area::Image, "pull", CheckStatus::Failed, hostile);
        (hit.subject, hit.causes, hit.help) =
            (Some(hostile.to_owned()), vec![hostile.to_owned()], vec![hostile.into()]);
        let text = drawn(vec![hit]);
        assert_eq!(text.lines().count(), 5, "{text}");
        assert!(!text.contains(['\u{1b}']) && !text.contains("##"), "{text}");
    }
}
