//! `ruff doc`: the reference on the command line: built-ins, keywords and operators,
//! and what programs say of themselves in `///` comments.

mod program;
pub mod topics;

use super::{exit, files, output, report, source};
use ruff::tools::reference;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct DocArgs {
    /// A built-in, a method (`push`), one type's method (`array.push`), a keyword, an
    /// operator, a name of the programs below the current folder, or a program; without
    /// it, all built-ins.
    name: Option<String>,
    /// A name in that program.
    member: Option<String>,
}

pub fn doc(args: DocArgs) -> ExitCode {
    let text = match (&args.name, &args.member) {
        (None, _) => Ok(reference::overview()),
        (Some(file), member) if file.ends_with(".ruff") => in_file(file, member.as_deref()),
        (Some(name), None) => look_up(name),
        (Some(_), Some(_)) => {
            report("error: a second name is looked up in a program: `ruff doc FILE NAME`\n");
            Err(exit::USAGE)
        }
    };
    ExitCode::from(match text {
        Ok(text) => output::put(&text).err().unwrap_or(0),
        Err(code) => code,
    })
}

/// The entry of a name of the language or of the programs here.
fn look_up(name: &str) -> Result<String, u8> {
    let built_in = reference::entries(name);
    if let Ok(text) = built_in {
        return Ok(text);
    }
    if let Some(text) = topics::entry(name) {
        return Ok(text);
    }
    let own = in_folder(name)?;
    if !own.is_empty() {
        return Ok(own.join("\n"));
    }
    let close = built_in.err().flatten();
    let hint = close.map_or(String::new(), |close| format!("; did you mean '{close}'?"));
    report(&format!(
        "error: nothing here is called '{name}': no built-in, no keyword, no declaration{hint}\n"
    ));
    Err(exit::FINDINGS)
}

/// The entries of a name in the programs below the current folder.
fn in_folder(name: &str) -> Result<Vec<String>, u8> {
    let programs = files::programs(vec![PathBuf::from(".")]).map_err(|(_, code)| code)?;
    let mut found = Vec::new();
    for path in programs {
        let file = path.to_string_lossy();
        // Files that are none of ours are not worth a word here.
        let Ok(Ok(source)) = ruff::engine::modules::read(&path, &file) else {
            continue;
        };
        if !source
            .text()
            .contains(name.rsplit('.').next().unwrap_or(name))
        {
            continue;
        }
        let entries = program::entries(&source);
        let own = entries.iter().filter(|one| is_named(&one.name, name));
        found.extend(own.map(|one| program::shown(one, &file)));
    }
    Ok(found)
}

/// Whether an entry is called so: by its whole name, or a member by its own.
fn is_named(entry: &str, name: &str) -> bool {
    entry == name || entry.rsplit_once('.').is_some_and(|(_, own)| own == name)
}

/// The documentation of a program, or of one of its declarations.
fn in_file(file: &str, member: Option<&str>) -> Result<String, u8> {
    let source = source::read(file)?;
    let entries = program::entries(&source);
    let Some(name) = member else {
        return Ok(program::overview(&entries, file));
    };
    let own = entries.iter().filter(|one| is_named(&one.name, name));
    let found: Vec<String> = own.map(|one| program::shown(one, file)).collect();
    if found.is_empty() {
        report(&format!("error: {file} declares no '{name}'\n"));
        return Err(exit::FINDINGS);
    }
    Ok(found.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::topics::{TOPICS, entry};
    use ruff::engine::modules::Files;
    use ruff::engine::{self, SourceFile};

    const KEYWORDS: &str = "let mut const func return struct class enum match case if else loop \
        while for in break continue try except finally import from export spawn async await yield \
        true false null self test test_group test_setup test_teardown default throw";

    #[test]
    fn every_keyword_has_an_entry() {
        for word in KEYWORDS.split_whitespace() {
            assert!(entry(word).is_some(), "{word}");
        }
        assert!(entry("nonsense").is_none());
    }

    #[test]
    fn examples_have_nothing_to_find() {
        for topic in TOPICS {
            let source = SourceFile::new("example.ruff", topic.example);
            let checked = engine::check_in(&source, &Files::new(None));
            let found: Vec<_> = checked.diagnostics.iter().map(|one| &one.message).collect();
            let is_import = topic.names.starts_with("import");
            assert!(found.is_empty() || is_import, "{}: {found:?}", topic.names);
        }
    }
}
