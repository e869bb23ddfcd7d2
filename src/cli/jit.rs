//! The options that say which tiers run programs, for every subcommand that runs
//! some, and the variables that make the tiers talk.

use ruff::engine::{Mode, OPTIMIZE_THRESHOLD, Policy, THRESHOLD};

#[derive(Clone, Copy, Debug, clap::Args)]
pub struct JitArgs {
    /// Which tiers run the program: the interpreter only, also the baseline
    /// compiler, or the optimising compiler too.
    #[arg(long, value_name = "TIERS", value_enum, default_value = "on")]
    jit: JitMode,
    /// Calls of a function, or rounds of its loops, until it is compiled (0: at once).
    #[arg(long, value_name = "N", default_value_t = THRESHOLD)]
    jit_threshold: u32,
    /// The same in the baseline's code, until a function is optimised.
    #[arg(long, value_name = "N", default_value_t = OPTIMIZE_THRESHOLD)]
    optimize_threshold: u32,
    /// Have every Nth check of optimised code fail (slow; finds defects of Ruff's).
    #[arg(long, value_name = "N", default_value_t = 0)]
    optimize_leave: u32,
    /// Have optimised code use at most N machine registers of a kind (slow; finds defects
    /// of Ruff's).
    #[arg(long, value_name = "N", default_value_t = 0)]
    optimize_registers: u8,
    /// Have the optimising compiler use N percent of its usual limits (finds defects of
    /// Ruff's).
    #[arg(long, value_name = "N", default_value_t = 100)]
    optimize_budget: u32,
    /// Have optimised code write all values to memory before it calls something (slow; finds
    /// defects of Ruff's).
    #[arg(long)]
    optimize_settle: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum JitMode {
    Off,
    Baseline,
    On,
}

impl JitArgs {
    /// The policy that the options and the environment ask for.
    pub fn policy(self) -> Policy {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| value != "0");
        Policy {
            mode: match self.jit {
                JitMode::Off => Mode::Off,
                JitMode::Baseline => Mode::Baseline,
                JitMode::On => Mode::On,
            },
            threshold: self.jit_threshold,
            optimize_threshold: self.optimize_threshold,
            leave_every: self.optimize_leave,
            most_registers: self.optimize_registers,
            budget: self.optimize_budget,
            settle: self.optimize_settle,
            log: set("DEBUG_JIT"),
            show_code: std::env::var("DEBUG_JIT").is_ok_and(|value| value == "code"),
            keep_code: false,
            perf_map: set("RUFF_PERF_MAP"),
        }
    }

    /// The options for another `ruff run` to do the same, as few as that takes.
    pub fn words(self) -> Vec<String> {
        let mut words = Vec::new();
        match self.jit {
            JitMode::On => {}
            JitMode::Off => words.push("--jit=off".to_string()),
            JitMode::Baseline => words.push("--jit=baseline".to_string()),
        }
        if self.jit_threshold != THRESHOLD {
            words.push(format!("--jit-threshold={}", self.jit_threshold));
        }
        if self.optimize_threshold != OPTIMIZE_THRESHOLD {
            words.push(format!("--optimize-threshold={}", self.optimize_threshold));
        }
        if self.optimize_leave != 0 {
            words.push(format!("--optimize-leave={}", self.optimize_leave));
        }
        if self.optimize_registers != 0 {
            words.push(format!("--optimize-registers={}", self.optimize_registers));
        }
        if self.optimize_budget != 100 {
            words.push(format!("--optimize-budget={}", self.optimize_budget));
        }
        if self.optimize_settle {
            words.push("--optimize-settle".to_string());
        }
        words
    }
}
