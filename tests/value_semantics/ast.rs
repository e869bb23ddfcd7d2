//! The programs that are generated. The thing that a node refers to (a variable, a
//! path, a function) is a number until the model first runs it: then it picks
//! among what there is at that point, and keeps its choice. So nearly everything
//! in a program makes sense, and a program shrinks by its structure. Nodes that
//! never run are not printed.

use proptest::prelude::*;
use std::cell::{Cell, OnceCell};
use std::rc::Rc;

pub type Name = Rc<str>;

/// The kind of value that a place should hold when it is picked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Want {
    Any,
    Container,
    Array,
    Dict,
    Instance,
    Function,
    Tagged,
    Lazy,
}

/// The types of the program: a struct, a class, and a struct whose `to_string` and
/// operators run code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    P,
    C,
    S,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    At(usize),
    /// By a variable that held the position when the place was picked.
    AtVar(Name),
    /// `bracket`: written `["name"]`.
    Key {
        name: &'static str,
        bracket: bool,
    },
}

#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    pub root: Name,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub struct Place {
    pub want: Want,
    pub pick: (u16, u16),
    /// Runs within the first index.
    pub effect: Option<Box<Expr>>,
    pub path: OnceCell<Option<Path>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    Push,
    Pop,
    Insert,
    RemoveAt,
    Reverse,
    Sort,
    Extend,
    Clear,
    Set,
    Remove,
    Update,
}

#[derive(Clone, Debug)]
pub struct Lambda {
    pub body: Block,
    pub result: Box<Expr>,
    pub param: OnceCell<Name>,
}

#[derive(Clone, Debug)]
pub struct Call {
    pub pick: u16,
    pub args: Vec<Expr>,
    /// Number of the function.
    pub target: OnceCell<Option<usize>>,
}

#[derive(Clone, Debug)]
pub enum Expr {
    Int(i8),
    Array(Vec<(bool, Expr)>),
    Dict(Option<Box<Expr>>, Vec<(u8, Expr)>),
    New {
        ty: Type,
        fields: Vec<(u8, Expr)>,
    },
    Wrap(u8, Box<Expr>),
    Read(Place),
    Call(Call),
    CallValue(Place, Box<Expr>),
    Method {
        recv: Place,
        call: Call,
    },
    Change {
        recv: Place,
        change: Change,
        arg: Box<Expr>,
    },
    /// The function form, on a place or on a value without an owner.
    Changed {
        first: Box<Expr>,
        change: Change,
        arg: Box<Expr>,
    },
    Add(Box<Expr>, Box<Expr>),
    Equal(Box<Expr>, Box<Expr>),
    Unwrap(Box<Expr>),
    Lambda(Lambda),
    Map(Place, Lambda),
    Slice(Place, u8, u8),
    /// A part of a value that may have no owner: `f(x)[1]`.
    Part {
        of: Box<Expr>,
        pick: u8,
        step: OnceCell<Option<Step>>,
    },
    Coalesce(Box<Expr>, Box<Expr>),
    /// Makes a generator.
    Generator(Call),
    /// The next element of one, or of an iterator.
    Next {
        of: Place,
        method: bool,
    },
    /// An iterator that calls back.
    Lazy {
        over: Place,
        filter: bool,
        lambda: Lambda,
    },
    /// A built-in that does not change its first argument, in either form.
    Pure {
        recv: Place,
        pure: Pure,
        method: bool,
        arg: Box<Expr>,
    },
    /// The length of a text made of places.
    Text(Vec<Place>),
    /// Throws, by a function or by a built-in.
    Fail {
        builtin: bool,
        value: Box<Expr>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pure {
    Contains,
    IndexOf,
    Concat,
    Slice,
}

pub type Block = Vec<Stmt>;

#[derive(Clone, Debug)]
pub struct Stmt {
    pub kind: Kind,
    pub ran: Cell<bool>,
}

/// Names that a pattern made, with what is printed.
#[derive(Clone, Debug)]
pub struct Pattern {
    pub text: String,
    pub shape: Shape,
    pub names: Vec<Name>,
}

#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// `[a, ...rest]`
    Array,
    /// `{key, ...rest}` with this key.
    Dict(&'static str),
    /// `P { f: a, g: b }`
    Struct,
    /// `Ok(a)` and the like, by number.
    Tagged(u8),
    /// `Ok([a, ...rest])`
    TaggedArray(u8),
    /// `a`
    All,
}

#[derive(Clone, Debug)]
pub enum Kind {
    Let {
        fixed: bool,
        value: Expr,
        name: OnceCell<Name>,
    },
    Assign(Place, Expr),
    Compound(Place, Expr),
    Do(Expr),
    Print(Vec<Expr>),
    /// `p := push(p, v)`
    Update {
        place: Place,
        change: Change,
        arg: Expr,
    },
    /// `p := f(p, …)`
    Through {
        place: Place,
        call: Call,
    },
    /// The same with the function around, as long as there is fuel.
    Recurse {
        place: Place,
        call: Call,
    },
    /// `t := a; a := b; b := t`
    Swap {
        one: Place,
        other: Place,
        name: OnceCell<Name>,
    },
    /// `a[0] := a`: the path, shortened, into itself.
    SelfStore {
        place: Place,
        keep: u8,
    },
    If {
        on: Place,
        then: Block,
        other: Block,
    },
    For {
        over: Expr,
        two: bool,
        body: Block,
        names: OnceCell<(Name, Name)>,
    },
    Times {
        count: u8,
        body: Block,
        name: OnceCell<Name>,
    },
    Match {
        on: Expr,
        pick: u8,
        body: Block,
        pattern: OnceCell<Pattern>,
    },
    Destructure {
        from: Expr,
        pick: u8,
        pattern: OnceCell<Option<Pattern>>,
    },
    Try {
        body: Block,
        except: Block,
        finally: Option<Block>,
        name: OnceCell<Name>,
    },
    Throw(Expr),
    Return(Expr),
    /// Sorting with a callback that writes something.
    SortBy {
        place: Place,
        written: Place,
        value: i8,
    },
    Leave {
        on: Place,
        next: bool,
    },
}

#[derive(Clone, Debug)]
pub struct Func {
    pub params: u8,
    pub default: Option<Expr>,
    pub body: Block,
    pub result: Expr,
}

#[derive(Clone, Debug)]
pub struct Method {
    pub mutating: bool,
    /// Declared without `self`.
    pub bare: bool,
    pub func: Func,
}

/// A generator: what it does before each `yield`, and what it yields.
#[derive(Clone, Debug)]
pub struct Generator {
    pub parts: Vec<(Block, Expr)>,
}

/// The methods of the struct that runs code.
#[derive(Clone, Debug)]
pub struct Hooks {
    pub text: Block,
    pub equal: Block,
    pub add: Block,
}

#[derive(Clone, Debug)]
pub struct Program {
    pub globals: Vec<Expr>,
    pub funcs: Vec<Func>,
    pub methods: Vec<Method>,
    pub generators: Vec<Generator>,
    pub hooks: Hooks,
    pub main: Block,
    /// The main part is a function's body.
    pub in_func: bool,
    /// Which variables are shown at the end.
    pub shown: u32,
}

fn place(want: Want) -> impl Strategy<Value = Place> + Clone {
    (any::<u16>(), any::<u16>()).prop_map(move |pick| Place {
        want,
        pick,
        effect: None,
        path: OnceCell::new(),
    })
}

/// A place that may run something in its first index.
fn busy(want: Want, expr: &BoxedStrategy<Expr>) -> impl Strategy<Value = Place> + use<> {
    (place(want), prop::option::weighted(0.07, expr.clone())).prop_map(|(mut place, effect)| {
        place.effect = effect.map(Box::new);
        place
    })
}

fn call(expr: impl Strategy<Value = Expr> + 'static) -> impl Strategy<Value = Call> {
    (any::<u16>(), prop::collection::vec(expr, 3)).prop_map(|(pick, args)| Call {
        pick,
        args,
        target: OnceCell::new(),
    })
}

fn array_change() -> impl Strategy<Value = Change> + Clone {
    use Change::*;
    prop_oneof![
        5 => Just(Push), 2 => Just(Pop), 1 => Just(Insert), 1 => Just(RemoveAt),
        1 => Just(Reverse), 1 => Just(Sort), 1 => Just(Extend), 1 => Just(Clear),
    ]
}

fn dict_change() -> impl Strategy<Value = Change> + Clone {
    use Change::*;
    prop_oneof![3 => Just(Set), 2 => Just(Remove), 1 => Just(Update), 1 => Just(Clear)]
}

fn any_type() -> impl Strategy<Value = Type> + Clone {
    prop_oneof![5 => Just(Type::P), 2 => Just(Type::C), 3 => Just(Type::S)]
}

fn pure_method() -> impl Strategy<Value = Pure> + Clone {
    use Pure::*;
    prop_oneof![Just(Contains), Just(IndexOf), Just(Concat), Just(Slice)]
}

fn literal() -> BoxedStrategy<Expr> {
    let int = any::<i8>().prop_map(|n| Expr::Int(n % 10)).boxed();
    int.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            4 => prop::collection::vec(inner.clone().prop_map(|e| (false, e)), 0..4).prop_map(Expr::Array),
            2 => prop::collection::vec((0u8..5, inner.clone()), 0..3)
                .prop_map(|entries| Expr::Dict(None, entries)),
            1 => (prop::bool::weighted(0.3), prop::collection::vec((0u8..3, inner), 0..3))
                .prop_map(|(noisy, fields)| Expr::New { ty: if noisy { Type::S } else { Type::P }, fields }),
        ]
    })
    .boxed()
}

fn lambda(block: BoxedStrategy<Block>, expr: BoxedStrategy<Expr>) -> impl Strategy<Value = Lambda> {
    (block, expr).prop_map(|(body, result)| Lambda {
        body,
        result: Box::new(result),
        param: OnceCell::new(),
    })
}

/// Expressions whose lambdas have bodies of `block`.
fn expr(block: BoxedStrategy<Block>) -> BoxedStrategy<Expr> {
    use Want::*;
    let leaf = prop_oneof![
        2 => any::<i8>().prop_map(|n| Expr::Int(n % 10)),
        4 => place(Any).prop_map(Expr::Read),
        5 => place(Container).prop_map(Expr::Read),
        2 => literal(),
    ]
    .boxed();
    leaf.prop_recursive(3, 12, 3, move |inner| {
        let boxed = || inner.clone().prop_map(Box::new);
        let items = prop::collection::vec((prop::bool::weighted(0.15), inner.clone()), 0..4);
        let fields = prop::collection::vec((0u8..3, inner.clone()), 0..3);
        prop_oneof![
            6 => inner.clone(),
            3 => items.prop_map(Expr::Array),
            2 => (prop::option::weighted(0.3, boxed()), prop::collection::vec((0u8..5, inner.clone()), 0..3))
                .prop_map(|(spread, entries)| Expr::Dict(spread, entries)),
            2 => (any_type(), fields).prop_map(|(ty, fields)| Expr::New { ty, fields }),
            2 => (0u8..4, boxed()).prop_map(|(kind, e)| Expr::Wrap(kind, e)),
            2 => busy(Any, &inner).prop_map(Expr::Read),
            5 => call(inner.clone()).prop_map(Expr::Call),
            2 => (busy(Function, &inner), boxed()).prop_map(|(p, e)| Expr::CallValue(p, e)),
            4 => (busy(Instance, &inner), call(inner.clone())).prop_map(|(recv, call)| Expr::Method { recv, call }),
            4 => (busy(Array, &inner), array_change(), boxed())
                .prop_map(|(recv, change, arg)| Expr::Change { recv, change, arg }),
            2 => (busy(Dict, &inner), dict_change(), boxed())
                .prop_map(|(recv, change, arg)| Expr::Change { recv, change, arg }),
            3 => (place(Array).prop_map(Expr::Read).prop_map(Box::new), array_change(), boxed())
                .prop_map(|(first, change, arg)| Expr::Changed { first, change, arg }),
            1 => (place(Dict).prop_map(Expr::Read).prop_map(Box::new), dict_change(), boxed())
                .prop_map(|(first, change, arg)| Expr::Changed { first, change, arg }),
            1 => (boxed(), array_change(), boxed())
                .prop_map(|(first, change, arg)| Expr::Changed { first, change, arg }),
            2 => (place(Array).prop_map(Expr::Read).prop_map(Box::new), boxed())
                .prop_map(|(a, b)| Expr::Add(a, Box::new(Expr::Array(vec![(false, *b)])))),
            1 => (boxed(), boxed()).prop_map(|(a, b)| Expr::Add(a, b)),
            1 => (boxed(), boxed()).prop_map(|(a, b)| Expr::Equal(a, b)),
            1 => (0u8..3, boxed()).prop_map(|(k, e)| Expr::Unwrap(Box::new(Expr::Wrap(k, e)))),
            2 => place(Tagged).prop_map(|p| Expr::Unwrap(Box::new(Expr::Read(p)))),
            3 => (boxed(), any::<u8>()).prop_map(|(of, pick)| Expr::Part { of, pick, step: OnceCell::new() }),
            2 => lambda(block.clone(), inner.clone()).prop_map(Expr::Lambda),
            1 => (place(Array), lambda(block.clone(), inner.clone())).prop_map(|(p, l)| Expr::Map(p, l)),
            1 => (place(Array), 0u8..3, 0u8..4).prop_map(|(p, a, b)| Expr::Slice(p, a, b)),
            1 => (place(Any).prop_map(Expr::Read).prop_map(Box::new), boxed()).prop_map(|(a, b)| Expr::Coalesce(a, b)),
            2 => call(inner.clone()).prop_map(Expr::Generator),
            3 => (place(Lazy), any::<bool>()).prop_map(|(of, method)| Expr::Next { of, method }),
            1 => (place(Array), any::<bool>(), lambda(block.clone(), inner.clone()))
                .prop_map(|(over, filter, lambda)| Expr::Lazy { over, filter, lambda }),
            3 => (busy(Array, &inner), pure_method(), any::<bool>(), boxed())
                .prop_map(|(recv, pure, method, arg)| Expr::Pure { recv, pure, method, arg }),
            1 => prop::collection::vec(place(Any), 1..4).prop_map(Expr::Text),
            1 => (prop::bool::weighted(0.3), boxed()).prop_map(|(builtin, value)| Expr::Fail { builtin, value }),
        ]
    })
    .boxed()
}

fn block(depth: u32, len: usize) -> BoxedStrategy<Block> {
    prop::collection::vec(stmt(depth), 0..=len).boxed()
}

fn stmt(depth: u32) -> BoxedStrategy<Stmt> {
    use Want::*;
    let inner = match depth {
        0 => Just(Vec::new()).boxed(),
        _ => block(depth - 1, 3),
    };
    let expr = expr(inner.clone());
    let e = || expr.clone();
    let b = || inner.clone();
    let flat = prop_oneof![
        7 => (prop::bool::weighted(0.1), e()).prop_map(|(fixed, value)| Kind::Let { fixed, value, name: OnceCell::new() }),
        9 => (busy(Any, &expr), e()).prop_map(|(p, e)| Kind::Assign(p, e)),
        3 => (busy(Any, &expr), e()).prop_map(|(p, e)| Kind::Compound(p, e)),
        2 => (busy(Array, &expr), e()).prop_map(|(p, e)| Kind::Compound(p, Expr::Array(vec![(false, e)]))),
        6 => e().prop_map(Kind::Do),
        3 => prop::collection::vec(e(), 1..3).prop_map(Kind::Print),
        4 => (place(Array), array_change(), e()).prop_map(|(place, change, arg)| Kind::Update { place, change, arg }),
        2 => (place(Dict), dict_change(), e()).prop_map(|(place, change, arg)| Kind::Update { place, change, arg }),
        5 => (place(Container), call(e())).prop_map(|(place, call)| Kind::Through { place, call }),
        2 => (place(Container), call(e())).prop_map(|(place, call)| Kind::Recurse { place, call }),
        2 => (place(Any), place(Any)).prop_map(|(one, other)| Kind::Swap { one, other, name: OnceCell::new() }),
        2 => (place(Any), 0u8..3).prop_map(|(place, keep)| Kind::SelfStore { place, keep }),
        2 => (e(), any::<u8>()).prop_map(|(from, pick)| Kind::Destructure { from, pick, pattern: OnceCell::new() }),
        1 => e().prop_map(Kind::Throw),
        1 => e().prop_map(Kind::Return),
        1 => (place(Array), place(Any), 0i8..5).prop_map(|(place, written, value)| Kind::SortBy { place, written, value }),
        1 => (place(Any), any::<bool>()).prop_map(|(on, next)| Kind::Leave { on, next }),
    ];
    let kind = if depth == 0 {
        flat.boxed()
    } else {
        prop_oneof![
            8 => flat,
            1 => (place(Any), b(), b()).prop_map(|(on, then, other)| Kind::If { on, then, other }),
            2 => (e(), any::<bool>(), b()).prop_map(|(over, two, body)| Kind::For { over, two, body, names: OnceCell::new() }),
            1 => (1u8..4, b()).prop_map(|(count, body)| Kind::Times { count, body, name: OnceCell::new() }),
            1 => (e(), any::<u8>(), b()).prop_map(|(on, pick, body)| Kind::Match { on, pick, body, pattern: OnceCell::new() }),
            2 => (b(), b(), prop::option::weighted(0.2, b()))
                .prop_map(|(body, except, finally)| Kind::Try { body, except, finally, name: OnceCell::new() }),
        ]
        .boxed()
    };
    kind.prop_map(|kind| Stmt {
        kind,
        ran: Cell::new(false),
    })
    .boxed()
}

fn func(depth: u32) -> BoxedStrategy<Func> {
    let expr = expr(Just(Vec::new()).boxed());
    (
        0u8..4,
        prop::option::weighted(0.3, expr.clone()),
        block(depth, 5),
        expr,
    )
        .prop_map(|(params, default, body, result)| Func {
            params,
            default,
            body,
            result,
        })
        .boxed()
}

pub fn program() -> BoxedStrategy<Program> {
    let method = (
        prop::bool::weighted(0.6),
        prop::bool::weighted(0.2),
        func(1),
    )
        .prop_map(|(mutating, bare, func)| Method {
            mutating: mutating && !bare,
            bare,
            func,
        });
    let parts = prop::collection::vec((block(1, 3), expr(block(0, 2))), 1..4);
    let generators = prop::collection::vec(parts.prop_map(|parts| Generator { parts }), 1..3);
    let hooks = (block(1, 3), block(1, 3), block(1, 3)).prop_map(|(text, equal, add)| Hooks {
        text,
        equal,
        add,
    });
    (
        prop::collection::vec(literal(), 1..5),
        prop::collection::vec(func(2), 1..4),
        prop::collection::vec(method, 1..4),
        (generators, hooks),
        prop::collection::vec(stmt(2), 2..12),
        any::<bool>(),
        any::<u32>(),
    )
        .prop_map(
            |(globals, funcs, methods, (generators, hooks), main, in_func, shown)| Program {
                globals,
                funcs,
                methods,
                generators,
                hooks,
                main,
                in_func,
                shown,
            },
        )
        .boxed()
}
