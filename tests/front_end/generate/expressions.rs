//! Expressions.

use super::*;

impl<'a> Generator<'a, '_> {
    pub(super) fn alloc(&self, kind: ExprKind<'a>) -> &'a Expr<'a> {
        self.arena.alloc(Expr {
            kind,
            span: NOWHERE,
        })
    }

    pub(super) fn name_expr(&mut self) -> &'a Expr<'a> {
        let name = self.one_of(NAMES);
        self.alloc(ExprKind::Name(name))
    }

    pub(super) fn place(&mut self) -> &'a Expr<'a> {
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

    pub(super) fn literal(&mut self) -> ExprKind<'a> {
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

    pub(super) fn expr(&mut self) -> &'a Expr<'a> {
        self.depth += 1;
        let kind = self.expr_kind();
        self.depth -= 1;
        self.alloc(kind)
    }

    pub(super) fn expr_kind(&mut self) -> ExprKind<'a> {
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

    pub(super) fn args(&mut self) -> &'a [Arg<'a>] {
        self.many(|g| Arg {
            value: g.expr(),
            spread: g.flag(),
        })
    }

    pub(super) fn dict_item(&mut self) -> DictItem<'a> {
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
