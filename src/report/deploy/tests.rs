use std::io::Write as _;
use std::process::{Command, Stdio};

use super::super::model::{ArtifactOutcome, ArtifactReport, Deployment, Findings};
use super::*;

fn digest(number: usize) -> String {
    format!("sha256:{number:064}")
}

fn image(number: usize, outcome: ArtifactOutcome) -> ArtifactReport {
    ArtifactReport {
        digest_reference: Some(format!("r.example/a{number}@{}", digest(number))),
        ..ArtifactReport::new(format!("r.example/a{number}:1"), outcome)
    }
}

/// A report on images, of which these containers and this image are deployed.
fn report(images: Vec<ArtifactReport>, containers: &[(&str, usize)], detail: Option<usize>) -> Report {
    let reference = |number: usize| format!("r.example/a{number}:1");
    let containers = containers.iter().map(|(name, number)| ((*name).to_owned(), reference(*number))).collect();
    let deployment = Some(Deployment { containers, detail: detail.map(reference) });
    Report { deployment, ..Report::of("verify", Findings::Artifacts(images)) }
}

fn render(report: &Report, kind: DeployKind) -> Result<String, NotDeployable> {
    deploy_file(report, ExitCode::Success, kind, None).map(Option::unwrap)
}

#[test]
fn containers_are_named_in_the_order_given_with_digests() {
    use ArtifactOutcome::{AcceptedWithWarnings, Verified};
    let images = vec![image(1, Verified), image(2, AcceptedWithWarnings)];
    let report = report(images, &[("web", 2), ("app", 1), ("side_car-3", 2)], Some(1));
    let (one, two) = (digest(1), digest(2));
    assert_eq!(
        render(&report, DeployKind::ImageDefinitions).unwrap(),
        format!(
            "[{{\"name\":\"web\",\"imageUri\":\"r.example/a2@{two}\"}},{{\"name\":\"app\",\"imageUri\":\"r.example/a1@{one}\"}},\
             {{\"name\":\"side_car-3\",\"imageUri\":\"r.example/a2@{two}\"}}]\n"
        )
    );
    let detail = render(&report, DeployKind::ImageDetail).unwrap();
    assert_eq!(detail, format!("{{\"ImageURI\":\"r.example/a1@{one}\"}}\n"));
}

/// No kind of file is there at any end but a good one, and those that name single images not where one of them did not pass.
#[test]
fn each_kind_of_file_at_each_end_of_a_run() {
    for outcome in ArtifactOutcome::ALL {
        let passes = matches!(outcome, ArtifactOutcome::Verified | ArtifactOutcome::AcceptedWithWarnings);
        let is_signed = matches!(outcome, ArtifactOutcome::Signed | ArtifactOutcome::AlreadySigned);
        let one = report(vec![image(1, ArtifactOutcome::Verified), image(2, outcome)], &[("app", 2)], Some(2));
        let ends_well = one.ends_well();
        for kind in DeployKind::ALL {
            let expected = match kind {
                DeployKind::Exports | DeployKind::Dotenv => ends_well,
                DeployKind::ImageDefinitions | DeployKind::ImageDetail => passes || is_signed,
                // They are there at other ends as well, and have tests of their own.
                DeployKind::Summaries => continue,
                DeployKind::Pinned => false,
            };
            assert_eq!(render(&one, kind).is_ok(), expected, "{kind:?} {outcome:?}");
            for exit in ExitCode::ALL.into_iter().filter(|exit| *exit != ExitCode::Success) {
                assert_eq!(deploy_file(&one, exit, kind, None), Err(NotDeployable::Failed), "{kind:?} {exit:?}");
            }
        }
    }
}

#[test]
fn an_image_that_is_not_known_by_one_digest_is_not_deployed() {
    use ArtifactOutcome::Verified;
    let kinds = [DeployKind::ImageDefinitions, DeployKind::ImageDetail];
    let another = ArtifactReport { digest_reference: image(2, Verified).digest_reference, ..image(1, Verified) };
    let unknown = ArtifactReport { digest_reference: None, ..image(1, Verified) };
    let image_text = || "r.example/a1:1".to_owned();
    for kind in kinds {
        let of = |images| render(&report(images, &[("app", 1)], Some(1)), kind);
        assert!(of(vec![image(1, Verified), image(1, Verified)]).is_ok());
        let several = Err(NotDeployable::SeveralDigests { image: image_text() });
        assert_eq!(of(vec![image(1, Verified), another_of(&another)]), several);
        let not_passed = Err(NotDeployable::NotPassed { image: image_text() });
        assert_eq!(of(vec![another_of(&unknown)]), not_passed);
        assert_eq!(of(vec![image(2, Verified)]), not_passed);
        assert_eq!(of(vec![image(1, Verified), image(1, ArtifactOutcome::Skipped)]), not_passed);
        let nothing = Report { deployment: None, ..report(vec![image(1, Verified)], &[("app", 1)], Some(1)) };
        assert_eq!(render(&nothing, kind), Err(NotDeployable::Unknown));
        let empty = Report { deployment: Some(Deployment::default()), ..nothing };
        assert_eq!(render(&empty, kind), Err(NotDeployable::Unknown));
    }
}

fn another_of(image: &ArtifactReport) -> ArtifactReport {
    let digest_reference = image.digest_reference.clone();
    ArtifactReport { digest_reference, ..ArtifactReport::new(image.reference.clone(), image.outcome) }
}

#[test]
fn a_file_that_is_too_long_for_who_reads_it_is_none() {
    let uri = format!("r.example/a@{}", digest(1));
    let names: Vec<_> = (0..2000).map(|number| format!("c{number}")).collect();
    let pairs: Vec<_> = names.iter().map(|name| (name.as_str(), uri.as_str())).collect();
    assert!(image_definitions(&pairs[..500]).unwrap().len() <= IMAGE_DEFINITIONS);
    assert!(matches!(image_definitions(&pairs), Err(NotDeployable::TooLong { bytes }) if bytes > IMAGE_DEFINITIONS));
}

/// The variables of a shell that has read a file of exports.
fn read_by_a_shell(text: &str, before: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut shell = Command::new("sh");
    shell.arg("-eu").env_clear().env("PATH", "/usr/bin:/bin").envs(before.iter().copied());
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    shell.stdin.take().unwrap().write_all(format!("{text}env -0\n").as_bytes()).unwrap();
    let output = shell.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let pairs = text.split_terminator('\0').map(|pair| pair.split_once('=').unwrap());
    let ours = pairs.filter(|(name, _)| name.starts_with(outputs::VARIABLES));
    let mut found: Vec<_> = ours.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    found.sort();
    found
}

#[test]
fn a_shell_has_the_outputs_of_this_run_and_of_no_other() {
    let before = [
        ("SEALGATE_OUTPUT_IMAGE", "r.example/another-run"),
        ("SEALGATE_OUTPUT_DIGEST", "x"),
        ("SEALGATE_OUTPUT_RESULT", "rejected"),
    ];
    let hostile = Path::new("it's $(touch x) `y`\n\"z\" \\");
    for images in [
        vec![image(1, ArtifactOutcome::Verified)],
        vec![image(1, ArtifactOutcome::Verified), image(2, ArtifactOutcome::Verified)],
        vec![image(1, ArtifactOutcome::Skipped)],
    ] {
        let report = report(images, &[], None);
        for folder in [None, Some(hostile)] {
            let text = deploy_file(&report, ExitCode::Success, DeployKind::Exports, folder).unwrap().unwrap();
            let mut expected: Vec<_> = report
                .outputs(ExitCode::Success, folder)
                .into_iter()
                .map(|(name, value)| (outputs::variable(name), value))
                .collect();
            expected.sort();
            assert_eq!(read_by_a_shell(&text, &before), expected, "{text}");
        }
    }
    let nul = deploy_file(
        &report(vec![image(1, ArtifactOutcome::Verified)], &[], None),
        ExitCode::Success,
        DeployKind::Exports,
        Some(Path::new("a\0b")),
    );
    assert_eq!(nul, Err(NotDeployable::Nul { name: "report-path" }));
}

#[test]
fn all_names_of_outputs_are_known_and_those_of_the_action() {
    let report = report(vec![image(1, ArtifactOutcome::Verified)], &[], None);
    let found: Vec<_> =
        report.outputs(ExitCode::Success, Some(Path::new("x"))).into_iter().map(|(name, _)| name).collect();
    assert_eq!(found, outputs::NAMES);
    let action = include_str!("../../../action.yml");
    let (_, outputs_of_action) = action.split_once("\noutputs:\n").unwrap();
    let names =
        outputs_of_action.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.strip_prefix("  "));
    let names: Vec<_> = names.filter(|line| !line.starts_with(' ')).map(|line| line.trim_end_matches(':')).collect();
    assert_eq!(names, outputs::NAMES);
}
