//! How text looks: with color or without.

/// The meaning of a piece of text; the color follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    /// Passed, verified, signed.
    Good,
    /// Failed, rejected, error.
    Bad,
    /// A warning, or a finding that was only logged.
    Warning,
    /// A label or a next step.
    Note,
    /// What matters less: lines of a tree, what was not asked for.
    Faint,
    /// What a line is about.
    Strong,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Color {
    /// SGR sequences of 16 colors, which every CI system that shows colors knows.
    On,
    Off,
}

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// What failed or is not plainly good.
    Quiet,
    /// What decides, and everything that did not pass.
    Normal,
    /// Every row of every signature.
    Verbose,
}

/// How a log folds what few want to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Folds {
    None,
    /// The groups of GitHub's runner.
    GitHub,
    /// The sections of GitLab's log.
    GitLab,
    /// The groups of Azure Pipelines.
    Azure,
    /// The groups of Buildkite's log, each up to the next.
    Buildkite,
    /// The folds of Travis CI.
    Travis,
    /// The blocks of TeamCity.
    TeamCity,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    color: Color,
    detail: Detail,
    columns: Option<usize>,
    folds: Folds,
}

impl Style {
    /// Text in these colors, with this much detail.
    pub(crate) const fn new(color: Color, detail: Detail) -> Self {
        Self { color, detail, columns: None, folds: Folds::None }
    }

    /// The same for lines of so many columns, or of any length.
    pub(crate) const fn within(self, columns: Option<usize>) -> Self {
        Self { columns, ..self }
    }

    /// Text without color and without extra detail.
    #[cfg(test)]
    pub(crate) const fn plain() -> Self {
        Self::new(Color::Off, Detail::Normal)
    }

    pub(crate) const fn color(&self) -> Color {
        self.color
    }

    pub(crate) const fn detail(&self) -> Detail {
        self.detail
    }

    /// The same for a log that folds.
    pub(crate) const fn folding(self, folds: Folds) -> Self {
        Self { folds, ..self }
    }

    pub(crate) const fn folds(&self) -> Folds {
        self.folds
    }

    /// The same as titles of folds are shown: TeamCity shows a name as it is.
    pub(super) fn of_titles(&self) -> Self {
        let color = if self.folds == Folds::TeamCity { Color::Off } else { self.color };
        Self { color, ..*self }
    }

    /// Columns that a line has room for, if that is limited.
    pub(crate) const fn columns(&self) -> Option<usize> {
        self.columns
    }

    /// The text in the color of its meaning.
    pub(crate) fn paint(&self, paint: Paint, text: &str) -> String {
        let code = match paint {
            Paint::Good => "32",
            Paint::Bad => "1;31",
            Paint::Warning => "33",
            Paint::Note => "36",
            Paint::Faint => "2",
            Paint::Strong => "1",
        };
        match self.color {
            Color::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Color::Off => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_is_written_only_when_it_is_on() {
        let colored = Style::new(Color::On, Detail::Normal);
        assert_eq!(colored.paint(Paint::Good, "ok"), "\u{1b}[32mok\u{1b}[0m");
        assert_eq!(Style::plain().paint(Paint::Good, "ok"), "ok");
    }
}
