//! Bytes from outside: archives, pictures, compressed data, patterns and dates.
//! Each gives a value or an error. The first byte of an input chooses the reader.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ruff::engine::{Config, Engine, SourceFile, compile};

/// A call for each reader: `path` is a file with the bytes, `text` what they are as text.
const READERS: [&str; 6] = [
    "unzip(path, path + \".out\")",
    "load_image(path).resize(2, 2)",
    "gunzip(read_binary_file(path))",
    "regex_find_all(\"some text, 123\", text)",
    "parse_date(text, \"YYYY-MM-DD HH:mm:ss.SSS\")",
    "each_line(path).count()",
];

const PROGRAM: &str = r#"
path := args()[0]
text := read_file_lossy(path)
bad := ["parse", "value", "io", "overflow", "memory"]
try { READ } except e { if e.kind not in bad { throw e } }
func remove_tree(p) {
    if !path_is_dir(p) { return delete_file(p) }
    for name in list_dir(p) { remove_tree(join_path(p, name)) }
    os_rmdir(p)
}
if file_exists(path + ".out") { remove_tree(path + ".out") }
"#;

fuzz_target!(|data: &[u8]| {
    let Some((&first, bytes)) = data.split_first() else {
        return;
    };
    let path = std::env::temp_dir().join(format!("ruff-fuzz-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("a new file");
    let read = READERS[first as usize % READERS.len()];
    let program = PROGRAM.replace("READ", read);
    let source = Arc::new(SourceFile::new("outside.ruff", program));
    let checked = compile(&source);
    let unit = checked.unit.expect("the program has no errors");
    let config = Config {
        args: vec![path.to_string_lossy().into_owned()],
        max_heap: Some(1 << 30),
        ..Config::silent()
    };
    let mut engine = Engine::new(config).expect("memory");
    if let Err(error) = engine.run(&unit, source) {
        panic!("{read}: {error:?}");
    }
});
