//! Nothing that authorizes is ever shown, whatever goes wrong on the way to AWS: every way to be somebody, every way in which an endpoint is
//! named or mistyped, and every way in which one does not do what it should.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::aws_scene::{Scene, with_env};
use crate::aws_secrets::{Identity, Trace, identities, search, secrets, trace};

/// Runs at the same time.
const THREADS: usize = 8;

/// How an endpoint does not do what it should.
#[derive(Clone, Copy, Debug)]
enum Wrong {
    /// It refuses, and quotes the whole request.
    Quotes,
    /// The same, escaped as writers of JSON and XML may, and in the headers that name the error and the request.
    QuotesEscaped,
    /// It has a fault of its own.
    Fault,
    /// It leads elsewhere.
    Redirects,
    /// Its answer is not what any service says.
    Nonsense,
    /// It never answers.
    Silent,
    /// It says more than any answer has, and ends in the middle of it.
    BreaksOff,
}

/// An endpoint on loopback. It ends with the process of the tests.
fn endpoint(wrong: Wrong) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(stream, wrong));
        }
    });
    url
}

fn answer(mut stream: TcpStream, wrong: Wrong) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if reader.read_line(&mut request).ok()? == 0 {
            return None;
        }
    }
    let length = request.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    request.push_str(&String::from_utf8_lossy(&body));
    let quoted = request.replace('&', "&amp;").replace('<', "&lt;");
    let (status, extra, body) = match wrong {
        Wrong::Quotes if request.to_ascii_lowercase().contains("application/x-www-form-urlencoded") => (
            "400 Bad Request",
            "content-type: text/xml\r\n".to_owned(),
            format!(
                "<ErrorResponse><Error><Code>ValidationError</Code><Message>{quoted}</Message></Error></ErrorResponse>"
            ),
        ),
        Wrong::Quotes => (
            "403 Forbidden",
            "content-type: application/json\r\nx-amzn-errortype: InvalidSignatureException\r\n".to_owned(),
            serde_json::json!({"message": request, "code": "Denied", "Message": request}).to_string(),
        ),
        Wrong::QuotesEscaped if request.to_ascii_lowercase().contains("application/x-www-form-urlencoded") => {
            let escaped: String = request.chars().map(|character| format!("&#{};", u32::from(character))).collect();
            let error = format!("<Error><Code>{escaped}</Code><Message>{escaped}</Message></Error>");
            let body = format!("<ErrorResponse>{error}<RequestId>{escaped}</RequestId></ErrorResponse>");
            ("400 Bad Request", "content-type: text/xml\r\n".to_owned(), body)
        }
        Wrong::QuotesEscaped => {
            let header = |name: &str| {
                let line = request.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
                line.and_then(|line| line.split_once(": ")).map(|(_, value)| value.to_owned()).unwrap_or_default()
            };
            let (token, signature) = (header("x-amz-security-token"), header("authorization"));
            let extra = format!(
                "content-type: application/json\r\nx-amzn-errortype: {token}\r\nx-amzn-requestid: {token}{signature}\r\n"
            );
            let slashes = serde_json::json!({"message": request}).to_string().replace('/', "\\/");
            ("403 Forbidden", extra, slashes.replace('=', "\\u003d"))
        }
        Wrong::Fault => ("500 Internal Server Error", String::new(), request),
        Wrong::Redirects => ("307 Temporary Redirect", "location: http://127.0.0.1:1/\r\n".to_owned(), request),
        Wrong::Nonsense => ("200 OK", String::new(), request),
        Wrong::Silent => {
            thread::sleep(std::time::Duration::from_secs(20));
            return None;
        }
        Wrong::BreaksOff => ("200 OK", "content-length: 100000\r\n".to_owned(), request),
    };
    let length =
        if matches!(wrong, Wrong::BreaksOff) { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    stream.write_all(format!("HTTP/1.1 {status}\r\nconnection: close\r\n{extra}{length}\r\n{body}").as_bytes()).ok()
}

/// Who names an endpoint.
#[derive(Clone, Copy, Debug)]
enum By {
    Flag,
    Variable(&'static str),
    Profile,
    Services,
}

const BY: [By; 8] = [
    By::Variable("AWS_ENDPOINT_URL"),
    By::Variable("AWS_ENDPOINT_URL_STS"),
    By::Variable("AWS_ENDPOINT_URL_SIGNER"),
    By::Variable("AWS_ENDPOINT_URL_SIGNER_DATA"),
    By::Variable("SEALGATE_ENDPOINT_URL"),
    By::Flag,
    By::Profile,
    By::Services,
];

/// Flags and variables that name an endpoint. Of the endpoint of the scene nothing is left where a file has to count.
fn named(scene: &Scene, by: By, url: &str, number: usize) -> (Vec<String>, Vec<(String, String)>) {
    let config = scene.sandbox.read(".aws/config");
    let file = |text: String| {
        let name = format!("config-{number}");
        scene.sandbox.write(&name, &text);
        let path = scene.sandbox.path(&name).to_str().unwrap().to_owned();
        vec![("AWS_CONFIG_FILE".to_owned(), path), ("AWS_ENDPOINT_URL".to_owned(), String::new())]
    };
    let in_each = |line: &str| {
        let profiles = config.replace("]\n", &format!("]\n{line}\n"));
        format!("[default]\n{line}\n{profiles}")
    };
    match by {
        By::Flag => (vec!["--endpoint-url".to_owned(), url.to_owned()], Vec::new()),
        By::Variable(name) => (Vec::new(), vec![(name.to_owned(), url.to_owned())]),
        By::Profile => (Vec::new(), file(in_each(&format!("endpoint_url = {url}")))),
        By::Services => {
            let services = ["signer", "signer-data", "sts"].map(|name| format!("{name} =\n  endpoint_url = {url}\n"));
            (Vec::new(), file(format!("{}[services s]\n{}", in_each("services = s"), services.concat())))
        }
    }
}

/// The commands, each with something that makes it say more or in another form.
const COMMANDS: [&[&str]; 6] = [
    &["sign", "--verbose", "--force"],
    &["verify", "--format", "json"],
    &["doctor", "--verbose"],
    &["sign", "--format", "json", "--force"],
    &["verify"],
    &["doctor", "--format", "json", "--verbose"],
];

/// A run: a command, somebody, and an endpoint.
struct Case<'a> {
    number: usize,
    identity: &'a Identity,
    by: By,
    url: String,
}

/// Runs all cases; returns what they left and how they ended.
fn run(scene: &Scene, image: &str, cases: &[Case<'_>]) -> (Vec<Trace>, Vec<i32>) {
    let profile = scene.endpoint.profile();
    let (traces, next) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    let exits = Mutex::new(vec![0; cases.len()]);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut own = Vec::new();
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(case) = cases.get(at) else { break };
                    let (flags, variables) = named(scene, case.by, &case.url, case.number);
                    let command = COMMANDS[case.number % COMMANDS.len()];
                    let own_words = ["--aws-root", "root.pem", "--profile", &profile, image, "--timeout", "300ms"];
                    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
                    let words = [command, &own_words[..], &flags].concat();
                    let variables: Vec<_> =
                        variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                    exits.lock().unwrap()[at] = trace(scene, &words, case.identity, &variables, &mut own);
                }
                traces.lock().unwrap().extend(own);
            });
        }
    });
    (traces.into_inner().unwrap(), exits.into_inner().unwrap())
}

#[test]
fn no_secret_is_shown_whoever_mistypes_an_endpoint_and_wherever() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let all = identities(&scene);
    let forms =
        ["127.0.0.1:1", "localhost", "https://", " http://127.0.0.1:1", "http://127.0.0.1:1\n", "http://[::1", "//x"];
    let mut cases = Vec::new();
    for (one, by) in BY.into_iter().enumerate() {
        for (other, form) in forms.into_iter().enumerate() {
            // A file has no line breaks in values, and what surrounds them is none of them; our own variables are trimmed.
            let trimmed = !matches!(by, By::Variable(name) if name.starts_with("AWS_"));
            // Line breaks at the end are no part of any variable.
            let lines = !matches!(by, By::Flag) && form.ends_with('\n');
            if lines || trimmed && form.trim() != form {
                continue;
            }
            // Not everybody with each: what is mistyped is found before anybody is asked, so that it does not matter who asks.
            for third in 0..3 {
                let number = cases.len();
                let identity = &all[(one + other * 5 + third * 6) % all.len()];
                cases.push(Case { number, identity, by, url: form.to_owned() });
            }
        }
    }
    assert!(all.iter().all(|one| cases.iter().any(|case| std::ptr::eq(case.identity, one))), "everybody takes part");
    let (traces, exits) = run(&scene, &image, &cases);
    for (case, exit) in cases.iter().zip(exits) {
        // What is typed is a fault of usage, as is a token where its name belongs.
        let typed = matches!(case.by, By::Flag) || case.identity.flags.iter().any(|flag| flag.starts_with("eyJ"));
        assert_eq!(exit, if typed { 2 } else { 3 }, "{:?} {:?} {:?}", case.by, case.url, case.identity.flags);
    }
    search(&secrets(&scene, &all), &traces);
}

#[test]
fn no_secret_is_shown_whatever_an_endpoint_does() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let mut all = identities(&scene);
    // Sources of credentials that quote what they were asked with.
    let quoting = endpoint(Wrong::Quotes);
    let full = format!("{quoting}/creds");
    let of_container = [
        ("AWS_CONTAINER_CREDENTIALS_FULL_URI", full.as_str()),
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "token-of-another-container-1234567890"),
    ];
    let of_runner = [
        ("ACTIONS_ID_TOKEN_REQUEST_URL", full.as_str()),
        ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "token-of-another-runner-1234567890"),
    ];
    all.push(Identity::new(&[], &of_container).secret("token-of-another-container-1234567890").wrong());
    let role = scene.endpoint.role("github-ci");
    let runner = Identity::new(&["--role-arn", &role], &of_runner);
    all.push(runner.secret("token-of-another-runner-1234567890").wrong());
    let session = "session-token-that-is-quoted-1234567890+/==";
    let keys = [
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret-that-is-quoted-1234567890"),
        ("AWS_SESSION_TOKEN", session),
    ];
    all.push(Identity::new(&[], &keys).secret(session).secret("secret-that-is-quoted-1234567890").wrong());
    let with_tls = scene.endpoint.url().replace("http:", "https:");
    let ways = [Wrong::Fault, Wrong::Redirects, Wrong::Nonsense, Wrong::Silent, Wrong::BreaksOff].map(endpoint);
    let escaping = endpoint(Wrong::QuotesEscaped);
    let nobody = "http://127.0.0.1:1".to_owned();
    let mut cases = Vec::new();
    for (who, identity) in all.iter().enumerate() {
        for (way, url) in ways.iter().chain([&nobody, &with_tls, &quoting, &quoting, &escaping, &escaping]).enumerate()
        {
            let number = cases.len() + who;
            cases.push(Case { number, identity, by: BY[(who + way) % BY.len()], url: url.clone() });
        }
    }
    let (traces, _) = run(&scene, &image, &cases);
    search(&secrets(&scene, &all), &traces);
    assert!(
        traces.iter().any(|trace| String::from_utf8_lossy(&trace.content).contains("(not shown)")),
        "something was quoted"
    );
}

#[test]
fn the_endpoint_that_was_mistyped_is_named_with_what_was_got() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let words = ["sign", "--force", "--profile", &scene.endpoint.profile(), "--aws-root", "root.pem", &image];
    for (by, origin) in BY.into_iter().zip([
        "AWS_ENDPOINT_URL: ",
        "AWS_ENDPOINT_URL_STS: ",
        "AWS_ENDPOINT_URL_SIGNER: ",
        "AWS_ENDPOINT_URL_SIGNER_DATA: ",
        "SEALGATE_ENDPOINT_URL: ",
        "--endpoint-url: ",
        "endpoint_url of profile default in [FOLDER]/config-7: ",
        "endpoint_url of signer in section [services s] in [FOLDER]/config-7: ",
    ]) {
        scene.sandbox.write(".aws/config", "");
        let (flags, variables) = named(&scene, by, "127.0.0.1:1", 7);
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        let run = with_env(scene.as_user(&[&words[..], &flags].concat()), &variables);
        let answer = run.exits(if matches!(by, By::Flag) { 2 } else { 3 });
        let text = answer.stdout + &answer.stderr;
        let told = format!(
            "{origin}expected an HTTPS URL without user, password, or query, or HTTP on this machine, got `127.0.0.1:1`"
        );
        assert!(text.contains(&told), "{by:?}\n{text}");
    }
}

/// Variables that the SDK reads by itself, whatever it makes of them.
const OF_THE_SDK: [&str; 19] = [
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "_X_AMZN_TRACE_ID",
    "AWS_RETRY_MODE",
    "AWS_SDK_UA_APP_ID",
    "AWS_ACCOUNT_ID",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE",
    "AWS_AUTH_SCHEME_PREFERENCE",
    "AWS_DISABLE_CLOCK_SKEW_CORRECTION",
    "AWS_DISABLE_REQUEST_COMPRESSION",
    "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES",
    "AWS_REQUEST_CHECKSUM_CALCULATION",
    "AWS_RESPONSE_CHECKSUM_VALIDATION",
    "AWS_SIGV4A_SIGNING_REGION_SET",
    "AWS_NEW_RETRIES_2026",
    "AWS_CA_BUNDLE",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_LOGIN_CACHE_DIRECTORY",
    "AWS_EC2_METADATA_V1_DISABLED",
];

#[test]
fn no_variable_that_the_sdk_reads_by_itself_brings_a_secret_to_light() {
    let scene = Scene::new();
    let image = scene.signed_image("app");
    let profile = scene.endpoint.profile();
    let all = identities(&scene);
    let words = ["verify", "--verbose", "--aws-root", "root.pem", "--profile", &profile, &image];
    // The one with a token in its request.
    let run = |name: &str, value: &str, traces: &mut Vec<Trace>| {
        let exit = trace(&scene, &words, &all[4], &[(name, value)], traces);
        // It becomes a part of a header.
        let expected = if name == "AWS_EXECUTION_ENV" && value.contains('\n') { 3 } else { 0 };
        assert_eq!(exit, expected, "{name}={value:?}");
    };
    let traces = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for names in OF_THE_SDK.chunks(5) {
            let (run, traces) = (&run, &traces);
            scope.spawn(move || {
                let mut own = Vec::new();
                for name in names {
                    run(name, "", &mut own);
                    run(name, "{\"x\": \u{1}\u{e9}\n1}", &mut own);
                }
                traces.lock().unwrap().extend(own);
            });
        }
    });
    search(&secrets(&scene, &all), &traces.into_inner().unwrap());
}
