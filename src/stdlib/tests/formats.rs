//! Texts of formats: what is written reads back as it was, and no bytes make a reader
//! do anything but give a value or an error of the kinds that it may have.

use super::Machine;
use crate::runtime::{ErrorKind, Fallible, Fault, compare};
use crate::value::Value;
use proptest::collection::vec;
use proptest::prelude::*;

/// A value as a test makes it.
#[derive(Clone, Debug)]
enum Data {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond 64 bits.
    Digits(String),
    Float(f64),
    Text(String),
    Array(Vec<Data>),
    Dict(Vec<(Key, Data)>),
}

#[derive(Clone, Debug)]
enum Key {
    Int(i64),
    Text(String),
}

fn make(machine: &mut Machine, data: &Data) -> Value {
    match data {
        Data::Null => Value::NULL,
        Data::Bool(b) => Value::bool(*b),
        Data::Int(i) => machine.heap.new_int((*i).into()),
        Data::Digits(digits) => machine.heap.new_int(digits.parse().expect("digits")),
        Data::Float(f) => Value::float(*f),
        Data::Text(text) => machine.string(text),
        Data::Array(elements) => {
            let array = machine.heap.new_array(0);
            for element in elements {
                let element = make(machine, element);
                machine.heap.array_push(array, element).expect("short");
            }
            array
        }
        Data::Dict(entries) => {
            let dict = machine.heap.new_dict(0);
            for (key, v) in entries {
                let key = match key {
                    Key::Int(i) => Value::int(*i),
                    Key::Text(text) => machine.string(text),
                };
                let v = make(machine, v);
                machine.heap.dict_set(dict, key, v).expect("short");
            }
            dict
        }
    }
}

/// Texts that mean something to some format, and any others.
fn text() -> impl Strategy<Value = String> {
    let odd = prop::sample::select(vec![
        "",
        " ",
        "null",
        "true",
        "1",
        "-1.5",
        "007",
        "1e3",
        "~",
        "- a",
        "a: b",
        "#",
        "a #b",
        "'",
        "\"",
        "\\",
        "\n",
        "\r\n",
        "a,b",
        ";",
        "---",
        "...",
        "[",
        "{",
        "é",
        "\u{1F600}",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "0x1",
        "0o7",
        ".inf",
        "=",
        "<<",
        "a.b",
        "\t",
    ]);
    prop_oneof![
        odd.clone().prop_map(String::from),
        (odd.clone(), odd).prop_map(|(a, b)| format!("{a}{b}")),
        "[a-z_-]{1,8}",
        any::<String>(),
    ]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>().prop_filter("finite", |f| f.is_finite()),
        (-1000i32..1000).prop_map(|i| i as f64 / 8.0),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        text().prop_map(Key::Text),
        (-20i64..20).prop_map(Key::Int),
        prop::sample::select(vec!["a", "b", "c"]).prop_map(|k| Key::Text(k.to_string())),
    ]
}

/// Values of all kinds; without null and with ints of 64 bits only for TOML.
fn data(toml: bool) -> impl Strategy<Value = Data> {
    let special = match toml {
        true => any::<bool>().prop_map(Data::Bool).boxed(),
        false => prop_oneof![
            Just(Data::Null),
            "-?[1-9][0-9]{20,60}".prop_map(Data::Digits)
        ]
        .boxed(),
    };
    let plain = prop_oneof![
        special,
        any::<bool>().prop_map(Data::Bool),
        any::<i64>().prop_map(Data::Int),
        (-100i64..100).prop_map(Data::Int),
        float().prop_map(Data::Float),
        text().prop_map(Data::Text),
    ];
    plain.prop_recursive(5, 60, 8, |part| {
        prop_oneof![
            vec(part.clone(), 0..6).prop_map(Data::Array),
            vec((key(), part), 0..6).prop_map(Data::Dict),
        ]
    })
}

/// Writes a value and reads it again: it must be the same, with every part of its kind.
fn round_trip(v: &Data, write: &str, read: &str, options: &[(&str, &str)]) {
    let mut machine = Machine::new();
    let value = make(&mut machine, v);
    let given: Vec<Value> = options
        .iter()
        .map(|(_, source)| super::script::run(&mut machine, source).expect("options"))
        .collect();
    let option = |of: &str| {
        let at = options.iter().position(|(name, _)| *name == of);
        at.map(|at| given[at])
    };
    let mut args: Vec<Value> = [Some(value), option("write")]
        .into_iter()
        .flatten()
        .collect();
    let text = match machine.function(write, &mut args, 0xff) {
        Ok(text) => text,
        Err(fault) => panic!("{write} of {v:?}: {fault}"),
    };
    let mut args: Vec<Value> = [Some(text), option("read")].into_iter().flatten().collect();
    let again = match machine.function(read, &mut args, 0xff) {
        Ok(again) => again,
        Err(fault) => panic!("{v:?} as {:?}: {fault}", machine.heap.str(text)),
    };
    let same = compare::equal(&mut machine, value, again).expect("not deep");
    let (before, after) = (machine.repr(value), machine.repr(again));
    assert!(same, "{before} became {after}");
    // `==` takes 1 and 1.0 for the same. TOML may put entries in another order, and in JSON
    // all keys are strings: then the text that is written says as much.
    if read.ends_with("json") {
        let rewritten = machine.function(write, &mut [again], 0xff).expect("data");
        assert!(machine.heap.string_eq(text, rewritten));
    } else if write != "to_toml" {
        assert_eq!(before, after);
    }
}

fn cell() -> impl Strategy<Value = Data> {
    // A float with an exponent is no plain number of CSV.
    let short = (-1000i32..1000).prop_map(|i| Data::Float(i as f64 / 8.0));
    prop_oneof![
        text().prop_map(Data::Text),
        any::<i64>().prop_map(Data::Int),
        "-?[1-9][0-9]{20,60}".prop_map(Data::Digits),
        short,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn json_reads_back(v in data(false)) {
        round_trip(&v, "to_json", "parse_json", &[]);
        round_trip(&v, "to_json_pretty", "from_json", &[]);
    }

    #[test]
    fn yaml_reads_back(v in data(false)) {
        round_trip(&v, "to_yaml", "parse_yaml", &[]);
    }

    #[test]
    fn toml_reads_back(entries in vec((key(), data(true)), 0..6)) {
        round_trip(&Data::Dict(entries), "to_toml", "parse_toml", &[]);
    }

    #[test]
    fn csv_reads_back(
        names in prop::collection::hash_set("[a-z,\"\n]{0,4}", 1..4),
        cells in vec(vec(cell(), 3), 1..6),
    ) {
        let names: Vec<String> = names.into_iter().collect();
        let row = |cells: &Vec<Data>| {
            let entries = names.iter().map(|n| Key::Text(n.clone())).zip(cells.iter().cloned());
            Data::Dict(entries.collect())
        };
        round_trip(&Data::Array(cells.iter().map(row).collect()), "to_csv", "parse_csv", &[]);
        let rows = Data::Array(cells.into_iter().map(Data::Array).collect());
        let bare = ("read", "{\"header\": false, \"delimiter\": \";\"}");
        let semicolon = ("write", "{\"delimiter\": \";\"}");
        round_trip(&rows, "to_csv", "parse_csv", &[semicolon, bare]);
    }

    #[test]
    fn base64_and_hex_read_back(bytes in vec(any::<u8>(), 0..200)) {
        let mut machine = Machine::new();
        for format in ["base64", "hex"] {
            let given = machine.heap.new_bytes(&bytes);
            let text = machine.function(&format!("encode_{format}"), &mut [given], 0xff).unwrap();
            let again = machine.function(&format!("decode_{format}"), &mut [text], 0xff).unwrap();
            prop_assert_eq!(again.bytes(), bytes.as_slice());
        }
    }

    #[test]
    fn any_text_is_a_value_or_an_error(
        text in prop_oneof![any::<String>(), "[\\[\\]{}:,\"'\\\\0-9a-e.+&*!|># \n\t-]{0,40}"],
    ) {
        for reader in READERS {
            reads_or_refuses(reader, &text);
        }
    }
}

const READERS: [&str; 6] = [
    "parse_json",
    "parse_toml",
    "parse_yaml",
    "parse_csv",
    "decode_base64",
    "decode_hex",
];

fn read(machine: &mut Machine, reader: &str, text: &str) -> Fallible {
    let text = machine.string(text);
    machine.function(reader, &mut [text], 0xff)
}

/// Reads a text: an error must be of a kind that bad texts have.
fn reads_or_refuses(reader: &str, text: &str) {
    let mut machine = Machine::new();
    if let Err(fault) = read(&mut machine, reader, text) {
        match *fault {
            Fault::Error {
                kind: ErrorKind::Parse | ErrorKind::Overflow,
                ref message,
                ..
            } => assert!(message.contains("expects"), "{message}"),
            other => panic!("{reader} of {text:?}: {other}"),
        }
    }
}

/// Texts that mean harm.
fn hostile() -> Vec<String> {
    let n = 100_000;
    let mut texts: Vec<String> = [
        "[", "{\"a\":", "{a: ", "- ", "a = [", "a.", "[a.", "\"", "'", "\\", "!", "&a ", "*a ",
        "? ", "|\n ", "%", "(", "\u{feff}", "\0",
    ]
    .iter()
    .map(|part| part.repeat(n))
    .collect();
    texts.push("9".repeat(n));
    texts.push(format!(
        "-{}.{}e-{}",
        "9".repeat(n),
        "1".repeat(n),
        "1".repeat(30)
    ));
    texts.push(format!("1e{}", "9".repeat(n)));
    texts.push(format!("{}{}", "[".repeat(n), "]".repeat(n)));
    texts.push(format!("a = {}1{}", "{b = ".repeat(n), "}".repeat(n)));
    texts.push(format!(
        "[{}b]\n{}c = 1",
        "a.".repeat(300),
        "d.".repeat(300)
    ));
    texts.push(format!("\"{}", "\\u0041".repeat(n)));
    texts.push(format!("{{{}}}", "\"k\":1,".repeat(n)));
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for i in 1..12 {
        let before = format!("*a{}, ", i - 1).repeat(10);
        bomb.push_str(&format!("a{i}: &a{i} [{before}]\n"));
    }
    texts.push(bomb);
    texts.push(format!("a: &a [{}]", "*a, ".repeat(n)));
    texts.push(format!("{}: 1", "k".repeat(n)));
    texts.push((0..n / 10).map(|i| format!("k{i}: {i}\n")).collect());
    texts.push((0..n / 10).map(|i| format!("[t{i}]\nx = 1\n")).collect());
    texts.push((0..n / 10).map(|_| ",".to_string()).collect());
    texts
}

#[test]
fn hostile_texts_are_values_or_errors() {
    for text in hostile() {
        for reader in READERS {
            reads_or_refuses(reader, &text);
        }
    }
}

#[test]
fn texts_that_are_cut_off_are_values_or_errors() {
    let whole = [
        r#"{"a": [1, -2.5e3, "x\u00e9\n\ud83d\ude00"], "b": {"c": null, "d": true}, "a": 1}"#,
        "title = \"T\"\n[a.b]\nc = [1, 2.5, {d = 'e'}]\nf = 1979-05-27T07:32:00Z\n[[g]]\nh = \"\"\"\nx\"\"\"\n",
        "a: &x [1, 'two', \"thr\\u00e9e\"]\nb:\n  - c: *x\n    d: |\n      text\n  - ? e\n    : !!str 5\n",
        "name,\"a \"\"b\"\"\"\n\"x\ny\",1.5\r\nz,\n",
        "Zm9vYmE=",
        "00ffAB",
    ];
    for text in whole {
        for at in (0..text.len()).filter(|&at| text.is_char_boundary(at)) {
            for reader in READERS {
                reads_or_refuses(reader, &text[..at]);
            }
        }
    }
}

#[test]
fn records_that_are_read_alike_have_one_shape() {
    let mut machine = Machine::new();
    let text = "[{\"id\": 1, \"name\": \"a\"}, {\"id\": 2, \"name\": \"b\"}, {\"id\": 3}]";
    let rows = read(&mut machine, "parse_json", text).unwrap();
    let shapes: Vec<u32> = (rows.elements().iter())
        .map(|row| row.header().aux)
        .collect();
    assert_eq!(shapes[0], shapes[1]);
    assert_eq!(machine.heap.shapes.parent(shapes[0]), shapes[2]);
    // Tables with many different keys do not use up the shapes.
    let before = machine.heap.shapes.count();
    for i in 0..300 {
        let entries: Vec<String> = (0..100).map(|j| format!("\"k{i}x{j}\": 1")).collect();
        let text = format!("{{{}}}", entries.join(", "));
        read(&mut machine, "parse_json", &text).unwrap();
    }
    assert!(machine.heap.shapes.count() - before < 64 * 64);
}

#[test]
fn reading_survives_collections_at_every_allocation() {
    let base = 0;
    let mut machine = Machine::new();
    machine.stress(&base);
    for (reader, source) in [
        (
            "parse_json",
            r#"[{"a": ["x y", {"b": "longer text"}], "7": 1}, {"a": 2, "c": 123456789012345678901}]"#,
        ),
        (
            "parse_toml",
            "a = ['x y', {b = 'longer text'}]\n[t.u]\nv = 12345\n",
        ),
        (
            "parse_yaml",
            "a: &x ['x y', {b: longer text}]\n7: *x\nc: *x\n",
        ),
        (
            "parse_csv",
            "a,b\n\"x \"\"y\"\"\",123456789012345678901\nlonger text,2\n",
        ),
    ] {
        let text = machine.string(source);
        machine.roots.values.push(text);
        let v = machine.function(reader, &mut [text], 0xff).unwrap();
        machine.roots.values.push(v);
        let calm = {
            let mut machine = Machine::new();
            let text = machine.string(source);
            let v = machine.function(reader, &mut [text], 0xff).unwrap();
            machine.repr(v)
        };
        assert_eq!(machine.repr(v), calm);
    }
}
