//! The syntax tree: what the parser makes and the compiler reads. Every node
//! lives in one `bumpalo` arena, so the tree is `Copy` references and slices
//! and is freed at once. Nothing here knows of scopes, values or bytecode; the
//! tree says what was written, in the order it was written, with spans.

/// A half-open byte range of the source text.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub lo: u32,
    pub hi: u32,
}

impl Span {
    pub const fn new(lo: u32, hi: u32) -> Span {
        Span { lo, hi }
    }

    /// The smallest span that covers both.
    pub fn to(self, other: Span) -> Span {
        Span {
            lo: self.lo.min(other.lo),
            hi: self.hi.max(other.hi),
        }
    }
}

/// A name as written, with its place.
#[derive(Clone, Copy, Debug)]
pub struct Ident<'a> {
    pub name: &'a str,
    pub span: Span,
}

/// A whole source file.
#[derive(Clone, Copy, Debug)]
pub struct Module<'a> {
    pub body: Block<'a>,
    /// Every comment in source order, for tools that print the program again.
    pub comments: &'a [Comment<'a>],
}

/// A comment with its delimiters, e.g. `# text` or `/* text */`.
#[derive(Clone, Copy, Debug)]
pub struct Comment<'a> {
    pub text: &'a str,
    pub span: Span,
}

/// The statements between `{` and `}`; the span covers the braces.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a> {
    pub stmts: &'a [Stmt<'a>],
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct Stmt<'a> {
    pub kind: StmtKind<'a>,
    pub span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LetKind {
    Let,
    Mut,
    Const,
}

#[derive(Clone, Copy, Debug)]
pub enum StmtKind<'a> {
    Expr(&'a Expr<'a>),
    /// `let|mut|const pattern [: type] := value`
    Let {
        kind: LetKind,
        pattern: &'a Pattern<'a>,
        ty: Option<&'a Type<'a>>,
        value: &'a Expr<'a>,
    },
    /// `target := value`; `ty` only after a bare name (`x: int := 1`).
    Assign {
        target: Target<'a>,
        ty: Option<&'a Type<'a>>,
        value: &'a Expr<'a>,
        form: AssignForm,
    },
    /// `place op= value`; `op_span` is the operator, e.g. `+=`.
    Compound {
        place: &'a Expr<'a>,
        op: BinaryOp,
        op_span: Span,
        value: &'a Expr<'a>,
    },
    Func(&'a FuncDef<'a>),
    Struct(&'a StructDef<'a>),
    Enum(&'a EnumDef<'a>),
    If {
        cond: &'a Expr<'a>,
        then: Block<'a>,
        otherwise: Option<Else<'a>>,
    },
    /// `while c { }`, `loop while c { }` and, without a condition, `loop { }`.
    While {
        label: Option<Ident<'a>>,
        /// Which of the spellings was used.
        form: WhileForm,
        cond: Option<&'a Expr<'a>>,
        body: Block<'a>,
    },
    For {
        label: Option<Ident<'a>>,
        vars: ForVars<'a>,
        iter: &'a Expr<'a>,
        body: Block<'a>,
    },
    Match {
        subject: &'a Expr<'a>,
        cases: &'a [Case<'a>],
        default: Option<Block<'a>>,
    },
    Try {
        body: Block<'a>,
        except: Option<Except<'a>>,
        finally: Option<Block<'a>>,
    },
    Return(Option<&'a Expr<'a>>),
    Break(Option<Ident<'a>>),
    Continue(Option<Ident<'a>>),
    Import(Import<'a>),
    /// `export` before a declaration.
    Export(&'a Stmt<'a>),
    Test {
        name: TestName<'a>,
        table: Option<&'a TestTable<'a>>,
        body: Block<'a>,
    },
    TestGroup {
        name: TestName<'a>,
        body: Block<'a>,
    },
    TestSetup(Block<'a>),
    TestTeardown(Block<'a>),
}

#[derive(Clone, Copy, Debug)]
pub struct TestName<'a> {
    pub text: &'a str,
    pub span: Span,
}

/// `test "name" for vars in iter { … }`: a test for each element.
#[derive(Clone, Copy, Debug)]
pub struct TestTable<'a> {
    /// The name, which may mention the variables.
    pub name: &'a Expr<'a>,
    pub vars: ForVars<'a>,
    pub iter: &'a Expr<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WhileForm {
    While,
    Loop,
    LoopWhile,
}

#[derive(Clone, Copy, Debug)]
pub enum Else<'a> {
    Block(Block<'a>),
    /// `else if`: always a [`StmtKind::If`].
    If(&'a Stmt<'a>),
}

#[derive(Clone, Copy, Debug)]
pub enum ForVars<'a> {
    One(&'a Pattern<'a>),
    /// `for k, v in e`
    Two(Ident<'a>, &'a Pattern<'a>),
}

#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub pattern: &'a Pattern<'a>,
    pub guard: Option<&'a Expr<'a>>,
    pub body: Block<'a>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct Except<'a> {
    pub name: Option<Ident<'a>>,
    pub body: Block<'a>,
}

/// How a plain assignment is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssignForm {
    Plain,
    /// `a, b := e`: the target is an array pattern without its brackets.
    Targets,
    /// `a, b := e, f`: the value is an array literal without its brackets, too.
    Lists,
}

/// The left side of a plain assignment.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A place: a name, field or index expression in any nesting.
    Place(&'a Expr<'a>),
    /// Destructuring: an array or dict pattern.
    Pattern(&'a Pattern<'a>),
}

#[derive(Clone, Copy, Debug)]
pub struct Import<'a> {
    /// `a.b` as its parts.
    pub path: &'a [Ident<'a>],
    /// `import a.b as name`
    pub alias: Option<Ident<'a>>,
    /// `from a.b import x, y as z`: the names, or `None` for `import a.b`.
    pub names: Option<&'a [ImportName<'a>]>,
}

#[derive(Clone, Copy, Debug)]
pub struct ImportName<'a> {
    pub name: Ident<'a>,
    pub alias: Option<Ident<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub struct FuncDef<'a> {
    /// `None` for an anonymous function.
    pub name: Option<Ident<'a>>,
    pub params: &'a [Param<'a>],
    pub result: Option<&'a Type<'a>>,
    pub body: Block<'a>,
    /// `func*`
    pub is_generator: bool,
    pub is_async: bool,
    pub form: FuncForm,
    /// From `func` (or `async`, or an arrow's parameters) to the end of the body.
    pub span: Span,
}

/// How a function is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuncForm {
    Func,
    /// `x => e`: the body is one `return`.
    ArrowValue,
    /// `x => { … }`
    ArrowBlock,
    /// `spawn { … }`: the block.
    Spawned,
}

#[derive(Clone, Copy, Debug)]
pub struct Param<'a> {
    /// Empty for a pattern.
    pub name: Ident<'a>,
    /// `[a, b]`, `{x}`: what takes the argument apart.
    pub pattern: Option<&'a Pattern<'a>>,
    /// `...name`, the last: takes all further arguments.
    pub rest: bool,
    pub ty: Option<&'a Type<'a>>,
    pub default: Option<&'a Expr<'a>>,
}

/// `struct` or `class`.
#[derive(Clone, Copy, Debug)]
pub struct StructDef<'a> {
    pub name: Ident<'a>,
    pub is_class: bool,
    pub fields: &'a [FieldDef<'a>],
    pub methods: &'a [FuncDef<'a>],
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct FieldDef<'a> {
    pub name: Ident<'a>,
    pub ty: Option<&'a Type<'a>>,
    pub default: Option<&'a Expr<'a>>,
}

#[derive(Clone, Copy, Debug)]
pub struct EnumDef<'a> {
    pub name: Ident<'a>,
    pub variants: &'a [Ident<'a>],
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    pub kind: ExprKind<'a>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    Null,
    Bool(bool),
    Int(IntLit<'a>),
    Float(f64),
    Str(&'a str),
    /// A string with `${…}` parts.
    Template(&'a [TemplatePart<'a>]),
    /// A variable, function or type name; `self` too.
    Name(&'a str),
    Array(&'a [ArrayItem<'a>]),
    Dict(&'a [DictItem<'a>]),
    /// `Name { f: v, … }`
    StructLit {
        name: Ident<'a>,
        items: &'a [FieldInit<'a>],
    },
    Func(&'a FuncDef<'a>),
    /// `op_span` is the operator alone.
    Unary {
        op: UnaryOp,
        op_span: Span,
        operand: &'a Expr<'a>,
    },
    Binary {
        op: BinaryOp,
        op_span: Span,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
    },
    /// `&&`, `||`, `??`
    Logic {
        op: LogicOp,
        op_span: Span,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
    },
    Range {
        lo: &'a Expr<'a>,
        hi: &'a Expr<'a>,
        inclusive: bool,
        op_span: Span,
    },
    /// `x |> f`, `x |> f(a)`, `x |> o.m(a)`; the right side as parsed.
    Pipe {
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        op_span: Span,
    },
    /// `callee(args)`; a callee that is directly a `Field` is a `MethodCall`.
    Call {
        callee: &'a Expr<'a>,
        args: &'a [Arg<'a>],
    },
    /// `recv.name(args)`, `recv?.name(args)`
    MethodCall {
        recv: &'a Expr<'a>,
        name: Ident<'a>,
        args: &'a [Arg<'a>],
        optional: bool,
        /// The `.` or `?.`.
        dot: Span,
    },
    Field {
        recv: &'a Expr<'a>,
        name: Ident<'a>,
        optional: bool,
        dot: Span,
    },
    /// `bracket` is the `[` (or `?[`).
    Index {
        recv: &'a Expr<'a>,
        index: &'a Expr<'a>,
        optional: bool,
        bracket: Span,
    },
    Slice {
        recv: &'a Expr<'a>,
        lo: Option<&'a Expr<'a>>,
        hi: Option<&'a Expr<'a>>,
        optional: bool,
        bracket: Span,
    },
    /// The whole of a postfix chain that has an optional link in it: where a
    /// link finds null, the value of this node is null.
    OptChain(&'a Expr<'a>),
    /// `e?`; `op_span` is the `?`.
    Try {
        operand: &'a Expr<'a>,
        op_span: Span,
    },
    /// `Color::Red`; with a payload it is the callee of a `Call`.
    Path {
        ty: Ident<'a>,
        name: Ident<'a>,
    },
    /// Parentheses as written.
    Paren(&'a Expr<'a>),
    Await {
        operand: &'a Expr<'a>,
        op_span: Span,
    },
    Yield(Option<&'a Expr<'a>>),
    /// `yield* xs`
    YieldAll(&'a Expr<'a>),
    /// `throw v`, `throw(v)`, `throw v from cause`; the expression's span starts at
    /// the keyword.
    Throw {
        value: &'a Expr<'a>,
        cause: Option<&'a Expr<'a>>,
    },
    /// The block, as a function without parameters.
    Spawn(&'a FuncDef<'a>),
    /// `if`, `match` or `try` where a value is expected: always a
    /// [`StmtKind::If`], [`StmtKind::Match`] or [`StmtKind::Try`].
    Control(&'a Stmt<'a>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IntLit<'a> {
    Small(i64),
    /// Beyond 64 bits: the digits without prefix and underscores.
    Big {
        digits: &'a str,
        radix: u32,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum TemplatePart<'a> {
    Text(&'a str),
    /// An expression, and the format after its `:`.
    Expr(&'a Expr<'a>, Option<&'a str>),
}

#[derive(Clone, Copy, Debug)]
pub enum ArrayItem<'a> {
    Item(&'a Expr<'a>),
    Spread(&'a Expr<'a>),
}

#[derive(Clone, Copy, Debug)]
pub enum DictItem<'a> {
    Pair {
        key: DictKey<'a>,
        value: &'a Expr<'a>,
    },
    /// `{x}`
    Shorthand(Ident<'a>),
    Spread(&'a Expr<'a>),
}

#[derive(Clone, Copy, Debug)]
pub enum DictKey<'a> {
    /// A bare name or keyword: its own text.
    Name(Ident<'a>),
    Str {
        text: &'a str,
        span: Span,
    },
    /// An interpolated string ([`ExprKind::Template`]).
    Template(&'a Expr<'a>),
    Int {
        value: IntLit<'a>,
        span: Span,
    },
    Computed(&'a Expr<'a>),
}

#[derive(Clone, Copy, Debug)]
pub enum FieldInit<'a> {
    Pair {
        name: Ident<'a>,
        value: &'a Expr<'a>,
    },
    Shorthand(Ident<'a>),
    /// `...base`
    Spread(&'a Expr<'a>),
}

#[derive(Clone, Copy, Debug)]
pub struct Arg<'a> {
    pub value: &'a Expr<'a>,
    /// `...value`
    pub spread: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UnaryOp {
    Neg,
    Not,
    BitNot,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Shl,
    Shr,
    BitAnd,
    BitXor,
    BitOr,
    Lt,
    Le,
    Gt,
    Ge,
    Eq,
    Ne,
    /// `x in xs`
    In,
    /// `x not in xs`
    NotIn,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "**",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitXor => "^",
            BinaryOp::BitOr => "|",
            BinaryOp::Lt => "<",
            BinaryOp::Le => "<=",
            BinaryOp::Gt => ">",
            BinaryOp::Ge => ">=",
            BinaryOp::Eq => "==",
            BinaryOp::Ne => "!=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "not in",
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogicOp {
    And,
    Or,
    Coalesce,
}

/// A pattern of a `match` case or of a destructuring. Destructuring allows
/// only `Wild`, `Bind`, `Array` and `Dict`, and in a plain assignment `Place`.
#[derive(Clone, Copy, Debug)]
pub struct Pattern<'a> {
    pub kind: PatternKind<'a>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum PatternKind<'a> {
    Wild,
    /// Binds the value, or compares with a visible `const` of that name.
    Bind(&'a str),
    /// A literal: int, float, string, bool or null, numbers perhaps negated.
    Literal(&'a Expr<'a>),
    /// `1..9`, `"a"..="z"`: numbers or strings between two literals.
    Range {
        lo: &'a Expr<'a>,
        hi: &'a Expr<'a>,
        inclusive: bool,
    },
    /// `[a, b, ...rest]`; `rest` is the name after `...`, if there is one.
    Array {
        items: &'a [Pattern<'a>],
        rest: Option<Rest<'a>>,
    },
    Dict {
        entries: &'a [PatternEntry<'a>],
        rest: Option<Rest<'a>>,
    },
    Struct {
        name: Ident<'a>,
        entries: &'a [PatternEntry<'a>],
        rest: Option<Rest<'a>>,
    },
    /// `Color::Red`, `Shape::Circle(r)`, `Ok(x)`, `None`; `parts` is `None`
    /// for a bare tag.
    Tag {
        ty: Option<Ident<'a>>,
        name: Ident<'a>,
        parts: Option<&'a [Pattern<'a>]>,
    },
    Alt(&'a [Pattern<'a>]),
    /// A field or element that gets the part.
    Place(&'a Expr<'a>),
}

#[derive(Clone, Copy, Debug)]
pub struct Rest<'a> {
    pub name: Option<Ident<'a>>,
    /// In a plain assignment: a field or element that gets the rest.
    pub place: Option<&'a Expr<'a>>,
    pub span: Span,
}

/// `key: pattern`; a bare `key` has a `Bind` of the same name as its pattern.
#[derive(Clone, Copy, Debug)]
pub struct PatternEntry<'a> {
    pub key: &'a str,
    /// Whether the key was written as a string.
    pub quoted: bool,
    pub key_span: Span,
    pub shorthand: bool,
    pub pattern: Pattern<'a>,
}

/// A written type. Types are not enforced at run time.
#[derive(Clone, Copy, Debug)]
pub struct Type<'a> {
    pub kind: TypeKind<'a>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug)]
pub enum TypeKind<'a> {
    /// `int`, `Result<int, string>`
    Name { name: &'a str, args: &'a [Type<'a>] },
    /// `[int]`
    Array(&'a Type<'a>),
    /// `int?`
    Optional(&'a Type<'a>),
    /// `func(int) -> int`
    Func {
        params: &'a [Type<'a>],
        result: Option<&'a Type<'a>>,
    },
    /// `int | string`
    Union(&'a [Type<'a>]),
}
