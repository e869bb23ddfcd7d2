//! Properties of the front end: whatever the bytes, parsing ends in time and
//! without a panic; and what the printer prints parses to a tree that prints the
//! same.

use std::sync::{Arc, mpsc};
use std::time::Duration;

use bumpalo::Bump;
use proptest::prelude::*;
use ruff::engine::{Diagnostic, SourceFile};
use ruff::tools::{format as formatted, parse, print};

mod format;
mod generate;
mod mutants;

/// How long any text of these tests may take, on a busy machine too.
const LIMIT: Duration = Duration::from_secs(20);

/// Nested programs want the stack the command gives the parser.
const STACK: usize = 512 << 20;

fn on_big_stack<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, f);
        thread.expect("a thread").join().expect("no panic")
    })
}

/// Parses `text`, renders what is wrong with it, and gives the program as
/// printed. A text that takes longer than [`LIMIT`] fails the test.
fn survive(text: &str) -> (String, Vec<Diagnostic>) {
    let mut results = survive_each(vec![text.to_string()]);
    results.pop().expect("one text, one result")
}

fn survive_each(texts: Vec<String>) -> Vec<(String, Vec<Diagnostic>)> {
    let (sender, receiver) = mpsc::channel();
    let shared = Arc::new(texts);
    let texts = Arc::clone(&shared);
    let work = move || {
        for text in texts.iter() {
            // The receiver is gone once the test has failed.
            if sender.send(read(text)).is_err() {
                return;
            }
        }
    };
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(work);
    let thread = thread.expect("a thread");
    let mut results = Vec::with_capacity(shared.len());
    for text in shared.iter() {
        match receiver.recv_timeout(LIMIT) {
            Ok(result) => results.push(result),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let shown: String = text.chars().take(10_000).collect();
                panic!("parsing has not ended after {LIMIT:?}: {shown}")
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    thread.join().expect("no panic");
    results
}

fn read(text: &str) -> (String, Vec<Diagnostic>) {
    let source = SourceFile::new("any.ruff", text);
    let arena = Bump::new();
    let (module, diagnostics) = parse(&source, &arena);
    for diagnostic in &diagnostics {
        let shown = diagnostic.render(&source);
        assert!(shown.contains("any.ruff:"), "{shown}");
        assert!(diagnostic.span.lo <= diagnostic.span.hi);
    }
    assert!(diagnostics.len() <= 20);
    if diagnostics.is_empty() {
        formatted(&module, &source);
    }
    (print(&module), diagnostics)
}

/// Prints, parses and prints again: both prints are equal.
fn stable(printed: &str) {
    let (again, diagnostics) = survive(printed);
    let source = SourceFile::new("any.ruff", printed);
    let shown: String = diagnostics.iter().map(|d| d.render(&source)).collect();
    assert!(diagnostics.is_empty(), "{printed}\n{shown}");
    assert_eq!(printed, again);
}

/// Pieces of programs, likely to come close to the grammar.
const PIECES: &[&str] = &[
    "let ",
    "mut ",
    "const ",
    "func ",
    "func* ",
    "return ",
    "struct ",
    "class ",
    "enum ",
    "match ",
    "case ",
    "if ",
    "else ",
    "loop ",
    "while ",
    "for ",
    "in ",
    "break ",
    "continue ",
    "try ",
    "except ",
    "finally ",
    "import ",
    "from ",
    "export ",
    "spawn ",
    "async ",
    "await ",
    "yield ",
    "true ",
    "false ",
    "null ",
    "self",
    "test ",
    "default ",
    "throw ",
    "elif ",
    "def ",
    "var ",
    "not ",
    "and ",
    "or ",
    "switch ",
    "catch ",
    "x",
    "y ",
    "foo",
    "Name",
    "_",
    "42",
    "1.5",
    "0xff",
    "1e5",
    "99999999999999999999",
    "1__0",
    "\"a\"",
    "\"",
    "\"${",
    "\"\"\"",
    "${",
    "}",
    "{",
    "(",
    ")",
    "[",
    "]",
    "?[",
    "?.",
    "?",
    ".",
    "..",
    "..=",
    "...",
    ",",
    ";",
    ":",
    "::",
    ":=",
    "=",
    "==",
    "===",
    "+",
    "-",
    "*",
    "**",
    "/",
    "%",
    "+=",
    "<<",
    ">>",
    ">>=",
    "<",
    ">",
    "&",
    "&&",
    "|",
    "||",
    "|>",
    "??",
    "!",
    "~",
    "->",
    "=>",
    "\n",
    "\r\n",
    "\r",
    "\t",
    " ",
    "  ",
    "# c\n",
    "// c\n",
    "/*",
    "*/",
    "'",
    "`",
    "\\",
    "@",
    "$",
    "é",
    "日",
    "😀",
    "\u{feff}",
    "\u{0}",
    "++",
    "--",
    "x: int := 1\n",
    "a.b(c)",
    "case 1: ",
    "{x, y} := ",
    "for i in 0..n { ",
];

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_bytes_end_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        match SourceFile::from_bytes("any.ruff", bytes) {
            Ok(source) => {
                survive(source.text());
            }
            Err(error) => {
                prop_assert!(error.diagnostic.render(&error.source).contains("UTF-8"));
            }
        }
    }

    #[test]
    fn any_text_ends_without_a_panic(text in any::<String>()) {
        survive(&text);
    }

    #[test]
    fn token_soup_ends_and_what_is_understood_prints_stably(
        picks in prop::collection::vec(0..PIECES.len(), 0..120),
    ) {
        let text: String = picks.iter().map(|&pick| PIECES[pick]).collect();
        let (printed, diagnostics) = survive(&text);
        // A statement that is refused for its place alone, as a stray `return`,
        // is still in the tree and is refused again.
        if diagnostics.is_empty() {
            stable(&printed);
        }
    }

    #[test]
    fn printed_trees_parse_and_print_the_same(
        choices in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        let arena = Bump::new();
        let module = generate::module(&arena, &choices);
        stable(&print(&module));
    }
}

/// The tree of `f(default {a: func() { return }, b: 1})` without the parentheses
/// that keep the name of the literal from being a clause: the printer adds them.
#[test]
fn added_parentheses_are_laid_out_like_written_ones() {
    use ruff::tools::ast::*;
    let span = Span::new(0, 0);
    let ident = |name| Ident { name, span };
    let def = FuncDef {
        name: None,
        params: &[],
        result: None,
        body: Block {
            stmts: &[Stmt {
                kind: StmtKind::Return(None),
                span,
            }],
            span,
        },
        is_generator: false,
        is_async: false,
        form: FuncForm::Func,
        span,
    };
    let (func, one, callee) = [
        ExprKind::Func(&def),
        ExprKind::Int(IntLit::Small(1)),
        ExprKind::Name("f"),
    ]
    .map(|kind| Expr { kind, span })
    .into();
    let pair = |name, value| FieldInit::Pair {
        name: ident(name),
        value,
    };
    let items = [pair("a", &func), pair("b", &one)];
    let literal = Expr {
        kind: ExprKind::StructLit {
            name: ident("default"),
            items: &items,
        },
        span,
    };
    let args = [Arg {
        value: &literal,
        spread: false,
    }];
    let call = Expr {
        kind: ExprKind::Call {
            callee: &callee,
            args: &args,
        },
        span,
    };
    let stmts = [Stmt {
        kind: StmtKind::Expr(&call),
        span,
    }];
    let body = Block {
        stmts: &stmts,
        span,
    };
    stable(&print(&Module {
        body,
        comments: &[],
    }));
}

#[test]
fn a_value_named_default_ends_before_a_brace_on_the_next_line() {
    for text in [
        "func* g() { x := yield default\n{} }",
        "func f(default) { return default\n{a} := b }",
        "default: loop { break default\n{} }",
    ] {
        let (printed, diagnostics) = survive(text);
        assert!(diagnostics.is_empty(), "{text}: {}", diagnostics[0].message);
        assert!(!printed.contains("\n    default\n"), "{printed}");
        stable(&printed);
    }
    let text = "match a { case 1: return default { } }";
    let (printed, diagnostics) = survive(text);
    assert!(printed.contains("default: {}"), "{printed}{diagnostics:?}");
}

#[test]
fn damaged_programs_end_without_a_panic() {
    let whole = include_str!("sample.ruff");
    stable(&survive(whole).0);
    assert!(survive(whole).1.is_empty());
    let cuts: Vec<usize> = whole.char_indices().map(|(at, _)| at).collect();
    for pair in cuts.windows(2) {
        survive(&whole[..pair[0]]);
        survive(&whole[pair[0]..]);
        survive(&[&whole[..pair[0]], &whole[pair[1]..]].concat());
    }
}

#[test]
fn a_thousand_levels_of_any_nesting_are_fine() {
    let forms = [
        ("(", "x", ")"),
        ("[", "x", "]"),
        ("{a: ", "x", "}"),
        ("f(", "x", ")"),
        ("a[", "x", "]"),
        ("-", "x", ""),
        ("!", "x", ""),
        ("await ", "x", ""),
        ("2 ** ", "x", ""),
        ("P { f: ", "x", "}"),
        ("\"${", "x", "}\""),
        ("throw ", "x", ""),
        ("func() { y := ", "x", "}"),
        ("spawn { ", "x", "}"),
        ("f(func() { ", "x", "})"),
        ("x => ", "x", ""),
        ("(a, b) => { y := ", "x", "}"),
        ("if a { ", "x", " } else { y }"),
        ("if ", "x", " { b }"),
        ("try { ", "x", " } except { }"),
    ];
    for (open, middle, close) in forms {
        let text = format!("x := {}{middle}{}", open.repeat(1000), close.repeat(1000));
        let (printed, diagnostics) = survive(&text);
        assert!(diagnostics.is_empty(), "{open}: {}", diagnostics[0].message);
        stable(&printed);
    }
    let statements = [
        ("if a { ", "}"),
        ("while a { ", "}"),
        ("loop { ", "}"),
        ("for a in b { ", "}"),
        ("try { ", "} except { }"),
        ("func f() { ", "}"),
        ("match a { case 1: { ", "} }"),
        ("struct S { func f() { ", "} }"),
    ];
    for (open, close) in statements {
        let text = format!("{}{}", open.repeat(1000), close.repeat(1000));
        let (printed, diagnostics) = survive(&text);
        assert!(diagnostics.is_empty(), "{open}: {}", diagnostics[0].message);
        stable(&printed);
    }
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("Ok(", ")"), ("P { a: ", "}")] {
        let pattern = format!("{}x{}", open.repeat(1000), close.repeat(1000));
        let text = format!("match v {{ case {pattern}: {{ }} }}");
        let (_, diagnostics) = survive(&text);
        assert!(diagnostics.is_empty(), "{open}: {}", diagnostics[0].message);
    }
}

#[test]
fn too_deep_nesting_is_one_diagnostic() {
    let forms = [
        "(",
        "[",
        "{a: ",
        "f(",
        "a[",
        "-",
        "!",
        "await ",
        "2 ** ",
        "P { f: ",
        "\"${",
        "throw ",
        "func() { y := ",
        "if a { ",
        "loop { ",
        "match a { case 1: { ",
        "[x",
        "let [",
        "x: [",
        "case [",
        "match v { case [",
        "struct S { func f() { ",
        "export ",
        "x?[",
        "yield ",
    ];
    for open in forms {
        for count in [5_000, 300_000] {
            let text = open.repeat(count);
            let (_, diagnostics) = survive(&text);
            assert!(!diagnostics.is_empty(), "{open}");
        }
    }
}

#[test]
fn long_chains_are_no_nesting() {
    let links = 10_000;
    for (link, first) in [
        (" + a", "a"),
        (".m()", "a"),
        ("[0]", "a"),
        (" |> f", "a"),
        (" && b", "a"),
        (" else if c { y() }", "if a { z() }"),
        ("?.b", "a"),
        ("(1)", "a"),
        ("? ", "a"),
        ("; x", "x"),
        (" - 1", "a"),
    ] {
        let text = format!("{first}{}", link.repeat(links));
        let (printed, diagnostics) = survive(&text);
        assert!(diagnostics.is_empty(), "{link}: {}", diagnostics[0].message);
        stable(&printed);
        let text = format!("{first}{}", link.repeat(links * 3));
        let (_, diagnostics) = survive(&text);
        let fits = link == "; x";
        assert_eq!(diagnostics.is_empty(), fits, "{link}");
    }
}

#[test]
fn nested_chains_stay_within_the_height_limit() {
    let inner = " + a".repeat(9_000);
    let text = format!("x := (((a{inner}){inner}){inner})");
    let (_, diagnostics) = survive(&text);
    assert!(diagnostics[0].message.contains("too deeply nested"));
}

#[test]
fn long_input_takes_linear_time() {
    // Shapes that invite quadratic look-ahead or recovery.
    let shapes = [
        "case n { a: ",
        "x ? ",
        "{",
        "}",
        ")",
        "a b ",
        "\"",
        "match x { case n {",
        "x := (",
        "'",
        "/*",
        "\"\"\"",
        "elif x {",
        "for (",
        "${",
        "\\",
        "f(func() { ",
        "fn (",
        "[...",
        ": ",
    ];
    for shape in shapes {
        survive(&shape.repeat(300_000 / shape.len()));
    }
}

/// A slip is mended for the parser by other tokens. The one that is an error too many is
/// found where the parser has gone to the end already.
#[test]
fn slips_that_end_the_reading_end_it() {
    let before = "x := := 1\n";
    for slip in [
        "if a { }\nelif b { }\n",
        "if a { } elif b { }",
        "try { } catch (e) { }\n",
        "try { } catch { }",
    ] {
        for count in 0..40 {
            survive(&(before.repeat(count) + slip));
        }
    }
}
