//! The runtime calls by number: what compilers, stubs and the table of the functions
//! themselves have in common. The list names the functions too, so that there is one; only
//! `runtime_calls` looks at those names.

/// Hands the list of runtime calls to a macro: the name of each, its function as
/// `runtime_calls` sees it, and `calls` if it may push a frame.
macro_rules! list {
    ($with:ident) => {
        $with! {
            /// Arithmetic with anything.
            Arith = arith::binary;
            /// Addition of what are no numbers as a rule.
            Join = arith::join;
            /// `-x`, `!x`, `~x`, the truth of a value.
            Unary = arith::unary;
            /// A comparison whose result is the status.
            Test = arith::test;
            /// A comparison whose result is a register.
            Compare = arith::compare;
            /// The truth of `R[a]` as the status.
            Truth = arith::truth;
            Format = arith::format;
            Concat = arith::concat;
            GetGlobal = data::get_global;
            Undefined = data::undefined;
            NewCell = data::new_cell;
            BoxParam = data::box_param;
            Closure = data::closure;
            NewArray = data::new_array;
            NewDict = data::new_dict;
            NewStruct = data::new_struct;
            MakeResult = data::make_result;
            GetField = data::get_field;
            SetField = data::set_field;
            FieldMut = data::field_mut;
            Name = data::name;
            Extend = data::extend;
            GetIndex = index::get;
            SetIndex = index::set;
            IndexMut = index::child;
            Slice = index::slice;
            LazyRange = iterate::lazy_range;
            RangeInit = iterate::range_init;
            /// Status 1: there is a next element.
            RangeNext = iterate::range_next;
            Lend = iterate::lend;
            GiveBack = iterate::give_back;
            IterInit = iterate::iter_init;
            /// Status 1: there is a next element; `CALLED`: `T1` says so.
            IterNext = iterate::iter_next, calls;
            MakeGenerator = iterate::make_generator;
            Yield = iterate::yields;
            Await = task::awaits;
            Fulfil = task::fulfil;
            Reject = task::reject;
            /// The tests of patterns; status 1: it fits.
            TestPattern = pattern::test_pattern;
            RestArray = pattern::rest_array;
            RestDict = pattern::rest_dict;
            /// Status 1: there is a payload.
            Unwrap = pattern::unwrap;
            /// Throws.
            Raise = control::raise;
            /// The machine's value is an int of 64 bits, and becomes the int as a value.
            NewInt = data::new_int;
            /// The same for an int without a sign.
            NewWord = data::new_word;
            /// The machine's value is a type, and becomes a new instance of it, whose empty
            /// containers are still to be made.
            NewInstance = data::new_instance;
            /// The machine's value becomes a new empty array.
            NewEmptyArray = data::new_empty_array;
            /// The machine's value becomes a new empty dict.
            NewEmptyDict = data::new_empty_dict;
            /// A loop's safepoint has found something to do.
            Poll = control::poll;
            /// Status 1: the method changes its receiver.
            CheckMut = call::check_mut;
            Call = call::call, calls;
            CallK = call::call_constant, calls;
            CallMethod = call::call_method, calls;
            CallSpread = call::call_spread, calls;
            CallMethodSpread = call::call_method_spread, calls;
            CallPath = call::call_path, calls;
            /// Says what `init` has done wrong.
            CheckConstructed = call::check_constructed;
            CallNative = call::call_native;
            /// A built-in as a method, found in the cache.
            CallNativeMethod = call::call_native_method;
            /// Not called by way of a stub of their own kind: see `stubs`.
            Throw = control::throw;
            Interpret = control::interpret;
            Leave = control::leave;
            Exit = side_exits::exit;
            LeaveOptimized = install::leave;
            Resume = side_exits::resume;
            /// A hot loop or function; status 1: the machine's value is where its optimised code
            /// takes over.
            TierUp = control::tier_up;
        }
    };
}
pub(super) use list;

macro_rules! numbers {
    ($($(#[doc = $doc:literal])* $name:ident = $function:path $(, $calls:ident)?;)*) => {
        /// The functions that compiled code calls, by number.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum RuntimeCall { $($(#[doc = $doc])* $name,)* }

        impl RuntimeCall {
            pub const ALL: &'static [RuntimeCall] = &[$(RuntimeCall::$name),*];

            /// Whether it may push a frame for its stub to run.
            pub fn calls(self) -> bool {
                match self { $(RuntimeCall::$name => numbers!(@calls $($calls)?),)* }
            }

            /// Whether the frame that it is called for may be put aside meanwhile, with the
            /// task that it belongs to. Code of the program that others run is called by
            /// Rust code, below which no frame leaves.
            pub fn may_wait(self) -> bool {
                use RuntimeCall::{Await, CallNative, CallNativeMethod};
                self.calls() || matches!(self, Await | CallNative | CallNativeMethod)
            }
        }
    };
    (@calls calls) => { true };
    (@calls) => { false };
}
list!(numbers);
