//! The settings of a project: what its `ruff.toml` says to the commands.

use super::{exit, report};
use ruff::engine::modules::PROJECT_FILE;
use ruff::tools::{rules, toml_excess};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The settings in one `ruff.toml`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Rules of `ruff check` that are silent.
    pub allow: HashSet<&'static str>,
    /// The program that `ruff run` starts.
    pub main: Option<String>,
}

/// The settings that have been read, by folder.
#[derive(Default)]
pub struct Projects {
    known: HashMap<PathBuf, Settings>,
}

impl Projects {
    /// The settings of the project that the file is in. If this fails, the errors
    /// in them have been reported.
    ///
    /// # Errors
    /// The exit code to end with.
    pub fn settings_of(&mut self, file: &Path) -> Result<&Settings, u8> {
        let folder = file.parent().unwrap_or(Path::new(""));
        let root = root_of(folder);
        if let Some(root) = &root
            && !self.known.contains_key(root)
        {
            let settings = read(&root.join(PROJECT_FILE))?;
            self.known.insert(root.clone(), settings);
        }
        let root = root.unwrap_or_default();
        Ok(self.known.entry(root).or_default())
    }
}

/// The folder of the project that a folder is in.
pub fn root_of(folder: &Path) -> Option<PathBuf> {
    let folder = std::env::current_dir().ok()?.join(folder);
    let is_root = |at: &&Path| at.join(PROJECT_FILE).is_file();
    folder.ancestors().find(is_root).map(Path::to_path_buf)
}

/// Reads a `ruff.toml`.
///
/// # Errors
/// The exit code to end with; what is wrong has been reported.
pub fn read(path: &Path) -> Result<Settings, u8> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|error| {
        report(&format!("error: Cannot read file '{shown}': {error}\n"));
        exit::UNREADABLE
    })?;
    settings(&text).map_err(|wrong| {
        report(&format!("error: {shown}: {wrong}\n"));
        exit::USAGE
    })
}

fn settings(text: &str) -> Result<Settings, String> {
    if let Some(at) = toml_excess(text) {
        let line = text[..at].lines().count().max(1);
        return Err(format!("line {line} is nested too deeply"));
    }
    let document = DeTable::parse(text).map_err(|error| error.to_string())?;
    let mut settings = Settings::default();
    if let Some(main) = document.get_ref().get("main") {
        let DeValue::String(name) = main.get_ref() else {
            return Err("`main` is the name of a program".to_string());
        };
        settings.main = Some(name.to_string());
    }
    let Some(check) = document.get_ref().get("check") else {
        return Ok(settings);
    };
    let DeValue::Table(check) = check.get_ref() else {
        return Err("`check` is a table".to_string());
    };
    for (key, value) in check {
        let (key, value) = (key.get_ref(), value.get_ref());
        if &**key != "allow" {
            return Err(format!("[check] has no setting `{key}`; there is `allow`"));
        }
        let DeValue::Array(names) = value else {
            return Err("[check] `allow` is a list of rules".to_string());
        };
        for name in names {
            let DeValue::String(name) = name.get_ref() else {
                return Err("[check] `allow` is a list of rules".to_string());
            };
            settings.allow.extend(named(name)?);
        }
    }
    Ok(settings)
}

/// The names of the rules that a name stands for.
///
/// # Errors
/// A message for a name of none.
pub fn named(name: &str) -> Result<impl Iterator<Item = &'static str>, String> {
    match rules::named(name) {
        Ok(rules) => Ok(rules.into_iter().map(|rule| rule.name)),
        Err(close) => {
            let hint = close.map_or(String::new(), |close| format!("; did you mean `{close}`?"));
            Err(format!("no rule is called `{name}`{hint}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_and_levels_can_be_allowed() {
        let text =
            "name = \"demo\"\nmain = \"start.ruff\"\n[check]\nallow = [\"no-effect\", \"tidy\"]\n";
        let settings = settings(text).expect("they are right");
        assert_eq!(settings.main.as_deref(), Some("start.ruff"));
        assert!(settings.allow.contains("no-effect"));
        assert!(settings.allow.contains("unused-variable"));
        assert!(!settings.allow.contains("lost-write"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let wrong = |text: &str| settings(text).expect_err("it is wrong");
        assert!(wrong("[check]\nallow = [\"no-efect\"]").contains("did you mean `no-effect`?"));
        assert!(wrong("[check]\ndeny = []").contains("no setting `deny`"));
        assert!(wrong("[check]\nallow = \"tidy\"").contains("list of rules"));
        assert!(wrong("main = 5").contains("`main`"));
        assert!(!wrong("[check").is_empty());
        let deep = format!("main = \"a\"\nx = {}", "[".repeat(1_000_000));
        assert!(wrong(&deep).contains("line 2 is nested too deeply"));
    }
}
