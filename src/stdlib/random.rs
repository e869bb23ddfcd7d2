//! Random numbers (STDLIB 8): ChaCha12, seeded by the system or by the program.
//! Everything that follows from a seed is part of the language, so every step
//! from the generator's 64-bit words to a result is spelt out here.

use super::declare::*;
use super::limits::*;
use super::operands::*;
use super::owners::*;
use crate::runtime::arith::check_room;
use crate::runtime::messages::value_error;
use crate::runtime::pace::STRETCH;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, bigint, text};
use crate::value::Value;
use dashu_int::IBig;
use rand::rngs::{ChaCha12Rng, SysRng};
use rand::{Rng, SeedableRng, TryRng};
use std::any::TypeId;
use std::collections::btree_map::Entry;

natives! {
    /// A float from 0 up to, without, 1.
    plain fn [none] random() -> "float" = random; reads;
    /// An int from `min` to `max`, both included.
    ///
    /// Of any size; min > max throws `value`.
    pure fn [none] random_int(min: WHOLE, max: WHOLE) -> "int" = random_int; reads;
    /// One of the elements; null if there are none.
    pure fn [pulls] random_choice(xs: SEQUENCE) = random_choice; reads;
    /// So many lower-case letters and digits.
    ///
    /// A negative length throws `value`.
    pure fn [none] random_id(length: WHOLE) -> "string" = random_id; reads;
    /// Makes what follows depend on the seed alone.
    pure fn [none] set_random_seed(seed: NUMBER) -> "null" = set_random_seed; writes;
    /// Seeds the generator by the system again.
    plain fn [none] clear_random_seed() -> "null" = clear_random_seed; writes;
    /// A random UUID in text form.
    ///
    /// Never depends on the seed.
    plain fn [none] uuid_v4() -> "string" = uuid_v4; reads;
    /// In random order.
    ///
    /// Depends on `set_random_seed`.
    mutating fn [none] shuffle(xs: ARRAY) -> "array" = shuffle, shuffle_method; reads;
}

/// Numbers that are drawn without a look around.
const RUN: usize = 1 << 16;

/// The generator of this thread.
struct Generator(ChaCha12Rng);

/// The seed that the program has set.
struct Seed {
    bytes: [u8; 32],
    /// Blocks that have been spawned since.
    blocks: u64,
}

/// The seed that the program has set, if it has.
pub(crate) fn seed(cx: &mut dyn Context) -> Option<[u8; 32]> {
    let area = cx.state().areas.get(&TypeId::of::<Seed>())?;
    area.downcast_ref::<Seed>().map(|seed| seed.bytes)
}

/// The seed of the next block that is spawned, if the program has set one.
pub(crate) fn seed_of_block(cx: &mut dyn Context) -> Option<[u8; 32]> {
    let area = cx.state().areas.get_mut(&TypeId::of::<Seed>())?;
    let seed = area.downcast_mut::<Seed>()?;
    seed.blocks += 1;
    Some(derived(&seed.bytes, seed.blocks))
}

/// The seed of a call with an element, by its position.
pub(crate) fn seed_of_element(seed: &[u8; 32], position: u64) -> [u8; 32] {
    derived(seed, 1 << 63 | position)
}

/// The first bytes of a stream of the generator with this seed: 0 is the thread's own.
fn derived(seed: &[u8; 32], stream: u64) -> [u8; 32] {
    let mut generator = ChaCha12Rng::from_seed(*seed);
    generator.set_stream(stream);
    let mut bytes = [0; 32];
    generator.fill_bytes(&mut bytes);
    bytes
}

/// Makes what follows depend on a seed, or on the system.
pub(crate) fn use_seed(cx: &mut dyn Context, seed: Option<[u8; 32]>) {
    let areas = &mut cx.state().areas;
    let Some(seed) = seed else {
        areas.remove(&TypeId::of::<Generator>());
        areas.remove(&TypeId::of::<Seed>());
        return;
    };
    let generator = Generator(ChaCha12Rng::from_seed(seed));
    areas.insert(TypeId::of::<Generator>(), Box::new(generator));
    let (bytes, blocks) = (seed, 0);
    areas.insert(TypeId::of::<Seed>(), Box::new(Seed { bytes, blocks }));
}

impl Generator {
    fn seeded_by_system() -> Fallible<Generator> {
        let mut seed = [0; 32];
        match SysRng.try_fill_bytes(&mut seed) {
            Ok(()) => Ok(Generator(ChaCha12Rng::from_seed(seed))),
            Err(e) => {
                let message = format!("Cannot read random numbers of the system: {e}");
                Err(Fault::new(ErrorKind::Io, message))
            }
        }
    }

    /// A float of 53 random bits.
    fn float(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// An int from 0 to `most`: as many low bits as `most` has, drawn until they
    /// are not above it.
    fn up_to(&mut self, most: u64) -> u64 {
        let mask = u64::MAX.checked_shr(most.leading_zeros()).unwrap_or(0);
        loop {
            let n = self.0.next_u64() & mask;
            if n <= most {
                return n;
            }
        }
    }
}

/// A number from 0 to `most`, of any size, from words in ascending order.
fn up_to_big(cx: &mut dyn Context, most: &IBig) -> Fallible<IBig> {
    let (_, words) = most.as_sign_words();
    let Some(&top) = words.last() else {
        return Ok(IBig::ZERO);
    };
    let mask = u64::MAX.checked_shr(top.leading_zeros()).unwrap_or(0);
    let mut chosen: Vec<u64> = list_with_room(cx, words.len())?;
    loop {
        chosen.clear();
        while chosen.len() < words.len() {
            cx.poll()?;
            let generator = generator(cx)?;
            let count = (words.len() - chosen.len()).min(STRETCH / 8);
            chosen.extend((0..count).map(|_| generator.0.next_u64()));
        }
        *chosen.last_mut().expect("one word at least") &= mask;
        let n = IBig::from(dashu_int::UBig::from_words(&chosen));
        if n <= *most {
            return Ok(n);
        }
    }
}

fn generator(cx: &mut dyn Context) -> Fallible<&mut Generator> {
    let area = match cx.state().areas.entry(TypeId::of::<Generator>()) {
        Entry::Occupied(area) => area.into_mut(),
        Entry::Vacant(area) => area.insert(Box::new(Generator::seeded_by_system()?)),
    };
    Ok(area.downcast_mut().expect("the slot has this type"))
}

fn random(cx: &mut dyn Context, _: Args) -> Fallible {
    Ok(Value::float(generator(cx)?.float()))
}

fn random_int(cx: &mut dyn Context, args: Args) -> Fallible {
    let (min, max) = (args.get(0), args.get(1));
    if Value::both_int(min, max) && min.as_int() <= max.as_int() {
        let span = max.as_int().wrapping_sub(min.as_int()) as u64;
        let offset = generator(cx)?.up_to(span);
        return Ok(Value::int(min.as_int() + offset as i64));
    }
    let span = to_big(max) - to_big(min);
    if span < IBig::ZERO {
        let limit = format!("at most {}", text::display(cx, max)?);
        return Err(value_error(cx, "random_int", "min", &limit, min));
    }
    let offset = up_to_big(cx, &span)?;
    bigint::add(cx, &to_big(min), &offset)
}

fn random_choice(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let elements = xs.elements();
    if elements.is_empty() {
        return Ok(Value::NULL);
    }
    let at = generator(cx)?.up_to(elements.len() as u64 - 1);
    let chosen = elements[at as usize];
    chosen.share();
    Ok(chosen)
}

fn random_id(cx: &mut dyn Context, args: Args) -> Fallible {
    const DIGITS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    let length = not_negative(cx, "random_id", "length", args.get(0))?;
    check_bytes(cx, "random_id", length)?;
    check_room(cx, 2 * length)?;
    let mut id = text_with_room(length)?;
    while id.len() < length {
        let run = RUN.min(length - id.len());
        let generator = generator(cx)?;
        id.extend((0..run).map(|_| {
            let digit = generator.up_to(DIGITS.len() as u64 - 1);
            DIGITS[digit as usize] as char
        }));
        cx.poll()?;
    }
    new_text(cx, "random_id", &id)
}

/// Whole numbers seed by their value, in 32 bytes of two's complement (a larger
/// one by the sum of its 32-byte pieces), other floats by their bits with a
/// marker that no int of that size has.
fn set_random_seed(cx: &mut dyn Context, args: Args) -> Fallible {
    let seed = args.get(0);
    let mut bytes = [0; 32];
    if seed.is_float() && (!seed.as_float().is_finite() || seed.as_float().fract() != 0.0) {
        bytes[..8].copy_from_slice(&seed.as_float().to_bits().to_le_bytes());
        bytes[31] = 0x80;
    } else {
        let whole = if seed.is_float() {
            bigint::float_to_int(cx, seed.as_float()).unwrap_or(seed)
        } else {
            seed
        };
        let (sign, words) = to_big(whole).into_parts();
        for piece in words.to_le_bytes().chunks(32) {
            for (byte, &add) in bytes.iter_mut().zip(piece) {
                *byte = byte.wrapping_add(add);
            }
        }
        if sign == dashu_int::Sign::Negative {
            negate(&mut bytes);
        }
    }
    use_seed(cx, Some(bytes));
    Ok(Value::NULL)
}

/// Two's complement of a little-endian number.
fn negate(bytes: &mut [u8]) {
    let mut carry = true;
    for byte in bytes {
        (*byte, carry) = (!*byte).overflowing_add(carry as u8);
    }
}

fn clear_random_seed(cx: &mut dyn Context, _: Args) -> Fallible {
    use_seed(cx, None);
    Ok(Value::NULL)
}

fn uuid_v4(cx: &mut dyn Context, _: Args) -> Fallible {
    let id = uuid::Uuid::new_v4().to_string();
    Ok(cx.heap().new_string(&id))
}

fn shuffle(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = own_array(cx, "shuffle", args, 0)?;
    mix(cx, xs)
}

fn shuffle_method(cx: &mut dyn Context, args: Args) -> Fallible {
    mix(cx, args.get(0))
}

/// Exchanges each element, from the last on, with one up to itself.
fn mix(cx: &mut dyn Context, xs: Value) -> Fallible {
    let mut left = xs.elements().len();
    while left > 1 {
        let generator = generator(cx)?;
        // SAFETY: no other slice of the elements is in use.
        let elements = unsafe { xs.elements_mut() };
        let end = left.saturating_sub(RUN).max(1);
        for last in (end..left).rev() {
            elements.swap(last, generator.up_to(last as u64) as usize);
        }
        left = end;
        // Half of the work is an order too, but not what a caught error may leave.
        if let Err(fault) = cx.poll()
            && matches!(*fault, Fault::Interrupted)
        {
            return Err(fault);
        }
    }
    Ok(xs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::tests::Machine;

    #[test]
    fn the_generator_stays_in_its_range() {
        let mut generator = Generator(ChaCha12Rng::from_seed([7; 32]));
        for most in [0, 1, 5, 63, 64, u64::MAX] {
            assert!((0..100).all(|_| generator.up_to(most) <= most));
        }
        assert!((0..1000).all(|_| (0.0..1.0).contains(&generator.float())));
        let big = IBig::from(10).pow(40);
        let mut cx = Machine::new();
        assert!((0..100).all(|_| up_to_big(&mut cx, &big).unwrap() <= big));
        assert_eq!(up_to_big(&mut cx, &IBig::ZERO).unwrap(), IBig::ZERO);
    }

    #[test]
    fn negation_is_twos_complement() {
        let mut bytes = [0, 1, 0, 0];
        negate(&mut bytes);
        assert_eq!(bytes, [0, 255, 255, 255]);
    }
}
