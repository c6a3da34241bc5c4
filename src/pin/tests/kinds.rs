//! What a file is, and what is none.

use super::*;
use crate::document::DocumentError;
use crate::pin::kind::FILE_KINDS;
use crate::pin::{Computed, FileKind, Unsupported, Wrong};

#[test]
fn kinds_have_names_of_their_own() {
    for kind in FILE_KINDS {
        assert_eq!(FileKind::parse(kind.name()), Some(kind));
    }
    assert_eq!(FileKind::parse("helm"), None);
}

#[test]
fn a_file_is_told_by_what_is_in_it() {
    for (text, name, expected) in [
        ("containerDefinitions: [{name: a, image: b}]", "x", FileKind::Ecs),
        ("{\"taskDefinition\":{\"containerDefinitions\":[{\"image\":\"b\"}]}}", "x", FileKind::Ecs),
        ("{primaryContainer: {image: b}}", "x", FileKind::Ecs),
        ("[{\"name\":\"a\",\"image\":\"b\"}]", "x", FileKind::Ecs),
        ("[{\"name\":\"a\",\"imageUri\":\"b\"}]", "x", FileKind::ImageDefinitions),
        ("{\"ImageURI\":\"b\"}", "x", FileKind::ImageDetail),
        ("apiVersion: v1\nkind: Pod\nspec: {containers: [{image: b}]}", "services.json.yaml", FileKind::Kubernetes),
        ("apiVersion: kustomize.config.k8s.io/v1\nkind: X\nimages: [{name: a, newTag: b}]", "x", FileKind::Kustomize),
        ("images: [{name: a, newTag: b}]", "kustomization.yml", FileKind::Kustomize),
        ("services: {a: {image: b}}", "x", FileKind::Compose),
        (
            "Resources: {a: {Type: AWS::Lambda::Function, Properties: {Code: {ImageUri: b}}}}",
            "x",
            FileKind::CloudFormation,
        ),
    ] {
        let file = DeployFile::read(text.as_bytes(), name, None).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((file.kind(), file.found().len()), (expected, 1), "{text}");
        // Said by the user, it is the same.
        assert_eq!(DeployFile::read(text.as_bytes(), name, Some(expected)).unwrap().found().len(), 1, "{text}");
    }
}

#[test]
fn what_is_no_deploy_file_is_named_with_what_was_looked_for() {
    for text in [
        "a: b",
        "text",
        "[1]",
        "images: [{name: a, newTag: b}]",
        // A workflow, a chart's values, an AppSpec.
        "jobs: {a: {steps: [{uses: b}]}}",
        "image: {repository: nginx, tag: v1}",
        "version: 0.0\nResources: [{TargetService: {Type: AWS::ECS::Service}}]",
    ] {
        assert!(matches!(read_error(text, "x.yaml"), PinError::Unknown { .. }), "{text}");
    }
    insta::assert_snapshot!(read_error("version: 2\nbuild: {}\n", "x"), @r#"a map with "version", "build", expected an ECS task definition (containerDefinitions), imagedefinitions.json (a list with imageUri), imageDetail.json (ImageURI), a Kubernetes manifest (apiVersion and kind), a kustomization, a compose file (services), or a CloudFormation template (Resources)"#);
    assert!(matches!(read_error("# only this\n---\n", "x"), PinError::Empty));
    let both = "services: {a: {image: b}}\nResources: {a: {Type: x}}";
    assert!(matches!(read_error(both, "x"), PinError::Ambiguous(FileKind::Compose, FileKind::CloudFormation)));
    let pod = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: b}]}\n";
    let mixed = format!("{pod}---\nservices: {{a: {{image: b}}}}\n");
    assert!(matches!(read_error(&mixed, "x"), PinError::Ambiguous(FileKind::Kubernetes, FileKind::Compose)));
    assert!(matches!(read_error(&format!("{pod}---\na: b\n"), "x"), PinError::NotOfKind { place: (5, 1), .. }));
    assert!(matches!(read_error(&format!("{pod}---\n- b\n"), "x"), PinError::NotOfKind { place: (5, 1), .. }));
}

#[test]
fn a_file_without_an_image_is_no_success() {
    for (text, kind) in [
        ("apiVersion: v1\nkind: Service\nspec: {}", FileKind::Kubernetes),
        ("services: {a: {ports: [80]}}", FileKind::Compose),
        ("services: {a: }", FileKind::Compose),
        ("containerDefinitions: []", FileKind::Ecs),
        ("Resources: {a: {Type: AWS::S3::Bucket}}", FileKind::CloudFormation),
        ("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a]", FileKind::Kustomize),
    ] {
        assert!(matches!(read_error(text, "x"), PinError::NoImages { kind: found } if found == kind), "{text}");
    }
    let forced = DeployFile::read(b"services: {a: {image: b}}", "x", Some(FileKind::Ecs));
    assert!(matches!(forced, Err(PinError::NoImages { kind: FileKind::Ecs })));
}

#[test]
fn what_cannot_be_read_is_an_error_of_its_own() {
    let chart = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: {{ .Values.image }}\n";
    assert!(matches!(read_error(chart, "x"), PinError::Template { .. }));
    let chart = "{{- if .Values.enabled }}\nkind: Pod\n{{- end }}\n";
    assert!(matches!(read_error(chart, "x"), PinError::Template { .. }));
    let duplicate = "services: {a: {image: b, image: c}}";
    assert!(matches!(read_error(duplicate, "x"), PinError::Document(DocumentError::Duplicate { .. })));
    let json = "{\"containerDefinitions\": [{\"image\": \"a\", \"image\": \"b\"}]}";
    for name in ["x", "x.json"] {
        assert!(matches!(read_error(json, name), PinError::Document(DocumentError::Duplicate { place: (1, 42), .. })));
    }
    // YAML is not read from a file that says to be JSON.
    assert!(matches!(read_error("{services: {a: {image: b}}}", "x.json"), PinError::Document(DocumentError::Json(_))));
    DeployFile::read(b"{services: {a: {image: b}}}", "x.yaml", None).unwrap();
    let many = format!("[{}]", vec!["{\"image\":\"a\"}"; 10_001].join(","));
    assert!(matches!(read_error(&many, "x.json"), PinError::TooManyImages { .. }));
    let many = format!("[{}]", vec!["{\"image\":\"a\"}"; 10_000].join(","));
    assert_eq!(DeployFile::read(many.as_bytes(), "x.json", None).unwrap().found().len(), 10_000);
}

fn only(image: &str) -> What {
    let text = format!("apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: a, image: {image}}}]}}\n");
    let mut found = DeployFile::read(text.as_bytes(), "x", None).unwrap().found;
    assert_eq!(found.len(), 1, "{image}: {found:?}");
    found.remove(0).what
}

#[test]
fn what_stands_in_the_place_of_an_image_is_told_apart() {
    for (image, expected) in [
        ("\"${A}\"", Computed::Variable),
        ("nginx:$TAG", Computed::Variable),
        ("\"{{ .image }}\"", Computed::Template),
        ("<IMAGE1_NAME>", Computed::Placeholder),
    ] {
        assert!(matches!(only(image), What::Computed(found) if found == expected), "{image}");
    }
    for image in ["[a]", "{a: b}", "1", "1.5", "true", "~", "", "!x nginx"] {
        assert!(matches!(only(image), What::Wrong(Wrong::Kind { .. })), "{image}");
    }
    assert!(matches!(only("''"), What::Wrong(Wrong::Empty)));
    assert!(matches!(only("a b"), What::Wrong(Wrong::Reference(_))));
    assert!(matches!(only("!!str nginx"), What::Literal(_)));
    let block = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - image: |-\n      nginx\n";
    let file = DeployFile::read(block.as_bytes(), "x", None).unwrap();
    assert!(matches!(file.found()[0].what, What::Unsupported(Unsupported::Block)));
}

#[test]
fn members_that_must_be_there_and_names_in_another_case_are_named() {
    let missing = DeployFile::read(b"containerDefinitions: [{name: a}]", "x", None).unwrap();
    assert!(matches!(missing.found()[0].what, What::Wrong(Wrong::Missing { .. })));
    let file = DeployFile::read(b"containerDefinitions: [{image: a, \"IMAGE\": b}]", "x", None).unwrap();
    let folded = |what: &What| matches!(what, What::Wrong(Wrong::Folded { found, .. }) if found == "IMAGE");
    assert!(file.found().len() == 2 && file.found().iter().any(|found| folded(&found.what)));
    // What a controller completes later is nothing that was verified.
    let pod =
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a}, {image: b}], volumes: [{image: {pullPolicy: c}}]}";
    let pod = DeployFile::read(pod.as_bytes(), "x", None).unwrap();
    let missing = |found: &crate::pin::Found| matches!(found.what, What::Wrong(Wrong::Missing { .. }));
    assert_eq!(pod.found().iter().filter(|found| missing(found)).count(), 2);
}

#[test]
fn what_may_be_an_image_of_an_unknown_kind_is_told() {
    let text = "apiVersion: a/v1\nkind: Prometheus\nspec: {image: a, thanos: {image: b}, containers: [{name: c, image: d}], e: {image: {f: g}}}";
    let file = DeployFile::read(text.as_bytes(), "x", None).unwrap();
    let unseen: Vec<_> = file.unseen().iter().map(|unseen| format!("{}={}", unseen.path, unseen.text)).collect();
    assert_eq!(unseen, ["spec.image=a", "spec.thanos.image=b"]);
    assert!(file.found().len() == 1 && file.found()[0].guessed);
    // Of a known kind it is known where its images are.
    let text = "apiVersion: v1\nkind: Pod\nspec: {image: a, containers: [{image: d}]}";
    assert!(DeployFile::read(text.as_bytes(), "x", None).unwrap().unseen().is_empty());
}

#[test]
fn a_text_that_is_used_for_something_else_as_well_is_told() {
    for (text, expected) in [
        ("services: {a: {image: &i a}, b: {image: *i}}", false),
        ("services: {a: {image: &i a, command: *i}}", true),
        ("x-image: &i a\nservices: {a: {image: *i}}", true),
        ("x-service: &s {image: a}\nservices: {a: {<<: *s}, b: {<<: *s}}", false),
        ("services: {a: {image: &i a}}", false),
    ] {
        let file = DeployFile::read(text.as_bytes(), "x", None).unwrap();
        assert_eq!(file.found()[0].used_elsewhere, expected, "{text}");
    }
}

#[test]
fn what_is_no_literal_is_refused_but_for_exact_texts() {
    let text =
        "services: {a: {image: \"${A}\"}, b: {image: \"${A} \"}, c: {build: .}, d: {image: 1}, e: {image: nginx}}";
    let file = DeployFile::read(text.as_bytes(), "x", None).unwrap();
    let refused = |allowed: &[&str]| {
        let allowed = allowed.iter().map(|text| (*text).to_owned()).collect();
        file.refused(&allowed).map(|found| found.owner.clone().unwrap()).collect::<String>()
    };
    assert_eq!(refused(&[]), "abcd");
    assert_eq!(refused(&["${A}", "c"]), "bd");
    // A number stays wrong, whatever is allowed, and part of a text is not it.
    assert_eq!(refused(&["1", "${A", "", "nginx"]), "abcd");
}
