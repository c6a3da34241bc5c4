//! What can be done after a failure: a sentence, and which jobs it helps.

use serde::{Serialize, Serializer};

use super::{Findings, Report};

/// A next step. Reports hold its words; a renderer may leave out what helps only in another CI system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Help {
    pub(crate) text: String,
    pub(crate) audience: Audience,
    pub(crate) kind: HelpKind,
}

/// Which jobs a next step helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Audience {
    Everyone,
    /// Jobs of GitHub Actions and of the systems that run its workflows.
    GitHub,
    GitLab,
    CodeBuild,
    /// Jobs of other CI systems, and machines without one.
    Elsewhere,
    /// Of no step, but of a run: where it is not known which system runs it, as in a container of a job.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HelpKind {
    /// Something to change or to run.
    Step,
    /// To run `sealgate doctor`, which its own report need not say.
    Doctor,
}

impl Help {
    /// A step that helps jobs of one kind only.
    pub(crate) fn in_jobs_of(audience: Audience, text: impl Into<String>) -> Self {
        Self { audience, ..Self::from(text.into()) }
    }

    /// To run `sealgate doctor`.
    pub(crate) fn doctor(text: impl Into<String>) -> Self {
        Self { kind: HelpKind::Doctor, ..Self::from(text.into()) }
    }

    /// Of steps for several CI systems those that help here: where some are for this very system, none for others; otherwise
    /// all of them.
    pub(crate) fn only_for(audience: Audience, help: Vec<Self>) -> Vec<Self> {
        let helps = |step: &Self| [audience, Audience::Everyone].contains(&step.audience);
        match help.iter().any(|step| step.audience == audience) {
            true => help.into_iter().filter(helps).collect(),
            false => help,
        }
    }
}

impl Report {
    /// With the next steps for jobs of one kind.
    pub(crate) fn helping(mut self, audience: Audience) -> Self {
        let mut all: Vec<_> = self.error.iter_mut().map(|error| &mut error.help).collect();
        let problems = self.files.iter_mut().flat_map(|file| &mut file.problems);
        all.extend(problems.map(|problem| &mut problem.help));
        match &mut self.findings {
            Some(Findings::Artifacts(artifacts)) => {
                for one in artifacts {
                    all.extend(one.error.as_mut().map(|error| &mut error.help));
                    all.extend(one.gate.iter_mut().flat_map(|gate| &mut gate.rows).map(|row| &mut row.help));
                }
            }
            Some(Findings::Doctor(doctor)) => all.extend(doctor.checks.iter_mut().map(|check| &mut check.help)),
            Some(Findings::Gates(gates)) => all.extend(gates.problems.iter_mut().map(|problem| &mut problem.help)),
            _ => {}
        }
        for help in all {
            *help = Help::only_for(audience, std::mem::take(help));
        }
        self
    }
}

#[cfg(test)]
impl Help {
    /// The words of several, one a line.
    pub(crate) fn lines(help: &[Self]) -> String {
        help.iter().map(|step| step.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

impl From<String> for Help {
    fn from(text: String) -> Self {
        Self { text, audience: Audience::Everyone, kind: HelpKind::Step }
    }
}

impl From<&str> for Help {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Serialize for Help {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_shown_its_own_steps_or_all() {
        let of = |audience, text: &str| Help::in_jobs_of(audience, text);
        let steps =
            || vec![of(Audience::GitHub, "a"), of(Audience::GitLab, "b"), of(Audience::Elsewhere, "c"), "d".into()];
        let shown = |audience| Help::only_for(audience, steps()).into_iter().map(|help| help.text).collect::<String>();
        assert_eq!(shown(Audience::GitLab), "bd");
        assert_eq!(shown(Audience::Elsewhere), "cd");
        assert_eq!(shown(Audience::CodeBuild), "abcd");
        assert_eq!(shown(Audience::Unknown), "abcd");
        assert_eq!(Help::only_for(Audience::GitLab, vec!["x".into()]), ["x".into()]);
    }

    #[test]
    fn the_steps_of_gates_are_those_for_this_job_as_well() {
        let mut report = crate::report::samples::gate_unmet();
        let gate = report.artifacts_mut()[0].gate.as_mut().unwrap();
        gate.rows[1].help.push(Help::in_jobs_of(Audience::GitLab, "b"));
        gate.rows[1].help.push(Help::in_jobs_of(Audience::GitHub, "a"));
        let report = report.helping(Audience::GitHub);
        let help = Help::lines(&report.artifacts()[0].gate.as_ref().unwrap().rows[1].help);
        assert!(help.ends_with("IMAGE\na"), "{help}");
    }

    #[test]
    fn reports_hold_the_words() {
        assert_eq!(serde_json::to_string(&Help::doctor("run it")).unwrap(), "\"run it\"");
    }
}
