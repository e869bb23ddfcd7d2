//! The work with keys.

use crate::runtime::messages::{parse_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::stdlib::hashes::digest_of;
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::value::Value;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rand::rngs::SysRng;
use rsa::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding,
};
use rsa::{PrivateKey, PublicKey};
use sha2::Sha256;

pub fn rsa_generate_keypair(cx: &mut dyn Context, args: Args) -> Fallible {
    let bits = clamped(args.get(0));
    if !matches!(bits, 2048 | 3072 | 4096) {
        let what = "2048, 3072 or 4096";
        return Err(value_error(
            cx,
            "rsa_generate_keypair",
            "bits",
            what,
            args.get(0),
        ));
    }
    let failed = |error: &dyn std::fmt::Display| {
        Fault::new(ErrorKind::Io, format!("Cannot make a key: {error}"))
    };
    let key = PrivateKey::new(&mut SysRng, bits as usize).map_err(|e| failed(&e))?;
    let public = key.to_public_key().to_public_key_pem(LineEnding::LF);
    let public = public.map_err(|e| failed(&e))?;
    let private = key.to_pkcs8_pem(LineEnding::LF).map_err(|e| failed(&e))?;
    let pair = cx.heap().new_dict(2);
    for (name, pem) in [("public", &*public), ("private", &*private)] {
        let name = cx.heap().intern_static(name);
        let pem = cx.heap().new_string(pem);
        let set = cx.heap().dict_set_name(pair, name, pem);
        set.map_err(|why| no_room("rsa_generate_keypair", why))?;
    }
    Ok(pair)
}

/// Bytes of a key in PEM, of a token and of a signature at most. The largest keys in use take
/// a tenth of them; a text of any length would have to be gone through at once.
const LONGEST: usize = 64 << 10;

/// The text of a key, token or signature in argument `index`, unless it is too long to be one.
fn short_text(cx: &mut dyn Context, args: Args, index: usize) -> Option<&str> {
    let length = args.get(index).string().byte_len();
    (length <= LONGEST).then(|| str_arg(cx, args, index))
}

/// The public key in argument `index`.
fn public_key(cx: &mut dyn Context, name: &str, args: Args, index: usize) -> Fallible<PublicKey> {
    let text = short_text(cx, args, index);
    text.and_then(|text| PublicKey::from_public_key_pem(text).ok())
        .ok_or_else(|| parse_error(name, "a public key in PEM", "another text"))
}

/// The private key in argument `index`.
fn private_key(cx: &mut dyn Context, name: &str, args: Args, index: usize) -> Fallible<PrivateKey> {
    let text = short_text(cx, args, index);
    text.and_then(|text| PrivateKey::from_pkcs8_pem(text).ok())
        .ok_or_else(|| parse_error(name, "a private key in PEM", "another text"))
}

pub fn rsa_encrypt(cx: &mut dyn Context, args: Args) -> Fallible {
    let key = public_key(cx, "rsa_encrypt", args, 1)?;
    let data = data_arg(cx, args, 0);
    match key.oaep_encrypt_with_rng::<Sha256, _>(&mut SysRng, data) {
        Ok(encrypted) => Ok(cx.heap().new_string(&STANDARD.encode(encrypted))),
        Err(_) => {
            let got = data.len();
            let message = format!("rsa_encrypt() expects data that fits the key; got {got} bytes");
            Err(Fault::new(ErrorKind::Value, message))
        }
    }
}

pub fn rsa_decrypt(cx: &mut dyn Context, args: Args) -> Fallible {
    let key = private_key(cx, "rsa_decrypt", args, 1)?;
    let token = short_text(cx, args, 0);
    let encrypted = token
        .and_then(|token| STANDARD.decode(token).ok())
        .ok_or_else(|| parse_error("rsa_decrypt", "a valid token", "a malformed one"))?;
    let Ok(data) = key.oaep_decrypt_with_rng::<Sha256, _>(&mut SysRng, &encrypted) else {
        let message =
            "rsa_decrypt() expects the key of the token; got another one, or the token was changed";
        return Err(Fault::new(ErrorKind::Value, message));
    };
    Ok(match std::str::from_utf8(&data) {
        Ok(text) => cx.heap().new_string(text),
        Err(_) => cx.heap().new_bytes(&data),
    })
}

pub fn rsa_sign(cx: &mut dyn Context, args: Args) -> Fallible {
    let key = private_key(cx, "rsa_sign", args, 1)?;
    let data = data_arg(cx, args, 0);
    let digest = digest_of::<Sha256>(cx, data)?;
    match key.pkcs1v15_sign_prehash_with_rng::<Sha256, _>(&mut SysRng, &digest) {
        Ok(signature) => Ok(cx.heap().new_string(&STANDARD.encode(signature))),
        Err(error) => {
            let message =
                format!("rsa_sign() expects a key that can sign; got one that cannot: {error}");
            Err(Fault::new(ErrorKind::Value, message))
        }
    }
}

pub fn rsa_verify(cx: &mut dyn Context, args: Args) -> Fallible {
    let key = public_key(cx, "rsa_verify", args, 2)?;
    let signature = short_text(cx, args, 1).and_then(|text| STANDARD.decode(text).ok());
    let Some(signature) = signature else {
        return Ok(Value::FALSE);
    };
    let data = data_arg(cx, args, 0);
    let digest = digest_of::<Sha256>(cx, data)?;
    let verified = key.pkcs1v15_verify_prehash::<Sha256>(&digest, &signature);
    Ok(Value::bool(verified.is_ok()))
}
