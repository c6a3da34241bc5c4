//! The demonstration for people: each step with the command that does the same.

use super::escape::terminal;
use super::model::{ArtifactOutcome, DemoReport};
use super::style::{Paint, Style};

/// Draws the steps.
pub(super) fn draw(demo: &DemoReport, style: &Style, into: &mut String) {
    let mut line = |text: &str| {
        into.push_str(text);
        into.push('\n');
    };
    for step in &demo.steps {
        let (paint, word) = match step.outcome {
            None => (Paint::Good, "✓"),
            Some(ArtifactOutcome::Signed) => (Paint::Good, "✓ signed:"),
            Some(ArtifactOutcome::Verified) => (Paint::Good, "✓ verified:"),
            Some(ArtifactOutcome::Unsigned) => (Paint::Bad, "✗ unsigned:"),
            Some(_) => (Paint::Bad, "✗ rejected:"),
        };
        line(&format!("{} {}", style.paint(paint, word), style.paint(Paint::Strong, &terminal(&step.title))));
        line(&style.paint(Paint::Note, &format!("    $ {}", terminal(&step.command))));
        if let Some(reason) = &step.reason {
            line(&format!("    {}: {}", terminal(&reason.code), terminal(&reason.text)));
        }
    }
    line("");
    line(&format!("All {} steps found what they should.", demo.steps.len()));
    if demo.kept {
        line(&format!("Everything is in {}; try the commands there.", terminal(&demo.folder)));
    } else {
        line("Keep the files and try the commands yourself: sealgate demo --dir DIR");
    }
}
