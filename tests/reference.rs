//! The examples that `ruff doc` shows are right: those of built-ins, of which every one
//! has some, and those of keywords and operators.

mod common;

use common::Project;
use ruff::tools::{natives, reference};
use std::collections::HashSet;

/// The outcome of an example, in the form of the table.
fn outcome(project: &Project, call: &str) -> String {
    project.write(
        "example.ruff",
        &format!("result := {call}\nif result != null {{ print(repr(result)) }}\n"),
    );
    let ran = project.ruff(&["example.ruff"]);
    let out = ran.out.trim_end_matches('\n').replace('\n', "\\n");
    match ran.code {
        0 => out,
        4 => ran.err.lines().next().unwrap_or("").to_string(),
        code => format!("ends with {code}"),
    }
}

/// Two by two pixels, uncompressed, for the examples of pictures.
fn picture() -> Vec<u8> {
    let header: [u32; 13] = [
        70 << 16,
        0,
        54 << 16,
        40 << 16,
        2 << 16,
        2 << 16,
        1 << 16,
        24,
        16 << 16,
        0,
        0,
        0,
        0,
    ];
    let mut bytes = b"BM".to_vec();
    // Words of the header begin at an odd half word.
    let halves = header.iter().flat_map(|word| word.to_le_bytes());
    bytes.extend(halves.skip(2).take(52));
    bytes.resize(70, 0);
    bytes
}

#[test]
fn every_built_in_has_an_example_that_is_right() {
    let project = Project::new("examples");
    std::fs::write(project.path("x.bmp"), picture()).expect("a new file");
    let mut known = HashSet::new();
    let built_in: HashSet<&str> = natives().iter().map(|native| native.name).collect();
    for example in reference::examples() {
        // A build may leave functions out.
        if !built_in.contains(example.function) {
            continue;
        }
        known.insert(example.function);
        let got = outcome(&project, example.call);
        assert_eq!(got, example.result, "{}", example.call);
        assert!(example.call.contains(example.function), "{}", example.call);
    }
    for native in natives() {
        assert!(
            known.contains(native.name),
            "{} has no example",
            native.name
        );
    }
}

#[test]
fn examples_of_keywords_are_right() {
    let project = Project::new("topics");
    for word in [
        "let", ":=", "+=", "mut", "func", "if", "match", "for", "while", "break", "try", "struct",
        "class", "enum", "yield", "import", "await", "test", "null", "+", "&", "==", "&&", "??",
        "..", "|>", "${",
    ] {
        let shown = project.ruff(&["doc", "--", word]);
        assert_eq!(shown.code, 0, "{word}: {}", shown.err);
        let (program, printed) = shown
            .out
            .split_once("\n  prints\n")
            .expect("it has an example");
        let part = |text: &str| -> String {
            let lines = text.lines().filter_map(|line| line.strip_prefix("    "));
            lines.map(|line| format!("{line}\n")).collect()
        };
        project.write("example.ruff", &part(program));
        let ran = project.ruff(&["example.ruff"]);
        assert_eq!(ran.out, part(printed), "{word}: {}", ran.err);
    }
}

#[test]
fn programs_are_documented_by_their_comments() {
    let project = Project::new("doc");
    project.write(
        "shop.ruff",
        "/// The price with tax.\n///\n/// In cents.\nexport func price(n: int, tax := 19) -> int {\n    return n + n * tax / 100\n}\n\nfunc hidden() { return 1 }\n\n/// A thing to buy.\nstruct Item {\n    /// In cents.\n    cost := 0\n    /// Makes it cheaper.\n    func discount(self, n) { self.cost -= n }\n}\nprint(hidden())\n",
    );
    let shown = project.ruff(&["doc", "shop.ruff"]);
    assert_eq!(
        shown.out,
        "shop.ruff\n  export func price(n: int, tax := 19) -> int\n      The price with tax.\n  struct Item\n      A thing to buy.\n  cost := 0\n      In cents.\n  func discount(self, n)\n      Makes it cheaper.\n"
    );
    for args in [&["doc", "price"][..], &["doc", "shop.ruff", "price"]] {
        let shown = project.ruff(args);
        assert_eq!(
            shown.out,
            "export func price(n: int, tax := 19) -> int\n    shop.ruff:4\n\n  The price with tax.\n  \n  In cents.\n"
        );
    }
    assert!(
        project
            .ruff(&["doc", "Item.discount"])
            .out
            .contains("Makes it cheaper.")
    );
    assert_eq!(project.ruff(&["doc", "shop.ruff", "nothing"]).code, 1);
    assert_eq!(project.ruff(&["doc", "nothing_like_that"]).code, 1);
}
