//! The reference on the command line, and that `docs/STDLIB.md` has what the
//! tables have, and nothing else.

use crate::stdlib::{CONSTANTS, function, natives, reference};
use std::collections::{HashMap, HashSet};

/// The code spans in the first cells of the tables of functions.
fn spans() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/STDLIB.md");
    let text = std::fs::read_to_string(path).unwrap();
    let (mut spans, mut in_table) = (Vec::new(), false);
    for line in text.lines() {
        if line.starts_with("| function |") {
            in_table = true;
        } else if !line.starts_with('|') {
            in_table = false;
        } else if in_table && !line.starts_with("| ---") {
            let cell = line[1..].split(" | ").next().unwrap();
            let parts = cell.split('`').skip(1).step_by(2);
            spans.extend(parts.map(String::from));
        }
    }
    spans
}

#[test]
fn the_manual_has_every_function_and_no_other() {
    let mut documented = HashSet::new();
    // Fewest and most arguments in the forms that are written out.
    let mut forms: HashMap<&str, (usize, usize)> = HashMap::new();
    let spans = spans();
    for span in &spans {
        let Some((name, params)) = span.split_once('(') else {
            documented.extend(span.split(' '));
            continue;
        };
        // `img.resize(w, h)`: a method alone.
        let (receiver, name) = match name.split_once('.') {
            Some((_, name)) => (1, name),
            None => (0, name),
        };
        documented.insert(name);
        let (mut min, mut max) = (receiver, receiver);
        for param in params.trim_end_matches(')').split(", ") {
            let rest = param.starts_with("...");
            min += (!param.is_empty() && !rest && !param.contains(['?', '='])) as usize;
            max = match rest {
                true => usize::MAX,
                false => max.saturating_add(!param.is_empty() as usize),
            };
        }
        let form = forms.entry(name).or_insert((min, max));
        *form = (form.0.min(min), form.1.max(max));
    }
    // Methods of several types may have one name.
    let mut arities: HashMap<&str, (usize, usize)> = HashMap::new();
    for native in natives() {
        for name in native.names() {
            assert!(documented.contains(name), "{name} is not in docs/STDLIB.md");
        }
        let (min, max) = native.arity();
        let arity = arities.entry(native.name).or_insert((min, max));
        *arity = (arity.0.min(min), arity.1.max(max));
    }
    for (name, arity) in arities {
        if let Some(&form) = forms.get(name)
            && name != "min"
            && name != "max"
        {
            assert_eq!(form, arity, "{name}");
        }
    }
    for name in documented {
        let known = function(name).is_some()
            || natives().iter().any(|n| !n.is_function && n.name == name)
            || CONSTANTS.iter().any(|(c, _)| *c == name);
        assert!(known, "{name} is in docs/STDLIB.md only");
    }
}

#[test]
fn entries_say_what_the_tables_say() {
    assert_eq!(
        reference::entries("to_upper").unwrap(),
        "upper(s: string) -> string\n\n  In capital letters.\n  \
         By the full Unicode mapping: `upper(\"ß\")` is `SS`.\n\n  \
         example  upper(\"abc\")  # \"ABC\"\n  method   s.upper() -> string\n  alias    to_upper\n"
    );
    let add = reference::entries("add").unwrap();
    assert!(add.starts_with("set_add(s: set, v) -> set\n"), "{add}");
    assert!(add.contains("method   s.add(v)  (changes s)\n"), "{add}");
    let push = reference::entries("push").unwrap();
    assert!(push.contains("push(xs: array, v)") && push.contains("stack_push(s: stack, v)"));
    assert!(push.contains("xs.push(v) -> array  (changes xs)"), "{push}");
    let push = reference::entries("stack.push").unwrap();
    assert!(!push.contains("push(xs: array, v)"), "{push}");
    let join = reference::entries("join").unwrap();
    assert!(join.contains("sep?: string = \"\""), "{join}");
    let crop = reference::entries("image.crop").unwrap();
    assert!(crop.starts_with("img.crop(x: whole, y: whole, w: whole, h: whole) -> image\n"));
    let read = reference::entries("read_file").unwrap();
    assert!(read.contains("effect   blocks\n"), "{read}");
    assert!(reference::entries("PI").unwrap().starts_with("PI = 3.14"));
}

#[test]
fn unknown_names_have_suggestions() {
    assert_eq!(reference::entries("uper"), Err(Some("upper".to_string())));
    assert_eq!(
        reference::entries("enqeue"),
        Err(Some("enqueue".to_string()))
    );
    assert_eq!(
        reference::entries("set.ad"),
        Err(Some("set.add".to_string()))
    );
    assert_eq!(reference::entries("nothing_like_it_at_all"), Err(None));
}

#[test]
fn the_overview_has_everything() {
    let text = reference::overview();
    for native in natives() {
        let shown = match native.is_function {
            true => format!("  {}", native.name),
            false => format!("  {}.{}", native.params[0].name, native.name),
        };
        assert!(text.contains(&shown), "{shown}");
    }
}
