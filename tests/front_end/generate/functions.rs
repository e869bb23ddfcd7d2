//! Functions and the types that programs declare.

use super::*;

impl<'a> Generator<'a, '_> {
    pub(super) fn func(&mut self, name: Option<Ident<'a>>) -> &'a FuncDef<'a> {
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
    pub(super) fn arrow(&mut self) -> &'a FuncDef<'a> {
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
    pub(super) fn default_value(&mut self) -> &'a Expr<'a> {
        let yields = std::mem::replace(&mut self.yields, false);
        let loops = std::mem::replace(&mut self.loops, 0);
        let value = self.expr();
        (self.yields, self.loops) = (yields, loops);
        value
    }

    pub(super) fn struct_def(&mut self) -> &'a StructDef<'a> {
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
}
