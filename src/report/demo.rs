//! The demonstration for people: each step with the command that does the same.
//!
//! It is prose to read, at a hundred columns: digests are shortened here, and in no report.

use super::escape::terminal;
use super::model::{ArtifactOutcome, DemoReport, DemoStep};
use super::style::{Paint, Style};

/// Line width in columns.
const WIDTH: usize = 100;

/// The prefix of every line below a title.
const INDENT: &str = "   ";

/// Hexadecimal characters of a SHA-256 digest, and how many of them are shown.
const DIGEST: (usize, usize) = (64, 8);

pub(super) fn draw(demo: &DemoReport, style: &Style, into: &mut String) {
    for (place, step) in demo.steps.iter().enumerate() {
        let title = format!("{}. {}", place.saturating_add(1), terminal(&step.title));
        line(into, &style.paint(Paint::Strong, &title));
        command(step, style, into);
        outcome(step, style, into);
        line(into, "");
    }
    line(into, &format!("All {} steps gave the expected results.", demo.steps.len()));
    if demo.kept {
        line(into, &format!("To try the commands: cd {}", terminal(&demo.folder)));
    } else {
        line(into, "To keep the files and try the commands: sealgate demo --dir DIR && cd DIR");
    }
}

fn line(into: &mut String, text: &str) {
    into.push_str(text);
    into.push('\n');
}

/// The command as it can be pasted into a shell: broken before a flag where it is too long.
fn command(step: &DemoStep, style: &Style, into: &mut String) {
    let words = terminal(&step.command);
    let mut parts = Vec::new();
    let mut rest = words.as_ref();
    let room = WIDTH.saturating_sub(INDENT.len() + "$ ".len() + " \\".len());
    while rest.chars().count() > room {
        let Some((head, tail)) = break_before_flag(rest, room) else { break };
        parts.push(head);
        rest = tail;
    }
    parts.push(rest);
    let text = parts.join(&format!(" \\\n{INDENT}    "));
    line(into, &style.paint(Paint::Note, &format!("{INDENT}$ {text}")));
}

/// The text before and from the last flag that leaves room for what is before it.
fn break_before_flag(text: &str, room: usize) -> Option<(&str, &str)> {
    let places = text.match_indices(" --").map(|(place, _)| place);
    let place = places.filter(|place| *place > 0 && *place <= room).last()?;
    Some((text.get(..place)?, text.get(place..)?.trim_start()))
}

/// What came out and why.
fn outcome(step: &DemoStep, style: &Style, into: &mut String) {
    let (paint, word) = match step.outcome {
        None => (Paint::Good, "✓ made"),
        Some(ArtifactOutcome::Signed) => (Paint::Good, "✓ signed"),
        Some(ArtifactOutcome::Verified) => (Paint::Good, "✓ verified"),
        Some(ArtifactOutcome::Unsigned) => (Paint::Bad, "✗ unsigned"),
        Some(_) => (Paint::Bad, "✗ rejected"),
    };
    let head = style.paint(paint, word);
    let Some(reason) = &step.reason else { return line(into, &format!("{INDENT}{head}")) };
    let text = terminal(&reason.text).into_owned();
    let mut room = WIDTH.saturating_sub(INDENT.len() + word.chars().count() + ": ".len());
    let mut told = format!("{INDENT}{head}: ");
    let mut used = 0_usize;
    for word in short_digests(&text).split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used.saturating_add(1).saturating_add(length) > room {
            told.push_str(&format!("\n{INDENT}  "));
            room = WIDTH.saturating_sub(INDENT.len() + 2);
            used = 0;
        }
        if used > 0 {
            told.push(' ');
            used = used.saturating_add(1);
        }
        told.push_str(word);
        used = used.saturating_add(length);
    }
    line(into, &told);
}

/// The text with only the beginning of each SHA-256 digest.
fn short_digests(text: &str) -> String {
    let (length, shown) = DIGEST;
    let mut pieces = text.split("sha256:");
    let mut short = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        short.push_str("sha256:");
        let digits = piece.bytes().take_while(u8::is_ascii_hexdigit).count();
        match (digits == length).then(|| (piece.get(..shown), piece.get(length..))) {
            Some((Some(head), Some(tail))) => {
                short.push_str(head);
                short.push('…');
                short.push_str(tail);
            }
            _ => short.push_str(piece),
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::super::model::Reason;
    use super::*;

    fn step(title: &str, command: &str, outcome: Option<ArtifactOutcome>, reason: Option<Reason>) -> DemoStep {
        DemoStep { title: title.to_owned(), command: command.to_owned(), outcome, reason }
    }

    fn demo() -> DemoReport {
        let identity = "x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=demo";
        let verify = format!("sealgate verify --root keys/demo-ca.crt --identity '{identity}' -- oci-layout:app:v1");
        let (one, two) = ("1".repeat(64), "2".repeat(64));
        let other = format!(
            "another artifact was signed: sha256:{one} application/vnd.oci.image.manifest.v1+json (397 bytes), expected sha256:{two} (398 bytes)"
        );
        DemoReport {
            folder: "demo".to_owned(),
            kept: true,
            steps: vec![
                step("A key is made", "sealgate key generate --out keys --name demo", None, None),
                step("It is verified", &verify, Some(ArtifactOutcome::Verified), None),
                step("It is refused", &verify, Some(ArtifactOutcome::Rejected), Some(Reason::new("x", other))),
            ],
        }
    }

    #[test]
    fn the_transcript_is_a_pleasure_to_read() {
        let mut text = String::new();
        draw(&demo(), &Style::plain(), &mut text);
        insta::assert_snapshot!(text, @r"
        1. A key is made
           $ sealgate key generate --out keys --name demo
           ✓ made

        2. It is verified
           $ sealgate verify --root keys/demo-ca.crt \
               --identity 'x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=demo' \
               -- oci-layout:app:v1
           ✓ verified

        3. It is refused
           $ sealgate verify --root keys/demo-ca.crt \
               --identity 'x509.subject: C=ZZ, ST=Development, O=sealgate development, CN=demo' \
               -- oci-layout:app:v1
           ✗ rejected: another artifact was signed: sha256:11111111…
             application/vnd.oci.image.manifest.v1+json (397 bytes), expected sha256:22222222… (398 bytes)

        All 3 steps gave the expected results.
        To try the commands: cd demo
        ");
        for line in text.lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn only_whole_digests_are_shortened() {
        let digest = "a".repeat(64);
        assert_eq!(short_digests(&format!("x sha256:{digest}, y")), "x sha256:aaaaaaaa…, y");
        for kept in ["sha256:abc", "no digest", "sha256:", &format!("sha256:{digest}0")] {
            assert_eq!(short_digests(kept), kept);
        }
    }
}
