//! Tests in programs (LANGUAGE.md 13): finding them in a source, compiling a
//! script that runs one of them, and running it. A test's script is the file
//! without its other statements: its declarations, and then, in scopes of their
//! own, the setups, the test and the teardowns of the file and its groups.

use super::modules::Files;
use super::{Checked, Engine, Library};
use crate::bytecode::Unit;
use crate::compiler;
use crate::heap::object::Kind;
use crate::runtime::{Fault, repr, tags, text};
use crate::stdlib::assert::Comparison;
use crate::syntax::ast::*;
use crate::syntax::diagnostic::{Diagnostic, Severity};
use crate::syntax::{self, SourceFile};
use crate::value::Value;
use crate::vm::error_slot;
use bumpalo::Bump;
use std::any::TypeId;
use std::sync::Arc;

/// A test of a source.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Names of the groups around it, outermost first.
    pub groups: Vec<String>,
    pub name: String,
    pub line: u32,
    /// It stands for a test for each element of a table.
    pub is_table: bool,
    /// Numbers of the statements that lead to it.
    path: Vec<usize>,
    /// Which element of the table it is about.
    row: usize,
}

impl TestCase {
    /// Groups and name as reports show them.
    pub fn full_name(&self) -> String {
        let mut name = String::new();
        for group in &self.groups {
            name.push_str(group);
            name.push_str(" > ");
        }
        name + &self.name
    }
}

/// How a test ended.
#[derive(Debug)]
pub enum Outcome {
    Passed,
    Failed(Box<Failure>),
    Interrupted,
}

/// Why a test failed.
#[derive(Debug, Default)]
pub struct Failure {
    pub message: String,
    /// File, line and column, if it has a place.
    pub place: Option<(String, u32, u32)>,
    /// The place as an excerpt, and the stack.
    pub excerpt: String,
    /// The values that `assert_equal` compared.
    pub values: Option<Comparison>,
}

/// The tests of a source, in order.
///
/// # Errors
/// The errors in it, if it does not parse.
pub fn find(source: &SourceFile) -> Result<Vec<TestCase>, Vec<Diagnostic>> {
    let arena = Bump::new();
    let (module, diagnostics) = syntax::parse(source, &arena);
    if diagnostics
        .iter()
        .any(|one| one.severity == Severity::Error)
    {
        return Err(diagnostics);
    }
    let mut found = Vec::new();
    collect(source, module.body.stmts, &[], &[], &mut found);
    Ok(found)
}

fn collect(
    source: &SourceFile,
    stmts: &[Stmt],
    groups: &[String],
    path: &[usize],
    found: &mut Vec<TestCase>,
) {
    for (index, stmt) in stmts.iter().enumerate() {
        let path = [path, &[index]].concat();
        match stmt.kind {
            StmtKind::Test { name, table, .. } => found.push(TestCase {
                groups: groups.to_vec(),
                name: name.text.to_string(),
                line: source.position(stmt.span.lo).line,
                is_table: table.is_some(),
                path,
                row: 0,
            }),
            StmtKind::TestGroup { name, body } => {
                let groups = [groups, &[name.text.to_string()]].concat();
                collect(source, body.stmts, &groups, &path, found);
            }
            _ => {}
        }
    }
}

impl TestCase {
    /// The tests that a table stands for, by their names.
    pub fn rows(&self, names: Vec<String>) -> Vec<TestCase> {
        let row = |(row, name)| TestCase {
            name,
            is_table: false,
            row,
            ..self.clone()
        };
        names.into_iter().enumerate().map(row).collect()
    }
}

/// Compiles the script that runs one test; for a table, the one that gives the names of
/// its tests.
pub fn compile(source: &SourceFile, files: &Arc<Files>, test: &TestCase) -> Checked {
    let arena = Bump::new();
    let (module, mut diagnostics) = syntax::parse(source, &arena);
    if diagnostics
        .iter()
        .any(|one| one.severity == Severity::Error)
    {
        let unit = None;
        return Checked { unit, diagnostics };
    }
    let library = Library::new(Some(files.clone()), source.name());
    let mut stmts: Vec<Stmt> = declarations(module.body.stmts).collect();
    // No other block of the source begins at its end.
    let end = module.body.span.hi.max(source.text().len() as u32) + 1;
    let span = Span::new(end, end);
    let level = Level {
        arena: &arena,
        stmts: module.body.stmts,
        row: (!test.is_table).then_some(test.row),
    };
    let steps = level.steps(&test.path);
    stmts.push(level.block(Block { stmts: steps, span }));
    let module = Module {
        body: Block {
            stmts: arena.alloc_slice_copy(&stmts),
            span: module.body.span,
        },
        comments: module.comments,
    };
    let compiled = compiler::compile(&module, source, &library);
    diagnostics.extend(compiled.diagnostics);
    Checked {
        unit: compiled.unit.map(Arc::new),
        diagnostics,
    }
}

/// The file with all its tests as blocks that the script ends with, for what looks at
/// tests without running them.
pub(super) fn opened<'a>(module: &Module<'a>, source: &SourceFile, arena: &'a Bump) -> Module<'a> {
    let level = Level {
        arena,
        stmts: module.body.stmts,
        row: None,
    };
    let Some(tests) = level.opened() else {
        return *module;
    };
    let mut stmts: Vec<Stmt> = others(module.body.stmts).collect();
    let end = module.body.span.hi.max(source.text().len() as u32) + 1;
    let span = Span::new(end, end);
    stmts.push(level.block(Block { stmts: tests, span }));
    Module {
        body: Block {
            stmts: arena.alloc_slice_copy(&stmts),
            span: module.body.span,
        },
        comments: module.comments,
    }
}

/// The statements that are not about tests.
fn others<'a>(stmts: &'a [Stmt<'a>]) -> impl Iterator<Item = Stmt<'a>> {
    let is_test = |stmt: &Stmt| {
        matches!(
            stmt.kind,
            StmtKind::Test { .. }
                | StmtKind::TestGroup { .. }
                | StmtKind::TestSetup(_)
                | StmtKind::TestTeardown(_)
        )
    };
    stmts.iter().copied().filter(move |stmt| !is_test(stmt))
}

/// The statements that make the state tests run in.
fn declarations<'a>(stmts: &'a [Stmt<'a>]) -> impl Iterator<Item = Stmt<'a>> {
    let declares = |stmt: &&Stmt| match stmt.kind {
        StmtKind::Let { .. }
        | StmtKind::Func(_)
        | StmtKind::Struct(_)
        | StmtKind::Enum(_)
        | StmtKind::Import(_)
        | StmtKind::Export(_) => true,
        StmtKind::Assign { target, .. } => match target {
            Target::Pattern(pattern) => {
                let mut names_only = true;
                crate::compiler::each_place(pattern, &mut |_| names_only = false);
                names_only
            }
            Target::Place(place) => matches!(place.kind, ExprKind::Name(_)),
        },
        _ => false,
    };
    stmts.iter().filter(declares).copied()
}

/// The variable of a table that no program can name.
const COUNTER: &str = "<row>";

/// The file or a group.
struct Level<'a> {
    arena: &'a Bump,
    stmts: &'a [Stmt<'a>],
    /// The element of a table that the test is about; `None` for the names of all.
    row: Option<usize>,
}

impl<'a> Level<'a> {
    /// The level's setups, and what they are for with the teardowns after it.
    fn steps(&self, path: &[usize]) -> &'a [Stmt<'a>] {
        let mut steps: Vec<Stmt<'a>> = Vec::new();
        for stmt in self.stmts {
            if let StmtKind::TestSetup(block) = stmt.kind {
                steps.extend(block.stmts);
            }
        }
        let stmt = &self.stmts[path[0]];
        let body = match stmt.kind {
            StmtKind::TestGroup { body, .. } => {
                let group = Level {
                    stmts: body.stmts,
                    ..*self
                };
                let mut inner: Vec<Stmt<'a>> = declarations(body.stmts).collect();
                inner.extend(group.steps(&path[1..]));
                Block {
                    stmts: self.arena.alloc_slice_copy(&inner),
                    span: body.span,
                }
            }
            StmtKind::Test {
                table: Some(table),
                body,
                ..
            } => self.table(stmt.span, table, body),
            StmtKind::Test { body, .. } => body,
            _ => Block {
                stmts: &[],
                span: Span::default(),
            },
        };
        let mut teardown: Option<Block<'a>> = None;
        for stmt in self.stmts {
            let StmtKind::TestTeardown(block) = stmt.kind else {
                continue;
            };
            teardown = Some(match teardown {
                None => block,
                Some(before) => Block {
                    stmts: self
                        .arena
                        .alloc_slice_copy(&[before.stmts, block.stmts].concat()),
                    span: before.span,
                },
            });
        }
        steps.push(match teardown {
            None => self.block(body),
            finally => Stmt {
                kind: StmtKind::Try {
                    body,
                    except: None,
                    finally,
                },
                span: body.span,
            },
        });
        self.arena.alloc_slice_copy(&steps)
    }

    /// The level's setups, tests and groups as blocks, and teardowns; `None` without any.
    fn opened(&self) -> Option<&'a [Stmt<'a>]> {
        let (mut setups, mut tests, mut teardowns) = (Vec::new(), Vec::new(), Vec::new());
        for stmt in self.stmts {
            match stmt.kind {
                StmtKind::TestSetup(block) => setups.extend(block.stmts.iter().copied()),
                StmtKind::TestTeardown(block) => teardowns.push(self.block(block)),
                StmtKind::Test {
                    table: Some(table),
                    body,
                    ..
                } => {
                    let name = StmtKind::Let {
                        kind: LetKind::Let,
                        pattern: self.arena.alloc(Pattern {
                            kind: PatternKind::Wild,
                            span: table.name.span,
                        }),
                        ty: None,
                        value: table.name,
                    };
                    let name = self.stmt(name, table.name.span);
                    let stmts = [&[name], body.stmts].concat();
                    tests.push(self.each(table, &stmts, body.span));
                }
                StmtKind::Test { body, .. } => tests.push(self.block(body)),
                StmtKind::TestGroup { body, .. } => {
                    let group = Level {
                        stmts: body.stmts,
                        ..*self
                    };
                    let mut inner: Vec<Stmt<'a>> = others(body.stmts).collect();
                    inner.extend(group.opened().unwrap_or(&[]));
                    tests.push(self.block(Block {
                        stmts: self.arena.alloc_slice_copy(&inner),
                        span: body.span,
                    }));
                }
                _ => {}
            }
        }
        setups.extend(tests);
        setups.extend(teardowns);
        (!setups.is_empty()).then(|| &*self.arena.alloc_slice_copy(&setups))
    }

    /// The block for one element of a table: a loop that counts to it. Or for the names:
    /// one that gathers and returns them.
    fn table(&self, test: Span, table: &TestTable<'a>, body: Block<'a>) -> Block<'a> {
        // Names are known by their places: each letter of `test` stands for another.
        let at = |letter: u32| Span::new(test.lo + letter, test.lo + letter + 1);
        let made = |value: ExprKind<'a>| {
            self.stmt(
                StmtKind::Let {
                    kind: LetKind::Mut,
                    pattern: self.arena.alloc(Pattern {
                        kind: PatternKind::Bind(COUNTER),
                        span: at(0),
                    }),
                    ty: None,
                    value: self.expr(value, at(0)),
                },
                at(0),
            )
        };
        let counter = |letter| self.expr(ExprKind::Name(COUNTER), at(letter));
        let int = |value: usize| self.expr(ExprKind::Int(IntLit::Small(value as i64)), at(0));
        let stmts = match self.row {
            Some(row) => {
                let cond = ExprKind::Binary {
                    op: BinaryOp::Eq,
                    op_span: at(1),
                    left: counter(1),
                    right: int(row),
                };
                let chosen = StmtKind::If {
                    cond: self.expr(cond, at(1)),
                    then: body,
                    otherwise: None,
                };
                let next = StmtKind::Compound {
                    place: counter(2),
                    op: BinaryOp::Add,
                    op_span: at(2),
                    value: int(1),
                };
                let stmts = [self.stmt(chosen, body.span), self.stmt(next, at(2))];
                vec![
                    made(ExprKind::Int(IntLit::Small(0))),
                    self.each(table, &stmts, at(1)),
                ]
            }
            None => {
                let name = Arg {
                    value: table.name,
                    spread: false,
                };
                let push = ExprKind::MethodCall {
                    recv: counter(1),
                    name: Ident {
                        name: "push",
                        span: at(1),
                    },
                    args: self.arena.alloc_slice_copy(&[name]),
                    optional: false,
                    dot: at(1),
                };
                let push = self.stmt(StmtKind::Expr(self.expr(push, at(1))), at(1));
                vec![
                    made(ExprKind::Array(&[])),
                    self.each(table, &[push], at(1)),
                    self.stmt(StmtKind::Return(Some(counter(2))), at(2)),
                ]
            }
        };
        Block {
            stmts: self.arena.alloc_slice_copy(&stmts),
            span: at(3),
        }
    }

    /// The loop of a table around these statements.
    fn each(&self, table: &TestTable<'a>, stmts: &[Stmt<'a>], span: Span) -> Stmt<'a> {
        let body = Block {
            stmts: self.arena.alloc_slice_copy(stmts),
            span,
        };
        let (vars, iter) = (table.vars, table.iter);
        let label = None;
        self.stmt(
            StmtKind::For {
                label,
                vars,
                iter,
                body,
            },
            span,
        )
    }

    fn stmt(&self, kind: StmtKind<'a>, span: Span) -> Stmt<'a> {
        Stmt { kind, span }
    }

    fn expr(&self, kind: ExprKind<'a>, span: Span) -> &'a Expr<'a> {
        self.arena.alloc(Expr { kind, span })
    }

    /// A block as a statement.
    fn block(&self, then: Block<'a>) -> Stmt<'a> {
        let cond = self.arena.alloc(Expr {
            kind: ExprKind::Bool(true),
            span: then.span,
        });
        Stmt {
            kind: StmtKind::If {
                cond,
                then,
                otherwise: None,
            },
            span: then.span,
        }
    }
}

impl Engine {
    /// Runs the script of a test.
    pub fn run_test(&mut self, unit: &Arc<Unit>, source: Arc<SourceFile>) -> Outcome {
        let script = self.vm.load(unit, source);
        let result = self.vm.run_script(script);
        let result = result.and_then(|value| {
            self.vm.state.flush_out()?;
            Ok(value)
        });
        match result {
            Ok(value) if ended_early(value) => {
                let value = repr::repr(&mut *self.vm, value).unwrap_or_default();
                failed_with(format!("The test ended early: `?` met {value}"))
            }
            Ok(_) if self.vm.with_stack_roots(|vm| vm.report_unawaited()) => {
                failed_with("A task ended by an error that nobody awaited".to_string())
            }
            Ok(_) => Outcome::Passed,
            Err(fault) => self.ended(*fault),
        }
    }

    fn ended(&mut self, fault: Fault) -> Outcome {
        match fault {
            Fault::Interrupted => Outcome::Interrupted,
            Fault::Exit(code) => failed_with(format!("The test called exit({code})")),
            Fault::OutputClosed => failed_with("The test's output was closed".to_string()),
            Fault::Error { .. } | Fault::Thrown | Fault::Waiting => self.failed(),
        }
    }

    /// Runs the script for the names of a table's tests.
    ///
    /// # Errors
    /// However else the script ended.
    pub fn test_names(
        &mut self,
        unit: &Arc<Unit>,
        source: Arc<SourceFile>,
    ) -> Result<Vec<String>, Outcome> {
        let script = self.vm.load(unit, source);
        let names = match self.vm.run_script(script) {
            Ok(names) => names,
            Err(fault) => return Err(self.ended(*fault)),
        };
        let count = if names.is_kind(Kind::Array) {
            names.elements().len()
        } else {
            0
        };
        let texts = self.vm.with_stack_roots(|vm| {
            vm.with_root(names, |vm| {
                let name = |at: usize| text::display(vm, names.elements()[at]).unwrap_or_default();
                (0..count).map(name).collect()
            })
        });
        Ok(texts)
    }

    fn failed(&mut self) -> Outcome {
        let error = self.vm.take_error();
        let report = self.report(error);
        let mut failure = Failure::default();
        if self.vm.is_error(error) {
            let message = error.instance_field(error_slot::MESSAGE);
            failure.message = text::display(&mut *self.vm, message).unwrap_or_default();
        }
        let head = format!("error: {}\n", failure.message);
        failure.excerpt = report.strip_prefix(&head).unwrap_or(&report).to_string();
        if let Some(innermost) = self.vm.trace_of(error).first() {
            let file = self.vm.source(innermost.source);
            let position = file.position(innermost.position);
            failure.place = Some((file.name().to_string(), position.line, position.column));
        }
        let areas = &mut self.vm.state.areas;
        if let Some(area) = areas.remove(&TypeId::of::<Comparison>())
            && let Ok(values) = area.downcast::<Comparison>()
            && values.message == failure.message
        {
            failure.values = Some(*values);
        }
        Outcome::Failed(Box::new(failure))
    }
}

fn failed_with(message: String) -> Outcome {
    Outcome::Failed(Box::new(Failure {
        message,
        ..Failure::default()
    }))
}

/// Whether the script's result is what `?` did not unwrap.
fn ended_early(value: Value) -> bool {
    value.is_kind(Kind::Tagged) && matches!(value.header().aux, tags::ERR | tags::NONE)
}
