//! Calls of the program's functions, closures and methods.

use super::*;

impl<'a> Model<'a> {
    /// The variables that a closure captures: the variables themselves, `self`
    /// among them.
    pub(super) fn captured(&self) -> Vec<Var<'a>> {
        self.env.clone()
    }

    pub(super) fn target(&mut self, call: &'a Call) -> Option<usize> {
        *call.target.get_or_init(|| {
            let count = self.program.funcs.len().min(self.rank.div_ceil(2));
            (count > 0).then(|| usize::from(call.pick) % count)
        })
    }

    pub(super) fn args(&mut self, call: &'a Call, count: usize) -> Ran<'a, Vec<Value<'a>>> {
        call.args[..count]
            .iter()
            .map(|arg| self.eval(arg))
            .collect()
    }

    pub(super) fn call_func(&mut self, index: usize, args: Vec<Value<'a>>) -> Ran<'a, Value<'a>> {
        let func = &self.program.funcs[index];
        self.enter(func, &format!("f{index}p"), args, 2 * index, |_| {})
    }

    pub(super) fn enter(
        &mut self,
        func: &'a Func,
        prefix: &str,
        args: Vec<Value<'a>>,
        rank: usize,
        receiver: impl FnOnce(&mut Self),
    ) -> Ran<'a, Value<'a>> {
        self.apart(rank, |this| {
            receiver(this);
            this.body(func, prefix, args)
        })
    }

    pub(super) fn body(
        &mut self,
        func: &'a Func,
        prefix: &str,
        args: Vec<Value<'a>>,
    ) -> Ran<'a, Value<'a>> {
        for (i, arg) in args.into_iter().enumerate() {
            self.bind(format!("{prefix}{i}").into(), arg, Role::Plain);
        }
        if let Some(default) = &func.default {
            let value = self.eval(default)?;
            self.bind(format!("{prefix}d").into(), value, Role::Plain);
        }
        if self.env.iter().any(|var| var.role == Role::Receiver) {
            // Written at the start of every mutating method.
            let steps = [Step::Key {
                name: "f",
                bracket: false,
            }];
            self.write_path("self", &steps, Value::Int(7))?;
        }
        self.stmts(&func.body)?;
        self.eval(&func.result)
    }

    pub(super) fn name_param(&mut self, lambda: &'a Lambda) {
        let name = self.fresh("p");
        lambda.param.get_or_init(|| name);
    }

    pub(super) fn method(&mut self, recv: &'a Place, call: &'a Call) -> Ran<'a, Value<'a>> {
        let count = self.program.methods.len().min(self.rank / 2);
        let target = *call
            .target
            .get_or_init(|| (count > 0).then(|| usize::from(call.pick) % count));
        let Some(index) = target else {
            return Ok(Value::Int(0));
        };
        let method = &self.program.methods[index];
        let Some(path) = self.settle(recv, method.mutating) else {
            return Ok(Value::Int(0));
        };
        let steps = self.parts(recv, path)?;
        let early = self.read_path(&path.root, &steps)?;
        let args = self.args(call, usize::from(method.func.params))?;
        // A method that does not change its receiver has read it by now.
        let value = match early {
            Value::Struct(_) if method.mutating => self.read_path(&path.root, &steps)?,
            early => early,
        };
        let object = matches!(value, Value::Object(_));
        let fields = match &value {
            Value::Struct(fields) => fields.clone(),
            Value::Object(fields) => fields.borrow().clone(),
            _ => return Err(Stop::Throw(Value::Null)),
        };
        if object && method.bare {
            // Its fields are names for what the object holds at that moment.
            return Err(Stop::GiveUp);
        }
        let cell = Rc::new(RefCell::new(value));
        let left = cell.clone();
        let result = self.enter(
            &method.func,
            &format!("m{index}p"),
            args,
            2 * index + 1,
            |this| {
                if method.bare {
                    for (field, name) in fields.into_iter().zip(FIELDS) {
                        this.bind(name.into(), field, Role::Fixed);
                    }
                } else {
                    let role = if method.mutating {
                        Role::Receiver
                    } else {
                        Role::Fixed
                    };
                    this.env.push(Var {
                        name: "self".into(),
                        value: cell,
                        role,
                    });
                }
            },
        );
        if method.mutating && !matches!(result, Err(Stop::GiveUp)) {
            let value = left.borrow().clone();
            if object && !matches!(value, Value::Object(_)) {
                return Err(Stop::GiveUp);
            }
            if !object {
                self.write_path(&path.root, &steps, value)?;
            }
        }
        result
    }
}
