//! `gates check` and `gates graph`: what a file of gates asks, without an image.

mod check;

use std::path::Path;

use notary::Timestamp;
use notary::extension::aws_signer::AwsRoots;

use super::Done;
use crate::config::gates_check::{GatesCheckArgs, GatesGraphArgs};
use crate::config::trust::{self, Trust};
use crate::config::{GatesError, gates};
use crate::context::Context;
use crate::error::{Error, gate_problems};
use crate::report::{Findings, GatesReport, Reason, Report};

/// Shows what a file of gates says, or all that is wrong with it.
pub(super) fn check(args: &GatesCheckArgs, context: &Context) -> Result<Done, Error> {
    let roots = trust::aws_roots(args.aws_root.as_deref().map(Path::new))?;
    let (told, warnings) = looked_at(Path::new(&args.file), &roots, context.clock.now())?;
    let weakened = context.weakened.clone();
    let report = Report { weakened, warnings, ..Report::of(context.command, Findings::Gates(told)) };
    Ok(Done::Report(Box::new(report)))
}

/// What a file says, and what of that is probably not meant.
fn looked_at(path: &Path, roots: &AwsRoots, now: Timestamp) -> Result<(GatesReport, Vec<Reason>), Error> {
    let (gates, noticed) = match gates::load(path) {
        Ok(loaded) => loaded,
        Err(GatesError::Faults { faults, .. }) => {
            let problems = gate_problems(path, &faults);
            return Ok((GatesReport { problems, ..check::empty(path) }, Vec::new()));
        }
        Err(error) => return Err(error.into()),
    };
    // As `verify` does: what is known of AWS may keep a signer from ever being recognized.
    for signer in &gates.signers {
        let _trust: Trust = trust::of_signer(signer, roots.clone())?;
    }
    let checked = check::Checked { path, gates: &gates, roots, now };
    Ok((checked.report(), noticed.into_iter().chain(checked.warnings()).collect()))
}

/// Draws the stages of a file of gates.
pub(super) fn graph(args: &GatesGraphArgs) -> Result<Done, Error> {
    let (gates, _) = gates::load(Path::new(&args.file))?;
    Ok(Done::Text(gates.mermaid()))
}

#[cfg(test)]
mod tests;
