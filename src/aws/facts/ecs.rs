//! What Amazon ECS calls its things (ARNs), and where it is asked.

use std::fmt;

use super::endpoint;
use super::settings::is_region;

/// What the SDK calls the service.
pub(crate) const SERVICE_ID: &str = "ECS";

/// Characters of an ARN: AWS's own limit for most.
const ARN_LENGTH: usize = 2048;

/// Characters of the name of a cluster, a service or a family.
const NAME_LENGTH: usize = 255;

/// What an ARN of ECS names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EcsKind {
    Service,
    /// A service as one deployment makes it: its task definition, and the images that were resolved for it.
    ServiceRevision,
    ServiceDeployment,
    TaskDefinition,
}

impl EcsKind {
    /// Its word in ARNs.
    const fn word(self) -> &'static str {
        match self {
            Self::Service => "service",
            Self::ServiceRevision => "service-revision",
            Self::ServiceDeployment => "service-deployment",
            Self::TaskDefinition => "task-definition",
        }
    }
}

/// The ARN of one thing of ECS: `arn:PARTITION:ecs:REGION:ACCOUNT:KIND/…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EcsArn {
    text: String,
    kind: EcsKind,
    region: String,
    account: String,
    /// The names behind the kind, from left to right.
    path: Vec<String>,
}

/// A text where the ARN of one kind of thing belongs, and that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected arn:aws:ecs:REGION:ACCOUNT:{}/…, got {found:?}", expected.word())]
pub(crate) struct EcsArnError {
    pub(crate) expected: EcsKind,
    /// The beginning of the text.
    pub(crate) found: String,
}

impl EcsArn {
    /// Reads the ARN of a thing of this kind.
    ///
    /// # Errors
    /// [`EcsArnError`] where it is of another kind or form, or its region is of another partition than it says.
    pub(crate) fn parse(text: &str, kind: EcsKind) -> Result<Self, EcsArnError> {
        Self::read(text, kind)
            .ok_or_else(|| EcsArnError { expected: kind, found: text.chars().take(NAME_LENGTH).collect() })
    }

    fn read(text: &str, kind: EcsKind) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let path = rest.strip_prefix(kind.word())?.strip_prefix('/')?;
        let path: Vec<_> = path.split('/').map(str::to_owned).collect();
        let is_digit = |byte: u8| byte.is_ascii_digit();
        let fits = text.len() <= ARN_LENGTH
            && (arn, service) == ("arn", "ecs")
            && partition == endpoint::partition_of(region)
            && is_region(region)
            && account.len() == 12
            && account.bytes().all(is_digit);
        let names = match (kind, path.as_slice()) {
            // Services of before 2018 may have ARNs without their clusters.
            (EcsKind::Service, [name]) => is_name(name),
            (EcsKind::Service, [cluster, name]) => is_name(cluster) && is_name(name),
            (EcsKind::ServiceRevision | EcsKind::ServiceDeployment, [cluster, name, id]) => {
                is_name(cluster) && is_name(name) && is_name(id)
            }
            (EcsKind::TaskDefinition, [revision]) => revision.split_once(':').is_some_and(|(family, number)| {
                is_name(family) && (1..=10).contains(&number.len()) && number.bytes().all(is_digit)
            }),
            _ => false,
        };
        let arn = || Self { text: text.to_owned(), kind, region: region.to_owned(), account: account.to_owned(), path };
        (fits && names).then(arn)
    }

    pub(crate) fn region(&self) -> &str {
        &self.region
    }

    /// Whether both are in the same account and region.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        (&self.account, &self.region) == (&other.account, &other.region)
    }

    /// Whether this is of that service: the service itself, or one of its revisions or deployments.
    pub(crate) fn is_of_service(&self, service: &Self) -> bool {
        let (EcsKind::Service, service_path) = (service.kind, service.path.as_slice()) else { return false };
        let own = match (self.kind, self.path.as_slice()) {
            (EcsKind::Service, path) => path,
            (EcsKind::ServiceRevision | EcsKind::ServiceDeployment, [of @ .., _]) => of,
            _ => return false,
        };
        let is_same = match (own, service_path) {
            ([_, name], [short]) | ([short], [_, name]) => name == short,
            _ => own == service_path,
        };
        self.is_beside(service) && is_same
    }
}

impl fmt::Display for EcsArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Whether a text is a name of ECS: letters, digits, hyphens and underscores.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=NAME_LENGTH).contains(&text.len()) && text.bytes().all(allowed)
}

/// Where ECS is asked, by the kind of address.
pub(crate) fn url(region: &str, fips: bool, dual_stack: bool) -> String {
    let host = if fips { "ecs-fips" } else { "ecs" };
    format!("https://{host}.{region}.{}", endpoint::domain_of(region, dual_stack))
}

#[cfg(test)]
mod tests {
    use notary::json;
    use proptest::prelude::*;

    use super::*;

    const SERVICE: &str = "arn:aws:ecs:us-west-2:111122223333:service/c/web";
    const REVISION: &str = "arn:aws:ecs:us-west-2:111122223333:service-revision/c/web/4980306466373577095";

    #[test]
    fn an_arn_is_of_the_kind_that_is_expected_and_whole() {
        use EcsKind::{Service, ServiceDeployment, ServiceRevision, TaskDefinition};
        for (text, kind) in [
            (SERVICE, Service),
            ("arn:aws:ecs:us-west-2:111122223333:service/web", Service),
            (REVISION, ServiceRevision),
            ("arn:aws:ecs:us-west-2:111122223333:service-deployment/c/web/NCWGC2ZR-taawPAYrIaU5", ServiceDeployment),
            ("arn:aws-cn:ecs:cn-north-1:111122223333:task-definition/my_app-1:27", TaskDefinition),
        ] {
            let arn = EcsArn::parse(text, kind).unwrap();
            assert_eq!((arn.to_string().as_str(), arn.kind), (text, kind));
        }
        for (text, kind) in [
            ("", Service),
            (REVISION, Service),
            (SERVICE, ServiceRevision),
            ("arn:aws:ecs:us-west-2:111122223333:service/", Service),
            ("arn:aws:ecs:us-west-2:111122223333:service/a/b/c", Service),
            ("arn:aws:ecs:us-west-2:111122223333:service/a/b c", Service),
            ("arn:aws:ecs:us-west-2:111122223333:service-revision/web/1", ServiceRevision),
            ("arn:aws:ecs:us-west-2:111122223333:task-definition/web", TaskDefinition),
            ("arn:aws:ecs:us-west-2:111122223333:task-definition/web:", TaskDefinition),
            ("arn:aws:ecs:us-west-2:111122223333:task-definition/web:1:2", TaskDefinition),
            ("arn:aws:ecs:us-west-2:11112222333:service/c/web", Service),
            ("arn:aws:ecs:us-west-2:1111222233334:service/c/web", Service),
            ("arn:aws:ecs:evil.example/:111122223333:service/c/web", Service),
            ("arn:aws:ecs::111122223333:service/c/web", Service),
            ("arn:aws:ecs:cn-north-1:111122223333:service/c/web", Service),
            ("arn:aws-cn:ecs:us-west-2:111122223333:service/c/web", Service),
            ("arn:aws:eks:us-west-2:111122223333:service/c/web", Service),
            (" arn:aws:ecs:us-west-2:111122223333:service/c/web", Service),
        ] {
            let expected = EcsArnError { expected: kind, found: text.to_owned() };
            assert_eq!(EcsArn::parse(text, kind), Err(expected), "{text}");
        }
        let long = format!("{SERVICE}{}", "a".repeat(300));
        assert_eq!(EcsArn::parse(&long, Service).unwrap_err().found.len(), NAME_LENGTH);
    }

    #[test]
    fn a_revision_is_of_its_own_service_and_no_other() {
        let revision = EcsArn::parse(REVISION, EcsKind::ServiceRevision).unwrap();
        let of = |text: &str| revision.is_of_service(&EcsArn::parse(text, EcsKind::Service).unwrap());
        assert!(of(SERVICE) && of("arn:aws:ecs:us-west-2:111122223333:service/web"));
        for other in [
            "arn:aws:ecs:us-west-2:111122223333:service/c/api",
            "arn:aws:ecs:us-west-2:111122223333:service/d/web",
            "arn:aws:ecs:us-west-2:444455556666:service/c/web",
            "arn:aws:ecs:us-east-1:111122223333:service/c/web",
            "arn:aws:ecs:us-west-2:111122223333:service/c",
        ] {
            assert!(!of(other), "{other}");
        }
        assert!(!revision.is_of_service(&revision));
        let definition = "arn:aws:ecs:us-west-2:111122223333:task-definition/web:1";
        let definition = EcsArn::parse(definition, EcsKind::TaskDefinition).unwrap();
        assert!(!definition.is_of_service(&EcsArn::parse(SERVICE, EcsKind::Service).unwrap()));
        assert!(definition.is_beside(&revision));
    }

    /// What AWS's own rules say, region by region: recorded in `tests/vectors/aws-endpoints`.
    #[test]
    fn ecs_is_asked_where_aws_would_ask() {
        let recorded = json::parse_object(include_bytes!("../../../tests/vectors/aws-endpoints/ecs.json")).unwrap();
        let regions = recorded["ecs"].as_object().unwrap();
        assert!(regions.len() >= 40, "{}", regions.len());
        for (region, urls) in regions {
            let kinds = [(false, false), (true, false), (false, true), (true, true)];
            let own = kinds.map(|(fips, dual_stack)| url(region, fips, dual_stack));
            assert_eq!(own.as_slice(), json::texts(urls).unwrap(), "{region}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_as_it_was(text in "arn:aws:ecs:us-west-2:[0-9]{11,13}:service(-revision)?/[a-z/:_-]{0,20}|.{0,60}") {
            for kind in [EcsKind::Service, EcsKind::ServiceRevision, EcsKind::TaskDefinition] {
                if let Ok(arn) = EcsArn::parse(&text, kind) {
                    prop_assert_eq!(arn.to_string(), text.clone());
                }
            }
        }
    }
}
