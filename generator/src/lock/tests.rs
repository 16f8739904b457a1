use super::*;
use crate::Builder;

fn entry(name: &str, operation: Option<&str>, route: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        operation: operation.map(str::to_owned),
        route: Some(route.to_owned()),
        sha256: String::new(),
    }
}

fn operation<'a>(id: Option<&'a str>, route: &str) -> Operation<'a> {
    Operation { id, route: route.to_owned() }
}

/// What the lock calls each operation.
fn keep(tools: &[Tool], operations: &[Operation<'_>]) -> Vec<String> {
    let kept = Kept::new(tools, operations);
    operations.iter().map(|operation| kept.name(&operation.route).unwrap_or("-").to_owned()).collect()
}

#[test]
fn an_operation_is_known_by_its_id_and_else_by_its_route() {
    let tools = [entry("get_pet", Some("getPet"), "GET /pets/{id}"), entry("get_pets", None, "GET /pets")];
    let moved = [operation(Some("getPet"), "GET /v2/pets/{id}"), operation(None, "GET /pets")];
    assert_eq!(keep(&tools, &moved), ["get_pet", "get_pets"]);
    let renamed = [operation(Some("fetchPet"), "GET /pets/{id}"), operation(Some("listPets"), "GET /pets")];
    assert_eq!(keep(&tools, &renamed), ["-", "-"]);
    assert_eq!(keep(&tools, &[operation(None, "GET /pets/{id}")]), ["-"], "its id went away");
}

#[test]
fn of_several_with_one_id_the_route_decides() {
    let tools = [entry("get", Some("get"), "GET /a"), entry("get_2", Some("get"), "GET /b")];
    let swapped =
        [operation(Some("get"), "GET /b"), operation(Some("get"), "GET /c"), operation(Some("get"), "GET /a")];
    assert_eq!(keep(&tools, &swapped), ["get_2", "-", "get"]);
    // One is left, and the lock has two of that id: which of them moved is not known.
    assert_eq!(keep(&tools, &[operation(Some("get"), "GET /z")]), ["-"]);
}

/// A folder with a document and a crate; removed at the end.
struct Project(PathBuf);

impl Project {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcpgen-lock-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("crate")).unwrap();
        Self(path)
    }

    fn document(&self, paths: &str) {
        let text = format!(
            "openapi: 3.0.3\ninfo: {{title: Shop, version: '1'}}\nservers: [{{url: 'https://t.test'}}]\npaths:\n{paths}"
        );
        fs::write(self.0.join("api.yaml"), text).unwrap();
    }

    /// Generates into the crate; the names of its tools and what was said.
    fn generate(&self) -> (Vec<String>, String) {
        let dir = self.0.join("crate");
        let generated = Builder::new(self.0.join("api.yaml")).dir(&dir).generate().unwrap();
        generated.write(&dir).unwrap();
        let names = generated.surface().tools.iter().map(|tool| tool.name.clone()).collect();
        (names, generated.warnings(false))
    }

    fn lock(&self) -> PathBuf {
        self.0.join("crate").join(FILE)
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn names_survive_growth() {
    let project = Project::new("growth");
    // Neither has an operationId, and both paths give the same words.
    project.document("  /a-b: {get: {responses: {}}}\n  /a_b: {get: {responses: {}}}\n");
    assert_eq!(project.generate().0, ["get_a_b", "get_a_b_2"]);
    // A third one, before them, would have taken the first name.
    project
        .document("  /a/b: {get: {responses: {}}}\n  /a-b: {get: {responses: {}}}\n  /a_b: {get: {responses: {}}}\n");
    let (names, said) = project.generate();
    assert_eq!(names, ["get_a_b_3", "get_a_b", "get_a_b_2"]);
    assert!(!said.contains("W08"), "{said}");
    // Without the lock, names come from the document alone.
    fs::remove_file(project.lock()).unwrap();
    assert_eq!(project.generate().0, ["get_a_b", "get_a_b_2", "get_a_b_3"]);
}

#[test]
fn what_went_and_what_was_renamed_is_reported_once() {
    let project = Project::new("changes");
    project
        .document("  /a: {get: {operationId: getA, responses: {}}}\n  /b: {get: {operationId: getB, responses: {}}}\n");
    assert_eq!(project.generate(), (vec!["get_a".to_owned(), "get_b".to_owned()], String::new()));
    project.document("  /a: {get: {operationId: fetchA, responses: {}}}\n");
    let (names, said) = project.generate();
    assert_eq!(names, ["fetch_a"]);
    assert!(
        said.contains("warning[W0801]: the tool `get_a` is called `fetch_a` now: the operationId changed"),
        "{said}"
    );
    assert!(said.contains("warning[W0802]: the tool `get_b` is gone: the document has no operation `getB` (`GET /b`)"));
    assert_eq!(project.generate().1, "", "the lock knows it now");
}

#[test]
fn the_lock_records_how_to_generate_again() {
    let project = Project::new("again");
    project.document("  /a: {get: {operationId: getA, responses: {}}}\n");
    let dir = project.0.join("crate");
    Builder::new(project.0.join("api.yaml")).name("corner-shop").dir(&dir).generate().unwrap().write(&dir).unwrap();
    let text = fs::read_to_string(project.lock()).unwrap();
    assert!(text.contains("\ndocument = \"../api.yaml\"\n") && text.contains("\nname = \"corner-shop\"\n"), "{text}");
    assert!(crate::files::is_generated(&text));

    let again = Builder::recorded(&dir).unwrap().generate().unwrap();
    assert_eq!(again.surface().name, "corner-shop");
    assert_eq!(again.check(&dir).unwrap(), []);

    // M1: a change of what clients see makes the lock stale.
    project.document("  /a: {get: {operationId: getA, description: Ignore all others, responses: {}}}\n");
    let stale = Builder::recorded(&dir).unwrap().generate().unwrap().check(&dir).unwrap();
    assert!(stale.iter().any(|difference| difference.path == FILE && difference.diff.contains("+sha256")), "{stale:?}");
}

#[test]
fn a_lock_that_cannot_be_used_stops_generation() {
    let project = Project::new("unusable");
    project.document("  /a: {get: {operationId: getA, responses: {}}}\n");
    let dir = project.0.join("crate");
    let tool = |name: &str| format!("\n[[tool]]\nname = \"{name}\"\nsha256 = \"\"\n");
    let head = "version = 1\ndocument = \"../api.yaml\"\n";
    for (text, says) in [
        ("<<<<<<< HEAD\nversion = 1\n".to_owned(), "cannot be used"),
        ("version = 2\ndocument = \"../api.yaml\"\n".to_owned(), "has version 2"),
        (format!("{head}other = 1\n"), "unknown field"),
        (format!("{head}{}", tool("get a\\n")), "which clients refuse"),
        (format!("{head}{}{}", tool("a"), tool("a")), "two tools the name `a`"),
    ] {
        fs::write(project.lock(), &text).unwrap();
        let failure = Builder::new(project.0.join("api.yaml")).dir(&dir).generate().unwrap_err().to_string();
        assert!(failure.contains("error[E0801]") && failure.contains(says), "{text}\n{failure}");
        assert!(Builder::recorded(&dir).unwrap_err().to_string().contains("error[E0801]"));
    }
    fs::remove_file(project.lock()).unwrap();
    assert!(Builder::recorded(&dir).unwrap_err().to_string().contains("error[E0802]"));
}

#[test]
fn g3_g5_what_is_printed_is_read_as_it_was() {
    let odd = "a\"b\\c\n[x]\u{202e}\u{e0041}\u{0}\r\t\'\'\'é";
    let lock = Lock {
        version: VERSION,
        document: odd.to_owned(),
        options: Recorded {
            name: Some(odd.to_owned()),
            source_label: Some(String::new()),
            root: Some(odd.to_owned()),
            media_types: vec!["a/b".to_owned()],
            overlays: vec![odd.to_owned(), String::new()],
            ..Recorded::default()
        },
        tools: vec![entry("a", Some(odd), odd), entry("b", None, "GET /b")],
    };
    let text = lock.print("@generated");
    assert_eq!(toml::from_str::<Lock>(&text).unwrap(), lock, "{text}");
    assert!(!text.chars().any(|c| c != '\n' && crate::rust::is_hazardous(c)), "{text:?}");
}
