//! Passwords, encryption with a shared key, signed tokens, and compression of bytes
//! (STDLIB 25). The algorithms are a library's; formats, limits and errors are ours.

use super::declare::*;

#[cfg(feature = "crypto")]
mod ciphers;
#[cfg(not(feature = "crypto"))]
mod ciphers {
    super::left_out!("crypto": hash_password verify_password aes_encrypt aes_decrypt hmac_sha256
        sha512 random_bytes jwt_encode jwt_decode jwt_verify gzip gunzip);
}

natives! {
    /// The Argon2id hash of a password with a salt of its own, as text.
    ///
    /// The text says how it was made; `verify_password` reads it.
    pure fn [none] hash_password(s: STRING) -> "string" = ciphers::hash_password; reads;
    /// Whether a password belongs to a hash.
    ///
    /// Reads what `hash_password` gives, and bcrypt. A malformed hash throws `parse`, one that
    /// asks for too much work `value`.
    pure fn [none] verify_password(s: STRING, hash: STRING) -> "bool" = ciphers::verify_password;
    /// The data encrypted with AES-256-GCM, as text.
    ///
    /// A key that is a text goes through Argon2id, bytes must be 32. The text, base64, holds
    /// all that `aes_decrypt` needs but the key.
    pure fn [none] aes_encrypt | aes_encrypt_bytes (data: DATA, key: DATA) -> "string" = ciphers::aes_encrypt; reads;
    /// The data that was encrypted: a string or bytes.
    ///
    /// A wrong key or changed data throw `value`, what is no such text throws `parse`.
    pure fn [none] aes_decrypt | aes_decrypt_bytes (token: STRING, key: DATA) -> "string/bytes" = ciphers::aes_decrypt;
    /// The HMAC of the data with SHA-256 in lower-case hex.
    pure fn [none] hmac_sha256(data: DATA, key: DATA) -> "string" = ciphers::hmac_sha256;
    /// The SHA-512 of the data in lower-case hex.
    pure fn [none] sha512(data: DATA) -> "string" = ciphers::sha512;
    /// So many bytes from the system's source of secrets.
    plain fn [none] random_bytes(n: WHOLE) -> "bytes" = ciphers::random_bytes; reads;
    /// A JSON web token of the payload, signed with HS256.
    pure fn [reads] jwt_encode(payload: DICT, secret: STRING) -> "string" = ciphers::jwt_encode;
    /// The payload of a JSON web token.
    ///
    /// A wrong signature or another algorithm throws `value`, what is no token throws `parse`.
    /// Times are not looked at.
    pure fn [none] jwt_decode(token: STRING, secret: STRING) -> "dict" = ciphers::jwt_decode;
    /// Whether a JSON web token is signed with the secret and valid now, by `exp` and `nbf`.
    pure fn [none] jwt_verify(token: STRING, secret: STRING) -> "bool" = ciphers::jwt_verify; reads;
    /// The bytes compressed, as gzip does it.
    pure fn [none] gzip(b: BYTES) -> "bytes" = ciphers::gzip;
    /// The bytes that were compressed.
    ///
    /// Data that is not gzip throws `parse`, more than 256 MiB throw
    /// `overflow`.
    pure fn [none] gunzip(b: BYTES) -> "bytes" = ciphers::gunzip;
}
