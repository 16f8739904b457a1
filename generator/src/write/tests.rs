use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::files::MARKER;

/// A folder of its own for each test, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mcpgen-write-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn put(&self, path: &str, text: &str) {
        let target = self.0.join(path);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, text).unwrap();
    }

    fn text(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.0.join(path)).ok()
    }

    /// Every path under the folder.
    fn all(&self) -> Vec<String> {
        fn walk(at: &Path, prefix: &str, found: &mut Vec<String>) {
            for entry in fs::read_dir(at).unwrap() {
                let entry = entry.unwrap();
                let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), &format!("{path}/"), found);
                } else {
                    found.push(path);
                }
            }
        }
        let mut found = Vec::new();
        walk(&self.0, "", &mut found);
        found.sort();
        found
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn generated(body: &str) -> String {
    format!("// {MARKER} 0.1.0 from a.yaml.\n\n{body}\n")
}

fn files(entries: &[(&str, &str, bool)]) -> Files {
    let mut files = Files::default();
    for (path, text, owned) in entries {
        let text = (*text).to_owned();
        files.insert(path, if *owned { File::of_person(text) } else { File::generated(text) });
    }
    files
}

fn code_of(result: Result<Written, Vec<Diagnostic>>) -> &'static str {
    result.unwrap_err().first().unwrap().code.0
}

#[test]
fn only_what_changed_is_written() {
    let folder = Folder::new();
    let one = files(&[("src/lib.rs", &generated("a"), false), ("src/main.rs", "mine", true)]);
    let first = write(&one, &folder.0).unwrap();
    assert_eq!(first.written, ["src/lib.rs", "src/main.rs"]);
    let before = fs::metadata(folder.0.join("src/lib.rs")).unwrap().modified().unwrap();

    let second = write(&one, &folder.0).unwrap();
    assert_eq!((second.written.len(), second.unchanged.as_slice()), (0, ["src/lib.rs".to_owned()].as_slice()));
    assert_eq!(fs::metadata(folder.0.join("src/lib.rs")).unwrap().modified().unwrap(), before);

    let third =
        write(&files(&[("src/lib.rs", &generated("b"), false), ("src/main.rs", "mine", true)]), &folder.0).unwrap();
    assert_eq!(third.written, ["src/lib.rs"]);
    assert_eq!(folder.text("src/lib.rs"), Some(generated("b")));
    assert_eq!(folder.all(), ["src/lib.rs", "src/main.rs"], "no temporary file is left");
}

#[test]
fn g6_owned_files_are_created_once() {
    let folder = Folder::new();
    folder.put("src/main.rs", "// changed by hand");
    let done = write(&files(&[("src/main.rs", "fresh", true), ("src/handlers.rs", "fresh", true)]), &folder.0).unwrap();
    assert_eq!((done.kept, done.written), (vec!["src/main.rs".to_owned()], vec!["src/handlers.rs".to_owned()]));
    assert_eq!(folder.text("src/main.rs").as_deref(), Some("// changed by hand"));
}

#[test]
fn g6_a_file_without_the_marker_stops_everything() {
    let folder = Folder::new();
    // The marker counts in the first line only.
    let work = format!("fn work() {{}}\n// {MARKER}\n");
    folder.put("src/tools.rs", &work);
    let output = files(&[("src/lib.rs", &generated("a"), false), ("src/tools.rs", &generated("b"), false)]);
    assert_eq!(code_of(write(&output, &folder.0)), "E0703");
    assert_eq!(folder.text("src/tools.rs"), Some(work));
    assert_eq!(folder.all(), ["src/tools.rs"], "nothing at all is written");
}

#[test]
fn g6_stale_files_go_only_with_the_marker() {
    let folder = Folder::new();
    folder.put("src/prompts.rs", &generated("old"));
    folder.put("src/notes.rs", "mine");
    folder.put("src/data.txt", &generated("not ours to judge"));
    folder.put("nested/src/lib.rs", &generated("another crate"));
    let done = write(&files(&[("src/lib.rs", &generated("a"), false)]), &folder.0).unwrap();
    assert_eq!(done.removed, ["src/prompts.rs"]);
    assert_eq!(folder.all(), ["nested/src/lib.rs", "src/data.txt", "src/lib.rs", "src/notes.rs"]);
}

#[test]
fn a_file_that_changed_hands_is_explained() {
    let folder = Folder::new();
    let output = files(&[("src/tools.rs", &generated("a"), false), ("src/main.rs", "fn main() {}", true)]);
    folder.put("src/tools.rs", "\na\n");
    let said = |result: Result<Written, Vec<Diagnostic>>| {
        let problem = result.unwrap_err().remove(0);
        format!("{} {}", problem.message, problem.help.unwrap_or_default())
    };
    let text = said(write(&output, &folder.0));
    assert!(
        text.contains("lost its first line") && text.contains(&format!("// {MARKER} 0.1.0 from a.yaml.")),
        "{text}"
    );
    folder.put("src/tools.rs", "b\n");
    let text = said(write(&output, &folder.0));
    assert!(text.contains("somebody's work") && text.contains("delete `src/tools.rs` and generate again"), "{text}");

    // A person's file keeps its owner, whatever its first line says and whether or not the crate has one.
    folder.put("src/tools.rs", &generated("old"));
    folder.put("src/handlers.rs", &generated("a day's work"));
    folder.put("src/main.rs", "mod handlers;\n");
    let done = write(&output, &folder.0).unwrap();
    assert_eq!((done.removed.len(), folder.text("src/handlers.rs")), (0, Some(generated("a day's work"))));
    let notes = done.notes.join("\n");
    for part in ["handlers.rs is yours, but its first line", "handlers.rs is yours and no part", "uses src/handlers.rs"]
    {
        assert!(notes.contains(part), "{part:?} in {notes}");
    }
    assert!(notes.ends_with("fn main() {}"), "{notes}");
    fs::remove_file(folder.0.join("src/handlers.rs")).unwrap();
    fs::remove_file(folder.0.join("src/main.rs")).unwrap();
    assert_eq!(write(&output, &folder.0).unwrap().notes, Vec::<String>::new());
}

#[test]
fn g6_paths_stay_inside() {
    let folder = Folder::new();
    let long = "x".repeat(300);
    for path in [
        "../evil.rs",
        "src/../../evil.rs",
        "/tmp/mcpgen-evil.rs",
        "src//lib.rs",
        "./lib.rs",
        "",
        "src/",
        "con",
        "src/NUL.rs",
        "com1.rs",
        "a\0b.rs",
        "a\\b.rs",
        "C:evil.rs",
        ".git",
        "a.rs.",
        "ü.rs",
        long.as_str(),
    ] {
        assert_eq!(code_of(write(&files(&[(path, &generated("x"), false)]), &folder.0)), "E0701", "{path:?}");
    }
    assert_eq!(folder.all(), Vec::<String>::new());
}

#[cfg(unix)]
#[test]
fn g6_symbolic_links_are_refused() {
    use std::os::unix::fs::symlink;

    let (folder, outside) = (Folder::new(), Folder::new());
    outside.put("lib.rs", &generated("outside"));
    symlink(&outside.0, folder.0.join("src")).unwrap();
    let output = files(&[("src/lib.rs", &generated("new"), false)]);
    assert_eq!(code_of(write(&output, &folder.0)), "E0702");

    fs::remove_file(folder.0.join("src")).unwrap();
    fs::create_dir(folder.0.join("src")).unwrap();
    symlink(outside.0.join("lib.rs"), folder.0.join("src/lib.rs")).unwrap();
    assert_eq!(code_of(write(&output, &folder.0)), "E0702");
    assert_eq!(outside.text("lib.rs"), Some(generated("outside")));

    // A link to nothing would create its target.
    fs::remove_file(folder.0.join("src/lib.rs")).unwrap();
    symlink(outside.0.join("new.rs"), folder.0.join("src/lib.rs")).unwrap();
    assert_eq!(code_of(write(&output, &folder.0)), "E0702");
    assert_eq!(outside.all(), ["lib.rs"]);
}

#[test]
fn a_check_names_what_differs_and_writes_nothing() {
    let folder = Folder::new();
    folder.put("src/tools.rs", &generated("old"));
    folder.put("src/prompts.rs", &generated("gone"));
    folder.put("src/types.rs", &generated("same").replace('\n', "\r\n"));
    folder.put("src/main.rs", "changed by hand");
    let before = folder.all();
    let output = files(&[
        ("src/lib.rs", &generated("new"), false),
        ("src/main.rs", "fresh", true),
        ("src/tools.rs", &generated("new"), false),
        ("src/types.rs", &generated("same"), false),
    ]);
    let found = check(&output, &folder.0).unwrap();
    let kinds: Vec<_> = found.iter().map(|difference| (difference.path.as_str(), difference.kind)).collect();
    assert_eq!(
        kinds,
        [
            ("src/lib.rs", DifferenceKind::Missing),
            ("src/prompts.rs", DifferenceKind::Orphan),
            ("src/tools.rs", DifferenceKind::Stale),
        ]
    );
    let stale = found.last().unwrap();
    assert!(stale.diff.contains("-old\n") && stale.diff.contains("+new\n"), "{}", stale.diff);
    assert_eq!(folder.all(), before);
    assert_eq!(folder.text("src/tools.rs"), Some(generated("old")));
}

#[test]
fn a_file_that_rustfmt_laid_out_anew_is_the_same_file() {
    let folder = Folder::new();
    let ours = generated("/// Doc.\npub fn a(\n    x: u8,\n) -> &'static str {\n    \"a  b\"\n}");
    let output = files(&[("src/lib.rs", &ours, false)]);
    folder.put("src/lib.rs", &generated("/// Doc.\npub fn a(x: u8) -> &'static str { \"a  b\" }"));
    assert_eq!(check(&output, &folder.0).unwrap(), []);
    assert_eq!(write(&output, &folder.0).unwrap().unchanged, ["src/lib.rs"]);
    for edit in [
        "/// Doc.\npub fn a(x: u8) -> &'static str { \"a b\" }",
        "/// Another doc.\npub fn a(x: u8) -> &'static str { \"a  b\" }",
        "/// Doc.\npub fn a(x: u16) -> &'static str { \"a  b\" }",
        "/// Doc.\npub fn a(x: u8) -> &'static str { \"a  b\" } // by hand",
        "/// Doc.\n/* by hand */ pub fn a(x: u8) -> &'static str { \"a  b\" }",
        "/// Doc.\npub fn a(x: u8) -> &'static str { \"a  b\"",
    ] {
        folder.put("src/lib.rs", &generated(edit));
        let found = check(&output, &folder.0).unwrap();
        assert_eq!(found.first().map(|difference| difference.kind), Some(DifferenceKind::Stale), "{edit}");
    }
}
