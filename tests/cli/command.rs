//! Subcommands, options and the exit codes of LANGUAGE.md 10.

use crate::support::{TempFile, eval, run, run_with_input};

#[test]
fn success_is_0() {
    eval("print(1 + 1)").ended(0).printed("2\n");
}

#[test]
fn findings_of_check_are_1() {
    let file = TempFile::new("findings.ruff", b"print(unknown_name)\n");
    let ran = run(&["check", file.path()]).ended(1);
    assert!(ran.err.contains("unknown_name"), "{ran:?}");
    assert!(ran.out.is_empty(), "check runs nothing: {ran:?}");
}

#[test]
fn check_of_a_sound_program_is_0() {
    let file = TempFile::new("sound.ruff", b"print(\"never printed\")\n");
    run(&["check", file.path()]).ended(0).printed("");
}

#[test]
fn check_of_several_files_gives_the_worst() {
    let sound = TempFile::new("sound.ruff", b"x := 1\nprint(x)\n");
    let found = TempFile::new("found.ruff", b"print(unknown_name)\n");
    let wrong = TempFile::new("wrong.ruff", b"let := 1\n");
    run(&["check", sound.path(), found.path()]).ended(1);
    run(&["check", wrong.path(), found.path()]).ended(3);
    run(&["check", sound.path(), "no such file"]).ended(5);
}

#[test]
fn wrong_usage_is_2() {
    run(&["run"]).ended(2).said("no program given");
    run(&["run", "--no-such-option", "x.ruff"]).ended(2);
    run(&["--no-such-option"]).ended(2);
    run(&["check", "--allow", "no-such-rule"]).ended(2);
    run(&["disasm"]).ended(2);
    run(&["run", "--max-heap", "many", "x.ruff"]).ended(2);
    run(&["run", "--max-heap", "12", "x.ruff"]).ended(2);
    run(&["run", "-e"]).ended(2);
}

#[test]
fn syntax_and_static_errors_are_3() {
    eval("print(1").ended(3).printed("").said("--> <eval>:1:");
    eval("print(\"before\"); let x := 1; x := 2")
        .ended(3)
        .printed("");
    eval("break").ended(3);
    let file = TempFile::new("wrong.ruff", b"x := 1\nfunc {\n");
    let ran = run(&["run", file.path()]).ended(3);
    assert!(ran.err.contains("wrong.ruff:2:"), "{ran:?}");
    run(&["check", file.path()]).ended(3);
    run(&["disasm", file.path()]).ended(3).printed("");
}

#[test]
fn uncaught_errors_are_4() {
    let ran = eval("print(\"before\")\nfunc f(x) { return 1 / x }\nf(0)").ended(4);
    assert_eq!(ran.out, "before\n");
    assert!(ran.err.contains("error: Division by zero\n  --> <eval>:2:"));
    assert!(ran.err.contains("stack (innermost first):"));
    eval("throw \"own\"").ended(4).said("error: own");
}

#[test]
fn unreadable_files_are_5() {
    run(&["run", "no such file.ruff"])
        .ended(5)
        .said("Cannot read file");
    run(&["check", "no such file.ruff"]).ended(5);
    run(&["disasm", "no such file.ruff"]).ended(5);
    let folder = std::env::temp_dir();
    run(&["run", folder.to_str().expect("a plain path")]).ended(5);
}

#[cfg(unix)]
#[test]
fn forbidden_files_are_5() {
    use std::os::unix::fs::PermissionsExt;
    let file = TempFile::new("secret.ruff", b"print(1)");
    let none = std::fs::Permissions::from_mode(0o000);
    std::fs::set_permissions(file.path(), none).expect("our own file");
    // Some users may read everything.
    if std::fs::read(file.path()).is_err() {
        run(&["run", file.path()]).ended(5).printed("");
    }
}

#[test]
fn programs_choose_their_own_code() {
    eval("exit(7)").ended(7);
    eval("try { exit(0) } finally { print(\"not run\") }")
        .ended(0)
        .printed("");
}

#[test]
fn a_file_alone_is_run() {
    let file = TempFile::new("alone.ruff", b"print(\"ran\")");
    run(&[file.path()]).ended(0).printed("ran\n");
    run(&["--gc-stress", file.path()]).ended(0).printed("ran\n");
    run(&["-e", "print(3)"]).ended(0).printed("3\n");
}

#[test]
fn a_dash_is_standard_input() {
    run_with_input(&["-"], b"print(\"in\")")
        .ended(0)
        .printed("in\n");
    run_with_input(&["run", "-"], b"print(\"in\")")
        .ended(0)
        .printed("in\n");
    run_with_input(&["check", "-"], b"print(")
        .ended(3)
        .said("<stdin>:1:");
    run_with_input(&["disasm", "-"], b"print(1)").ended(0);
}

#[test]
fn what_follows_the_program_is_its_own() {
    let file = TempFile::new("args.ruff", b"print(\"ran\")");
    run(&[file.path(), "--gc-stress", "-e", "x", "--help"])
        .ended(0)
        .printed("ran\n");
    run(&["run", file.path(), "--", "-x"])
        .ended(0)
        .printed("ran\n");
}

#[test]
fn disasm_says_when_nothing_was_optimised() {
    let file = TempFile::new("cold.ruff", b"func f(n) { return n + 1 }\nprint(f(1))\n");
    for (more, note) in [
        (&[][..], "note: nothing was optimised"),
        (&["--function", "f"], "note: nothing of 'f' was optimised"),
    ] {
        let args = [&["disasm", "--optimized", file.path()], more].concat();
        run(&args).ended(0).printed("").said(note);
    }
    let hot =
        "func f(n) { t := 0; for i in n { t += i % 7 } return t }\nfor k in 2000 { f(100) }\n";
    let file = TempFile::new("hot.ruff", hot.as_bytes());
    let ran = run(&["disasm", "--optimized", file.path()]).ended(0);
    assert!(ran.err.is_empty() && !ran.out.is_empty(), "{ran:?}");
}

#[test]
fn disasm_shows_one_function_or_all() {
    let file = TempFile::new(
        "listing.ruff",
        b"func first(a) { return a + 1 }\nfunc second(b) { return b * 2 }\nprint(first(second(3)))\n",
    );
    let all = run(&["disasm", file.path()]).ended(0).out;
    assert!(all.contains("first") && all.contains("second") && all.contains("<script>"));
    let one = run(&["disasm", "--function", "first", file.path()])
        .ended(0)
        .out;
    assert!(one.contains("return a + 1"), "{one}");
    assert!(!one.contains("b * 2"), "{one}");
    run(&["disasm", "--function", "third", file.path()])
        .ended(2)
        .said("no function 'third'");
}

#[test]
fn help_and_version() {
    let help = run(&["--help"]).ended(0).out;
    for command in ["run", "check", "disasm", "bench"] {
        assert!(help.contains(command), "{help}");
    }
    let version = run(&["--version"]).ended(0).out;
    assert!(version.starts_with("ruff "), "{version}");
}

#[test]
fn stats_go_to_standard_error() {
    let ran = run(&["run", "--stats", "-e", "print(1)"])
        .ended(0)
        .printed("1\n");
    assert!(!ran.err.is_empty());
}

#[test]
fn words_after_the_file_are_the_programs_arguments() {
    let file = TempFile::new("args.ruff", b"print(args(), len(args()))\n");
    run(&["run", file.path(), "a", "--b", "-c 1"])
        .ended(0)
        .printed("[a, --b, -c 1] 3\n");
    run(&[file.path(), "--", "--x"])
        .ended(0)
        .printed("[--x] 1\n");
}

#[test]
fn slips_of_subcommands_are_named() {
    let slip = run(&["tset"]).ended(2);
    assert!(slip.err.contains("did you mean `ruff test`?"), "{slip:?}");
    run(&["format"]).ended(2).said("`ruff fmt`");
    run(&["nonsense"]).ended(5);
}

#[test]
fn what_fmt_would_change_is_shown() {
    let file = TempFile::new("ugly.ruff", b"a:=1\n\nb := 2\nprint( a,b )\n");
    let shown = run(&["fmt", "--diff", file.path()]).ended(1);
    let text = shown.out.replace(file.path(), "ugly.ruff");
    assert_eq!(
        text,
        "--- ugly.ruff\n+++ ugly.ruff\n@@ -1,4 +1,4 @@\n-a:=1\n+a := 1\n \n b := 2\n-print( a,b )\n+print(a, b)\n"
    );
    let kept = std::fs::read(file.path()).expect("it is there");
    assert_eq!(kept, b"a:=1\n\nb := 2\nprint( a,b )\n");
}

#[test]
fn blocks_of_documents_are_formatted() {
    let text = "# A\n\n```ruff\na:=1\n```\n```ruff as-written\nb:=2\n```\n```ruff\nc := \n```\n```sh\nd:=4\n```\n";
    let file = TempFile::new("page.md", text.as_bytes());
    run(&["fmt", "--check", file.path()]).ended(1);
    run(&["fmt", file.path()]).ended(0);
    let wanted = text.replace("a:=1", "a := 1");
    let found = std::fs::read_to_string(file.path()).expect("it is there");
    assert_eq!(found, wanted);
    run(&["fmt", "--check", file.path()]).ended(0);
}

#[test]
fn programs_of_ones_own_are_measured() {
    let file = TempFile::new("mine.ruff", b"print(sum(range(1000)))\n");
    let ran = run(&["bench", "--repeat", "2", file.path()]).ended(0);
    assert!(ran.out.contains("mine"), "{ran:?}");
    let wrong = TempFile::new("fails.ruff", b"throw \"no\"\n");
    run(&["bench", "--repeat", "1", wrong.path()])
        .ended(1)
        .said("cannot be measured");
    run(&["bench", "no such file.ruff"]).ended(5);
}

#[test]
fn reports_are_coloured_on_demand() {
    let file = TempFile::new("coloured.ruff", b"print(nothing_such)\n");
    let coloured = run(&["run", "--color", "always", file.path()]).ended(4);
    assert!(
        coloured.err.starts_with("\x1b[1;31merror\x1b[0m"),
        "{coloured:?}"
    );
    for args in [&["run"][..], &["run", "--color", "never"]] {
        let plain = run(&[args, &[file.path()][..]].concat()).ended(4);
        assert!(!plain.err.contains('\x1b'), "{plain:?}");
    }
}
