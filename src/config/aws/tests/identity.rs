//! Whose credentials AWS is called with, and that they are never shown.

use secrecy::ExposeSecret as _;

use super::*;

fn role(settings: &VerifySettings) -> &RoleSettings {
    match &settings.aws.identity {
        IdentitySettings::Role(role) => role,
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_asks_is_a_role_or_a_profile_of_the_files_or_what_the_sdk_finds() {
    assert!(matches!(verify(&[], &[]).aws.identity, IdentitySettings::Chain));
    let named = verify(&["--aws-profile", "prod"], &[]).aws.identity;
    assert!(matches!(named, IdentitySettings::Profile(name) if name == "prod"));
    let settings = verify(&["--role-arn", ROLE], &[]);
    assert_eq!(role(&settings).arn, ROLE);
    assert!(matches!(role(&settings).token, TokenSource::None));
    let both = ["verify", "a", "--profile", PROFILE, "--role-arn", ROLE, "--aws-profile", "prod"];
    assert_eq!(excludes(&both, &[]), ("role-arn", "--aws-profile".to_owned()));
    let wrong = fault(&["verify", "a", "--profile", PROFILE, "--role-arn", "ci"], &[]).2;
    assert_eq!(wrong, Fault::NotRole { found: "ci".to_owned() });
}

#[test]
fn a_token_in_a_variable_needs_the_variable_and_a_role() {
    let words = ["verify", "a", "--profile", PROFILE, "--oidc-token-env", "AWS_ID_TOKEN"];
    let with_role = [&words[..], &["--role-arn", ROLE]].concat();
    for unset in [&[][..], &[("AWS_ID_TOKEN", "")]] {
        let (key, _, wrong) = fault(&with_role, unset);
        let expected = Fault::VariableUnset { name: "AWS_ID_TOKEN".to_owned() };
        assert_eq!((key, wrong), ("oidc-token-env", expected));
    }
    let (key, _, wrong) = fault(&words, &[("AWS_ID_TOKEN", "geheim")]);
    assert_eq!((key, wrong), ("oidc-token-env", Fault::Needs { other: "role-arn" }));
    let token = |settings: &VerifySettings| match &role(settings).token {
        TokenSource::Variable { name, token } => (name.clone(), token.expose_secret().to_owned()),
        other => panic!("{other:?}"),
    };
    let expected = ("AWS_ID_TOKEN".to_owned(), "geheim".to_owned());
    let settings = verify(&["--oidc-token-env", "AWS_ID_TOKEN", "--role-arn", ROLE], &[("AWS_ID_TOKEN", "geheim")]);
    assert_eq!(token(&settings), expected);
    let gitlab = [("AWS_ID_TOKEN", "geheim"), ("AWS_ROLE_ARN", ROLE), ("GITLAB_CI", "true"), ("CI_JOB_ID", "18")];
    let settings = verify(&["--oidc-token-env", "AWS_ID_TOKEN"], &gitlab);
    assert_eq!((role(&settings).arn.as_str(), token(&settings)), (ROLE, expected));
    assert_eq!(role(&settings).session_name, "sealgate-gitlab-18");
    let (key, origin, wrong) = fault(&words, &[("AWS_ID_TOKEN", "geheim"), ("AWS_ROLE_ARN", "ci")]);
    assert_eq!((key, origin.as_str(), wrong), ("role-arn", "AWS_ROLE_ARN", Fault::NotRole { found: "ci".to_owned() }));
}

#[test]
fn the_runner_of_github_gives_the_token_and_a_file_does_where_there_is_none() {
    let github = [
        ("GITHUB_ACTIONS", "true"),
        ("GITHUB_RUN_ID", "17"),
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://runner.example/?id=geheim"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "geheimer"),
    ];
    let file = ("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
    let words = ["--role-arn", ROLE];
    for variables in [github.to_vec(), [&github[..], &[file]].concat()] {
        let settings = verify(&words, &variables);
        let TokenSource::GitHub { url, token } = &role(&settings).token else { panic!("{settings:?}") };
        assert_eq!(url.expose_secret(), "https://runner.example/?id=geheim");
        assert_eq!(token.expose_secret(), "geheimer");
        assert_eq!(role(&settings).session_name, "sealgate-gha-17");
    }
    // A job without `id-token: write` has at most one of the two.
    for variables in [&github[..3], &[github[0], github[1], github[3]]] {
        assert!(matches!(role(&verify(&words, variables)).token, TokenSource::None));
    }
    let settings = verify(&words, &[file]);
    assert!(matches!(&role(&settings).token, TokenSource::File(path) if path.as_os_str() == "/var/run/token"));
    // Named by a person, the variable wins.
    let named = [&github[..], &[("MINE", "x")]].concat();
    let settings = verify(&["--role-arn", ROLE, "--oidc-token-env", "MINE"], &named);
    assert!(matches!(&role(&settings).token, TokenSource::Variable { name, .. } if name == "MINE"));
    // Without a role the token is meant for something else, and the SDK's own chain reads its own variables.
    assert!(matches!(verify(&[], &[&github[..], &[file]].concat()).aws.identity, IdentitySettings::Chain));
}

#[test]
fn tokens_and_what_gets_them_are_never_shown() {
    let secrets = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://runner.example/?geheim-1"),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "geheim-2"),
        ("MINE", "geheim-3"),
        ("AWS_SECRET_ACCESS_KEY", "geheim-4"),
        ("AWS_SESSION_TOKEN", "geheim-5"),
    ];
    for words in [&["--role-arn", ROLE][..], &["--role-arn", ROLE, "--oidc-token-env", "MINE"], &[]] {
        let shown = format!("{:?}", verify(words, &secrets));
        assert!(!shown.contains("geheim"), "{shown}");
    }
}

#[test]
fn the_session_names_the_job() {
    for (variables, expected) in [
        (&[][..], "sealgate"),
        (&[("GITHUB_RUN_ID", "17")], "sealgate-gha-17"),
        (&[("CI_JOB_ID", "18")], "sealgate-gitlab-18"),
        (&[("CODEBUILD_BUILD_ID", "app:1-2")], "sealgate-codebuild-app-1-2"),
        (&[("GITHUB_RUN_ID", "17"), ("AWS_ROLE_SESSION_NAME", "mine")], "mine"),
    ] {
        assert_eq!(chosen_session_name(&Env::of(variables)), expected);
    }
}

#[test]
fn a_token_where_its_name_belongs_is_not_told() {
    for token in ["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "1TOKEN", "A B", "A-B", "$AWS_TOKEN"] {
        let setting = Setting { value: token.to_owned(), origin: Origin::Flag("oidc-token-env") };
        let error = token_source(Some(setting), &Env::of(&[(token, "x")])).unwrap_err();
        assert!(matches!(error.fault, Fault::NotVariableName) && !error.to_string().contains(token), "{error}");
    }
}
