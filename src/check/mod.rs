//! The findings of `ruff check` in programs that compile: places that fail when they
//! are reached, and places that run, but hardly as they were meant.
//!
//! One walk over the tree ([`walk`]) writes down what rules look at ([`facts`]);
//! [`types`] adds what can be told of the kinds of values. The rules are in files
//! by subject, and [`rules`] is the table of them all. Nothing here is needed to
//! make code, and running a program does not come here.

mod allow;
mod annotations;
mod breaks;
mod conditions;
mod control;
mod copies;
mod cursors;
mod facts;
mod flow;
mod foreign;
mod idle;
mod kinds;
mod liveness;
mod lost;
mod matches;
mod members;
mod names;
mod numbers;
mod options;
mod outputs;
mod patterns;
mod references;
mod rule;
pub mod rules;
mod takers;
mod texts;
mod types;
mod uncalled;
mod unused;
mod walk;

use crate::compiler::hash::{Map, Set};
use crate::compiler::resolve::{FuncIdx, Res, Resolved, StructIdx, VarId, VarKind};
use crate::compiler::{Builtins, ModuleInfo};
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::source::SourceFile;
use crate::syntax::suggest::{closest, closest_of};
use allow::Allowed;
use facts::{Facts, Given};
use types::Types;

/// Undefined names for which a similar one is looked for. It takes a look at every
/// name there is, and where more are missing the reason is another than a slip.
const MAX_SUGGESTIONS: u32 = 20;

/// The program and all that is known of it, for the rules.
struct Cx<'a, 'r> {
    source: &'r SourceFile,
    module: &'r Module<'a>,
    res: &'r Resolved<'a>,
    builtins: &'r dyn Builtins,
    facts: &'r Facts<'a>,
    types: &'r Types<'a, 'r>,
    /// Methods of all types of the source.
    methods: Set<&'a str>,
    /// How many types of the source have a method of the name.
    method_counts: Map<&'a str, u32>,
    /// Names that are fields of some type, or keys of some dict.
    fields: Set<&'a str>,
    /// Fields and methods of classes.
    class_members: Set<&'a str>,
    /// Fields of each type: their places in the declaration.
    fields_of: Map<(StructIdx, &'a str), usize>,
    enums: Map<VarId, &'a EnumDef<'a>>,
    /// The enum of a variant's name.
    variants: Map<&'a str, VarId>,
    /// Variables at the top level that a bare name in a case may have been meant to be.
    constants: Map<&'a str, VarId>,
    /// Types of the program by name, and imported names.
    type_names: Map<&'a str, VarId>,
    made: matches::Made<'a>,
    /// Variables whose value is indexed by a literal or taken apart.
    indexed: Set<VarId>,
    in_pattern: Set<VarId>,
    /// The text to leave out to import one name less, by the place of the name.
    import_items: Map<u32, Span>,
    /// Names that are imported to see whether that works, by their places.
    tried_imports: Set<u32>,
    /// Variables that are stored in others, or in containers, as they are.
    stored_names: Set<VarId>,
    /// Quotients that were reported, by the places of their operators.
    quotients: Set<u32>,
    /// Functions without a call that were reported, by their places.
    uncalled: Set<u32>,
    /// Names that mean a built-in function and are the name of a field of the method's type,
    /// by their places.
    bare_fields: Map<u32, Ident<'a>>,
    /// All plain strings of the program.
    texts: Set<&'a str>,
    /// Where strings begin that functions of the program are given, which may fill them in.
    templates: Set<u32>,
    /// Something may make a Result or an Option.
    makes_options: bool,
    /// Functions that change what is not their own, when they have been asked for.
    effects: Option<Set<FuncIdx>>,
    /// Names of which only the truth is asked, by their places.
    tests: Set<u32>,
    passed: outputs::Passed,
    /// Parameters of which a changing method is called whose result is used.
    taken_off: Set<VarId>,
    /// Variables that have a change which was reported as lost.
    lost: Set<VarId>,
    /// There is a wildcard import.
    imports_all: bool,
    /// No number of the program can be a float.
    ints_only: bool,
    /// Answers about modules.
    modules: Map<String, ModuleInfo>,
    /// How many were looked for.
    suggestions: u32,
    found: Vec<Diagnostic>,
}

/// All findings in a program, those that comments silence left out.
pub fn check<'a>(
    module: &Module<'a>,
    source: &SourceFile,
    res: &Resolved<'a>,
    builtins: &dyn Builtins,
) -> Vec<Diagnostic> {
    let mut facts = walk::walk(module, res, builtins);
    flow::connect(&mut facts, res);
    let types = Types::new(&facts, res);
    let mut cx = Cx {
        source,
        module,
        res,
        builtins,
        facts: &facts,
        types: &types,
        methods: Set::default(),
        method_counts: Map::default(),
        fields: facts.keys.iter().copied().collect(),
        class_members: Set::default(),
        fields_of: Map::default(),
        enums: facts.enums.iter().copied().collect(),
        variants: Map::default(),
        constants: Map::default(),
        type_names: Map::default(),
        made: Map::default(),
        indexed: facts.indexed.iter().copied().collect(),
        in_pattern: facts.patterns.iter().copied().collect(),
        import_items: Map::default(),
        tried_imports: Set::default(),
        stored_names: Set::default(),
        quotients: Set::default(),
        uncalled: Set::default(),
        bare_fields: Map::default(),
        texts: Set::default(),
        templates: Set::default(),
        makes_options: true,
        effects: None,
        tests: Set::default(),
        passed: Map::default(),
        taken_off: Set::default(),
        lost: Set::default(),
        imports_all: false,
        ints_only: false,
        modules: Map::default(),
        suggestions: 0,
        found: Vec::new(),
    };
    cx.prepare();
    cx.run();
    let allowed = Allowed::new(module, source);
    let mut found = cx.found;
    found.retain(|finding| !allowed.silences(finding, source));
    found.extend(allowed.unknown);
    found
}

impl<'a, 'r> Cx<'a, 'r> {
    /// Tables of what the program declares.
    fn prepare(&mut self) {
        for (index, one) in self.res.structs.iter().enumerate() {
            for &name in one.methods.keys() {
                self.methods.insert(name);
                *self.method_counts.entry(name).or_default() += 1;
            }
            for (at, field) in one.def.fields.iter().enumerate() {
                self.fields.insert(field.name.name);
                self.fields_of
                    .insert((StructIdx(index as u32), field.name.name), at);
            }
            if one.def.is_class {
                self.class_members.extend(one.members.iter().copied());
            }
        }
        for (&owner, def) in &self.enums {
            for one in def.variants {
                self.variants.insert(one.name, owner);
            }
        }
        for (index, var) in self.res.vars.iter().enumerate() {
            let id = VarId(index as u32);
            if annotations::is_type(var.kind) {
                self.type_names.insert(var.name, id);
            }
            let is_capital =
                !var.name.contains(char::is_lowercase) && var.name.contains(char::is_uppercase);
            let is_constant = match var.kind {
                VarKind::Struct(_) | VarKind::Enum => true,
                VarKind::Let | VarKind::Mut => var.top_level && is_capital && var.name.len() > 1,
                _ => false,
            };
            if is_constant {
                self.constants.insert(var.name, id);
            }
        }
        self.note_variants();
        self.note_imports();
        self.note_stored();
        self.note_texts();
        self.note_tests();
        names::note_bare_fields(self);
        self.ints_only = numbers::ints_only(self);
        self.makes_options = options::makes_options(self);
        self.passed = outputs::passed(self);
        self.taken_off = takers::taken_off(self);
    }

    fn note_variants(&mut self) {
        let mut called: Set<u32> = Set::default();
        for site in &self.facts.exprs {
            let (ty, name, args) = match site.expr.kind {
                ExprKind::Call { callee, args } => match callee.kind {
                    ExprKind::Path { ty, name } => (ty, name, Some(args)),
                    _ => continue,
                },
                ExprKind::Path { ty, name } => (ty, name, None),
                _ => continue,
            };
            // A call is before what it calls.
            let is_callee = args.is_none() && called.contains(&ty.span.lo);
            if let Some(owner) = self.types.var_of(ty.span)
                && !is_callee
            {
                called.insert(ty.span.lo);
                matches::note(&mut self.made, owner, name.name, args);
            }
        }
    }

    fn note_texts(&mut self) {
        let texts = self
            .facts
            .exprs
            .iter()
            .filter_map(|site| match site.expr.kind {
                ExprKind::Str(text) => Some(text),
                _ => None,
            });
        self.texts = texts.collect();
        for site in &self.facts.exprs {
            if let ExprKind::Call { callee, args } = site.expr.kind
                && matches!(callee.kind, ExprKind::Name(_))
                && self.is_own(callee.span)
            {
                let strings = args
                    .iter()
                    .filter(|arg| matches!(arg.value.kind, ExprKind::Str(_)));
                self.templates.extend(strings.map(|arg| arg.value.span.lo));
            }
        }
    }

    fn note_tests(&mut self) {
        let tests = self.facts.exprs.iter().filter(|site| {
            matches!(site.expr.kind, ExprKind::Name(_)) && conditions::is_test(site.used)
        });
        self.tests = tests.map(|site| site.expr.span.lo).collect();
    }

    fn note_stored(&mut self) {
        for (index, var) in self.facts.vars.iter().enumerate() {
            // A parameter gets the names of arguments.
            let given = match self.res.vars[index].kind {
                VarKind::Param => &[][..],
                _ => &var.given[..],
            };
            let stored = var.stored.iter().map(|(_, given)| given);
            for given in given.iter().chain(stored) {
                if let Given::Value(value) = given
                    && let ExprKind::Name(_) = value.kind
                    && let Some(var) = self.types.var_of(value.span)
                {
                    self.stored_names.insert(var);
                }
            }
        }
    }

    fn note_imports(&mut self) {
        for site in &self.facts.stmts {
            let StmtKind::Import(import) = site.stmt.kind else {
                continue;
            };
            let Some(names) = import.names else {
                self.imports_all |= import.alias.is_none();
                continue;
            };
            if site.guarded {
                self.tried_imports.extend(
                    names
                        .iter()
                        .map(|one| one.alias.unwrap_or(one.name).span.lo),
                );
            }
            if names.len() < 2 {
                continue;
            }
            let end = |one: &ImportName| one.alias.unwrap_or(one.name).span.hi;
            for (at, one) in names.iter().enumerate() {
                let place = one.alias.unwrap_or(one.name).span.lo;
                // With the comma before it, or for the first one after it.
                let span = match at.checked_sub(1) {
                    Some(before) => Span::new(end(&names[before]), end(one)),
                    None => Span::new(one.name.span.lo, names[1].name.span.lo),
                };
                self.import_items.insert(place, span);
            }
        }
    }

    /// Every rule on everything it looks at.
    fn run(&mut self) {
        let facts = self.facts;
        for &name in &facts.names {
            names::name(self, name);
        }
        names::bare_fields(self);
        foreign::methods(self);
        for block in &facts.blocks {
            control::block(self, block);
            copies::block(self, block);
            takers::block(self, block);
        }
        for site in &facts.stmts {
            match site.stmt.kind {
                StmtKind::Expr(value) => lost::statement(self, site, value),
                StmtKind::While { ref body, .. } => {
                    breaks::repeated(self, site.stmt, body);
                    takers::repeated(self, site.stmt);
                }
                StmtKind::For {
                    vars,
                    iter,
                    ref body,
                    ..
                } => {
                    breaks::repeated(self, site.stmt, body);
                    uncalled::sequence(self, iter);
                    control::never_runs(self, iter);
                    if let ForVars::Two(key, value) = vars {
                        control::two_variables(self, key, value, iter);
                    }
                }
                StmtKind::Match {
                    subject,
                    cases,
                    ref default,
                } => {
                    matches::statement(self, subject, cases, default.as_ref());
                    options::cases(self, subject, cases);
                    kinds::cases(self, subject, cases);
                }
                StmtKind::Import(import) => names::import(self, &import, site.guarded),
                _ => {}
            }
        }
        for site in &facts.exprs {
            names::expr(self, site);
            members::expr(self, site);
            annotations::expr(self, site);
            lost::expr(self, site);
            cursors::expr(self, site);
            conditions::expr(self, site);
            uncalled::expr(self, site);
            options::expr(self, site);
            kinds::expr(self, site);
            texts::expr(self, site);
            numbers::expr(self, site);
            patterns::expr(self, site);
        }
        for promise in &facts.promises {
            annotations::promise(self, promise);
        }
        for &ty in &facts.types {
            annotations::written(self, ty);
        }
        for func in &facts.funcs {
            if let Some(def) = func.def {
                control::arrow(self, def);
            }
        }
        for index in 0..self.res.vars.len() {
            let id = VarId(index as u32);
            names::outer(self, id);
            match cursors::variable(self, id) {
                true => drop(self.lost.insert(id)),
                false => lost::variable(self, id),
            }
            lost::passed(self, id);
            lost::spawned(self, id);
            unused::variable(self, id);
            foreign::except(self, id);
        }
        outputs::parameters(self);
        numbers::comments(self);
        numbers::eliminations(self);
    }

    fn report(&mut self, finding: Diagnostic) {
        self.found.push(finding);
    }

    /// Whether the program itself says what the name at this place is.
    fn is_own(&self, at: Span) -> bool {
        self.res.name(at) != Res::Free
    }

    fn is_class(&self, ty: StructIdx) -> bool {
        self.res.structs[ty.0 as usize].def.is_class
    }

    fn field_of(&self, ty: StructIdx, name: &str) -> Option<usize> {
        self.fields_of.get(&(ty, name)).copied()
    }

    fn has_field(&self, ty: StructIdx, name: &str) -> bool {
        self.field_of(ty, name).is_some()
    }

    /// The finding with the name that was probably meant.
    fn hint(
        &mut self,
        finding: Diagnostic,
        name: &str,
        candidates: &mut dyn Iterator<Item = &str>,
    ) -> Diagnostic {
        match self.closest(name, candidates) {
            Some(close) => finding.help(format!("did you mean `{close}`?")),
            None => finding,
        }
    }

    /// The name that was probably meant, for the first names that are unknown.
    fn closest<'c>(
        &mut self,
        name: &str,
        candidates: &mut dyn Iterator<Item = &'c str>,
    ) -> Option<&'c str> {
        self.suggestions += 1;
        (self.suggestions <= MAX_SUGGESTIONS)
            .then(|| closest(name, candidates))
            .flatten()
    }

    /// The same, where names of the program go before others that are as near.
    fn closest_of<'c>(
        &mut self,
        name: &str,
        own: &mut dyn Iterator<Item = &'c str>,
        others: &mut dyn Iterator<Item = &'c str>,
    ) -> Option<&'c str> {
        self.suggestions += 1;
        (self.suggestions <= MAX_SUGGESTIONS)
            .then(|| closest_of(name, own, others))
            .flatten()
    }

    fn module(&mut self, path: &str) -> ModuleInfo {
        if let Some(known) = self.modules.get(path) {
            return known.clone();
        }
        let info = self.builtins.module(path);
        self.modules.insert(path.to_string(), info.clone());
        info
    }
}
