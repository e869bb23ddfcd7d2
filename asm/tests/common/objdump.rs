//! The independent disassembler, if it is installed.

use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One instruction.
pub struct Instruction {
    pub bytes: Vec<u8>,
    pub text: String,
}

/// A command that disassembles raw bytes.
pub struct Disassembler {
    /// The first of these that is there and knows the machine is used.
    commands: &'static [&'static str],
    machine: &'static [&'static str],
    /// The size of the units that bytes are printed in, lowest byte last.
    unit: usize,
}

impl Disassembler {
    pub fn x64() -> Disassembler {
        Disassembler {
            commands: &["objdump", "x86_64-linux-gnu-objdump"],
            machine: &["-m", "i386:x86-64", "-M", "intel"],
            unit: 1,
        }
    }

    pub fn a64() -> Disassembler {
        Disassembler {
            commands: &["aarch64-linux-gnu-objdump", "objdump"],
            machine: &["-m", "aarch64"],
            unit: 4,
        }
    }

    /// The instructions of each piece of code, or `None` without disassembler.
    pub fn run(&self, code: &[Vec<u8>]) -> Option<Vec<Vec<Instruction>>> {
        static RUNS: AtomicUsize = AtomicUsize::new(0);
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("asm-golden-{}-{run}", std::process::id()));
        std::fs::create_dir_all(&dir).ok()?;
        let mut files = Vec::new();
        for (index, bytes) in code.iter().enumerate() {
            let file = dir.join(format!("{index:05}.bin"));
            std::fs::write(&file, bytes).ok()?;
            // Nothing to disassemble is an error to some.
            if !bytes.is_empty() {
                files.push(file);
            }
        }
        let output = self.commands.iter().find_map(|command| {
            let output = Command::new(command)
                .args(["-D", "-z", "-w", "-b", "binary"])
                .args(self.machine)
                .args(&files)
                .output()
                .ok()?;
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            (output.status.success() && text.contains("<.data>:")).then_some(text)
        });
        let _ = std::fs::remove_dir_all(&dir);
        Some(self.parse(&output?, code.len()))
    }

    /// Splits at the header of each file, which names it.
    fn parse(&self, text: &str, files: usize) -> Vec<Vec<Instruction>> {
        let mut all: Vec<Vec<Instruction>> = (0..files).map(|_| Vec::new()).collect();
        let mut file = 0;
        for line in text.lines() {
            if let Some((path, _)) = line.split_once(".bin:") {
                let digits = path.len() - 5;
                file = path[digits..].parse().expect("the number of a file");
            }
            let mut columns = line.split('\t');
            let (Some(_offset), Some(hex)) = (columns.next(), columns.next()) else {
                continue;
            };
            let text = columns.collect::<Vec<_>>().join(" ");
            all[file].push(Instruction {
                bytes: self.bytes(hex),
                text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            });
        }
        all
    }

    fn bytes(&self, hex: &str) -> Vec<u8> {
        let units = hex.split_whitespace().map(|unit| {
            assert_eq!(unit.len(), self.unit * 2);
            let bytes = (0..self.unit).rev();
            bytes.map(|i| u8::from_str_radix(&unit[i * 2..i * 2 + 2], 16).expect("hex"))
        });
        units.flatten().collect()
    }
}
