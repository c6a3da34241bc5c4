//! What to do when not every manifest that the index of an image lists is there.

use super::{Code, Error, code};
use crate::gate::{ChildrenState, Obstacle};
use crate::report::Help;
use crate::verification::{Examined, Verdict};

/// What makes a row met that asks for all children; nothing where the error of the image says it.
pub(crate) fn children_help(state: ChildrenState) -> Vec<Help> {
    let help = match state {
        ChildrenState::Missing => {
            "copy the image with all its platforms, for example with oras copy -r, or skopeo copy --all"
        }
        ChildrenState::Different => {
            "find out why the registry has other content than the signed index names, then copy the image again, with all its platforms"
        }
        ChildrenState::Cut => "build an index that lists fewer manifests",
        ChildrenState::Empty => "build an index that lists the manifests of its platforms",
        ChildrenState::Met | ChildrenState::NotAsked | ChildrenState::Open(_) => return Vec::new(),
    };
    vec![help.into()]
}

/// That children could not be looked at, if it is they for whom an image cannot be judged.
pub(super) fn unknown(verdict: Verdict, examined: &Examined, name: &str) -> Option<Error> {
    let (obstacle, code): (_, &'static Code) = match verdict {
        Verdict::Denied => (Obstacle::Denied, code::DENIED),
        Verdict::Unavailable => (Obstacle::Unavailable, code::UNAVAILABLE),
        Verdict::SettingUnusable => (Obstacle::Setting, code::INVALID_SETTING),
        _ => return None,
    };
    let cause = examined.children.as_ref()?.unknown(obstacle)?;
    let told = Error::new(code, format!("{name} cannot be judged: a manifest of its index could not be looked at"));
    Some(super::registry::advise(told.because_of(Some(cause)), cause))
}
