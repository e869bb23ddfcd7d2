//! Programs that are long or deep.

use super::unit;

/// Runs on a stack as large as the machine gives compilers.
fn on_large_stack(check: impl FnOnce() + Send + 'static) {
    let run = std::thread::Builder::new()
        .stack_size(512 << 20)
        .spawn(check);
    run.unwrap().join().unwrap();
}

#[test]
fn two_hundred_thousand_words_in_one_function() {
    on_large_stack(|| {
        let mut text = String::from("x := 0\ns := \"\"\n");
        for i in 0..12_000 {
            text.push_str(&format!(
                "if x < {i} {{ x += {i} }} else {{ v{i} := [x, s] }}\n"
            ));
        }
        let chain = vec!["x"; 2_000].join(" + ");
        text.push_str(&format!("y := {chain}\n"));
        let all = vec!["x == 1"; 2_000].join(" && ");
        text.push_str(&format!("z := {all}\nif {all} {{ y := 2 }}\n"));
        let items = vec!["x"; 100_000].join(", ");
        text.push_str(&format!("w := [{items}]\n"));
        let unit = unit(&text);
        assert!(unit.functions[0].code.len() > 150_000);
        // Neither chains nor literals take a register for every operand.
        assert!(unit.functions[0].registers < 100);
    });
}

#[test]
fn constants_beyond_sixteen_bits_still_load() {
    on_large_stack(|| {
        let mut text = String::from("x := 0.5\n");
        for i in 0..70_000 {
            text.push_str(&format!("x := x + {i}.25\n"));
        }
        assert!(unit(&text).functions[0].consts.len() > 70_000);
    });
}

#[test]
fn too_many_registers_is_a_diagnostic() {
    on_large_stack(|| {
        let mut text = String::new();
        for i in 0..66_000 {
            text.push_str(&format!("let v{i} := {i}\n"));
        }
        let (out, _) = super::compiled(&text);
        assert!(out.unit.is_none());
        assert!(out.diagnostics[0].message.contains("registers"));
    });
}
