use crate::{Builder, Options, Selection};

/// An API of as many operations, of which every second one has the tag `even`.
fn api(name: &str, operations: usize) -> (std::path::PathBuf, Builder) {
    let mut text =
        "openapi: 3.1.0\ninfo: {title: Many, version: 1.0.0}\nservers: [{url: https://many.example}]\npaths:\n"
            .to_owned();
    for number in 0..operations {
        let tag = if number % 2 == 0 { "even" } else { "odd" };
        text.push_str(&format!(
            "  /a{number}:\n    post: {{operationId: op{number}, tags: [{tag}], summary: Number {number}, responses: \
             {{'204': {{description: Done}}}}}}\n"
        ));
    }
    let path = std::env::temp_dir().join(format!("mcpgen-budget-{}-{name}.yaml", std::process::id()));
    std::fs::write(&path, text).unwrap();
    let builder = Builder::new(&path);
    (path, builder)
}

fn run(name: &str, operations: usize, options: Options) -> Result<usize, String> {
    let (path, builder) = api(name, operations);
    let result = builder.options(options).generate();
    std::fs::remove_file(path).unwrap();
    result.map(|generated| generated.surface().tools.len()).map_err(|failure| failure.to_string())
}

#[test]
fn pitfall_3_more_than_forty_tools_are_nobodys_choice() {
    assert_eq!(run("forty", 40, Options::default()), Ok(40));
    let problem = run("more", 41, Options::default()).unwrap_err();
    assert!(problem.contains("error[E0605]: 41 tools are too many"), "{problem}");
    for remedy in ["--include-tag", "--only", "--max-tools", "--all", "even", "21 tools"] {
        assert!(problem.contains(remedy), "{remedy}: {problem}");
    }
}

#[test]
fn each_remedy_helps() {
    let options = Options { all: true, ..Options::default() };
    assert_eq!(run("all", 41, options), Ok(41));
    let options = Options { max_tools: Some(41), ..Options::default() };
    assert_eq!(run("max", 41, options), Ok(41));
    let options =
        Options { include: Selection { tags: vec!["odd".to_owned()], ..Selection::default() }, ..Options::default() };
    assert_eq!(run("tag", 41, options), Ok(20));
    let options = Options { only: Some(vec!["op7".to_owned()]), ..Options::default() };
    assert_eq!(run("only", 41, options), Ok(1));
}

#[test]
fn a_limit_that_is_given_holds_in_spite_of_all() {
    let options = Options { all: true, max_tools: Some(3), ..Options::default() };
    assert!(run("limit", 4, options).unwrap_err().contains("at most 3 are allowed"));
}

#[cfg(feature = "tokens")]
#[test]
fn pitfall_3_a_budget_of_tokens_fails_with_the_largest_tools() {
    let options = |budget| Options { token_budget: Some(budget), ..Options::default() };
    // Each entry is between 20 and 60 tokens long, by any tokenizer.
    assert_eq!(run("rich", 4, options(240)), Ok(4));
    let problem = run("poor", 4, options(80)).unwrap_err();
    assert!(problem.contains("error[E0606]: the tools cost ") && problem.contains("allows 80"), "{problem}");
    assert!(problem.contains("op3"), "{problem}");
}
