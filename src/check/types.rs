//! The kinds of values, as far as the text shows them: of literals, constructors,
//! results of built-ins, variables that are only ever given one kind, functions
//! that only return one. A variable or function whose values differ, or come from
//! where the text does not show, is of unknown type; nothing here is guessed.

mod inside;

use super::facts::{Facts, Given};
use crate::compiler::hash::Map;
use crate::compiler::resolve::{FuncIdx, FuncKind, Res, Resolved, StructIdx, VarId, VarKind};
use crate::runtime::MethodForm;
use crate::stdlib::{self, Receiver};
use crate::syntax::ast::*;
use inside::Inside;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ty {
    /// Of nothing so far: the variable is given only what it has itself.
    Nothing,
    Null,
    Bool,
    /// An instance of a type of the program.
    Instance(StructIdx),
    /// A variant of an enum of the program.
    Variant(VarId),
    /// A value of a built-in type.
    Of(Receiver),
    Unknown,
}

impl Ty {
    pub const INT: Ty = Ty::Of(Receiver::Int);
    pub const FLOAT: Ty = Ty::Of(Receiver::Float);
    pub const STRING: Ty = Ty::Of(Receiver::String);
    pub const ARRAY: Ty = Ty::Of(Receiver::Array);
    pub const DICT: Ty = Ty::Of(Receiver::Dict);

    fn join(self, other: Ty) -> Ty {
        match (self, other) {
            (Ty::Nothing, one) | (one, Ty::Nothing) => one,
            (one, other) if one == other => one,
            _ => Ty::Unknown,
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Ty::INT | Ty::FLOAT)
    }

    /// The built-in type that has its methods, if it is known.
    pub fn receiver(self, res: &Resolved) -> Option<Receiver> {
        Some(match self {
            Ty::Bool => Receiver::Bool,
            Ty::Instance(ty) if res.structs[ty.0 as usize].def.is_class => Receiver::Object,
            Ty::Instance(_) => Receiver::Struct,
            Ty::Variant(_) => Receiver::Tagged,
            Ty::Of(receiver) => receiver,
            Ty::Nothing | Ty::Null | Ty::Unknown => return None,
        })
    }

    /// The name in messages.
    pub fn name(self, res: &Resolved) -> String {
        match self {
            Ty::Null => "null".into(),
            Ty::Instance(ty) => res.structs[ty.0 as usize].def.name.name.into(),
            Ty::Variant(var) => res.var(var).name.into(),
            _ => (self.receiver(res)).map_or("any", Receiver::name).into(),
        }
    }
}

/// A value with a type to be found.
#[derive(Clone, Copy)]
enum Node {
    Var(usize),
    Func(usize),
    Field(usize, usize),
    InVar(usize),
    InFunc(usize),
    InField(usize, usize),
}

/// How often everything is looked at before nothing counts as known. It takes a sweep
/// for each change of direction on the way from a value to what depends on it.
const MOST_SWEEPS: u32 = 32;
/// How deep an expression is looked into.
const MOST_DEPTH: u32 = 24;

pub struct Types<'a, 'r> {
    res: &'r Resolved<'a>,
    vars: Vec<Ty>,
    funcs: Vec<Ty>,
    in_vars: Vec<Inside>,
    in_funcs: Vec<Inside>,
    /// By type and field.
    fields: Vec<Vec<Ty>>,
    in_fields: Vec<Vec<Inside>>,
    field_places: Map<(StructIdx, &'a str), usize>,
    /// The type of each name that only one of the program's types has.
    named: Map<&'a str, Option<StructIdx>>,
}

impl<'a, 'r> Types<'a, 'r> {
    pub fn new(facts: &Facts<'a>, res: &'r Resolved<'a>) -> Types<'a, 'r> {
        let mut types = Types {
            res,
            vars: vec![Ty::Nothing; facts.vars.len()],
            funcs: vec![Ty::Nothing; facts.funcs.len()],
            in_vars: vec![Inside::NOTHING; facts.vars.len()],
            in_funcs: vec![Inside::NOTHING; facts.funcs.len()],
            fields: Vec::new(),
            in_fields: Vec::new(),
            field_places: Map::default(),
            named: Map::default(),
        };
        for fields in &facts.fields {
            types.fields.push(vec![Ty::Nothing; fields.len()]);
            types.in_fields.push(vec![Inside::NOTHING; fields.len()]);
        }
        for (index, one) in res.structs.iter().enumerate() {
            (types.named.entry(one.def.name.name))
                .and_modify(|known| *known = None)
                .or_insert(Some(StructIdx(index as u32)));
            for (at, field) in one.def.fields.iter().enumerate() {
                let key = (StructIdx(index as u32), field.name.name);
                types.field_places.insert(key, at);
            }
        }
        types.solve(facts);
        types
    }

    /// Begins with nothing known and looks at everything again as long as something
    /// changes: a type only ever grows from nothing to one kind to unknown.
    fn solve(&mut self, facts: &Facts<'a>) {
        let vars = (0..facts.vars.len()).map(Node::Var);
        let funcs = 0..facts.funcs.len();
        let mut open: Vec<Node> = vars.chain(funcs.clone().map(Node::Func)).collect();
        open.extend((0..facts.vars.len()).map(Node::InVar));
        open.extend(funcs.map(Node::InFunc));
        for (ty, fields) in facts.fields.iter().enumerate() {
            open.extend((0..fields.len()).map(|at| Node::Field(ty, at)));
            open.extend((0..fields.len()).map(|at| Node::InField(ty, at)));
        }
        for _ in 0..MOST_SWEEPS {
            let mut changed = false;
            open.retain(|&node| {
                let (old, new) = match node {
                    Node::InVar(at) => {
                        let new = self.inside_var(facts, at);
                        changed |= std::mem::replace(&mut self.in_vars[at], new) != new;
                        return new != Inside::UNKNOWN;
                    }
                    Node::InFunc(at) => {
                        let new = self.inside_results(facts, at);
                        changed |= std::mem::replace(&mut self.in_funcs[at], new) != new;
                        return new != Inside::UNKNOWN;
                    }
                    Node::InField(ty, at) => {
                        let new = self.inside_field(facts, ty, at);
                        let old = std::mem::replace(&mut self.in_fields[ty][at], new);
                        changed |= old != new;
                        return new != Inside::UNKNOWN;
                    }
                    Node::Var(at) => (self.vars[at], self.given(facts, at)),
                    Node::Func(at) => (self.funcs[at], self.returned(facts, at)),
                    Node::Field(ty, at) => {
                        let old = self.fields[ty][at];
                        (old, self.joined(&facts.fields[ty][at], old))
                    }
                };
                changed |= new != old;
                match node {
                    Node::Var(at) => self.vars[at] = new,
                    Node::Func(at) => self.funcs[at] = new,
                    Node::Field(ty, at) => self.fields[ty][at] = new,
                    Node::InVar(_) | Node::InFunc(_) | Node::InField(..) => {}
                }
                new != Ty::Unknown
            });
            if !changed {
                return;
            }
            // Whichever way the needed ones lie, half of the sweeps find it done.
            open.reverse();
        }
        self.vars.fill(Ty::Unknown);
        self.funcs.fill(Ty::Unknown);
        self.in_vars.fill(Inside::UNKNOWN);
        self.in_funcs.fill(Inside::UNKNOWN);
        for fields in &mut self.fields {
            fields.fill(Ty::Unknown);
        }
        for fields in &mut self.in_fields {
            fields.fill(Inside::UNKNOWN);
        }
    }

    fn given(&self, facts: &Facts<'a>, at: usize) -> Ty {
        let var = &self.res.vars[at];
        match var.kind {
            VarKind::Func => return Ty::Of(Receiver::Function),
            VarKind::Struct(_) | VarKind::Enum => return Ty::Of(Receiver::Type),
            VarKind::Import | VarKind::Module | VarKind::Dynamic | VarKind::Except => {
                return Ty::Unknown;
            }
            VarKind::SelfParam => {
                return match self.res.func(var.func).kind {
                    FuncKind::Method { ty, .. } if facts.vars[at].given.is_empty() => {
                        Ty::Instance(ty)
                    }
                    _ => Ty::Unknown,
                };
            }
            _ => {}
        }
        self.joined(&facts.vars[at].given, self.vars[at])
    }

    /// The type of a variable or field that is given all this; `own` is the one it had
    /// before.
    fn joined(&self, all: &[Given<'a>], own: Ty) -> Ty {
        let mut ty = Ty::Nothing;
        for given in all {
            ty = ty.join(match *given {
                Given::Value(value) => self.of(value),
                Given::Compound(op, value) => self.operation(op, own, self.of(value)),
                Given::Declared(ty) => self.written(ty),
                Given::Element(iter) => match self.of(iter) {
                    Ty::INT => Ty::INT,
                    Ty::STRING => Ty::STRING,
                    _ if self.is_range(iter) => Ty::INT,
                    Ty::ARRAY => self.inside(iter, MOST_DEPTH).0[0],
                    Ty::Nothing => Ty::Nothing,
                    _ => Ty::Unknown,
                },
                Given::Position(iter) => match self.of(iter) {
                    Ty::ARRAY | Ty::STRING => Ty::INT,
                    Ty::Nothing => Ty::Nothing,
                    _ => Ty::Unknown,
                },
                Given::Unknown => Ty::Unknown,
            });
            if ty == Ty::Unknown {
                return ty;
            }
        }
        match all.is_empty() {
            true => Ty::Unknown,
            false => ty,
        }
    }

    fn returned(&self, facts: &Facts<'a>, at: usize) -> Ty {
        let func = &facts.funcs[at];
        let Some(def) = func.def else {
            return Ty::Unknown;
        };
        if def.is_async {
            return Ty::Unknown;
        }
        if def.is_generator {
            return Ty::Of(Receiver::Generator);
        }
        let mut ty = Ty::Nothing;
        for value in &func.returns {
            ty = ty.join(value.map_or(Ty::Null, |value| self.of(value)));
        }
        ty
    }

    /// `1..n`, `range(n)`.
    fn is_range(&self, iter: &Expr) -> bool {
        match iter.kind {
            ExprKind::Paren(inner) => self.is_range(inner),
            ExprKind::Range { .. } => true,
            ExprKind::Call { callee, .. } => {
                matches!(callee.kind, ExprKind::Name("range"))
                    && self.res.name(callee.span) == Res::Free
            }
            _ => false,
        }
    }

    /// The type of an expression.
    pub fn of(&self, expr: &Expr<'a>) -> Ty {
        self.at_depth(expr, MOST_DEPTH)
    }

    fn at_depth(&self, expr: &Expr<'a>, depth: u32) -> Ty {
        let Some(depth) = depth.checked_sub(1) else {
            return Ty::Unknown;
        };
        match expr.kind {
            ExprKind::Paren(inner) => self.at_depth(inner, depth),
            ExprKind::Null => Ty::Null,
            ExprKind::Bool(_) => Ty::Bool,
            ExprKind::Int(_) => Ty::INT,
            ExprKind::Float(_) => Ty::FLOAT,
            ExprKind::Str(_) | ExprKind::Template(_) => Ty::STRING,
            ExprKind::Array(_) | ExprKind::Range { .. } => Ty::ARRAY,
            ExprKind::Dict(_) => Ty::Of(Receiver::Dict),
            ExprKind::Func(_) => Ty::Of(Receiver::Function),
            ExprKind::Name(name) => match self.res.name(expr.span) {
                Res::Var(var) => self.vars[var.0 as usize],
                Res::Free if name == "None" => Ty::Of(Receiver::Option),
                Res::Free if stdlib::CONSTANTS.iter().any(|&(one, _)| one == name) => Ty::FLOAT,
                Res::Free if stdlib::function(name).is_some() => Ty::Of(Receiver::Function),
                Res::Free | Res::Member => Ty::Unknown,
            },
            ExprKind::StructLit { name, .. } => self.struct_at(name.span),
            ExprKind::Path { ty, .. } => self.variant(ty),
            ExprKind::Unary { op, operand, .. } => match op {
                UnaryOp::Not if self.res.defines_not() => Ty::Unknown,
                UnaryOp::Not => Ty::Bool,
                UnaryOp::Neg | UnaryOp::BitNot => match self.at_depth(operand, depth) {
                    ty if ty.is_number() || ty == Ty::Nothing => ty,
                    _ => Ty::Unknown,
                },
            },
            ExprKind::Binary {
                op, left, right, ..
            } => {
                let (left, right) = (self.at_depth(left, depth), self.at_depth(right, depth));
                self.operation(op, left, right)
            }
            ExprKind::Logic {
                op: LogicOp::And | LogicOp::Or,
                ..
            } => Ty::Bool,
            ExprKind::Call { callee, args } => self.call(callee, args, depth),
            ExprKind::MethodCall {
                recv, name, args, ..
            } => {
                let of = self.at_depth(recv, depth);
                let combined = match of {
                    Ty::ARRAY if !args.iter().any(|arg| arg.spread) => {
                        self.combined(name.name, recv, args, depth)
                    }
                    _ => None,
                };
                combined.unwrap_or_else(|| self.method_result(of, name.name))
            }
            ExprKind::Field {
                recv,
                name,
                optional: false,
                ..
            } => match self.at_depth(recv, depth) {
                Ty::Nothing => Ty::Nothing,
                Ty::Instance(ty) => match self.field_places.get(&(ty, name.name)) {
                    Some(&at) => self.fields[ty.0 as usize][at],
                    None => Ty::Unknown,
                },
                Ty::DICT => self.inside(recv, depth).0[0],
                _ => Ty::Unknown,
            },
            ExprKind::Index {
                recv,
                optional: false,
                ..
            } => match self.at_depth(recv, depth) {
                Ty::ARRAY | Ty::DICT => self.inside(recv, depth).0[0],
                ty @ (Ty::STRING | Ty::Nothing) => ty,
                _ => Ty::Unknown,
            },
            ExprKind::Slice {
                recv,
                optional: false,
                ..
            } => match self.at_depth(recv, depth) {
                ty @ (Ty::ARRAY | Ty::STRING | Ty::Nothing) => ty,
                _ => Ty::Unknown,
            },
            _ => Ty::Unknown,
        }
    }

    fn operation(&self, op: BinaryOp, left: Ty, right: Ty) -> Ty {
        use BinaryOp as Op;
        if left == Ty::Nothing || right == Ty::Nothing {
            return Ty::Nothing;
        }
        match op {
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod => match (left, right) {
                (Ty::INT, Ty::INT) => Ty::INT,
                (left, right) if left.is_number() && right.is_number() => Ty::FLOAT,
                (Ty::STRING, Ty::STRING) if op == Op::Add => Ty::STRING,
                (Ty::ARRAY, Ty::ARRAY) if op == Op::Add => Ty::ARRAY,
                (Ty::STRING, Ty::INT) | (Ty::INT, Ty::STRING) if op == Op::Mul => Ty::STRING,
                _ => Ty::Unknown,
            },
            Op::Shl | Op::Shr | Op::BitAnd | Op::BitXor | Op::BitOr => match (left, right) {
                (Ty::INT, Ty::INT) => Ty::INT,
                _ => Ty::Unknown,
            },
            Op::Pow => match left.is_number() && right == Ty::FLOAT {
                true => Ty::FLOAT,
                false => Ty::Unknown,
            },
            Op::In | Op::NotIn => Ty::Bool,
            // An operator method gives a bool too, but for `<` and its like any value.
            Op::Eq | Op::Ne => Ty::Bool,
            Op::Lt | Op::Le | Op::Gt | Op::Ge => match (left, right) {
                (Ty::Instance(_) | Ty::Unknown, _) | (_, Ty::Instance(_) | Ty::Unknown) => {
                    Ty::Unknown
                }
                _ => Ty::Bool,
            },
        }
    }

    fn call(&self, callee: &Expr<'a>, args: &[Arg<'a>], depth: u32) -> Ty {
        let name = match callee.kind {
            ExprKind::Name(name) => name,
            ExprKind::Path { ty, .. } => return self.variant(ty),
            _ => return Ty::Unknown,
        };
        match self.res.name(callee.span) {
            Res::Var(var) => match self.res.var(var).kind {
                VarKind::Func => match self.res.defs.get(&var) {
                    Some(def) => self.result_of(self.res.func_of(def)),
                    None => Ty::Unknown,
                },
                VarKind::Struct(ty) => Ty::Instance(ty),
                _ => Ty::Unknown,
            },
            Res::Free => {
                let Some(number) = stdlib::function(name) else {
                    return Ty::Unknown;
                };
                if let [first, rest @ ..] = args
                    && !args.iter().any(|arg| arg.spread)
                    && let Some(ty) = self.combined(name, first.value, rest, depth)
                {
                    return ty;
                }
                let first = |kind: &dyn Fn(Ty) -> Ty| match args.first() {
                    Some(arg) if !arg.spread => kind(self.at_depth(arg.value, depth)),
                    _ => Ty::Unknown,
                };
                match stdlib::natives()[number as usize].result {
                    "as x" | "as xs" => first(&|ty| ty),
                    "array/iterator" => first(&|ty| match ty {
                        Ty::ARRAY | Ty::STRING | Ty::Nothing => ty.join(Ty::Nothing).into_array(),
                        _ => Ty::Unknown,
                    }),
                    result => named(result),
                }
            }
            Res::Member => Ty::Unknown,
        }
    }

    /// The result of a built-in that combines the elements of an array, or picks one: an int
    /// if all of them are ints. `None` if it is no such built-in, or they are not known.
    fn combined(&self, name: &str, from: &Expr<'a>, rest: &[Arg<'a>], depth: u32) -> Option<Ty> {
        let element = || match self.at_depth(from, depth) {
            Ty::ARRAY => self.inside(from, depth).0[0],
            Ty::Nothing => Ty::Nothing,
            _ => Ty::Unknown,
        };
        let ty = match (name, rest) {
            ("sum" | "product" | "min" | "max", []) => element(),
            ("min" | "max" | "clamp", rest) => (rest.iter())
                .fold(self.at_depth(from, depth), |ty, arg| {
                    ty.join(self.at_depth(arg.value, depth))
                }),
            _ => return None,
        };
        matches!(ty, Ty::INT | Ty::Nothing).then_some(ty)
    }

    /// The type of the elements of an array or string, and of the values of a dict.
    pub fn element(&self, expr: &Expr<'a>) -> Ty {
        match self.of(expr) {
            Ty::ARRAY | Ty::DICT => self.inside(expr, MOST_DEPTH).0[0],
            ty @ Ty::STRING => ty,
            _ => Ty::Unknown,
        }
    }

    pub fn of_var(&self, var: VarId) -> Ty {
        self.vars[var.0 as usize]
    }

    /// The type of a function's result.
    pub fn result_of(&self, func: FuncIdx) -> Ty {
        self.funcs[func.0 as usize]
    }

    /// The type of the result of a method of a value of this type.
    fn method_result(&self, recv: Ty, name: &str) -> Ty {
        match recv {
            Ty::Nothing => return Ty::Nothing,
            Ty::Instance(ty) => {
                let one = &self.res.structs[ty.0 as usize];
                if let Some(&method) = one.methods.get(name) {
                    return self.result_of(method);
                }
            }
            _ => {}
        }
        let Some(receiver) = recv.receiver(self.res) else {
            return Ty::Unknown;
        };
        let Some(number) = stdlib::method(receiver, name) else {
            return Ty::Unknown;
        };
        let native = &stdlib::natives()[number as usize];
        match (&native.method, native.result) {
            (MethodForm::Pure, "as x" | "as xs") => recv,
            (MethodForm::Pure, "array/iterator") => match recv {
                Ty::ARRAY | Ty::STRING => Ty::ARRAY,
                _ => Ty::Unknown,
            },
            (MethodForm::Pure, result) => named(result),
            _ => Ty::Unknown,
        }
    }

    /// The number of a field of a type.
    pub fn place_of_field(&self, ty: StructIdx, name: &'a str) -> Option<usize> {
        self.field_places.get(&(ty, name)).copied()
    }

    /// The type of `E::V`.
    fn variant(&self, ty: Ident) -> Ty {
        match self.var_of(ty.span) {
            Some(var) if self.res.var(var).kind == VarKind::Enum => Ty::Variant(var),
            _ => Ty::Unknown,
        }
    }

    /// The type that a name in the text stands for.
    pub fn struct_at(&self, at: Span) -> Ty {
        match self.var_of(at).map(|var| self.res.var(var).kind) {
            Some(VarKind::Struct(ty)) => Ty::Instance(ty),
            _ => Ty::Unknown,
        }
    }

    pub fn var_of(&self, at: Span) -> Option<VarId> {
        match self.res.name(at) {
            Res::Var(var) => Some(var),
            _ => None,
        }
    }

    /// The type that is written, if it is a single one that is known.
    pub fn written(&self, ty: &Type<'a>) -> Ty {
        match ty.kind {
            TypeKind::Array(_) => Ty::ARRAY,
            TypeKind::Func { .. } => Ty::Of(Receiver::Function),
            TypeKind::Optional(_) | TypeKind::Union(_) => Ty::Unknown,
            TypeKind::Name { name, .. } => self.written_name(name),
        }
    }

    fn written_name(&self, name: &str) -> Ty {
        if let Some(own) = self.named.get(name) {
            return own.map_or(Ty::Unknown, Ty::Instance);
        }
        match name {
            // A whole number may be where a float is asked for.
            "float" => Ty::Unknown,
            _ => named(name),
        }
    }
}

impl Ty {
    /// The result of an adaptor on a value that is no iterator.
    fn into_array(self) -> Ty {
        match self {
            Ty::Nothing => Ty::Nothing,
            _ => Ty::ARRAY,
        }
    }
}

/// The type of a name as the reference and written types use it.
pub fn named(name: &str) -> Ty {
    match name {
        "null" => Ty::Null,
        "bool" | "true" => Ty::Bool,
        "int" => Ty::INT,
        "float" => Ty::FLOAT,
        "string" => Ty::STRING,
        "array" => Ty::ARRAY,
        "dict" => Ty::Of(Receiver::Dict),
        "set" => Ty::Of(Receiver::Set),
        "queue" => Ty::Of(Receiver::Queue),
        "stack" => Ty::Of(Receiver::Stack),
        "result" => Ty::Of(Receiver::Result),
        "option" => Ty::Of(Receiver::Option),
        "iterator" => Ty::Of(Receiver::Iterator),
        "function" => Ty::Of(Receiver::Function),
        _ => Ty::Unknown,
    }
}
