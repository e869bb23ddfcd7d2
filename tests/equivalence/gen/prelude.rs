//! Functions that the programs use to show what they do and to keep values small.
//! They are statements and parts like the rest, so that they shrink too.

use super::word;
use crate::kind::Kind;
use crate::tree::{Block, decl, expr, stmt};

pub fn prelude() -> Block {
    let text = |text: &str| stmt!("@", text);
    let shown = expr!(Kind::Str, "(type(x) + \" \" + @)", word(Kind::Str, "t"));
    let report = expr!(
        Kind::Str,
        "(\"! \" + @ + \" ${cut(e.message)} ${e.line}:${e.column} ${where}\")",
        word(Kind::Str, "e.kind")
    );
    let few = stmt!(
        "if shown <= 250 && t != last {@} else {@}",
        vec![text("last := t"), text("print(t)")],
        {
            vec![text(
                "digest := (digest * 31 + len(t) * 7 + ord(t[len(t) / 2])) % 1000003",
            )]
        }
    );
    vec![
        decl!("mut shown := 0"),
        decl!("mut digest := 7"),
        decl!("mut last := \"\""),
        // Not the same line again and again, and not without end.
        decl!("func put(t) {@}", vec![text("shown += 1"), few]),
        decl!(
            "func cut(t) {@}",
            vec![
                text("if len(t) > 60 { return t[0:50] + \"~\" }"),
                text("return t")
            ]
        ),
        decl!(
            "func show(x) {@}",
            vec![
                text("mut t := \"${x}\""),
                text("if len(t) > 160 { t := t[0:140] + \"...\" + to_string(len(t)) }"),
                stmt!("put(@)", shown),
            ]
        ),
        decl!(
            "func oops(e) {@}",
            vec![
                text("mut where := to_string(len(e.stack))"),
                text("if len(e.stack) < 9 { where := join(e.stack, \",\") }"),
                stmt!("put(@)", report),
            ]
        ),
        decl!(
            "func paused(v) {@}",
            vec![text("sleep(0)"), text("return v")]
        ),
        decl!(
            "async func later(v) {@}",
            vec![text("await async_sleep(0)"), text("return v")]
        ),
        decl!(
            "async func refused(v) {@}",
            vec![text("await async_sleep(0)"), text("throw \"refused\"")]
        ),
        decl!(
            "func recovered(v) {@}",
            vec![text("try { await refused(v) } except e { return v }")]
        ),
        decl!(
            "async func as_task(f, args) {@}",
            vec![text("return f(...args)")]
        ),
        decl!(
            "func within(f, args) {@}",
            vec![text("return with_timeout(100000, f, ...args)")]
        ),
        decl!(
            "func cap(n) {@}",
            vec![
                text(
                    "if n > 4611686018427387904 || n < -4611686018427387904 { return n % 1000003 }"
                ),
                text("return n"),
            ]
        ),
        decl!(
            "func wide(n) {@}",
            vec![
                text("if n > 2 ** 100 || n < -(2 ** 100) { return n % 147573952589676412979 }"),
                text("return n"),
            ]
        ),
        decl!(
            "func brief(xs) {@}",
            vec![
                text("if len(xs) > 30 { return xs[0:20] }"),
                text("return xs")
            ]
        ),
        decl!(
            "func trim_any(x) {@}",
            vec![
                text("if is_string(x) { return cut(x) }"),
                text("if is_int(x) { return cap(x) }"),
                text("if is_array(x) { return len(x) }"),
                text("return x"),
            ]
        ),
        decl!(
            "func if_even(n, x) {@}",
            vec![text("if n % 2 == 0 { return x }"), text("return 1")]
        ),
        decl!(
            "func first_over(xs, test) {@}",
            vec![
                text("for x in xs { if test(x) { return Some(x) } }"),
                text("return None"),
            ]
        ),
        decl!(
            "func group_sizes(t) {@}",
            vec![
                text("sizes := {}"),
                text("for c in t { sizes[c] := (sizes?[c] ?? 0) + 1 }"),
                text("return sizes"),
            ]
        ),
    ]
}
