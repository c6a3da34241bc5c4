//! What a verdict must not be read without. It is in the first line about each image, not only below.

use super::model::{
    Action, ArtifactOutcome, ArtifactReport, Decision, NOT_AN_AWS_ROOT, Reason, RowReport, Validation, Weakening,
};

/// The caveats of a verdict: other roots than AWS's, and a revocation status that is missing or came from another source.
pub(crate) fn of(artifact: &ArtifactReport, weakened: &[Weakening]) -> Vec<Reason> {
    let replaced = weakened.iter().any(Weakening::replaces_aws_roots);
    let root = replaced.then(|| Reason::new("not-an-aws-root", NOT_AN_AWS_ROOT));
    root.into_iter().chain(revocation(artifact, weakened)).collect()
}

/// How little an accepted signature's revocation row is worth. A rejected one needs no caveat.
fn revocation(artifact: &ArtifactReport, weakened: &[Weakening]) -> Option<Reason> {
    if !matches!(artifact.outcome, ArtifactOutcome::Verified | ArtifactOutcome::AcceptedWithWarnings) {
        return None;
    }
    let accepted = artifact.candidates.iter().filter(|candidate| candidate.decision == Decision::Accepted);
    let rows: Vec<&RowReport> =
        accepted.flat_map(|candidate| &candidate.rows).filter(|row| row.validation == Validation::Revocation).collect();
    if rows.iter().any(|row| row.action == Action::Skip) {
        let who = match weakened.iter().find(|weakening| weakening.skips_revocation()) {
            Some(weakening) => weakening.origin.as_str(),
            None => "the trust policy skips it",
        };
        return Some(Reason::new("revocation-not-checked", format!("revocation was not checked: {who}")));
    }
    let endpoint = rows.into_iter().find_map(|row| row.answered_by.as_deref())?;
    let text = format!("revocation status came from {endpoint}, not from AWS");
    Some(Reason::new("revocation-answered-elsewhere", text))
}

#[cfg(test)]
mod tests {
    use super::super::model::Status;
    use super::super::samples;
    use super::*;

    fn weakening(setting: &'static str, origin: &str) -> Weakening {
        Weakening { setting, value: "x".to_owned(), origin: origin.to_owned() }
    }

    /// A verified artifact whose revocation row is changed.
    fn artifact(change: impl FnOnce(&mut RowReport)) -> ArtifactReport {
        let mut artifact = samples::verified().artifacts_mut().remove(0);
        change(artifact.candidates[0].rows.last_mut().unwrap());
        artifact
    }

    fn codes(artifact: &ArtifactReport, weakened: &[Weakening]) -> Vec<String> {
        of(artifact, weakened).into_iter().map(|caveat| caveat.code).collect()
    }

    #[test]
    fn a_verdict_with_nothing_to_add_has_no_caveat() {
        assert!(of(&artifact(|_| ()), &[weakening("plain-http", "--plain-http")]).is_empty());
    }

    #[test]
    fn revocation_that_was_not_checked_is_told_with_who_said_so() {
        let skipped = artifact(|row| (row.action, row.status) = (Action::Skip, Status::NotEvaluated));
        for (weakened, who) in [
            (vec![weakening("skip-revocation", "--skip-revocation")], "--skip-revocation"),
            (vec![weakening("skip-revocation", "SEALGATE_SKIP_REVOCATION")], "SEALGATE_SKIP_REVOCATION"),
            (Vec::new(), "the trust policy skips it"),
        ] {
            let expected = Reason::new("revocation-not-checked", format!("revocation was not checked: {who}"));
            assert_eq!(of(&skipped, &weakened), [expected]);
        }
        let accepted = ArtifactReport { outcome: ArtifactOutcome::AcceptedWithWarnings, ..skipped };
        assert_eq!(codes(&accepted, &[]), ["revocation-not-checked"]);
    }

    #[test]
    fn an_endpoint_that_is_not_aws_is_named() {
        let elsewhere = artifact(|row| row.answered_by = Some("http://127.0.0.1:4566".to_owned()));
        let caveats = of(&elsewhere, &[]);
        assert_eq!(caveats[0].code, "revocation-answered-elsewhere");
        assert!(caveats[0].text.contains("http://127.0.0.1:4566"), "{caveats:?}");
    }

    #[test]
    fn another_root_is_a_caveat_of_every_verdict_and_revocation_only_of_good_ones() {
        for outcome in ArtifactOutcome::ALL {
            let mut artifact = artifact(|row| row.action = Action::Skip);
            artifact.outcome = outcome;
            let good = matches!(outcome, ArtifactOutcome::Verified | ArtifactOutcome::AcceptedWithWarnings);
            let expected = if good { &["not-an-aws-root", "revocation-not-checked"][..] } else { &["not-an-aws-root"] };
            assert_eq!(codes(&artifact, &[weakening("aws-root", "--aws-root")]), expected, "{outcome:?}");
        }
    }
}
