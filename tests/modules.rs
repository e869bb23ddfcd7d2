//! The meaning of imports outside a single folder: where modules are looked for,
//! what `ruff check` says of imports, and projects as `ruff init` makes them.

mod common;

use common::Project;

#[test]
fn the_search_goes_from_the_importer_to_the_root_to_the_path() {
    let project = Project::new("search");
    project.write("ruff.toml", "");
    project.write("app/main.ruff", "import near\nimport root_only\nimport far\nimport all\nprint(near_name, root_name, far_name, all_name)\n");
    project.write("app/near.ruff", "export near_name := \"near\"\n");
    project.write("root_only.ruff", "export root_name := \"root\"\n");
    project.write("path/far.ruff", "export far_name := \"far\"\n");
    for (folder, name) in [("app", "app"), (".", "root"), ("path", "path")] {
        let text = format!("export all_name := \"{name}\"\n");
        project.write(&format!("{folder}/all.ruff"), &text);
    }
    let path = project.path("path");
    let ran = project.ruff_with(&["app/main.ruff"], &[("RUFF_PATH", &path)]);
    assert_eq!(ran.out, "near root far app\n", "{}", ran.err);
    let ran = project.ruff(&["app/main.ruff"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.err
            .starts_with("error: Module 'far' not found (no far.ruff in app, .)\n"),
        "{}",
        ran.err
    );
}

#[test]
fn without_a_project_file_the_main_folder_is_the_root() {
    let project = Project::new("root");
    project.write(
        "main/main.ruff",
        "import lib.inner\nprint(inner.answer())\n",
    );
    project.write(
        "main/lib/inner.ruff",
        "import shared\nexport func answer() { return value }\n",
    );
    project.write("main/shared.ruff", "export value := 42\n");
    let ran = project.ruff(&["main/main.ruff"]);
    assert_eq!(ran.out, "42\n", "{}", ran.err);
}

#[test]
fn a_folder_wins_over_dots_and_links_are_one_module() {
    let project = Project::new("wins");
    project.write("a/b.ruff", "print(\"runs\")\nexport x := \"folder\"\n");
    project.write("a.b.ruff", "export x := \"dots\"\n");
    project.write("a.c.ruff", "export x := \"dots\"\n");
    project.write(
        "main.ruff",
        "from a.b import x\nfrom a.c import x as y\nprint(x, y)\n",
    );
    let ran = project.ruff(&["main.ruff"]);
    assert_eq!(ran.out, "runs\nfolder dots\n", "{}", ran.err);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(project.path("a/b.ruff"), project.path("link.ruff")).unwrap();
        project.write(
            "main.ruff",
            "import a.b as one\nimport link\nprint(one == link)\n",
        );
        assert_eq!(project.ruff(&["main.ruff"]).out, "runs\ntrue\n");
    }
}

#[test]
fn programs_that_are_no_file_import_from_the_current_folder() {
    let project = Project::new("eval");
    project.write("m.ruff", "export x := 1\n");
    let ran = project.ruff(&["run", "-e", "import m; print(x, m.x)"]);
    assert_eq!(ran.out, "1 1\n", "{}", ran.err);
}

#[test]
fn a_module_that_changes_before_it_is_reached_counts_as_it_is_then() {
    let project = Project::new("late");
    project.write(
        "main.ruff",
        "import first\nimport second\nprint(first.x, len([1]))\n",
    );
    project.write("first.ruff", "export x := 1\n");
    let ran = project.ruff(&["main.ruff"]);
    assert_eq!(ran.code, 4);
    project.write("second.ruff", "export func len(x) { return \"mine\" }\n");
    assert_eq!(project.ruff(&["main.ruff"]).out, "1 mine\n");
}

#[test]
fn check_knows_what_modules_export() {
    let project = Project::new("check");
    project.write(
        "m.ruff",
        "export func area(r) { return r * r }\nfunc hidden() { }\n",
    );
    project.write(
        "main.ruff",
        "from m import aera, hidden, area\nimport m\nprint(area(1), aree(2), lenn(3))\n",
    );
    let checked = project.ruff(&["check", "main.ruff"]);
    assert_eq!(checked.code, 1);
    for text in [
        "module `m` has no export `aera`",
        "did you mean `area`?",
        "module `m` does not export `hidden`",
        "undefined variable `aree`",
        "undefined variable `lenn`",
    ] {
        assert!(checked.err.contains(text), "{text}:\n{}", checked.err);
    }
    project.write(
        "good.ruff",
        "import m\nprint(area(1))\ntry { import absent } except { }\n",
    );
    let checked = project.ruff(&["check", "good.ruff"]);
    assert_eq!((checked.code, &*checked.err), (0, ""));
}

#[test]
fn init_makes_a_project_that_runs_and_tests() {
    let project = Project::new("init");
    let made = project.ruff(&["init", "demo"]);
    assert_eq!(made.code, 0, "{}", made.err);
    let ran = project.ruff(&["demo/main.ruff"]);
    assert_eq!(ran.out, "Hello, world!\nHello, Ruff!\n", "{}", ran.err);
    let tested = project.ruff(&["test", "demo"]);
    assert_eq!(tested.code, 0, "{}", tested.out);
    assert!(tested.out.contains("2 passed"), "{}", tested.out);
    let checked = project.ruff(&["check", "demo/main.ruff", "demo/greeting.ruff"]);
    assert_eq!((checked.code, &*checked.err), (0, ""));
    assert!(made.out.contains(".gitignore"), "{}", made.out);
    let again = project.ruff(&["init", "demo"]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is a project already"), "{}", again.err);
}

#[test]
fn a_project_has_a_program_to_run() {
    let project = Project::new("main");
    project.write("ruff.toml", "name = \"demo\"\n");
    project.write("main.ruff", "print(\"main\", args())\n");
    project.write("start.ruff", "print(\"start\")\n");
    let ran = project.ruff(&["run"]);
    assert_eq!((ran.code, &*ran.out), (0, "main []\n"), "{}", ran.err);
    project.write("ruff.toml", "main = \"start.ruff\"\n");
    assert_eq!(project.ruff(&["run"]).out, "start\n");
    project.write("ruff.toml", "main = 5\n");
    let ran = project.ruff(&["run"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("`main` is the name of a program"),
        "{}",
        ran.err
    );
}
