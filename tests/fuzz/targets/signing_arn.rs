//! An ARN that was read prints as it was and has legal parts, and names one thing only.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notary_project::extension::aws_signer::{SignedProfile, SigningJobArn, SigningProfileArn, TrustedProfile};

/// What may stand in the name of a host.
fn is_place(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-')
}

fuzz_target!(|text: &str| {
    match SigningProfileArn::parse(text) {
        Ok(arn) => {
            let version = arn.version().map(|version| format!("/{version}")).unwrap_or_default();
            let (partition, region, account, name) = (arn.partition(), arn.region(), arn.account(), arn.name());
            assert_eq!(text, format!("arn:{partition}:signer:{region}:{account}:/signing-profiles/{name}{version}"));
            assert!(is_place(partition) && is_place(region) && account.len() == 12 && (2..=64).contains(&name.len()));
            assert!(arn.version().is_none_or(|version| version.len() == 10));
            assert!(arn.matches(&arn) && arn.without_version().matches(&arn));
            assert_eq!(SigningProfileArn::parse(arn.without_version().as_str()), Ok(arn.without_version()));
            assert!(SigningJobArn::parse(text).is_err());
        }
        Err(error) => assert!(error.to_string().len() < 2000),
    }
    if let Ok(arn) = TrustedProfile::parse(text) {
        assert_eq!(arn.to_string(), text);
        assert!(is_place(arn.partition()) && is_place(arn.region()) && arn.account().len() == 12);
        assert_eq!(arn.profile().is_some(), SigningProfileArn::parse(text).is_ok());
        assert!(SigningJobArn::parse(text).is_err());
    }
    if let Ok(arn) = SignedProfile::parse(text) {
        assert_eq!(TrustedProfile::parse(text).map(|trusted| trusted.to_string()), Ok(arn.to_string()));
    }
    match SigningJobArn::parse(text) {
        Ok(arn) => {
            let (partition, region, account, id) = (arn.partition(), arn.region(), arn.account(), arn.id());
            assert_eq!(text, format!("arn:{partition}:signer:{region}:{account}:/signing-jobs/{id}"));
            assert!(is_place(partition) && is_place(region) && account.len() == 12 && !id.is_empty());
        }
        Err(error) => assert!(error.to_string().len() < 2000),
    }
});
