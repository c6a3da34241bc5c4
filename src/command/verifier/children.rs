//! From what was found of the manifests of an index to the row of a report.

use super::rows::Rows;
use crate::error::children_help;
use crate::gate::{ALL_CHILDREN, ChildrenRow, ChildrenState};
use crate::report::{ChildReport, ChildrenReport, GateRow, GateStatus, Place, Reason, build};
use crate::verification::{Cut, Lack, Lacking, LookedChildren};

impl Rows<'_> {
    /// The row of a stage that asks for all children.
    pub(super) fn of_children(&self, row: &ChildrenRow) -> Option<GateRow> {
        let stage = self.settings.gates.stages.get(row.stage)?;
        let status = match row.state {
            ChildrenState::Met => GateStatus::Met,
            ChildrenState::NotAsked => GateStatus::NotAsked,
            ChildrenState::Missing => GateStatus::Missing,
            ChildrenState::Different | ChildrenState::Cut | ChildrenState::Empty => GateStatus::Refused,
            ChildrenState::Open(_) => GateStatus::NotJudged,
        };
        let looked = self.examined.children.as_ref().filter(|_| status != GateStatus::NotAsked);
        Some(GateRow {
            stage: stage.name.clone(),
            requirement: ALL_CHILDREN.to_owned(),
            status,
            met_by: Vec::new(),
            refused: Vec::new(),
            refused_omitted: 0,
            children: looked.map(|looked| report(looked, row.state)),
            help: children_help(row.state),
            place: Place::new(self.settings.file.value.display().to_string(), stage.all_children?),
        })
    }
}

fn report(looked: &LookedChildren, state: ChildrenState) -> ChildrenReport {
    let reason = match (looked.cut, state) {
        (Some(cut), _) => Some(Reason::new("gate-children-limit", limit(cut))),
        (None, ChildrenState::Empty) if looked.lacking.is_empty() => {
            Some(Reason::new("gate-children-none", "its index lists no manifest"))
        }
        (None, _) => None,
    };
    ChildrenReport {
        index: looked.is_index(),
        there: looked.there,
        listed: looked.there.saturating_add(looked.lacking.len()),
        lacking: looked.lacking.iter().map(child).collect(),
        lacking_omitted: 0,
        reason,
    }
}

/// What was reached, before all were looked at.
fn limit(cut: Cut) -> String {
    match cut {
        Cut::Number(most) => format!("its index lists more than the {most} manifests that are looked at"),
        Cut::Depth(most) => {
            format!("its index has indexes in indexes, deeper than the {most} levels that are looked at")
        }
        Cut::Bytes(most) => format!("the manifests of its index have more than the {most} bytes that are looked at"),
    }
}

fn child(lacking: &Lacking) -> ChildReport {
    let (child, reason) = match (lacking, lacking.lack()) {
        (Lacking::Unreadable, _) => {
            let reason = Reason::new("content-malformed", "an entry of its index is no descriptor of a manifest");
            return ChildReport { platform: None, digest: None, reason };
        }
        (Lacking::Empty { child }, _) => {
            (child, Reason::new("gate-children-none", "it is an index that lists no manifest"))
        }
        (Lacking::Child { child, .. }, Lack::Missing) => (child, Reason::new("gate-child-missing", "it is not there")),
        (Lacking::Child { child, error }, Lack::Different | Lack::Empty | Lack::Unknown(_)) => {
            (child, Reason::new(error.code(), build::in_full(&**error)))
        }
    };
    ChildReport { platform: child.platform.clone(), digest: Some(child.descriptor.digest.to_string()), reason }
}
