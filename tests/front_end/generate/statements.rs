//! Statements.

use super::*;

impl<'a> Generator<'a, '_> {
    pub(super) fn statement(&mut self, top: bool) -> Stmt<'a> {
        self.depth += 1;
        let kind = self.statement_kind(top);
        self.depth -= 1;
        Stmt {
            kind,
            span: NOWHERE,
        }
    }

    pub(super) fn statement_kind(&mut self, top: bool) -> StmtKind<'a> {
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

    pub(super) fn for_vars(&mut self) -> ForVars<'a> {
        if self.flag() {
            let first = self.ident(NAMES);
            let second = self.pattern(true);
            return ForVars::Two(first, self.arena.alloc(second));
        }
        let only = self.pattern(true);
        ForVars::One(self.arena.alloc(only))
    }

    /// The table of a test, whose name may be a template.
    pub(super) fn test_table(&mut self, text: &'a str) -> &'a TestTable<'a> {
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

    pub(super) fn match_statement(&mut self) -> StmtKind<'a> {
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

    pub(super) fn try_statement(&mut self) -> StmtKind<'a> {
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

    pub(super) fn if_statement(&mut self) -> StmtKind<'a> {
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
}
