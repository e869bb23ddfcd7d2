//! Starting processes (STDLIB 19). Each has a process group of its own; when the call
//! ends, by whatever way, nothing of that group is left. Its outputs are read
//! while it runs, all pipes at once, so that none of them can fill up and stop it.

use super::declare::*;
use super::files::{lossy_text, place};
use super::limits::*;
use super::operands::*;
use super::types::{PROCESS_RESULT, new_instance};
use crate::heap::MAX_STRING;
use crate::heap::object::Kind;
use crate::runtime::messages::{overflow_error, shown_path, type_error, value_error};
use crate::runtime::pace::STRETCH;
use crate::runtime::world::LONGEST_PATH;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::value::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(unix)]
mod group;
#[cfg(not(unix))]
mod group {
    //! Systems without process groups.
    use super::*;

    pub fn run(_: &mut dyn Context, stages: &[Stage], _: &Options, _: bool) -> Fallible<Ran> {
        let why = "this system has no process groups";
        let message = format!("Cannot start process '{}': {why}", stages[0].name);
        Err(Fault::new(ErrorKind::Unsupported, message))
    }
}

natives! {
    /// The path of the program that a name starts; null if there is none.
    ///
    /// Looked for in the folders of the variable `PATH`; a name with a separator is a path.
    pure fn [none] which(name: STRING) -> "" = which where needs Process; blocks;
    /// The standard output of a command of the system's shell.
    ///
    /// An exit code other than 0 throws `process`, one that takes too long `timeout`.
    /// Options: `timeout_ms` (30000), `max_output_bytes` (64 MiB), `inherit_env` (true),
    /// `env_allow` and `env_deny` (arrays of names), `env` (a dict), `cwd`, `input`.
    pure fn [none] execute(command: STRING, options: opt(DICT)) -> "string" = execute where needs Process;
    /// The outcome of a command of the system's shell.
    ///
    /// A struct with `exitcode stdout stderr success timed_out stdout_truncated
    /// stderr_truncated`. It throws only if the command cannot be started; at a timeout the
    /// exit code is -1. Options as for `execute`.
    pure fn [none] execute_status(command: STRING, options: opt(DICT)) -> "struct" = execute_status where needs Process;
    /// The outcome of a program that is started with arguments, without a shell.
    ///
    /// As `execute_status`.
    pure fn [none] spawn_process(argv: ARRAY, options: opt(DICT)) -> "struct" = spawn_process where needs Process;
    /// The output of the last of several programs that run together, joined by pipes.
    ///
    /// The first that fails throws `process`, other than by writing to one that has ended.
    /// Options as for `execute`.
    pure fn [none] pipe_commands(stages: ARRAY, options: opt(DICT)) -> "string" = pipe_commands where needs Process;
}

/// Bytes of an output that are kept unless an option says otherwise.
const MOST_OUTPUT: usize = 64 << 20;
/// Milliseconds that a process may take unless an option says otherwise.
const TIME: u64 = 30_000;

const OPTIONS: &str = "a dict of timeout_ms, max_output_bytes, inherit_env, env_allow, env_deny, \
    env, cwd, input";

/// How processes are to run.
struct Options {
    /// `None`: as long as they like.
    time: Option<Duration>,
    /// Bytes of each output that are kept.
    most: usize,
    variables: BTreeMap<OsString, OsString>,
    folder: Option<PathBuf>,
    input: Vec<u8>,
}

/// A program to start.
struct Stage {
    /// Its name in messages.
    name: String,
    program: PathBuf,
    /// The name that it is told, and its arguments.
    words: Vec<String>,
}

/// The outcome of a program that has ended.
struct Ended {
    /// As shells give it: 128 and the number of the signal, if one ended it.
    code: i32,
    /// It wrote to a pipe that has no reader any more.
    lost_its_reader: bool,
    errors: Vec<u8>,
    errors_cut: bool,
}

/// The outcome of a run.
struct Ran {
    stages: Vec<Ended>,
    out: Vec<u8>,
    out_cut: bool,
    timed_out: bool,
}

fn options(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<Options> {
    let mut options = Options {
        time: Some(Duration::from_millis(TIME)),
        most: MOST_OUTPUT,
        variables: BTreeMap::new(),
        folder: None,
        input: Vec::new(),
    };
    let (mut inherits, mut allowed, mut denied) = (true, None, Vec::new());
    let mut set = Vec::new();
    let (given, mut cursor) = (args.get(1), 0);
    while !given.is_absent()
        && let Some((key, v, next)) = cx.heap().dict_next(given, cursor)
    {
        cursor = next;
        let option = if key.is_string() {
            cx.heap().str(key)
        } else {
            ""
        };
        match option {
            "timeout_ms" => {
                if !is_number(v) {
                    return Err(type_error(name, option, "a number", v));
                }
                let ms = to_float(v);
                if ms.is_nan() || ms < 0.0 {
                    return Err(value_error(cx, name, option, "at least 0", v));
                }
                options.time = Duration::try_from_secs_f64(ms / 1e3).ok();
            }
            "max_output_bytes" => {
                if !is_int(v) {
                    return Err(type_error(name, option, "an int", v));
                }
                options.most = not_negative(cx, name, option, v)?.min(MAX_STRING);
            }
            "inherit_env" => {
                if !v.is_bool() {
                    return Err(type_error(name, option, "a bool", v));
                }
                inherits = v == Value::TRUE;
            }
            "env_allow" => allowed = Some(strings(cx, name, "env_allow", v)?),
            "env_deny" => denied = strings(cx, name, "env_deny", v)?,
            "env" => set = variables(cx, name, v)?,
            "cwd" => {
                if !v.is_string() {
                    return Err(type_error(name, option, "a string", v));
                }
                let folder = cx.heap().str(v);
                options.folder = Some(place(cx, folder));
            }
            "input" => {
                if !v.is_string() && !v.is_bytes() {
                    return Err(type_error(name, option, "a string or bytes", v));
                }
                let bytes = if v.is_bytes() {
                    v.bytes()
                } else {
                    cx.heap().str(v).as_bytes()
                };
                options.input = copied(cx, bytes)?;
            }
            _ => return Err(value_error(cx, name, "options", OPTIONS, given)),
        }
    }
    if inherits {
        options.variables = cx.state().world.variables();
    }
    if let Some(allowed) = allowed {
        options
            .variables
            .retain(|name, _| allowed.iter().any(|one| **one == **name));
    }
    options
        .variables
        .retain(|name, _| !denied.iter().any(|one| **one == **name));
    options.variables.extend(set);
    if options.folder.is_none() {
        let folder = cx.state().world.folder();
        options.folder = folder.ok();
    }
    Ok(options)
}

/// The strings in an array.
fn strings(cx: &mut dyn Context, name: &str, what: &str, v: Value) -> Fallible<Vec<String>> {
    if !v.is_kind(Kind::Array) {
        return Err(type_error(name, what, "an array", v));
    }
    let mut strings = Vec::new();
    let mut at = 0;
    while let Some(&one) = v.elements().get(at) {
        if !one.is_string() {
            return Err(type_error(name, what, "an array of strings", one));
        }
        strings.push(cx.heap().str(one).to_string());
        at += 1;
    }
    Ok(strings)
}

/// The variables in a dict.
fn variables(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<Vec<(OsString, OsString)>> {
    if !v.is_kind(Kind::Dict) {
        return Err(type_error(name, "env", "a dict", v));
    }
    let (mut variables, mut cursor) = (Vec::new(), 0);
    while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
        cursor = next;
        for part in [key, value] {
            if !part.is_string() {
                return Err(type_error(name, "env", "a dict of strings", part));
            }
        }
        let (key, value) = (cx.heap().str(key), cx.heap().str(value));
        if key.is_empty() || key.contains(['=', '\0']) || value.contains('\0') {
            let what = "a dict of variables, whose names have no `=`";
            return Err(value_error(cx, name, "env", what, v));
        }
        variables.push((key.into(), value.into()));
    }
    Ok(variables)
}

/// Where the program of a name is: a path if it has a separator, else in one of the folders of
/// the variable `PATH`. Relative paths start at `folder`.
fn find(cx: &mut dyn Context, name: &str, folder: &Path) -> Option<PathBuf> {
    if name.len() > LONGEST_PATH {
        return None;
    }
    if name.contains('/') {
        let path = folder.join(name);
        return is_program(&path).then_some(path);
    }
    let folders = cx.state().world.variable("PATH")?;
    let mut paths = std::env::split_paths(&folders).map(|one| folder.join(one).join(name));
    paths.find(|path| !name.is_empty() && is_program(path))
}

fn is_program(path: &Path) -> bool {
    let Ok(known) = path.metadata() else {
        return false;
    };
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&known.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = true;
    known.is_file() && may_run
}

fn which(cx: &mut dyn Context, args: Args) -> Fallible {
    let name = str_arg(cx, args, 0);
    let folder = place(cx, "");
    match find(cx, name, &folder) {
        None => Ok(Value::NULL),
        Some(path) => match path.to_str() {
            Some(path) => new_text(cx, "which", path),
            None => Err(not_started(name, &"its path is not valid UTF-8")),
        },
    }
}

#[cold]
fn not_started(name: &str, why: &dyn std::fmt::Display) -> Box<Fault> {
    Fault::new(
        ErrorKind::Process,
        format!("Cannot start process '{}': {why}", shown_path(name)),
    )
}

/// The command of argument 0 as a program of the shell.
fn shell(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<Stage> {
    let command = str_arg(cx, args, 0);
    if command.len() > STRETCH {
        // More than any system takes.
        let why = std::io::Error::from(std::io::ErrorKind::ArgumentListTooLong);
        return Err(not_started(command, &why));
    }
    if command.trim().is_empty() || command.contains('\0') {
        let what = "a command";
        return Err(value_error(cx, name, "command", what, args.get(0)));
    }
    Ok(Stage {
        name: command.to_string(),
        program: "/bin/sh".into(),
        words: vec!["sh".into(), "-c".into(), command.to_string()],
    })
}

/// The program that an array of words names, with its arguments.
fn program(
    cx: &mut dyn Context,
    name: &str,
    what: &str,
    words: Value,
    options: &Options,
) -> Fallible<Stage> {
    let strings = strings(cx, name, what, words)?;
    let bad = strings.iter().any(|word| word.contains('\0'));
    let Some(first) = strings.first().filter(|first| !first.is_empty() && !bad) else {
        let expected = "the name of a program and its arguments";
        return Err(value_error(cx, name, what, expected, words));
    };
    let folder = options.folder.clone().unwrap_or_default();
    let Some(program) = find(cx, first, &folder) else {
        let why = match first.contains('/') && folder.join(first).exists() {
            true => "Permission denied (it is no program)",
            false => "No such file or directory (no program of this name)",
        };
        return Err(not_started(first, &why));
    };
    Ok(Stage {
        name: first.clone(),
        program,
        words: strings,
    })
}

/// The output of a run in which all went well; or what went wrong.
fn output(
    cx: &mut dyn Context,
    name: &str,
    stages: &[Stage],
    ran: &Ran,
    options: &Options,
) -> Fallible {
    if ran.timed_out {
        let ms = options.time.unwrap_or_default().as_millis();
        let message = format!("{name}() expects an end within {ms} ms; got none");
        return Err(Fault::new(ErrorKind::Timeout, message));
    }
    if ran.out_cut {
        return Err(overflow_error(name, options.most, "bytes", "more"));
    }
    let last = ran.stages.len() - 1;
    for (at, (stage, ended)) in stages.iter().zip(&ran.stages).enumerate() {
        if ended.code == 0 || ended.lost_its_reader && at < last {
            continue;
        }
        let errors = String::from_utf8_lossy(&ended.errors);
        let errors = match errors.trim() {
            "" => String::new(),
            errors => format!(": {errors}"),
        };
        let message = format!(
            "Command '{}' ended with exit code {}{errors}",
            stage.name, ended.code
        );
        return Err(Fault::new(ErrorKind::Process, message));
    }
    lossy_text(cx, name, &ran.out)
}

/// The `ProcessResult` of a run of one program.
fn result(cx: &mut dyn Context, name: &str, ran: &Ran) -> Fallible {
    let stage = &ran.stages[0];
    let code = if ran.timed_out { -1 } else { stage.code };
    let out = lossy_text(cx, name, &ran.out)?;
    let errors = lossy_text(cx, name, &stage.errors)?;
    Ok(new_instance(
        cx,
        &PROCESS_RESULT,
        &[
            Value::int(code.into()),
            out,
            errors,
            Value::bool(code == 0),
            Value::bool(ran.timed_out),
            Value::bool(ran.out_cut),
            Value::bool(stage.errors_cut),
        ],
    ))
}

fn execute(cx: &mut dyn Context, args: Args) -> Fallible {
    let options = options(cx, "execute", args)?;
    let stages = [shell(cx, "execute", args)?];
    let ran = group::run(cx, &stages, &options, true)?;
    output(cx, "execute", &stages, &ran, &options)
}

fn execute_status(cx: &mut dyn Context, args: Args) -> Fallible {
    let options = options(cx, "execute_status", args)?;
    let stage = shell(cx, "execute_status", args)?;
    let ran = group::run(cx, &[stage], &options, false)?;
    result(cx, "execute_status", &ran)
}

fn spawn_process(cx: &mut dyn Context, args: Args) -> Fallible {
    let options = options(cx, "spawn_process", args)?;
    let stage = program(cx, "spawn_process", "argv", args.get(0), &options)?;
    let ran = group::run(cx, &[stage], &options, false)?;
    result(cx, "spawn_process", &ran)
}

fn pipe_commands(cx: &mut dyn Context, args: Args) -> Fallible {
    let options = options(cx, "pipe_commands", args)?;
    let mut stages = Vec::new();
    while let Some(&words) = args.get(0).elements().get(stages.len()) {
        stages.push(program(cx, "pipe_commands", "stages", words, &options)?);
    }
    if stages.is_empty() {
        let what = "at least one program";
        return Err(value_error(
            cx,
            "pipe_commands",
            "stages",
            what,
            args.get(0),
        ));
    }
    let ran = group::run(cx, &stages, &options, true)?;
    output(cx, "pipe_commands", &stages, &ran, &options)
}
