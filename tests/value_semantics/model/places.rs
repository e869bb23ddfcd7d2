//! Places: what they may refer to, reading and writing them.

use super::*;

impl<'a> Model<'a> {
    /// Settles a place at its first use.
    pub(super) fn settle(&mut self, place: &'a Place, write: bool) -> Option<&'a Path> {
        if place.path.get().is_none() {
            let path = self.pick(place, write);
            let _ = place.path.set(path);
        }
        place.path.get().and_then(Option::as_ref)
    }

    pub(super) fn pick(&self, place: &Place, write: bool) -> Option<Path> {
        let mut roots: Vec<Vec<Path>> = Vec::new();
        for var in self.env.iter().rev() {
            if write && var.role == Role::Fixed {
                continue;
            }
            let mut found = Vec::new();
            let start = Path {
                root: var.name.clone(),
                steps: Vec::new(),
            };
            collect(&var.value.borrow(), start, place.want, write, &mut found);
            if !found.is_empty() {
                roots.push(found);
            }
        }
        if roots.is_empty() {
            return None;
        }
        // Near variables are more likely.
        let count = roots.len();
        let (a, b) = (usize::from(place.pick.0), usize::from(place.pick.1));
        let root = (a % count).min(a / 7 % count);
        let paths = &roots[root];
        let at = b % paths.len();
        let mut path = paths[if b % 3 == 0 {
            at
        } else {
            at.min(b / 11 % paths.len())
        }]
        .clone();
        for (i, step) in path.steps.iter_mut().enumerate() {
            let bits = b >> (i + 4);
            match step {
                Step::At(n) if bits & 3 == 0 => {
                    let same =
                        |v: &&Var| matches!(*v.value.borrow(), Value::Int(m) if m == *n as i64);
                    if let Some(var) = self.env.iter().rev().find(same) {
                        *step = Step::AtVar(var.name.clone());
                    }
                }
                Step::Key { bracket, .. } => *bracket &= bits & 1 == 0,
                _ => {}
            }
        }
        Some(path)
    }

    pub(super) fn index_of(env: &[Var<'a>], name: &str) -> Value<'a> {
        let var = env.iter().rev().find(|v| &*v.name == name);
        var.map_or(Value::Null, |v| v.value.borrow().clone())
    }

    /// Runs the code in a path's index, and fixes the indices.
    pub(super) fn parts(&mut self, place: &'a Place, path: &'a Path) -> Ran<'a, Vec<Step>> {
        let mut steps = path.steps.clone();
        let mut effect = place.effect.as_deref();
        for step in &mut steps {
            if matches!(step, Step::Key { .. }) {
                continue;
            }
            if let Some(effect) = effect.take() {
                self.eval(effect)?;
            }
            self.fix(step);
        }
        Ok(steps)
    }

    pub(super) fn fix(&self, step: &mut Step) {
        if let Step::AtVar(name) = step
            && let Value::Int(n) = Self::index_of(&self.env, name)
        {
            // The model does not say what negative positions do.
            *step = Step::At(usize::try_from(n).unwrap_or(usize::MAX));
        }
    }

    pub(super) fn read_path(&self, root: &str, steps: &[Step]) -> Ran<'a, Value<'a>> {
        let mut value = self.var(root).value.borrow().clone();
        for step in steps {
            if let Step::At(usize::MAX) = step {
                return Err(Stop::GiveUp);
            }
            value = value.get(step, |name| Self::index_of(&self.env, name))?;
        }
        Ok(value)
    }

    /// Reads a path as an expression: each container before the index after it.
    pub(super) fn read(&mut self, place: &'a Place) -> Ran<'a, Value<'a>> {
        let Some(path) = self.settle(place, false) else {
            return Ok(Value::Int(0));
        };
        let mut value = self.var(&path.root).value.borrow().clone();
        let mut effect = place.effect.as_deref();
        for step in &path.steps {
            let mut step = step.clone();
            if !matches!(step, Step::Key { .. }) {
                if let Some(effect) = effect.take() {
                    self.eval(effect)?;
                }
                self.fix(&mut step);
            }
            if let Step::At(usize::MAX) = step {
                return Err(Stop::GiveUp);
            }
            value = value.get(&step, |name| Self::index_of(&self.env, name))?;
        }
        Ok(value)
    }

    pub(super) fn write_path(
        &mut self,
        root: &str,
        steps: &[Step],
        value: Value<'a>,
    ) -> Ran<'a, ()> {
        if steps.contains(&Step::At(usize::MAX)) || value.size() > 600 {
            return Err(Stop::GiveUp);
        }
        let cell = self.var(root).value.clone();
        let mut copy = cell.borrow().clone();
        let env = &self.env;
        let changed = copy.put(steps, &|name| Self::index_of(env, name), value)?;
        if copy.size() > 600 {
            return Err(Stop::GiveUp);
        }
        if changed {
            *cell.borrow_mut() = copy;
        }
        Ok(())
    }

    pub(super) fn assign(&mut self, place: &'a Place, value: Value<'a>) -> Ran<'a, ()> {
        let Some(path) = self.settle(place, true) else {
            return Ok(());
        };
        let steps = self.parts(place, path)?;
        self.write_path(&path.root, &steps, value)
    }
}

/// A part that the value has.
pub(super) fn part_of(value: &Value, pick: u8) -> Option<Step> {
    let pick = usize::from(pick);
    match value {
        Value::Array(items) if !items.is_empty() => Some(Step::At(pick % items.len())),
        Value::Dict(entries) if !entries.is_empty() => {
            let key = &entries[pick % entries.len()].0;
            let name = crate::text::KEYS.iter().find(|k| *k == key)?;
            let bracket = pick.is_multiple_of(2);
            Some(Step::Key { name, bracket })
        }
        Value::Struct(_) | Value::Object(_) | Value::Noisy(_) => Some(Step::Key {
            name: FIELDS[pick % FIELDS.len()],
            bracket: false,
        }),
        _ => None,
    }
}

/// All places in a value that are wanted, to a depth of three.
pub(super) fn collect(value: &Value, path: Path, want: Want, write: bool, found: &mut Vec<Path>) {
    if found.len() > 60 {
        return;
    }
    let fits = match want {
        Want::Any => true,
        Want::Container => matches!(
            value,
            Value::Array(_) | Value::Dict(_) | Value::Struct(_) | Value::Noisy(_)
        ),
        Want::Array => matches!(value, Value::Array(_)),
        Want::Dict => matches!(value, Value::Dict(_)),
        Want::Instance => matches!(value, Value::Struct(_) | Value::Object(_)),
        Want::Function => matches!(value, Value::Func(_)),
        Want::Tagged => matches!(value, Value::Tagged(0 | 2, _)),
        Want::Lazy => matches!(value, Value::Lazy(_)),
    };
    if fits {
        found.push(path.clone());
    }
    if path.steps.len() >= 3 {
        return;
    }
    let deeper = |step: Step| {
        let mut path = path.clone();
        path.steps.push(step);
        path
    };
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                collect(item, deeper(Step::At(i)), want, write, found);
            }
        }
        Value::Dict(entries) => {
            for (key, item) in entries {
                if let Some(name) = crate::text::KEYS.iter().find(|k| *k == key) {
                    collect(
                        item,
                        deeper(Step::Key {
                            name,
                            bracket: true,
                        }),
                        want,
                        write,
                        found,
                    );
                }
            }
            if write && want == Want::Any {
                found.push(deeper(Step::Key {
                    name: "e",
                    bracket: true,
                }));
            }
        }
        Value::Struct(fields) | Value::Noisy(fields) => {
            for (item, name) in fields.iter().zip(FIELDS) {
                collect(
                    item,
                    deeper(Step::Key {
                        name,
                        bracket: false,
                    }),
                    want,
                    write,
                    found,
                );
            }
        }
        Value::Object(fields) => {
            let fields = fields.borrow().clone();
            for (item, name) in fields.iter().zip(FIELDS) {
                collect(
                    item,
                    deeper(Step::Key {
                        name,
                        bracket: false,
                    }),
                    want,
                    write,
                    found,
                );
            }
        }
        _ => {}
    }
}
