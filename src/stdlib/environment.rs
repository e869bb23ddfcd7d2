//! Variables of the environment (STDLIB 19).

use super::declare::*;
use super::limits::*;
use super::operands::*;
use crate::runtime::messages::value_error;
use crate::runtime::world::Capability;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, number_text, repr};
use crate::value::Value;

natives! {
    /// The value of a variable; `""` if it is not set.
    pure fn [none] env(name: VARIABLE) -> "string" = env;
    /// The value of a variable; `default` if it is not set.
    pure fn [none] env_or(name: VARIABLE, default: STRING) -> "string" = env_or;
    /// The value of a variable that must be set.
    ///
    /// Not set: `key`.
    pure fn [none] env_required(name: VARIABLE) -> "string" = env_required;
    /// The int that a variable holds.
    ///
    /// Not set: `key`; no int: `parse`.
    pure fn [none] env_int(name: VARIABLE) -> "int" = env_int;
    /// The float that a variable holds.
    ///
    /// Not set: `key`; no number: `parse`.
    pure fn [none] env_float(name: VARIABLE) -> "float" = env_float;
    /// The bool that a variable holds: `true`, `1`, `yes`, `on`, or `false`, `0`, `no`, `off`, in
    /// any case.
    ///
    /// Not set: `key`; something else: `parse`.
    pure fn [none] env_bool(name: VARIABLE) -> "bool" = env_bool;
    /// Sets a variable, for this program and the processes that it starts.
    pure fn [none] env_set(name: VARIABLE, value: STRING) -> "null" = env_set; writes;
    /// All variables that the program may see.
    plain fn [none] env_list | os_environ () -> "dict" = env_list where needs Env;
}

/// The value of the variable that argument 0 names. One that is not UTF-8 is an error.
fn variable(cx: &mut dyn Context, args: Args) -> Fallible<Option<String>> {
    let name = str_arg(cx, args, 0);
    let Some(value) = cx.state().world.variable(name) else {
        return Ok(None);
    };
    match value.into_string() {
        Ok(value) => Ok(Some(value)),
        Err(value) => Err(unreadable(
            name,
            "a variable that is valid UTF-8",
            &format!("{value:?}"),
        )),
    }
}

fn required(cx: &mut dyn Context, function: &str, args: Args) -> Fallible<String> {
    if let Some(value) = variable(cx, args)? {
        return Ok(value);
    }
    let name = repr::repr_short(cx, args.get(0));
    let message = format!("{function}() expects name to be a variable that is set; got {name}");
    Err(Fault::new(ErrorKind::Key, message))
}

#[cold]
fn unreadable(name: &str, what: &str, got: &str) -> Box<Fault> {
    Fault::new(
        ErrorKind::Parse,
        format!("{name} is expected to be {what}; got {got}"),
    )
}

/// The value of the variable in argument 0, read by `read`.
fn typed(
    cx: &mut dyn Context,
    function: &str,
    args: Args,
    what: &str,
    read: fn(&mut dyn Context, &str) -> Fallible<Option<Value>>,
) -> Fallible {
    let value = required(cx, function, args)?;
    if let Some(read) = read(cx, value.trim())? {
        return Ok(read);
    }
    let got = cx.heap().new_string(&value);
    let got = repr::repr_short(cx, got);
    Err(unreadable(str_arg(cx, args, 0), what, &got))
}

fn env(cx: &mut dyn Context, args: Args) -> Fallible {
    let value = variable(cx, args)?.unwrap_or_default();
    new_text(cx, "env", &value)
}

fn env_or(cx: &mut dyn Context, args: Args) -> Fallible {
    match variable(cx, args)? {
        Some(value) => new_text(cx, "env_or", &value),
        None => Ok(args.get(1)),
    }
}

fn env_required(cx: &mut dyn Context, args: Args) -> Fallible {
    let value = required(cx, "env_required", args)?;
    new_text(cx, "env_required", &value)
}

fn env_int(cx: &mut dyn Context, args: Args) -> Fallible {
    typed(cx, "env_int", args, "an int", |cx, text| {
        number_text::parse_int(cx, text, 10)
    })
}

fn env_float(cx: &mut dyn Context, args: Args) -> Fallible {
    typed(cx, "env_float", args, "a number", |_, text| {
        Ok(number_text::parse_float(text).map(Value::float))
    })
}

fn env_bool(cx: &mut dyn Context, args: Args) -> Fallible {
    let what = "true, 1, yes, on, false, 0, no or off";
    typed(cx, "env_bool", args, what, |_, text| {
        Ok(match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(Value::TRUE),
            "false" | "0" | "no" | "off" => Some(Value::FALSE),
            _ => None,
        })
    })
}

fn env_set(cx: &mut dyn Context, args: Args) -> Fallible {
    let (name, value) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    if name.is_empty() || name.contains(['=', '\0']) {
        let what = "a name without `=`";
        return Err(value_error(cx, "env_set", "name", what, args.get(0)));
    }
    if value.contains('\0') {
        let what = "free of zero characters";
        return Err(value_error(cx, "env_set", "value", what, args.get(1)));
    }
    cx.state().world.set_variable(name, value);
    Ok(Value::NULL)
}

fn env_list(cx: &mut dyn Context, _: Args) -> Fallible {
    let dict = cx.heap().new_dict(0);
    for (name, value) in cx.state().world.variables() {
        // A variable that is no text cannot be asked for by name either.
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else {
            continue;
        };
        if !cx
            .state()
            .world
            .permissions
            .allows_name(Capability::Env, name)
        {
            continue;
        }
        let (name, value) = (cx.heap().new_string(name), cx.heap().new_string(value));
        super::dicts::put(cx, "env_list", dict, name, value)?;
    }
    Ok(dict)
}
