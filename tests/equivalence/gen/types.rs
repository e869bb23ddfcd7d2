//! Declarations of enums, structs and classes, with methods that mutate or not,
//! operators, `init` and defaults. Several types share names of fields and methods,
//! so that one place in a program meets several shapes.

use super::{Enum, Func, Gen, Method, Type};
use crate::kind::{Item, Kind};
use crate::tree::{Block, decl, expr, stmt};

const FIELDS: &[&str] = &["x", "y", "n", "label", "items", "inner"];
const METHODS: &[&str] = &["area", "bump", "peek", "blend", "step"];

impl Gen<'_> {
    pub fn enum_type(&mut self, out: &mut Block) {
        let name = self.name("E");
        let all = ["Red", "Green", "Pair", "Leaf"];
        let variants: Vec<(String, Vec<Kind>)> = (0..self.between(2, 4))
            .map(|i| {
                let parts = self.below(3);
                let parts = (0..parts)
                    .map(|_| self.pick(&[Kind::Int, Kind::Num, Kind::Str, Kind::Arr(Item::Int)]))
                    .collect();
                (all[i].to_owned(), parts)
            })
            .collect();
        let names: Vec<String> = variants.iter().map(|(name, _)| name.clone()).collect();
        out.push(decl!("enum @ { @ }", name.clone(), names.join(", ")));
        self.enums.push(Enum { name, variants });
    }

    pub fn struct_type(&mut self, out: &mut Block) {
        let name = self.name("S");
        let class = self.chance(35);
        let number = self.types.len();
        let first = self.below(2);
        let mut fields: Vec<(String, Kind)> = Vec::new();
        for field in FIELDS.iter().skip(first).take(self.between(1, 4)) {
            let kind = match *field {
                "label" => Kind::Str,
                "items" => Kind::Arr(Item::Int),
                "inner" if number > 0 => Kind::Inst(self.below(number)),
                "inner" => Kind::Int,
                _ => self.pick(&[Kind::Int, Kind::Int, Kind::Num, Kind::Any]),
            };
            fields.push((field.to_string(), kind));
        }
        if number > 0 && self.chance(25) && !fields.iter().any(|(name, _)| name == "inner") {
            fields.push(("inner".to_owned(), Kind::Inst(self.below(number))));
        }
        let required = self.below(fields.len() + 1);
        let mut body = Block::new();
        for (i, (field, kind)) in fields.iter().enumerate() {
            if i < required {
                body.push(decl!("@", field.clone()));
            } else {
                let default = match kind {
                    Kind::Arr(_) if self.chance(40) => expr!(*kind, "[]"),
                    kind => self.literal(*kind),
                };
                body.push(decl!("@ := @", field.clone(), default));
            }
        }
        self.types.push(Type {
            name: name.clone(),
            class,
            fields,
            required,
            methods: Vec::new(),
            ops: Vec::new(),
            init: None,
            ready: false,
        });
        if self.chance(40) {
            self.static_function(&name, &mut body);
        }
        self.methods(number, &mut body);
        self.operators(number, &mut body);
        self.types[number].ready = true;
        out.push(decl!(
            "@ @ {@}",
            if class { "class" } else { "struct" },
            name.clone(),
            body
        ));
        let global = self.name("o");
        let value = self.literal(Kind::Inst(number));
        out.push(decl!("mut @ := @", global.clone(), value));
        self.declare(&global, Kind::Inst(number), true);
    }

    /// A method's body with `self` as a variable.
    fn method_body(
        &mut self,
        ty: usize,
        params: &[(String, Kind)],
        mutable: bool,
        result: Kind,
        write: impl FnOnce(&mut Self) -> Block,
    ) -> (Block, bool, u64) {
        self.apart(|g| {
            g.within(
                |place| {
                    place.result = Some(result);
                    place.loops.clear();
                    place.loop_limit = 60;
                    place.call_limit = 40;
                },
                |g| {
                    g.declare("self", Kind::Inst(ty), mutable);
                    for (name, kind) in params {
                        g.declare(name, *kind, true);
                    }
                    write(g)
                },
            )
        })
    }

    fn methods(&mut self, number: usize, body: &mut Block) {
        let fields = self.types[number].fields.clone();
        if self.chance(45) {
            self.init(number, body);
        }
        let start = self.below(3);
        for i in 0..self.between(1, 3) {
            let name = METHODS[(start + i) % METHODS.len()].to_owned();
            let mutating = matches!(&name[..], "bump" | "step");
            let params: Vec<(String, Kind)> = (0..self.below(3))
                .map(|_| {
                    (
                        self.name("p"),
                        self.pick(&[Kind::Int, Kind::Num, Kind::Any, Kind::Int]),
                    )
                })
                .collect();
            let fluent = mutating && self.chance(35);
            let result = if fluent {
                Kind::Inst(number)
            } else {
                self.pick(&[Kind::Int, Kind::Int, Kind::Num, Kind::Str, Kind::Any])
            };
            let plain = !mutating && self.chance(20);
            let (mut text, throws, cost) =
                self.method_body(number, &params, mutating, result, |g| {
                    let mut text = Block::new();
                    if plain {
                        // Without `self` its fields are names.
                        g.vars.retain(|v| v.name != "self");
                        for (field, kind) in &fields {
                            g.declare(field, *kind, false);
                        }
                    } else if g.chance(55) {
                        text = g.block_open(3);
                    }
                    if mutating {
                        let (field, kind) = g.pick(&fields);
                        let value = g.expr(kind, 2);
                        text.push(stmt!("self.@ := @", field, value));
                    }
                    text
                });
            let back = if fluent {
                stmt!("return self")
            } else {
                let (value, risk, more) =
                    self.method_body_value(number, &params, plain, &fields, result);
                let (throws, cost) = (throws || risk, cost + more);
                text.push(stmt!("return @", value));
                self.add_method(
                    number,
                    &name,
                    &params,
                    result,
                    (cost, throws),
                    mutating,
                    fluent,
                );
                let list = self.method_params(&params, plain);
                body.push(decl!("func @(@) {@}", name, list, text));
                continue;
            };
            text.push(back);
            self.add_method(
                number,
                &name,
                &params,
                result,
                (cost, throws),
                mutating,
                fluent,
            );
            let list = self.method_params(&params, plain);
            body.push(decl!("func @(@) {@}", name, list, text));
        }
    }

    fn method_body_value(
        &mut self,
        number: usize,
        params: &[(String, Kind)],
        plain: bool,
        fields: &[(String, Kind)],
        result: Kind,
    ) -> (crate::tree::Expr, bool, u64) {
        self.apart(|g| {
            g.within(
                |place| {
                    place.result = Some(result);
                    place.call_limit = 40;
                },
                |g| {
                    if plain {
                        for (field, kind) in fields {
                            g.declare(field, *kind, false);
                        }
                    } else {
                        g.declare("self", Kind::Inst(number), false);
                    }
                    for (name, kind) in params {
                        g.declare(name, *kind, false);
                    }
                    g.expr(result, 3)
                },
            )
        })
    }

    fn method_params(&self, params: &[(String, Kind)], plain: bool) -> String {
        let names = params.iter().map(|(name, _)| name.as_str());
        let all: Vec<&str> = (!plain)
            .then_some("self")
            .into_iter()
            .chain(names)
            .collect();
        all.join(", ")
    }

    #[allow(clippy::too_many_arguments)]
    fn add_method(
        &mut self,
        number: usize,
        name: &str,
        params: &[(String, Kind)],
        result: Kind,
        (cost, throws): (u64, bool),
        mutating: bool,
        fluent: bool,
    ) {
        let func = Func {
            params: params.iter().map(|(_, kind)| *kind).collect(),
            required: params.len(),
            result,
            cost: cost + 2,
            throws,
            depth: None,
        };
        let name = name.to_owned();
        self.types[number].methods.push(Method {
            name,
            func,
            mutating,
            fluent,
        });
    }

    fn init(&mut self, number: usize, body: &mut Block) {
        let fields = self.types[number].fields.clone();
        let params: Vec<(String, Kind)> = fields
            .iter()
            .take(self.between(1, fields.len()))
            .map(|(_, kind)| (self.name("p"), *kind))
            .collect();
        let mut text = Block::new();
        for (i, (field, kind)) in fields.iter().enumerate() {
            match params.get(i) {
                Some((param, _)) => text.push(stmt!("self.@ := @", field.clone(), param.clone())),
                None => {
                    let value = self.literal(*kind);
                    text.push(stmt!("self.@ := @", field.clone(), value));
                }
            }
        }
        let names: Vec<String> = params.iter().map(|(name, _)| name.clone()).collect();
        body.push(decl!("func init(self, @) {@}", names.join(", "), text));
        self.types[number].init = Some(params.into_iter().map(|(_, kind)| kind).collect());
    }

    /// `op_` methods over the first field that is a number.
    fn operators(&mut self, number: usize, body: &mut Block) {
        let ty = &self.types[number];
        let Some(field) = ty
            .fields
            .iter()
            .find(|(_, k)| *k == Kind::Int)
            .map(|(name, _)| name.clone())
        else {
            return;
        };
        let name = ty.name.clone();
        let required = ty.required;
        if self.chance(35) {
            let fields = self.types[number].fields.clone();
            let rest: Vec<_> = fields
                .iter()
                .take(required)
                .filter(|(f, _)| *f != field)
                .cloned()
                .collect();
            let rest: Vec<String> = rest
                .iter()
                .map(|(f, _)| format!(", {f}: self.{f}"))
                .collect();
            for (op, sign) in [("op_add", "+"), ("op_sub", "-"), ("op_mul", "*")] {
                if self.chance(60) {
                    let value = expr!(
                        Kind::Any,
                        "cap(self.@ @ other.@)",
                        field.clone(),
                        sign,
                        field.clone()
                    );
                    body.push(decl!(
                        "func @(self, other) { return (@ { @: @@ }) }",
                        op,
                        name.clone(),
                        field.clone(),
                        value,
                        rest.concat()
                    ));
                    self.types[number].ops.push(&op[3..]);
                }
            }
        }
        if self.chance(30) {
            body.push(decl!(
                "func op_lt(self, other) { return self.@ < other.@ }",
                field.clone(),
                field.clone()
            ));
            self.types[number].ops.push("lt");
        }
        if self.chance(20) {
            let m = self.between(1, 3).to_string();
            body.push(decl!(
                "func op_eq(self, other) { return self.@ / @ == other.@ / @ }",
                field.clone(),
                m.clone(),
                field.clone(),
                m
            ));
        }
        if self.chance(25) {
            body.push(decl!(
                "func op_index(self, i) { return cap(self.@ + i) }",
                field.clone()
            ));
            body.push(decl!(
                "func op_set_index(self, i, v) { self.@ := cap(i * 2 + v) }",
                field.clone()
            ));
            self.types[number].ops.push("index");
        }
        if self.chance(15) {
            body.push(decl!("func len(self) { return self.@ % 3 }", field.clone()));
        }
        if self.chance(15) {
            body.push(decl!(
                "func* iter(self) {\n    yield self.@\n    yield* [1, self.@]\n}",
                field.clone(),
                field.clone()
            ));
            self.types[number].ops.push("iter");
        }
        if self.chance(15) {
            body.push(decl!("func op_neg(self) { return -self.@ }", field.clone()));
            self.types[number].ops.push("neg");
        }
        if self.chance(20) {
            body.push(decl!(
                "func to_string(self) { return \"<${self.@}>\" }",
                field.clone()
            ));
        }
        if self.chance(20) {
            body.push(decl!(
                "func* each(self) {\n    yield self.@\n    yield self.@ + 1\n}",
                field.clone(),
                field
            ));
        }
    }

    /// A type inside a function, whose methods capture its variables.
    pub fn local_type(&mut self, out: &mut Block) {
        let (name, value) = (self.name("L"), self.name("v"));
        let Some(var) = self.var(|v| v.mutable && v.kind == Kind::Int && v.name != "self") else {
            return;
        };
        if var.name.len() < 2 {
            return;
        }
        // A default value is in no loop and no function.
        let start = self.within(
            |place| {
                place.loops.clear();
                (place.result, place.yields) = (None, None);
            },
            |g| g.expr(Kind::Int, 1),
        );
        let captured = var.name;
        out.push(decl!(
            "struct @ {\n    held := @\n    func get(self, k) { return cap(self.held + k * @) }\n    func tick(self) {\n        self.held += 1\n        @ := cap(@ + self.held)\n        return self\n    }\n}",
            name.clone(), start, captured.clone(), captured.clone(), captured
        ));
        out.push(decl!("mut @ := @ { }", value.clone(), name));
        out.push(stmt!("@.tick()", value.clone()));
        out.push(stmt!("show(@.get(3))", value));
    }
}
