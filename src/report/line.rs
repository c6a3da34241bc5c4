//! A good image on one line: the verdict, the image, who signed it, how long ago, and until when that is accepted.
//!
//! Only an image about which there is nothing else to say is shown so. Every other has its tree.

use notary::Timestamp;

use super::escape::terminal;
use super::gist::Tone;
use super::model::{ArtifactReport, CandidateReport, Decision};
use super::signature::is_plain;
use super::style::{Paint, Style};

/// Digits of a digest that are shown.
const DIGITS: usize = 8;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const TWO_DAYS: i64 = 2 * DAY;

/// The line of an image to which there is nothing else to say, or nothing. `now` is when the run ended.
pub(super) fn of(artifact: &ArtifactReport, now: Option<Timestamp>, style: &Style) -> Option<String> {
    if !is_plainly_good(artifact) {
        return None;
    }
    let verdict = style.paint(Paint::Good, &format!("{} {}", Tone::Good.mark(), artifact.outcome.words()));
    let facts = [
        artifact.signer().map(|signer| format!("signed by {}", terminal(&signer))),
        age(artifact, now),
        until(artifact, now),
        artifact.waited.as_ref().map(|waited| format!("waited {} s", waited.seconds)),
        others(artifact),
    ];
    let notes = artifact.listing.iter().flat_map(|listing| &listing.notes);
    let notes = notes.chain(artifact.signed.iter().flat_map(|signed| &signed.notes));
    let facts: Vec<_> = facts.into_iter().flatten().chain(notes.map(|note| terminal(note).into_owned())).collect();
    let gap = if facts.is_empty() { "" } else { "  " };
    Some(format!("{verdict} {}{gap}{}", terminal(&name(artifact)), facts.join(", ")))
}

/// Whether nothing about it needs a second line: it is verified or signed, everything passed that was asked for, by whom it was
/// expected from, and nothing was passed over or cut off.
fn is_plainly_good(artifact: &ArtifactReport) -> bool {
    let mut accepted = artifact.candidates.iter().filter(|candidate| candidate.decision == Decision::Accepted);
    artifact.tone() == Tone::Good
        && !artifact.has_failed()
        && artifact.error.is_none()
        && artifact.gate.is_none()
        && artifact.listing.as_ref().is_none_or(|listing| listing.complete)
        && artifact.signed.as_ref().is_none_or(|signed| signed.undecided.is_none())
        && accepted.all(is_plain)
}

/// How long ago it was signed, and whether only the signer says so.
fn age(artifact: &ArtifactReport, now: Option<Timestamp>) -> Option<String> {
    let content = artifact.accepted()?.content.as_ref()?;
    let (time, says) = match (&content.authentic_signing_time, &content.signing_time) {
        (Some(time), _) => (time, ""),
        (None, time) => (time.as_ref()?, " (signer says)"),
    };
    let passed = now.zip(time.parse::<Timestamp>().ok()).map(|(now, then)| now.as_second() - then.as_second());
    Some(match passed {
        // What lies in the future is no age.
        Some(passed @ 0..) => format!("{} ago{says}", span(passed)),
        _ => format!("at {}{says}", terminal(time)),
    })
}

/// A span of time in its largest unit, rounded down.
fn span(seconds: i64) -> String {
    match seconds {
        0..MINUTE => format!("{seconds} s"),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        DAY..TWO_DAYS => "1 day".to_owned(),
        _ => format!("{} days", seconds / DAY),
    }
}

/// Until when it is accepted: the day, or the time where that is near. Whether a certificate ends it, and not itself.
fn until(artifact: &ArtifactReport, now: Option<Timestamp>) -> Option<String> {
    let until = artifact.accepted_until()?;
    let end = until.parse::<Timestamp>().ok();
    // Without the parts of a second.
    let whole = end.and_then(|end| Timestamp::from_second(end.as_second()).ok());
    let whole = whole.map_or_else(|| until.to_owned(), |end| end.to_string());
    let is_near = |(now, end): (Timestamp, Timestamp)| end.as_second() - now.as_second() < TWO_DAYS;
    let near = now.zip(end).is_none_or(is_near);
    let shown = if near { &whole } else { whole.split_once('T').map_or(whole.as_str(), |(day, _)| day) };
    let own = match &artifact.signed {
        Some(signed) => signed.expiry.as_deref(),
        None => artifact.accepted()?.content.as_ref().and_then(|content| content.expiry.as_deref()),
    };
    let why = if own == Some(until) { "" } else { " (a certificate expires)" };
    Some(format!("until {}{why}", terminal(shown)))
}

/// Signatures beside it that were refused, or could not be judged.
fn others(artifact: &ArtifactReport) -> Option<String> {
    let counts = |one: &&CandidateReport| matches!(one.decision, Decision::Rejected | Decision::NotJudged);
    match artifact.candidates.iter().filter(counts).count() {
        0 => None,
        1 => Some("1 other signature does not count (see --verbose)".to_owned()),
        count => Some(format!("{count} other signatures do not count (see --verbose)")),
    }
}

/// The image as it was named, with the beginning of its digest. `--verbose` and all other forms have the whole of it.
fn name(artifact: &ArtifactReport) -> String {
    let digest = artifact.digest_reference.as_deref().and_then(|resolved| resolved.rsplit_once('@'));
    match (digest, artifact.reference.rsplit_once('@')) {
        (Some((_, digest)), Some((given, said))) if said == digest => format!("{given}@{}", short(digest)),
        (Some((_, digest)), None) => format!("{}@{}", artifact.reference, short(digest)),
        _ => artifact.name().to_owned(),
    }
}

/// The algorithm and so many digits that a person tells images apart.
pub(super) fn short(digest: &str) -> String {
    match digest.split_once(':').and_then(|(algorithm, hex)| Some((algorithm, hex.get(..DIGITS)?, hex.len()))) {
        Some((algorithm, first, length)) if length > DIGITS => format!("{algorithm}:{first}…"),
        _ => digest.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::*;
    use super::super::style::{Color, Detail, Folds};
    use super::super::{samples, text};
    use super::*;

    fn plain(report: &Report) -> String {
        text::render(report, &Style::plain())
    }

    fn at(time: &str, report: Report) -> Report {
        Report { now: Some(time.parse().unwrap()), ..report }
    }

    #[test]
    fn a_good_image_is_one_line() {
        let line =
            |report, expected: &str| assert_eq!(plain(&at("2026-01-02T03:07:06Z", report)), format!("{expected}\n"));
        line(
            samples::verified(),
            "✓ verified registry.example/app:1.0@sha256:1111  signed by CN=release,O=Acme,ST=WA,C=US, \
             3 min ago (signer says), until 2027-01-02",
        );
        // The signing authority vouches for the time.
        line(
            samples::verified_with_aws(),
            "✓ verified registry.example/app:1.0@sha256:1111  signed by \
             arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234, 3 min ago, until 2027-01-02",
        );
        line(samples::signed(), "✓ signed registry.example/app:1.0@sha256:1111  signed by local key release.key");
    }

    #[test]
    fn an_image_is_named_as_it_was_given_with_the_beginning_of_its_digest() {
        let digest = format!("sha256:21d94c4a{}", "0".repeat(56));
        for (given, expected) in [
            ("r.example/app".to_owned(), "r.example/app@sha256:21d94c4a…"),
            ("r.example/app:1".to_owned(), "r.example/app:1@sha256:21d94c4a…"),
            (format!("r.example/app@{digest}"), "r.example/app@sha256:21d94c4a…"),
            (format!("r.example/app:1@{digest}"), "r.example/app:1@sha256:21d94c4a…"),
            // A digest that is another one is never hidden.
            ("r.example/app@sha256:1".to_owned(), &format!("r.example/app@{digest}")),
        ] {
            let artifact = ArtifactReport {
                digest_reference: Some(format!("r.example/app@{digest}")),
                ..ArtifactReport::new(given.clone(), ArtifactOutcome::Verified)
            };
            assert_eq!(name(&artifact), expected, "{given}");
        }
        let unknown = ArtifactReport::new("r.example/app:1", ArtifactOutcome::Verified);
        assert_eq!(name(&unknown), "r.example/app:1");
    }

    #[test]
    fn ages_and_ends_are_told_in_the_unit_that_fits() {
        let has = |now: &str, words: &str| {
            let text = plain(&at(now, samples::verified()));
            assert!(text.contains(words), "{words} in {text}");
        };
        has("2026-01-02T03:04:05Z", ", 0 s ago (signer says), ");
        has("2026-01-02T05:04:05Z", ", 2 h ago (signer says), ");
        has("2026-01-03T05:04:05Z", ", 1 day ago (signer says), ");
        has("2026-02-02T05:04:05Z", ", 31 days ago (signer says), until 2027-01-02\n");
        has("2026-01-02T03:04:04Z", ", at 2026-01-02T03:04:05Z (signer says), ");
        has("2027-01-02T03:00:00Z", ", until 2027-01-02T03:04:05Z\n");
        // Without a clock nothing is reckoned.
        assert!(plain(&samples::verified()).contains(", at 2026-01-02T03:04:05Z (signer says), until 2027-01-02T"));
        let mut exact = at("2027-01-02T03:00:00Z", samples::verified());
        exact.artifacts_mut()[0].candidates[0].accepted_until = Some("2027-01-02T03:04:05.897197693Z".to_owned());
        assert!(plain(&exact).contains(", until 2027-01-02T03:04:05Z (a cert"), "{}", plain(&exact));
        let mut ends = at("2026-01-02T03:07:06Z", samples::verified());
        ends.artifacts_mut()[0].candidates[0].accepted_until = Some("2026-06-01T00:00:00Z".to_owned());
        assert!(plain(&ends).contains(", until 2026-06-01 (a certificate expires)\n"), "{}", plain(&ends));
    }

    #[test]
    fn what_there_is_to_say_takes_the_tree_or_stands_on_the_line() {
        let told = |change: fn(&mut ArtifactReport)| {
            let mut report = samples::verified();
            change(&mut report.artifacts_mut()[0]);
            plain(&report)
        };
        let trees: [fn(&mut ArtifactReport); 7] = [
            |image| image.caveats.push(Reason::new("x", "x")),
            |image| image.listing.as_mut().unwrap().complete = false,
            |image| image.candidates[0].rows[4].status = Status::NotEvaluated,
            |image| image.candidates[0].rows[4].answered_by = Some("http://127.0.0.1".to_owned()),
            |image| image.candidates[0].rows[3].status = Status::Failed,
            |image| image.candidates[0].rows[3].action = Action::Skip,
            |image| {
                let content = image.candidates[0].content.as_mut().unwrap();
                content.signing_profile_version = Some("arn".to_owned());
                content.extended_attributes.insert("com.amazonaws.signer.further".to_owned(), "x".to_owned());
            },
        ];
        for (place, change) in trees.into_iter().enumerate() {
            assert!(told(change).contains("└── "), "{place}: {}", told(change));
        }
        let noted = told(|image| image.listing.as_mut().unwrap().notes.push("the tag decides".to_owned()));
        assert!(noted.ends_with(", the tag decides\n") && noted.lines().count() == 1, "{noted}");
        let waited = told(|image| image.waited = Some(WaitReport { rounds: 2, seconds: 7 }));
        assert!(waited.contains(", waited 7 s\n"), "{waited}");
        let others = told(|image| {
            let mut other = samples::rejected().artifacts_mut()[0].candidates.remove(0);
            other.signature_manifest = "sha256:7777".to_owned();
            image.candidates.push(other);
        });
        assert!(others.contains(", 1 other signature does not count (see --verbose)\n"), "{others}");
    }

    #[test]
    fn quiet_leaves_out_what_is_good_and_nothing_else() {
        let quiet = |report: &Report| text::render(report, &Style::new(Color::Off, Detail::Quiet));
        assert_eq!(quiet(&samples::verified()), "");
        assert_eq!(quiet(&samples::signed()), "");
        assert_eq!(quiet(&samples::inspected()), plain(&samples::inspected()));
        assert_eq!(quiet(&samples::rejected()), plain(&samples::rejected()));
        let several = quiet(&samples::several());
        for artifact in samples::several().artifacts() {
            let is_shown = several.contains(artifact.name());
            assert_eq!(is_shown, artifact.outcome != ArtifactOutcome::Verified, "{}: {several}", artifact.name());
        }
        let mut weakened = samples::verified();
        weakened.weakened.push(Weakening { setting: "plain-http", value: "x".to_owned(), origin: "y".to_owned() });
        assert_eq!(quiet(&weakened), "! weakened: plain-http = x (from y)\n");
        let mut caveat = samples::verified();
        caveat.artifacts_mut()[0].caveats.push(Reason::new("x", "a caveat"));
        assert!(quiet(&caveat).starts_with("✓ verified (a caveat) "), "{}", quiet(&caveat));
    }

    #[test]
    fn the_tree_of_a_good_image_is_folded_where_the_log_folds_and_nothing_else_is() {
        let style = Style::new(Color::Off, Detail::Verbose);
        let folded = text::render(&samples::several(), &style.folding(Folds::GitHub));
        let groups: Vec<_> = folded.lines().filter_map(|line| line.strip_prefix("::group::")).collect();
        assert!(
            matches!(groups.as_slice(), [good] if good.starts_with("✓ verified registry.example/app:1.0@")),
            "{folded}"
        );
        assert_eq!(folded.lines().filter(|line| *line == "::endgroup::").count(), 1);
        let plain = |line: &&str| !line.starts_with("::");
        assert_eq!(
            folded.lines().filter(plain).collect::<Vec<_>>(),
            text::render(&samples::several(), &style).lines().collect::<Vec<_>>()
        );
        let colored = Style::new(Color::On, Detail::Verbose).folding(Folds::TeamCity);
        let blocks = text::render(&samples::several(), &colored);
        assert!(blocks.contains("blockOpened name='|0x2713 verified ") && blocks.contains("\u{1b}[32m"), "{blocks}");
        let short = text::render(&samples::several(), &Style::plain().folding(Folds::GitHub));
        assert!(!short.contains("::"), "{short}");
    }

    #[test]
    fn a_log_of_gitlab_folds_the_same_trees_in_sections_of_their_own_names() {
        let style = Style::new(Color::Off, Detail::Verbose);
        let mut report = at("2026-01-02T03:07:06Z", samples::verified());
        report.artifacts_mut().push(samples::verified().artifacts_mut().remove(0));
        let folded = text::render(&report, &style.folding(Folds::GitLab));
        for number in [1, 2] {
            let name = format!("sealgate-verify-{number}-1767323226");
            let start = format!("\u{1b}[0Ksection_start:1767323226:{name}[collapsed=true]\r\u{1b}[0K✓ verified ");
            let end = format!("\u{1b}[0Ksection_end:1767323226:{name}\r\u{1b}[0K\n");
            assert_eq!((folded.matches(&start).count(), folded.matches(&end).count()), (1, 1), "{folded:?}");
        }
        let short = text::render(&report, &Style::plain().folding(Folds::GitLab));
        assert!(!short.contains("section_"), "{short}");
    }

    #[test]
    fn five_hundred_good_images_are_a_line_each() {
        let mut report = samples::verified();
        for _ in 1..500 {
            report.artifacts_mut().push(samples::verified().artifacts_mut().remove(0));
        }
        assert!(plain(&report).lines().count() <= 510);
        let verbose = text::render(&report, &Style::new(Color::Off, Detail::Verbose));
        assert!(verbose.lines().count() > 5000, "--verbose has the trees");
    }
}
