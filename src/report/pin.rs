//! Deploy files as text: which images get a digest, and what keeps a file from being pinned.

use super::escape::{self, terminal};
use super::gist::images;
use super::limits::{PIN_DIFFS, PIN_IMAGES};
use super::model::{ArtifactReport, PinFileReport, PinImageReport, PinState, Place, Report};
use super::style::{Color, Detail, Paint, Style};
use super::tree::Node;

/// Draws each file that there is something to say about.
pub(super) fn draw(report: &Report, style: &Style, into: &mut String) {
    let is_shown = |file: &&PinFileReport| {
        style.detail() > Detail::Quiet || !file.problems.is_empty() || file.count(PinState::Unpinned) > 0
    };
    report.files.iter().filter(is_shown).for_each(|file| draw_file(file, style, into));
}

fn draw_file(file: &PinFileReport, style: &Style, into: &mut String) {
    of_file(file, style).draw(style, into);
    if let Some(diff) = file.diff.as_ref().filter(|_| style.detail() > Detail::Quiet) {
        into.push_str(&colored(diff, style));
    }
}

fn of_file(file: &PinFileReport, style: &Style) -> Node {
    let name = style.paint(Paint::Strong, &terminal(&file.file));
    let mut node = Node::new(match file.kind {
        Some(kind) => format!("file {name} ({kind}): {}", file.gist()),
        None => format!("file {name}"),
    });
    let is_shown = |image: &&PinImageReport| style.detail() == Detail::Verbose || image.state == PinState::Unpinned;
    node.children(file.images.iter().filter(is_shown).map(PinImageReport::line));
    if file.diff_omitted > 0 {
        node.leaf(format!("its changes ({} bytes) are left out to keep this report short", file.diff_omitted));
    }
    if file.images_omitted > 0 {
        node.leaf(format!("and {} more, left out to keep this report short", images(file.images_omitted)));
    }
    for problem in &file.problems {
        let label = style.paint(Paint::Bad, "problem:");
        let place = problem.reason.place.as_ref();
        let place = place.map(|place| format!("line {} column {}: ", place.line, place.column)).unwrap_or_default();
        let mut below = Node::new(format!("{label} {place}{}", terminal(&problem.reason.text)));
        for help in &problem.help {
            below.leaf(format!("{} {}", style.paint(Paint::Note, "help:"), terminal(&help.text)));
        }
        node.push(below);
    }
    node
}

impl PinFileReport {
    /// The text form, without color.
    pub(super) fn text_alone(&self) -> String {
        let mut text = String::new();
        draw_file(self, &Style::new(Color::Off, Detail::Normal), &mut text);
        escape::lines(&text).into_owned()
    }

    /// What of its images was or will be done, in words.
    fn gist(&self) -> String {
        let all = self.images.len().saturating_add(self.images_omitted);
        let changed = if self.written { "pinned now" } else { "to pin" };
        let counts = [
            (PinState::Changed, changed),
            (PinState::Pinned, "pinned before"),
            (PinState::NotPinned, "not pinned"),
            (PinState::Unpinned, "left unpinned, not verified"),
        ];
        let counts =
            counts.into_iter().map(|(state, words)| (self.count(state), words)).filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts.map(|(count, words)| format!("{count} {words}")).collect();
        match counts.as_slice() {
            [] => images(all),
            counts => format!("{}: {}", images(all), counts.join(", ")),
        }
    }
}

impl PinImageReport {
    fn line(&self) -> String {
        let Self { line, column, path, text, pinned, .. } = self;
        let text = text.as_deref().unwrap_or_default();
        let what = match (self.state, pinned) {
            (PinState::Changed, Some(pinned)) => format!("{text} becomes {pinned}"),
            (PinState::Pinned, _) => format!("{text} is pinned"),
            (PinState::Unpinned, _) => format!("{text} is left unpinned, and was not verified"),
            (PinState::NotPinned | PinState::Changed, _) => format!("{text} is not pinned"),
        };
        let guessed = if self.guessed { " (guessed to be an image)" } else { "" };
        terminal(&format!("line {line} column {column}: {path}: {what}{guessed}")).into_owned()
    }
}

/// Lines at the beginning of a diff that name the file.
const NAMING: usize = 2;

/// A diff with the colors that diffs have, without the lines that name the file, which stands above. Control characters are shown as
/// what they are.
fn colored(diff: &str, style: &Style) -> String {
    let paint = |line: &str| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        // Each begins with a sign, so that none is taken for something of ours.
        let sign = if line.starts_with([' ', '+', '-', '@', '\\', '#']) { "" } else { " " };
        let shown = format!("{sign}{}", terminal(line));
        let painted = match line.as_bytes() {
            [b'+', ..] => style.paint(Paint::Good, &shown),
            [b'-', ..] => style.paint(Paint::Bad, &shown),
            [b'@', ..] => style.paint(Paint::Note, &shown),
            _ => shown,
        };
        painted + "\n"
    };
    diff.split_inclusive('\n').skip(NAMING).map(paint).collect()
}

impl Report {
    /// Whether an image of a deploy file stays as it is, without having been verified.
    pub(super) fn leaves_unpinned(&self) -> bool {
        self.files.iter().any(|file| file.count(PinState::Unpinned) > 0)
    }

    /// Whether something keeps a deploy file from being pinned.
    pub(super) fn has_unusable_files(&self) -> bool {
        self.files.iter().any(|file| !file.problems.is_empty())
    }

    /// The same with as much of its deploy files as is worth reading, and what was left out counted.
    pub(crate) fn shorten_files(&mut self) {
        let (mut room, mut left) = (PIN_IMAGES, PIN_DIFFS);
        for file in &mut self.files {
            // What is not verified is always told.
            let mut omitted = 0_usize;
            file.images.retain(|image| {
                let is_kept = room > 0 || image.state == PinState::Unpinned;
                room = room.saturating_sub(1);
                omitted = omitted.saturating_add(usize::from(!is_kept));
                is_kept
            });
            file.images_omitted = file.images_omitted.saturating_add(omitted);
            let length = file.diff.as_ref().map_or(0, String::len);
            match left.checked_sub(length) {
                Some(rest) => left = rest,
                None => (file.diff, file.diff_omitted) = (None, length),
            }
        }
    }
}

impl ArtifactReport {
    /// Where deploy files name it, as one text.
    pub(super) fn named_where(&self) -> Option<String> {
        let (first, more) = self.named_at.split_first()?;
        let Place { file, line, column } = first;
        let more = if more.is_empty() { String::new() } else { format!(", and {} more", more.len()) };
        Some(format!("{file}:{line}:{column}{more}"))
    }
}
