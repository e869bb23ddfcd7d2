//! The rules: what each is called and what it is about. The table is the only
//! place that names them; `ruff check --explain` and `docs/CHECKS.md` show it.

pub use super::rule::{Level, Rule};
use super::{
    annotations, breaks, conditions, control, copies, foreign, idle, kinds, lost, matches, members,
    names, numbers, options, patterns, texts, uncalled, unused,
};
use crate::syntax::suggest::closest;
use std::fmt::Write as _;

/// All rules, by what they are about.
pub const RULES: &[&Rule] = &[
    &names::UNDEFINED_NAME,
    &names::ARGUMENT_COUNT,
    &names::UNKNOWN_IMPORT,
    &names::ASSIGNS_OUTER,
    &names::BARE_FIELD,
    &members::UNKNOWN_FIELD,
    &members::MISSING_FIELD,
    &members::UNKNOWN_METHOD,
    &members::IMMUTABLE_RECEIVER,
    &members::UNKNOWN_VARIANT,
    &members::DUPLICATE_KEY,
    &foreign::FOREIGN_METHOD,
    &annotations::TYPE_MISMATCH,
    &annotations::UNKNOWN_TYPE,
    &control::UNREACHABLE_CODE,
    &control::PAIR_LOOP,
    &control::BLOCK_OR_DICT,
    &control::EMPTY_RANGE,
    &breaks::BREAK_IN_CASE,
    &foreign::EXCEPT_NAME,
    &lost::NO_EFFECT,
    &idle::DISCARDED_RESULT,
    &lost::LOST_WRITE,
    &lost::UNAWAITED_TASK,
    &lost::SPAWN_COPY,
    &uncalled::UNCALLED_FUNCTION,
    &conditions::LITERAL_OPERAND,
    &conditions::NOT_IN,
    &conditions::POSITION_AS_CONDITION,
    &texts::UNFILLED_TEXT,
    &kinds::NEVER_EQUAL,
    &kinds::UNKNOWN_KIND,
    &options::OPTION_OR_NULL,
    &numbers::COMMENT_AS_DIVISION,
    &numbers::INTEGER_QUOTIENT,
    &numbers::BOOL_AS_NUMBER,
    &patterns::BAD_PATTERN,
    &matches::BINDING_CASE,
    &matches::UNREACHABLE_CASE,
    &matches::MISSING_VARIANTS,
    &matches::VARIANT_PARTS,
    &unused::UNUSED_VARIABLE,
    &unused::UNUSED_PARAMETER,
    &unused::UNUSED_IMPORT,
    &copies::COPIED_CONTAINER,
];

/// The rules that a name stands for: one rule, or all of a level.
///
/// # Errors
/// The rule that was probably meant, if there is one, for a name of none.
pub fn named(name: &str) -> Result<Vec<&'static Rule>, Option<&'static str>> {
    let fits = |rule: &&&Rule| rule.name == name || rule.level.name() == name;
    let found: Vec<&Rule> = RULES.iter().filter(fits).copied().collect();
    match found.is_empty() {
        true => Err(closest(name, RULES.iter().map(|rule| rule.name))),
        false => Ok(found),
    }
}

/// `docs/CHECKS.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# What `ruff check` finds\n\n\
         `ruff check` reads programs without running them. How to ask it is in [CLI.md](CLI.md#ruff-check);\n\
         this file says what its rules are. Each has a level:\n\n",
    );
    for level in Level::ALL {
        let _ = writeln!(text, "- *{}*: {}.", level.name(), level.meaning());
    }
    text.push_str(
        "\nA rule is silenced on a line by a comment, `# ruff: allow RULE` with a reason after a colon if there is one, at the\n\
         end of the line or alone on the line above; for a run by `--allow RULE`; for a project by `allow = [\"RULE\"]` under\n\
         `[check]` in `ruff.toml`. A level in place of a rule means all its rules. This file is made from the table of rules;\n\
         `ruff check --explain RULE` prints a page of it.\n\n| rule | level | finds |\n| --- | --- | --- |\n",
    );
    for rule in RULES {
        let (name, level) = (rule.name, rule.level.name());
        let _ = writeln!(text, "| [{name}](#{name}) | {level} | {} |", rule.summary);
    }
    for rule in RULES {
        let _ = write!(text, "\n{}", rule.page());
    }
    text
}
