//! Both languages, and what is refused in each.

use proptest::prelude::*;

use super::*;

fn yaml(text: &str) -> Vec<Document> {
    parse_yaml(text.as_bytes()).unwrap()
}

fn yaml_error(text: &str) -> DocumentError {
    parse_yaml(text.as_bytes()).map(drop).expect_err("an error")
}

fn json_error(text: &str) -> DocumentError {
    parse_json(text.as_bytes()).map(drop).expect_err("an error")
}

/// The tree in a notation of its own, with the text of each scalar's span.
fn shown(text: &str, node: Node<'_>) -> String {
    let tag = node.tag().map(|tag| format!("<{tag}> ")).unwrap_or_default();
    let content = match (node.is_alias(), node.list(), node.map()) {
        (true, ..) => format!("*{}", node.target().index()),
        (_, Some(items), _) => {
            format!("[{}]", items.map(|item| shown(text, item)).collect::<Vec<_>>().join(", "))
        }
        (_, _, Some(map)) => {
            let members = map.members().map(|(key, value)| format!("{}: {}", shown(text, key), shown(text, value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        _ => format!("{:?}", &text[node.span()]),
    };
    tag + &content
}

/// All scalars, each at its place: spans and places must say the same.
fn check_places(text: &str, document: &Document) {
    let mut last = 0;
    for node in document.nodes().filter(|node| node.style().is_some() && !node.is_alias()) {
        if matches!(node.style(), Some(Style::Literal | Style::Folded)) || node.span().is_empty() {
            continue;
        }
        assert!(node.span().start >= last, "{text:?}: {node:?}");
        last = node.span().end;
        let before = text[..node.span().start].trim_start_matches('\u{feff}');
        assert_eq!(node.place(), source::advance((1, 1), before), "{text:?}: {node:?}");
    }
}

#[test]
fn values_know_their_bytes_and_places() {
    let text = "\u{feff}# é\r\na: &x \"re/po:1\" # é\r\nb: !Sub 'it''s' # why\r\nc: {d: [é, *x], e: }\r\n? f\r\n: !!str &y # why\r\n  plain  # é\r\n\
                g: |\r\n  text\r\nh: 1.25\r\ni:\r\n--- ~\r\n";
    let documents = yaml(text);
    let found: Vec<_> = documents.iter().map(|document| shown(text, document.root())).collect();
    insta::assert_snapshot!(found.join("\n"), @r###"
    {"a": "\"re/po:1\"", "b": <!Sub> "'it''s'", "c": {"d": ["é", *2], "e": ""}, "f": <tag:yaml.org,2002:str> "plain", "g": "text\r\n", "h": "1.25", "i": ""}
    "~"
    "###);
    documents.iter().for_each(|document| check_places(text, document));
    let map = documents[0].root().map().unwrap();
    assert_eq!(map.get("a").unwrap().place(), (2, 7));
    assert_eq!(map.get("a").unwrap().text(), Some("re/po:1"));
    assert_eq!(map.get("b").unwrap().raw(), Some("it's"));
    assert_eq!(map.get("b").unwrap().tag(), Some("!Sub"));
    assert_eq!((map.get("b").unwrap().text(), map.get("b").unwrap().kind()), (None, Kind::Tagged));
    assert_eq!(map.get("f").unwrap().text(), Some("plain"));
    assert_eq!(map.get("g").unwrap().style(), Some(Style::Literal));
    assert_eq!((map.get("h").unwrap().kind(), map.get("h").unwrap().raw()), (Kind::Number, Some("1.25")));
    assert!(map.get("i").unwrap().is_null() && documents[1].root().is_null());
    let list = map.get("c").unwrap().map().unwrap().get("d").unwrap().list().unwrap();
    let alias = list.last().unwrap();
    assert!(alias.is_alias() && alias.text() == Some("re/po:1") && alias.target().place() == (2, 7));
}

#[test]
fn values_of_json_know_them_too() {
    let text = "\u{feff}{\t\"a\":\t[1,\t-2.5e3 , true,null],\r\n \"é\": \"\\u00e9\\n/\", \"b\":{}, \"c\" : \"é\"}\n";
    let document = parse_json(text.as_bytes()).unwrap();
    insta::assert_snapshot!(shown(text, document.root()), @r###"{"\"a\"": ["1", "-2.5e3", "true", "null"], "\"é\"": "\"\\u00e9\\n/\"", "\"b\"": {}, "\"c\"": "\"é\""}"###);
    check_places(text, &document);
    let map = document.root().map().unwrap();
    assert_eq!((map.get("é").unwrap().text(), map.get("é").unwrap().place()), (Some("é\n/"), (2, 7)));
    assert_eq!(&text[document.root().span()], text.trim_start_matches('\u{feff}').trim_end());
    for (at, kind) in [Kind::Number, Kind::Number, Kind::Boolean, Kind::Null].into_iter().enumerate() {
        assert_eq!(map.get("a").unwrap().list().unwrap().nth(at).unwrap().kind(), kind);
    }
    assert_eq!(map.get("a").unwrap().list().unwrap().next().unwrap().integer(), Some(1));
}

#[test]
fn a_file_of_comments_has_no_document_and_an_empty_one_is_null() {
    assert!(yaml("").is_empty() && yaml("# a\n\n").is_empty());
    assert_eq!(yaml("---\n---\na: b\n...\n# c\n").len(), 2);
    assert!(yaml("---\n")[0].root().is_null());
    assert!(matches!(json_error(""), DocumentError::Json(_)));
}

#[test]
fn duplicate_keys_are_refused_with_both_places() {
    for (text, name, place, first) in [
        ("a: 1\nb: {c: 1, \"c\": 2}\n", "c", (2, 11), (2, 5)),
        ("- é: 1\n  é: 1\n", "é", (2, 3), (1, 3)),
        ("x: &k a\ny: {a: 1, *k : 2}\n", "a", (2, 11), (2, 5)),
        ("a: &a {}\n<<: *a\n<<: *a\n", "<<", (3, 1), (2, 1)),
    ] {
        let error = yaml_error(text);
        let DocumentError::Duplicate { name: found, place: at, first: before } = &error else { panic!("{error}") };
        assert_eq!((found.as_str(), *at, *before), (name, place, first), "{text}");
        assert_eq!(error.place(), Some(place));
    }
    let error = json_error("{\"a\": 1,\n\t\"\\u0061\": 2, \"b\"");
    assert!(
        matches!(&error, DocumentError::Duplicate { name, place: (2, 2), first: (1, 2) } if name == "a"),
        "{error}"
    );
    yaml("a: {b: 1}\nb: {b: 1}\n---\na: 1\n");
}

#[test]
fn keys_are_strings_and_a_merge_is_not_in_quotes() {
    assert!(matches!(yaml_error("a: 1\n? [b]\n: c\n"), DocumentError::Key { place: (2, 3) }));
    assert!(matches!(yaml_error("a: &a {}\nb: {*a : c}\n"), DocumentError::Key { place: (2, 5) }));
    assert!(matches!(yaml_error("a: &a {}\nb: {'<<': *a}\n"), DocumentError::QuotedMerge { place: (2, 5) }));
    yaml("1: a\n~: b\ntrue: c\n");
}

#[test]
fn an_alias_stands_for_an_anchor_that_comes_before_it_in_its_document() {
    for (text, expected) in
        [("a: *b\n", (1, 4)), ("a: &b c\n---\na: *b\n", (2, 4)), ("- *b\n- &b c\n", (1, 3)), ("{a: *b}", (1, 5))]
    {
        let error = yaml_error(text);
        assert!(matches!(&error, DocumentError::UnknownAlias { name, .. } if name == "b"), "{text}: {error:?}");
        let place = if text.contains("---") { (3, 4) } else { expected };
        assert_eq!(error.place(), Some(place), "{text}");
    }
    let error = yaml_error("a: &b [1, {c: *b}]\n");
    assert!(matches!(&error, DocumentError::RecursiveAlias { name, place: (1, 15) } if name == "b"), "{error:?}");
    // The last anchor of a name counts.
    let documents = yaml("- &a x\n- &a y\n- *a\n");
    assert_eq!(documents[0].root().list().unwrap().last().unwrap().text(), Some("y"));
}

#[test]
fn merged_members_are_those_that_some_reader_takes() {
    let text = "base: &base {image: base, only: yes}\nmore: &more {image: more}\n\
                after: {<<: *base, image: own}\nbefore: {image: own, <<: *base}\nlist: {<<: [*more, *base]}\nnone: {<<: *base, x: 1}\n\
                deep: {<<: {<<: *more}}\n";
    let documents = yaml(text);
    let root = documents[0].root().map().unwrap();
    let of = |name: &str, member: &str| {
        let found = root.get(name).unwrap().map().unwrap().candidates(member);
        found.iter().map(|node| node.text().unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(of("after", "image"), "own");
    assert_eq!(of("before", "image"), "own base");
    assert_eq!(of("list", "image"), "more");
    assert_eq!(of("list", "only"), "yes");
    assert_eq!(of("none", "image"), "base");
    assert_eq!(of("deep", "image"), "more");
    assert_eq!(of("deep", "only"), "");
}

#[test]
fn bombs_are_refused_before_they_expand() {
    let mut wide = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        wide += &format!("a{level}: &a{level} [{items}]\n");
    }
    assert!(matches!(yaml_error(&wide), DocumentError::Expansion { .. }));
    // Each document by itself stays below the cap.
    let small = wide.lines().take(3).collect::<Vec<_>>().join("\n") + "\n";
    yaml(&small);
    assert!(matches!(yaml_error(&format!("---\n{small}").repeat(1_000)), DocumentError::Expansion { .. }));
    // A chain of merges, each of which nests one deeper.
    let chain = |length: usize| {
        let links = (1..length).map(|n| format!("m{n}: &m{n} {{<<: *m{}}}\n", n - 1));
        "m0: &m0 {image: x}\n".to_owned() + &links.collect::<String>()
    };
    assert!(matches!(yaml_error(&chain(limits::DEPTH + 1)), DocumentError::TooDeep { .. }));
    let documents = yaml(&chain(limits::DEPTH - 2));
    let last = documents[0].root().map().unwrap().members().last().unwrap().1;
    assert_eq!(last.map().unwrap().candidates("image").len(), 1);
}

#[test]
fn what_libyaml_reads_in_another_way_is_refused() {
    for (text, place) in [("[a, :b]", (1, 5)), ("a: b\nc: [?d]\n", (2, 5)), ("%YAML 1.3\n---\na: b\n", (1, 1))] {
        let error = yaml_error(text);
        assert!(matches!(error, DocumentError::Disputed { .. }), "{text}: {error}");
        assert_eq!(error.place(), Some(place), "{text}");
    }
    for text in [
        "[a, 'b', {c}]",
        "a: !x [b, !y {c: !z d}]\n",
        "a: 017\nb: ~\nc: .inf\nd: 1e400\n",
        "--- a\n...\n--- # b\n...\n# c\n",
    ] {
        yaml(text);
    }
}

#[test]
fn nesting_is_capped_in_both_languages() {
    for depth in [limits::DEPTH + 1, 250, 100_000] {
        let flow = "[".repeat(depth) + &"]".repeat(depth);
        assert!(matches!(yaml_error(&flow), DocumentError::TooDeep { .. } | DocumentError::Yaml { .. }), "{depth}");
        assert!(matches!(json_error(&flow), DocumentError::Json(_)), "{depth}");
        assert!(matches!(yaml_error(&"- ".repeat(depth)), DocumentError::TooDeep { .. }), "{depth}");
        assert!(
            matches!(yaml_error(&"? ".repeat(depth)), DocumentError::Key { .. } | DocumentError::TooDeep { .. }),
            "{depth}"
        );
    }
    let deep = "[".repeat(limits::DEPTH - 1) + &"]".repeat(limits::DEPTH - 1);
    yaml(&deep);
    parse_json(deep.as_bytes()).unwrap();
}

#[test]
fn documents_values_and_what_is_held_back_are_capped() {
    assert_eq!(yaml(&"--- a\n".repeat(limits::DOCUMENTS)).len(), limits::DOCUMENTS);
    let error = yaml_error(&"--- a\n".repeat(limits::DOCUMENTS + 1));
    assert!(matches!(error, DocumentError::TooManyDocuments { place: (20_001, 1) }), "{error}");
    let error = yaml_error(&"- a\n".repeat(limits::NODES + 1));
    assert!(matches!(error, DocumentError::TooManyNodes { place: (1_000_000, 3) }), "{error}");
    let held = |length: usize| format!("- a\n- [{}]\n", "a value,".repeat(length / 8));
    yaml(&held(limits::HELD_CHARACTERS / 4));
    let error = yaml_error(&held(2 * limits::HELD_CHARACTERS));
    assert!(matches!(error, DocumentError::TooLong { .. }), "{error}");
    let error = json_error(&format!("[{}0]", "0,".repeat(limits::NODES)));
    assert!(matches!(error, DocumentError::Json(_) | DocumentError::TooManyNodes { .. }), "{error}");
}

#[test]
fn other_texts_are_refused_with_their_place() {
    for (text, place) in
        [("a: b: c\n", (1, 5)), ("a:\n\t- b\n", (2, 2)), ("a: [b\n", (2, 1)), ("a: \"b\n", (1, 4)), ("a: @b\n", (1, 4))]
    {
        let error = yaml_error(text);
        assert!(matches!(error, DocumentError::Yaml { .. }), "{text}: {error:?}");
        assert_eq!(error.place(), Some(place), "{text}");
    }
    for text in ["{a: b}", "{'a': 1}", "[1,]", "// a\n{}", "{} {}", "NaN", "01"] {
        assert!(matches!(json_error(text), DocumentError::Json(_)), "{text}");
    }
    assert!(matches!(yaml_error("a: \u{1b}"), DocumentError::Control { .. }));
    assert!(matches!(yaml_error("# \u{2028}a: b"), DocumentError::LineBreak { .. }));
    assert!(matches!(parse_yaml(b"\xff\xfea\0"), Err(DocumentError::Utf16)));
    assert!(matches!(parse_json(b"\"\xff\""), Err(DocumentError::NotUnicode { place: (1, 2) })));
}

/// Twelve times the text must not take a hundred and forty-four times as long. The smallest of a few runs is compared, which other
/// work of the machine lengthens least.
#[test]
fn the_time_grows_as_the_text_does() {
    let block =
        "- name: web\n  image: \"re/po:1\" # é\n  args: [a, \"b\", {c: d}]\n  text: |\n    some text\n  # more\n";
    let flow = "{\"name\":\"wéb\",\"image\":\"re/po:1\",\"args\":[1,2,{\"c\":null}]},";
    let least = |parse: &dyn Fn() -> usize| {
        let time = |_| {
            let start = std::time::Instant::now();
            assert!(parse() > 0);
            start.elapsed()
        };
        (0..3).map(time).min().unwrap()
    };
    let in_yaml = |count: usize| {
        let text = block.repeat(count);
        least(&move || yaml(&text)[0].nodes().len())
    };
    let in_json = |count: usize| {
        let text = format!("[{}0]", flow.repeat(count));
        least(&move || parse_json(text.as_bytes()).unwrap().nodes().len())
    };
    let in_flow = |count: usize| {
        let text = format!("a: [{}0]", flow.repeat(count));
        least(&move || yaml(&text)[0].nodes().len())
    };
    let all: [&dyn Fn(usize) -> std::time::Duration; 3] = [&in_yaml, &in_json, &in_flow];
    for time in all {
        let (small, large) = (time(500), time(6_000));
        assert!(large < small * 60, "{small:?} {large:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "[a-c\\-:&*!?\\[\\]{}|>'\"#,%@\\\\\\t\\r\\n é<]{0,60}") {
        if let Ok(documents) = parse_yaml(text.as_bytes()) {
            documents.iter().for_each(|document| check_places(&text, document));
        }
        drop(parse_json(text.as_bytes()));
    }

    #[test]
    fn no_lines_of_yaml_make_a_reader_panic(
        lines in prop::collection::vec("( {0,4})(- |\\? |&a |\\*a|!t |<<: |[ab]: |: )?(- |[ab]: )?(\\||>-|'é'|\"b\" # é|a # b|\\[a, b: c\\]|\\{a: \\*a\\}|---|\\.\\.\\.|a b)?\r?", 0..8)
    ) {
        let text = lines.join("\n");
        if let Ok(documents) = parse_yaml(text.as_bytes()) {
            documents.iter().for_each(|document| check_places(&text, document));
        }
    }

    #[test]
    fn json_is_read_as_the_core_reads_it_and_as_yaml(value in value()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        let document = parse_json(text.as_bytes()).unwrap();
        check_places(&text, &document);
        prop_assert_eq!(plain(document.root()), value.clone());
        let documents = yaml(&text);
        prop_assert_eq!(plain(documents[0].root()), value);
        check_places(&text, &documents[0]);
    }
}

/// Any JSON value of strings, lists and maps.
fn value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = "[a-c:# é\"\\\\\n]{0,6}".prop_map(serde_json::Value::from);
    leaf.prop_recursive(4, 30, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
            prop::collection::btree_map("[a-c# é\"]{0,4}", inner, 0..4)
                .prop_map(|members| serde_json::Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The tree as a value of JSON.
fn plain(node: Node<'_>) -> serde_json::Value {
    match (node.list(), node.map()) {
        (Some(items), _) => items.map(plain).collect(),
        (_, Some(map)) => map.members().map(|(key, value)| (key.raw().unwrap().to_owned(), plain(value))).collect(),
        _ => node.text().map_or(serde_json::Value::Null, Into::into),
    }
}
