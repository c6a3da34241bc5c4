use super::super::model::{ArtifactOutcome, NOT_AN_AWS_ROOT, Reason, Weakening};
use super::super::samples;
use super::*;

/// What is between head and foot.
fn body(report: &Report) -> String {
    let page = render(report);
    page.split_once("<body>").unwrap().1.to_owned()
}

#[test]
fn a_verified_image_is_a_row_and_its_details() {
    insta::assert_snapshot!(body(&samples::verified()), @r##"
    <header>
    <h1 class="good">✓ sealgate verify</h1>
    <p>1 image: 1 verified</p>
    </header>
    <main>
    <h2>Images</h2>
    <table class="images">
    <thead><tr><th scope="col">verdict</th><th scope="col">image</th><th scope="col" class="signer">signer</th><th scope="col" class="until">accepted until</th></tr></thead>
    <tbody>
    <tr><td class="good">✓ verified</td><td><a href="#image-0"><code>registry.example/app@sha256:1111</code></a></td><td data-of="signer" class="signer"><code>CN=release,O=Acme,ST=WA,C=US</code></td><td data-of="accepted until" class="until"><code>2027-01-02T03:04:05Z</code></td></tr>
    </tbody>
    </table>
    <h2>Details</h2>
    <details id="image-0">
    <summary><strong class="good">✓ verified</strong> <code>registry.example/app@sha256:1111</code></summary>
    <dl>
    <dt>given as</dt><dd><code>registry.example/app:1.0</code></dd>
    <dt>manifest</dt><dd><code>application/vnd.oci.image.manifest.v1+json, 528 bytes</code></dd>
    <dt>statement</dt><dd><code>production (strict), scope registry.example/app, from policy.json</code></dd>
    <dt>signatures found</dt><dd><code>1 (referrers-api)</code></dd>
    </dl>
    <section class="signature">
    <h3 class="good">✓ signature accepted</h3>
    <p><code>sha256:2222</code></p>
    <dl>
    <dt>signer</dt><dd><code>CN=release,O=Acme,ST=WA,C=US</code></dd>
    <dt>signed at (the signer says)</dt><dd><code>2026-01-02T03:04:05Z</code></dd>
    <dt>expires at</dt><dd><code>2027-01-02T03:04:05Z</code></dd>
    <dt>signing agent (the signer says)</dt><dd><code>sealgate/0.1.0</code></dd>
    <dt>metadata</dt><dd><code>build = 17</code></dd>
    <dt>envelope</dt><dd><code>application/jose+json</code></dd>
    </dl>
    <table>
    <thead><tr><th scope="col">validation</th><th scope="col">asked for</th><th scope="col">result</th><th scope="col">why</th></tr></thead>
    <tbody>
    <tr><td class="good">✓ integrity</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="good">✓ authenticity</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="good">✓ authentic timestamp</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="good">✓ expiry</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="good">✓ revocation</td><td data-of="asked for">enforce</td><td data-of="result">nothing to check</td><td>no certificate below the root names an OCSP responder or CRL <code>[no-revocation-pointer]</code></td></tr>
    </tbody>
    </table>
    </section>
    </details>
    </main>
    <footer>sealgate 0.1.0; report.json has the same facts for programs</footer>
    </body>
    </html>
    "##);
}

#[test]
fn a_refusal_is_open_with_its_reason() {
    insta::assert_snapshot!(body(&samples::rejected()), @r##"
    <header>
    <h1 class="bad">✗ sealgate verify</h1>
    <p>1 image: 1 rejected</p>
    </header>
    <main>
    <p class="alert">! a check is weakened: <code>plain-http = registry.example (from SEALGATE_PLAIN_HTTP)</code></p>
    <h2>Images</h2>
    <table class="images">
    <thead><tr><th scope="col">verdict</th><th scope="col">image</th><th scope="col" class="why">why</th></tr></thead>
    <tbody>
    <tr><td class="bad">✗ rejected</td><td><a href="#image-0"><code>registry.example/app@sha256:1111</code></a></td><td data-of="why" class="why">the signer is none of the trusted identities <code>[untrusted-identity]</code></td></tr>
    </tbody>
    </table>
    <h2>Details</h2>
    <details id="image-0" open>
    <summary><strong class="bad">✗ rejected</strong> <code>registry.example/app@sha256:1111</code></summary>
    <dl>
    <dt>statement</dt><dd><code>production (strict), scope registry.example/app, from policy.json</code></dd>
    <dt>signatures found</dt><dd><code>1 (referrers-api)</code></dd>
    </dl>
    <section class="signature">
    <h3 class="bad">✗ signature rejected</h3>
    <p><code>sha256:2222</code></p>
    <dl>
    <dt>because</dt><dd><code>the signer is none of the trusted identities [untrusted-identity]</code></dd>
    <dt>signer, as the envelope says, not verified</dt><dd><code>CN=release,O=Acme,ST=WA,C=US</code></dd>
    <dt>signed at (the signer says)</dt><dd><code>2026-01-02T03:04:05Z</code></dd>
    <dt>expires at</dt><dd><code>2027-01-02T03:04:05Z</code></dd>
    <dt>signing agent (the signer says)</dt><dd><code>sealgate/0.1.0</code></dd>
    <dt>metadata</dt><dd><code>build = 17</code></dd>
    <dt>envelope</dt><dd><code>application/jose+json</code></dd>
    </dl>
    <table>
    <thead><tr><th scope="col">validation</th><th scope="col">asked for</th><th scope="col">result</th><th scope="col">why</th></tr></thead>
    <tbody>
    <tr><td class="good">✓ integrity</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="bad">✗ authenticity</td><td data-of="asked for">enforce</td><td data-of="result">failed</td><td>the signer is none of the trusted identities <code>[untrusted-identity]</code></td></tr>
    <tr><td class="good">✓ authentic timestamp</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="good">✓ expiry</td><td data-of="asked for">enforce</td><td data-of="result">passed</td><td></td></tr>
    <tr><td class="neutral">– revocation</td><td data-of="asked for">enforce</td><td data-of="result">not evaluated</td><td>the chain is not trusted, so nobody was asked <code>[untrusted-chain]</code></td></tr>
    </tbody>
    </table>
    </section>
    </details>
    </main>
    <footer>sealgate 0.1.0; report.json has the same facts for programs</footer>
    </body>
    </html>
    "##);
}

#[test]
fn a_page_loads_and_runs_nothing_and_refers_to_nothing_elsewhere() {
    for report in [samples::several(), samples::verified_with_aws(), samples::checked("x"), Report::new("verify")] {
        let page = render(&report);
        assert!(page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; "), "{page}");
        for word in [
            "<script",
            "<link",
            "<img",
            "<iframe",
            " src=",
            "url(",
            "@import",
            "http://",
            "https://",
            " on",
            "<a href=\"h",
        ] {
            let is_word = word == " on";
            let found = page
                .match_indices(word)
                .filter(|(place, _)| !is_word || page[*place..].find('=').is_some_and(|end| end < 15));
            assert_eq!(found.count(), 0, "{word}");
        }
    }
}

#[test]
fn every_element_is_closed_where_it_should_be() {
    for report in samples::saying("x").into_iter().chain([
        samples::several(),
        samples::checked("x"),
        samples::gate_met(),
        samples::gate_unmet(),
        Report::new("verify"),
    ]) {
        let page = render(&report);
        let mut open: Vec<&str> = Vec::new();
        for tag in page.split('<').skip(2).map(|rest| rest.split('>').next().unwrap()) {
            let name = tag.split([' ', '\n']).next().unwrap();
            match name.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name), "{page}"),
                None if ["meta", "br"].contains(&name) => {}
                None => open.push(name),
            }
        }
        assert!(open.is_empty(), "{open:?}");
    }
}

#[test]
fn caveats_and_what_weakens_a_check_stand_above_everything() {
    let mut report = samples::verified();
    report.artifacts_mut()[0].caveats.push(Reason::new("not-an-aws-root", NOT_AN_AWS_ROOT));
    let value = "roots.pem, NOT AN AWS ROOT".to_owned();
    report.weakened.push(Weakening { setting: "aws-root", value, origin: "--aws-root".to_owned() });
    let page = body(&report);
    let above = page.split("<table class").next().unwrap();
    assert!(above.contains("<p class=\"alert\">! NOT AN AWS ROOT: <code>aws-root = roots.pem"), "{above}");
    assert!(above.contains("<p class=\"alert\">! NOT AN AWS ROOT</p>"), "{above}");
    assert!(page.contains("<td class=\"warning\">! verified (NOT AN AWS ROOT)</td>"), "{page}");
}

#[test]
fn who_vouches_for_a_time_is_said() {
    assert!(body(&samples::verified()).contains("<dt>signed at (the signer says)</dt>"));
    assert!(body(&samples::verified_with_aws()).contains("<dt>signed at (the signing authority says)</dt>"));
}

#[test]
fn the_word_verified_is_there_for_one_outcome_only() {
    for outcome in ArtifactOutcome::ALL {
        let mut report = samples::signed();
        report.artifacts_mut()[0].outcome = outcome;
        let page = body(&report).replace("not verified", "");
        assert_eq!(page.contains("verified"), outcome.is_verified(), "{page}");
    }
}

#[test]
fn each_stage_of_gates_is_a_table() {
    let gates = |report: &Report| {
        let page = body(report);
        let (begin, end) =
            (page.find("<section class=\"gates\">").unwrap(), page.find("<section class=\"signature\">").unwrap());
        page[begin..end].to_owned()
    };
    insta::assert_snapshot!(gates(&samples::gate_met()), @r#"
    <section class="gates">
    <h3>stage <code>test</code></h3>
    <table>
    <thead><tr><th scope="col">status</th><th scope="col">requirement</th><th scope="col">found</th></tr></thead>
    <tbody>
    <tr><td class="good">✓ met</td><td data-of="requirement"><code>ci</code></td><td><ul><li>by <code>ci (CN=ci,O=Acme,ST=WA,C=US)</code><br>at <code>2026-01-02T03:04:05Z (the signer says)</code><br>signature <code>sha256:2222</code></li></ul></td></tr>
    </tbody>
    </table>
    </section>
    <section class="gates">
    <h3>stage <code>prod</code></h3>
    <table>
    <thead><tr><th scope="col">status</th><th scope="col">requirement</th><th scope="col">found</th></tr></thead>
    <tbody>
    <tr><td class="warning">! met</td><td data-of="requirement"><code>security, not older than 30d</code></td><td><ul><li>by <code>security (arn:aws:signer:us-west-2:111122223333:/signing-profiles/release/AbCdEf1234)</code><br>at <code>2026-01-02T03:04:05Z</code><br>renew it before <code>2026-02-01T03:04:05Z</code><br>signature <code>sha256:3333333333333333333333333333333333333333333333333333333333333333</code><br>signing job <code>arn:aws:signer:us-west-2:111122223333:/signing-jobs/5808635f-05de-4207-a891-c95f827b50f4</code></li></ul></td></tr>
    <tr><td class="good">✓ met</td><td data-of="requirement"><code>1 of anna, ben</code></td><td><ul><li>by <code>anna (CN=anna,O=Acme,ST=WA,C=US)</code><br>at <code>2026-01-02T03:04:05Z (the signer says)</code><br>signature <code>sha256:4444</code></li><li>by <code>ben (CN=ben,O=Acme,ST=WA,C=US)</code><br>at <code>2026-01-02T03:04:05Z (the signer says)</code><br>signature <code>sha256:5555</code></li></ul></td></tr>
    </tbody>
    </table>
    </section>
    "#);
    insta::assert_snapshot!(gates(&samples::gate_unmet()), @r#"
    <section class="gates">
    <h3>stage <code>test</code></h3>
    <table>
    <thead><tr><th scope="col">status</th><th scope="col">requirement</th><th scope="col">found</th></tr></thead>
    <tbody>
    <tr><td class="good">✓ met</td><td data-of="requirement"><code>ci</code></td><td><ul><li>by <code>ci (CN=ci,O=Acme,ST=WA,C=US)</code><br>at <code>2026-01-02T03:04:05Z (the signer says)</code><br>signature <code>sha256:2222</code></li></ul></td></tr>
    </tbody>
    </table>
    </section>
    <section class="gates">
    <h3>stage <code>prod</code></h3>
    <table>
    <thead><tr><th scope="col">status</th><th scope="col">requirement</th><th scope="col">found</th></tr></thead>
    <tbody>
    <tr><td class="bad">✗ refused</td><td data-of="requirement"><code>security, not older than 30d</code></td><td><ul><li>refused <code>security</code>: it is too old since 2026-02-01T03:04:05Z <code>[gate-too-old]</code><br>signature <code>sha256:4444</code></li><li>refused <code>security</code>: the signing job is revoked <code>[revoked]</code><br>signature <code>sha256:4444</code></li><li>… and 2 more that do not count, left out to keep this report short</li><li>help: <code>approve it as security: sealgate approve --stage prod --as security -- IMAGE</code></li></ul></td></tr>
    <tr><td class="bad">✗ missing</td><td data-of="requirement"><code>2 of anna, ben</code></td><td><ul><li>by <code>anna (CN=anna,O=Acme,ST=WA,C=US)</code><br>at <code>2026-01-02T03:04:05Z (the signer says)</code><br>signature <code>sha256:4444</code></li><li>help: <code>approve it as ben: sealgate approve --stage prod --as ben -- IMAGE</code></li></ul></td></tr>
    <tr><td class="warning">! not judged</td><td data-of="requirement"><code>release</code></td><td></td></tr>
    </tbody>
    </table>
    </section>
    "#);
    let page = body(&samples::gate_met());
    for fact in ["<dd><code>sha256:7777</code></dd>", "<dd><code>sha256:8888</code></dd>", "ci/gates.yaml, stage prod"]
    {
        assert!(page.contains(fact), "{fact} in {page}");
    }
}
