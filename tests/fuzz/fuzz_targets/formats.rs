//! Texts of the formats that programs read: reading one gives a value or an error of a
//! kind that bad texts have, and what is read can be written and reads back as it was.
//! The first byte of an input chooses the format.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use ruff::engine::{Config, Engine, SourceFile, compile};

/// How a text is read and written again; bytes that a text stands for are compared as
/// such, since digits of hex may have either case.
const FORMATS: [(&str, &str); 6] = [
    ("parse_json", "to_json"),
    ("parse_toml", "to_toml"),
    ("parse_yaml", "to_yaml"),
    ("parse_csv", "to_csv"),
    ("decode_base64", "encode_base64"),
    ("decode_hex", "encode_hex"),
];

/// The program that a text is given to; `READ` and `WRITE` are the names of the
/// functions. Values that a format can only read, such as ints beyond 64 bits in TOML,
/// may be refused.
const PROGRAM: &str = r#"
text := args()[0]
bad := ["parse", "overflow", "stack_overflow"]
value := try { Some(READ(text)) } except e { if e.kind in bad { None } else { throw e } }
if is_some(value) {
    written := try { Some(WRITE(unwrap(value))) } except e { if e.kind == "value" { None } else { throw e } }
    if is_some(written) { assert_equal(repr(sorted(READ(unwrap(written)))), repr(sorted(unwrap(value)))) }
}

# With the entries of dicts in one order: TOML writes tables last.
func sorted(v) {
    if type(v) == "array" { return map(v, sorted) }
    if type(v) != "dict" { return v }
    pairs := v.items().sort_by(p => to_string(p[0])).map(p => [to_string(p[0]), sorted(p[1])])
    return dict(pairs)
}
"#;

fuzz_target!(|data: &[u8]| {
    let Some((&first, text)) = data.split_first() else {
        return;
    };
    let Ok(text) = std::str::from_utf8(text) else {
        return;
    };
    let (read, write) = FORMATS[first as usize % FORMATS.len()];
    let program = PROGRAM.replace("READ", read).replace("WRITE", write);
    let source = Arc::new(SourceFile::new("formats.ruff", program));
    let checked = compile(&source);
    let unit = checked.unit.expect("the program has no errors");
    let config = Config {
        args: vec![text.to_string()],
        ..Config::silent()
    };
    let mut engine = Engine::new(config).expect("memory");
    if let Err(error) = engine.run(&unit, source) {
        panic!("{read} of {text:?}: {error:?}");
    }
});
