use super::check::About;
use super::*;
use crate::error::code;
use crate::exit_code::ExitCode;
use crate::report::Area;

#[test]
fn a_run_ends_well_when_nothing_failed_and_otherwise_as_the_worst_would() {
    let about = About::area(Area::Job);
    let exit = |checks: Vec<CheckReport>| exit_code(&DoctorReport { checks }).number();
    let failed = |code| about.failed("x", code, "x");
    let fine = || vec![about.ok("x", "x"), about.note("x", "x"), about.warning("x", "x"), about.not_checked("x", "x")];
    assert_eq!(exit(Vec::new()), 0);
    assert_eq!(exit(fine()), 0);
    for (codes, expected) in [
        (&[code::UNAVAILABLE][..], 4),
        (&[code::UNAVAILABLE, code::DENIED], 5),
        (&[code::UNAVAILABLE, code::DENIED, code::NOT_FOUND], 6),
        (&[code::NOT_FOUND, code::TRUST_POLICY, code::DENIED], 3),
    ] {
        assert_eq!(exit([fine(), codes.iter().map(|code| failed(code)).collect()].concat()), expected, "{codes:?}");
    }
    let damaged = CheckReport { exit_code: Some(ExitCode::Success), ..failed(code::DENIED) };
    assert_eq!(exit(vec![damaged]), 1);
}
