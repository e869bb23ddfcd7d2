//! The work on passwords, keys, tokens and compressed bytes.

use crate::heap::object::Kind;
use crate::runtime::arith::check_room;
use crate::runtime::messages::{overflow_error, parse_error, value_error};
use crate::runtime::pace::{self, STRETCH};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, aside};
use crate::stdlib::hashes::{bytes_of_base64, digest_of, hex, push_base64};
use crate::stdlib::json;
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::value::Value;
use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes256Gcm, Nonce};
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{self, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use flate2::Compression;
use flate2::read::{GzEncoder, MultiGzDecoder};
use hmac::{Hmac, KeyInit, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Sha256, Sha512};
use std::io::Read;

/// Fills with bytes that cannot be foreseen.
fn fill_random(bytes: &mut [u8]) -> Fallible<()> {
    SysRng.try_fill_bytes(bytes).map_err(|error| {
        let message = format!("Cannot read random bytes from the system: {error}");
        Fault::new(ErrorKind::Io, message)
    })
}

pub fn random_bytes(cx: &mut dyn Context, args: Args) -> Fallible {
    let count = not_negative(cx, "random_bytes", "n", args.get(0))?;
    check_bytes(cx, "random_bytes", count)?;
    check_room(cx, count)?;
    let mut piece = [0; PIECE];
    // SAFETY: all of it is written, or nothing will refer to it.
    let bytes = unsafe { cx.heap().bytes_to_fill(count) };
    for at in (0..count).step_by(PIECE) {
        let piece = &mut piece[..PIECE.min(count - at)];
        fill_random(piece)?;
        cx.heap().fill_bytes(bytes, at, piece);
        cx.poll()?;
    }
    Ok(bytes)
}

// Passwords

/// Kibibytes and passes that a hash may ask for, far more than hashes do.
const MOST_MEMORY: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;
/// The same for bcrypt: the logarithm of its rounds.
const MOST_COST: u32 = 18;

pub fn hash_password(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut salt = [0; 16];
    fill_random(&mut salt)?;
    let password = str_arg(cx, args, 0).as_bytes();
    let password = copied(cx, password)?;
    let hash = move || {
        let hash = Argon2::default().hash_password_with_salt(&password, &salt);
        hash.map(|hash| hash.to_string())
    };
    match aside::run(cx, hash)? {
        Ok(hash) => Ok(cx.heap().new_string(&hash)),
        Err(error) => {
            let message = format!("hash_password() expects a password; got one refused: {error}");
            Err(Fault::new(ErrorKind::Value, message))
        }
    }
}

pub fn verify_password(cx: &mut dyn Context, args: Args) -> Fallible {
    let (password, hash) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let password = copied(cx, password.as_bytes())?;
    if ["$2a$", "$2b$", "$2y$"]
        .iter()
        .any(|kind| hash.starts_with(kind))
    {
        let cost = hash.get(4..6).and_then(|cost| cost.parse::<u32>().ok());
        if cost.is_some_and(|cost| cost > MOST_COST) {
            return Err(too_much_work(cx, args));
        }
        let hash = hash.to_string();
        return match aside::run(cx, move || bcrypt::verify(password, &hash))? {
            Ok(fits) => Ok(Value::bool(fits)),
            Err(_) => Err(bad_hash()),
        };
    }
    let parsed = PasswordHash::new(hash).map_err(|_| bad_hash())?;
    let params = Params::try_from(&parsed).map_err(|_| bad_hash())?;
    if params.m_cost() > MOST_MEMORY || params.t_cost() > MOST_PASSES {
        return Err(too_much_work(cx, args));
    }
    check_room(cx, params.m_cost() as usize * 1024)?;
    let verify = move || Argon2::default().verify_password(&password, &parsed);
    match aside::run(cx, verify)? {
        Ok(()) => Ok(Value::TRUE),
        Err(password_hash::Error::PasswordInvalid) => Ok(Value::FALSE),
        Err(_) => Err(bad_hash()),
    }
}

#[cold]
fn bad_hash() -> Box<Fault> {
    parse_error("verify_password", "a valid hash", "a malformed one")
}

#[cold]
fn too_much_work(cx: &mut dyn Context, args: Args) -> Box<Fault> {
    let what = "a hash that takes less work";
    value_error(cx, "verify_password", "hash", what, args.get(1))
}

// Encryption

/// The first byte of what is encrypted: how the rest is laid out.
const VERSION: u8 = 1;
const SALT: usize = 16;
const NONCE: usize = 12;
/// Version, kind of the data, salt: what is not encrypted and cannot be changed either.
const HEAD: usize = 2 + SALT;
const TAG: usize = 16;

/// The cipher for the key in argument 1.
fn cipher(cx: &mut dyn Context, name: &str, args: Args, salt: &[u8]) -> Fallible<Aes256Gcm> {
    let given = args.get(1);
    let key = data_arg(cx, args, 1);
    let mut derived = [0; 32];
    let key = if given.is_bytes() {
        if key.len() != derived.len() {
            let got = key.len();
            let message = format!("{name}() expects key to be 32 bytes; got {got}");
            return Err(Fault::new(ErrorKind::Value, message));
        }
        key
    } else {
        let params = Params::new(19_456, 2, 1, Some(derived.len()));
        let params = params.expect("these parameters are within the bounds");
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        argon
            .hash_password_into(key, salt, &mut derived)
            .map_err(|error| Fault::new(ErrorKind::Value, format!("{name}() failed: {error}")))?;
        &derived
    };
    Ok(Aes256Gcm::new_from_slice(key).expect("the key has 32 bytes"))
}

pub fn aes_encrypt(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = data_arg(cx, args, 0);
    let sealed = HEAD + NONCE + data.len() + TAG;
    let len = sealed.div_ceil(3) * 4;
    check_bytes(cx, "aes_encrypt", len)?;
    check_room(cx, 3 * len)?;
    let mut sealed = list_with_room(cx, sealed)?;
    sealed.resize(HEAD + NONCE, 0);
    sealed[0] = VERSION;
    sealed[1] = args.get(0).is_bytes() as u8;
    fill_random(&mut sealed[2..])?;
    let cipher = cipher(cx, "aes_encrypt", args, &sealed[2..HEAD])?;
    for piece in data.chunks(STRETCH) {
        sealed.extend_from_slice(piece);
        cx.poll()?;
    }
    let encrypt = move || {
        let (head, data) = sealed.split_at_mut(HEAD + NONCE);
        let nonce = nonce(&head[HEAD..]);
        let tag = cipher.encrypt_inout_detached(&nonce, &head[..HEAD], data.into())?;
        sealed.extend_from_slice(&tag);
        Ok::<_, aes_gcm::Error>(sealed)
    };
    let Ok(sealed) = at_length(cx, len, encrypt)? else {
        let message = "aes_encrypt() expects data that is not too long";
        return Err(Fault::new(ErrorKind::Overflow, message));
    };
    let mut text = text_with_room(len)?;
    push_base64(cx, &mut text, &STANDARD, &sealed)?;
    new_text(cx, "aes_encrypt", &text)
}

/// Does a work on so many bytes here, or aside if these are many.
fn at_length<T: Send + 'static>(
    cx: &mut dyn Context,
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Fallible<T> {
    match bytes {
        0..=STRETCH => Ok(work()),
        _ => aside::run(cx, work),
    }
}

fn nonce(bytes: &[u8]) -> Nonce<aes_gcm::aead::consts::U12> {
    let bytes: [u8; NONCE] = bytes.try_into().expect("a nonce has 12 bytes");
    bytes.into()
}

pub fn aes_decrypt(cx: &mut dyn Context, args: Args) -> Fallible {
    let token = str_arg(cx, args, 0);
    check_room(cx, 3 * token.len())?;
    let engines = [&STANDARD, &STANDARD_NO_PAD];
    let decoded = bytes_of_base64(cx, engines, token.as_bytes())?;
    let mut sealed = decoded.unwrap_or_default();
    if sealed.len() < HEAD + NONCE + TAG || sealed[0] != VERSION || sealed[1] > 1 {
        let got = "a malformed one";
        return Err(parse_error("aes_decrypt", "a valid token", got));
    }
    let is_bytes = sealed[1] == 1;
    let cipher = cipher(cx, "aes_decrypt", args, &sealed[2..HEAD])?;
    let decrypt = move || {
        let (head, rest) = sealed.split_at_mut(HEAD + NONCE);
        let (data, tag) = rest.split_at_mut(rest.len() - TAG);
        let tag: [u8; TAG] = (&*tag).try_into().expect("a tag has 16 bytes");
        let nonce = nonce(&head[HEAD..]);
        cipher.decrypt_inout_detached(&nonce, &head[..HEAD], data.into(), &tag.into())?;
        Ok::<_, aes_gcm::Error>(sealed)
    };
    let Ok(opened) = at_length(cx, token.len(), decrypt)? else {
        let message =
            "aes_decrypt() expects the key of the token; got another one, or the token was changed";
        return Err(Fault::new(ErrorKind::Value, message));
    };
    let data = &opened[HEAD + NONCE..opened.len() - TAG];
    if is_bytes {
        return pace::new_bytes(cx, data);
    }
    let text = pace::utf8(cx, data)?.expect("a string was encrypted");
    new_text(cx, "aes_decrypt", text)
}

// Signatures

/// The signature of parts, one after the other, with a key.
fn signature(cx: &mut dyn Context, key: &[u8], parts: &[&[u8]]) -> Fallible<Hmac<Sha256>> {
    let digest;
    // A key that is longer than a block stands for its digest.
    let key = if key.len() <= STRETCH {
        key
    } else {
        digest = digest_of::<Sha256>(cx, key)?;
        &digest
    };
    let mut mac = Hmac::new_from_slice(key).expect("a key of any length will do");
    for part in parts {
        for piece in part.chunks(STRETCH) {
            Mac::update(&mut mac, piece);
            cx.poll()?;
        }
    }
    Ok(mac)
}

pub fn hmac_sha256(cx: &mut dyn Context, args: Args) -> Fallible {
    let (data, key) = (data_arg(cx, args, 0), data_arg(cx, args, 1));
    let mac = signature(cx, key, &[data])?;
    Ok(cx.heap().new_string(&hex(&mac.finalize().into_bytes())))
}

pub fn sha512(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = data_arg(cx, args, 0);
    let digest = digest_of::<Sha512>(cx, data)?;
    Ok(cx.heap().new_string(&hex(&digest)))
}

/// The head of the tokens that are made here.
const JWT_HEAD: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

pub fn jwt_encode(cx: &mut dyn Context, args: Args) -> Fallible {
    let payload = json::write::write(cx, "jwt_encode", args.get(0), None)?;
    check_bytes(cx, "jwt_encode", 2 * payload.len())?;
    let mut token = URL_SAFE_NO_PAD.encode(JWT_HEAD);
    token.push('.');
    make_room(&mut token, payload.len() / 3 * 4 + 64)?;
    push_base64(cx, &mut token, &URL_SAFE_NO_PAD, payload.as_bytes())?;
    let key = str_arg(cx, args, 1).as_bytes();
    let mac = signature(cx, key, &[token.as_bytes()])?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(mac.finalize().into_bytes(), &mut token);
    new_text(cx, "jwt_encode", &token)
}

/// Why a token is refused.
enum Refused {
    Malformed(&'static str),
    Algorithm,
    Signature,
    Fault(Box<Fault>),
}

impl From<Box<Fault>> for Refused {
    fn from(fault: Box<Fault>) -> Refused {
        Refused::Fault(fault)
    }
}

/// The payload of the token in argument 0, if the secret in argument 1 has signed it. The
/// algorithm is looked at first: a token that names another one is never verified.
fn payload(cx: &mut dyn Context, name: &'static str, args: Args) -> Result<Value, Refused> {
    let token = str_arg(cx, args, 0);
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [head, body, signature] = parts[..] else {
        return Err(Refused::Malformed("other than three parts"));
    };
    let head = json_part(cx, name, head)?;
    let alg = cx.heap().intern_static("alg");
    let alg = cx.heap().dict_get(head, alg);
    match alg {
        Some(alg) if alg.is_string() && cx.heap().str(alg) == "HS256" => {}
        _ => return Err(Refused::Algorithm),
    }
    let signed = &token[..token.len() - signature.len() - 1];
    let signature = URL_SAFE_NO_PAD.decode(signature);
    let signature = signature.map_err(|_| Refused::Malformed("a signature that is not base64"))?;
    let key = str_arg(cx, args, 1).as_bytes();
    let mac = self::signature(cx, key, &[signed.as_bytes()])?;
    // In constant time.
    mac.verify_slice(&signature)
        .map_err(|_| Refused::Signature)?;
    json_part(cx, name, body)
}

/// The dict that a part of a token is.
fn json_part(cx: &mut dyn Context, name: &'static str, part: &str) -> Result<Value, Refused> {
    let bytes = bytes_of_base64(cx, [&URL_SAFE_NO_PAD; 2], part.as_bytes())?;
    let bytes = bytes.map_err(|_| Refused::Malformed("a part that is not base64"))?;
    let text = pace::utf8(cx, &bytes)?;
    let text = text.ok_or(Refused::Malformed("a part that is not UTF-8"))?;
    let value = match json::read::read(cx, name, text) {
        Ok(value) => value,
        Err(fault) => match *fault {
            Fault::Error {
                kind: ErrorKind::Parse,
                ..
            } => return Err(Refused::Malformed("a part that is not JSON")),
            _ => return Err(Refused::Fault(fault)),
        },
    };
    if !value.is_kind(Kind::Dict) {
        return Err(Refused::Malformed("a part that is no object"));
    }
    Ok(value)
}

pub fn jwt_decode(cx: &mut dyn Context, args: Args) -> Fallible {
    payload(cx, "jwt_decode", args).map_err(|refused| match refused {
        Refused::Fault(fault) => fault,
        Refused::Malformed(got) => parse_error("jwt_decode", "a valid token", got),
        Refused::Algorithm => {
            let message = "jwt_decode() expects a token of algorithm HS256; got another one";
            Fault::new(ErrorKind::Value, message)
        }
        Refused::Signature => {
            let message = "jwt_decode() expects a token signed with the secret; got another one";
            Fault::new(ErrorKind::Value, message)
        }
    })
}

pub fn jwt_verify(cx: &mut dyn Context, args: Args) -> Fallible {
    let payload = match payload(cx, "jwt_verify", args) {
        Ok(payload) => payload,
        Err(Refused::Fault(fault)) => return Err(fault),
        Err(_) => return Ok(Value::FALSE),
    };
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.map_or(0.0, |since| since.as_secs_f64());
    let mut time = |name| {
        let name = cx.heap().intern_static(name);
        cx.heap().dict_get(payload, name)
    };
    let (exp, nbf) = (time("exp"), time("nbf"));
    // A time that is no number is never reached.
    let ends = exp.is_none_or(|exp| is_number(exp) && now < to_float(exp));
    let has_begun = nbf.is_none_or(|nbf| is_number(nbf) && now >= to_float(nbf));
    Ok(Value::bool(ends && has_begun))
}

// Compression

/// Bytes that gunzip gives at most.
const MOST_UNPACKED: usize = 256 << 20;
const PIECE: usize = 1 << 16;

pub fn gzip(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = args.get(0).bytes();
    let packed = read_all(cx, GzEncoder::new(data, Compression::default()), usize::MAX)?;
    match packed {
        Ok(packed) => pace::new_bytes(cx, &packed),
        Err(error) => Err(Fault::new(
            ErrorKind::Io,
            format!("Cannot compress: {error}"),
        )),
    }
}

pub fn gunzip(cx: &mut dyn Context, args: Args) -> Fallible {
    let data = args.get(0).bytes();
    match read_all(cx, MultiGzDecoder::new(data), MOST_UNPACKED)? {
        Ok(unpacked) if unpacked.len() > MOST_UNPACKED => {
            let got = format!("more than {MOST_UNPACKED}");
            Err(overflow_error("gunzip", MOST_UNPACKED, "bytes", got))
        }
        Ok(unpacked) => pace::new_bytes(cx, &unpacked),
        Err(error) => Err(parse_error("gunzip", "valid gzip", error)),
    }
}

/// The bytes that a reader gives, a little more than `most` at most, or its error.
fn read_all(
    cx: &mut dyn Context,
    mut from: impl Read,
    most: usize,
) -> Fallible<std::io::Result<Vec<u8>>> {
    let mut all = Vec::new();
    let mut piece = [0; PIECE];
    loop {
        match from.read(&mut piece) {
            Ok(0) => return Ok(Ok(all)),
            Ok(len) => {
                check_bytes(cx, "gunzip", all.len() + len)?;
                all.extend_from_slice(&piece[..len]);
            }
            Err(error) => return Ok(Err(error)),
        }
        if all.len() > most {
            return Ok(Ok(all));
        }
        cx.poll()?;
    }
}
