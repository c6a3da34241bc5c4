//! What IAM has to allow, ready to paste: policies for `sign` and `verify`, trust policies for roles of CI jobs, and the
//! command that makes a signing profile. No request is sent. What is not given is a placeholder in capitals.

use std::collections::BTreeMap;

use notary::extension::aws_signer::{PLATFORM_ID, SigningProfileArn, TrustedProfile};

use super::image::{ECR_PULL, ECR_PUSH};
use crate::aws::facts::denial::revocation_resources;
use crate::aws::facts::endpoint::partition_of;
use crate::aws::facts::{EcrHost, Operation};
use crate::config::IamSettings;
use crate::error::Error;
use crate::reference::ImagePlace;
use crate::report::{IamCommand, IamDocument, IamPolicy, IamPrincipal, IamReport, IamStatement, OneOrMore};

/// The issuer of GitHub's OIDC tokens.
const GITHUB: &str = "token.actions.githubusercontent.com";

/// GitLab's issuer of tokens; an instance of one's own is its own.
const GITLAB: &str = "gitlab.com";

/// Where images are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Home {
    /// A private registry of ECR: ARN of the repository.
    Ecr(String),
    /// ECR Public: name of the repository, without the registry's alias.
    EcrPublic(String),
    /// Another registry, which IAM does not control.
    Elsewhere,
}

/// What is known, with capitals for what is not.
struct Facts {
    partition: String,
    account: String,
    region: String,
    /// Those that sign and are trusted.
    profiles: Vec<SigningProfileArn>,
    /// Those that are used by their alias only, and aliases: they are only trusted.
    aliases: Vec<TrustedProfile>,
    homes: Vec<Home>,
}

pub(super) fn report(settings: &IamSettings) -> Result<IamReport, Error> {
    let facts = Facts::of(settings)?;
    Ok(IamReport {
        documents: vec![
            facts.sign(),
            facts.verify(),
            facts.github(
                "github-branch",
                "Trust policy of the role, for jobs of a branch on GitHub Actions",
                "ref:refs/heads/BRANCH",
            ),
            facts.github(
                "github-environment",
                "Trust policy of the role, for jobs of an environment on GitHub Actions",
                "environment:ENVIRONMENT",
            ),
            facts.gitlab(),
        ],
        commands: vec![facts.make_profile()],
    })
}

impl Facts {
    fn of(settings: &IamSettings) -> Result<Self, Error> {
        let places = settings.images.as_deref().map_err(|error| Error::references(std::slice::from_ref(error)))?;
        let ecr = places.iter().find_map(|place| EcrHost::parse(place.host()?));
        let ecr = ecr.filter(|host| *host != EcrHost::Public);
        let profile = settings.profiles.first();
        let role: Vec<&str> = settings.role_arn.iter().flat_map(|arn| arn.split(':')).collect();
        let of_role = |place: usize| role.get(place).map(|text| (*text).to_owned());
        let region = profile
            .map(|profile| profile.region().to_owned())
            .or_else(|| ecr.as_ref().map(|host| host.region().to_owned()))
            .or_else(|| settings.region.clone());
        let partition = profile
            .map(|profile| profile.partition().to_owned())
            .or_else(|| of_role(1))
            .or_else(|| region.as_deref().map(|region| partition_of(region).to_owned()));
        let account = of_role(4)
            .or_else(|| profile.map(|profile| profile.account().to_owned()))
            .or_else(|| ecr.as_ref().and_then(EcrHost::account).map(str::to_owned));
        let mut facts = Self {
            partition: partition.unwrap_or_else(|| "aws".to_owned()),
            account: account.unwrap_or_else(|| "ACCOUNT".to_owned()),
            region: region.unwrap_or_else(|| "REGION".to_owned()),
            profiles: settings.profiles.iter().filter_map(TrustedProfile::profile).cloned().collect(),
            aliases: settings.profiles.iter().filter(|one| one.profile().is_none()).cloned().collect(),
            homes: Vec::new(),
        };
        facts.homes = places.iter().map(home).collect();
        if facts.homes.is_empty() {
            let Self { partition, account, region, .. } = &facts;
            facts.homes = vec![Home::Ecr(format!("arn:{partition}:ecr:{region}:{account}:repository/REPOSITORY"))];
        }
        Ok(facts)
    }

    /// The policy that `sign` needs.
    fn sign(&self) -> IamDocument {
        let mut statements = self.registry(&[&ECR_PULL[..], &ECR_PUSH].concat());
        statements.extend(self.public_push());
        statements.extend(self.sign_payload());
        statements.push(self.revocation());
        IamDocument {
            name: "sign",
            title: "Policy for sign, for the role of the build job",
            notes: vec![
                "signer:GetRevocationStatus lets sign see whether an existing signature still counts".to_owned(),
                "sealgate doctor --profile also calls signer:GetSigningProfile, which sign does not need".to_owned(),
            ],
            policy: IamPolicy::new(statements),
        }
    }

    /// The policy that `verify` needs.
    fn verify(&self) -> IamDocument {
        let mut statements = self.registry(&ECR_PULL);
        statements.push(self.revocation());
        let mut notes = vec!["the deploy job needs no permission to sign".to_owned()];
        if self.homes.iter().any(|home| matches!(home, Home::EcrPublic(_))) {
            notes.push("reading from ECR Public needs no permission".to_owned());
        }
        if !self.aliases.is_empty() {
            notes.push(
                "NAME is the signing profile that the alias points to: what AWS wants for aliases is not public"
                    .to_owned(),
            );
        }
        IamDocument {
            name: "verify",
            title: "Policy for verify, for the role of the deploy job",
            notes,
            policy: IamPolicy::new(statements),
        }
    }

    /// The login to ECR, and these actions on its repositories. Other registries have permissions of their own.
    fn registry(&self, actions: &[&str]) -> Vec<IamStatement> {
        let repositories = self.homes.iter().filter_map(|home| match home {
            Home::Ecr(arn) => Some(arn.clone()),
            Home::EcrPublic(_) | Home::Elsewhere => None,
        });
        let repositories = distinct(repositories);
        if repositories.is_empty() {
            return Vec::new();
        }
        vec![
            IamStatement::allow(&["ecr:GetAuthorizationToken"], vec!["*".to_owned()]),
            IamStatement::allow(actions, repositories),
        ]
    }

    /// Pushing to ECR Public, which has actions of its own.
    fn public_push(&self) -> Vec<IamStatement> {
        let arn = |name: &str| format!("arn:{}:ecr-public::{}:repository/{name}", self.partition, self.account);
        let repositories = distinct(self.homes.iter().filter_map(|home| match home {
            Home::EcrPublic(name) => Some(arn(name)),
            Home::Ecr(_) | Home::Elsewhere => None,
        }));
        if repositories.is_empty() {
            return Vec::new();
        }
        let push: Vec<_> = ECR_PUSH.iter().map(|action| action.replacen("ecr:", "ecr-public:", 1)).collect();
        let push: Vec<_> = push.iter().map(String::as_str).collect();
        let login = ["ecr-public:GetAuthorizationToken", "sts:GetServiceBearerToken"];
        vec![IamStatement::allow(&login, vec!["*".to_owned()]), IamStatement::allow(&push, repositories)]
    }

    /// Signing: one statement for each version that is pinned, and one for all profiles without one.
    fn sign_payload(&self) -> Vec<IamStatement> {
        const ACTION: [&str; 1] = ["signer:SignPayload"];
        let pinned = self.profiles.iter().filter_map(|profile| {
            let version = profile.version()?.to_owned();
            let key = "signer:ProfileVersion".to_owned();
            let condition = BTreeMap::from([("StringEquals", BTreeMap::from([(key, OneOrMore::One(version))]))]);
            Some(IamStatement {
                condition,
                ..IamStatement::allow(&ACTION, vec![profile.without_version().to_string()])
            })
        });
        let mut statements: Vec<_> = pinned.collect();
        let open = distinct(self.profiles.iter().filter(|one| one.version().is_none()).map(ToString::to_string));
        if !open.is_empty() {
            statements.push(IamStatement::allow(&ACTION, open));
        } else if statements.is_empty() {
            statements.push(IamStatement::allow(&ACTION, self.profile_arns()));
        }
        statements
    }

    /// Asking whether signatures were revoked: AWS wants it for the profile and for the job.
    fn revocation(&self) -> IamStatement {
        let mut profiles = self.profile_arns();
        if !self.aliases.is_empty() {
            profiles = distinct(profiles.into_iter().chain([self.unnamed_profile()]));
        }
        IamStatement::allow(&[Operation::GET_REVOCATION_STATUS.0], revocation_resources(&profiles))
    }

    /// ARNs of the profiles, without versions.
    fn profile_arns(&self) -> Vec<String> {
        match self.profiles.as_slice() {
            [] => vec![self.unnamed_profile()],
            profiles => distinct(profiles.iter().map(|profile| profile.without_version().to_string())),
        }
    }

    fn unnamed_profile(&self) -> String {
        format!("arn:{}:signer:{}:{}:/signing-profiles/NAME", self.partition, self.region, self.account)
    }

    fn github(&self, name: &'static str, title: &'static str, rest: &str) -> IamDocument {
        let subjects = vec![
            format!("repo:OWNER/REPOSITORY:{rest}"),
            format!("repo:OWNER@OWNER_ID/REPOSITORY@REPOSITORY_ID:{rest}"),
        ];
        IamDocument {
            name,
            title,
            notes: vec![
                self.provider(GITHUB),
                "keep the one subject that matches: repositories created, renamed, or moved after 2026-07-15 use the one with numbers"
                    .to_owned(),
                "to see the subject of a job, run sealgate doctor --role-arn ARN in it".to_owned(),
            ],
            policy: self.trust(GITHUB, subjects),
        }
    }

    fn gitlab(&self) -> IamDocument {
        IamDocument {
            name: "gitlab",
            title: "Trust policy of the role, for jobs of a branch on GitLab CI",
            notes: vec![
                self.provider(GITLAB),
                format!(
                    "in the job: id_tokens: {{ AWS_ID_TOKEN: {{ aud: {} }} }}, and --oidc-token-env AWS_ID_TOKEN",
                    self.audience()
                ),
                format!("on a self-managed instance, use its host instead of {GITLAB}"),
            ],
            policy: self.trust(GITLAB, vec!["project_path:GROUP/PROJECT:ref_type:branch:ref:BRANCH".to_owned()]),
        }
    }

    /// A role that a job may assume whose token has this issuer and one of these subjects.
    fn trust(&self, issuer: &str, subjects: Vec<String>) -> IamPolicy {
        let equals = BTreeMap::from([
            (format!("{issuer}:aud"), OneOrMore::One(self.audience().to_owned())),
            (format!("{issuer}:sub"), subjects.into()),
        ]);
        let federated = format!("arn:{}:iam::{}:oidc-provider/{issuer}", self.partition, self.account);
        IamPolicy::new(vec![IamStatement {
            effect: "Allow",
            principal: Some(IamPrincipal { federated }),
            action: OneOrMore::One("sts:AssumeRoleWithWebIdentity".to_owned()),
            resource: None,
            condition: BTreeMap::from([("StringEquals", equals)]),
        }])
    }

    /// What the account needs before a role can trust an issuer.
    fn provider(&self, issuer: &str) -> String {
        format!(
            "the account needs the identity provider https://{issuer}, created once, with the audience {}",
            self.audience()
        )
    }

    fn audience(&self) -> &'static str {
        if self.partition == "aws-cn" { "sts.amazonaws.com.cn" } else { "sts.amazonaws.com" }
    }

    fn make_profile(&self) -> IamCommand {
        let name = self.profiles.first().map_or("NAME", SigningProfileArn::name);
        IamCommand {
            name: "make-signing-profile",
            title: "Make a signing profile for images",
            notes: vec![
                "its signatures are valid for 135 months; for another period add --signature-validity-period value=…,type=MONTHS"
                    .to_owned(),
            ],
            command: format!(
                "aws signer put-signing-profile --profile-name {name} --platform-id {PLATFORM_ID} --region {}",
                self.region
            ),
        }
    }
}

/// How IAM refers to where an image is stored.
fn home(place: &ImagePlace) -> Home {
    let ImagePlace::Repository { host, repository } = place else { return Home::Elsewhere };
    match EcrHost::parse(host) {
        Some(EcrHost::Public) => {
            let name = repository.split_once('/').map_or(repository.as_str(), |(_alias, name)| name);
            Home::EcrPublic(name.to_owned())
        }
        Some(ecr) => Home::Ecr(format!(
            "arn:{}:ecr:{}:{}:repository/{repository}",
            partition_of(ecr.region()),
            ecr.region(),
            ecr.account().unwrap_or("ACCOUNT"),
        )),
        None => Home::Elsewhere,
    }
}

/// Each text once, in order of first appearance.
fn distinct(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

#[cfg(test)]
mod tests;
