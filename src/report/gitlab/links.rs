//! Links that GitLab shows on the page of a job. Every address is made here, of parts that were checked: none is taken from outside.

use notary::Digest;
use notary::reference::{EcrRegistry, Repository};
use serde_json::{Value, json};

use super::super::escape::{self, terminal};
use super::super::limits::{ANNOTATION_TITLE, LINKS};
use super::super::model::Report;
use super::super::remarks::cut;
use super::super::sarif::ERRORS;
use crate::exit_code::ExitCode;

/// Renders the links: where the images are that have a page, and what the codes of errors mean.
///
/// # Errors
/// Never for a report, which JSON can hold.
pub(in super::super) fn render(report: &Report) -> Result<String, serde_json::Error> {
    let images = report.worst_first().into_iter().filter_map(|image| {
        let name = image.digest_reference.as_deref()?;
        Some(link(name, &page(name)?))
    });
    let failed = report.exit_code() != ExitCode::Success;
    let meaning = failed.then(|| link("What the codes of errors mean", ERRORS));
    let links: Vec<_> = meaning.into_iter().chain(images).take(LINKS).collect();
    // A section without a link says nothing.
    let all = if links.is_empty() { json!({}) } else { json!({ "sealgate": links }) };
    let mut text = escape::json(&serde_json::to_string_pretty(&all)?).into_owned();
    text.push('\n');
    Ok(text)
}

fn link(label: &str, url: &str) -> Value {
    json!({ "external_link": { "label": cut(&terminal(label), ANNOTATION_TITLE), "url": url } })
}

/// The page of an image by digest, in a registry whose pages are known.
fn page(name: &str) -> Option<String> {
    let (name, digest) = name.split_once('@')?;
    let (repository, digest) = (Repository::parse(name).ok()?, Digest::parse(digest).ok()?);
    let (host, name) = (repository.registry(), repository.name());
    if host == "public.ecr.aws" {
        return Some(format!("https://gallery.ecr.aws/{name}"));
    }
    let registry = EcrRegistry::parse(host)?;
    let (account, region) = (registry.account(), registry.region());
    let console = match registry.domain() {
        "amazonaws.com" if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
        "amazonaws.com" => "console.aws.amazon.com",
        "amazonaws.com.cn" => "console.amazonaws.cn",
        _ => return None,
    };
    let path = format!("ecr/repositories/private/{account}/{name}/_/image/{digest}/details");
    Some(format!("https://{region}.{console}/{path}?region={region}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::model::{ArtifactOutcome, ArtifactReport, Findings};
    use super::super::super::samples;
    use super::*;

    const DIGEST: &str = "sha256:21d94c4a21d94c4a21d94c4a21d94c4a21d94c4a21d94c4a21d94c4a21d94c4a";

    #[test]
    fn an_image_on_ecr_has_its_page() {
        let console = |host: &str, region: &str| {
            format!(
                "https://{region}.{host}/ecr/repositories/private/111122223333/team/app/_/image/{DIGEST}/details?region={region}"
            )
        };
        for (host, expected) in [
            ("111122223333.dkr.ecr.us-west-2.amazonaws.com", console("console.aws.amazon.com", "us-west-2")),
            (
                "111122223333.dkr.ecr.us-gov-west-1.amazonaws.com",
                console("console.amazonaws-us-gov.com", "us-gov-west-1"),
            ),
            ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", console("console.amazonaws.cn", "cn-north-1")),
            ("111122223333.dkr-ecr-fips.us-east-1.on.aws", console("console.aws.amazon.com", "us-east-1")),
            ("public.ecr.aws", "https://gallery.ecr.aws/team/app".to_owned()),
        ] {
            assert_eq!(page(&format!("{host}/team/app@{DIGEST}")), Some(expected));
        }
        for name in [
            format!("registry.example/app@{DIGEST}"),
            format!("1.dkr.ecr.us-west-2.amazonaws.com/app@{DIGEST}"),
            format!("111122223333.dkr.ecr.a/b.amazonaws.com/app@{DIGEST}"),
            format!("111122223333.dkr.ecr.us-west-2.amazonaws.com.evil.example/app@{DIGEST}"),
            format!("111122223333.dkr.ecr.us-west-2.amazonaws.com/../app@{DIGEST}"),
            format!("111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov/app@{DIGEST}"),
            format!("111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu/app@{DIGEST}"),
            format!("111122223333.dkr.ecr.us-west-2.amazonaws.com/app?x=@{DIGEST}"),
            "111122223333.dkr.ecr.us-west-2.amazonaws.com/app@sha256:1".to_owned(),
            format!("oci-layout:x@{DIGEST}"),
        ] {
            assert_eq!(page(&name), None, "{name}");
        }
    }

    #[test]
    fn links_are_those_of_failures_and_of_images_with_a_page() {
        assert_eq!(render(&samples::verified()).unwrap(), "{}\n");
        let links = |report: &Report| -> Vec<String> {
            let all: Value = serde_json::from_str(&render(report).unwrap()).unwrap();
            let links = all["sealgate"].as_array().cloned().unwrap_or_default();
            links.iter().map(|link| link["external_link"]["url"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(links(&samples::rejected()), [ERRORS]);
        let image = |number: usize| ArtifactReport {
            digest_reference: Some(format!("111122223333.dkr.ecr.us-west-2.amazonaws.com/a{number}@{DIGEST}")),
            ..ArtifactReport::new("x", ArtifactOutcome::Verified)
        };
        let of = |count| Report::of("verify", Findings::Artifacts((0..count).map(image).collect()));
        assert_eq!(links(&of(3)).len(), 3);
        assert_eq!(links(&of(500)).len(), LINKS);
    }

    proptest! {
        #[test]
        fn no_text_from_outside_leads_elsewhere(text in r"(\PC|\p{C}|/|\.|@|:|\?|#|%2e|https://a\.example){0,20}") {
            let names = [
                format!("{text}@{DIGEST}"),
                format!("public.ecr.aws/{text}@{DIGEST}"),
                format!("111122223333.dkr.ecr.{text}/app@{DIGEST}"),
                format!("111122223333.dkr.ecr.us-west-2.amazonaws.com/{text}@{DIGEST}"),
            ];
            for page in names.iter().filter_map(|name| page(name)) {
                let rest = page.strip_prefix("https://").unwrap();
                let (host, path) = rest.split_once('/').unwrap();
                let known = [".console.aws.amazon.com", ".console.amazonaws-us-gov.com", ".console.amazonaws.cn"];
                prop_assert!(host == "gallery.ecr.aws" || known.iter().any(|known| host.ends_with(known)), "{page}");
                prop_assert!(!path.contains("..") && page.bytes().all(|byte| byte.is_ascii_graphic()), "{page}");
            }
        }
    }
}
