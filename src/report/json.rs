//! The report as JSON: one object, indented by two, with a newline at the end.

use super::escape;
use super::model::Report;

/// Renders the report.
///
/// # Errors
/// Never for a report, which holds nothing but text, numbers and maps with text for names.
pub(crate) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let mut text = escape::json(&serde_json::to_string_pretty(report)?).into_owned();
    text.push('\n');
    // Whichever test renders a report.
    #[cfg(test)]
    super::schema::assert_valid(&text);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::model::{ArtifactOutcome, ArtifactReport, Findings, NOT_AN_AWS_ROOT, Reason};
    use super::super::samples;
    use super::*;

    #[test]
    fn a_report_names_its_schema_its_tool_and_its_command() {
        let value: Value = serde_json::from_str(&render(&samples::verified()).unwrap()).unwrap();
        assert_eq!(value["schema_version"], 1);
        assert_eq!(value["command"], "verify");
        assert_eq!(value["tool_version"], env!("CARGO_PKG_VERSION"));
    }

    #[test]
    fn verified_is_true_for_one_outcome_only() {
        for outcome in ArtifactOutcome::ALL {
            let mut report = Report::of("verify", Findings::Artifacts(Vec::new()));
            report.artifacts_mut().push(ArtifactReport::new("a", outcome));
            let value: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
            let artifact = &value["artifacts"][0];
            assert_eq!(artifact["outcome"], outcome.name());
            assert_eq!(artifact["verified"], outcome == ArtifactOutcome::Verified, "{outcome:?}");
        }
    }

    #[test]
    fn caveats_and_the_facts_of_aws_stand_beside_the_verdict() {
        let mut report = samples::verified_with_aws();
        report.artifacts_mut()[0].caveats.push(Reason::new("not-an-aws-root", NOT_AN_AWS_ROOT));
        report.artifacts_mut()[0].candidates[0].rows[4].answered_by = Some("http://127.0.0.1:4566".to_owned());
        let value: Value = serde_json::from_str(&render(&report).unwrap()).unwrap();
        let artifact = &value["artifacts"][0];
        assert_eq!(artifact["caveats"], json!([{"code": "not-an-aws-root", "text": "NOT AN AWS ROOT"}]));
        let candidate = &artifact["candidates"][0];
        let (content, arn) = (&candidate["content"], "arn:aws:signer:us-west-2:111122223333:");
        assert_eq!(content["signing_profile_version"], format!("{arn}/signing-profiles/release/AbCdEf1234"));
        assert_eq!(content["signing_job"], format!("{arn}/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4"));
        assert_eq!(candidate["rows"][4]["answered_by"], "http://127.0.0.1:4566");
        assert_eq!(candidate["rows"][0]["answered_by"], Value::Null);
    }

    #[test]
    fn foreign_text_survives_the_round_trip_and_stays_off_the_terminal() {
        let foreign = "a\u{1b}[2J\u{9b}\u{202e}\u{e0041}\n\"";
        let mut report = Report::of("list", Findings::Artifacts(Vec::new()));
        report.artifacts_mut().push(ArtifactReport::new(foreign, ArtifactOutcome::Listed));
        let text = render(&report).unwrap();
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{e0041}']), "{text:?}");
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["artifacts"][0]["reference"], foreign);
    }

    #[test]
    fn every_fact_of_a_signature_is_there() {
        insta::assert_snapshot!(render(&samples::rejected()).unwrap(), @r#"
        {
          "schema_version": 1,
          "command": "verify",
          "tool_version": "0.1.0",
          "artifacts": [
            {
              "reference": "registry.example/app@sha256:1111",
              "digest_reference": "registry.example/app@sha256:1111",
              "media_type": null,
              "size": null,
              "outcome": "rejected",
              "verified": false,
              "caveats": [],
              "statement": {
                "name": "production",
                "level": "strict",
                "scope": "registry.example/app",
                "origin": "policy.json"
              },
              "listing": {
                "method": "referrers-api",
                "found": 1,
                "complete": true
              },
              "signed": null,
              "candidates": [
                {
                  "signature_manifest": "sha256:2222",
                  "decision": "rejected",
                  "envelope_type": "application/jose+json",
                  "content": {
                    "signature_algorithm": "ECDSA-SHA-256",
                    "signing_scheme": "notary.x509",
                    "signing_time": "2026-01-02T03:04:05Z",
                    "authentic_signing_time": null,
                    "expiry": "2027-01-02T03:04:05Z",
                    "signing_agent": "sealgate/0.1.0",
                    "user_metadata": {
                      "build": "17"
                    },
                    "extended_attributes": {},
                    "signing_profile_version": null,
                    "signing_job": null,
                    "certificates": [
                      {
                        "subject": "CN=release,O=Acme,ST=WA,C=US",
                        "issuer": "CN=Acme CA,O=Acme,ST=WA,C=US",
                        "sha256": "3333",
                        "not_before": "2026-01-01T00:00:00Z",
                        "not_after": "2027-01-01T00:00:00Z"
                      }
                    ],
                    "target_artifact": {
                      "media_type": "application/vnd.oci.image.manifest.v1+json",
                      "digest": "sha256:1111",
                      "size": 528
                    }
                  },
                  "rows": [
                    {
                      "validation": "integrity",
                      "action": "enforce",
                      "status": "passed",
                      "reason": null,
                      "answered_by": null
                    },
                    {
                      "validation": "authenticity",
                      "action": "enforce",
                      "status": "failed",
                      "reason": {
                        "code": "untrusted-identity",
                        "text": "the signer is none of the trusted identities"
                      },
                      "answered_by": null
                    },
                    {
                      "validation": "authentic-timestamp",
                      "action": "enforce",
                      "status": "passed",
                      "reason": null,
                      "answered_by": null
                    },
                    {
                      "validation": "expiry",
                      "action": "enforce",
                      "status": "passed",
                      "reason": null,
                      "answered_by": null
                    },
                    {
                      "validation": "revocation",
                      "action": "enforce",
                      "status": "not-evaluated",
                      "reason": {
                        "code": "untrusted-chain",
                        "text": "the chain is not trusted, so nobody was asked"
                      },
                      "answered_by": null
                    }
                  ],
                  "reason": {
                    "code": "untrusted-identity",
                    "text": "the signer is none of the trusted identities"
                  }
                }
              ],
              "error": null
            }
          ],
          "weakened": [
            {
              "setting": "plain-http",
              "value": "registry.example",
              "origin": "SEALGATE_PLAIN_HTTP"
            }
          ],
          "warnings": [],
          "statistics": {
            "requests": 3,
            "rounds": 2,
            "bytes_sent": 0,
            "bytes_received": 4096
          }
        }
        "#);
    }
}
