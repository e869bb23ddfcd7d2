//! Prints what a generated program turned out to be.

use crate::ast::*;
use crate::model::{FUEL, NOISE};
use crate::value::{FIELDS, TAGS};
use std::fmt::Write;

pub const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

pub fn key(number: u8) -> &'static str {
    KEYS[usize::from(number) % KEYS.len()]
}

pub fn takes_arg(change: Change) -> bool {
    matches!(
        change,
        Change::Push | Change::Insert | Change::Extend | Change::Set | Change::Update
    )
}

struct Printer<'p> {
    program: &'p Program,
    out: String,
    indent: usize,
    /// Within a function.
    inside: bool,
    loops: usize,
}

pub fn print(program: &Program) -> String {
    let mut p = Printer {
        program,
        out: String::new(),
        indent: 0,
        inside: false,
        loops: 0,
    };
    for (i, value) in program.globals.iter().enumerate() {
        let value = p.expr(value);
        p.line(&format!("g{i} := {value}"));
    }
    p.line(&format!("fuel := {FUEL}"));
    p.line(&format!("noise := {NOISE}"));
    p.line("func second(a, b) { return b }");
    p.line("func fail(v) { throw(v) }");
    p.line("enum T { N }");
    for (name, class) in [("P", false), ("C", true)] {
        let kind = if class { "class" } else { "struct" };
        p.line(&format!("{kind} {name} {{"));
        p.indent += 1;
        for (field, value) in FIELDS.iter().zip(["0", "[1]", "{}"]) {
            p.line(&format!("{field} := {value}"));
        }
        for (i, method) in program.methods.iter().enumerate() {
            let own = if method.bare { "" } else { "self" };
            p.func(
                &format!("m{i}"),
                &method.func,
                &format!("m{i}p"),
                own,
                method.mutating,
            );
        }
        p.indent -= 1;
        p.line("}");
    }
    p.hooks();
    for (i, generator) in program.generators.iter().enumerate() {
        p.generator(i, generator);
    }
    for (i, func) in program.funcs.iter().enumerate() {
        p.func(&format!("f{i}"), func, &format!("f{i}p"), "", false);
    }
    if program.in_func {
        p.inside = true;
        p.line("func main() {");
        p.block(&program.main);
        p.line("}");
        p.line("main()");
    } else {
        p.stmts(&program.main);
    }
    for i in 0..program.globals.len() {
        if program.shown >> (i % 32) & 1 != 0 {
            p.line(&format!("print(g{i})"));
        }
    }
    p.out
}

impl Printer<'_> {
    fn line(&mut self, text: &str) {
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn block(&mut self, block: &Block) {
        self.indent += 1;
        self.stmts(block);
        self.indent -= 1;
    }

    fn stmts(&mut self, block: &Block) {
        for stmt in block.iter().filter(|s| s.ran.get()) {
            self.stmt(&stmt.kind);
        }
    }

    fn func(&mut self, name: &str, func: &Func, prefix: &str, own: &str, mutating: bool) {
        let mut params: Vec<String> = Vec::new();
        if !own.is_empty() {
            params.push(own.into());
        }
        params.extend((0..func.params).map(|i| format!("{prefix}{i}")));
        if let Some(default) = &func.default {
            params.push(format!("{prefix}d := {}", self.expr(default)));
        }
        self.line(&format!("func {name}({}) {{", params.join(", ")));
        self.indent += 1;
        if mutating {
            self.line("self.f := 7");
        }
        let inside = std::mem::replace(&mut self.inside, true);
        let loops = std::mem::take(&mut self.loops);
        self.stmts(&func.body);
        let result = self.expr(&func.result);
        self.line(&format!("return {result}"));
        self.inside = inside;
        self.loops = loops;
        self.indent -= 1;
        self.line("}");
    }

    /// The struct that runs code.
    fn hooks(&mut self) {
        let hooks = &self.program.hooks;
        self.line("struct S {");
        self.indent += 1;
        for (field, value) in FIELDS.iter().zip(["0", "[1]", "{}"]) {
            self.line(&format!("{field} := {value}"));
        }
        for (head, body, result) in [
            ("to_string(self)", &hooks.text, "\"S\""),
            ("op_eq(self, other)", &hooks.equal, "noise % 2 == 0"),
            ("op_add(self, other)", &hooks.add, "self.f"),
        ] {
            self.line(&format!("func {head} {{"));
            self.indent += 1;
            self.line("if noise > 0 {");
            self.indent += 1;
            self.line("noise -= 1");
            self.inside(|p| p.stmts(body));
            self.indent -= 1;
            self.line("}");
            self.line(&format!("return {result}"));
            self.indent -= 1;
            self.line("}");
        }
        self.indent -= 1;
        self.line("}");
    }

    fn generator(&mut self, number: usize, generator: &Generator) {
        self.line(&format!("func* h{number}(h{number}p) {{"));
        self.indent += 1;
        self.inside(|p| {
            for (body, value) in &generator.parts {
                p.stmts(body);
                let value = p.expr(value);
                p.line(&format!("yield {value}"));
            }
        });
        self.indent -= 1;
        self.line("}");
    }

    /// Writes what is within a function.
    fn inside(&mut self, write: impl FnOnce(&mut Self)) {
        let inside = std::mem::replace(&mut self.inside, true);
        let loops = std::mem::take(&mut self.loops);
        write(self);
        self.inside = inside;
        self.loops = loops;
    }

    fn place(&mut self, place: &Place) -> Option<String> {
        let path = place.path.get()?.as_ref()?;
        let mut out = path.root.to_string();
        let mut effect = place.effect.as_deref();
        for step in &path.steps {
            let index = match step {
                Step::Key {
                    name,
                    bracket: true,
                } => {
                    let _ = write!(out, "[\"{name}\"]");
                    continue;
                }
                Step::Key { name, .. } => {
                    let _ = write!(out, ".{name}");
                    continue;
                }
                Step::At(i) => i.to_string(),
                Step::AtVar(name) => name.to_string(),
            };
            match effect.take() {
                Some(effect) => {
                    let effect = self.expr(effect);
                    let _ = write!(out, "[second({effect}, {index})]");
                }
                None => {
                    let _ = write!(out, "[{index}]");
                }
            }
        }
        Some(out)
    }

    fn lambda(&mut self, lambda: &Lambda) -> String {
        let outer = std::mem::take(&mut self.out);
        let inside = std::mem::replace(&mut self.inside, true);
        let loops = std::mem::take(&mut self.loops);
        self.block(&lambda.body);
        self.indent += 1;
        let result = self.expr(&lambda.result);
        self.line(&format!("return {result}"));
        self.indent -= 1;
        self.line("}");
        self.inside = inside;
        self.loops = loops;
        let body = std::mem::replace(&mut self.out, outer);
        let param = lambda.param.get().map_or("unused", |p| p);
        format!("func({param}) {{\n{}", body.trim_end_matches('\n'))
    }

    fn change(&mut self, change: Change, arg: &Expr) -> (&'static str, String) {
        let arg = if takes_arg(change) {
            self.expr(arg)
        } else {
            String::new()
        };
        match change {
            Change::Push => ("push", arg),
            Change::Pop => ("pop", arg),
            Change::Insert => ("insert", format!("0, {arg}")),
            Change::RemoveAt => ("remove_at", "0".into()),
            Change::Reverse => ("reverse", arg),
            Change::Sort => ("sort", arg),
            Change::Extend => ("extend", arg),
            Change::Clear => ("clear", arg),
            Change::Set => ("set", format!("\"a\", {arg}")),
            Change::Remove => ("remove", "\"a\"".into()),
            Change::Update => ("update", arg),
        }
    }

    fn function_form(&mut self, first: &str, change: Change, arg: &Expr) -> String {
        let (name, arg) = self.change(change, arg);
        let comma = if arg.is_empty() { "" } else { ", " };
        format!("{name}({first}{comma}{arg})")
    }

    fn args(&mut self, call: &Call, from: usize, count: u8) -> Vec<String> {
        call.args[..usize::from(count)]
            .iter()
            .skip(from)
            .map(|a| self.expr(a))
            .collect()
    }

    fn expr(&mut self, expr: &Expr) -> String {
        match expr {
            Expr::Int(n) => n.to_string(),
            Expr::Array(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|(spread, e)| {
                        format!("{}{}", if *spread { "..." } else { "" }, self.expr(e))
                    })
                    .collect();
                format!("[{}]", items.join(", "))
            }
            Expr::Dict(spread, entries) => {
                let mut parts: Vec<String> = Vec::new();
                if let Some(spread) = spread {
                    parts.push(format!("...{}", self.expr(spread)));
                }
                for (k, e) in entries {
                    parts.push(format!("\"{}\": {}", key(*k), self.expr(e)));
                }
                format!("({{{}}})", parts.join(", "))
            }
            Expr::New { ty, fields } => {
                let mut parts: Vec<String> = Vec::new();
                let mut seen = 0;
                for (field, e) in fields {
                    if seen >> field & 1 == 0 {
                        seen |= 1 << field;
                        parts.push(format!("{}: {}", FIELDS[usize::from(*field)], self.expr(e)));
                    }
                }
                format!("({ty:?} {{ {} }})", parts.join(", "))
            }
            Expr::Wrap(tag, e) => format!("{}({})", TAGS[usize::from(*tag)], self.expr(e)),
            Expr::Read(place) => self.place(place).unwrap_or_else(|| "0".into()),
            Expr::Call(call) => match call.target.get() {
                Some(Some(f)) => {
                    let args = self.args(call, 0, self.program.funcs[*f].params);
                    format!("f{f}({})", args.join(", "))
                }
                _ => "0".into(),
            },
            Expr::CallValue(place, arg) => match self.place(place) {
                Some(callee) => {
                    let arg = self.expr(arg);
                    format!("({callee})({arg})")
                }
                None => "0".into(),
            },
            Expr::Method { recv, call } => match (self.place(recv), call.target.get()) {
                (Some(recv), Some(Some(m))) => {
                    let args = self.args(call, 0, self.program.methods[*m].func.params);
                    format!("{recv}.m{m}({})", args.join(", "))
                }
                _ => "0".into(),
            },
            Expr::Change { recv, change, arg } => match self.place(recv) {
                Some(recv) => {
                    let (name, arg) = self.change(*change, arg);
                    format!("{recv}.{name}({arg})")
                }
                None => "0".into(),
            },
            Expr::Changed { first, change, arg } => {
                let first = self.expr(first);
                self.function_form(&first, *change, arg)
            }
            Expr::Add(a, b) => format!("({} + {})", self.expr(a), self.expr(b)),
            Expr::Equal(a, b) => format!("({} == {})", self.expr(a), self.expr(b)),
            Expr::Unwrap(e) => format!("({})?", self.expr(e)),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::Map(place, lambda) => {
                let place = self.place(place).unwrap_or_else(|| "0".into());
                format!("map({place}, {})", self.lambda(lambda))
            }
            Expr::Slice(place, from, to) => {
                let place = self.place(place).unwrap_or_else(|| "0".into());
                format!("({place})[{from}:{to}]")
            }
            Expr::Part { of, step, .. } => {
                let of = self.expr(of);
                match step.get() {
                    Some(Some(Step::At(i))) => format!("({of})[{i}]"),
                    Some(Some(Step::Key { name, bracket })) if *bracket => {
                        format!("({of})[\"{name}\"]")
                    }
                    Some(Some(Step::Key { name, .. })) => format!("({of}).{name}"),
                    _ => of,
                }
            }
            Expr::Coalesce(a, b) => format!("({} ?? {})", self.expr(a), self.expr(b)),
            Expr::Generator(call) => match call.target.get() {
                Some(Some(h)) => format!("h{h}({})", self.expr(&call.args[0])),
                _ => "0".into(),
            },
            Expr::Next { of, method } => match self.place(of) {
                Some(of) if *method => format!("{of}.next().unwrap_or(null)"),
                Some(of) => format!("unwrap_or(next({of}), null)"),
                None => "0".into(),
            },
            Expr::Lazy {
                over,
                filter,
                lambda,
            } => match self.place(over) {
                Some(over) => {
                    let lambda = self.lambda(lambda);
                    let name = if *filter { "filter" } else { "map" };
                    format!("{over}.iter().{name}({lambda})")
                }
                None => "0".into(),
            },
            Expr::Pure {
                recv,
                pure,
                method,
                arg,
            } => match self.place(recv) {
                Some(recv) => {
                    let name = match pure {
                        Pure::Contains => "contains",
                        Pure::IndexOf => "index_of",
                        Pure::Concat => "concat",
                        Pure::Slice => "slice",
                    };
                    let arg = self.expr(arg);
                    if *method {
                        format!("{recv}.{name}({arg})")
                    } else {
                        format!("{name}({recv}, {arg})")
                    }
                }
                None => "0".into(),
            },
            Expr::Text(places) => {
                let mut text = String::new();
                for place in places {
                    let place = self.place(place).unwrap_or_else(|| "0".into());
                    let _ = write!(text, "${{{place}}};");
                }
                format!("len(\"{text}\")")
            }
            Expr::Fail { builtin, value } => {
                let name = if *builtin { "error" } else { "fail" };
                format!("{name}({})", self.expr(value))
            }
        }
    }

    fn stmt(&mut self, kind: &Kind) {
        match kind {
            Kind::Let { fixed, value, name } => {
                let Some(name) = name.get() else { return };
                let value = self.expr(value);
                self.line(&format!(
                    "{}{name} := {value}",
                    if *fixed { "let " } else { "" }
                ));
            }
            Kind::Assign(place, value) => {
                let value = self.expr(value);
                match self.place(place) {
                    Some(place) => self.line(&format!("{place} := {value}")),
                    None => self.line(&format!("second({value}, 0)")),
                }
            }
            Kind::Compound(place, value) => {
                if let Some(place) = self.place(place) {
                    let value = self.expr(value);
                    self.line(&format!("{place} += {value}"));
                }
            }
            Kind::Do(expr) => {
                let expr = self.expr(expr);
                if expr.starts_with("func(") || expr.starts_with(['(', '[', '-']) {
                    self.line(&format!("second({expr}, 0)"));
                } else {
                    self.line(&expr);
                }
            }
            Kind::Print(exprs) => {
                let texts: Vec<String> = exprs.iter().map(|e| self.expr(e)).collect();
                self.line(&format!("print({})", texts.join(", ")));
            }
            Kind::Update { place, change, arg } => {
                if let Some(target) = self.place(place) {
                    let value = self.function_form(&target, *change, arg);
                    self.line(&format!("{target} := {value}"));
                }
            }
            Kind::Through { place, call } | Kind::Recurse { place, call } => {
                let (Some(target), Some(Some(f))) = (self.place(place), call.target.get()) else {
                    return;
                };
                let count = self.program.funcs[*f].params;
                let mut args = self.args(call, 1, count);
                if count > 0 {
                    args.insert(0, target.clone());
                }
                let text = format!("{target} := f{f}({})", args.join(", "));
                if matches!(kind, Kind::Recurse { .. }) {
                    self.line(&format!("if fuel > 0 {{ fuel -= 1; {text} }}"));
                } else {
                    self.line(&text);
                }
            }
            Kind::Swap { one, other, name } => {
                let (Some(one), Some(other), Some(name)) =
                    (self.place(one), self.place(other), name.get())
                else {
                    return;
                };
                self.line(&format!("{name} := {one}"));
                self.line(&format!("{one} := {other}"));
                self.line(&format!("{other} := {name}"));
            }
            Kind::SelfStore { place, keep } => {
                let Some(target) = self.place(place) else {
                    return;
                };
                let Some(Some(path)) = place.path.get() else {
                    return;
                };
                let keep = usize::from(*keep).min(path.steps.len());
                let short = Path {
                    root: path.root.clone(),
                    steps: path.steps[..keep].to_vec(),
                };
                let short = Place {
                    path: std::cell::OnceCell::from(Some(short)),
                    ..place.clone()
                };
                let short = self.place(&short).unwrap_or_default();
                self.line(&format!("{target} := {short}"));
            }
            Kind::If { on, then, other } => {
                let on = self.place(on).unwrap_or_else(|| "0".into());
                self.line(&format!("if {on} {{"));
                self.block(then);
                self.line("} else {");
                self.block(other);
                self.line("}");
            }
            Kind::For {
                over,
                two,
                body,
                names,
            } => {
                let Some((a, b)) = names.get() else { return };
                let over = self.expr(over);
                let b = if *two {
                    format!(", {b}")
                } else {
                    String::new()
                };
                self.line(&format!("for {a}{b} in ({over}) {{"));
                self.looped(body);
            }
            Kind::Times { count, body, name } => {
                let Some(name) = name.get() else { return };
                self.line(&format!("for {name} in 0..{count} {{"));
                self.looped(body);
            }
            Kind::Match {
                on,
                pick: _,
                body,
                pattern,
            } => {
                let on = self.expr(on);
                let Some(pattern) = pattern.get() else {
                    return self.line(&format!("second({on}, 0)"));
                };
                self.line(&format!("match ({on}) {{"));
                self.line(&format!("case {}: {{", pattern.text));
                self.block(body);
                self.line("}");
                self.line("}");
            }
            Kind::Destructure { from, pattern, .. } => {
                let from = self.expr(from);
                match pattern.get() {
                    Some(Some(pattern)) => self.line(&format!("{} := {from}", pattern.text)),
                    _ => self.line(&format!("second({from}, 0)")),
                }
            }
            Kind::Try {
                body,
                except,
                finally,
                name,
            } => {
                let Some(name) = name.get() else { return };
                self.line("try {");
                self.block(body);
                self.line(&format!("}} except e{name} {{"));
                self.indent += 1;
                self.line(&format!("{name} := e{name}.value"));
                self.line(&format!(
                    "if type({name}) == \"string\" {{ {name} := null }}"
                ));
                self.indent -= 1;
                self.block(except);
                if let Some(finally) = finally {
                    self.line("} finally {");
                    self.block(finally);
                }
                self.line("}");
            }
            Kind::Throw(value) => {
                let value = self.expr(value);
                self.line(&format!("throw({value})"));
            }
            Kind::Return(value) => {
                if self.inside {
                    let value = self.expr(value);
                    self.line(&format!("return {value}"));
                }
            }
            Kind::SortBy {
                place,
                written,
                value,
            } => {
                if let (Some(place), Some(written)) = (self.place(place), self.place(written)) {
                    self.line(&format!(
                        "{place}.sort(func(x, y) {{ {written} := [{value}]; return x - y }})"
                    ));
                }
            }
            Kind::Leave { on, next } => {
                if self.loops > 0 {
                    let on = self.place(on).unwrap_or_else(|| "0".into());
                    self.line(&format!(
                        "if {on} {{ {} }}",
                        if *next { "continue" } else { "break" }
                    ));
                }
            }
        }
    }

    fn looped(&mut self, body: &Block) {
        self.loops += 1;
        self.block(body);
        self.loops -= 1;
        self.line("}");
    }
}
