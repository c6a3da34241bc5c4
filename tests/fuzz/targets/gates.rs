//! A file of gates that was taken holds its rules, and its picture is one.
#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;

// The modules of the binary name the core like this.
extern crate notary_project as notary;

#[allow(dead_code, unused_imports, reason = "shared with the binary, which uses all of it")]
#[path = "../../../src/document/mod.rs"]
mod document;
#[allow(dead_code, reason = "shared with the binary, which uses all of it")]
#[path = "../../../src/duration.rs"]
mod duration;
#[allow(dead_code, unused_imports, reason = "shared with the binary, which uses all of it")]
#[path = "../../../src/gate/mod.rs"]
mod gate;

const ROOT: &[u8] = include_bytes!("../../vectors/trust/root.pem");

fuzz_target!(|bytes: &[u8]| match gate::parse(bytes, &|_| Ok(ROOT.to_vec())) {
    Ok(parsed) => {
        let gates = parsed.gates;
        assert!(!gates.signers.is_empty() && !gates.stages.is_empty());
        for (position, stage) in gates.stages.iter().enumerate() {
            assert!(!stage.require.is_empty());
            let mut seen = BTreeSet::new();
            for asked in &stage.require {
                assert!((1..=asked.of.len()).contains(&asked.least));
                assert!(asked.of.iter().all(|signer| *signer < gates.signers.len() && seen.insert(*signer)));
            }
            let all = gates.up_to(position);
            assert_eq!(all.last(), Some(&position));
            assert!(stage.after.iter().all(|before| *before != position && all.contains(before)));
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        }
        let arrows: usize = gates.stages.iter().map(|stage| stage.after.len()).sum();
        assert_eq!(gates.mermaid().lines().count(), 1 + gates.stages.len() + arrows);
    }
    Err(faults) => {
        assert!(!faults.is_empty());
        assert!(faults.iter().all(|placed| placed.place >= (1, 1) && !placed.to_string().is_empty()));
    }
});
