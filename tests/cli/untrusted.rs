//! `--untrusted`: nothing of the outside world, unless a flag gives it back.

use crate::support::{Ran, finish, ruff};
use std::path::{Path, PathBuf};

/// A folder of the test's own, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let folder =
            std::env::temp_dir().join(format!("ruff-untrusted-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("inside")).expect("a new folder");
        std::fs::write(folder.join("secret"), "s").expect("a new file");
        std::fs::write(folder.join("inside/open"), "o").expect("a new file");
        Place(folder.canonicalize().expect("it exists"))
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a text").to_string()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn untrusted(flags: &[&str], code: &str) -> Ran {
    let mut command = ruff();
    command
        .args(["run", "--untrusted"])
        .args(flags)
        .args(["-e", code]);
    command.env("RUFF_A", "a").env("RUFF_B", "b");
    finish(command, b"")
}

/// Calls that need something, by the flag that gives it.
const CALLS: &[(&str, &str)] = &[
    ("fs-read", "read_file(\"SECRET\")"),
    ("fs-read", "read_file_lossy(\"SECRET\")"),
    ("fs-read", "read_binary_file(\"SECRET\")"),
    ("fs-read", "read_lines(\"SECRET\")"),
    ("fs-read", "\"SECRET\".read_file()"),
    ("fs-read", "map([\"SECRET\"], read_file)"),
    ("fs-read", "file_exists(\"SECRET\")"),
    ("fs-read", "path_exists(\"SECRET\")"),
    ("fs-read", "file_size(\"SECRET\")"),
    ("fs-read", "list_dir(\"DIR\")"),
    ("fs-read", "walk_dir(\"DIR\")"),
    ("fs-read", "glob(\"*\", \"DIR\")"),
    ("fs-read", "glob(\"*\")"),
    ("fs-read", "path_is_dir(\"DIR\")"),
    ("fs-read", "path_is_file(\"DIR\")"),
    ("fs-read", "path_is_symlink(\"DIR\")"),
    ("fs-read", "path_absolute(\"DIR\")"),
    ("fs-read", "io_read_bytes(\"SECRET\", 1)"),
    ("fs-read", "io_read_at(\"SECRET\", 0, 1)"),
    ("fs-read", "io_seek_read(\"SECRET\", 0)"),
    ("fs-read", "io_file_metadata(\"SECRET\")"),
    ("fs-read", "sha256_file(\"SECRET\")"),
    ("fs-read", "md5_file(\"SECRET\")"),
    ("fs-read", "each_line(\"SECRET\")"),
    ("fs-read", "unzip(\"SECRET\", \"DIR/out\")"),
    ("fs-read", "load_image(\"SECRET\")"),
    ("fs-read", "os_getcwd()"),
    ("fs-read", "os_chdir(\"DIR\")"),
    ("fs-read", "copy_file(\"SECRET\", \"DIR/copy\")"),
    ("fs-read", "io_copy_range(\"SECRET\", \"DIR/copy\", 0, 1)"),
    ("fs-write", "write_file(\"DIR/new\", \"x\")"),
    ("fs-write", "write_binary_file(\"DIR/new\", bytes([1]))"),
    ("fs-write", "append_file(\"SECRET\", \"x\")"),
    ("fs-write", "delete_file(\"SECRET\")"),
    ("fs-write", "create_dir(\"DIR/new\")"),
    ("fs-write", "os_rmdir(\"DIR/inside\")"),
    ("fs-write", "rename_file(\"SECRET\", \"DIR/other\")"),
    ("fs-write", "io_write_bytes(\"DIR/new\", bytes([1]))"),
    ("fs-write", "io_append_bytes(\"SECRET\", bytes([1]))"),
    ("fs-write", "io_write_at(\"SECRET\", bytes([1]), 0)"),
    ("fs-write", "io_truncate(\"SECRET\", 0)"),
    ("fs-write", "temp_dir()"),
    ("fs-write", "temp_file()"),
    ("fs-write", "zip_create(\"DIR/new.zip\")"),
    ("process", "execute(\"true\")"),
    ("process", "execute_status(\"true\")"),
    ("process", "spawn_process([\"true\"])"),
    ("process", "pipe_commands([[\"true\"]])"),
    ("process", "which(\"true\")"),
    ("env", "env(\"RUFF_A\")"),
    ("env", "env_or(\"RUFF_A\", \"\")"),
    ("env", "env_required(\"RUFF_A\")"),
    ("env", "env_int(\"RUFF_A\")"),
    ("env", "env_float(\"RUFF_A\")"),
    ("env", "env_bool(\"RUFF_A\")"),
    ("env", "env_set(\"RUFF_A\", \"x\")"),
    ("env", "env_list()"),
    ("env", "os_environ()"),
    ("net", "tcp_listen(\"127.0.0.1\", 0)"),
    ("net", "tcp_connect(\"127.0.0.1\", 1)"),
    ("net", "udp_bind(\"127.0.0.1\", 0)"),
    ("net", "http_get(\"http://127.0.0.1:1/\")"),
    ("net", "http_request(\"http://127.0.0.1:1/\")"),
    ("net", "http_request({url: \"http://127.0.0.1:1/\"})"),
    ("net", "http_get_binary(\"http://127.0.0.1:1/\")"),
    ("net", "async_http_get(\"http://127.0.0.1:1/\")"),
    ("net", "parallel_http([\"http://127.0.0.1:1/\"])"),
    (
        "net",
        "oauth2_get_token(\"\", \"\", \"\", \"http://127.0.0.1:1/\", \"\")",
    ),
    ("net", "http_server(0).start()"),
    ("net", "http_server(0).listen()"),
    ("net", "ws_connect(\"ws://127.0.0.1:1/\")"),
    ("db", "db_connect(\"sqlite\", \":memory:\")"),
    ("db", "db_pool(\"sqlite\", \":memory:\")"),
];

#[test]
fn nothing_is_reached_without_a_flag() {
    let place = Place::new("all");
    for (flag, call) in CALLS {
        let call = call
            .replace("SECRET", &place.path("secret"))
            .replace("DIR", &place.path(""));
        let all = [
            "--allow-fs-read",
            "--allow-fs-write",
            "--allow-env",
            "--allow-process",
            "--allow-net",
            "--allow-db",
        ];
        let others: Vec<&str> = all
            .into_iter()
            .filter(|other| !other.ends_with(flag))
            .collect();
        for flags in [&[][..], &others] {
            let code = format!(
                "try {{ {call} print(\"reached\") }} except e {{ print(e.kind, e.message) }}"
            );
            let ran = untrusted(flags, &code).ended(0);
            assert!(
                ran.out.starts_with("capability Capability denied: "),
                "{call}: {ran:?}"
            );
            let end = format!("; run with --allow-{flag}\n");
            assert!(
                ran.out.contains(&format!("() needs {flag}")) && ran.out.ends_with(&end),
                "{call}: {ran:?}"
            );
        }
    }
    assert_eq!(
        std::fs::read(place.0.join("secret")).expect("untouched"),
        b"s"
    );
    assert_eq!(std::fs::read_dir(&place.0).expect("a folder").count(), 2);
}

/// Paths out of the one folder that may be read and written are refused, also where the
/// function finds them itself.
#[cfg(all(unix, feature = "zip"))]
#[test]
fn archives_stay_in_the_folder() {
    let place = Place::new("archives");
    let inside = place.path("inside");
    std::os::unix::fs::symlink(place.path("secret"), place.0.join("inside/link"))
        .expect("a new link");
    let flags = [
        format!("--allow-fs-read={inside}"),
        format!("--allow-fs-write={inside}"),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let code = format!(
        "z := zip_create({:?})\nfor f in [() => z.add_dir({inside:?}), () => z.add_file({:?}), () => unzip({:?}, {:?})] {{\n    try {{ print(f()) }} except e {{ print(e.kind, e.message.split(\" needs\")[0]) }}\n}}",
        place.path("inside/a.zip"),
        place.path("secret"),
        place.path("inside/a.zip"),
        place.path("out"),
    );
    untrusted(&flags, &code).ended(0).printed(
        "capability Capability denied: zip_add_dir()\ncapability Capability denied: zip_add_file()\ncapability Capability denied: unzip()\n",
    );
}

#[test]
fn a_flag_gives_one_thing_back() {
    let place = Place::new("one");
    let (secret, open) = (place.path("secret"), place.path("inside/open"));
    untrusted(
        &["--allow-fs-read"],
        &format!("print(read_file({secret:?}))"),
    )
    .ended(0)
    .printed("s\n");
    let inside = format!("--allow-fs-read={}", place.path("inside"));
    let code = format!(
        "print(read_file({open:?})) try {{ read_file({secret:?}) }} except e {{ print(e.kind) }}"
    );
    untrusted(&[&inside], &code)
        .ended(0)
        .printed("o\ncapability\n");
    let around = place.path("inside/../secret");
    untrusted(&[&inside], &format!("read_file({around:?})"))
        .ended(4)
        .said("needs fs-read for");
    let write = format!("--allow-fs-write={}", place.path("inside"));
    let (new, outside) = (place.path("inside/new"), place.path("new"));
    let code = format!("print(write_file({new:?}, \"n\")) write_file({outside:?}, \"n\")");
    untrusted(&[&write], &code)
        .ended(4)
        .printed("true\n")
        .said("needs fs-write for");
    assert!(!Path::new(&outside).exists());
    untrusted(
        &["--allow-env=RUFF_A"],
        "print(env(\"RUFF_A\"), env_list()) env(\"RUFF_B\")",
    )
    .ended(4)
    .printed("a {\"RUFF_A\": a}\n")
    .said("needs env for 'RUFF_B'");
}

/// A database in a file needs the file, and so does one that a statement attaches.
#[cfg(feature = "sqlite")]
#[test]
fn databases_stay_in_the_folder() {
    let place = Place::new("databases");
    let (inside, outside) = (place.path("inside/a.db"), place.path("b.db"));
    let code = format!("db_connect(\"sqlite\", {inside:?})");
    untrusted(&["--allow-db"], &code)
        .ended(4)
        .said("db_connect() needs fs-read for");
    untrusted(&["--allow-db", "--allow-fs-read"], &code)
        .ended(4)
        .said("db_connect() needs fs-write for");
    let flags = ["read", "write"].map(|what| format!("--allow-fs-{what}={}", place.path("inside")));
    let flags = ["--allow-db", &flags[0], &flags[1]];
    let code = format!(
        "db := db_connect(\"sqlite\", {inside:?})\ndb.execute(\"create table t (x); vacuum\")\n\
         for sql in [\"attach '{outside}' as o\", \"attach ? as o\", \"vacuum into '{outside}'\"] {{\n    \
         try {{ db.execute(sql, if sql.contains(\"?\") {{ [{outside:?}] }} else {{ [] }}) print(\"reached\") }} \
         except e {{ print(e.kind) }}\n}}\n\
         db.execute(\"attach '{inside}2' as i; attach ':memory:' as m\")\nprint(\"done\")"
    );
    untrusted(&flags, &code)
        .ended(0)
        .printed("database\ndatabase\ndatabase\ndone\n");
    assert!(!Path::new(&outside).exists());
    assert!(Path::new(&format!("{inside}2")).exists());
}

/// A flag for a host, or one of its ports, gives no other address.
#[test]
fn only_the_named_host_is_reached() {
    let code = "func t(f) { try { return f() } except e { return e.kind } }\n\
        l := tcp_listen(\"127.0.0.1\", 0)\nu := udp_bind(\"127.0.0.1\", 0)\n\
        print(t(() => tcp_connect(\"localhost\", l.port())), t(() => tcp_listen(\"0.0.0.0\", 0)), \
        t(() => u.send_to(\"x\", \"127.0.0.2\", 9)), u.send_to(\"x\", \"127.0.0.1\", u.port()))";
    untrusted(&["--allow-net=127.0.0.1"], code)
        .ended(0)
        .printed("capability capability capability 1\n");
    let ran = untrusted(
        &["--allow-net=127.0.0.1:1"],
        "tcp_connect(\"127.0.0.1\", 2)",
    )
    .ended(4);
    assert!(ran.err.contains("needs net for '127.0.0.1:2'"), "{ran:?}");
    let code = "try { tcp_connect(\"127.0.0.1\", 1) } except e { print(e.kind) }";
    untrusted(&["--allow-net=127.0.0.1:1"], code)
        .ended(0)
        .printed("network\n");
}

#[cfg(unix)]
#[test]
fn links_lead_nowhere_else() {
    use std::os::unix::fs::symlink;
    let place = Place::new("links");
    symlink("../secret", place.0.join("inside/link")).expect("a link");
    symlink("../nothing", place.0.join("inside/dangling")).expect("a link");
    symlink("..", place.0.join("inside/up")).expect("a link");
    let flags = ["read", "write"].map(|what| format!("--allow-fs-{what}={}", place.path("inside")));
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let inside = place.path("inside");
    for call in [
        "read_file(\"IN/link\")",
        "read_file(\"IN/up/secret\")",
        "write_file(\"IN/dangling\", \"x\")",
        "append_file(\"IN/link\", \"x\")",
        "list_dir(\"IN/up\")",
        "glob(\"up/*\", \"IN\")",
        "create_dir(\"IN/up/new\")",
    ] {
        let call = call.replace("IN", &inside);
        untrusted(&flags, &call).ended(4).said("Capability denied");
    }
    let walk = format!(
        "print(walk_dir({inside:?}).map(basename), glob(\"**/*\", {inside:?}).map(basename))"
    );
    untrusted(&flags, &walk)
        .ended(0)
        .printed("[dangling, link, open] [dangling, link, open, up]\n");
    assert_eq!(
        std::fs::read(place.0.join("secret")).expect("untouched"),
        b"s"
    );
    assert!(!place.0.join("nothing").exists() && !place.0.join("new").exists());
}

/// Wrong arguments are told first, then what is denied.
#[test]
fn arguments_are_looked_at_first() {
    untrusted(&[], "read_file(1)")
        .ended(4)
        .said("read_file() expects p to be a string; got int");
    untrusted(&[], "read_file()")
        .ended(4)
        .said("expects 1 argument");
    untrusted(
        &[],
        "print(join_path(\"a\", \"b\"), parse_json(\"[1]\"), args())",
    )
    .ended(0)
    .printed("a/b [1] []\n");
}

#[test]
fn flags_belong_to_untrusted() {
    let mut command = ruff();
    command.args(["run", "--allow-fs-read", "-e", "1"]);
    finish(command, b"").ended(2);
}
