//! RSA (STDLIB 25): keys as PEM texts, encryption with OAEP, signatures with PKCS#1 v1.5,
//! all with SHA-256. The algorithms are a library's.

use super::declare::*;

#[cfg(feature = "rsa")]
mod keys;
#[cfg(not(feature = "rsa"))]
mod keys {
    super::left_out!("rsa": rsa_generate_keypair rsa_encrypt rsa_decrypt rsa_sign rsa_verify);
}

natives! {
    /// A new pair of keys: a dict of `public` and `private`, PEM texts.
    ///
    /// 2048, 3072 or 4096 bits; others throw `value`.
    pure fn [none] rsa_generate_keypair(bits: INT) -> "dict" = keys::rsa_generate_keypair; reads;
    /// The data encrypted for the owner of a public key, in base64.
    ///
    /// Only a little fits: 190 bytes with 2048 bits; more throw `value`. A text that is
    /// no key throws `parse`.
    pure fn [none] rsa_encrypt(data: DATA, public: STRING) -> "string" = keys::rsa_encrypt; reads;
    /// The data that was encrypted for the owner of the private key.
    ///
    /// A string; bytes if it is not UTF-8. Another key throws `value`, what is no token or no
    /// key `parse`.
    pure fn [none] rsa_decrypt(token: STRING, private: STRING) -> "string/bytes" = keys::rsa_decrypt;
    /// The signature of the data, in base64.
    pure fn [none] rsa_sign(data: DATA, private: STRING) -> "string" = keys::rsa_sign;
    /// Whether the signature is that of the data by the owner of the key.
    pure fn [none] rsa_verify(data: DATA, signature: STRING, public: STRING) -> "bool" = keys::rsa_verify;
}
