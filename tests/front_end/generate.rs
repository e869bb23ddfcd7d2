//! Syntax trees from a string of choices: every byte decides one thing, and
//! when the bytes are used up the simplest form is taken, so that shrinking
//! the bytes shrinks the program.

use bumpalo::Bump;
use ruff::tools::ast::*;

pub fn module<'a>(arena: &'a Bump, choices: &[u8]) -> Module<'a> {
    let mut generator = Generator {
        arena,
        choices,
        depth: 0,
        yields: false,
        loops: 0,
    };
    let count = choices.len() / 40 + 1;
    let stmts: Vec<_> = (0..count).map(|_| generator.statement(true)).collect();
    let body = Block {
        stmts: arena.alloc_slice_copy(&stmts),
        span: NOWHERE,
    };
    Module {
        body,
        comments: &[],
    }
}

const NOWHERE: Span = Span::new(0, 0);

const NAMES: &[&str] = &[
    "a", "b", "items", "x1", "_y", "é", "test", "default", "throw", "int", "Ok", "as", "self_",
];
const TYPES: &[&str] = &["Point", "Color", "Result", "int"];
const KEYS: &[&str] = &["a", "if", "match", "default", "in", "self", "test", "é"];
const TEXTS: &[&str] = &[
    "",
    "a",
    "two words",
    "$",
    "${x}",
    "\\",
    "\"",
    "line\nend\r\n\ttab",
    "\0\u{1b}",
    "日😀",
    "{}",
];

struct Generator<'a, 'c> {
    arena: &'a Bump,
    choices: &'c [u8],
    depth: u32,
    /// Whether `yield` is allowed here.
    yields: bool,
    loops: u32,
}

impl<'a> Generator<'a, '_> {
    /// The next choice, below `limit`; 0 when there is none.
    fn pick(&mut self, limit: usize) -> usize {
        let Some((&first, rest)) = self.choices.split_first() else {
            return 0;
        };
        self.choices = rest;
        usize::from(first) % limit
    }

    fn flag(&mut self) -> bool {
        self.pick(2) == 1
    }

    fn one_of(&mut self, texts: &'static [&'static str]) -> &'static str {
        texts[self.pick(texts.len())]
    }

    fn ident(&mut self, texts: &'static [&'static str]) -> Ident<'a> {
        Ident {
            name: self.one_of(texts),
            span: NOWHERE,
        }
    }

    fn many<R: Copy>(&mut self, mut f: impl FnMut(&mut Self) -> R) -> &'a [R] {
        let count = if self.depth > 6 { 0 } else { self.pick(4) };
        let all: Vec<R> = (0..count).map(|_| f(self)).collect();
        self.arena.alloc_slice_copy(&all)
    }

    fn maybe<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.flag() { Some(f(self)) } else { None }
    }

    fn block(&mut self) -> Block<'a> {
        Block {
            stmts: self.many(|g| g.statement(false)),
            span: NOWHERE,
        }
    }

    fn loop_body(&mut self) -> Block<'a> {
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        body
    }

    fn statement(&mut self, top: bool) -> Stmt<'a> {
        self.depth += 1;
        let kind = self.statement_kind(top);
        self.depth -= 1;
        Stmt {
            kind,
            span: NOWHERE,
        }
    }

    fn statement_kind(&mut self, top: bool) -> StmtKind<'a> {
        let limit = if self.depth > 6 { 4 } else { 20 };
        match self.pick(limit) {
            0 => StmtKind::Expr(self.expr()),
            1 => StmtKind::Assign {
                target: Target::Place(self.name_expr()),
                ty: self.maybe(Self::ty_ref),
                value: self.expr(),
                form: AssignForm::Plain,
            },
            2 => {
                let kind = [LetKind::Let, LetKind::Mut, LetKind::Const][self.pick(3)];
                let pattern = self.pattern(true);
                let single = matches!(pattern.kind, PatternKind::Bind(_) | PatternKind::Wild);
                let ty = if single {
                    self.maybe(Self::ty_ref)
                } else {
                    None
                };
                let pattern = self.arena.alloc(pattern);
                StmtKind::Let {
                    kind,
                    pattern,
                    ty,
                    value: self.expr(),
                }
            }
            3 if self.loops > 0 => StmtKind::Break(None),
            3 => StmtKind::Expr(self.name_expr()),
            4 => StmtKind::Compound {
                place: self.place(),
                op: BINARY[self.pick(11)],
                op_span: NOWHERE,
                value: self.expr(),
            },
            5 => StmtKind::Assign {
                target: Target::Place(self.place()),
                ty: None,
                value: self.expr(),
                form: AssignForm::Plain,
            },
            6 => {
                let items = self.many(|g| g.target());
                let rest = self.maybe(|g| Rest {
                    name: None,
                    place: g.maybe(Self::place),
                    span: NOWHERE,
                });
                let many = items.len() + usize::from(rest.is_some()) > 1 && !items.is_empty();
                let form = match self.pick(3) {
                    1 if many => AssignForm::Targets,
                    2 if many && rest.is_none() => AssignForm::Lists,
                    _ => AssignForm::Plain,
                };
                let value = if form == AssignForm::Lists {
                    let values: Vec<_> =
                        items.iter().map(|_| ArrayItem::Item(self.expr())).collect();
                    let values = self.arena.alloc_slice_copy(&values);
                    self.alloc(ExprKind::Array(values))
                } else {
                    self.expr()
                };
                let pattern = Pattern {
                    kind: PatternKind::Array { items, rest },
                    span: NOWHERE,
                };
                StmtKind::Assign {
                    target: Target::Pattern(self.arena.alloc(pattern)),
                    ty: None,
                    value,
                    form,
                }
            }
            7 => {
                let name = Some(self.ident(NAMES));
                StmtKind::Func(self.func(name))
            }
            8 => StmtKind::Struct(self.struct_def()),
            9 => {
                let variants: &[Ident] = match self.pick(3) {
                    0 => &[],
                    1 => &[Ident {
                        name: "A",
                        span: NOWHERE,
                    }],
                    _ => &[
                        Ident {
                            name: "A",
                            span: NOWHERE,
                        },
                        Ident {
                            name: "default",
                            span: NOWHERE,
                        },
                    ],
                };
                let name = self.ident(TYPES);
                StmtKind::Enum(self.arena.alloc(EnumDef {
                    name,
                    variants,
                    span: NOWHERE,
                }))
            }
            10 => self.if_statement(),
            11 => {
                let form = [WhileForm::While, WhileForm::Loop, WhileForm::LoopWhile][self.pick(3)];
                let cond = if form == WhileForm::Loop {
                    None
                } else {
                    Some(self.expr())
                };
                let label = self.maybe(|g| g.ident(NAMES));
                StmtKind::While {
                    label,
                    form,
                    cond,
                    body: self.loop_body(),
                }
            }
            12 => {
                let vars = self.for_vars();
                let label = self.maybe(|g| g.ident(NAMES));
                StmtKind::For {
                    label,
                    vars,
                    iter: self.expr(),
                    body: self.loop_body(),
                }
            }
            13 => self.match_statement(),
            14 => self.try_statement(),
            15 if self.loops > 0 => StmtKind::Continue(None),
            15 if self.yields => StmtKind::Return(self.maybe(Self::expr)),
            16 => {
                let path: &[Ident] = if self.flag() {
                    &[Ident {
                        name: "m",
                        span: NOWHERE,
                    }]
                } else {
                    &[
                        Ident {
                            name: "a",
                            span: NOWHERE,
                        },
                        Ident {
                            name: "test",
                            span: NOWHERE,
                        },
                    ]
                };
                let names = self.maybe(|g| {
                    let name = g.ident(NAMES);
                    let alias = g.maybe(|g| g.ident(NAMES));
                    &*g.arena.alloc_slice_copy(&[ImportName { name, alias }])
                });
                let alias = if names.is_some() {
                    None
                } else {
                    self.maybe(|g| g.ident(NAMES))
                };
                StmtKind::Import(Import { path, alias, names })
            }
            17 if top => {
                let name = Some(self.ident(NAMES));
                let kind = StmtKind::Func(self.func(name));
                StmtKind::Export(self.arena.alloc(Stmt {
                    kind,
                    span: NOWHERE,
                }))
            }
            18 if top => {
                let text = self.one_of(TEXTS);
                let name = TestName {
                    text,
                    span: NOWHERE,
                };
                let table = self.maybe(|g| g.test_table(text));
                StmtKind::Test {
                    name,
                    table,
                    body: self.block(),
                }
            }
            19 if top => StmtKind::TestSetup(self.block()),
            _ => StmtKind::Expr(self.expr()),
        }
    }

    fn for_vars(&mut self) -> ForVars<'a> {
        if self.flag() {
            let first = self.ident(NAMES);
            let second = self.pattern(true);
            return ForVars::Two(first, self.arena.alloc(second));
        }
        let only = self.pattern(true);
        ForVars::One(self.arena.alloc(only))
    }

    /// The table of a test, whose name may be a template.
    fn test_table(&mut self, text: &'a str) -> &'a TestTable<'a> {
        let kind = if self.flag() {
            let parts = [
                TemplatePart::Text("a"),
                TemplatePart::Expr(self.expr(), None),
            ];
            ExprKind::Template(self.arena.alloc_slice_copy(&parts))
        } else {
            ExprKind::Str(text)
        };
        let span = NOWHERE;
        let (name, vars) = (self.arena.alloc(Expr { kind, span }), self.for_vars());
        let iter = self.expr();
        self.arena.alloc(TestTable { name, vars, iter })
    }

    fn match_statement(&mut self) -> StmtKind<'a> {
        let subject = self.expr();
        let cases = self.many(|g| {
            let pattern = g.alternatives();
            let pattern = &*g.arena.alloc(pattern);
            let guard = g.maybe(Self::expr);
            Case {
                pattern,
                guard,
                body: g.block(),
                span: NOWHERE,
            }
        });
        StmtKind::Match {
            subject,
            cases,
            default: self.maybe(Self::block),
        }
    }

    fn try_statement(&mut self) -> StmtKind<'a> {
        let body = self.block();
        let name = self.maybe(|g| g.ident(NAMES));
        let except = Some(Except {
            name,
            body: self.block(),
        });
        StmtKind::Try {
            body,
            except,
            finally: self.maybe(Self::block),
        }
    }

    fn if_statement(&mut self) -> StmtKind<'a> {
        let cond = self.expr();
        let then = self.block();
        let otherwise = match self.pick(3) {
            0 => None,
            1 => Some(Else::Block(self.block())),
            _ => {
                let kind = if self.depth > 6 {
                    StmtKind::If {
                        cond,
                        then,
                        otherwise: None,
                    }
                } else {
                    self.depth += 1;
                    let inner = self.if_statement();
                    self.depth -= 1;
                    inner
                };
                Some(Else::If(self.arena.alloc(Stmt {
                    kind,
                    span: NOWHERE,
                })))
            }
        };
        StmtKind::If {
            cond,
            then,
            otherwise,
        }
    }

    fn func(&mut self, name: Option<Ident<'a>>) -> &'a FuncDef<'a> {
        let is_generator = self.flag();
        let is_async = !is_generator && self.flag();
        let mut params = Vec::new();
        for text in &["p", "q", "test"][..self.pick(4)] {
            let name = Ident {
                name: text,
                span: NOWHERE,
            };
            params.push(Param {
                name,
                pattern: None,
                rest: false,
                ty: self.maybe(Self::ty_ref),
                default: None,
            });
        }
        if let Some(last) = params.last_mut() {
            match self.pick(4) {
                0 => last.rest = true,
                1 => {
                    let items = self.many(|g| g.pattern(true));
                    let rest = self.rest();
                    let pattern = Pattern {
                        kind: PatternKind::Array { items, rest },
                        span: NOWHERE,
                    };
                    last.pattern = Some(self.arena.alloc(pattern));
                    last.default = self.maybe(Self::default_value);
                }
                _ => last.default = self.maybe(Self::default_value),
            }
        }
        let result = self.maybe(Self::ty_ref);
        let yields = std::mem::replace(&mut self.yields, is_generator);
        let loops = std::mem::replace(&mut self.loops, 0);
        let body = self.block();
        self.yields = yields;
        self.loops = loops;
        let params = self.arena.alloc_slice_copy(&params);
        self.arena.alloc(FuncDef {
            name,
            params,
            result,
            body,
            is_generator,
            is_async,
            form: FuncForm::Func,
            span: NOWHERE,
        })
    }

    /// An arrow function.
    fn arrow(&mut self) -> &'a FuncDef<'a> {
        let like = self.func(None);
        let form = if self.flag() {
            FuncForm::ArrowBlock
        } else {
            FuncForm::ArrowValue
        };
        let (yields, loops) = (self.yields, self.loops);
        (self.yields, self.loops) = (false, 0);
        let stmts: &[Stmt] = if form == FuncForm::ArrowValue {
            let kind = StmtKind::Return(Some(self.expr()));
            self.arena.alloc_slice_copy(&[Stmt {
                kind,
                span: NOWHERE,
            }])
        } else {
            self.block().stmts
        };
        (self.yields, self.loops) = (yields, loops);
        self.arena.alloc(FuncDef {
            body: Block {
                stmts,
                span: NOWHERE,
            },
            result: None,
            is_generator: false,
            is_async: false,
            form,
            ..*like
        })
    }

    /// A default value does not yield for the function around it.
    fn default_value(&mut self) -> &'a Expr<'a> {
        let yields = std::mem::replace(&mut self.yields, false);
        let loops = std::mem::replace(&mut self.loops, 0);
        let value = self.expr();
        (self.yields, self.loops) = (yields, loops);
        value
    }

    fn struct_def(&mut self) -> &'a StructDef<'a> {
        let mut fields = Vec::new();
        for text in &["x", "default", "test"][..self.pick(4)] {
            let name = Ident {
                name: text,
                span: NOWHERE,
            };
            fields.push(FieldDef {
                name,
                ty: self.maybe(Self::ty_ref),
                default: self.maybe(Self::default_value),
            });
        }
        let mut methods = Vec::new();
        for text in &["m", "match"][..self.pick(3)] {
            methods.push(*self.func(Some(Ident {
                name: text,
                span: NOWHERE,
            })));
        }
        let (fields, methods) = (
            self.arena.alloc_slice_copy(&fields),
            self.arena.alloc_slice_copy(&methods),
        );
        let (name, is_class) = (self.ident(TYPES), self.flag());
        self.arena.alloc(StructDef {
            name,
            is_class,
            fields,
            methods,
            span: NOWHERE,
        })
    }

    // Patterns and types

    fn alternatives(&mut self) -> Pattern<'a> {
        let first = self.pattern(false);
        if !self.flag() {
            return first;
        }
        let second = self.pattern(false);
        let all = self.arena.alloc_slice_copy(&[first, second]);
        Pattern {
            kind: PatternKind::Alt(all),
            span: NOWHERE,
        }
    }

    fn pattern(&mut self, binding: bool) -> Pattern<'a> {
        self.depth += 1;
        let limit = if self.depth > 6 {
            2
        } else if binding {
            4
        } else {
            10
        };
        let kind = match self.pick(limit) {
            0 => PatternKind::Bind(["a", "b", "default", "é"][self.pick(4)]),
            1 => PatternKind::Wild,
            2 => PatternKind::Array {
                items: self.many(|g| g.inner(binding)),
                rest: self.rest(),
            },
            3 => PatternKind::Dict {
                entries: self.entries(binding),
                rest: self.rest(),
            },
            4 => PatternKind::Struct {
                name: self.ident(TYPES),
                entries: self.entries(false),
                rest: self.rest(),
            },
            5 => PatternKind::Tag {
                ty: Some(self.ident(TYPES)),
                name: self.ident(KEYS),
                parts: self.maybe(|g| g.many(|g| g.inner(false))),
            },
            6 => PatternKind::Tag {
                ty: None,
                name: self.ident(&["Ok", "None"]),
                parts: self.maybe(|g| g.many(|g| g.inner(false))),
            },
            7 => {
                let (lo, hi) = (self.literal(), self.literal());
                PatternKind::Range {
                    lo: self.alloc(lo),
                    hi: self.alloc(hi),
                    inclusive: self.flag(),
                }
            }
            _ => {
                let kind = self.literal();
                let literal = self.alloc(kind);
                PatternKind::Literal(literal)
            }
        };
        self.depth -= 1;
        Pattern {
            kind,
            span: NOWHERE,
        }
    }

    /// A part of a pattern that is assigned to.
    fn target(&mut self) -> Pattern<'a> {
        if self.flag() {
            return self.pattern(true);
        }
        Pattern {
            kind: PatternKind::Place(self.place()),
            span: NOWHERE,
        }
    }

    fn inner(&mut self, binding: bool) -> Pattern<'a> {
        if binding {
            self.pattern(true)
        } else {
            self.alternatives()
        }
    }

    fn entries(&mut self, binding: bool) -> &'a [PatternEntry<'a>] {
        self.many(|g| {
            let shorthand = g.flag();
            let quoted = !shorthand && g.flag();
            let key = if shorthand {
                g.one_of(NAMES)
            } else {
                g.one_of(KEYS)
            };
            let pattern = if shorthand {
                Pattern {
                    kind: PatternKind::Bind(key),
                    span: NOWHERE,
                }
            } else {
                g.inner(binding)
            };
            PatternEntry {
                key,
                quoted,
                key_span: NOWHERE,
                shorthand,
                pattern,
            }
        })
    }

    fn rest(&mut self) -> Option<Rest<'a>> {
        self.maybe(|g| Rest {
            name: g.maybe(|g| g.ident(NAMES)),
            place: None,
            span: NOWHERE,
        })
    }

    fn ty_ref(&mut self) -> &'a Type<'a> {
        let ty = self.ty();
        self.arena.alloc(ty)
    }

    fn ty(&mut self) -> Type<'a> {
        self.depth += 1;
        let limit = if self.depth > 6 { 1 } else { 5 };
        let kind = match self.pick(limit) {
            0 => TypeKind::Name {
                name: self.one_of(&["int", "dict", "null", "m.Point", "func"]),
                args: &[],
            },
            1 => TypeKind::Name {
                name: "dict",
                args: self.many(Self::ty),
            },
            2 => TypeKind::Array(self.ty_ref()),
            3 => TypeKind::Optional(self.ty_ref()),
            _ if self.flag() => {
                let members = [self.ty(), self.ty()];
                TypeKind::Union(self.arena.alloc_slice_copy(&members))
            }
            _ => TypeKind::Func {
                params: self.many(Self::ty),
                result: self.maybe(Self::ty_ref),
            },
        };
        self.depth -= 1;
        Type {
            kind,
            span: NOWHERE,
        }
    }

    // Expressions

    fn alloc(&self, kind: ExprKind<'a>) -> &'a Expr<'a> {
        self.arena.alloc(Expr {
            kind,
            span: NOWHERE,
        })
    }

    fn name_expr(&mut self) -> &'a Expr<'a> {
        let name = self.one_of(NAMES);
        self.alloc(ExprKind::Name(name))
    }

    fn place(&mut self) -> &'a Expr<'a> {
        let recv = self.expr();
        let kind = if self.flag() {
            ExprKind::Index {
                recv,
                index: self.expr(),
                optional: false,
                bracket: NOWHERE,
            }
        } else {
            ExprKind::Field {
                recv,
                name: self.ident(KEYS),
                optional: false,
                dot: NOWHERE,
            }
        };
        self.alloc(kind)
    }

    fn literal(&mut self) -> ExprKind<'a> {
        match self.pick(7) {
            0 => ExprKind::Null,
            1 => ExprKind::Bool(self.flag()),
            2 => ExprKind::Int(IntLit::Small([0, 1, 42, i64::MAX][self.pick(4)])),
            3 => ExprKind::Int(IntLit::Big {
                digits: "123456789012345678901234567890",
                radix: 10,
            }),
            4 => ExprKind::Int(IntLit::Big {
                digits: "fffffffffffffffffffff",
                radix: 16,
            }),
            5 => ExprKind::Float([0.0, 1.5, 1e300, 5e-324, 1e16][self.pick(5)]),
            _ => ExprKind::Str(self.one_of(TEXTS)),
        }
    }

    fn expr(&mut self) -> &'a Expr<'a> {
        self.depth += 1;
        let kind = self.expr_kind();
        self.depth -= 1;
        self.alloc(kind)
    }

    fn expr_kind(&mut self) -> ExprKind<'a> {
        let limit = if self.depth > 6 { 2 } else { 28 };
        let op_span = NOWHERE;
        match self.pick(limit) {
            0 => ExprKind::Name(self.one_of(NAMES)),
            1 => self.literal(),
            2 | 3 => {
                let op = BINARY[self.pick(BINARY.len())];
                ExprKind::Binary {
                    op,
                    op_span,
                    left: self.expr(),
                    right: self.expr(),
                }
            }
            4 => {
                let op = [LogicOp::And, LogicOp::Or, LogicOp::Coalesce][self.pick(3)];
                ExprKind::Logic {
                    op,
                    op_span,
                    left: self.expr(),
                    right: self.expr(),
                }
            }
            5 => {
                let inclusive = self.flag();
                ExprKind::Range {
                    lo: self.expr(),
                    hi: self.expr(),
                    inclusive,
                    op_span,
                }
            }
            6 => ExprKind::Pipe {
                left: self.expr(),
                right: self.expr(),
                op_span,
            },
            7 => {
                let op = [UnaryOp::Neg, UnaryOp::Not, UnaryOp::BitNot][self.pick(3)];
                ExprKind::Unary {
                    op,
                    op_span,
                    operand: self.expr(),
                }
            }
            8 => ExprKind::Await {
                operand: self.expr(),
                op_span,
            },
            9 => ExprKind::Try {
                operand: self.expr(),
                op_span,
            },
            10 | 11 => ExprKind::Call {
                callee: self.expr(),
                args: self.args(),
            },
            12 => ExprKind::MethodCall {
                recv: self.expr(),
                name: self.ident(KEYS),
                args: self.args(),
                optional: false,
                dot: NOWHERE,
            },
            13 => self.place().kind,
            14 => ExprKind::Slice {
                recv: self.expr(),
                lo: self.maybe(Self::expr),
                hi: self.maybe(Self::expr),
                optional: false,
                bracket: NOWHERE,
            },
            15 => {
                let recv = self.expr();
                let name = self.ident(KEYS);
                let link = ExprKind::Field {
                    recv,
                    name,
                    optional: true,
                    dot: NOWHERE,
                };
                ExprKind::OptChain(self.alloc(link))
            }
            16 => ExprKind::Path {
                ty: self.ident(TYPES),
                name: self.ident(KEYS),
            },
            17 => ExprKind::Paren(self.expr()),
            18 => ExprKind::Array(self.many(|g| match g.flag() {
                true => ArrayItem::Spread(g.expr()),
                false => ArrayItem::Item(g.expr()),
            })),
            19 => ExprKind::Dict(self.many(Self::dict_item)),
            20 => ExprKind::StructLit {
                name: self.ident(&["Point", "default", "test_setup"]),
                items: self.many(|g| match g.pick(3) {
                    0 => FieldInit::Shorthand(g.ident(NAMES)),
                    1 => FieldInit::Spread(g.expr()),
                    _ => FieldInit::Pair {
                        name: g.ident(KEYS),
                        value: g.expr(),
                    },
                }),
            },
            21 => ExprKind::Func(if self.flag() {
                self.func(None)
            } else {
                self.arrow()
            }),
            22 => ExprKind::Throw {
                value: self.expr(),
                cause: self.maybe(Self::expr),
            },
            23 if self.yields => match self.flag() {
                true => ExprKind::YieldAll(self.expr()),
                false => ExprKind::Yield(self.maybe(Self::expr)),
            },
            24 => {
                let (yields, loops) = (self.yields, self.loops);
                (self.yields, self.loops) = (false, 0);
                let body = self.block();
                (self.yields, self.loops) = (yields, loops);
                let def = self.arena.alloc(FuncDef {
                    name: None,
                    params: &[],
                    result: None,
                    body,
                    is_generator: false,
                    is_async: false,
                    form: FuncForm::Spawned,
                    span: NOWHERE,
                });
                ExprKind::Spawn(def)
            }
            25 => {
                let kind = if self.flag() {
                    self.if_statement()
                } else {
                    self.match_statement()
                };
                ExprKind::Control(self.arena.alloc(Stmt {
                    kind,
                    span: NOWHERE,
                }))
            }
            26 => {
                let kind = self.try_statement();
                ExprKind::Control(self.arena.alloc(Stmt {
                    kind,
                    span: NOWHERE,
                }))
            }
            _ => {
                let (before, after) = (self.one_of(TEXTS), self.one_of(TEXTS));
                let value = self.expr();
                let format = self.maybe(|g| g.one_of(&[">10.2f", "*^+08,", "", ".1%", ":<5s"]));
                ExprKind::Template(self.arena.alloc_slice_copy(&[
                    TemplatePart::Text(before),
                    TemplatePart::Expr(value, format),
                    TemplatePart::Text(after),
                ]))
            }
        }
    }

    fn args(&mut self) -> &'a [Arg<'a>] {
        self.many(|g| Arg {
            value: g.expr(),
            spread: g.flag(),
        })
    }

    fn dict_item(&mut self) -> DictItem<'a> {
        let key = match self.pick(6) {
            0 => return DictItem::Shorthand(self.ident(NAMES)),
            1 => return DictItem::Spread(self.expr()),
            2 => DictKey::Name(self.ident(KEYS)),
            3 => DictKey::Str {
                text: self.one_of(TEXTS),
                span: NOWHERE,
            },
            4 => DictKey::Int {
                value: IntLit::Small(-5),
                span: NOWHERE,
            },
            _ => DictKey::Computed(self.expr()),
        };
        DictItem::Pair {
            key,
            value: self.expr(),
        }
    }
}

/// The first eleven have a compound assignment.
const BINARY: &[BinaryOp] = &[
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::BitAnd,
    BinaryOp::BitOr,
    BinaryOp::BitXor,
    BinaryOp::Shl,
    BinaryOp::Shr,
    BinaryOp::Lt,
    BinaryOp::Le,
    BinaryOp::Gt,
    BinaryOp::Ge,
    BinaryOp::Eq,
    BinaryOp::Ne,
    BinaryOp::In,
    BinaryOp::NotIn,
];
