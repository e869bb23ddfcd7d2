//! Reading command lines (STDLIB 19): a parser is a struct that says which arguments a
//! program takes; its methods declare one, read words, and write the help text.

use super::declare::*;
use super::limits::*;
use super::operands::*;
use super::types::{self, new_instance};
use crate::heap::object::Kind;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, number_text, repr, text};
use crate::value::Value;

natives! {
    /// A parser of command lines, which knows no arguments yet.
    plain fn [none] arg_parser(name: opt(STRING), description: opt(STRING)) -> "struct" = arg_parser;
    /// The parser with one more argument.
    ///
    /// `--name` is an option, a name without dashes one that is known by its place. A short
    /// name such as `-n` follows, if wanted, and then keys with their values, or a dict of
    /// them: `type` (`"string"`, `"int"`, `"float"`, `"bool"`), `required`, `default`,
    /// `help`, `short`.
    mutating_method fn [none] add_argument(parser: ARG_PARSER, name: STRING, details: rest(ANY)) -> "struct" = add_argument, add_argument;
    /// The arguments among the words by their names, without dashes.
    ///
    /// An option that is not there is false, its default or null. Words without a place are
    /// in `_positional`. Unknown, missing and unreadable ones throw `value`.
    method fn [none] parse(parser: ARG_PARSER, argv: or(ARRAY, "args()")) -> "dict" = parse; reads;
    /// The help text.
    method fn [texts reads] help(parser: ARG_PARSER) -> "string" = help;
}

/// Slots of a parser.
const NAME: usize = 0;
const DESCRIPTION: usize = 1;
const ARGUMENTS: usize = 2;

/// The type of an argument.
#[derive(Clone, Copy, PartialEq)]
enum Type {
    String,
    Int,
    Float,
    Bool,
}

impl Type {
    const ALL: [(&'static str, Type); 4] = [
        ("string", Type::String),
        ("int", Type::Int),
        ("float", Type::Float),
        ("bool", Type::Bool),
    ];

    fn name(self) -> &'static str {
        let known = Type::ALL.iter().find(|(_, ty)| *ty == self);
        known.expect("all are listed").0
    }

    /// Reads a word; `None` if it does not fit.
    fn read(self, cx: &mut dyn Context, word: &str) -> Fallible<Option<Value>> {
        Ok(match self {
            Type::String => Some(new_text(cx, "parse", word)?),
            Type::Int => number_text::parse_int(cx, word.trim(), 10)?,
            Type::Float => number_text::parse_float(word.trim()).map(Value::float),
            Type::Bool => match word.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Some(Value::TRUE),
                "false" | "0" | "no" | "off" => Some(Value::FALSE),
                _ => None,
            },
        })
    }

    /// Whether a value is of this type.
    fn suits(self, v: Value) -> bool {
        match self {
            Type::String => v.is_string(),
            Type::Int => is_int(v),
            Type::Float => is_number(v),
            Type::Bool => v.is_bool(),
        }
    }
}

/// One declared argument. A parser holds it as an array of these fields.
struct Argument {
    /// With its dashes.
    name: String,
    /// Empty if there is none.
    short: String,
    ty: Type,
    is_required: bool,
    /// Null if there is none.
    default: Value,
    help: String,
}

impl Argument {
    fn is_positional(&self) -> bool {
        !self.name.starts_with('-')
    }

    /// The key of its value.
    fn key(&self) -> &str {
        self.name.trim_start_matches('-')
    }

    /// The form in which a parser keeps it.
    fn stored(&self, cx: &mut dyn Context) -> Fallible {
        let dict = cx.heap().new_dict(6);
        let ty = cx.heap().intern(self.ty.name());
        let fields = [
            ("name", new_text(cx, "add_argument", &self.name)?),
            ("short", new_text(cx, "add_argument", &self.short)?),
            ("type", ty),
            ("required", Value::bool(self.is_required)),
            ("default", self.default),
            ("help", new_text(cx, "add_argument", &self.help)?),
        ];
        for (key, value) in fields {
            let key = cx.heap().intern(key);
            super::dicts::put(cx, "add_argument", dict, key, value)?;
        }
        Ok(dict)
    }

    /// The argument that a parser keeps.
    fn of(cx: &mut dyn Context, stored: Value) -> Argument {
        let mut field = |name: &str| {
            let name = cx.heap().intern(name);
            let value = cx.heap().dict_get(stored, name);
            value.expect("parsers are changed here alone")
        };
        let (name, short, ty) = (field("name"), field("short"), field("type"));
        let (required, default, help) = (field("required"), field("default"), field("help"));
        let ty = cx.heap().str(ty);
        let known = Type::ALL.iter().find(|(name, _)| *name == ty);
        Argument {
            name: cx.heap().str(name).to_string(),
            short: cx.heap().str(short).to_string(),
            ty: known.expect("it is one of these").1,
            is_required: required == Value::TRUE,
            default,
            help: cx.heap().str(help).to_string(),
        }
    }
}

/// The declared arguments of the parser in argument 0. Their defaults stay alive in it.
fn arguments(cx: &mut dyn Context, args: Args) -> Vec<Argument> {
    let stored = args.get(0).instance_field(ARGUMENTS);
    let count = stored.elements().len();
    (0..count)
        .map(|i| Argument::of(cx, stored.elements()[i]))
        .collect()
}

fn arg_parser(cx: &mut dyn Context, args: Args) -> Fallible {
    let arguments = cx.heap().new_array(0);
    let [name, description] = [0, 1].map(|i| match args.get(i) {
        v if v.is_absent() => Value::NULL,
        v => v,
    });
    Ok(new_instance(
        cx,
        &types::ARG_PARSER,
        &[name, description, arguments],
    ))
}

/// Whether a name is `--name` or one without dashes.
fn is_name(name: &str) -> bool {
    let bare = name.strip_prefix("--").unwrap_or(name);
    !bare.is_empty()
        && !bare.starts_with('-')
        && !bare.contains(|c: char| c == '=' || c.is_whitespace())
}

/// Whether a name is a dash and a character.
fn is_short(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next() == Some('-')
        && chars
            .next()
            .is_some_and(|c| !matches!(c, '-' | '=') && !c.is_whitespace())
        && chars.next().is_none()
}

fn add_argument(cx: &mut dyn Context, args: Args) -> Fallible {
    let name = str_arg(cx, args, 1).to_string();
    if !is_name(&name) {
        let what = "a name such as `--name` or `name`";
        return Err(value_error(cx, "add_argument", "name", what, args.get(1)));
    }
    let mut argument = Argument {
        name,
        short: String::new(),
        ty: Type::String,
        is_required: false,
        default: Value::NULL,
        help: String::new(),
    };
    // A short name, then a dict, or keys with their values.
    let mut at = 2;
    let by_dict = args.len() > 2 && args.get(args.len() - 1).is_kind(Kind::Dict);
    let words = args.len() - 2 - usize::from(by_dict);
    if words % 2 == 1 {
        set(cx, &mut argument, "short", args.get(at))?;
        at += 1;
    }
    if by_dict && words > 1 {
        let what = "a short name and a dict, or keys with their values";
        return Err(value_error(
            cx,
            "add_argument",
            "details",
            what,
            args.get(2),
        ));
    }
    if by_dict {
        let (options, mut cursor) = (args.get(at), 0);
        while let Some((key, value, next)) = cx.heap().dict_next(options, cursor) {
            cursor = next;
            key_of(cx, &mut argument, key, value)?;
        }
    } else {
        while at < args.len() {
            key_of(cx, &mut argument, args.get(at), args.get(at + 1))?;
            at += 2;
        }
    }
    convert_default(cx, &mut argument)?;
    let known = arguments(cx, args);
    let taken = |one: &Argument| {
        one.key() == argument.key() || !one.short.is_empty() && one.short == argument.short
    };
    if argument.key() == "_positional" || known.iter().any(taken) {
        let what = "a name that is not taken";
        return Err(value_error(cx, "add_argument", "name", what, args.get(1)));
    }
    let before = args.get(0).instance_field(ARGUMENTS);
    let list = crate::runtime::sequence::copied(cx, before.elements(), 1)?;
    let stored = argument.stored(cx)?;
    push(cx, "add_argument", list, stored)?;
    cx.heap().set_field(args.get(0), ARGUMENTS, list);
    Ok(args.get(0))
}

/// Takes a key that must be one of the details.
fn key_of(cx: &mut dyn Context, argument: &mut Argument, key: Value, v: Value) -> Fallible<()> {
    if !key.is_string() {
        return Err(type_error(
            "add_argument",
            "details",
            "keys and values",
            key,
        ));
    }
    let key_text = cx.heap().str(key);
    if !["type", "required", "default", "help", "short"].contains(&key_text) {
        let what = "type, required, default, help or short";
        return Err(value_error(cx, "add_argument", "details", what, key));
    }
    set(cx, argument, key_text, v)
}

/// Sets one of the details of an argument.
fn set(cx: &mut dyn Context, argument: &mut Argument, key: &str, v: Value) -> Fallible<()> {
    let name = "add_argument";
    match key {
        "default" => {
            v.share();
            argument.default = v;
        }
        "required" => {
            if !v.is_bool() {
                return Err(type_error(name, key, "a bool", v));
            }
            argument.is_required = v == Value::TRUE;
        }
        _ if !v.is_string() => return Err(type_error(name, key, "a string", v)),
        "help" => argument.help = cx.heap().str(v).to_string(),
        "short" => {
            argument.short = cx.heap().str(v).to_string();
            if !is_short(&argument.short) || argument.is_positional() {
                let what = "a dash and a character, for an option";
                return Err(value_error(cx, name, key, what, v));
            }
        }
        _ => {
            let text = cx.heap().str(v);
            let Some(&(_, ty)) = Type::ALL.iter().find(|(name, _)| *name == text) else {
                let what = "\"string\", \"int\", \"float\" or \"bool\"";
                return Err(value_error(cx, name, key, what, v));
            };
            argument.ty = ty;
        }
    }
    Ok(())
}

/// Makes the default a value of the type; texts are read.
fn convert_default(cx: &mut dyn Context, argument: &mut Argument) -> Fallible<()> {
    let default = argument.default;
    if default.is_null() || argument.ty.suits(default) {
        return Ok(());
    }
    if default.is_string() {
        let text = cx.heap().str(default);
        if let Some(value) = argument.ty.read(cx, text)? {
            argument.default = value;
            return Ok(());
        }
    }
    let what = format!("of type {}", argument.ty.name());
    Err(value_error(cx, "add_argument", "default", &what, default))
}

#[cold]
fn refused(expected: &str, got: &str) -> Box<Fault> {
    Fault::new(
        ErrorKind::Value,
        format!("parse() expects {expected}; got {got}"),
    )
}

/// The words to read: those of an array, or of the program's command line.
fn words(cx: &mut dyn Context, args: Args) -> Fallible<Vec<String>> {
    let argv = args.get(1);
    if argv.is_absent() {
        return Ok(cx.state().args.clone());
    }
    let mut words = Vec::new();
    while let Some(&word) = argv.elements().get(words.len()) {
        if !word.is_string() {
            return Err(type_error("parse", "argv", "an array of strings", word));
        }
        words.push(cx.heap().str(word).to_string());
    }
    Ok(words)
}

fn parse(cx: &mut dyn Context, args: Args) -> Fallible {
    let known = arguments(cx, args);
    let words = words(cx, args)?;
    let result = cx.heap().new_dict(known.len() + 1);
    for argument in &known {
        let key = cx.heap().intern(argument.key());
        super::dicts::put(cx, "parse", result, key, Value::NULL)?;
    }
    let mut given = vec![false; known.len()];
    let mut take = |cx: &mut dyn Context, at: usize, word: &str| -> Fallible<()> {
        let value = read(cx, &known[at], word)?;
        let key = cx.heap().intern(known[at].key());
        given[at] = true;
        super::dicts::put(cx, "parse", result, key, value)
    };
    let left_over = cx.heap().new_array(0);
    let mut places = (0..known.len()).filter(|&i| known[i].is_positional());
    let (mut only_words, mut rest) = (false, words.iter());
    while let Some(word) = rest.next() {
        if !only_words && word == "--" {
            only_words = true;
            continue;
        }
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        let is_option =
            |one: &Argument| !one.is_positional() && (one.name == name || one.short == name);
        let option = match only_words || name.len() < 2 || !name.starts_with('-') {
            true => None,
            false => known.iter().position(is_option),
        };
        if let Some(at) = option {
            let argument = &known[at];
            let text = match (inline, argument.ty) {
                (Some(text), _) => text,
                (None, Type::Bool) => "true",
                (None, _) => match rest.as_slice().first() {
                    Some(next) if !next.starts_with("--") => {
                        rest.next();
                        next
                    }
                    _ => {
                        let what = format!("a value for {}", argument.name);
                        return Err(refused(&what, "none"));
                    }
                },
            };
            take(cx, at, text)?;
            continue;
        }
        // A negative number is a word as any other.
        let is_number = number_text::parse_float(word).is_some();
        if !only_words && word.len() > 1 && word.starts_with('-') && !is_number {
            let names = known.iter().map(|one| one.name.as_str());
            let hint = crate::syntax::suggest::closest(name, names);
            let hint = hint.map_or(String::new(), |close| format!("; did you mean '{close}'?"));
            return Err(refused("known arguments", &format!("{name}{hint}")));
        }
        match places.next() {
            Some(at) => take(cx, at, word)?,
            None => {
                let word = new_text(cx, "parse", word)?;
                push(cx, "parse", left_over, word)?;
            }
        }
    }
    for (argument, _) in known.iter().zip(given).filter(|(_, given)| !given) {
        let has_default = !argument.default.is_null();
        if !has_default && (argument.is_required || argument.is_positional()) {
            return Err(refused(&format!("a value for {}", argument.name), "none"));
        }
        let value = match argument.ty {
            Type::Bool if !has_default => Value::FALSE,
            _ => argument.default,
        };
        let key = cx.heap().intern(argument.key());
        super::dicts::put(cx, "parse", result, key, value)?;
    }
    let key = cx.heap().intern("_positional");
    super::dicts::put(cx, "parse", result, key, left_over)?;
    Ok(result)
}

/// The value of an argument that a word gives.
fn read(cx: &mut dyn Context, argument: &Argument, word: &str) -> Fallible {
    if let Some(value) = argument.ty.read(cx, word)? {
        return Ok(value);
    }
    let expected = match argument.ty {
        Type::String => "a string",
        Type::Int => "an int",
        Type::Float => "a number",
        Type::Bool => "true or false",
    };
    let got = cx.heap().new_string(word);
    let got = repr::repr_short(cx, got);
    Err(refused(&format!("{expected} for {}", argument.name), &got))
}

fn help(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut out = String::new();
    for slot in [NAME, DESCRIPTION] {
        let part = args.get(0).instance_field(slot);
        if part.is_string() {
            out.push_str(cx.heap().str(part));
            out.push_str("\n\n");
        }
    }
    let known = arguments(cx, args);
    if known.iter().any(Argument::is_positional) {
        out.push_str("Arguments:\n");
        for argument in known.iter().filter(|one| one.is_positional()) {
            describe(cx, argument, &mut out)?;
        }
        out.push('\n');
    }
    out.push_str("Options:\n");
    for argument in known.iter().filter(|one| !one.is_positional()) {
        describe(cx, argument, &mut out)?;
    }
    new_text(cx, "help", &out)
}

/// The lines of one argument.
fn describe(cx: &mut dyn Context, argument: &Argument, out: &mut String) -> Fallible<()> {
    match argument.short.as_str() {
        "" => out.push_str("      "),
        short => out.push_str(&format!("  {short}, ")),
    }
    out.push_str(&argument.name);
    if argument.ty != Type::Bool {
        out.push_str(&format!(" <{}>", argument.ty.name()));
    }
    if argument.is_required {
        out.push_str(" (required)");
    }
    if !argument.default.is_null() {
        let default = text::display(cx, argument.default)?;
        out.push_str(&format!(" [default: {default}]"));
    }
    out.push('\n');
    if !argument.help.is_empty() {
        out.push_str(&format!("        {}\n", argument.help));
    }
    Ok(())
}
