//! Files of any style, and large ones.

use proptest::prelude::*;

use super::*;
use crate::document::parse_yaml;
use crate::pin::FileKind;

/// A container, in one of the styles in which people write them.
fn container() -> impl Strategy<Value = String> {
    let image = "(r\\.example(:5000)?/)?[a-z]{1,5}(/[a-z0-9]{1,5})?(:[a-z0-9][a-z0-9.-]{0,5})?(@sha256:[0-9a-f]{64})?";
    let style = prop_oneof![
        Just("{image}"),
        Just("\"{image}\""),
        Just("'{image}'"),
        Just("&x{n} {image}"),
        Just("!!str '{image}'"),
        Just("   \"{image}\"  "),
    ];
    let comment = prop_oneof![Just(""), Just("  # image: é"), Just(" #")];
    (image, style, comment, 0..4_usize, any::<u16>()).prop_map(|(image, style, comment, form, n)| {
        let value = style.replace("{image}", &image).replace("{n}", &n.to_string());
        match form {
            0 => format!("- name: c\n  image: {value}{comment}\n  args: [\"image: é\"]"),
            1 => format!("- image: {value}{comment}\n  name: c"),
            2 => format!("- {{name: c, image: {value}, env: []}}{comment}"),
            _ => format!("-   ? image\n    : {value}{comment}\n    name: 'c'"),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn only_images_change_and_can_be_changed_back(
        containers in prop::collection::vec(container(), 1..6),
        breaks in prop_oneof![Just("\n"), Just("\r\n")],
        mark in prop_oneof![Just(""), Just("\u{feff}")],
        last in prop_oneof![Just(""), Just("\n")],
    ) {
        let documents = containers.iter().map(|container| {
            let container = container.replace('\n', "\n  ");
            format!("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  {container}\n  # é\n  restartPolicy: Never")
        });
        let text = documents.collect::<Vec<_>>().join("\n---\n") + last;
        let bytes = format!("{mark}{}", text.replace('\n', breaks)).into_bytes();
        let file = DeployFile::read(&bytes, "x.yaml", None).unwrap();
        prop_assert_eq!(file.found().len(), containers.len());
        prop_assert!(file.found().iter().all(|found| matches!(found.what, What::Literal(_))));
        // `pinned` checks that the edits can be taken back, and that nothing but images reads differently.
        let pinned = pinned(&bytes, "x.yaml");
        let (before, after) = (parse_yaml(&bytes).unwrap(), parse_yaml(&pinned.bytes).unwrap());
        let differing: usize = before.iter().zip(&after).map(|(before, after)| {
            before.nodes().zip(after.nodes()).filter(|(before, after)| !before.is_like(*after)).count()
        }).sum();
        prop_assert_eq!(differing, pinned.edits.len());
    }

    #[test]
    fn no_file_makes_pin_panic(text in "((services|kind|apiVersion|image|a|<<|Resources|Type|images|newTag|name): |- |[{}\\[\\]\n, ]|  |b|nginx:1|'|\"|&a|\\*a|!Sub |v1|List|items|\\$\\{x\\}){0,30}") {
        for kind in crate::pin::kind::FILE_KINDS.into_iter().map(Some).chain([None]) {
            if let Ok(file) = DeployFile::read(text.as_bytes(), "kustomization.yaml", kind) {
                drop(file.pin(&digests(&file)));
            }
        }
    }
}

/// A bundle as a renderer writes it, with an image in each of its workloads.
fn bundle(workloads: usize) -> String {
    let workload = |n: usize| {
        let env: String =
            (0..20).map(|n| format!("            - name: VAR_{n}\n              value: \"{n}\"\n")).collect();
        format!(
            "---\n# Source: chart/templates/{n}.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{n}\n  labels:\n    app: app-{n}\nspec:\n  template:\n    spec:\n      containers:\n        - name: app\n          image: \"registry.example/app-{n}:1.0\"\n          env:\n{env}"
        )
    };
    (0..workloads).map(workload).collect()
}

#[test]
fn a_bundle_of_three_thousand_lines_is_pinned_whole() {
    let text = bundle(60);
    assert!(text.lines().count() >= 3_000, "{}", text.lines().count());
    assert_eq!(pinned(text.as_bytes(), "bundle.yaml").edits.len(), 60);
}

#[test]
fn ten_thousand_documents_are_read_and_the_time_grows_as_the_text_does() {
    let empty = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n".repeat(10_000);
    let text = format!("{empty}---\napiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: nginx}}]}}\n");
    assert_eq!(pinned(text.as_bytes(), "x.yaml").edits.len(), 1);
    let time = |workloads: usize| {
        let text = bundle(workloads);
        let once = |_| {
            let start = std::time::Instant::now();
            let file = DeployFile::read(text.as_bytes(), "x.yaml", None).unwrap();
            assert_eq!(file.pin(&digests(&file)).unwrap().edits.len(), workloads);
            start.elapsed()
        };
        (0..3).map(once).min().unwrap()
    };
    let (small, large) = (time(40), time(480));
    assert!(large < small * 60, "{small:?} {large:?}");
}

#[test]
fn plain_scalars_need_no_quotes_for_a_digest() {
    // A colon ends a key only before a blank, an at sign is reserved only in front, and neither is a bracket.
    for text in
        ["{services: {a: {image: nginx:1}}}", "services:\n  a:\n    image: nginx\n", "services: {a: {image: nginx}}"]
    {
        let pinned = pinned(text.as_bytes(), "x.yaml");
        assert!(!pinned.edits[0].text.contains(['\'', '"']), "{text}");
    }
}

#[test]
fn what_would_not_read_back_is_not_written() {
    let text = b"services: {a: {image: nginx}}";
    let mut file = DeployFile::read(text, "x.yaml", None).unwrap();
    let digests = digests(&file);
    assert!(file.pin(&digests).is_ok());
    // A span that is off by one, as if the parser had been wrong.
    for (start, end) in [(1, 0), (0, 1), (5, 5), (0, 500)] {
        let mut found = DeployFile::read(text, "x.yaml", None).unwrap().found;
        let What::Literal(literal) = &mut found[0].what else { panic!() };
        literal.slots[0].span = literal.slots[0].span.start - start..literal.slots[0].span.end + end;
        file.found = found;
        assert!(matches!(
            file.pin(&digests),
            Err(PinError::ReadBack { .. } | PinError::Document(_) | PinError::NoImages { .. })
        ));
    }
    // Without digests nothing is written.
    let file = DeployFile::read(text, "x.yaml", Some(FileKind::Compose)).unwrap();
    let pinned = file.pin(&BTreeMap::new()).unwrap();
    assert!(pinned.edits.is_empty() && pinned.bytes == text);
}
