//! Builds without some parts of the library: their functions are there, and say so.

use super::Machine;
use crate::runtime::{Args, Fault};
use crate::stdlib::{function, natives};

#[test]
fn left_out_functions_say_so() {
    let parts = [
        ("format_date", "dates", cfg!(feature = "dates")),
        ("parse_toml", "formats", cfg!(feature = "formats")),
        ("to_yaml", "formats", cfg!(feature = "formats")),
        ("regex_match", "regex", cfg!(feature = "regex")),
        ("sha256", "hash", cfg!(feature = "hash")),
        ("aes_encrypt", "crypto", cfg!(feature = "crypto")),
        ("rsa_sign", "rsa", cfg!(feature = "rsa")),
        ("zip_close", "zip", cfg!(feature = "zip")),
        ("load_image", "image", cfg!(feature = "image")),
        ("tcp_port", "net", cfg!(feature = "net")),
        ("http_response", "http", cfg!(feature = "http")),
        ("ws_close", "http", cfg!(feature = "http")),
        ("db_close", "sqlite", cfg!(feature = "sqlite")),
    ];
    for (name, feature, is_there) in parts {
        let number = function(name).expect("it exists in every build");
        if is_there {
            continue;
        }
        let native = &natives()[number as usize];
        let mut machine = Machine::new();
        let mut values = vec![machine.heap.new_string("x"); native.min_args.into()];
        // SAFETY: the values stay where they are during the call.
        let args = unsafe { Args::new(values.as_mut_ptr(), values.len(), 0) };
        let fault = (native.function)(&mut machine, args).expect_err("it is left out");
        let expected =
            format!("{name}() expects a build with feature '{feature}'; got one without");
        assert!(matches!(*fault, Fault::Error { .. }));
        assert_eq!(fault.to_string(), expected);
    }
}
