//! `--untrusted` and the flags that give a part of the outside world back.

use clap::Args;
use ruff::engine::{Capability, Permissions};

#[derive(Args)]
pub struct UntrustedArgs {
    /// Deny the program files, processes, the environment, the network and databases.
    #[arg(long)]
    untrusted: bool,
    /// Allow reading files, of one folder if it is named.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true,
        default_missing_value = "", requires = "untrusted")]
    allow_fs_read: Vec<String>,
    /// Allow writing files, of one folder if it is named.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true,
        default_missing_value = "", requires = "untrusted")]
    allow_fs_write: Vec<String>,
    /// Allow starting processes, which are not confined: this grants everything.
    #[arg(long, requires = "untrusted")]
    allow_process: bool,
    /// Allow the environment, or one variable of it.
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true,
        default_missing_value = "", requires = "untrusted")]
    allow_env: Vec<String>,
    /// Allow the network, or one host of it.
    #[arg(long, value_name = "HOST[:PORT]", num_args = 0..=1, require_equals = true,
        default_missing_value = "", requires = "untrusted")]
    allow_net: Vec<String>,
    /// Allow databases; a file of one needs the flags for files too.
    #[arg(long, requires = "untrusted")]
    allow_db: bool,
}

impl UntrustedArgs {
    /// The permissions of the program.
    pub fn permissions(&self) -> Permissions {
        if !self.untrusted {
            return Permissions::all();
        }
        let mut given = Permissions::none();
        let lists = [
            (Capability::FsRead, &self.allow_fs_read),
            (Capability::FsWrite, &self.allow_fs_write),
            (Capability::Env, &self.allow_env),
            (Capability::Net, &self.allow_net),
        ];
        for (capability, list) in lists {
            for only in list {
                given.allow(
                    capability,
                    Some(only.as_str()).filter(|only| !only.is_empty()),
                );
            }
        }
        if self.allow_process {
            given.allow(Capability::Process, None);
        }
        if self.allow_db {
            given.allow(Capability::Db, None);
        }
        given
    }
}
