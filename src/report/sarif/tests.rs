use serde_json::Value;

use super::super::model::{ArtifactOutcome, NOT_AN_AWS_ROOT, Reason};
use super::super::samples;
use super::*;

fn meaning(code: &str) -> Option<&'static str> {
    (code == "denied").then_some("credentials are missing, or do not allow the request")
}

fn run(report: &Report) -> Value {
    let mut document: Value = serde_json::from_str(&render(report, meaning).unwrap()).unwrap();
    document["runs"][0].take()
}

#[test]
fn a_refusal_is_a_result_with_rule_place_and_fingerprint() {
    insta::assert_snapshot!(render(&samples::rejected(), meaning).unwrap(), @r#"
    {
      "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
      "version": "2.1.0",
      "runs": [
        {
          "tool": {
            "driver": {
              "name": "sealgate",
              "semanticVersion": "0.1.0",
              "informationUri": "https://github.com/sealgate/sealgate",
              "rules": [
                {
                  "id": "untrusted-identity",
                  "shortDescription": {
                    "text": "untrusted identity"
                  },
                  "help": {
                    "text": "The result says what was found and what to do next; report.html and report.json, written beside this file, have all of it."
                  },
                  "helpUri": "https://github.com/sealgate/sealgate#errors",
                  "defaultConfiguration": {
                    "level": "error"
                  },
                  "properties": {
                    "tags": [
                      "security",
                      "supply-chain"
                    ],
                    "security-severity": "8.8"
                  }
                },
                {
                  "id": "weakened",
                  "shortDescription": {
                    "text": "weakened"
                  },
                  "help": {
                    "text": "The result says what was found and what to do next; report.html and report.json, written beside this file, have all of it."
                  },
                  "helpUri": "https://github.com/sealgate/sealgate#errors",
                  "defaultConfiguration": {
                    "level": "note"
                  },
                  "properties": {
                    "tags": [
                      "security",
                      "supply-chain"
                    ],
                    "security-severity": "2.0"
                  }
                }
              ]
            }
          },
          "automationDetails": {
            "id": "sealgate/verify/"
          },
          "invocations": [
            {
              "executionSuccessful": true,
              "exitCode": 10
            }
          ],
          "results": [
            {
              "ruleId": "untrusted-identity",
              "ruleIndex": 0,
              "level": "error",
              "message": {
                "text": "registry.example/app@sha256:1111: rejected: the signer is none of the trusted identities"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": ".github/workflows/sealgate.yml"
                    },
                    "region": {
                      "startLine": 1
                    }
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "registry.example/app@sha256:1111"
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "sealgateSubject/v1": "90e2e6f7922a47e215df9d4a08d4ac074a5909824e9a782d509373a19c0c1058"
              }
            },
            {
              "ruleId": "weakened",
              "ruleIndex": 1,
              "level": "note",
              "message": {
                "text": "a check is weakened: plain-http = registry.example (from SEALGATE_PLAIN_HTTP)"
              },
              "locations": [
                {
                  "physicalLocation": {
                    "artifactLocation": {
                      "uri": ".github/workflows/sealgate.yml"
                    },
                    "region": {
                      "startLine": 1
                    }
                  },
                  "logicalLocations": [
                    {
                      "fullyQualifiedName": "plain-http"
                    }
                  ]
                }
              ],
              "partialFingerprints": {
                "sealgateSubject/v1": "290304acbac22ecaba5b22e8f56980755602fa47bb5a8b3196d9016db771bf3d"
              }
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn a_good_image_is_no_result() {
    for report in [samples::verified(), samples::signed(), samples::inspected()] {
        let run = run(&report);
        assert_eq!((&run["results"], &run["tool"]["driver"]["rules"]), (&Value::Array(vec![]), &Value::Array(vec![])));
        assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    }
}

#[test]
fn every_image_that_is_not_plainly_good_is_a_result() {
    for outcome in ArtifactOutcome::ALL {
        let mut report = samples::verified();
        report.artifacts_mut()[0].outcome = outcome;
        let levels: Vec<_> =
            run(&report)["results"].as_array().unwrap().iter().map(|one| one["level"].clone()).collect();
        let expected = match outcome {
            ArtifactOutcome::Rejected
            | ArtifactOutcome::Unsigned
            | ArtifactOutcome::GateUnmet
            | ArtifactOutcome::Error => &["error"][..],
            ArtifactOutcome::AcceptedWithWarnings | ArtifactOutcome::Skipped | ArtifactOutcome::NotSigned => {
                &["warning"]
            }
            _ => &[],
        };
        assert_eq!(levels, expected, "{outcome:?}");
    }
    let mut report = samples::verified();
    report.artifacts_mut()[0].caveats.push(Reason::new("not-an-aws-root", NOT_AN_AWS_ROOT));
    assert_eq!(run(&report)["results"][0]["ruleId"], "not-an-aws-root");
}

/// A requirement, the line of its place, and the text.
fn results(report: &Report) -> Vec<(String, u64, String)> {
    let run = run(report);
    let of = |result: &Value| {
        let (place, text) = (&result["locations"][0]["physicalLocation"], &result["message"]["text"]);
        assert_eq!(place["artifactLocation"]["uri"], "ci/gates.yaml");
        let line = place["region"]["startLine"].as_u64().unwrap();
        (result["ruleId"].as_str().unwrap().to_owned(), line, text.as_str().unwrap().to_owned())
    };
    run["results"].as_array().unwrap().iter().map(of).collect()
}

#[test]
fn each_requirement_of_gates_that_is_not_met_is_a_result_at_its_line() {
    insta::assert_debug_snapshot!(results(&samples::gate_unmet()), @r#"
    [
        (
            "gate-unmet",
            13,
            "registry.example/app@sha256:1111: gate unmet: stage prod requires security, not older than 30d: a signature of security does not count: it is too old since 2026-02-01T03:04:05Z\nrefused security, signature sha256:4444: it is too old since 2026-02-01T03:04:05Z [gate-too-old]\nrefused security, signature sha256:4444: the signing job is revoked [revoked]\nhelp: approve it as security: sealgate approve --stage prod --as security -- IMAGE",
        ),
        (
            "gate-unmet",
            14,
            "registry.example/app@sha256:1111: gate unmet: stage prod requires 2 of anna, ben: only anna signed\nhelp: approve it as ben: sealgate approve --stage prod --as ben -- IMAGE",
        ),
        (
            "gate-unmet",
            15,
            "registry.example/app@sha256:1111: gate unmet: stage prod requires release: a signature that may count could not be judged",
        ),
    ]
    "#);
    insta::assert_debug_snapshot!(results(&samples::gate_met()), @r#"
    [
        (
            "gate-renew",
            13,
            "registry.example/app@sha256:1111: stage prod requires security, not older than 30d: the approval of security must be renewed before 2026-02-01T03:04:05Z",
        ),
    ]
    "#);
    let mut unsigned = samples::gate_unmet();
    unsigned.artifacts_mut()[0].outcome = ArtifactOutcome::Unsigned;
    let found = results(&unsigned);
    assert_eq!((found.len(), found[0].0.as_str(), found[0].1), (1, "gate-unmet", 13), "{found:?}");
    let levels = run(&samples::gate_unmet())["results"][0]["level"].clone();
    assert_eq!(levels, "error");
}

#[test]
fn each_result_has_its_rule_and_a_rule_stands_once() {
    let run = run(&samples::several());
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["unsigned", "denied", "accepted-with-warnings", "tag"]);
    for result in run["results"].as_array().unwrap() {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], ids[index]);
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 1);
    }
    assert_eq!(rules[1]["shortDescription"]["text"], "credentials are missing, or do not allow the request");
    assert_eq!(rules[2]["shortDescription"]["text"], "accepted with warnings");
    assert_eq!(
        (&rules[0]["properties"]["security-severity"], &rules[1]["properties"]["security-severity"]),
        (&"8.8".into(), &"5.5".into())
    );
}

#[test]
fn a_result_is_known_again_for_the_next_build_and_is_not_another() {
    let print = |names: &[&str]| {
        let mut report = samples::rejected();
        let images = report.artifacts_mut();
        images.clear();
        images.extend(names.iter().map(|name| ArtifactReport::new(*name, ArtifactOutcome::Unsigned)));
        let results = run(&report)["results"].as_array().unwrap().clone();
        let prints =
            results.iter().take(names.len()).map(|one| one["partialFingerprints"]["sealgateSubject/v1"].to_string());
        prints.collect::<Vec<_>>()
    };
    assert_eq!(print(&["r.example/a:1"]), print(&["r.example/a@sha256:00"]));
    assert_ne!(print(&["r.example/a:1"]), print(&["r.example/b:1"]));
    let twice = print(&["r.example/a:1", "r.example/a:2"]);
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn a_run_that_ended_early_is_a_result_and_did_not_succeed() {
    let error = samples::several().artifacts_mut().pop().unwrap().error;
    let run = run(&Report { error, ..Report::new("verify") });
    assert_eq!(run["results"][0]["ruleId"], "denied");
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
    assert_eq!(run["invocations"][0]["exitCode"], 5);
}

#[test]
fn there_is_an_end_of_results() {
    let mut report = samples::rejected();
    for _ in 0..SARIF_RESULTS + 10 {
        report.artifacts_mut().push(ArtifactReport::new("r.example/a", ArtifactOutcome::Unsigned));
    }
    let run = run(&report);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), SARIF_RESULTS);
    assert_eq!(results[SARIF_RESULTS - 1]["ruleId"], "left-out");
}

#[test]
fn what_has_no_place_is_at_the_file_of_the_job() {
    for (file, uri) in [
        (None, ".github/workflows/sealgate.yml"),
        (Some(".gitlab-ci.yml"), ".gitlab-ci.yml"),
        (Some("ci/build & sign.yml"), "ci/build%20%26%20sign.yml"),
    ] {
        let run = run(&Report { job_file: file.map(str::to_owned), ..samples::rejected() });
        for result in run["results"].as_array().unwrap() {
            let place = &result["locations"][0]["physicalLocation"];
            assert_eq!((&place["artifactLocation"]["uri"], &place["region"]["startLine"]), (&uri.into(), &1.into()));
        }
    }
}

#[test]
fn a_result_is_at_the_line_that_it_is_about() {
    let at = |file: &str| {
        let mut report = Report::new("verify");
        report.warnings.push(Reason::new("a", "b").at(Place::new(file, (7, 3))));
        run(&report)["results"][0]["locations"][0]["physicalLocation"].clone()
    };
    let expected = serde_json::json!({"artifactLocation": {"uri": "ci/my%20policy.json"}, "region": {"startLine": 7, "startColumn": 3}});
    assert_eq!(at("ci/my policy.json"), expected);
    for file in ["/etc/policy.json", "../policy.json", "a\nb", ""] {
        assert_eq!(at(file)["artifactLocation"]["uri"], ".github/workflows/sealgate.yml");
        assert_eq!(at(file)["region"], serde_json::json!({"startLine": 1}));
    }
}
